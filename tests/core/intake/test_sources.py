"""The shops' own layouts: invented people, the exact canonical rows expected."""

import polars as pl
import pytest

from core.errors import IntakeError
from core.intake.load import Upload, load

SHOPIFY = """Name,Email,Financial Status,Paid at,Currency,Subtotal,Shipping,Taxes,Total,Discount Code,Discount Amount,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Billing Name,Billing Zip,Shipping Country,Cancelled at,Refunded Amount,Source,Lineitem discount,Phone
#1003,ada@example.org,paid,2026-05-14 11:24:00 +0100,GBP,27.00,4.00,5.00,31.00,MAY10,3.00,2026-05-14 11:23:45 +0100,2,"Mug, blue",10.00,MUG-B,Ada Invented,'75008,GB,,0.00,web,0.00,
#1003,ada@example.org,,,,,,,,,,2026-05-14 11:23:45 +0100,1,Tea,10.00,,,,,,,,0.00,
#1002,,partially_refunded,,GBP,20.00,0.00,0.00,20.00,,0.00,2026-03-01 09:00:00 +0000,1,Tea,20.00,TEA,Bob Madeup,N1 9XX,FR,,5.00,web,0.00,
#1001,cy@example.org,paid,2026-02-01 09:00:00 +0000,GBP,20.00,0.00,0.00,20.00,,0.00,2026-02-01 08:00:00 +0000,1,Tea,20.00,TEA,Cy Nobody,N1 9XX,FR,2026-02-02 09:00:00 +0000,0.00,web,0.00,
#1000,di@example.org,refunded,,GBP,20.00,0.00,0.00,20.00,,0.00,2026-01-01 08:00:00 +0000,1,Tea,20.00,TEA,Di Nobody,N1 9XX,FR,,20.00,web,0.00,
"""  # noqa: E501

WOO = """Order Number,Order Status,Order Date,First Name (Billing),Email (Billing),Country Code (Billing),SKU,Item #,Item Name,Quantity (- Refund),Item Cost,Coupon Code
501,Completed,2026-03-01 09:30,Ada,ada@example.org,GB,MUG,1,Mug,2,8.50,MARCH
,,,,,,TEA,2,Tea,1,4.25,
502,Failed,2026-03-02 10:00,Bob,bob@example.org,GB,TEA,1,Tea,1,4.25,
"""  # noqa: E501

ETSY = """Sale Date,Item Name,Buyer,Quantity,Price,Coupon Code,Discount Amount,Order Shipping,Order Sales Tax,Item Total,Currency,Transaction ID,Listing ID,Ship Name,Ship Country,Order ID,SKU
09/03/26,Knitted Fox,ada_makes,2,15.00,FALL,3.00,4.95,0,27.00,USD,900001,77,Ada Invented,United States,3001,FOX
09/03/26,Knitted Owl,ada_makes,1,12.00,,0.00,4.95,0,12.00,USD,900002,78,Ada Invented,United States,3001,
"""  # noqa: E501

TAOBAO_ORDERS = """订单编号,买家会员名,买家应付货款,总金额,买家实际支付金额,订单状态,收货人姓名,收货地址 ,订单创建时间,订单付款时间 ,宝贝标题 ,宝贝总数量,店铺名称
="300000000000000001",山间茶客,88.00,88.00,88.00,交易成功,某人,某地,2026-03-01 20:15:00,2026-03-01 20:16:00,手冲壶，滤纸,3,山居
="300000000000000002",小鱼,40.00,40.00,0.00,交易关闭,某人,某地,2026-03-02 08:00:00,,滤纸,2,山居
"""  # noqa: E501

TAOBAO_ITEMS = """订单编号,标题,价格,购买数量,外部系统编号,商品属性,套餐信息,备注,订单状态,商家编码
="300000000000000001",手冲壶,48.00,1,,,,,交易成功,HU-1
="300000000000000001",滤纸,20.00,2,,,,,交易成功,LZ-1
="300000000000000002",滤纸,20.00,2,,,,,交易关闭,LZ-1
"""


def lines(*files, columns):
    dataset = load([Upload(f"{i}.csv", content) for i, content in enumerate(files)])
    return dataset, dataset.lines.collect().select(columns).rows()


