"""Shopscope's library: order exports in, answered questions out. Polars in, Polars out."""

import os

# scikit-learn's OpenMP threads spin while they wait; on a busy two-core machine that costs up to
# ten times the work. It is read once, when the first OpenMP library loads, hence here.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
