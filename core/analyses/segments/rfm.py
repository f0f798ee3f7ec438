"""RFM: recency, frequency and money as scores, and the eleven groups made of them.

A score counts the cut points passed: 1 is worst, the number of bands best. Three ways to cut:

    bands      fixed and readable, fitted to the shop's rhythm.
               R: days within which 50, 75 and 90 % of all repeat orders came, and twice the last
               F: 1, 2, 3-4, 5-9, 10 orders and more
               M: 1.5, 2.5, 4.5, 9.5 typical (median) orders' worth
    quantiles  equal shares of customers; equal values stay together, so shares differ with ties
    custom     the reader's own cut points

The group follows from R and FM = floor((F + M) / 2), both taken to fifths of their range.

Source: Hughes (1994), Strategic Database Marketing; group names and their wording: Shopify,
GraphQL Admin API, enum CustomerRfmGroup. Shopify words the groups ("recent purchases, some orders,
moderate spend") and documents (F + M) / 2; which cell of the map carries which name is ours.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

FIFTHS = 5
GAP_SHARES = (0.5, 0.75, 0.9)
FREQUENCY_CUTS = (2.0, 3.0, 5.0, 10.0)
TYPICAL_ORDERS = (1.5, 2.5, 4.5, 9.5)
#: Numbers of days that people think in; cut points go to the nearest one.
NICE_DAYS = (1, 2, 3, 5, 7, 10, 14, 21, 30, 45, 60, 90, 120, 150, 180, 240, 300, 365, 540, 730)
NICE_MONEY = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
#: Without a repeat order there is no rhythm to measure.
USUAL_RECENCY_CUTS = (30.0, 60.0, 90.0, 180.0)

#: R in fifths (5: most recent) -> the group for FM = 1, 2, 3, 4, 5.
GROUP_MAP = {
    5: ("new", "active", "active", "champions", "champions"),
    4: ("promising", "active", "active", "loyal", "loyal"),
    3: ("promising", "needs_attention", "needs_attention", "loyal", "loyal"),
    2: ("almost_lost", "almost_lost", "at_risk", "at_risk", "previously_loyal"),
    1: ("dormant", "dormant", "at_risk", "at_risk", "previously_loyal"),
}
#: Best first; prospects are people without an order, known only from an uploaded customer list.
GROUPS = (
    "champions",
    "loyal",
    "active",
    "new",
    "promising",
    "needs_attention",
    "at_risk",
    "previously_loyal",
    "almost_lost",
    "dormant",
    "prospects",
)


@dataclass(frozen=True)
class Cuts:
    """Cut points in ascending order: days since the last order, orders, money."""

    recency: tuple[float, ...]
    frequency: tuple[float, ...]
    monetary: tuple[float, ...]

    def frame(self) -> pl.DataFrame:
        """One row per cut point: measure, cut (1 ..), value."""
        rows = [
            (measure, number, value)
            for measure, cuts in (
                ("recency_days", self.recency),
                ("orders", self.frequency),
                ("revenue", self.monetary),
            )
            for number, value in enumerate(cuts, 1)
        ]
        schema = {"measure": pl.String, "cut": pl.Int64, "value": pl.Float64}
        return pl.DataFrame(rows, schema=schema, orient="row")


def orders(lines: pl.LazyFrame) -> pl.LazyFrame:
    """One row per order of a known customer: day (null: only a return), sold, revenue (net)."""
    sale = pl.when(pl.col("quantity") > 0)  # made a column first: half the time of a filter within
    return (
        lines.filter(pl.col("customer_id").is_not_null())
        .with_columns(day=sale.then(pl.col("ordered_at")), sold=sale.then(pl.col("revenue")))
        .group_by("customer_id", "order_id")
        .agg(pl.col("day").min().dt.date(), pl.col("sold").sum().round(6), pl.col("revenue").sum())
    )


def measured(orders: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """One row per customer who bought: customer_id, recency_days, orders, revenue, of `orders`."""
    return (
        orders.group_by("customer_id")
        .agg(
            recency_days=(pl.lit(as_of) - pl.col("day").max()).dt.total_days(),
            orders=pl.col("day").count().cast(pl.Int64),
            revenue=pl.col("revenue").sum().round(6),
        )
        .drop_nulls("recency_days")
    )


def bands(orders: pl.DataFrame) -> Cuts:
    """Cut points fitted to the shop's rhythm and its typical order, from `orders`."""
    orders = orders.drop_nulls("day")
    typical = orders["sold"].median()
    cuts = [share * float(typical or 0) for share in TYPICAL_ORDERS]  # type: ignore[arg-type]
    return Cuts(_rhythm(orders), FREQUENCY_CUTS, _rising(_nice_money(cut) for cut in cuts))


