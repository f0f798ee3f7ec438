"""Every purchase by number: what the histories of a shop are cut from."""

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from core.dataset import Dataset

if TYPE_CHECKING:
    from core.analyses.recommendations.history import History

#: What may be known about a customer before their first purchase.
CONTEXTS = ("country", "channel", "tags")
#: What may be told about a product beside its name, in the lines or in the table of products.
ATTRIBUTES = ("category", "brand", "supplier", "tags")


@dataclass(frozen=True, eq=False)
class Events:
    """Every purchase by number: what a history is cut from.

    rows: one row per order and product, and one for what was sent back of it - order, customer
        (null: guest), product, day, units (below 0: sent back).
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

    def known(self, day: date) -> pl.DataFrame:
        """`rows` by the end of `day`, each less what had been sent back of it by then."""
        seen, keys = self.rows.filter(pl.col("day") <= day), ["order", "customer", "product"]
        back = seen.filter(pl.col("units") < 0).select(keys).unique()
        if back.is_empty():
            return seen
        kept = seen.join(back, on=keys, how="anti", nulls_equal=True)
        changed = seen.join(back, on=keys, how="semi", nulls_equal=True).group_by(keys)
        netted = changed.agg(pl.col("day").min(), pl.col("units").sum())
        return pl.concat([kept, netted.select(kept.columns)])

    @property
    def last_day(self) -> date:
        """The day of the last event."""
        return self.rows["day"].max()  # type: ignore[return-value]

    @property
    def first_day(self) -> date:
        """The day of the first event."""
        return self.rows["day"].min()  # type: ignore[return-value]


def events(dataset: Dataset) -> Events:
    """The purchases of `dataset` by number, numbers in the order of the ids."""
    present = dataset.columns
    sold = dataset.lines.filter(pl.col("product_id").is_not_null())
    money = [pl.col("revenue").sum()] if "revenue" in present else []
    told = [c for c in ("product_name", *ATTRIBUTES) if c in present]
    lines, products = pl.collect_all(
        [
            sold.group_by("order_id", "customer_id", "product_id", back=pl.col("quantity") < 0)
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
