"""Cohorts: of the customers of one month, who is back how many months later, and with how much."""

from datetime import date

import polars as pl

SCHEMA = {
    "cohort": pl.Date,
    "months": pl.Int64,
    "customers": pl.Int64,
    "active": pl.Int64,
    "share_active": pl.Float64,
    "revenue_per_customer": pl.Float64,
}


def table(orders: pl.LazyFrame, as_of: date) -> pl.DataFrame:
    """One row per month of first order and whole months since, 0 the month itself.

    active: customers with an order in that month. revenue_per_customer: sales so far, per customer
    of the cohort. The month of `as_of` is left out unless it is over.
    """
    ended = pl.col("day").dt.offset_by("1d").dt.truncate("1mo")
    last = pl.DataFrame({"day": [as_of]}).select(ended.dt.offset_by("-1mo")).item()
    cohort, month = pl.col("first_day").dt.truncate("1mo"), pl.col("day").dt.truncate("1mo")
    apart = (month.dt.year() - cohort.dt.year()) * 12 + month.dt.month() - cohort.dt.month()
    seen = (
        orders.drop_nulls("customer_id")
        .filter(month <= last)
        .group_by(cohort.alias("cohort"), apart.cast(pl.Int64).alias("months"))
        .agg(pl.col("customer_id").n_unique().alias("active"), pl.col("sales").sum().round(6))
    )
    table = _every_month(seen, last)
    size = pl.col("active").filter(pl.col("months") == 0).first().over("cohort")
    return (
        table.with_columns(customers=size, so_far=pl.col("sales").cum_sum().over("cohort"))
        .with_columns(
            share_active=pl.col("active") / pl.col("customers"),
            revenue_per_customer=pl.col("so_far") / pl.col("customers"),
        )
        .select(SCHEMA.keys())
        .cast(SCHEMA)  # type: ignore[arg-type]
        .collect()
    )


def _every_month(seen: pl.LazyFrame, last: date) -> pl.LazyFrame:
    """`seen` with a row of zeros for months in which nobody of a cohort ordered."""
    cohorts = seen.select(pl.col("cohort").unique())
    months = pl.date_ranges("cohort", pl.lit(last), "1mo")
    grid = (
        cohorts.with_columns(month=months)
        .explode("month")
        .with_columns(months=pl.int_range(pl.len()).over("cohort"))
        .select("cohort", pl.col("months").cast(pl.Int64))
    )
    joined = grid.join(seen, on=["cohort", "months"], how="left")
    return joined.with_columns(pl.col("active", "sales").fill_null(0)).sort("cohort", "months")
