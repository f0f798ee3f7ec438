"""What a mailing added: those who got it against a random part of the same list who did not.

Conversion   p_message - p_hold_out; 95 % interval by Newcombe's hybrid score method
Revenue      mean revenue per customer, message less hold-out; 95 % interval by Welch's t

Source: Newcombe (1998), Statistics in Medicine 17(8), method 10.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from core.measures.intervals import wilson

KEY, GROUP, MESSAGE, HOLD_OUT = "customer_id", "message_group", "message", "hold_out"
#: Share of a list that is drawn to get no message, unless another is chosen.
SHARE = 0.1


@dataclass(frozen=True)
class Effect:
    """Conversion and revenue per customer of both groups, and what the mailing added."""

    messaged: int
    held_out: int
    conversion_message: float
    conversion_hold_out: float
    added_conversion: float
    added_conversion_low: float
    added_conversion_high: float
    added_revenue: float | None
    added_revenue_low: float | None
    added_revenue_high: float | None


def with_hold_out(listed: pl.DataFrame, share: float, seed: int) -> pl.DataFrame:
    """`listed` (one row per customer_id) with message_group: a random `share` gets no message.

    Drawn over the sorted ids, so that the order of the list cannot matter.
    """
    ids = listed.select(KEY).unique().sort(KEY)
    held = np.random.default_rng(seed).permutation(ids.height) < round(share * ids.height)
    group = pl.Series(np.where(held, HOLD_OUT, MESSAGE), dtype=pl.String)
    return listed.join(ids.with_columns(group.alias(GROUP)), on=KEY, maintain_order="left")


def once(mailed: pl.DataFrame) -> pl.DataFrame:
    """Every customer of the list once; without those whom it names in both groups."""
    groups = pl.col(GROUP).n_unique().over(KEY)
    return mailed.filter(groups == 1).unique(KEY, keep="first", maintain_order=True)


def known(lines: pl.LazyFrame, mailed: pl.DataFrame) -> int:
    """Customers of the list `mailed` that the order lines know."""
    there = lines.select(pl.col(KEY).drop_nulls().unique()).collect()
    return mailed.unique(KEY).join(there, on=KEY, how="semi").height


def measured(
    lines: pl.LazyFrame, mailed: pl.DataFrame, sent: date, days: int, product_id: str | None = None
) -> Effect | None:
    """The effect of a mailing sent on `sent`, over the `days` that follow; None without a group.

    mailed: customer_id, message_group. product_id: only orders of this product count.
    """
    bought = lines.filter(
        pl.col("quantity") > 0,
        pl.col("ordered_at").dt.date() >= sent,
        pl.col("ordered_at").dt.date() < pl.lit(sent).dt.offset_by(f"{days}d"),
        pl.lit(value=True) if product_id is None else pl.col("product_id") == product_id,
    )
    money = "revenue" in lines.collect_schema().names()
    spent = pl.col("revenue").sum() if money else pl.lit(None, pl.Float64)
    spends = bought.group_by(KEY).agg(spent=spent, bought=pl.lit(value=True)).collect()
    listed = once(mailed).join(spends, on=KEY, how="left")
    listed = listed.with_columns(pl.col("bought").fill_null(value=False))
    parts = [listed.filter(pl.col(GROUP) == group) for group in (MESSAGE, HOLD_OUT)]
    if any(part.is_empty() for part in parts):
        return None
    (x1, n1), (x2, n2) = ((int(part["bought"].sum()), part.height) for part in parts)
    revenue = welch(*(part["spent"].fill_null(0).to_numpy() for part in parts)) if money else None
    return Effect(n1, n2, x1 / n1, x2 / n2, *newcombe(x1, n1, x2, n2), *(revenue or (None,) * 3))


def newcombe(x1: int, n1: int, x2: int, n2: int) -> tuple[float, float, float]:
    """(difference of two shares, low, high)."""
    p1, p2 = x1 / n1, x2 / n2
    (low1, low2), (high1, high2) = wilson([x1, x2], [n1, n2])
    below = np.hypot(p1 - low1, high2 - p2)
    above = np.hypot(high1 - p1, p2 - low2)
    return p1 - p2, p1 - p2 - float(below), p1 - p2 + float(above)


def welch(one: np.ndarray, other: np.ndarray) -> tuple[float, float, float] | None:
    """(difference of means, low, high) by Welch's t; None where a group has a single customer."""
    if min(len(one), len(other)) < 2:
        return None
    from scipy.stats import t

    a, b = one.var(ddof=1) / len(one), other.var(ddof=1) / len(other)
    difference = float(one.mean() - other.mean())
    if a + b == 0:
        return difference, difference, difference
    freedom = (a + b) ** 2 / (a**2 / (len(one) - 1) + b**2 / (len(other) - 1))
    half = float(t.ppf(0.975, freedom) * np.sqrt(a + b))
    return difference, difference - half, difference + half
