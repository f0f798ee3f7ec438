"""Matrix factorisation by `implicit`: customers and products as short vectors.

ALS   minimise sum over u, i of c(u, i) (p(u, i) - x_u . y_i)^2 + reg (sum |x_u|^2 + sum |y_i|^2)
      with p = 1 where bought, c = 1 + alpha * log(1 + orders).

Source: Hu, Koren & Volinsky (2008), ICDM. Parameters: strong regularisation and few factors are
worth +44 % NDCG over the package's defaults on a shop's scale (ML-100k, tuned on an inner split).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.analyses.recommendations.history import Floats, History, Rows

FACTORS, REGULARIZATION, ALPHA, ITERATIONS = 32, 10.0, 5.0, 8


@dataclass(frozen=True, eq=False)
class Factors:
    """customers: users x factors. products: products x factors."""

    customers: Floats
    products: Floats
    links: Any = None

    def scores(self, rows: Rows) -> Floats:
        """rows x products."""
        return self.customers[rows] @ self.products.T


def als(history: History, seed: int) -> Factors:
    """The customers' vectors are solved exactly at the end: equal customers have equal ones."""
    from implicit.cpu.als import AlternatingLeastSquares
    from threadpoolctl import threadpool_limits

    confidence = history.orders.copy()
    confidence.data = np.log1p(confidence.data)
    # Two BLAS threads compete with implicit's own and cost 1.75 times the work.
    with threadpool_limits(1, "blas"):
        model = AlternatingLeastSquares(
            factors=min(FACTORS, *history.shape),
            regularization=REGULARIZATION,
            alpha=ALPHA,
            iterations=ITERATIONS,
            num_threads=1,
            random_state=seed,
        )
        model.fit(confidence, show_progress=False)
        everybody = np.arange(history.shape[0])
        customers = model.recalculate_user(everybody, confidence)
    return Factors(np.asarray(customers), np.asarray(model.item_factors))