def _rhythm(orders: pl.DataFrame) -> tuple[float, ...]:
    """Cut points for days since the last order, out of the gaps between orders."""
    days = orders.select("customer_id", "day").sort("customer_id", "day")
    same = pl.col("customer_id") == pl.col("customer_id").shift(1)
    gap = (pl.col("day") - pl.col("day").shift(1)).dt.total_days()
    gaps = days.select(gap=gap.filter(same & (gap > 0)))["gap"]
    if gaps.is_empty():
        return USUAL_RECENCY_CUTS
    found = [float(gaps.quantile(share, "linear") or 1) for share in GAP_SHARES]
    return _rising(_nice_days(days) for days in (*found, 2 * found[-1]))


def quantiles(profile: pl.DataFrame, bins: int) -> pl.DataFrame:
    """r_score, f_score, m_score by equal shares; equal values get equal scores."""

    def score(value: pl.Expr) -> pl.Expr:
        below = (value.rank("min") - 1) / pl.len()
        return (below * bins).floor().cast(pl.Int64) + 1

    return profile.with_columns(
        r_score=score(-pl.col("recency_days")),
        f_score=score(pl.col("orders")),
        m_score=score(pl.col("revenue")),
    )


def scored(profile: pl.DataFrame, cuts: Cuts) -> pl.DataFrame:
    """`profile` with r_score, f_score, m_score: cut points passed, plus one."""
    best = len(cuts.recency) + 1
    return profile.with_columns(
        r_score=best - _passed(pl.col("recency_days"), cuts.recency, above=True),
        f_score=1 + _passed(pl.col("orders"), cuts.frequency),
        m_score=1 + _passed(pl.col("revenue"), cuts.monetary),
    )


def _passed(value: pl.Expr, cuts: Sequence[float], *, above: bool = False) -> pl.Expr:
    passed = [(value > cut if above else value >= cut).cast(pl.Int64) for cut in cuts]
    return pl.sum_horizontal(passed) if passed else pl.lit(0, pl.Int64)


def grouped(scores: pl.DataFrame, bins: tuple[int, int, int]) -> pl.DataFrame:
    """`scores` with fm_score and rfm_segment; `bins`: the best possible R, F and M score."""
    r, f, m = (
        (pl.col(f"{name}_score") * FIFTHS / best).ceil().cast(pl.Int64)
        for name, best in zip("rfm", bins, strict=True)
    )
    cells = pl.DataFrame(
        [(r, fm, group) for r, row in GROUP_MAP.items() for fm, group in enumerate(row, 1)],
        schema={"_r": pl.Int64, "fm_score": pl.Int64, "rfm_segment": pl.String},
        orient="row",
    )
    return (
        scores.with_columns(_r=r, fm_score=(f + m) // 2)
        .join(cells, on=["_r", "fm_score"], how="left", maintain_order="left")
        .drop("_r")
    )


def _nice_days(days: float) -> float:
    return float(min(NICE_DAYS, key=lambda nice: (abs(nice - days) / (nice + days), nice)))


def _nice_money(money: float) -> float:
    if money <= 0:
        return 0.0
    unit = 1.0
    while money >= 10 * unit:
        unit *= 10
    while money < unit:
        unit /= 10
    return unit * min(NICE_MONEY, key=lambda nice: (abs(nice * unit - money), nice))


def _rising(cuts: Iterable[float]) -> tuple[float, ...]:
    """The cut points, each at least a step above the one before."""
    rising: list[float] = []
    for cut in cuts:
        above = next((n for n in NICE_DAYS if rising and n > rising[-1]), None)
        low = rising[-1] * 1.5 if rising and above is None else (above or cut)
        rising.append(max(cut, float(low)) if rising and cut <= rising[-1] else cut)
    return tuple(rising)
