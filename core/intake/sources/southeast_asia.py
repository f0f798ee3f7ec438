"""Shopee, Lazada and TikTok Shop order exports.

Shopee and TikTok: one row per item; order totals, fees and vouchers repeat on each and are never
added up; what came back is taken off the quantity, money that came back without goods off the lines
by their share. TikTok has a description row under its header. Lazada: one row per unit, without a
quantity column. Rupiah and dong have no cents, and no market has three decimals: a point before
three digits groups thousands.
"""

from collections.abc import Collection

import polars as pl

from core.intake.sources import grain
from core.intake.sources.source import Source


def _netted(
    rows: pl.LazyFrame, returned: str, gross: pl.Expr, share: pl.Expr | None = None
) -> pl.LazyFrame:
    """Units and money without what came back; wholly returned lines are set aside as refunded.

    gross: the line's money. share: how much of it came back without its goods, 0..1.
    """
    there, share = grain.columns(rows), pl.lit(0.0) if share is None else share
    units, back = grain.number("quantity", there), grain.number(returned, there)
    whole = ((back > 0) & (back >= units)) | (share >= 1)
    left = pl.when(whole | (units == 0)).then(1.0).otherwise((units - back) / units)
    return rows.with_columns(
        pl.when(whole).then(pl.lit("refunded")).alias(grain.REASON),
        units=pl.when(back > 0).then(grain.text(units * left)).otherwise(pl.col("quantity")),
        line=grain.text(gross * left * pl.when(whole).then(1.0).otherwise(1 - share)),
    )


def _ungrouped(rows: pl.LazyFrame, money: Collection[str]) -> pl.LazyFrame:
    """Money without the points that group its thousands."""
    there = pl.col(sorted(set(money) & grain.columns(rows)))
    return rows.with_columns(there.cast(pl.String).str.replace_all(r"\.(\d{3})\b", "${1}"))


def _told(column: str, there: Collection[str], else_: pl.Expr) -> pl.Expr:
    """The line's money as the file says it, or as it follows from the other cells."""
    if column not in there:
        return else_
    blank = ~grain.filled(pl.col(column))
    return pl.when(blank).then(else_).otherwise(grain.number(column, there))


def _shopee(rows: pl.LazyFrame) -> pl.LazyFrame:
    rows = _ungrouped(rows, ("deal price", "product subtotal", "seller discount"))
    there = grain.columns(rows)
    due = grain.number("quantity", there) * grain.number("deal price", there)
    return _netted(rows, "returned quantity", _told("product subtotal", there, due))


SHOPEE = Source(
    name="shopee_orders",
    required=frozenset({"order id", "order status", "order creation date", "deal price"}),
    headers=frozenset({"hot listing", "tracking number", "parent sku reference no.", "grand total"})
    | {"original price", "quantity", "returned quantity", "product subtotal", "username (buyer)"},
    columns={
        "order_id": ("order id",),
        "ordered_at": ("order creation date",),
        "customer_id": ("username (buyer)",),
        "product_id": ("sku reference no.", "parent sku reference no.", "product name"),
        "product_name": ("product name",),
        "quantity": ("units",),
        "unit_price": ("deal price",),
        "discount": ("seller discount",),
        "revenue": ("line",),
        "status": ("order status",),
        "coupon": ("voucher code",),
        "country": ("country",),
    },
    aliases={
        "訂單編號": "order id", "訂單狀態": "order status", "訂單成立日期": "order creation date",
        "商品活動價格": "deal price", "商品名稱": "product name", "數量": "quantity",
        "退貨數量": "returned quantity", "商品總價": "product subtotal", "商品選項貨號":
        "sku reference no.", "買家帳號": "username (buyer)", "no. pesanan": "order id",
        "status pesanan": "order status", "waktu pesanan dibuat": "order creation date",
        "harga setelah diskon": "deal price", "nama produk": "product name", "jumlah": "quantity",
        "total harga produk": "product subtotal", "username (pembeli)": "username (buyer)",
        "nomor referensi sku": "sku reference no.", "mã đơn hàng": "order id",
        "trạng thái đơn hàng": "order status", "ngày đặt hàng": "order creation date",
        "giá ưu đãi": "deal price", "tên sản phẩm": "product name", "số lượng": "quantity",
        "tổng giá bán (sản phẩm)": "product subtotal", "subtotal pesanan": "product subtotal",
        "người mua": "username (buyer)", "sku phân loại hàng": "sku reference no.",
    },
    prepare=_shopee,
    repeats_are_lines=True,
)  # fmt: skip


