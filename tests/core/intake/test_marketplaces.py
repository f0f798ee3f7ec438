"""Shopee, Lazada and TikTok in the languages and money of their markets; Chinese platforms."""

import importlib.util
from pathlib import Path

import polars as pl
import pytest

from core.intake.load import Upload, load

_spec = importlib.util.spec_from_file_location("layouts", Path(__file__).with_name("layouts.py"))
layouts = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(layouts)


def upload(layout, *rows):
    case = layouts.Case(list(rows), layout)
    return Upload(f"{layout}.csv", layouts.write(layout, case))


def table(header, *rows):
    lines = [header, *rows]
    return Upload("o.csv", "\n".join("\t".join(line) for line in lines).encode() + b"\n")


def revenue(dataset):
    return dataset.lines.select(pl.col("revenue").sum()).collect().item()


def aside(dataset):
    return dataset.reconciliation.set_aside["reason"].to_list()


VIETNAM = ("Mã đơn hàng", "Trạng Thái Đơn Hàng", "Ngày đặt hàng", "Tên sản phẩm",
           "SKU phân loại hàng", "Giá ưu đãi", "Số lượng", "Người Mua")  # fmt: skip


@pytest.mark.parametrize(
    ("totals", "header"),
    [((), ()), (("180.000", "1.250.000"), ("Tổng giá bán (sản phẩm)",))],
)
def test_shopee_vietnam(totals, header):
    """The newer file has no column of the lines' money; prices are text with points in them."""
    rows = [
        ("A", "Hoàn thành", "2026-03-01 10:00", "Cốc", "MUG", "90.000", "2", "an"),
        ("B", "Hoàn thành", "2026-03-02 10:00", "Ấm", "POT", "1250000", "1", "binh"),
        ("C", "Đã hủy", "2026-03-03 10:00", "Cốc", "MUG", "90.000", "1", "chi"),
        ("D", "Chưa thanh toán", "2026-03-03 10:00", "Cốc", "MUG", "90.000", "1", "chi"),
    ]
    told = [(*row, *((totals * 2)[i : i + 1] if totals else ())) for i, row in enumerate(rows)]
    dataset = load([table(VIETNAM + header, *told)])
    assert dataset.reconciliation.files[0].format == "shopee_orders"
    lines = dataset.lines.collect().select("order_id", "unit_price", "revenue")
    assert lines.rows() == [("A", 90_000.0, 180_000.0), ("B", 1_250_000.0, 1_250_000.0)]
    assert aside(dataset) == ["cancelled", "unpaid"]


@pytest.mark.parametrize("money", ["Total Harga Produk", "Subtotal Pesanan"])
def test_shopee_indonesia(money):
    header = ("No. Pesanan", "Status Pesanan", "Waktu Pesanan Dibuat", "Nama Produk",
              "Nomor Referensi SKU", "Harga Setelah Diskon", "Jumlah", "Returned quantity", money,
              "Username (Pembeli)")  # fmt: skip
    rows = [
        (
            "A",
            "Selesai",
            "2026-03-01 10:00",
            "Cangkir",
            "MUG",
            "80.000",
            "3",
            "1",
            "240.000",
            "adi",
        ),
        ("B", "Batal", "2026-03-02 10:00", "Cangkir", "MUG", "80.000", "1", "0", "80.000", "budi"),
        ("C", "Belum Bayar", "2026-03-02 10:00", "Teko", "POT", "80.000", "1", "0", "80.000", "c"),
    ]
    dataset = load([table(header, *rows)])
    assert dataset.lines.collect().select("quantity", "revenue").rows() == [(2.0, 160_000.0)]
    assert aside(dataset) == ["cancelled", "unpaid"]


def test_shopee_without_the_lines_money_takes_the_deal_price_once():
    """The seller's discount is off the deal price already."""
    row = {"Order ID": "26S1", "Order Status": "Completed", "Order Creation Date":
           "2026-03-01 20:15", "Product Name": "Mug", "SKU Reference No.": "MUG",
           "Original Price": "12.00", "Deal Price": "10.00", "Quantity": "2",
           "Seller Discount": "4.00", "Username (Buyer)": "ada_s"}  # fmt: skip
    assert revenue(load([upload("shopee_orders", row)])) == 20.0


TIKTOK = {
    "Order ID": "577000000000000001\t", "Order Status": "Completed", "SKU ID": "88\t",
    "Seller SKU": "MUG", "Product Name": "Mug", "Quantity": "2", "Sku Quantity of return": "0",
    "SKU Unit Original Price": "12.00", "SKU Seller Discount": "4.00",
    "SKU Subtotal After Discount": "20.00", "Order Amount": "40.00", "Order Refund Amount": "0",
    "Created Time": "25/03/2026 20:15:00\t",
}  # fmt: skip
TEA = TIKTOK | {"SKU ID": "89\t", "Seller SKU": "TEA", "SKU Subtotal After Discount": "10.00"}


@pytest.mark.parametrize(
    ("refund", "returned", "left", "reasons"),
    [
        ("0", "0", 30.0, []),
        ("10.00", "0", 22.5, []),  # a quarter of what was paid, taken off both lines
        ("10.00", "1", 20.0, []),  # the goods say which line it was
        ("20.00", "2", 10.0, ["refunded"]),
    ],
)
def test_tiktok_money_back_with_and_without_goods(refund, returned, left, reasons):
    told = {"Order Refund Amount": refund}
    rows = [TIKTOK | told | {"Sku Quantity of return": returned}, TEA | told]
    dataset = load([upload("tiktok_shop_orders", *rows)])
    assert (revenue(dataset), aside(dataset)) == (left, reasons)


