"""How alike two customers, or two products, are: from what they have in common.

Each function returns weigh(both, a, b): both is the inner product of rows a and b (numbers, or
arrays that broadcast), the result their similarity. total: what each row adds up to.

Cosine      both / (sqrt(total_a total_b) + shrinkage), rows of 0 and 1
Pearson     correlation of the two rows of n cells, 0 or 1
Euclidean   1 / (1 + distance); total: of squares

Source: Salton & McGill (1983), "Introduction to Modern Information Retrieval" (cosine); Resnick et
al. (1994), "GroupLens", CSCW (Pearson).
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[Any]
Weigh = Callable[[Any, Any, Any], Any]


def cosine(total: Values, shrinkage: float = 0.0) -> Weigh:
    """Shrinkage holds back pairs that rest on few."""
    length = np.sqrt(total)
    return lambda both, a, b: both / (length[a] * length[b] + shrinkage)


def pearson(total: Values, n: int) -> Weigh:
    """Less what two long rows share by chance."""
    share = total / n
    spread = np.sqrt(np.maximum(share * (1 - share), 1e-12))
    return lambda both, a, b: (both / n - share[a] * share[b]) / (spread[a] * spread[b])


def euclidean(total: Values) -> Weigh:
    """1 for equal rows."""
    return lambda both, a, b: 1 / (1 + np.sqrt(np.maximum(total[a] + total[b] - 2 * both, 0)))


def sums(matrix: Any, axis: int) -> Values:  # noqa: ANN401
    """Sum of each column (axis 0) or row (axis 1) of a sparse matrix."""
    return np.asarray(matrix.sum(axis=axis)).ravel().astype(np.float64)
