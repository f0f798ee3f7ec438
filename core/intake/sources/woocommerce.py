"""WooCommerce: two order plugins, the Analytics export, and the core product export.

Advanced Order Export: one row per product; order cells repeated or left blank as the shop set it;
the quantity is already net of refunds, and the item's cost of its discount. WebToffee: one row per
order, items in line_item_1..N; a refund is spread over them by their share.
Analytics > Orders: one row per order, products as text "2× Name, 1× Other"; its net sales are
spread over the items by units.
"""

import polars as pl

from core.intake import money
from core.intake.sources import grain
from core.intake.sources.source import ROW, Source

ITEM_CELLS = {"sku", "item", "item name", "quantity (- refund)", "item cost"}
#: Between two items of the Analytics export: names may hold commas, so the next count decides.
COUNTED = r",\s+(\d+\s*[×x]\s)"


def _advanced(rows: pl.LazyFrame) -> pl.LazyFrame:
    there = grain.columns(rows)
    filled = grain.order_cells(rows, "order number", there - {ROW} - ITEM_CELLS)
    gross = grain.number("quantity (- refund)", there) * grain.number("item cost", there)
    discount = grain.spread(grain.number("cart discount amount", there), gross, "order number")
    return filled.with_columns(
        off=grain.text(discount),
        line=grain.text(gross),
        customer=pl.concat_str(
            [c for c in ("first name (billing)", "last name (billing)") if c in there]
            or [pl.lit(None, pl.String)],
            separator=" ",
        ),
    )


ADVANCED = Source(
    name="woo_advanced_order_export",
    required=frozenset({"order number", "order date", "item name", "quantity (- refund)"}),
    headers=frozenset(
        {"customer note", "order subtotal amount", "order total amount", "order refund amount"}
    )
    | {"payment method title", "cart discount amount", "discount amount", "item cost", "item"},
    columns={
        "order_id": ("order number",),
        "ordered_at": ("order date",),
        "customer_id": ("email (billing)", "phone (billing)", "customer"),
        "product_id": ("sku", "item name"),
        "product_name": ("item name",),
        "quantity": ("quantity (- refund)",),
        "unit_price": ("item cost",),
        "discount": ("off",),
        "revenue": ("line",),
        "status": ("order status",),
        "country": ("country code (shipping)", "country code (billing)"),
        "coupon": ("coupon code",),
    },
    prepare=_advanced,
    repeats_are_lines=True,
)


def _sent_back(there: set[str]) -> pl.Expr:
    """The share of an order's total that was refunded, 0..1: "amount:..|reason:..;amount:..."."""
    if "refund_items" not in there:
        return pl.lit(0.0)
    amounts = pl.col("refund_items").str.extract_all(r"amount:\s*[\d.]+")
    number = pl.element().str.extract(r"([\d.]+)$").cast(pl.Float64, strict=False)
    back = amounts.list.eval(number).list.sum()
    total = grain.number("order_total", there)
    return pl.when(total > 0).then((back / total).clip(0, 1)).fill_null(0.0)


def _webtoffee(rows: pl.LazyFrame) -> pl.LazyFrame:
    back = _sent_back(grain.columns(rows))
    items = grain.wide(rows.with_columns(back=back), "line_item_")
    total = money.parse(grain.part("item", "total"), None)
    whole = pl.col("back") >= 1
    return items.with_columns(
        pl.when(whole).then(pl.lit("refunded")).alias(grain.REASON),
        code=pl.coalesce(
            pl.when(grain.filled(grain.part("item", "sku"))).then(grain.part("item", "sku")),
            grain.part("item", "product_id"),
        ),
        title=grain.part("item", "name"),
        units=grain.part("item", "quantity"),
        line=grain.text(total * pl.when(whole).then(1.0).otherwise(1 - pl.col("back"))),
    )


WEBTOFFEE = Source(
    name="woo_webtoffee",
    required=frozenset({"order_id", "order_date", "status", "order_total", "line_item_1"}),
    headers=frozenset(
        {"order_number", "paid_date", "cart_discount", "wt_import_key", "refund_items"}
    ),
    columns={
        "order_id": ("order_number", "order_id"),
        "ordered_at": ("order_date",),
        "customer_id": ("billing_email", "customer_email", "billing_phone"),
        "product_id": ("code", "title"),
        "product_name": ("title",),
        "quantity": ("units",),
        "revenue": ("line",),
        "status": ("status",),
        "country": ("shipping_country", "billing_country"),
        "currency": ("order_currency",),
        "coupon": ("coupon_items",),
    },
    prepare=_webtoffee,
    date_order="mdy",
    repeats_are_lines=True,
)


def _analytics(rows: pl.LazyFrame) -> pl.LazyFrame:
    there = grain.columns(rows)
    items = grain.packed(rows, "product(s)", COUNTED)
    units = pl.col("item").str.extract(r"^(\d+)\s*[×x]\s", 1)
    count = units.cast(pl.Float64, strict=False).fill_null(1.0)
    return items.with_columns(
        title=pl.col("item").str.replace(r"^\d+\s*[×x]\s", "").str.strip_chars(" ,"),
        units=units,
        line=grain.text(grain.spread(grain.number("net sales", there), count, ROW)),
    )


ANALYTICS = Source(
    name="woo_analytics_orders_server",
    required=frozenset({"date", "order", "status", "product(s)", "net sales"}),
    headers=frozenset(
        {"customer", "customer type", "items sold", "coupon(s)", "attribution"}
        | {"n. revenue (formatted)"}
    ),
    columns={
        "order_id": ("order",),
        "ordered_at": ("date",),
        "customer_id": ("customer",),
        "product_name": ("title",),
        "quantity": ("units",),
        "revenue": ("line",),
        "status": ("status",),
        "coupon": ("coupon(s)",),
        "channel": ("attribution",),
    },
    aliases={
        "n. revenue": "net sales",
        "订单号": "order", "日期": "date", "状态": "status", "产品": "product(s)",
        "净销售额": "net sales", "客户": "customer", "datum": "date", "bestellung": "order",
        "produkt(e)": "product(s)", "nettoumsatz": "net sales", "kunde": "customer",
    },
    prepare=_analytics,
    repeats_are_lines=True,
    spreads=True,
)  # fmt: skip

PRODUCTS = Source(
    name="woo_products",
    required=frozenset({"id", "type", "sku", "name", "regular price"}),
    headers=frozenset({"published", "is featured?", "in stock?", "tax status", "categories"}),
    columns={
        "product_id": ("sku", "name"),
        "product_name": ("name",),
        "category": ("categories",),
        "brand": ("brands",),
        "tags": ("tags",),
        "unit_price": ("sale price", "regular price"),
        "unit_cost": ("cost of goods",),
    },
    also={"stock": {"product_id": ("sku", "name"), "on_hand": ("stock",)}},
    filled_by=frozenset({"product_id", "unit_price"}),
    table="products",
)

SOURCES = (ADVANCED, WEBTOFFEE, ANALYTICS, PRODUCTS)
