"""Who bought what, as it was known on a day: the sparse matrices that every model starts from.

Partitionable by customer: `purchases` of disjoint customers concatenate.
"""

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.analyses.recommendations.nearest import NEIGHBOURS, nearest, unit_columns
from core.dataset import Dataset

#: What may be known about a customer before their first purchase.
CONTEXTS = ("country", "channel", "tags")
#: What may be told about a product beside its name, in the lines or in the table of products.
ATTRIBUTES = ("category", "brand", "supplier", "tags")
Floats = NDArray[np.float32]
Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Events:
    """Every purchase by number: what a history is cut from.

    rows: one row per order and product - order, customer (null: guest), product, day, units (net).
    customers, products: one row per number, by id - customer_id; product_id, product_name, of
        ATTRIBUTES what is known, price (per unit on the first day it sold, where known).
    contexts: one row per order - order, and of CONTEXTS what is known.
    cuts: the histories cut so far, by day and half-life: what one model looks back on, another
        is tested on.
    """

    rows: pl.DataFrame
    customers: pl.DataFrame
    products: pl.DataFrame
    contexts: pl.DataFrame = field(default_factory=pl.DataFrame)
    cuts: dict[tuple[date, float], "History"] = field(default_factory=dict)

    @property
    def last_day(self) -> date:
        """The day of the last event."""
        return self.rows["day"].max()  # type: ignore[return-value]

    @property
    def first_day(self) -> date:
        """The day of the first event."""
        return self.rows["day"].min()  # type: ignore[return-value]


@dataclass(frozen=True, eq=False)
class History:
    """What was known at the end of `day`.

    customers: one row per customer with a purchase - customer (number), customer_id. Row u.
    products: one row per product sold, most popular first - product (number), product_id,
        product_name, popularity (orders, each weighted by 0.5^(age / half_life)), orders,
        first_age (days since it first sold).
        Column i: equal scores rank in this order.
    purchases: one row per customer and product not sent back - u, i, orders, recent (orders,
        weighted as popularity is), age and first_age (days since the last and the first), sorted
        by u, i.
    baskets: one row per order and product of a customer - u, i, age (days), order.
    events: what it was cut from; a model that looks back further cuts again, at an earlier day.
    """

    day: date
    half_life_days: float
    events: Events
    customers: pl.DataFrame
    products: pl.DataFrame
    purchases: pl.DataFrame
    baskets: pl.DataFrame

    @property
    def shape(self) -> tuple[int, int]:
        """(customers, products)."""
        return self.customers.height, self.products.height

    def matrix(self, values: Floats) -> Any:  # noqa: ANN401
        """`values`, one per purchase, as a csr_matrix customers x products of float32."""
        from scipy.sparse import csr_matrix

        starts = np.searchsorted(self.purchases["u"].to_numpy(), np.arange(self.shape[0] + 1))
        columns = self.purchases["i"].to_numpy().astype(np.int32)
        return csr_matrix(
            (values.astype(np.float32), columns, starts.astype(np.int32)), shape=self.shape
        )

    @cached_property
    def bought(self) -> Any:  # noqa: ANN401
        """1 where the customer bought the product."""
        return self.matrix(np.ones(self.purchases.height, np.float32))

    @cached_property
    def orders(self) -> Any:  # noqa: ANN401
        """Number of the customer's orders that held the product."""
        return self.matrix(self.purchases["orders"].to_numpy())

    @cached_property
    def recent(self) -> Any:  # noqa: ANN401
        """The same, each order weighted by its age."""
        return self.matrix(self.purchases["recent"].to_numpy())

    @cached_property
    def placed(self) -> Any:  # noqa: ANN401
        """csr orders x products, 1 where the order (a guest's too) held the product."""
        from scipy.sparse import csr_matrix

        rows = (
            self.events.rows.filter(pl.col("units") > 0, pl.col("day") <= self.day)
            .join(self.products.select("i", "product"), on="product")
            .select("i", row=pl.col("order").rank("dense") - 1)
            .unique()
            .sort("row", "i")
        )
        at = (rows["row"].to_numpy(), rows["i"].to_numpy())
        shape = (rows["row"].n_unique(), self.shape[1])
        return csr_matrix((np.ones(rows.height, np.float32), at), shape=shape)

    @cached_property
    def beside(self) -> Any:  # noqa: ANN401
        """csr products x products: cosine between their orders, the NEIGHBOURS largest per row."""
        return nearest(unit_columns(self.placed), NEIGHBOURS)

    @cached_property
    def cosine(self) -> Any:  # noqa: ANN401
        """csr products x products: cosine between their buyers, the NEIGHBOURS largest per row."""
        return nearest(unit_columns(self.bought), NEIGHBOURS)

    def faded(self, half_life_days: float) -> Any:  # noqa: ANN401
        """Orders of the customer that held the product, weighted by another half-life."""
        faded = self.baskets.group_by("u", "i").agg(
            (0.5 ** (pl.col("age") / half_life_days)).sum().cast(pl.Float32).alias("faded")
        )
        kept = self.purchases.select("u", "i").join(
            faded, on=["u", "i"], how="left", maintain_order="left"
        )
        return self.matrix(kept["faded"].to_numpy())

    def popular(self, half_life_days: float) -> Floats:
        """Orders per product, guests' included, weighted by another half-life."""
        age = (pl.lit(self.day) - pl.col("day")).dt.total_days()
        sold = self.events.rows.lazy().filter(pl.col("day") <= self.day, pl.col("units") > 0)
        weighted = sold.group_by("product").agg(p=(0.5 ** (age / half_life_days)).sum().round(6))
        joined = self.products.select("product").join(
            weighted.collect(), on="product", maintain_order="left", how="left"
        )
        return joined["p"].to_numpy().astype(np.float32)

    @cached_property
    def popularity(self) -> Floats:
        """Recency-weighted orders per product."""
        return self.products["popularity"].to_numpy().astype(np.float32)


