"""The demo shop's own files, English and Chinese: order lines, stock and products."""

from core.intake.sources.source import Source
from core.schema import TABLES

FIELDS = (
    "order_id", "line_id", "ordered_at", "customer_id", "product_id", "product_name", "category",
    "quantity", "unit_price", "discount", "revenue", "status", "channel", "country", "currency",
    "coupon", "unit_cost",
)  # fmt: skip

LINES = Source(
    name="shopscope",
    required=frozenset({"order_id", "ordered_at", "product_id", "quantity"}),
    columns={column: (column,) for column in FIELDS},
)

LINES_ZH = Source(
    name="shopscope_zh",
    required=frozenset({"订单编号", "下单时间", "商品编码", "数量", "单价"}),
    columns={
        "order_id": ("订单编号",),
        "ordered_at": ("下单时间",),
        "customer_id": ("客户编号",),
        "product_id": ("商品编码",),
        "product_name": ("商品名称",),
        "category": ("商品类目",),
        "quantity": ("数量",),
        "unit_price": ("单价",),
        "discount": ("优惠金额",),
        "coupon": ("优惠码",),
        "status": ("订单状态",),
        "channel": ("销售渠道",),
        "country": ("收货地区",),
        "currency": ("币种",),
    },
)

STOCK = Source(
    name="stock",
    required=frozenset({"product_id", "on_hand"}),
    columns={column: (column,) for column in TABLES["stock"]},
    table="stock",
)

STOCK_ZH = Source(
    name="stock_zh",
    required=frozenset({"商品编码", "现有库存"}),
    columns={
        "product_id": ("商品编码",),
        "on_hand": ("现有库存",),
        "on_order": ("在途数量",),
        "lead_time_days": ("交货天数",),
        "lead_time_sd_days": ("交货天数波动",),
        "unit_cost": ("成本价",),
        "supplier": ("供应商",),
        "pack_size": ("箱规",),
        "minimum_order": ("起订量",),
    },
    table="stock",
)

PRODUCTS = Source(
    name="products",
    required=frozenset({"product_id", "category", "unit_cost"}),
    headers=frozenset({"brand", "supplier"}),
    columns={column: (column,) for column in TABLES["products"]},
    table="products",
)

SOURCES = (LINES, LINES_ZH, STOCK, STOCK_ZH, PRODUCTS)
