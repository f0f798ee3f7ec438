"""The figures of the period, beside the period before, its usual swing, and last year's weeks."""

from datetime import date, timedelta
from itertools import pairwise

import polars as pl

YEAR_DAYS = 364
#: Lengths to choose from: whole weeks, so that every period has the same weekdays.
PERIODS, ENOUGH_ORDERS = (28, 91, 364), 50
#: Changes between earlier periods from which a usual range is told.
ENOUGH_CHANGES = 6

#: metric -> the columns of the export without which it cannot be told.
METRICS = {
    "revenue": {"revenue"},
    "sales": {"revenue"},
    "returned": {"revenue"},
    "orders": set(),
    "average_order": {"revenue"},
    "units": {"quantity"},
    "customers": {"customer_id"},
    "new_customers": {"customer_id"},
    "returning_customers": {"customer_id"},
    "period_repeat_rate": {"customer_id"},
}
COMPARED = ("before", "change", "usual_low", "usual_high", "year_before", "change_year")


def usual_period(daily: pl.DataFrame) -> int:
    """The shortest of PERIODS with ENOUGH_ORDERS that leaves a period to compare with.

    With less history the longest one that fits twice, and a week at least.
    """
    fitting = [days for days in PERIODS if 2 * days <= daily.height]
    orders = {days: daily.tail(days)["orders"].sum() for days in fitting}
    enough = [days for days in fitting if orders[days] >= ENOUGH_ORDERS]
    return enough[0] if enough else max([7, *fitting])


def windows(daily: pl.DataFrame, as_of: date, period: int) -> pl.DataFrame:
    """One row per period compared: span, start, end; without those that start before the data."""
    ends = {
        "this": as_of,
        "before": as_of - timedelta(days=period),
        "year_before": as_of - timedelta(days=YEAR_DAYS),
    }
    first = daily["day"][0]
    rows = [(name, end - timedelta(days=period - 1), end) for name, end in ends.items()]
    kept = [row for row in rows if row[0] == "this" or row[1] >= first]
    schema = {"span": pl.String, "start": pl.Date, "end": pl.Date}
    return pl.DataFrame(kept, schema=schema, orient="row")


def table(
    back: pl.DataFrame, year: pl.DataFrame, period: int, columns: frozenset[str]
) -> pl.DataFrame:
    """One row per metric that the export carries; see Result.figures.

    back: the periods `measured` back from this one; year: those back from a year ago.
    """
    last_year = year.filter(pl.col("days") == period).head(1)
    carried = [metric for metric, needs in METRICS.items() if needs <= columns]
    rows = [_row(metric, back[metric], last_year[metric]) for metric in carried]
    schema = {"metric": pl.String, "value": pl.Float64} | dict.fromkeys(COMPARED, pl.Float64)
    return pl.DataFrame(rows, schema=schema, orient="row")


def history(back: pl.DataFrame, as_of: date, period: int, columns: frozenset[str]) -> pl.DataFrame:
    """One row per whole period, the earliest first: end (its last day), then the metrics."""
    whole = back.filter(pl.col("days") == period)
    end = pl.lit(as_of) - pl.duration(days=period) * pl.col("window").cast(pl.Int64)
    carried = [metric for metric, needs in METRICS.items() if needs <= columns]
    return whole.select(end.alias("end"), *carried).sort("end")


def measured(orders: pl.LazyFrame, daily: pl.DataFrame, as_of: date, period: int) -> pl.DataFrame:
    """One row per period that lies in the data, the latest first: the columns of METRICS.

    The latest is there even if the data do not reach back to its start.
    """
    window = (pl.lit(as_of) - pl.col("day")).dt.total_days() // period
    seen = pl.col("day") <= as_of
    sums = (
        daily.filter(seen)
        .group_by(window.alias("window"))
        .agg(
            pl.len().alias("days"), pl.col("revenue", "sales", "returned", "orders", "units").sum()
        )
    )
    full = sums.filter((pl.col("days") == period) | (pl.col("window") == 0))
    start = pl.lit(as_of) - pl.duration(days=period) * (pl.col("window") + 1)
    people = (
        orders.filter(seen)
        .drop_nulls("customer_id")
        .group_by(window.alias("window"), "customer_id")
        .agg(pl.len().alias("orders"), pl.col("first_day").min())
        .with_columns(known=pl.col("first_day") <= start)
        .group_by("window")
        .agg(
            pl.len().alias("customers"),
            pl.col("known").sum().alias("returning_customers"),
            (~pl.col("known")).sum().alias("new_customers"),
            (pl.col("known") | (pl.col("orders") > 1)).sum().alias("repeaters"),
        )
        .collect()
    )
    return (
        full.join(people, on="window", how="left")
        .with_columns(pl.col("^.*customers|repeaters$").fill_null(0))
        .with_columns(
            average_order=_ratio("revenue", "orders"),
            period_repeat_rate=_ratio("repeaters", "customers"),
        )
        .sort("window")
        .with_columns(pl.all().cast(pl.Float64))
    )


def _ratio(part: str, whole: str) -> pl.Expr:
    return pl.when(pl.col(whole) > 0).then(pl.col(part) / pl.col(whole))


def _row(metric: str, back: pl.Series, last_year: pl.Series) -> tuple[str | float | None, ...]:
    """metric, value and COMPARED. back: the metric per period, this one first."""
    value = back[0] if len(back) else 0.0
    before = back[1] if len(back) > 1 else None
    year = last_year[0] if len(last_year) else None
    changes = [_change(now, past) for now, past in pairwise(back[1:])]
    usual = pl.Series([c for c in changes if c is not None], dtype=pl.Float64)
    known = len(usual) >= ENOUGH_CHANGES
    low, high = (usual.quantile(q) if known else None for q in (0.1, 0.9))
    return metric, value, before, _change(value, before), low, high, year, _change(value, year)


def _change(now: float | None, past: float | None) -> float | None:
    return now / past - 1 if now is not None and past is not None and past > 0 else None