def _lazada(rows: pl.LazyFrame) -> pl.LazyFrame:
    rows = _ungrouped(rows, ("paidprice", "unitprice", "refundamount", "sellerdiscounttotal"))
    there = grain.columns(rows)
    paid, back = grain.number("paidprice", there), grain.number("refundamount", there)
    whole = (back > 0) & (back >= paid)
    return rows.with_columns(
        pl.when(whole).then(pl.lit("refunded")).alias(grain.REASON),
        line=grain.text(pl.when(whole).then(paid).otherwise(paid - back)),
    )


LAZADA = Source(
    name="lazada_orders",
    required=frozenset({"orderitemid", "ordernumber", "createtime", "paidprice", "unitprice"}),
    headers=frozenset({"lazadaid", "sellersku", "lazadasku", "rtssla", "cdshippingprovider"}),
    columns={
        "order_id": ("ordernumber",),
        "line_id": ("orderitemid",),
        "ordered_at": ("createtime",),
        "customer_id": ("customeremail", "customername"),
        "product_id": ("sellersku", "lazadasku", "itemname"),
        "product_name": ("itemname",),
        "unit_price": ("unitprice",),
        "discount": ("sellerdiscounttotal",),
        "revenue": ("line",),
        "status": ("status",),
        "country": ("shippingcountry", "billingcountry"),
    },
    prepare=_lazada,
)


TIKTOK_MONEY = (
    "sku unit original price", "sku seller discount", "sku subtotal after discount",
    "order amount", "order refund amount",
)  # fmt: skip


def _money_back(there: Collection[str]) -> pl.Expr:
    """The share of an order's money that came back without its goods, 0..1."""
    total = grain.number("order amount", there)
    goods = grain.number("sku quantity of return", there).sum().over("order id") > 0
    share = (grain.number("order refund amount", there) / total).clip(0, 1)
    return pl.when((total > 0) & ~goods).then(share).otherwise(0.0)


def _tiktok(rows: pl.LazyFrame) -> pl.LazyFrame:
    rows = _ungrouped(rows, TIKTOK_MONEY)
    there = grain.columns(rows)
    price, off = (
        grain.number("sku unit original price", there),
        grain.number("sku seller discount", there).abs(),
    )
    due = (grain.number("quantity", there) * price - off).clip(lower_bound=0)
    gross = _told("sku subtotal after discount", there, due)
    netted = _netted(rows, "sku quantity of return", gross, _money_back(there))
    described = pl.col("order id").str.contains(r"^\D+$") & pl.col("quantity").str.contains(
        r"^\D+$"
    )
    return netted.with_columns(
        pl.when(described)
        .then(pl.lit("not_a_line"))
        .otherwise(pl.col(grain.REASON))
        .alias(grain.REASON)
    )


TIKTOK = Source(
    name="tiktok_shop_orders",
    required=frozenset({"order id", "order status", "sku id", "created time", "order amount"}),
    headers=frozenset({"order substatus", "seller sku", "sku seller discount", "rts time"})
    | {"quantity", "sku quantity of return", "sku subtotal after discount", "package id"},
    columns={
        "order_id": ("order id",),
        "ordered_at": ("created time",),
        "customer_id": ("buyer username",),
        "product_id": ("seller sku", "sku id"),
        "product_name": ("product name",),
        "category": ("product category",),
        "quantity": ("units",),
        "unit_price": ("sku unit original price",),
        "discount": ("sku seller discount",),
        "revenue": ("line",),
        "status": ("order status",),
        "cancelled_at": ("cancelled time",),
        "country": ("country",),
    },
    prepare=_tiktok,
    repeats_are_lines=True,
)

SOURCES = (SHOPEE, LAZADA, TIKTOK)
