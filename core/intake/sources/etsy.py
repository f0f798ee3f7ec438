"""Etsy > Shop Manager > Settings > Options > Download data: sold order items and sold orders.

Order Shipping and Order Sales Tax repeat on every item and are not the line's money. Dates are
month first. The buyer's user name is the customer.
"""

from core.intake.sources.source import Source

ITEMS = Source(
    name="etsy_order_items",
    required=frozenset({"sale date", "item name", "quantity", "price", "transaction id"}),
    headers=frozenset({"listing id", "variations", "order type", "listings type", "date paid"}),
    columns={
        "order_id": ("order id",),
        "line_id": ("transaction id",),
        "ordered_at": ("sale date",),
        "customer_id": ("buyer",),
        "product_id": ("sku", "listing id", "item name"),
        "product_name": ("item name",),
        "quantity": ("quantity",),
        "unit_price": ("price",),
        "discount": ("discount amount",),
        "country": ("ship country", "delivery country"),
        "currency": ("currency",),
        "coupon": ("coupon code",),
    },
    filled_by=frozenset({"customer_id", "product_id"}),
    date_order="mdy",
)

SOURCES = (ITEMS,)
