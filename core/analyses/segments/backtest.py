"""Does a segmentation tell who will spend? Segments made before a day against spend after it.

    spend_explained = 1 - sum_i (y_i - mean of i's segment without i)^2
                          / sum_i (y_i - mean of all without i)^2

y is what a customer spent in the held-back period, cut at the 99th percentile so that one whale
does not decide. It is eta squared with each customer left out of its own segment's mean: many tiny
segments gain nothing by it, one group scores exactly 0, and it can be negative.

Source: Cohen (1973), Educational and Psychological Measurement 33(1); leave-one-out: Allen (1974);
the interval: Cochran (1977), Sampling Techniques, 6.4.
"""

from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.evidence import Score

WHALE = 0.99
Z = 1.959964
MIN_CUSTOMERS, MIN_BUYERS = 50, 20
SHORTEST, LONGEST = 28, 180


def horizon(days: int) -> int:
    """Days to hold back of a history of `days`: a quarter, within bounds."""
    return max(SHORTEST, min(LONGEST, days // 4))


def spend(lines: pl.LazyFrame, after: date, days: int) -> pl.LazyFrame:
    """One row per customer who bought or returned in the `days` after `after`: spend (net)."""
    end = after + timedelta(days=days)
    return (
        lines.filter(
            pl.col("customer_id").is_not_null(),
            pl.col("ordered_at").dt.date().is_between(after, end, closed="right"),
        )
        .group_by("customer_id")
        .agg(
            spend=pl.col("revenue").sum().round(6),
            came_back=(pl.col("quantity") > 0).any(),
        )
    )


def capped(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Spend with everything above the 99th percentile set to it."""
    return np.asarray(np.minimum(values, np.quantile(values, WHALE)), dtype=np.float64)


def errors(values: NDArray[np.float64], segment: pl.Series | None) -> NDArray[np.float64]:
    """Squared error of each value against its segment's mean without it; None: one segment."""
    n = len(values)
    alone = (values.sum() - values) / (n - 1)
    if segment is None:
        return np.asarray(np.square(values - alone), dtype=np.float64)
    _, code = np.unique(segment.cast(pl.String).to_numpy(), return_inverse=True)
    count, total = np.bincount(code)[code], np.bincount(code, weights=values)[code]
    others = np.where(count > 1, (total - values) / np.maximum(count - 1, 1), alone)
    return np.asarray(np.square(values - others), dtype=np.float64)


def explained(values: NDArray[np.float64], segment: pl.Series) -> float:
    """Share of the variance of `values` that the segments explain."""
    whole = float(errors(values, None).sum())
    return 1 - float(errors(values, segment).sum()) / whole if whole > 0 else 0.0


def score(
    method: str,
    values: NDArray[np.float64],
    segment: pl.Series | None,
    *,
    baseline: bool = False,
    chosen: bool = False,
) -> Score:
    """`spend_explained` with the 95 % interval of a ratio of sums over customers."""
    whole, left = errors(values, None), errors(values, segment)
    total = max(float(whole.sum()), 1e-12)
    ratio = float(left.sum()) / total
    half = Z * float(np.sqrt(np.square(left - ratio * whole).sum())) / total
    found = 1 - ratio
    return Score(method, "spend_explained", found, found - half, found + half, baseline, chosen)
