"""What is bought next: after a first order that held A, which B follows within N days?

One row per known customer whose first order lies at least N days before the last: F the products
of that order, U those bought afterwards within N days. Those who bought nothing more count too.

    expected followers of A with B   mu = phi c_A c_B / n,  phi = n sum f u / (sum f sum u)

with f, u the sizes of F and U: customers who buy much, first and later, make products meet.
Binomial tail over the customers who began with A, Benjamini-Hochberg over all ordered pairs of
products that are frequent on either side. A = B is a repeat purchase.
"""

from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.analyses.association_rules import nulls
from core.dataset import Dataset
from core.measures.intervals import wilson
from core.measures.orders import sales

Ints = NDArray[np.int64]
SHARE, COUNT, FEW_CUSTOMERS = 0.002, 5, 50
SCHEMA: dict[str, type[pl.DataType]] = {
    "first_product": pl.String,
    "next_product": pl.String,
    "first_product_name": pl.String,
    "next_product_name": pl.String,
    "first_customers": pl.Int64,
    "followers": pl.Int64,
    "follow_share": pl.Float64,
    "follow_share_low": pl.Float64,
    "follow_share_high": pl.Float64,
    "followers_by_chance": pl.Float64,
    "adjusted_lift": pl.Float64,
    "p_value": pl.Float64,
    "q_value": pl.Float64,
}


def sequences(
    dataset: Dataset, last: date, names: pl.DataFrame, days: int, fdr: float
) -> pl.DataFrame:
    """One row per (A, B) that follows more often than chance gives, surest first: SCHEMA.

    last: day up to which orders are known. names: product_id, product_name. Empty without
    customers.
    """
    if "customer_id" not in dataset.columns:
        return pl.DataFrame(schema=SCHEMA)
    rows = _rows(dataset, last, days)
    customers = rows["customer_id"].n_unique()
    if customers < FEW_CUSTOMERS:
        return pl.DataFrame(schema=SCHEMA)
    first, later = rows.filter("in_first"), rows.filter(~pl.col("in_first"), "within")
    least = max(COUNT, int(np.ceil(SHARE * customers)))
    counted = _pairs(first, later, customers, least)
    p = counted["p_value"].to_numpy()
    tests = _frequent(first, least).height * _frequent(later, least).height
    low, high = wilson(
        counted["followers"].to_numpy().astype(np.float64), counted["first_customers"].to_numpy()
    )
    return (
        counted.with_columns(
            q_value=pl.Series(nulls.q_values(p, tests)),
            follow_share=pl.col("followers") / pl.col("first_customers"),
            follow_share_low=pl.Series(low),
            follow_share_high=pl.Series(high),
            adjusted_lift=pl.col("followers") / pl.col("followers_by_chance"),
        )
        .filter(pl.col("q_value") <= fdr)
        .join(_called(names, "first_product"), on="first_product", how="left")
        .join(_called(names, "next_product"), on="next_product", how="left")
        .select(*SCHEMA)
        .sort("q_value", "first_product", "next_product")
    )


def _called(names: pl.DataFrame, key: str) -> pl.DataFrame:
    return names.select(
        pl.col("product_id").alias(key), pl.col("product_name").alias(f"{key}_name")
    )


def _rows(dataset: Dataset, last: date, days: int) -> pl.DataFrame:
    """customer_id, product_id, in_first, within: distinct products of each followed-up customer."""
    until = pl.lit(last) - pl.duration(days=days)
    known = sales(dataset.lines).filter(
        pl.col("customer_id").is_not_null(), pl.col("product_id").is_not_null()
    )
    started = known.group_by("customer_id").agg(started=pl.col("ordered_at").min().dt.date())
    since = (pl.col("ordered_at").dt.date() - pl.col("started")).dt.total_days()
    return (
        known.join(started.filter(pl.col("started") <= until), on="customer_id")
        .select("customer_id", "product_id", in_first=since == 0, within=since <= days)
        .unique()
        .collect()
    )


def _frequent(rows: pl.DataFrame, least: int) -> pl.DataFrame:
    """product_id, customers: those that at least `least` customers bought."""
    counts = rows.group_by("product_id").agg(customers=pl.len().cast(pl.Int64))
    return counts.filter(pl.col("customers") >= least)


def _pairs(first: pl.DataFrame, later: pl.DataFrame, customers: int, least: int) -> pl.DataFrame:
    """first_product, next_product, first_customers, followers, followers_by_chance, p_value."""
    starts, ends = _frequent(first, least), _frequent(later, least)
    met = (
        first.join(starts, on="product_id")
        .join(later.join(ends, on="product_id"), on="customer_id", suffix="_next")
        .group_by(first_product="product_id", next_product="product_id_next")
        .agg(
            followers=pl.len().cast(pl.Int64),
            first_customers=pl.col("customers").first(),
            next_customers=pl.col("customers_next").first(),
        )
        .filter(pl.col("followers") >= COUNT)
        .sort("first_product", "next_product")
    )
    spread = _phi(first, later, customers)
    a, b, followers = (
        met[name].to_numpy() for name in ("first_customers", "next_customers", "followers")
    )
    expected = spread * a * b / customers
    p = nulls.upper_tail(followers, expected, a.astype(np.float64))
    return met.with_columns(
        followers_by_chance=pl.Series(expected), p_value=pl.Series(p, dtype=pl.Float64)
    )


def _phi(first: pl.DataFrame, later: pl.DataFrame, customers: int) -> float:
    """n sum f u / (sum f sum u) over all customers."""
    sizes = (
        first.group_by("customer_id")
        .agg(f=pl.len())
        .join(later.group_by("customer_id").agg(u=pl.len()), on="customer_id")
    )
    met = sizes.select((pl.col("f").cast(pl.Int64) * pl.col("u").cast(pl.Int64)).sum()).item()
    return float(customers * (met or 0) / max(first.height * later.height, 1))