def test_tiktok_orders_refunded_whole_are_set_aside():
    whole = {"Order ID": "577000000000000002\t", "Order Refund Amount": "40.00"}
    dataset = load([upload("tiktok_shop_orders", TIKTOK, TIKTOK | whole)])
    assert (revenue(dataset), aside(dataset)) == (20.0, ["refunded"])


@pytest.mark.parametrize(
    ("money", "value"),
    [("BRL 1.234,50", 1234.5), ("Rp 85.000", 85_000.0), ("85.000", 85_000.0), ("85.00", 85.0)],
)
def test_tiktok_money_of_each_market(money, value):
    row = TIKTOK | {"SKU Subtotal After Discount": money, "SKU Unit Original Price": money,
                    "SKU Seller Discount": "0", "Quantity": "1"}  # fmt: skip
    line = load([upload("tiktok_shop_orders", row)]).lines.collect()
    assert line.select("unit_price", "revenue").rows() == [(value, value)]


PDD = {"商品": "手冲壶", "订单号": "260301-1", "订单状态": "已收货", "商品总价(元)": "96.00",
       "商家实收金额(元)": "90.00", "商品数量(件)": "2", "商品id": "55"}  # fmt: skip


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("未发货，退款成功", "refunded"), ("已发货，退款成功", "refunded"),
        ("已签收，退款成功", "refunded"), ("已取消，退款成功", "cancelled"),
        ("待支付", "unpaid"), ("待发货", None), ("已发货，待签收", None),
    ],
)  # fmt: skip
def test_pinduoduo_statuses(status, reason):
    dataset = load([upload("pdd_orders", PDD, PDD | {"订单号": "260302-2", "订单状态": status})])
    assert aside(dataset) == ([reason] if reason else [])


JD = {"订单号": "29001", "商品ID": "100", "商品名称": "手冲壶", "订购数量": "2",
      "下单时间": "2026-03-01 20:15:00", "京东价": "48.00", "订单状态": "完成"}  # fmt: skip


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("等待付款", "unpaid"),
        ("等待出库", None),
        ("订单取消", "cancelled"),
        ("已取消", "cancelled"),
    ],
)
def test_jd_statuses(status, reason):
    dataset = load([upload("jd_orders", JD, JD | {"订单号": "29002", "订单状态": status})])
    assert aside(dataset) == ([reason] if reason else [])


def test_taobao_items_bear_their_share_of_a_refund():
    order = {"订单编号": "3001", "买家会员名": "茶客", "买家应付货款": "80.00", "总金额": "100.00",
             "买家实际支付金额": "100.00", "订单状态": "交易成功", "退款金额": "90.00",
             "订单创建时间": "2026-03-01 20:15:00"}  # fmt: skip
    item = {"订单编号": "3001", "标题": "壶", "价格": "80.00", "购买数量": "1"}
    lines = load([upload("taobao_orders", order), upload("taobao_items", item)]).lines.collect()
    assert lines.select("quantity", "revenue").rows() == [(1.0, 8.0)]


def test_taobao_orders_refunded_whole_are_said_to_be():
    order = {"订单编号": "3001", "买家会员名": "茶客", "总金额": "96.00", "退款金额": "0",
             "买家实际支付金额": "96.00", "订单状态": "交易成功", "宝贝标题 ": "壶",
             "宝贝总数量": "2", "订单创建时间": "2026-03-01 20:15:00"}  # fmt: skip
    back = order | {"订单编号": "3002", "退款金额": "96.00"}
    dataset = load([upload("taobao_orders", order, back)])
    assert (revenue(dataset), aside(dataset)) == (96.0, ["refunded"])
    assert dataset.reconciliation.set_aside["money"].to_list() == [96.0]


def test_orders_that_no_item_file_knows_are_not_lost_silently():
    order = {
        "买家会员名": "茶客", "买家实际支付金额": "96.00", "订单状态": "交易成功",
        "宝贝总数量": "1", "订单创建时间": "2026-03-01 20:15:00", "总金额": "96.00",
    }  # fmt: skip
    orders = [order | {"订单编号": '="1"'}, order | {"订单编号": '="2"'}]
    items = [{"订单编号": '="1"', "标题": "壶", "价格": "96", "购买数量": "1"}]
    files = [
        Upload(name, layouts.write(name, layouts.Case(rows, "")))
        for name, rows in (("taobao_orders", orders), ("taobao_items", items))
    ]
    books = load(files).reconciliation
    assert books.reasons["money"].sum() == 192.0
    assert books.reasons["rows"].sum() == 2


def test_recipients_and_messages_are_not_shown():
    row = {
        "Order ID": "57", "Order Status": "Canceled", "SKU ID": "8", "Seller SKU": "M",
        "Quantity": "1", "Product Name": "Mug", "SKU Subtotal After Discount": "5",
        "SKU Unit Original Price": "5", "Order Amount": "5", "Created Time": "25/03/2026 20:15:00",
        "Recipient": "Ada Invented", "Buyer Message": "ring at Adas",
    }  # fmt: skip
    case = layouts.Case([row, row | {"Order ID": "58", "Order Status": "Completed"}], "")
    files = [Upload("t.csv", layouts.write("tiktok_shop_orders", case))]
    assert "Ada" not in load(files).reconciliation.set_aside.write_csv()