def events(dataset: Dataset) -> Events:
    """The purchases of `dataset` by number, numbers in the order of the ids."""
    present = dataset.columns
    sold = dataset.lines.filter(pl.col("product_id").is_not_null())
    money = [pl.col("revenue").sum()] if "revenue" in present else []
    told = [c for c in ("product_name", *ATTRIBUTES) if c in present]
    lines, products = pl.collect_all(
        [
            sold.group_by("order_id", "customer_id", "product_id")
            .agg(
                *money,
                day=pl.col("ordered_at").min().dt.date(),
                units=pl.col("quantity").sum(),
                **{c: pl.col(c).max() for c in CONTEXTS if c in present},
            )
            .with_columns(order=pl.col("order_id").rank("dense").cast(pl.UInt32)),
            sold.group_by("product_id").agg(pl.col(told).max()),
        ]
    )
    products = _described(products, lines, dataset.tables.get("products"))
    customers = lines.select(pl.col("customer_id").drop_nulls().unique().sort()).with_row_index(
        "customer"
    )
    rows = (
        lines.join(products.select("product", "product_id"), on="product_id", how="left")
        .join(customers, on="customer_id", how="left")
        .select(
            "customer",
            "product",
            "day",
            "units",
            "order",
        )
        .sort("order", "product")
    )
    return Events(rows, customers, products, _contexts(dataset, lines))


