"""Who began when, and which cohort that makes them part of."""

from datetime import date

import polars as pl

from core.analyses.cohorts.options import DAYS, NONE, OTHER, Config
from core.dataset import Dataset
from core.errors import MissingColumnsError
from core.measures import customers

#: A first window with this many times the usual number of new customers holds old ones.
TOO_MANY = 1.8


def began(dataset: Dataset, config: Config, as_of: date) -> pl.DataFrame:
    """One row per customer: customer_id, first_order, cohort, complete (windows passed)."""
    days = DAYS[config.period]
    table = customers.profile(dataset.lines, as_of).collect()
    complete = ((pl.lit(as_of) - pl.col("first_order")).dt.total_days() + 1) // days
    return table.select(
        "customer_id",
        "first_order",
        cohort=_cohort(dataset, table, config),
        complete=complete.clip(0, config.windows).cast(pl.Int64),
    )


def _cohort(dataset: Dataset, table: pl.DataFrame, config: Config) -> pl.Series:
    """The cohort of each customer in `table`, as text."""
    if config.by == "first_order":
        every = "1mo" if config.period == "month" else "1w"
        pattern = "%Y-%m" if config.period == "month" else "%Y-%m-%d"
        return table["first_order"].dt.truncate(every).dt.strftime(pattern).alias("cohort")
    column = {"product": "first_product", "category": "first_category"}.get(
        config.by, f"first_{config.by}"
    )
    needed = {"product": "product_id"}.get(config.by, config.by)
    if needed not in dataset.columns:
        raise MissingColumnsError(
            "Cohorts by {by:label} need the column {missing:label}.", by=config.by, missing=needed
        )
    found = _first_category(dataset, table) if config.by == "category" else table[column]
    if config.by == "product" and "product_name" in dataset.columns:
        found = _names(dataset, found)
    found = found.fill_null(NONE)
    counts = found.alias("cohort").value_counts().sort("count", "cohort", descending=[True, False])
    kept = counts["cohort"].head(config.largest).to_list()
    return pl.select(pl.when(found.is_in(kept)).then(found).otherwise(pl.lit(OTHER))).to_series()


def _first_category(dataset: Dataset, table: pl.DataFrame) -> pl.Series:
    """The category most was spent on, on the day of the first order; equal ones: first by name."""
    first = table.lazy().select("customer_id", "first_order")
    spent = (
        dataset.lines.filter(pl.col("quantity") > 0, pl.col("category").is_not_null())
        .join(first, on="customer_id")
        .filter(pl.col("ordered_at").dt.date() == pl.col("first_order"))
        .group_by("customer_id", "category")
        .agg(pl.col("revenue").sum().round(6))
        .sort("revenue", "category", descending=[True, False])
        .group_by("customer_id", maintain_order=True)
        .agg(pl.col("category").first())
        .collect()
    )
    joined = table.join(spent, on="customer_id", how="left", maintain_order="left")
    return joined["category"]


def _names(dataset: Dataset, codes: pl.Series) -> pl.Series:
    names = dataset.lines.group_by(code="product_id").agg(pl.col("product_name").min()).collect()
    joined = (
        codes.alias("code").to_frame().join(names, on="code", how="left", maintain_order="left")
    )
    return joined.select(pl.coalesce("product_name", "code")).to_series()


def truncated(began: pl.DataFrame, days: int) -> bool:
    """Whether the file opens amid business: its first window holds far too many "new" customers.

    Customers from before the first line of a file look new when they order again.
    """
    window = (pl.col("first_order") - pl.col("first_order").min()).dt.total_days() // days
    sizes = began.group_by(window.alias("window")).agg(pl.len()).sort("window")["len"]
    later = sizes.slice(1, max(0, sizes.len() - 2))
    return later.len() >= 3 and float(sizes[0]) > TOO_MANY * float(later.median() or 0)  # type: ignore[arg-type]
