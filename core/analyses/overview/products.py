"""Products: what sold in the period, against the one before, and their ABC class over the year."""

from datetime import date, timedelta

import polars as pl

from core.analyses.overview.figures import YEAR_DAYS

SCHEMA = {
    "product_id": pl.String,
    "product_name": pl.String,
    "category": pl.String,
    "revenue": pl.Float64,
    "before": pl.Float64,
    "change": pl.Float64,
    "units": pl.Float64,
    "orders": pl.Int64,
    "revenue_year": pl.Float64,
    "share_year": pl.Float64,
    "cumulative_share": pl.Float64,
    "abc": pl.String,
}


def table(
    lines: pl.LazyFrame,
    as_of: date,
    period: int,
    a_share: float,
    b_share: float,
    columns: frozenset[str],
    *,
    compared: bool,
) -> pl.DataFrame:
    """One row per product sold within a year or the period before; see Result.products.

    compared: the period before is wholly in the data. Empty without products or money.
    """
    if not {"product_id", "revenue"} <= columns:
        return pl.DataFrame(schema=SCHEMA)
    back = max(YEAR_DAYS, 2 * period if compared else 0)
    recent = lines.drop_nulls("product_id").filter(pl.col("day") > as_of - timedelta(days=back))
    sums = recent.group_by("product_id").agg(*_names(columns), *_sums(as_of, period)).collect()
    if not compared:
        sums = sums.with_columns(before=pl.lit(None, pl.Float64))
    return _classified(sums, a_share, b_share).select(SCHEMA.keys()).cast(SCHEMA)  # type: ignore[arg-type]


def _names(columns: frozenset[str]) -> list[pl.Expr]:
    """The name and category of a product, null where the export has none."""
    return [
        (pl.col(c).drop_nulls().min() if c in columns else pl.lit(None, dtype=pl.String)).alias(c)
        for c in ("product_name", "category")
    ]


def _sums(as_of: date, period: int) -> list[pl.Expr]:
    now = pl.col("day") > as_of - timedelta(days=period)
    earlier = pl.col("day").is_between(
        as_of - timedelta(days=2 * period - 1), as_of - timedelta(days=period)
    )
    year = pl.col("day") > as_of - timedelta(days=YEAR_DAYS)
    sold, revenue = pl.col("quantity") > 0, pl.col("revenue")
    return [
        revenue.filter(now).sum().round(6).alias("revenue"),
        revenue.filter(earlier).sum().round(6).alias("before"),
        pl.col("quantity").filter(now).sum().alias("units"),
        pl.col("order_id").filter(now & sold).n_unique().alias("orders"),
        revenue.filter(year).sum().round(6).alias("revenue_year"),
    ]


def _classified(sums: pl.DataFrame, a_share: float, b_share: float) -> pl.DataFrame:
    """change, share_year, cumulative_share and abc; products of equal revenue get equal classes."""
    year = pl.col("revenue_year").clip(0)
    share = pl.when(year.sum() > 0).then(year / year.sum()).otherwise(0.0)
    ranked = sums.with_columns(share_year=share).sort(
        "revenue_year", "product_id", descending=[True, False]
    )
    before = pl.col("cumulative_share") - pl.col("share_year")
    edge = 1e-9  # a share that reaches the limit but for rounding has reached it
    abc = (
        pl.when((pl.col("ahead") < a_share - edge) & (year > 0))
        .then(pl.lit("A"))
        .when((pl.col("ahead") < b_share - edge) & (year > 0))
        .then(pl.lit("B"))
        .otherwise(pl.lit("C"))
    )
    change = pl.when(pl.col("before") > 0).then(pl.col("revenue") / pl.col("before") - 1)
    return (
        ranked.with_columns(cumulative_share=pl.col("share_year").cum_sum())
        .with_columns(ahead=before.min().over("revenue_year"))
        .with_columns(abc=abc, change=change)
        .sort("revenue", "revenue_year", "product_id", descending=[True, True, False])
    )
