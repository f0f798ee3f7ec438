"""Square: items detail (one row per item sold) and transactions (one row per payment).

Refunds are rows of their own with negative quantity and money; a refund of an amount alone stands
in Partial Refunds. Most customers are walk-ins.
"""

import polars as pl

from core.intake.sources import grain
from core.intake.sources.source import Source


def _moment(rows: pl.LazyFrame) -> pl.LazyFrame:
    time = "time" if "time" in grain.columns(rows) else None
    parts = [pl.col("date"), pl.col(time) if time else pl.lit("00:00:00")]
    return rows.with_columns(moment=pl.concat_str(parts, separator=" "))


def _items(rows: pl.LazyFrame) -> pl.LazyFrame:
    there = grain.columns(rows)
    quantity, gross = grain.number("qty", there), grain.number("gross sales", there)
    category = pl.col("category") if "category" in there else pl.lit(None, pl.String)
    return _moment(rows).with_columns(
        each=pl.when(quantity != 0).then(grain.text((gross / quantity).abs())),
        kind=pl.when(category != "None").then(category),
    )


ITEMS = Source(
    name="square_items",
    required=frozenset({"date", "item", "qty", "net sales", "transaction id"}),
    headers=frozenset(
        {"time zone", "price point name", "modifiers applied", "event type", "pan suffix"}
    ),
    columns={
        "order_id": ("transaction id",),
        "ordered_at": ("moment",),
        "customer_id": ("customer id",),
        "product_id": ("sku", "item"),
        "product_name": ("item",),
        "category": ("kind",),
        "quantity": ("qty",),
        "unit_price": ("each",),
        "discount": ("discounts",),
        "revenue": ("net sales",),
        "channel": ("location",),
    },
    aliases={"quantity": "qty"},
    prepare=_items,
    repeats_are_lines=True,
)


def _transactions(rows: pl.LazyFrame) -> pl.LazyFrame:
    there = grain.columns(rows)
    money = grain.number("net sales", there) + grain.number("partial refunds", there)
    return _moment(rows).with_columns(line=grain.text(money))


TRANSACTIONS = Source(
    name="square_transactions",
    required=frozenset({"date", "net sales", "total collected", "transaction id"}),
    headers=frozenset({"time zone", "tip", "tender note", "card entry methods", "net total"}),
    columns={
        "order_id": ("transaction id",),
        "ordered_at": ("moment",),
        "customer_id": ("customer id",),
        "revenue": ("line",),
        "discount": ("discounts",),
        "channel": ("location",),
        "status": ("transaction status",),
    },
    prepare=_transactions,
)

SOURCES = (ITEMS, TRANSACTIONS)
