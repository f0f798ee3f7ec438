"""Taobao / Tmall: 订单报表 (one row per order) and 宝贝报表 (one row per item), joined on 订单编号.

Only the order file knows the buyer and the time; only the item file knows the baskets.
"""

import polars as pl

from core.intake.sources import grain
from core.intake.sources.source import Source


def _net(rows: pl.LazyFrame) -> pl.LazyFrame:
    """What the buyer paid, or should have, without what was refunded."""
    there = grain.columns(rows)
    paid, due = grain.number("买家实际支付金额", there), grain.number("总金额", there)
    refund = grain.number("退款金额", there)
    whole = (refund > 0) & (refund >= paid)
    goods = grain.number("买家应付货款", there)
    left = pl.when((paid > 0) & ~whole).then(paid - refund).otherwise(due)
    return rows.with_columns(
        pl.when(whole).then(pl.lit("refunded")).alias(grain.REASON),
        net=grain.text(left),
        back=grain.text(refund * grain.share(goods, due)),
    )


ORDERS = Source(
    name="taobao_orders",
    required=frozenset({"订单编号", "买家会员名", "订单状态", "订单创建时间"}),
    headers=frozenset(
        {"买家支付宝账号", "买家应付货款", "总金额", "宝贝标题", "宝贝总数量", "店铺名称"}
    ),
    columns={
        "order_id": ("订单编号",),
        "ordered_at": ("订单创建时间",),
        "customer_id": ("买家会员名",),
        "product_name": ("宝贝标题",),
        "quantity": ("宝贝总数量",),
        "revenue": ("net",),
        "refund": ("back",),
        "status": ("订单状态",),
        "channel": ("店铺名称",),
    },
    table="orders",
    prepare=_net,
    currency="CNY",
    filled_by=frozenset({"customer_id"}),
)

ITEMS = Source(
    name="taobao_items",
    required=frozenset({"订单编号", "标题", "价格", "购买数量"}),
    headers=frozenset({"外部系统编号", "商品属性", "套餐信息", "备注", "订单状态", "商家编码"}),
    columns={
        "order_id": ("订单编号",),
        "product_id": ("商家编码", "外部系统编号", "标题"),
        "product_name": ("标题",),
        "quantity": ("购买数量",),
        "unit_price": ("价格",),
        "status": ("订单状态",),
    },
    filled_by=frozenset({"product_id"}),
    joins=("taobao_orders",),
    currency="CNY",
    repeats_are_lines=True,
)

SOURCES = (ORDERS, ITEMS)
