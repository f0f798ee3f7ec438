"""eBay Seller Hub: the orders report and the transaction report.

An order of several items has a summary row (no item number, the order's quantity and total) and
then its item rows: the summary is set aside, or the order would be counted twice. An order that
names no day of payment, where others do, was never paid.
"""

import polars as pl

from core.intake.sources import grain
from core.intake.sources.source import Source

#: Signs as eBay writes them before or behind an amount.
SIGNS = {
    "$": "USD", "US$": "USD", "AU$": "AUD", "C$": "CAD", "CA$": "CAD", "HK$": "HKD", "S$": "SGD",
    "£": "GBP", "€": "EUR", "¥": "JPY",
}  # fmt: skip
#: What tells an item in the transaction report, best first.
CODES = ("custom label", "item id")


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
    paid = grain.filled(pl.col("paid on date")) if "paid on date" in there else pl.lit(value=True)
    return filled.with_columns(
        pl.when(summary).then(pl.lit("summary_row")).alias(grain.REASON),
        order=pl.when(numbered).then("order number").otherwise(pl.lit("record ") + pl.col(record)),
        line=pl.when(~summary).then(grain.text(price * quantity)),
        money=_currency(pl.col("sold for")),
        state=pl.when(paid.any() & ~paid.fill_null(value=False)).then(pl.lit("unpaid")),
        code=pl.coalesce(
            pl.when(grain.filled(pl.col("custom label"))).then("custom label"), "item number"
        ),
    )


def _currency(amount: pl.Expr) -> pl.Expr:
    """The currency that an amount names; a seller abroad has several in one report."""
    sign = amount.str.replace_all(r"[\d\s.,()\-]", "")
    known = sign.replace_strict(SIGNS, default=None, return_dtype=pl.String)
    return pl.when(sign.str.contains(r"^[A-Z]{3}$")).then(sign).otherwise(known)


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
        "currency": ("money",),
        "status": ("state",),
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
    refund, goods = (kind == "Refund"), grain.number("item subtotal", there)
    units = grain.number("quantity", there)
    money = pl.when(refund).then(-_given_back(kind, goods, there)).otherwise(goods)
    return rows.with_columns(
        pl.when(~sale).then(pl.lit("not_a_sale")).alias(grain.REASON),
        line=grain.text(pl.when(sale).then(money).otherwise(grain.number("net amount", there))),
        units=grain.text(pl.when(refund & (units == 0)).then(1.0).otherwise(units)),
        code=_code(there),
    )


def _given_back(kind: pl.Expr, goods: pl.Expr, there: set[str]) -> pl.Expr:
    """What a refund gave back for goods: never more than they cost, if postage came back as well.

    Refunds name their whole amount only, neither the goods nor how many.
    """
    whole = grain.number("gross transaction amount", there).abs()
    sold = pl.when(kind == "Order").then(goods).sum().over("order number")
    least = pl.when(sold > 0).then(pl.min_horizontal(whole, sold)).otherwise(whole)
    return pl.when(goods != 0).then(goods.abs()).otherwise(least)


def _code(there: set[str]) -> pl.Expr:
    """The item's code; of a refund, which names the title only, that of the item it paid for."""
    named = [pl.when(pl.col(c).str.contains(r"\w")).then(c) for c in CODES if c in there]
    own = pl.coalesce(*named, pl.lit(None, pl.String))
    if "item title" not in there:
        return own
    return pl.coalesce(own, own.drop_nulls().first().over("order number", "item title"))


TRANSACTIONS = Source(
    name="ebay_transactions",
    required=frozenset({"transaction creation date", "type", "order number", "item subtotal"}),
    headers=frozenset({"legacy order id", "payout currency", "net amount", "payout date"}),
    columns={
        "order_id": ("order number",),
        "ordered_at": ("transaction creation date",),
        "customer_id": ("buyer username",),
        "product_id": ("code",),
        "product_name": ("item title",),
        "quantity": ("units",),
        "revenue": ("line",),
        "country": ("ship to country",),
        "currency": ("transaction currency",),
    },
    prepare=_transactions,
)

SOURCES = (ORDERS, TRANSACTIONS)
