"""Who bought what, as it was known on a day: the sparse matrices that every model starts from.

Partitionable by customer: `purchases` of disjoint customers concatenate.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.analyses.recommendations.events import Events
from core.analyses.recommendations.nearest import NEIGHBOURS, nearest, unit_columns

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]
#: Stands for a popularity that is 0 throughout, as it is long after the last order.
VANISHED = np.float32(1e-9)


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
    def silent(self) -> Floats:
        """Days since each customer's last purchase."""
        return self.baskets.group_by("u").agg(pl.col("age").min()).sort("u")["age"].to_numpy()

    @cached_property
    def bought(self) -> Any:  # noqa: ANN401
        """1 where the customer bought the product."""
        return self.matrix(np.ones(self.purchases.height, np.float32))

    @cached_property
    def buyers(self) -> Any:  # noqa: ANN401
        """The same by product: csc."""
        return self.bought.tocsc()

    def purchases_of(self, first: int, last: int) -> slice:
        """The rows of `purchases` of customers `first` to `last`."""
        starts = self.bought.indptr
        return slice(int(starts[first]), int(starts[last + 1]))

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
            self.events.known(self.day)
            .filter(pl.col("units") > 0)
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

    @cached_property
    def described(self) -> Any:  # noqa: ANN401
        """csr products x features: what is told of each, but for the price."""
        from core.analyses.recommendations.models.content import vectors

        return vectors(self.products, priced=0)

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
        sold = self.events.known(self.day).lazy().filter(pl.col("units") > 0)
        weighted = sold.group_by("product").agg(p=(0.5 ** (age / half_life_days)).sum().round(6))
        joined = self.products.select("product").join(
            weighted.collect(), on="product", maintain_order="left", how="left"
        )
        return joined["p"].to_numpy().astype(np.float32)

    def sold_after(self, days: int) -> pl.DataFrame:
        """The purchases of the `days` after `day`: rows of Events with u and i, null if new.

        What was sent back of them by then is not among them.
        """
        until = self.day + timedelta(days=days)
        return (
            self.events.known(until)
            .filter(pl.col("day") > self.day, pl.col("units") > 0)
            .join(self.customers.select("u", "customer"), on="customer", how="left")
            .join(self.products.select("i", "product"), on="product", how="left")
        )

    @cached_property
    def popularity(self) -> Floats:
        """Recency-weighted orders per product."""
        return self.products["popularity"].to_numpy().astype(np.float32)


def history(events: Events, day: date, half_life_days: float) -> History:
    """What `events` had shown by the end of `day`."""
    key = day, half_life_days
    if key not in events.cuts:
        events.cuts[key] = _cut(events, day, half_life_days)
    return events.cuts[key]


def _cut(events: Events, day: date, half_life_days: float) -> History:
    seen = (
        events.known(day)
        .lazy()
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
