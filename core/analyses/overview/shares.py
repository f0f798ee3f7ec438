"""Where and when the shop sells: by channel, country and category; by weekday and hour."""

from datetime import date, timedelta

import polars as pl

from core.analyses.overview.days import TIMED

DIMENSIONS = ("channel", "country", "category")
SCHEMA = {
    "dimension": pl.String,
    "name": pl.String,
    "revenue": pl.Float64,
    "orders": pl.Int64,
    "share_revenue": pl.Float64,
    "before": pl.Float64,
    "change": pl.Float64,
}
HOURS = {"weekday": pl.Int64, "hour": pl.Int64, "orders": pl.Int64}


def table(
    lines: pl.LazyFrame, as_of: date, period: int, columns: frozenset[str], *, compared: bool
) -> pl.DataFrame:
    """One row per dimension and value, most revenue first; see Result.shares.

    compared: the period before is wholly in the data.
    """
    present = [name for name in DIMENSIONS if name in columns and "revenue" in columns]
    parts = pl.collect_all([_by(lines, name, as_of, period) for name in present])
    every = pl.concat([pl.DataFrame(schema=SCHEMA), *parts])
    if compared:
        return every
    return every.with_columns(pl.lit(None, pl.Float64).alias(c) for c in ("before", "change"))


def _by(lines: pl.LazyFrame, dimension: str, as_of: date, period: int) -> pl.LazyFrame:
    now = pl.col("day") > as_of - timedelta(days=period)
    revenue = pl.col("revenue")
    total = revenue.clip(0).sum()
    return (
        lines.filter(pl.col("day") > as_of - timedelta(days=2 * period))
        .group_by(pl.col(dimension).alias("name"))
        .agg(
            revenue.filter(now).sum().round(6),
            pl.col("order_id").filter(now & (pl.col("quantity") > 0)).n_unique().alias("orders"),
            revenue.filter(~now).sum().round(6).alias("before"),
        )
        .with_columns(
            pl.lit(dimension).alias("dimension"),
            share_revenue=pl.when(total > 0).then(revenue.clip(0) / total).otherwise(0.0),
            change=pl.when(pl.col("before") > 0).then(revenue / pl.col("before") - 1),
        )
        .drop_nulls("name")  # a share is of all revenue, what names nothing included
        .sort("revenue", "name", descending=[True, False])
        .select(SCHEMA.keys())
        .cast(SCHEMA)  # type: ignore[arg-type]
    )


def hours(orders: pl.LazyFrame, as_of: date) -> pl.DataFrame:
    """Orders of the past year by weekday and hour; empty where no order carries a time."""
    recent = orders.filter(pl.col("day") > as_of - timedelta(days=364), TIMED)
    counts = (
        recent.group_by(
            pl.col("ordered_at").dt.weekday().alias("weekday"),
            pl.col("ordered_at").dt.hour().alias("hour"),
        )
        .agg(pl.len().alias("orders"))
        .cast(HOURS)  # type: ignore[arg-type]
        .sort("weekday", "hour")
        .collect()
    )
    return counts if counts["hour"].n_unique() > 1 else pl.DataFrame(schema=HOURS)
