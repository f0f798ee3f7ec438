"""Shopify admin > Orders > Export. One row per line item; order cells only on the first row.

Continuation rows repeat Name, Email and Created at; after a spreadsheet the Name may be blank, so
it is filled forward by position first. Total is gross: which line was refunded is not in the file,
so a part refund is spread over the order's lines by their share; full refunds are set aside.
Source: https://help.shopify.com/en/manual/fulfillment/managing-orders/exporting-orders
"""

import polars as pl

from core.intake.sources.source import Source

#: Filled on the first row of an order only.
ORDER_CELLS = (
    "email", "phone", "created at", "financial status", "cancelled at", "currency", "paid at",
    "discount code", "discount amount", "subtotal", "shipping country", "billing country",
    "source", "refunded amount", "total", "billing name", "shipping name", "billing zip",
    "shipping zip",
)  # fmt: skip


def _prepare(rows: pl.LazyFrame) -> pl.LazyFrame:
    there = set(rows.collect_schema().names())
    cells = [column for column in ORDER_CELLS if column in there]
    filled = rows.with_columns(pl.col("name").forward_fill()).with_columns(
        pl.col(cells).drop_nulls().first().over("name")
    )
    return _with_person(_with_money(filled, there), there)


def _with_money(rows: pl.LazyFrame, there: set[str]) -> pl.LazyFrame:
    """Spread the order's discount and refund over its lines by their share of the price."""
    gross = _number("lineitem quantity") * _number("lineitem price")
    share = (gross / gross.sum().over("name")).fill_nan(0.0)
    own = _number("lineitem discount") if "lineitem discount" in there else pl.lit(0.0)
    discount = own
    if "discount amount" in there:
        rest = (_number("discount amount") - own.sum().over("name")).clip(lower_bound=0)
        discount = own + share * rest
    refund = pl.lit(0.0)
    if {"refunded amount", "total", "financial status"} <= there:
        total = _number("total")
        partly = (total > 0) & (pl.col("financial status") != "refunded").fill_null(value=True)
        part = pl.when(partly).then(_number("refunded amount") / total).otherwise(0.0)
        refund = (gross - discount) * part.clip(0, 1)
    return rows.with_columns(
        line_discount=discount.round(4).cast(pl.String),
        line_revenue=(gross - discount - refund).round(4).cast(pl.String),
    )


def _with_person(rows: pl.LazyFrame, there: set[str]) -> pl.LazyFrame:
    """A customer without e-mail or phone is known by name and zip."""
    if not {"billing name", "billing zip"} <= there:
        return rows
    person = pl.concat_str("billing name", "billing zip", separator=", ")
    return rows.with_columns(person=person)


def _number(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.Float64, strict=False).fill_null(0.0)


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
    filled_by=frozenset({"customer_id", "product_id", "country"}),
    repeats_are_lines=True,
)

SOURCES = (ORDERS,)
