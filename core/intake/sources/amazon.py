"""Amazon Seller Central reports. `item-price` is the price of the whole line, not of one unit.

All Orders names no buyer at all: it carries products, baskets and demand, but no customers.
The payments report has about seven lines above its header; only Order and Refund rows are sales.
"""

import polars as pl

from core.intake.sources import grain
from core.intake.sources.source import Source


def _line_money(rows: pl.LazyFrame) -> pl.LazyFrame:
    there = grain.columns(rows)
    quantity = "quantity" if "quantity" in there else "quantity-purchased"
    price, off = grain.number("item-price", there), grain.number("item-promotion-discount", there)
    priced = grain.filled(pl.col("item-price")) if "item-price" in there else pl.lit(value=False)
    units = grain.number(quantity, there)
    if {"item-status", "order-status"} <= there:  # an order that is not paid has items to ship
        cancelled = pl.col("item-status").str.to_lowercase().str.starts_with("cancel")
        item = cancelled | ~grain.filled(pl.col("order-status"))
        rows = rows.with_columns(pl.when(item).then("item-status").alias("item-status"))
    return rows.with_columns(
        each=pl.when(priced & (units != 0)).then(grain.text(price / units)),
        line=pl.when(priced).then(grain.text(price - off.abs())),
    )


def _settled(rows: pl.LazyFrame) -> pl.LazyFrame:
    there = grain.columns(rows)
    money = grain.number("product sales", there) + grain.number("promotional rebates", there)
    sale = pl.col("type").str.strip_chars().is_in(("Order", "Refund"))
    return rows.with_columns(
        pl.when(~sale.fill_null(value=False)).then(pl.lit("not_a_sale")).alias(grain.REASON),
        line=grain.text(pl.when(sale).then(money).otherwise(grain.number("total", there))),
    )


ORDER = {
    "ordered_at": ("purchase-date",),
    "product_id": ("sku", "asin"),
    "product_name": ("product-name",),
    "unit_price": ("each",),
    "revenue": ("line",),
    "discount": ("item-promotion-discount",),
    "currency": ("currency",),
    "country": ("ship-country",),
    "channel": ("sales-channel",),
}

ALL_ORDERS = Source(
    name="amazon_all_orders",
    required=frozenset({"amazon-order-id", "purchase-date", "order-status", "item-price"}),
    headers=frozenset({"merchant-order-id", "last-updated-date", "item-status", "asin"}),
    columns={
        **ORDER,
        "order_id": ("amazon-order-id",),
        "quantity": ("quantity",),
        "status": ("item-status", "order-status"),
        "coupon": ("promotion-ids",),
    },
    filled_by=frozenset({"product_id", "status"}),
    aliases={
        "amazon注文番号": "amazon-order-id", "注文番号": "amazon-order-id",
        "購入日": "purchase-date",
        "注文日": "purchase-date", "注文ステータス": "order-status", "商品名": "product-name",
        "数量": "quantity", "通貨": "currency", "商品価格": "item-price", "出品者sku": "sku",
    },
    prepare=_line_money,
    repeats_are_lines=True,
)  # fmt: skip

NEW_ORDERS = Source(
    name="amazon_order_reports_fbm",
    required=frozenset({"order-id", "order-item-id", "purchase-date", "item-price"}),
    headers=frozenset({"payments-date", "buyer-name", "quantity-purchased", "ship-service-level"}),
    columns={
        **ORDER,
        "order_id": ("order-id",),
        "line_id": ("order-item-id",),
        "customer_id": ("buyer-email", "buyer-name"),
        "quantity": ("quantity-purchased",),
    },
    prepare=_line_money,
)

UNSHIPPED = Source(
    name="amazon_unshipped",
    required=frozenset({"order-id", "order-item-id", "purchase-date", "quantity-to-ship"}),
    headers=frozenset({"reporting-date", "promise-date", "days-past-promise", "quantity-shipped"}),
    columns={
        "order_id": ("order-id",),
        "line_id": ("order-item-id",),
        "ordered_at": ("purchase-date",),
        "customer_id": ("buyer-email", "buyer-name"),
        "product_id": ("sku",),
        "product_name": ("product-name",),
        "quantity": ("quantity-purchased",),
        "country": ("ship-country",),
    },
)

PAYMENTS = Source(
    name="amazon_date_range",
    required=frozenset({"date/time", "type", "order id", "sku", "product sales"}),
    headers=frozenset({"settlement id", "selling fees", "fba fees", "account type", "total"}),
    columns={
        "order_id": ("order id",),
        "ordered_at": ("date/time",),
        "product_id": ("sku",),
        "product_name": ("description",),
        "quantity": ("quantity",),
        "revenue": ("line",),
        "channel": ("marketplace",),
    },
    prepare=_settled,
)

BUSINESS = Source(
    name="amazon_business_report",
    required=frozenset({"(child) asin", "sessions - total", "units ordered"}),
    headers=frozenset({"(parent) asin", "title", "page views - total", "ordered product sales"}),
    columns={
        "product_id": ("(child) asin",),
        "sessions": ("sessions - total",),
        "page_views": ("page views - total",),
        "units": ("units ordered",),
    },
    table="traffic",
    channel="Amazon",
)

SOURCES = (ALL_ORDERS, NEW_ORDERS, UNSHIPPED, PAYMENTS, BUSINESS)
