"""Audiences: customers picked by conditions on what they are and what they bought.

A condition is one of

    Between(feature, low, high)       a number of the profile; either end may be open
    Dated(feature, first, last)       a day of the profile; either end may be open
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

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

import polars as pl

from core.errors import CoreError

KEY = "customer_id"
FEW, MOST_OVERLAPPING = 10, 4
Z = 1.959964


@dataclass(frozen=True)
class Between:
    """low <= feature <= high; None leaves an end open. An unknown value is outside."""

    feature: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Dated:
    """first <= feature <= last, as days; None leaves an end open."""

    feature: str
    first: date | None = None
    last: date | None = None


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


Condition = Between | Dated | OneOf | Bought
KINDS: Mapping[str, type[Condition]] = {
    "between": Between,
    "dated": Dated,
    "one_of": OneOf,
    "bought": Bought,
}


@dataclass(frozen=True)
class Audience:
    """Customers who meet `all` or `any` of the conditions; everybody, if there is none."""

    name: str
    conditions: tuple[Condition, ...] = ()
    match: Literal["all", "any"] = "all"

    def to_json(self) -> dict[str, Any]:
        """As JSON can say it; `from_json` reads it back."""
        kinds = {kind: name for name, kind in KINDS.items()}
        conditions = []
        for condition in self.conditions:
            values = {
                k: v.isoformat() if isinstance(v, date) else v for k, v in vars(condition).items()
            }
            conditions.append({"kind": kinds[type(condition)]} | values)
        return {"match": self.match, "conditions": conditions}

    @classmethod
    def from_json(cls, name: str, value: Mapping[str, Any]) -> "Audience":
        """What `to_json` said; CoreError where it is something else."""
        try:
            conditions = tuple(_condition(**entry) for entry in value["conditions"])
            return cls(name, conditions, "any" if value["match"] == "any" else "all")
        except (KeyError, TypeError, ValueError) as error:
            raise CoreError("The saved segment {name} cannot be read.", name=name) from error


def _condition(kind: str, **values: Any) -> Condition:  # noqa: ANN401
    if kind == "one_of":
        values["values"] = tuple(values["values"])
    if kind == "dated":
        ends = {end: values[end] for end in ("first", "last")}
        values |= {end: day and date.fromisoformat(day) for end, day in ends.items()}
    return KINDS[kind](**values)


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
    return customers.filter(meets(audience, bought, as_of))


def meets(audience: Audience, bought: pl.DataFrame, as_of: date) -> pl.Expr:
    """Whether a customer belongs to the audience, over one row per customer."""
    met = [_meets(condition, bought, as_of) for condition in audience.conditions]
    together = pl.all_horizontal if audience.match == "all" else pl.any_horizontal
    return together(met) if met else pl.lit(value=True)


def _meets(condition: Condition, bought: pl.DataFrame, as_of: date) -> pl.Expr:
    if isinstance(condition, OneOf):
        return pl.col(condition.feature).is_in(list(condition.values)).fill_null(value=False)
    if isinstance(condition, Bought):
        return _bought(condition, bought, as_of)
    value, met = pl.col(condition.feature), pl.lit(value=True)
    ends = (
        (condition.first, condition.last)
        if isinstance(condition, Dated)
        else (condition.low, condition.high)
    )
    low, high = (None if end is None else pl.lit(end) for end in ends)
    if low is not None:
        met = met & (value >= low)
    if high is not None:
        met = met & (value <= high)
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
    """How many customers are in exactly which of up to MOST_OVERLAPPING audiences.

    One row per combination that occurs, largest first: audiences (a list of names), customers.
    """
    names = list(parts)[:MOST_OVERLAPPING]
    table = pl.concat([parts[name].select(KEY) for name in names]).unique()
    flags = [
        pl.when(pl.col(KEY).is_in(parts[name][KEY].implode())).then(pl.lit(name)) for name in names
    ]
    return (
        table.select(audiences=pl.concat_list(flags).list.drop_nulls())
        .group_by("audiences")
        .agg(customers=pl.len().cast(pl.Int64))
        .sort("customers", pl.col("audiences").list.join(","), descending=[True, False])
    )
