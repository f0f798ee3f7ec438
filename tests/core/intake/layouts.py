"""Writes one small file per layout, people invented, in the layout's own shape.

`CASES[id]`: the rows (only the cells that matter), what the file is recognised as, and the exact
canonical lines: (order, when, customer, product, quantity, revenue).
"""

import csv
import io
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

LAYOUTS = tomllib.loads(Path(__file__).with_name("layouts.toml").read_text("utf-8"))


@dataclass(frozen=True)
class Case:
    rows: list
    format: str
    lines: list = field(default_factory=list)
    aside: list = field(default_factory=list)
    table: str = "lines"
    with_files: tuple = ()
    frame: list | None = None
    preamble: str = ""
    footer: str = ""
    encoding: str = "utf-8"
    says: str | None = None


def write(layout, case):
    """The case as the bytes of a file."""
    columns, delimiter = LAYOUTS[layout]["columns"], LAYOUTS[layout]["delimiter"]
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(columns)
    for row in case.rows:
        unknown = set(row) - set(columns)
        assert not unknown, unknown
        writer.writerow([row.get(column, "") for column in columns])
    return (case.preamble + out.getvalue() + case.footer).encode(case.encoding)


def shopify(name, **cells):
    base = {"Name": name, "Email": "ada@example.org", "Created at": "2026-05-14 11:23:45 +0100"}
    return base | {key.replace("_", " "): value for key, value in cells.items()}


ONE = {"Financial Status": "paid", "Currency": "GBP", "Total": "24.00", "Discount Amount": "3.00",
       "Refunded Amount": "0.00", "Billing Name": "Ada Invented", "Billing Phone": "'+44 1",
       "Shipping Country": "GB"}  # fmt: skip
SHOPIFY = Case(
    rows=[
        shopify("#1001") | ONE | {"Lineitem quantity": "2", "Lineitem name": "Mug, blue",
                                  "Lineitem price": "10.00", "Lineitem sku": "MUG"},
        shopify("#1001") | {"Lineitem quantity": "1", "Lineitem name": "Tea",
                            "Lineitem price": "10.00"},
        shopify("#1002") | ONE | {"Lineitem quantity": "1", "Lineitem name": "Tea",
                                  "Lineitem price": "10.00", "Discount Amount": "0",
                                  "Cancelled at": "2026-05-15 08:00:00 +0100"},
    ],
    format="shopify_orders",
    lines=[
        ("1001", "2026-05-14 11:23", "ada@example.org", "MUG", 2, 18.0),
        ("1001", "2026-05-14 11:23", "ada@example.org", "Tea", 1, 9.0),
    ],
    aside=["cancelled"],
)  # fmt: skip

TAOBAO_ITEM = {"订单编号": '="300000000000000001"', "标题": "手冲壶", "价格": "48.00",
               "购买数量": "2", "商家编码": "HU-1", "订单状态": "交易成功"}  # fmt: skip
TAOBAO_ORDER = {"订单编号": '="300000000000000001"', "买家会员名": "山间茶客", "总金额": "96.00",
                "买家实际支付金额": "96.00", "订单状态": "交易成功", "收货人姓名": "某人",
                "订单创建时间": "2026-03-01 20:15:00", "宝贝标题 ": "手冲壶", "宝贝总数量": "2",
                "打款商家金额": "96.00元", "退款金额": "0"}  # fmt: skip
OLIST_ORDER = {"order_id": "o1", "customer_id": "c-of-o1", "order_status": "delivered",
               "order_purchase_timestamp": "2018-03-01 10:00:00"}  # fmt: skip
OLIST_ITEM = {"order_id": "o1", "order_item_id": "1", "product_id": "p1", "price": "58.90",
              "freight_value": "13.29", "seller_id": "s"}  # fmt: skip
UCI = [("2010-12-01 08:26:00", "536365", "85123A", "6", "2.55", "17850.0"),
       ("2010-12-01 09:41:00", "C536379", "22423", "-1", "10.95", "14527.0"),
       ("2010-12-01 09:45:00", "536380", "POST", "1", "18.00", "14527.0")]  # fmt: skip
