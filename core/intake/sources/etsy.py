"""Etsy > Shop Manager > Settings > Options > Download data: sold order items and sold orders.

Order Shipping and Order Sales Tax repeat on every item and are not the line's money. Dates are
month first. The buyer's user name is the customer. In the order file an adjusted total of 0 means
that nothing was adjusted; otherwise it is what remained after a refund. The items bear of it what
their share of the total is, the rest was postage and tax.
"""

import polars as pl

from core.intake.sources import grain
from core.intake.sources.source import Source

#: What UK shops see.
UK = {
    "order delivery": "order shipping",
    "date posted": "date shipped",
    "delivery name": "ship name",
    "delivery zipcode": "ship zipcode",
    "delivery country": "ship country",
    "delivery discount": "shipping discount",
    "delivery": "shipping",
}

ITEMS = Source(
    name="etsy_order_items",
    required=frozenset({"sale date", "item name", "quantity", "price", "transaction id"}),
    headers=frozenset({"listing id", "variations", "order type", "listings type", "date paid"}),
    columns={
        "order_id": ("order id",),
        "line_id": ("transaction id",),
        "ordered_at": ("sale date",),
        "customer_id": ("buyer", "ship name"),
        "product_id": ("sku", "listing id", "item name"),
        "product_name": ("item name",),
        "quantity": ("quantity",),
        "unit_price": ("price",),
        "discount": ("discount amount",),
        "country": ("ship country",),
        "currency": ("currency",),
        "coupon": ("coupon code",),
    },
    aliases=UK,
    date_order="mdy",
    joins=("etsy_orders",),
)


def _orders(rows: pl.LazyFrame) -> pl.LazyFrame:
    there = grain.columns(rows)
    total, adjusted = (
        grain.number("order total", there),
        grain.number("adjusted order total", there),
    )
    refund = pl.when(adjusted > 0).then(total - adjusted).otherwise(0.0)
    goods = grain.number("order value", there) - grain.number("discount amount", there).abs()
    return rows.with_columns(
        refund=grain.text(refund * grain.share(goods, total)), net=grain.text(total - refund)
    )


ORDERS = Source(
    name="etsy_orders",
    required=frozenset({"sale date", "order id", "number of items", "order value", "order total"}),
    headers=frozenset({"buyer user id", "full name", "card processing fees", "order net"}),
    columns={
        "order_id": ("order id",),
        "ordered_at": ("sale date",),
        "customer_id": ("buyer user id", "buyer", "full name"),
        "quantity": ("number of items",),
        "revenue": ("net",),
        "refund": ("refund",),
        "status": ("status",),
        "country": ("ship country",),
        "currency": ("currency",),
        "coupon": ("coupon code",),
    },
    aliases=UK,
    prepare=_orders,
    date_order="mdy",
    table="orders",
)

SOURCES = (ITEMS, ORDERS)