def test_shopify():
    dataset, rows = lines(
        SHOPIFY.encode(),
        columns=["order_id", "ordered_at", "customer_id", "product_id", "quantity", "discount",
                 "revenue", "country"],
    )  # fmt: skip
    at = [row[1].isoformat() for row in rows]
    assert [row[:1] + row[2:] for row in rows] == [
        ("1002", "Bob Madeup, N1 9XX", "TEA", 1.0, 0.0, 15.0, "FR"),
        ("1003", "ada@example.org", "MUG-B", 2.0, 2.0, 18.0, "GB"),
        ("1003", "ada@example.org", "Tea", 1.0, 1.0, 9.0, "GB"),
    ]
    assert at == ["2026-03-01T09:00:00", "2026-05-14T11:23:45", "2026-05-14T11:23:45"]
    aside = dataset.reconciliation.set_aside
    assert aside.select("row", "reason", "money").rows() == [
        (5, "cancelled", 20.0),
        (6, "refunded", 20.0),
    ]
    assert dataset.reconciliation.files[0].format == "shopify_orders"
    assert dataset.currency == "GBP"


def test_woocommerce():
    dataset, rows = lines(
        WOO.encode(),
        columns=["order_id", "customer_id", "product_id", "quantity", "unit_price", "revenue"],
    )
    assert rows == [
        ("501", "ada@example.org", "MUG", 2.0, 8.5, 17.0),
        ("501", "ada@example.org", "TEA", 1.0, 4.25, 4.25),
    ]
    assert dataset.reconciliation.set_aside["reason"].to_list() == ["unpaid"]


def test_etsy():
    dataset, rows = lines(
        ETSY.encode(),
        columns=["order_id", "line_id", "ordered_at", "customer_id", "product_id", "revenue"],
    )
    assert [(*row[:2], row[2].date().isoformat(), *row[3:]) for row in rows] == [
        ("3001", "900002", "2026-09-03", "ada_makes", "78", 12.0),
        ("3001", "900001", "2026-09-03", "ada_makes", "FOX", 27.0),
    ]
    assert dataset.currency == "USD"


def test_taobao_orders_and_items_are_joined():
    dataset, rows = lines(
        TAOBAO_ORDERS.encode("gb18030"),
        TAOBAO_ITEMS.encode("gb18030"),
        columns=["order_id", "customer_id", "product_id", "product_name", "quantity", "revenue"],
    )
    assert rows == [
        ("300000000000000001", "山间茶客", "HU-1", "手冲壶", 1.0, 48.0),
        ("300000000000000001", "山间茶客", "LZ-1", "滤纸", 2.0, 40.0),
    ]
    assert dataset.reconciliation.set_aside["reason"].to_list() == ["cancelled"]
    assert [file.table for file in dataset.reconciliation.files] == ["orders", "lines"]
    assert {file.encoding for file in dataset.reconciliation.files} == {"gb18030"}


def test_taobao_items_alone_ask_for_the_orders():
    with pytest.raises(IntakeError, match="not when and by whom"):
        load([Upload("items.csv", TAOBAO_ITEMS.encode("gb18030"))])


def test_taobao_orders_alone_are_one_line_each():
    dataset, rows = lines(TAOBAO_ORDERS.encode("gb18030"), columns=["order_id", "revenue"])
    assert rows == [("300000000000000001", 88.0)]
    assert dataset.reconciliation.files[0].table == "lines"


def test_stock_becomes_a_table():
    orders = b"order_id,ordered_at,product_id,quantity,unit_price\n1,2026-03-01,A,2,3\n"
    stock = b"product_id,on_hand,lead_time_days\nA,5,7\nB,,3\n"
    dataset = load([Upload("orders.csv", orders), Upload("stock.csv", stock)])
    expected = pl.DataFrame(
        {"product_id": ["A", "B"], "on_hand": [5.0, None], "lead_time_days": [7.0, 3.0]}
    )
    assert dataset.tables["stock"].equals(expected)


def test_stock_alone_is_no_shop():
    with pytest.raises(IntakeError, match="No order lines"):
        load([Upload("stock.csv", b"product_id,on_hand\nA,5\n")])
