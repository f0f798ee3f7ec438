"""Intervals of what was measured per list: Poisson bootstrap over customers.

Source: Hanley & MacGibbon (2006), Computer Methods and Programs in Biomedicine 83(1).
"""

import numpy as np
from numpy.typing import NDArray

from core.analyses.recommendations.nearest import BLOCK_CELLS

RESAMPLES = 500


def resampled(
    values: NDArray[np.float64], seed: int, customer: NDArray[np.int64] | None = None
) -> NDArray[np.float64]:
    """(low, high) x columns: 95 % intervals of the columns' means. values: lists x columns.

    Customers are drawn, each with all their lists (`customer`: whose list it is; None: one each);
    the same ones for every column and for every call of equal shape: what is compared is paired.
    """
    rng = np.random.default_rng(seed)
    unit = (
        np.arange(len(values)) if customer is None else np.unique(customer, return_inverse=True)[1]
    )
    step = max(1, BLOCK_CELLS // max(1, len(values)))
    means = []
    for start in range(0, RESAMPLES, step):
        size = (min(step, RESAMPLES - start), int(unit.max()) + 1)
        weights = rng.poisson(1.0, size).astype(np.float64)[:, unit]
        means.append(weights @ values / np.maximum(weights.sum(axis=1, keepdims=True), 1))
    quantiles: NDArray[np.float64] = np.quantile(np.concatenate(means), [0.025, 0.975], axis=0)
    return quantiles
