"""What the fitted models see of a customer, and the straight line in log-odds that sets levels."""

from collections.abc import Callable, Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]
#: facts -> probability of an order within the horizon, one per row.
Predict = Callable[[pl.DataFrame], Floats]
#: (labelled facts, seed) -> the fitted model.
Fit = Callable[[pl.DataFrame, int], Predict]

OVERDUE = ((pl.col("recency_days") + 1) / (pl.col("usual_gap_days") + 1)).log()
LATE, REPEATS = OVERDUE.clip(0), (pl.col("order_days") - 1).log1p()
#: What the fitted models see, each a function of the facts. late: a silence says little until it is
#: longer than the usual gap, and then the more, the more orders that gap is known from.
DESIGN: Mapping[str, pl.Expr] = {
    "silence": pl.col("recency_days").log1p(),
    "overdue": OVERDUE,
    "late": LATE,
    "late_for_a_regular": LATE * REPEATS,
    "repeats": REPEATS,
    "tenure": pl.col("tenure_days").log1p(),
    "recent": pl.col("recent_orders").log1p(),
    "order_value": pl.col("average_order").clip(0).log1p(),
    "returns": pl.col("return_share").clip(0, 1),
    "regularity": pl.col("regularity").fill_null(0.5).fill_nan(0.5),
}


def design(facts: pl.DataFrame) -> Floats:
    """(n, len(DESIGN)) of float64."""
    columns = [expr.cast(pl.Float64).alias(name) for name, expr in DESIGN.items()]
    return facts.select(columns).to_numpy()


def logit(p: Floats) -> Floats:
    """ln(p / (1 - p)), p kept off 0 and 1."""
    p = np.clip(p, 1e-6, 1 - 1e-6)
    odds: Floats = np.log(p / (1 - p))
    return odds


def sigmoid(z: Floats) -> Floats:
    """1 / (1 + exp(-z))."""
    p: Floats = 1 / (1 + np.exp(-np.clip(z, -30, 30)))
    return p


def line(
    x: Floats, returned: Floats, level_sd: float, slope_sd: float, n: Floats | float = 1.0
) -> tuple[float, float, float]:
    """(a, b, loss) of logit p = a + b x by Newton, with normal priors a ~ 0, b ~ 1.

    returned: how many of the `n` customers at each x came back.
    """
    at, prior = np.array([0.0, 1.0]), np.array([0.0, 1.0])
    precision = np.array([1 / level_sd**2, 1 / slope_sd**2]) + 1e-9
    for _ in range(50):
        p = sigmoid(at[0] + at[1] * x)
        off, weight = n * p - returned, n * p * (1 - p)
        slope = np.array([off.sum(), off @ x]) + precision * (at - prior)
        cross = weight @ x
        curve = np.array([[weight.sum(), cross], [cross, (weight * x) @ x]]) + np.diag(precision)
        step = np.linalg.solve(curve, slope)
        at = at - np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-9:
            break
    p = np.clip(sigmoid(at[0] + at[1] * x), 1e-12, 1 - 1e-12)
    loss = -(returned * np.log(p) + (n - returned) * np.log1p(-p)).sum()
    return float(at[0]), float(at[1]), float(loss)
