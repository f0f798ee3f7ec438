"""JD 京东, Pinduoduo 拼多多, Douyin 抖店 and Youzan 有赞 order exports (Taobao has its own file).

订单金额 of JD repeats on every line of an order and is never added up. A Pinduoduo order holds one
product; its time, where blank, is in the order number. Douyin may pack several sub-orders in a row;
Youzan packs all products in one cell, over which the order's money is spread by units.
"""

import polars as pl

from core.intake.sources import grain
from core.intake.sources.source import ROW, Source

JD = Source(
    name="jd_orders",
    required=frozenset({"订单号", "商品id", "商品名称", "订购数量", "京东价"}),
    headers=frozenset({"支付方式", "订单金额", "结算金额", "订单类型", "下单帐号", "订单渠道"}),
    columns={
        "order_id": ("订单号",),
        "ordered_at": ("下单时间",),
        "customer_id": ("下单帐号",),
        "product_id": ("货号", "商品id"),
        "product_name": ("商品名称",),
        "quantity": ("订购数量",),
        "unit_price": ("京东价",),
        "status": ("订单状态",),
        "channel": ("订单渠道", "订单来源"),
    },
    aliases={"下单账号": "下单帐号"},
    filled_by=frozenset({"customer_id", "product_id", "channel"}),
    currency="CNY",
    repeats_are_lines=True,
)


def _refunded(after_sale: str, there: set[str]) -> pl.Expr:
    """The reason of what was refunded after the sale; null for the rest."""
    if after_sale not in there:
        return pl.lit(None, pl.String)
    done = pl.col(after_sale).str.contains("退款成功|已退款|全额退款")
    return pl.when(done).then(pl.lit("refunded"))


def _pdd(rows: pl.LazyFrame) -> pl.LazyFrame:
    there = grain.columns(rows)
    date = pl.lit("20") + pl.col("订单号").str.extract(r"^\D*(\d{6})-", 1)
    known = pl.col("订单成交时间")
    net = grain.number("商家实收金额(元)", there)
    paid = grain.number("用户实付金额(元)", there)
    whole = grain.number("商品总价(元)", there)
    cancelled = pl.col("订单状态").str.contains("已取消")
    return rows.with_columns(
        pl.when(~cancelled).then(_refunded("售后状态", there)).alias(grain.REASON),
        at=pl.coalesce(
            pl.when(grain.filled(known)).then(known),
            date.str.to_date("%Y%m%d", strict=False).dt.strftime("%Y-%m-%d 00:00:00"),
        ),
        line=grain.text(pl.when(net != 0).then(net).when(paid != 0).then(paid).otherwise(whole)),
        each=grain.text(whole / grain.number("商品数量(件)", there)),
    )


PDD = Source(
    name="pdd_orders",
    required=frozenset({"商品", "订单号", "订单状态", "商品总价(元)", "商品数量(件)"}),
    headers=frozenset({"邮费(元)", "店铺优惠折扣(元)", "售后状态", "样式id", "快递单号"}),
    columns={
        "order_id": ("订单号",),
        "ordered_at": ("at",),
        "product_id": ("商家编码-规格维度", "商家编码-商品维度", "商品id", "商品"),
        "product_name": ("商品",),
        "quantity": ("商品数量(件)",),
        "unit_price": ("each",),
        "discount": ("店铺优惠折扣(元)",),
        "revenue": ("line",),
        "status": ("订单状态",),
    },
    prepare=_pdd,
    currency="CNY",
)

DOUYIN_ITEMS = ("子订单编号", "选购商品", "商品规格", "商品数量", "商家编码", "订单应付金额")


def _douyin(rows: pl.LazyFrame) -> pl.LazyFrame:
    there = grain.columns(rows)
    items = grain.together(rows, [c for c in DOUYIN_ITEMS if c in there], ";")
    closed = pl.col("订单状态").str.contains("已关闭|已取消")
    return items.with_columns(
        pl.when(~closed).then(_refunded("售后状态", there)).alias(grain.REASON),
        customer=pl.col("收件人手机号") if "收件人手机号" in there else pl.lit(None, pl.String),
    )


DOUYIN = Source(
    name="douyin_orders",
    required=frozenset({"主订单编号", "子订单编号", "选购商品", "商品数量", "订单应付金额"}),
    headers=frozenset({"商品规格", "收件人", "订单提交时间", "售后状态", "达人实际承担优惠金额"}),
    columns={
        "order_id": ("主订单编号",),
        "line_id": ("子订单编号",),
        "ordered_at": ("订单提交时间",),
        "customer_id": ("customer",),
        "product_id": ("商家编码", "选购商品"),
        "product_name": ("选购商品",),
        "quantity": ("商品数量",),
        "revenue": ("订单应付金额",),
        "discount": ("商家实际承担优惠金额",),
        "status": ("订单状态",),
    },
    prepare=_douyin,
    currency="CNY",
)


def _youzan(rows: pl.LazyFrame) -> pl.LazyFrame:
    there = grain.columns(rows)
    items = grain.packed(rows, "全部商品名称", r"[;；]()")
    units = pl.col("item").str.extract(r"[(（](\d+)\s*件[)）]\s*$", 1)
    count = units.cast(pl.Float64, strict=False).fill_null(1.0)
    return items.with_columns(
        title=pl.col("item").str.replace(r"[(（]\d+\s*件[)）]\s*$", "").str.strip_chars(),
        units=units,
        line=grain.text(grain.spread(grain.number("订单实付金额", there), count, ROW)),
    )


YOUZAN = Source(
    name="youzan_orders",
    required=frozenset({"订单号", "订单状态", "订单实付金额", "全部商品名称"}),
    headers=frozenset({"商品种类数", "买家昵称", "分销员", "优惠券码名称"}),
    columns={
        "order_id": ("订单号",),
        "ordered_at": ("买家付款时间", "下单时间"),
        "customer_id": ("买家手机号", "收货人手机号/提货人手机号"),
        "product_name": ("title",),
        "quantity": ("units",),
        "revenue": ("line",),
        "status": ("订单状态",),
        "coupon": ("优惠券码名称",),
        "country": ("收货人省份",),
    },
    prepare=_youzan,
    currency="CNY",
    repeats_are_lines=True,
    spreads=True,
)

SOURCES = (JD, PDD, DOUYIN, YOUZAN)
