"""eBay Seller Hub: the orders report and the transaction report.

An order of several items has a summary row (no item number, the order's quantity and total) and
then its item rows: the summary is set aside, or the order would be counted twice.
"""

import polars as pl

from core.intake.sources import grain
from core.intake.sources.source import Source


def _items(rows: pl.LazyFrame) -> pl.LazyFrame:
    there = grain.columns(rows)
    record = "sales record number"
    cells = {"order number", "buyer username", "sale date", "paid on date", "ship to country"}
    filled = grain.order_cells(rows, record, cells)
    item = grain.filled(pl.col("item number"))
    numbered = grain.filled(pl.col("order number").fill_null(""))
    several = pl.len().over(record) > 1
    summary = ~item.fill_null(value=False) & several & grain.filled(pl.col(record))
    price, quantity = grain.number("sold for", there), grain.number("quantity", there)
    return filled.with_columns(
        pl.when(summary).then(pl.lit("summary_row")).alias(grain.REASON),
        order=pl.when(numbered).then("order number").otherwise(pl.lit("record ") + pl.col(record)),
        line=pl.when(~summary).then(grain.text(price * quantity)),
        code=pl.coalesce(
            pl.when(grain.filled(pl.col("custom label"))).then("custom label"), "item number"
        ),
    )


ORDERS = Source(
    name="ebay_orders",
    required=frozenset({"sales record number", "item number", "item title", "sold for"}),
    headers=frozenset({"order number", "buyer username", "ebay plus", "total price"}),
    columns={
        "order_id": ("order",),
        "ordered_at": ("sale date",),
        "customer_id": ("buyer username",),
        "product_id": ("code",),
        "product_name": ("item title",),
        "quantity": ("quantity",),
        "unit_price": ("sold for",),
        "revenue": ("line",),
        "country": ("ship to country", "buyer country"),
    },
    aliases={
        "post to country": "ship to country", "sold for price": "sold for",
        "numéro d'enregistrement de la vente": "sales record number", "prix de vente": "sold for",
        "numéro de l'objet": "item number", "titre de l'objet": "item title",
        "quantité": "quantity", "date de la vente": "sale date",
        "numéro de commande": "order number",
        "pseudo de l'acheteur": "buyer username", "étiquette personnalisée": "custom label",
        "verkaufsprotokollnummer": "sales record number", "artikelnummer": "item number",
        "angebotstitel": "item title", "verkauft für": "sold for", "anzahl": "quantity",
        "verkauft am": "sale date", "bestellnummer": "order number",
        "nutzername des käufers": "buyer username", "bestandseinheit": "custom label",
    },
    prepare=_items,
)  # fmt: skip


def _transactions(rows: pl.LazyFrame) -> pl.LazyFrame:
    there = grain.columns(rows)
    kind = pl.col("type").str.strip_chars()
    sale = kind.is_in(("Order", "Refund")).fill_null(value=False)
    money = grain.number("item subtotal", there)
    money = pl.when(kind == "Refund").then(-money.abs()).otherwise(money)
    return rows.with_columns(
        pl.when(~sale).then(pl.lit("not_a_sale")).alias(grain.REASON),
        line=grain.text(pl.when(sale).then(money).otherwise(grain.number("net amount", there))),
    )


TRANSACTIONS = Source(
    name="ebay_transactions",
    required=frozenset({"transaction creation date", "type", "order number", "item subtotal"}),
    headers=frozenset({"legacy order id", "payout currency", "net amount", "payout date"}),
    columns={
        "order_id": ("order number",),
        "ordered_at": ("transaction creation date",),
        "customer_id": ("buyer username",),
        "product_id": ("custom label", "item id"),
        "product_name": ("item title",),
        "quantity": ("quantity",),
        "revenue": ("line",),
        "country": ("ship to country",),
        "currency": ("transaction currency",),
    },
    prepare=_transactions,
)

SOURCES = (ORDERS, TRANSACTIONS)
