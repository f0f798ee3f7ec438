"""Audiences: customers picked by conditions on what they are and what they bought.

A condition is one of

    Between(feature, low, high)       a number of the profile; either end may be open
    Dated(feature, first, last)       a day of the profile; either end may be open
    OneOf(feature, values)            a group, a cluster, a country, a first product ...
    Bought(column, value, days, no)   bought a product or category, in the last `days` (None: ever);
                                      no=True: did not

`meets` tells of every row of the profile whether it belongs, as a mask: a click costs a scan of the
columns named and of the buyers of the products named, whatever the number of order lines.

What an audience buys more than others is told by the ratio of two shares, lift = p / q, with a
95 % interval on the log scale; only products with FEW buyers in the audience, sorted by the
interval's lower end, so that small numbers do not lead.

Source: Katz et al. (1978), Biometrics 34(3), the log interval of a ratio of shares.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.errors import CoreError

KEY = "customer_id"
FEW, MOST_OVERLAPPING = 10, 4
Z = 1.959964
Mask = NDArray[np.bool_]


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


Match = Literal["all", "any"]


@dataclass(frozen=True)
class Audience:
    """Customers who meet `all` or `any` of the conditions; everybody, if there is none."""

    name: str
    conditions: tuple[Condition, ...] = ()
    match: Match = "all"

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


@dataclass(frozen=True, eq=False)
class Purchases:
    """Who bought what last when; customers by their row in the profile, from 0.

    values: every product (or category) sold -> its number i; its buyers are
    customers[starts[i]:starts[i + 1]], and days their last days of buying it (since 1970-01-01).
    """

    values: dict[str, int]
    starts: NDArray[np.int64]
    customers: NDArray[np.int32]
    days: NDArray[np.int32]

    def buyers(self, value: str, after: date | None) -> NDArray[np.int32]:
        """Rows of the profile that bought `value` later than `after`, or ever."""
        if (at := self.values.get(value)) is None:
            return self.customers[:0]
        part = slice(self.starts[at], self.starts[at + 1])
        found = self.customers[part]
        return found if after is None else found[self.days[part] > _day(after)]


def _day(day: date) -> int:
    return (day - date(1970, 1, 1)).days


def purchases(lines: pl.LazyFrame) -> dict[str, Purchases]:
    """product_id, category (those that the lines carry) -> who bought what.

    Customers are numbered as the profile of the same lines sorts them: by customer_id, of all who
    bought anything.
    """
    sold = lines.filter(pl.col("quantity") > 0, pl.col(KEY).is_not_null())
    keys = sold.select(pl.col(KEY).unique().sort()).collect().with_row_index("customer")
    present = lines.collect_schema().names()
    return {
        column: _purchases(sold, keys, column)
        for column in ("product_id", "category")
        if column in present
    }


def _purchases(sold: pl.LazyFrame, keys: pl.DataFrame, column: str) -> Purchases:
    last = (
        sold.drop_nulls(column)
        .group_by(column, KEY)
        .agg(day=pl.col("ordered_at").max().dt.date())
        .join(keys.lazy(), on=KEY)
        .select(column, pl.col("customer", "day").cast(pl.Int32))
        .sort(column, "customer")
        .collect()
    )
    sizes = last.group_by(column, maintain_order=True).len()
    return Purchases(
        values={value: number for number, value in enumerate(sizes[column])},
        starts=np.concatenate([[0], sizes["len"].cum_sum().to_numpy()]).astype(np.int64),
        customers=last["customer"].to_numpy(),
        days=last["day"].to_numpy(),
    )


def meets(
    audience: Audience, customers: pl.DataFrame, bought: Mapping[str, Purchases], as_of: date
) -> Mask:
    """Of each row of the profile: whether it belongs to the audience."""
    met = [_meets(condition, customers, bought, as_of) for condition in audience.conditions]
    together = np.logical_and if audience.match == "all" else np.logical_or
    return reduce(together, met) if met else np.ones(customers.height, dtype=bool)


def ends(condition: Between | Dated) -> tuple[float | date | None, float | date | None]:
    """(lowest, highest) of a condition on a number or a day; None: open."""
    if isinstance(condition, Dated):
        return condition.first, condition.last
    return condition.low, condition.high


def _meets(
    condition: Condition, customers: pl.DataFrame, bought: Mapping[str, Purchases], as_of: date
) -> Mask:
    if isinstance(condition, Bought):
        has = np.zeros(customers.height, dtype=bool)
        days = condition.days or as_of.toordinal()  # ever, or more than the calendar has
        after = as_of - timedelta(days=days) if days < as_of.toordinal() else None
        has[bought[condition.column].buyers(condition.value, after)] = True
        return ~has if condition.no else has
    if isinstance(condition, OneOf):
        chosen = customers[condition.feature].is_in(list(condition.values))
        return chosen.fill_null(value=False).to_numpy()
    value = customers[condition.feature].to_numpy()  # null: NaN or NaT, on neither side of an end
    low, high = (np.datetime64(e) if isinstance(e, date) else e for e in ends(condition))
    met: Mask = value == value if low is None else value >= low
    return met if high is None else met & (value <= high)


#: What `side_by_side` tells of an audience, where the profile has it.
DESCRIBED = (
    "recency_days", "orders", "average_order", "days_between_orders", "products", "discount_share",
    "return_share",
)  # fmt: skip


COUNTED = {"orders": "mean_orders", "products": "mean_products"}


def side_by_side(customers: pl.DataFrame, parts: Mapping[str, Mask]) -> pl.DataFrame:
    """One row per audience: audience, customers, revenue, then means per customer.

    mean_revenue, and those of DESCRIBED; what is counted in whole numbers is called mean_orders ...
    """
    numbers = [name for name in DESCRIBED if name in customers.columns]
    narrow = customers.select("revenue", *numbers)
    return pl.concat(
        narrow.filter(mask).select(
            audience=pl.lit(name),
            customers=pl.len().cast(pl.Int64),
            revenue=pl.col("revenue").sum().round(6),
            mean_revenue=pl.col("revenue").mean(),
            **{COUNTED.get(n, n): pl.col(n).cast(pl.Float64).mean() for n in numbers},
        )
        for name, mask in parts.items()
    )


def over_bought(inside: Mask, outside: Mask, bought: Purchases) -> pl.DataFrame:
    """What the audience buys more than the others, surest first.

    value, buyers, share (of the audience), share_others, lift, lift_low, lift_high. Customers of
    both sets count as inside.
    """
    others = outside & ~inside
    n, m = int(inside.sum()), int(others.sum())
    if not n or not m or not bought.values:
        return pl.DataFrame()

    def buyers(of: Mask) -> NDArray[np.int64]:
        return np.add.reduceat(of[bought.customers].astype(np.int64), bought.starts[:-1])

    a, b = pl.col("buyers"), pl.col("others")
    # Half a buyer more on either side keeps the ratio finite where nobody else bought it.
    p, q = (a + 0.5) / (n + 0.5), (b + 0.5) / (m + 0.5)
    spread = (1 / (a + 0.5) - 1 / (n + 0.5) + 1 / (b + 0.5) - 1 / (m + 0.5)).clip(0).sqrt()
    counted = pl.DataFrame(
        {"value": list(bought.values), "buyers": buyers(inside), "others": buyers(others)}
    )
    return (
        counted.filter(a >= FEW)
        .select(
            "value",
            "buyers",
            share=a / n,
            share_others=b / m,
            lift=p / q,
            lift_low=(p / q) * (-Z * spread).exp(),
            lift_high=(p / q) * (Z * spread).exp(),
        )
        .sort(pl.col("lift_low").round(9), "value", descending=[True, False])
    )


def overlap(parts: Mapping[str, Mask]) -> pl.DataFrame:
    """How many customers are in exactly which of up to MOST_OVERLAPPING audiences.

    One row per combination that occurs, largest first: audiences (a list of names), customers.
    """
    names = list(parts)[:MOST_OVERLAPPING]
    code = sum((parts[name].astype(np.int64) << at for at, name in enumerate(names)), np.int64(0))
    counts = {at: count for at, count in enumerate(np.bincount(code).tolist()) if at and count}
    held = [[name for at, name in enumerate(names) if one >> at & 1] for one in counts]
    return pl.DataFrame(
        {
            "audiences": pl.Series(held, dtype=pl.List(pl.String)),
            "customers": pl.Series(counts.values(), dtype=pl.Int64),
        }
    ).sort("customers", pl.col("audiences").list.join(","), descending=[True, False])
