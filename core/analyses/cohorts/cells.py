"""The cells of each cohort: windows since the first order, their rates and intervals."""

import polars as pl

from core.dataset import Dataset
from core.measures.intervals import Z95, wilson

#: A cell on fewer customers says little: it is greyed, and no finding rests on it.
FEW = 20


def windows(dataset: Dataset, began: pl.DataFrame, days: int) -> pl.DataFrame:
    """One row per customer and complete window with lines in it.

    customer_id, age, revenue, ordered (whether anything was sold), second (whether the second
    order fell into it).
    """
    age = (pl.col("ordered_at").dt.date() - pl.col("first_order")).dt.total_days() // days
    known = began.lazy().select("customer_id", "first_order", "complete")
    lines = dataset.lines.join(known, on="customer_id").with_columns(age=age)
    lines = lines.filter(pl.col("age") < pl.col("complete"), pl.col("age") >= 0)
    sold = lines.filter(pl.col("quantity") > 0)
    second = (
        sold.group_by("customer_id", "order_id")
        .agg(pl.col("ordered_at").min(), pl.col("age").min())
        .sort("customer_id", "ordered_at", "order_id")
        .filter(pl.int_range(pl.len()).over("customer_id") == 1)
        .select("customer_id", "age", second=pl.lit(value=True))
    )
    table = lines.group_by("customer_id", "age").agg(
        revenue=pl.col("revenue").sum().round(6), ordered=(pl.col("quantity") > 0).any()
    )
    return (
        table.join(second, on=["customer_id", "age"], how="left")
        .with_columns(pl.col("second").fill_null(value=False))
        .sort("customer_id", "age")
        .collect()
    )


def cells(passed: pl.DataFrame, began: pl.DataFrame) -> pl.DataFrame:
    """The cells of each cohort; see `cohorts.Result`."""
    grid = _observed(began)
    found = passed.group_by("cohort", "age").agg(
        active=pl.col("ordered").sum().cast(pl.Int64),
        second=pl.col("second").sum().cast(pl.Int64),
        revenue=pl.col("revenue").sum().round(6),
    )
    table = grid.join(found, on=["cohort", "age"], how="left").with_columns(
        pl.col("active", "second", "revenue").fill_null(0)
    )
    table = table.join(_spread(passed, began), on=["cohort", "age"], how="left").sort(
        "cohort", "age"
    )
    return _rates(table, passed, began)


def _observed(began: pl.DataFrame) -> pl.DataFrame:
    """cohort, age, customers: how many have completed window `age`."""
    return (
        began.select("cohort", age=pl.int_ranges(0, pl.col("complete")))
        .explode("age")
        .drop_nulls("age")
        .group_by("cohort", "age")
        .agg(customers=pl.len().cast(pl.Int64))
    )


def _spread(passed: pl.DataFrame, began: pl.DataFrame) -> pl.DataFrame:
    """cohort, age, error: standard error of the cumulative revenue per observed customer."""
    complete = began.select("customer_id", "complete")
    known = passed.join(complete, on="customer_id")
    ages = sorted(passed["age"].unique().to_list())
    n = pl.col("customers")
    parts = [
        known.filter(pl.col("complete") > age, pl.col("age") <= age)
        .group_by("cohort", "customer_id")
        .agg(pl.col("revenue").sum())
        .group_by("cohort")
        .agg(total=pl.col("revenue").sum(), squares=(pl.col("revenue") ** 2).sum())
        .with_columns(age=pl.lit(age, pl.Int64))
        for age in ages
    ]
    if not parts:
        schema = {"cohort": pl.String, "age": pl.Int64, "error": pl.Float64}
        return pl.DataFrame(schema=schema)
    variance = (pl.col("squares") - pl.col("total") ** 2 / n).clip(0) / (n - 1)
    return (
        pl.concat(parts)
        .join(_observed(began), on=["cohort", "age"])
        .select("cohort", "age", error=pl.when(n > 1).then((variance / n).sqrt()))
    )


def _rates(table: pl.DataFrame, passed: pl.DataFrame, began: pl.DataFrame) -> pl.DataFrame:
    n, active = pl.col("customers"), pl.col("active")
    low, high = wilson(table["active"], table["customers"])
    table = table.join(_without_second(passed, began), on=["cohort", "age"], how="left")
    risk, hazard = pl.col("at_risk"), pl.col("second") / pl.col("at_risk")
    step = pl.when(risk > pl.col("second")).then(
        pl.col("second") / (risk * (risk - pl.col("second")))
    )
    table = table.with_columns(
        retention=active / n,
        retention_low=pl.Series(low),
        retention_high=pl.Series(high),
        revenue_per_customer=pl.col("revenue") / n,
        kept=pl.when(risk > 0).then(1 - hazard).otherwise(1.0).cum_prod().over("cohort"),
        greenwood=step.fill_null(0.0).cum_sum().over("cohort"),
    ).with_columns(
        cumulative_revenue=pl.col("revenue_per_customer").cum_sum().over("cohort"),
        repeat_rate=1 - pl.col("kept"),
    )
    return _bounded(table).select(
        "cohort", "age", "customers", "active",
        "retention", "retention_low", "retention_high", "revenue_per_customer",
        "cumulative_revenue", "cumulative_revenue_low", "cumulative_revenue_high",
        "repeat_rate", "repeat_rate_low", "repeat_rate_high",
        enough=pl.col("customers") >= FEW,
    )  # fmt: skip


def _bounded(table: pl.DataFrame) -> pl.DataFrame:
    """`table` with the intervals of the curves."""
    low, high = wilson(table["repeat_rate"] * table["customers"], table["customers"])
    kept, half = pl.col("kept"), Z95 * pl.col("error")
    inner = pl.when((kept > 0) & (kept < 1)).then(kept)
    width = (Z95 * pl.col("greenwood").sqrt() / inner.log().abs()).exp()
    brought = pl.col("cumulative_revenue")
    return table.with_columns(
        # What was brought is not below nothing, unless returns have made it so.
        cumulative_revenue_low=pl.when(brought > 0)
        .then((brought - half).clip(0))
        .otherwise(brought - half),
        cumulative_revenue_high=pl.col("cumulative_revenue") + half,
        repeat_rate_low=(1 - inner.pow(1 / width)).fill_null(pl.Series(low)),
        repeat_rate_high=(1 - inner.pow(width)).fill_null(pl.Series(high)),
    )


def _without_second(passed: pl.DataFrame, began: pl.DataFrame) -> pl.DataFrame:
    """cohort, age, at_risk: observed in window `age` and without a second order before it."""
    second = passed.filter("second").select("customer_id", second_age="age")
    waiting = began.select("customer_id", "cohort", "complete").join(
        second, on="customer_id", how="left"
    )
    until = pl.min_horizontal("complete", pl.col("second_age") + 1)
    return _observed(waiting.with_columns(complete=until)).rename({"customers": "at_risk"})
