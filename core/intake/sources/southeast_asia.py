"""Shopee, Lazada and TikTok Shop order exports.

Shopee and TikTok: one row per item; order totals, fees and vouchers repeat on each and are never
added up; what came back is taken off the quantity. TikTok has a description row under its header.
Lazada: one row per unit, without a quantity column.
"""

import polars as pl

from core.intake.sources import grain
from core.intake.sources.source import Source


def _netted(rows: pl.LazyFrame, quantity: str, returned: str, money: str) -> pl.LazyFrame:
    """Units and money without what came back; wholly returned lines are set aside as refunded."""
    there = grain.columns(rows)
    units, back = grain.number(quantity, there), grain.number(returned, there)
    whole = (back > 0) & (back >= units)
    left = pl.when(whole | (units == 0)).then(1.0).otherwise((units - back) / units)
    return rows.with_columns(
        pl.when(whole).then(pl.lit("refunded")).alias(grain.REASON),
        units=pl.when(back > 0).then(grain.text(units * left)).otherwise(pl.col(quantity)),
        line=grain.text(grain.number(money, there) * left),
    )


def _shopee(rows: pl.LazyFrame) -> pl.LazyFrame:
    return _netted(rows, "quantity", "returned quantity", "product subtotal")


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
        "người mua": "username (buyer)", "sku phân loại hàng": "sku reference no.",
    },
    prepare=_shopee,
    repeats_are_lines=True,
)  # fmt: skip


def _lazada(rows: pl.LazyFrame) -> pl.LazyFrame:
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


def _tiktok(rows: pl.LazyFrame) -> pl.LazyFrame:
    netted = _netted(rows, "quantity", "sku quantity of return", "sku subtotal after discount")
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
