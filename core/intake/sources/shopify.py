"""Shopify: orders, customers, products, inventory and payouts as the admin exports them.

Orders have one row per line item; order cells stand on the first row only. Continuation rows repeat
Name, Email and Created at; after a spreadsheet the Name may be blank, so it is filled forward by
position first. Total is gross: which line was refunded is not in the file, so a part refund is
spread over the order's lines by their share; full refunds are set aside.
Source: https://help.shopify.com/en/manual/fulfillment/managing-orders/exporting-orders
"""

import polars as pl

from core.intake.sources import grain
from core.intake.sources.source import Source

#: Filled on the first row of an order only.
ORDER_CELLS = (
    "email", "phone", "financial status", "cancelled at", "currency", "paid at", "discount code",
    "discount amount", "subtotal", "shipping country", "billing country", "source", "total",
    "refunded amount", "billing name", "shipping name", "billing zip", "shipping zip", "created at",
)  # fmt: skip


def _prepare(rows: pl.LazyFrame) -> pl.LazyFrame:
    there = grain.columns(rows)
    return _with_person(_with_money(grain.order_cells(rows, "name", ORDER_CELLS), there), there)


def _with_money(rows: pl.LazyFrame, there: set[str]) -> pl.LazyFrame:
    """Spread the order's discount and part refund over its lines by their share of the price."""
    price, quantity = (
        grain.number("lineitem price", there),
        grain.number("lineitem quantity", there),
    )
    gross, own = quantity * price, grain.number("lineitem discount", there)
    discount = own + grain.spread(_rest(gross, own, there), gross, "name")
    return rows.with_columns(
        line_discount=grain.text(discount),
        line_revenue=grain.text((gross - discount) * (1 - _refunded(there))),
    )


def _rest(gross: pl.Expr, own: pl.Expr, there: set[str]) -> pl.Expr:
    """What of an order's discount its lines do not name; never more than its subtotal lacks.

    A code for free shipping stands in the discount too, and takes nothing off the products.
    """
    rest = grain.number("discount amount", there) - own.sum().over("name")
    if "subtotal" in there:
        lacking = (gross - own).sum().over("name") - grain.number("subtotal", there)
        rest = pl.min_horizontal(rest, lacking)
    return rest.clip(lower_bound=0)


def _refunded(there: set[str]) -> pl.Expr:
    """The share of a partly refunded order that went back, 0..1."""
    if not {"refunded amount", "total", "financial status"} <= there:
        return pl.lit(0.0)
    total = grain.number("total", there)
    partly = (total > 0) & (pl.col("financial status") != "refunded").fill_null(value=True)
    share = (grain.number("refunded amount", there) / total).clip(0, 1)
    return pl.when(partly).then(share).otherwise(0.0)


def _with_person(rows: pl.LazyFrame, there: set[str]) -> pl.LazyFrame:
    """A customer without e-mail or phone is known by name and zip."""
    if not {"billing name", "billing zip"} <= there:
        return rows
    zip_code = pl.col("billing zip").str.strip_chars("' ")
    return rows.with_columns(person=pl.concat_str("billing name", zip_code, separator=", "))


ORDERS = Source(
    name="shopify_orders",
    required=frozenset({"name", "created at", "lineitem name", "lineitem price"}),
    headers=frozenset(ORDER_CELLS)
    | {"fulfillment status", "lineitem sku", "lineitem compare at price", "vendor", "id", "tags"},
    columns={
        "order_id": ("name",),
        "ordered_at": ("created at",),
        "customer_id": ("email", "phone", "person"),
        "product_id": ("lineitem sku", "lineitem name"),
        "product_name": ("lineitem name",),
        "quantity": ("lineitem quantity",),
        "unit_price": ("lineitem price",),
        "discount": ("line_discount",),
        "revenue": ("line_revenue",),
        "status": ("financial status",),
        "cancelled_at": ("cancelled at",),
        "channel": ("source",),
        "country": ("shipping country", "billing country"),
        "currency": ("currency",),
        "coupon": ("discount code",),
    },
    prepare=_prepare,
    repeats_are_lines=True,
)

CUSTOMERS = Source(
    name="shopify_customers",
    required=frozenset({"customer id", "email", "accepts email marketing", "total orders"}),
    headers=frozenset({"first name", "last name", "total spent", "tax exempt", "note"}),
    columns={
        "customer_id": ("email", "phone", "customer id"),
        "country": ("default address country code",),
        "tags": ("tags",),
    },
    filled_by=frozenset({"customer_id"}),
    table="customers",
)

INVENTORY = Source(
    name="shopify_inventory",
    required=frozenset({"handle", "title", "sku", "location", "committed (not editable)"}),
    headers=frozenset({"hs code", "coo", "bin name", "unavailable (not editable)"}),
    columns={
        "product_id": ("sku", "title"),
        "on_hand": ("on hand (current)", "available (not editable)"),
        "on_order": ("incoming (not editable)",),
    },
    table="stock",
)


def _variants(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Later variants of a product leave its title and type blank."""
    cells = {"title", "vendor", "type", "product category", "tags", "status"}
    filled = grain.order_cells(rows, "handle", cells)
    return filled.filter(grain.filled(pl.col("variant price").fill_null("")))


PRODUCTS = Source(
    name="shopify_products",
    required=frozenset({"handle", "title", "variant sku", "variant price"}),
    headers=frozenset({"body (html)", "published", "option1 name", "image src", "seo title"}),
    columns={
        "product_id": ("variant sku", "title"),
        "product_name": ("title",),
        "category": ("type", "product category"),
        "brand": ("vendor",),
        "tags": ("tags",),
        "unit_price": ("variant price",),
        "unit_cost": ("cost per item",),
    },
    also={
        "stock": {
            "product_id": ("variant sku", "title"),
            "on_hand": ("variant inventory qty",),
            "unit_cost": ("cost per item",),
        }
    },
    aliases={
        "url handle": "handle", "sku": "variant sku", "price": "variant price",
        "inventory quantity": "variant inventory qty", "product image url": "image src",
    },
    filled_by=frozenset({"product_id", "category"}),
    prepare=_variants,
    table="products",
)  # fmt: skip

PAYOUTS = Source(
    name="shopify_payouts",
    required=frozenset({"transaction date", "payout id", "amount", "fee", "net"}),
    headers=frozenset({"type", "order", "card brand", "payout status", "checkout"}),
    columns={},
    table="payments",
)

SOURCES = (ORDERS, CUSTOMERS, INVENTORY, PRODUCTS, PAYOUTS)
