"""Audiences: customers picked by conditions on what they are and what they bought.

A condition is one of

    Between(feature, low, high)       a number of the profile; either end may be open
    OneOf(feature, values)            a group, a cluster, a country, a first product ...
    Bought(column, value, days, no)   bought a product or category, in the last `days` (None: ever);
                                      no=True: did not

`members` evaluates them over the profile (one row per customer) and over `purchases` (one row per
customer and product, made once per dataset), so that a click costs a scan of the latter at most.

What an audience buys more than others is told by the ratio of two shares, lift = p / q, with a
95 % interval on the log scale; only products with FEW buyers in the audience, sorted by the
interval's lower end, so that small numbers do not lead.

Source: Katz et al. (1978), Biometrics 34(3), the log interval of a ratio of shares.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import product
from typing import Literal

import polars as pl

KEY = "customer_id"
FEW = 10
Z = 1.959964


@dataclass(frozen=True)
class Between:
    """low <= feature <= high; None leaves an end open. An unknown value is outside."""

    feature: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class OneOf:
    """feature is one of the values."""

    feature: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Bought:
    """Bought `value` of `column` within the last `days`, or ever; no: did not."""

    column: Literal["product_id", "category"]
    value: str
    days: int | None = None
    no: bool = False


Condition = Between | OneOf | Bought


@dataclass(frozen=True)
class Audience:
    """Customers who meet `all` or `any` of the conditions; everybody, if there is none."""

    name: str
    conditions: tuple[Condition, ...] = ()
    match: Literal["all", "any"] = "all"


def purchases(lines: pl.LazyFrame) -> pl.LazyFrame:
    """One row per customer and product bought: customer_id, product_id, category, last_day.

    Only the columns that the lines carry. Sorted; partitionable by customer_id.
    """
    present = lines.collect_schema().names()
    kinds = [column for column in ("product_id", "category") if column in present]
    return (
        lines.filter(pl.col("quantity") > 0, pl.col(KEY).is_not_null())
        .group_by(KEY, *kinds)
        .agg(last_day=pl.col("ordered_at").max().dt.date())
        .sort(KEY, *kinds)
    )


def members(
    audience: Audience, customers: pl.DataFrame, bought: pl.DataFrame, as_of: date
) -> pl.DataFrame:
    """The rows of `customers` that belong to the audience."""
    if not audience.conditions:
        return customers
    meets = [_meets(condition, bought, as_of) for condition in audience.conditions]
    together = pl.all_horizontal if audience.match == "all" else pl.any_horizontal
    return customers.filter(together(meets))


def _meets(condition: Condition, bought: pl.DataFrame, as_of: date) -> pl.Expr:
    if isinstance(condition, OneOf):
        return pl.col(condition.feature).is_in(list(condition.values)).fill_null(value=False)
    if isinstance(condition, Bought):
        return _bought(condition, bought, as_of)
    value, met = pl.col(condition.feature), pl.lit(value=True)
    if condition.low is not None:
        met = met & (value >= condition.low)
    if condition.high is not None:
        met = met & (value <= condition.high)
    return (met & value.is_not_null()).fill_null(value=False)


def _bought(condition: Bought, bought: pl.DataFrame, as_of: date) -> pl.Expr:
    rows = bought.filter(pl.col(condition.column) == condition.value)
    if condition.days is not None:
        rows = rows.filter(pl.col("last_day") > as_of - timedelta(days=condition.days))
    has = pl.col(KEY).is_in(rows[KEY].unique().implode())
    return ~has if condition.no else has


def side_by_side(parts: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """One row per audience: audience, customers, revenue, and the means of what describes them."""
    numbers = [
        name
        for name in (
            "recency_days",
            "orders",
            "average_order",
            "days_between_orders",
            "products",
            "discount_share",
            "return_share",
        )
        if all(name in part.columns for part in parts.values())
    ]
    rows = [
        part.select(
            audience=pl.lit(name),
            customers=pl.len().cast(pl.Int64),
            revenue=pl.col("revenue").sum().round(6),
            mean_revenue=pl.col("revenue").mean(),
            **{number: pl.col(number).cast(pl.Float64).mean() for number in numbers},
        )
        for name, part in parts.items()
    ]
    return pl.concat(rows)


def over_bought(
    inside: pl.DataFrame, outside: pl.DataFrame, bought: pl.DataFrame, column: str
) -> pl.DataFrame:
    """What the audience buys more than the others, surest first.

    `column`, buyers, share (of the audience), share_others, lift, lift_low, lift_high. Customers of
    both sets count as inside.
    """
    others = outside.join(inside.select(KEY), on=KEY, how="anti")
    n, m = inside.height, others.height
    if not n or not m:
        return pl.DataFrame()
    pairs = bought.select(KEY, column).drop_nulls().unique()

    def buyers(of: pl.DataFrame, name: str) -> pl.DataFrame:
        held = pairs.join(of.select(KEY), on=KEY, how="semi")
        return held.group_by(column).agg(pl.len().cast(pl.Int64).alias(name))

    a, b = pl.col("buyers"), pl.col("others")
    # Half a buyer more on either side keeps the ratio finite where nobody else bought it.
    p, q = (a + 0.5) / (n + 0.5), (b + 0.5) / (m + 0.5)
    spread = (1 / (a + 0.5) - 1 / (n + 0.5) + 1 / (b + 0.5) - 1 / (m + 0.5)).clip(0).sqrt()
    return (
        buyers(inside, "buyers")
        .join(buyers(others, "others"), on=column, how="left")
        .with_columns(pl.col("others").fill_null(0))
        .filter(a >= FEW)
        .select(
            column,
            "buyers",
            share=a / n,
            share_others=b / m,
            lift=p / q,
            lift_low=(p / q) * (-Z * spread).exp(),
            lift_high=(p / q) * (Z * spread).exp(),
        )
        .sort(pl.col("lift_low").round(9), column, descending=[True, False])
    )


def overlap(parts: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """How many customers are in exactly which of up to four audiences.

    One row per combination that occurs, largest first: audiences (joined by ` + `), customers.
    """
    names = list(parts)[:4]
    table = pl.concat([parts[name].select(KEY) for name in names]).unique()
    flags = [pl.col(KEY).is_in(parts[name][KEY].implode()).alias(name) for name in names]
    counted = table.select(flags).group_by(names).agg(customers=pl.len().cast(pl.Int64))
    rows = [
        {"audiences": " + ".join(n for n, inside in zip(names, kind, strict=True) if inside)}
        | {"customers": _count(counted, names, kind)}
        for kind in product([True, False], repeat=len(names))
        if any(kind)
    ]
    found = pl.DataFrame(rows, schema={"audiences": pl.String, "customers": pl.Int64})
    return found.filter(pl.col("customers") > 0).sort(
        "customers", "audiences", descending=[True, False]
    )


def _count(counted: pl.DataFrame, names: Sequence[str], kind: tuple[bool, ...]) -> int:
    match = [pl.col(name) == inside for name, inside in zip(names, kind, strict=True)]
    return int(counted.filter(match)["customers"].sum())
