"""What was ever sold: one row per product, from the order lines alone."""

from datetime import date

import polars as pl

#: Days whose average price counts, where a product sold in them.
RECENT_DAYS = 90


def dated(table: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """`table` with the days of the first and the last sale."""

    def day(column: str) -> pl.Expr:
        return pl.lit(as_of) - pl.duration(days=pl.col(column))

    return table.with_columns(
        first_sale=day("first_days_ago"), last_sale=day("last_days_ago")
    ).drop("first_days_ago")


def table(dated: pl.LazyFrame, columns: frozenset[str]) -> pl.LazyFrame:
    """The products of order lines with their `days_ago`, sorted by product_id."""
    sold = pl.col("quantity") > 0
    texts = [pl.col(c).drop_nulls().max() for c in ("product_name", "category") if c in columns]
    return (
        dated.group_by("product_id")
        .agg(
            *texts,
            first_days_ago=pl.col("days_ago").filter(sold).max(),
            last_days_ago=pl.col("days_ago").filter(sold).min(),
            sale_days=pl.col("days_ago").filter(sold).n_unique(),
            units=pl.col("quantity").sum().round(6),
            revenue=_total("revenue", columns).round(2),
            price=_price(columns, sold),
            unit_cost=_mean("unit_cost", columns),
        )
        .filter(pl.col("sale_days") > 0)
        .sort("product_id")
    )


def _total(column: str, columns: frozenset[str]) -> pl.Expr:
    return pl.col(column).sum() if column in columns else pl.lit(None, pl.Float64)


def _mean(column: str, columns: frozenset[str]) -> pl.Expr:
    return pl.col(column).mean().round(6) if column in columns else pl.lit(None, pl.Float64)


def _price(columns: frozenset[str], sold: pl.Expr) -> pl.Expr:
    """What one unit fetched: the recent average where it sold recently, else the average."""
    if "revenue" not in columns:
        return _mean("unit_price", columns)
    recent = sold & (pl.col("days_ago") < RECENT_DAYS)

    def average(which: pl.Expr) -> pl.Expr:
        units = pl.col("quantity").filter(which).sum()
        return pl.when(units > 0).then(pl.col("revenue").filter(which).sum().round(6) / units)

    return pl.coalesce(average(recent), average(sold)).round(4)
