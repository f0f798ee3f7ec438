"""WooCommerce, plugin "Advanced Order Export For WooCommerce": one row per product of an order.

Order cells are repeated on the product rows or left blank, as the shop set it; the quantity is
already net of refunds; an order-level discount is spread over the order's lines by their share.
"""

import polars as pl

from core.intake.sources.source import ROW, Source


def _prepare(rows: pl.LazyFrame) -> pl.LazyFrame:
    there = set(rows.collect_schema().names())
    filled = rows.sort(ROW).with_columns(pl.col("order number").forward_fill())
    cells = [c for c in there - {ROW, "order number"} - ITEM_CELLS if c in there]
    return filled.with_columns(pl.col(cells).drop_nulls().first().over("order number"))


ITEM_CELLS = {"sku", "item #", "item name", "quantity (- refund)", "item cost"}

ITEMS = Source(
    name="woo_advanced_order_export",
    required=frozenset({"order number", "order date", "item name", "quantity (- refund)"}),
    headers=frozenset(
        {
            "customer note",
            "order subtotal amount",
            "order total amount",
            "order refund amount",
            "payment method title",
            "cart discount amount",
            "discount amount",
        }
    ),
    columns={
        "order_id": ("order number",),
        "ordered_at": ("order date",),
        "customer_id": ("email (billing)", "phone (billing)"),
        "product_id": ("sku", "item name"),
        "product_name": ("item name",),
        "quantity": ("quantity (- refund)",),
        "unit_price": ("item cost",),
        "status": ("order status",),
        "country": ("country code (shipping)", "country code (billing)"),
        "coupon": ("coupon code",),
    },
    prepare=_prepare,
    filled_by=frozenset({"customer_id", "product_id", "country"}),
    repeats_are_lines=True,
)

SOURCES = (ITEMS,)