UCI_LINES = [
    ("536365", "2010-12-01 08:26", "17850", "85123A", 6, 15.3),
    ("C536379", "2010-12-01 09:41", "14527", "22423", -1, -10.95),
]
SQUARE = {"Date": "2026-02-03", "Time": "09:15:00", "Time Zone": "Eastern Time",
          "Transaction ID": "T1", "Event Type": "Payment"}  # fmt: skip

CASES = {
    "shopify_orders": SHOPIFY,
    "shopify_orders_older": SHOPIFY,
    "shopify_customers": Case(
        [{"Customer ID": "'7001", "First Name": "Ada", "Last Name": "Invented",
          "Email": "ada@example.org", "Default Address Country Code": "GB", "Tags": "vip",
          "Accepts Email Marketing": "yes", "Total Spent": "20.00", "Total Orders": "1"}],
        "shopify_customers", table="customers",
        frame=[{"customer_id": "ada@example.org", "country": "GB", "tags": "vip"}],
    ),
    "shopify_inventory": Case(
        [{"Handle": "mug", "Title": "Mug", "SKU": "MUG", "Location": "Shop",
          "On hand (current)": "5", "Incoming (not editable)": "12",
          "Committed (not editable)": "0"},
         {"Handle": "mug", "Title": "Mug", "SKU": "MUG", "Location": "Cellar",
          "On hand (current)": "7", "Incoming (not editable)": "0"},
         {"Handle": "tea", "Title": "Tea", "SKU": "-", "Location": "Shop",
          "On hand (current)": "not stocked", "Available (not editable)": "not stocked"}],
        "shopify_inventory", table="stock",
        frame=[{"product_id": "MUG", "on_hand": 12.0, "on_order": 12.0},
               {"product_id": "Tea", "on_hand": None, "on_order": None}],
    ),
    "shopify_products": Case(
        [{"Handle": "mug", "Title": "Mug", "Vendor": "Kiln", "Type": "Cups",
          "Tags": "handmade", "Option1 Value": "Blue", "Variant SKU": "MUG-B",
          "Variant Price": "10.00", "Variant Inventory Qty": "5", "Cost per item": "4.20"},
         {"Handle": "mug", "Variant SKU": "MUG-R", "Variant Price": "10.00",
          "Variant Inventory Qty": "2", "Cost per item": "4.20"},
         {"Handle": "mug", "Image Src": "mug.jpg"}],
        "shopify_products", table="products",
        frame=[{"product_id": code, "product_name": "Mug", "category": "Cups", "brand": "Kiln",
                "tags": "handmade", "unit_price": 10.0, "unit_cost": 4.2}
               for code in ("MUG-B", "MUG-R")],
    ),
    "shopify_payouts": Case(
        [{"Transaction Date": "2026-05-14 11:23:45 +0100", "Type": "charge", "Order": "#1001",
          "Amount": "24.00", "Fee": "0.60", "Net": "23.40", "Payout ID": "9"}],
        "shopify_payouts", table="payments",
    ),
    "woo_analytics_orders_server": Case(
        [{"Date": "2026-03-01 09:30:00", "Order #": "501", "Status": "Completed",
          "Customer": "Ada Invented", "Product(s)": "2× Mug, blue, 1× Tea", "Items sold": "3",
          "Net Sales": "21.00", "Coupon(s)": "MARCH"},
         {"Date": "2026-03-02 09:30:00", "Order #": "502", "Status": "Failed",
          "Customer": "Bob Madeup", "Product(s)": "1× Tea", "Net Sales": "4.00"}],
        "woo_analytics_orders_server",
        lines=[("501", "2026-03-01 09:30", "Ada Invented", "Mug, blue", 2, 14.0),
               ("501", "2026-03-01 09:30", "Ada Invented", "Tea", 1, 7.0)],
        aside=["unpaid"],
    ),
    "woo_advanced_order_export": Case(
        [{"Order Number": "501", "Order Status": "Completed", "Order Date": "2026-03-01 09:30",
          "Email (Billing)": "ada@example.org", "SKU": "MUG", "Item Name": "Mug",
          "Quantity (- Refund)": "2", "Item Cost": "8.50", "Cart Discount Amount": "2.00"},
         {"SKU": "TEA", "Item Name": "Tea", "Quantity (- Refund)": "1", "Item Cost": "3.00"}],
        "woo_advanced_order_export",
        lines=[("501", "2026-03-01 09:30", "ada@example.org", "MUG", 2, 17.0),
               ("501", "2026-03-01 09:30", "ada@example.org", "TEA", 1, 3.0)],
    ),
    "woo_webtoffee": Case(
        [{"order_id": "501", "order_number": "501", "order_date": "9/6/2026 6:29:00",
          "status": "completed", "order_total": "21.25", "order_currency": "USD",
          "billing_email": "ada@example.org", "customer_ip_address": "10.0.0.1",
          "line_item_1": "name:Mug|product_id:11|sku:MUG|quantity:2|total:17.00",
          "line_item_2": "name:Tea|product_id:12|sku:|quantity:1|total:4.25"}],
        "woo_webtoffee",
        lines=[("501", "2026-09-06 06:29", "ada@example.org", "12", 1, 4.25),
               ("501", "2026-09-06 06:29", "ada@example.org", "MUG", 2, 17.0)],
    ),
    "amazon_all_orders": Case(
        [{"amazon-order-id": "026-1", "purchase-date": "2026-06-17T08:04:21+00:00",
          "order-status": "Shipped", "item-status": "Shipped", "sku": "MUG", "asin": "B01",
          "product-name": "Mug", "quantity": "2", "currency": "GBP", "item-price": "20.00",
          "item-promotion-discount": "2.00", "ship-country": "GB"},
         {"amazon-order-id": "026-2", "purchase-date": "2026-06-18T08:04:21+00:00",
          "order-status": "Cancelled", "item-status": "Cancelled", "sku": "MUG",
          "product-name": "Mug", "quantity": "1", "currency": "GBP"}],
        "amazon_all_orders",
        lines=[("026-1", "2026-06-17 08:04", None, "MUG", 2, 18.0)], aside=["cancelled"],
        encoding="cp1252",
    ),
    "amazon_order_reports_fbm": Case(
        [{"order-id": "026-1", "order-item-id": "77", "purchase-date": "2026-09-23T14:18:23-07:00",
          "buyer-email": "x1@marketplace.example", "buyer-name": "Ada Invented", "sku": "MUG",
          "product-name": "Mug", "quantity-purchased": "2", "currency": "USD",
          "item-price": "20.00", "ship-country": "US"}],
        "amazon_order_reports_fbm",
        lines=[("026-1", "2026-09-23 14:18", "x1@marketplace.example", "MUG", 2, 20.0)],
    ),
    "amazon_unshipped": Case(
        [{"order-id": "026-1", "order-item-id": "77", "purchase-date": "2026-09-23T14:18:23-07:00",
          "buyer-email": "x1@marketplace.example", "sku": "MUG", "product-name": "Mug",
          "quantity-purchased": "2", "quantity-to-ship": "2"}],
        "amazon_unshipped",
        lines=[("026-1", "2026-09-23 14:18", "x1@marketplace.example", "MUG", 2, None)],
    ),
    "amazon_date_range": Case(
        [{"date/time": "Sep 4, 2026 1:05:07 AM PDT", "type": "Order", "order id": "026-1",
          "sku": "MUG", "description": "Mug", "quantity": "2", "product sales": "1,020.00",
          "promotional rebates": "-2.00", "total": "1,018.00"},
         {"date/time": "Sep 5, 2026 1:05:07 PM PDT", "type": "Refund", "order id": "026-1",
          "sku": "MUG", "description": "Mug", "quantity": "1", "product sales": "-510.00",
          "total": "-510.00"},
         {"date/time": "Sep 6, 2026 1:05:07 AM PDT", "type": "Transfer", "total": "-400.00"}],
        "amazon_date_range",
        lines=[("026-1", "2026-09-04 01:05", None, "MUG", 2, 1018.0),
               ("026-1", "2026-09-05 13:05", None, "MUG", -1, -510.0)],
        aside=["not_a_sale"],
        preamble='"Includes Amazon Marketplace transactions"\r\n"All amounts in USD"\r\n'
                 '"Definitions:"\r\n"Sales tax collected: x, y"\r\n"Fees: z"\r\n"-"\r\n""\r\n',
    ),
    "amazon_business_report": Case(
        [{"(Parent) ASIN": "B00", "(Child) ASIN": "B01", "Title": "Mug",
          "Sessions - Total": "1,204", "Page Views - Total": "1,800", "Units Ordered": "31",
          "Ordered Product Sales": "$2,800.00"}],
        "amazon_business_report", table="traffic", encoding="utf-8-sig",
        frame=[{"product_id": "B01", "sessions": 1204.0, "page_views": 1800.0, "units": 31.0,
                "channel": "Amazon"}],
    ),
    "etsy_order_items": Case(
        [{"Sale Date": "09/03/26", "Item Name": "Knitted Fox", "Buyer": "ada_makes",
          "Quantity": "2", "Price": "$15.00", "Discount Amount": "3.00", "Order Shipping": "4.95",
          "Currency": "USD", "Transaction ID": "9001", "Order ID": "3001", "SKU": "FOX"},
         {"Sale Date": "09/03/26", "Item Name": "Knitted Owl", "Buyer": "ada_makes",
          "Quantity": "1", "Price": "$12.00", "Order Shipping": "4.95", "Currency": "USD",
          "Transaction ID": "9002", "Listing ID": "78", "Order ID": "3001"}],
        "etsy_order_items",
        lines=[("3001", "2026-09-03 00:00", "ada_makes", "78", 1, 12.0),
               ("3001", "2026-09-03 00:00", "ada_makes", "FOX", 2, 27.0)],
    ),
    "etsy_orders": Case(
        [{"Sale Date": "9/3/2026", "Order ID": "3001", "Buyer User ID": "ada_makes",
          "Number of Items": "3", "Order Value": "42.00", "Order Total": "46.95",
          "Adjusted Order Total": "0", "Currency": "USD"},
         {"Sale Date": "9/4/2026", "Order ID": "3002", "Buyer User ID": "", "Buyer": "Bob Madeup",
          "Number of Items": "1", "Order Value": "20.00", "Order Total": "20",
          "Adjusted Order Total": "12", "Currency": "USD"}],
        "etsy_orders",
        lines=[("3001", "2026-09-03 00:00", "ada_makes", None, 3, 46.95),
               ("3002", "2026-09-04 00:00", "Bob Madeup", None, 1, 12.0)],
    ),
    "ebay_orders": Case(
        [{"Sales Record Number": "10", "Order Number": "12-1", "Buyer Username": "ada_b",
          "Quantity": "3", "Sold For": "AU $35.00", "Total Price": "AU $40.00",
          "Sale Date": "26-May-26"},
         {"Sales Record Number": "10", "Order Number": "12-1", "Item Number": "501",
          "Item Title": "Mug", "Custom Label": "MUG", "Quantity": "2", "Sold For": "AU $10.00",
          "Sale Date": "26-May-26"},
         {"Sales Record Number": "10", "Order Number": "12-1", "Item Number": "502",
          "Item Title": "Tea", "Quantity": "1", "Sold For": "AU $15.00"},
         {"Sales Record Number": "11", "Buyer Username": "bob_b", "Item Number": "502",
          "Item Title": "Tea", "Quantity": "1", "Sold For": "AU $1,015.00",
          "Sale Date": "27-May-26"}],
        "ebay_orders",
        lines=[("12-1", "2026-05-26 00:00", "ada_b", "502", 1, 15.0),
               ("12-1", "2026-05-26 00:00", "ada_b", "MUG", 2, 20.0),
               ("record 11", "2026-05-27 00:00", "bob_b", "502", 1, 1015.0)],
        aside=["summary_row", "not_a_line", "not_a_line"],
        preamble="," * 50 + "\r\n",
        footer="4,record(s) downloaded\r\nSeller ID : adas_shop\r\n",
    ),
    "ebay_transactions": Case(
        [{"Transaction creation date": "Sep 5, 2026", "Type": "Order", "Order number": "12-1",
          "Buyer username": "ada_b", "Item ID": "501", "Item title": "Mug", "Quantity": "2",
          "Item subtotal": "20.00", "Net amount": "17.20", "Transaction currency": "USD",
          "Custom label": "--"},
         {"Transaction creation date": "Sep 6, 2026", "Type": "Other fee", "Order number": "--",
          "Buyer username": "--", "Quantity": "--", "Item subtotal": "--", "Net amount": "-3.00",
          "Transaction currency": "USD"}],
        "ebay_transactions",
        lines=[("12-1", "2026-09-05 00:00", "ada_b", "501", 2, 20.0)], aside=["not_a_sale"],
        preamble="Transaction report\r\n\r\nSeller,adas_shop\r\n",
    ),
    "square_items": Case(
        [SQUARE | {"Item": "Flat White", "Qty": "2.0", "Category": "None", "SKU": "FW",
                   "Gross Sales": "$9.00",
                   "Discounts": "-$1.00", "Net Sales": "$8.00"},
         SQUARE | {"Item": "Flat White", "Qty": "-1.0", "SKU": "FW", "Gross Sales": "-$4.50",
                   "Discounts": "$0.00", "Net Sales": "-$4.50", "Event Type": "Refund",
                   "Transaction ID": "T2", "Customer ID": "K1"}],
        "square_items",
        lines=[("T1", "2026-02-03 09:15", None, "FW", 2, 8.0),
               ("T2", "2026-02-03 09:15", "K1", "FW", -1, -4.5)],
    ),
    "square_transactions": Case(
        [SQUARE | {"Net Sales": "$8.00", "Total Collected": "$9.10", "Tip": "$1.10",
                   "Description": "2 x Flat White", "Customer ID": "K1",
                   "Transaction Status": "Complete"}],
        "square_transactions",
        lines=[("T1", "2026-02-03 09:15", "K1", None, 1, 8.0)],
    ),
    "stripe_payments_old": Case(
        [{"id": "ch_1", "Created (UTC)": "2026-07-10 18:37", "Amount": "20.00",
          "Amount Refunded": "5.00", "Currency": "usd", "Status": "Paid",
          "Customer Email": "ada@example.org", "Card Last4": "4242"},
         {"id": "ch_2", "Created (UTC)": "2026-07-11 18:37", "Amount": "20.00",
          "Amount Refunded": "0.00", "Currency": "usd", "Status": "Failed",
          "Customer Email": "ada@example.org"}],
        "stripe_payments_old",
        lines=[("ch_1", "2026-07-10 18:37", "ada@example.org", None, 1, 15.0)], aside=["unpaid"],
    ),
    "stripe_payments_new": Case(
        [{"id": "ch_1", "Created date (UTC)": "2026-07-10 18:37:41", "Amount": "20.00",
          "Amount Refunded": "0.00", "Currency": "eur", "Status": "Paid"},
         {"id": "ch_2", "Created date (UTC)": "2026-07-10 19:37:41", "Amount": "20.00",
          "Amount Refunded": "20.00", "Currency": "eur", "Status": "Refunded"}],
        "stripe_payments_new",
        lines=[("ch_1", "2026-07-10 18:37", None, None, 1, 20.0)], aside=["refunded"],
    ),
    "taobao_orders": Case(
        [TAOBAO_ORDER], "taobao_orders", encoding="gb18030",
        lines=[("300000000000000001", "2026-03-01 20:15", "山间茶客", "手冲壶", 2, 96.0)],
    ),
    "taobao_items": Case(
        [TAOBAO_ITEM], "taobao_items", encoding="gb18030", with_files=("taobao_orders",),
        lines=[("300000000000000001", "2026-03-01 20:15", "山间茶客", "HU-1", 2, 96.0)],
    ),
    "jd_orders": Case(
        [{"订单号": "2900001", "商品ID": "100", "商品名称": "手冲壶", "订购数量": "2",
          "下单时间": "2026-03-01 20:15:00", "京东价": "48.00", "订单金额": "116.00",
          "订单状态": "完成", "下单帐号": "jd_tea", "联系电话": "1******6198"},
         {"订单号": "2900001", "商品ID": "101", "商品名称": "滤纸", "订购数量": "1",
          "下单时间": "2026-03-01 20:15:00", "京东价": "20.00", "订单金额": "116.00",
          "订单状态": "完成", "下单帐号": "jd_tea"}],
        "jd_orders", encoding="gb18030",
        lines=[("2900001", "2026-03-01 20:15", "jd_tea", "100", 2, 96.0),
               ("2900001", "2026-03-01 20:15", "jd_tea", "101", 1, 20.0)],
    ),
    "pdd_orders": Case(
        [{"商品": "手冲壶", "订单号": "260301-123456789", "订单状态": "已收货",
          "商品总价(元)": "96.00", "店铺优惠折扣(元)": "6.00", "商家实收金额(元)": "90.00",
          "商品数量(件)": "2", "商品id": "55", "售后状态": "无售后或售后取消"},
         {"商品": "滤纸", "订单号": "260302-123456789", "订单成交时间": "2026-03-02 08:00:00",
          "订单状态": "已收货", "商品总价(元)": "20.00", "商家实收金额(元)": "20.00",
          "商品数量(件)": "1", "商品id": "56", "售后状态": "退款成功"}],
        "pdd_orders",
        lines=[("260301-123456789", "2026-03-01 00:00", None, "55", 2, 90.0)],
        aside=["refunded"],
    ),
    "douyin_orders": Case(
        [{"主订单编号": "\t9001", "子订单编号": "\t9001-1;9001-2", "选购商品": "手冲壶;滤纸",
          "商品规格": "黑;白", "商品数量": "1;2", "商家编码": "HU-1;LZ-1",
          "订单应付金额": "1,048.00;40.00", "收件人": "某人", "收件人手机号": "1******6198",
          "订单提交时间": "2026-03-01 20:15:00", "订单状态": "已完成"},
         {"主订单编号": "\t9002", "子订单编号": "\t9002-1", "选购商品": "滤纸", "商品规格": "白",
          "商品数量": "1", "商家编码": "LZ-1", "订单应付金额": "20.00",
          "订单提交时间": "2026-03-02 20:15:00", "订单状态": "已关闭", "售后状态": "退款成功"}],
        "douyin_orders", encoding="utf-8-sig",
        lines=[("9001", "2026-03-01 20:15", None, "HU-1", 1, 1048.0),
               ("9001", "2026-03-01 20:15", None, "LZ-1", 2, 40.0)],
        aside=["cancelled"],
    ),
    "youzan_orders": Case(
        [{"订单号": "E2026", "订单状态": "交易完成", "买家付款时间": "2026-03-01 20:15:00",
          "订单实付金额": "90.00", "全部商品名称": "手冲壶(1件);滤纸(2件)", "商品种类数": "2",
          "买家手机号": "13800000001", "收货人/提货人": "某人"}],
        "youzan_orders",
        lines=[("E2026", "2026-03-01 20:15", "13800000001", "手冲壶", 1, 30.0),
               ("E2026", "2026-03-01 20:15", "13800000001", "滤纸", 2, 60.0)],
    ),
    "shopee_orders": Case(
        [{"Order ID": "26S1", "Order Status": "Completed", "Order Creation Date":
          "2026-03-01 20:15", "Product Name": "Mug", "SKU Reference No.": "MUG",
          "Original Price": "12.00", "Deal Price": "RM 10.00", "Quantity": "3",
          "Returned quantity": "1", "Product Subtotal": "RM 30.00", "Total Amount": "33.00",
          "Grand Total": "33.00", "Username (Buyer)": "ada_s"}],
        "shopee_orders", lines=[("26S1", "2026-03-01 20:15", "ada_s", "MUG", 2, 20.0)],
    ),
    "lazada_orders": Case(
        [{"orderItemId": item, "createTime": "01 Mar 2026 20:15", "orderNumber": "L1",
          "customerName": "Ada Invented", "paidPrice": "9.00", "unitPrice": "10.00",
          "sellerDiscountTotal": "-1.00", "itemName": "Mug", "sellerSku": "MUG",
          "status": "delivered"} for item in ("71", "72")],
        "lazada_orders",
        lines=[("L1", "2026-03-01 20:15", "Ada Invented", "MUG", 1, 9.0)] * 2,
    ),
    "tiktok_shop_orders": Case(
        [{"Order ID": "Platform unique order ID.", "Order Status": "Current order status.",
          "Quantity": "Number of items.", "SKU ID": "Platform SKU ID.",
          "Created Time": "Order created time.", "Order Amount": "Total."},
         {"Order ID": "577000000000000001\t", "Order Status": "Completed", "SKU ID": "88\t",
          "Seller SKU": "MUG", "Product Name": "Mug", "Quantity": "2", "Sku Quantity of return":
          "0", "SKU Unit Original Price": "12.00", "SKU Seller Discount": "4.00",
          "SKU Subtotal After Discount": "20.00", "Order Amount": "23.00",
          "Created Time": "25/03/2026 20:15:00\t", "Buyer Username": "i***x"}],
        "tiktok_shop_orders", encoding="utf-8-sig",
        lines=[("577000000000000001", "2026-03-25 20:15", None, "MUG", 2, 20.0)],
        aside=["not_a_line"],
    ),
    "uci_online_retail": Case(
        [{"InvoiceDate": at, "InvoiceNo": order, "StockCode": code, "Quantity": units,
          "UnitPrice": price, "CustomerID": who, "Description": "THING"}
         for at, order, code, units, price, who in UCI],
        "uci_online_retail", lines=UCI_LINES, aside=["service"],
    ),
    "uci_online_retail_ii": Case(
        [{"InvoiceDate": at, "Invoice": order, "StockCode": code, "Quantity": units,
          "Price": price, "Customer ID": who, "Description": "THING"}
         for at, order, code, units, price, who in UCI],
        "uci_online_retail_ii", lines=UCI_LINES, aside=["service"], encoding="latin-1",
    ),
    "olist_orders": Case(
        [OLIST_ORDER], "olist_orders",
        lines=[("o1", "2018-03-01 10:00", "c-of-o1", None, 1, None)],
    ),
    "olist_order_items": Case(
        [OLIST_ITEM, OLIST_ITEM | {"order_item_id": "2"}], "olist_order_items",
        with_files=("olist_orders", "olist_customers", "olist_products",
                    "olist_category_translation", "olist_order_payments", "olist_order_reviews"),
        lines=[("o1", "2018-03-01 10:00", "person-1", "p1", 1, 58.9)] * 2,
    ),
    "olist_order_payments": Case(
        [{"order_id": "o1", "payment_sequential": "1", "payment_type": "credit_card",
          "payment_installments": "2", "payment_value": "144.38"}],
        "olist_order_payments", table="payments",
    ),
    "olist_customers": Case(
        [{"customer_id": "c-of-o1", "customer_unique_id": "person-1", "customer_state": "SP",
          "customer_zip_code_prefix": "01151", "customer_city": "sao paulo"}],
        "olist_customers", table="lookup",
    ),
    "olist_products": Case(
        [{"product_id": "p1", "product_category_name": "perfumaria", "product_photos_qty": "1"}],
        "olist_products", table="products",
        frame=[{"product_id": "p1", "category": "perfumaria"}],
    ),
    "olist_order_reviews": Case(
        [{"review_id": "r1", "order_id": "o1", "review_score": "5",
          "review_comment_message": "muito bom", "review_creation_date": "2018-03-09 00:00:00"}],
        "olist_order_reviews", table="reviews",
    ),
    "olist_category_translation": Case(
        [{"product_category_name": "perfumaria", "product_category_name_english": "perfumery"}],
        "olist_category_translation", table="categories",
    ),
    "instacart_orders": Case(
        [{"order_id": "1", "user_id": "7", "eval_set": "prior", "order_number": "1",
          "order_dow": "2", "order_hour_of_day": "8", "days_since_prior_order": ""}],
        "instacart_orders", table="orders", says="no column of order dates",
    ),
    "instacart_order_products__prior": Case(
        [{"order_id": "1", "product_id": "196", "add_to_cart_order": "1", "reordered": "0"}],
        "instacart_order_products", with_files=("instacart_orders",),
        says="no column of order dates",
    ),
    "instacart_products": Case(
        [{"product_id": "196", "product_name": "Soda", "aisle_id": "77", "department_id": "7"}],
        "instacart_products", table="products", with_files=("instacart_aisles",),
        frame=[{"product_id": "196", "product_name": "Soda", "category": "soft drinks"}],
    ),
    "instacart_aisles": Case(
        [{"aisle_id": "77", "aisle": "soft drinks"}], "instacart_aisles", table="categories",
    ),
    "ga4_bigquery": Case(
        [{"event_date": "20260301", "event_timestamp": "1772395200000000",
          "event_name": "purchase", "user_pseudo_id": "ps.1", "platform": "WEB",
          "ecommerce": '{"transaction_id":"T1","purchase_revenue":30.0}',
          "items": '[{"item_id":"MUG","item_name":"Mug","price":10.0,"quantity":2},'
                   '{"item_id":"TEA","item_name":"Tea","price":10.0,"quantity":1}]'},
         {"event_date": "20260301", "event_timestamp": "1772395200000000",
          "event_name": "page_view", "user_pseudo_id": "ps.2", "platform": "WEB",
          "ecommerce": "", "items": "[]"}],
        "ga4_bigquery",
        lines=[("T1", "2026-03-01 20:00", "ps.1", "MUG", 2, 20.0),
               ("T1", "2026-03-01 20:00", "ps.1", "TEA", 1, 10.0)],
        aside=["not_a_sale"],
    ),
    "ga4_ui_csv": Case(
        [{"Session primary channel group (Default Channel Group)": "Organic Search",
          "Sessions": "1204", "Engaged sessions": "800", "Engagement rate": "0.66",
          "Event count": "9000"}],
        "ga4_ui_csv", table="traffic",
        frame=[{"channel": "Organic Search", "sessions": 1204.0}],
        preamble="# ----\r\n# Traffic acquisition\r\n# Start date: 20260801\r\n"
                 "# End date: 20260930\r\n# ----\r\n\r\n",
    ),
    "meta_ads": Case(
        [{"Reporting starts": "2026-08-01", "Reporting ends": "2026-08-01",
          "Campaign name": "Autumn mugs", "Amount spent (USD)": "12.50", "Impressions": "900",
          "Link clicks": "31"}],
        "meta_ads", table="campaigns",
        frame=[{"day": "2026-08-01", "campaign": "Autumn mugs", "cost": 12.5, "clicks": 31.0}],
    ),
    "google_ads": Case(
        [{"Campaign": "Mugs", "Campaign state": "Enabled", "Clicks": "1,180", "Impr.": "20,000",
          "CTR": "2.00%", "Currency code": "EUR", "Cost": "310.40"},
         {"Campaign": "Total: All campaigns", "Clicks": "1,180", "Cost": "310.40"}],
        "google_ads", table="campaigns",
        frame=[{"campaign": "Mugs", "cost": 310.4, "clicks": 1180.0}],
        preamble='Campaign report\r\n"August 1, 2026 - August 31, 2026"\r\n',
    ),
    "woo_products": Case(
        [{"ID": "11", "Type": "simple", "SKU": "MUG", "Name": "Mug", "Stock": "14",
          "Regular price": "8.50", "Categories": "Cups", "Tags": "gift", "In stock?": "1"}],
        "woo_products", table="products",
        frame=[{"product_id": "MUG", "product_name": "Mug", "category": "Cups",
                "tags": "gift", "unit_price": 8.5}],
    ),
}  # fmt: skip