def _described(
    products: pl.DataFrame, lines: pl.DataFrame, table: pl.DataFrame | None
) -> pl.DataFrame:
    """Events.products; what the lines do not say is taken from the table of products."""
    named = ("product_name", *ATTRIBUTES)
    if table is not None:
        kept = table.select("product_id", *(c for c in named if c in table.columns))
        products = products.join(
            kept.unique("product_id", keep="last"), on="product_id", how="left", suffix=" told"
        )
        both = [c for c in named if f"{c} told" in products.columns]
        products = products.with_columns(pl.coalesce(c, f"{c} told") for c in both)
        products = products.drop(f"{c} told" for c in both)
    if "revenue" in lines.columns:
        price = pl.col("revenue").sum().round(6) / pl.col("units").sum()
        sold = lines.lazy().filter(pl.col("units") > 0)
        first = sold.filter(pl.col("day") == pl.col("day").min().over("product_id"))
        prices = first.group_by("product_id").agg(price=price.round(4)).collect()
        products = products.join(prices, on="product_id", how="left")
    if "product_name" not in products.columns:
        products = products.with_columns(product_name=pl.lit(None, pl.String))
    return (
        products.with_columns(pl.col("product_name").fill_null(pl.col("product_id")))
        .sort("product_id")
        .with_row_index("product")
    )


def _contexts(dataset: Dataset, lines: pl.DataFrame) -> pl.DataFrame:
    """Events.contexts; what the lines do not say is taken from the table of customers."""
    by_order = lines.group_by("order").agg(
        pl.col("customer_id", *(c for c in CONTEXTS if c in lines.columns)).max()
    )
    table = dataset.tables.get("customers")
    if table is not None:
        known = [c for c in CONTEXTS if c in table.columns and c not in lines.columns]
        told = table.select("customer_id", *known).unique("customer_id", keep="last")
        by_order = by_order.join(told, on="customer_id", how="left")
    return by_order.drop("customer_id").sort("order")


def history(events: Events, day: date, half_life_days: float) -> History:
    """What `events` had shown by the end of `day`."""
    key = day, half_life_days
    if key not in events.cuts:
        events.cuts[key] = _cut(events, day, half_life_days)
    return events.cuts[key]


def _cut(events: Events, day: date, half_life_days: float) -> History:
    seen = (
        events.rows.lazy()
        .filter(pl.col("day") <= day)
        .with_columns(age=(pl.lit(day) - pl.col("day")).dt.total_days().cast(pl.Float32))
        .with_columns(weight=0.5 ** (pl.col("age") / half_life_days), sold=pl.col("units") > 0)
    )
    products = (
        seen.filter("sold")
        .group_by("product")
        .agg(
            popularity=pl.col("weight").sum().round(6),
            orders=pl.len(),
            first_age=pl.col("age").max(),
        )
        .collect()
        .join(events.products, on="product")
        .sort(["popularity", "orders", "product_id"], descending=[True, True, False])
        .with_row_index("i")
    )
    pairs = (
        seen.filter(pl.col("customer").is_not_null())
        .group_by("customer", "product")
        .agg(
            orders=pl.col("sold").sum().cast(pl.Float32),
            recent=pl.col("weight").filter("sold").sum().cast(pl.Float32),
            age=pl.col("age").filter("sold").min(),
            first_age=pl.col("age").filter("sold").max(),
            units=pl.col("units").sum(),
        )
        .filter(pl.col("orders") > 0, pl.col("units") > 0)
        .collect()
    )
    customers = (
        events.customers.filter(pl.col("customer").is_in(pairs["customer"].unique().implode()))
        .sort("customer")
        .with_row_index("u")
    )
    number = (customers.select("u", "customer").lazy(), products.select("i", "product").lazy())
    purchases = _renumber(pairs.lazy().drop("units"), *number).sort("u", "i").collect()
    baskets = seen.filter("sold").select("customer", "product", "order", "age")
    return History(
        day,
        half_life_days,
        events,
        customers,
        products,
        purchases,
        _renumber(baskets, *number).sort("u", "age", "order", "i").collect(),
    )


def _renumber(frame: pl.LazyFrame, customers: pl.LazyFrame, products: pl.LazyFrame) -> pl.LazyFrame:
    """Rows and columns of the matrices in place of the numbers of `Events`."""
    joined = frame.join(customers, on="customer").join(products, on="product")
    return joined.drop("customer", "product")
