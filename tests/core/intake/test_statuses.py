"""Which orders are no sales, in the words of each platform and language."""

import pytest

from core.intake.load import Upload, load

HEADER = "Order ID,Date,Customer,SKU,Product,Quantity,Price,Status"
PAID = [f"{i},2024-03-{1 + i:02d},c{i % 7},SKU{i % 5},Thing,1,2.5,paid" for i in range(20)]

CANCELLED = [
    "Canceled", "wc-cancelled", "Storniert", "Annulée", "Annullato", "Anulado", "Cancelado",
    "Geannuleerd", "Batal", "Dibatalkan", "Đã hủy", "Đã huỷ", "ยกเลิกแล้ว", "キャンセル", "不成立",
    "订单已取消", "用户取消", "交易已关闭", "超时关闭", "交易關閉", "已作废",
]  # fmt: skip
UNPAID = [
    "On hold", "on-hold", "pending_payment", "Pending payment", "Payment failed", "Incomplete",
    "Zahlung ausstehend", "Fehlgeschlagen", "In Wartestellung", "En attente de paiement", "Échouée",
    "En attente", "Pendiente de pago", "Fallido", "En espera", "Não pago", "Pagamento pendente",
    "In attesa di pagamento", "Wachtend op betaling", "Mislukt", "Belum Bayar", "Chưa thanh toán",
    "ที่ต้องชำระ", "保留中", "等待付款", "尚未付款", "支付失败", "失败", "没有创建支付宝交易",
]  # fmt: skip
REFUNDED = [
    "Returned", "Package Returned", "Shipped - Rejected by Buyer", "Rückerstattet", "Remboursée",
    "Reembolsado", "Rimborsato", "Terugbetaald", "已全额退款", "退货退款成功", "已退货",
    "已发货，退款成功",
]  # fmt: skip
SOLD = [
    "partially_refunded", "Partially paid", "部分退款", "部分退款成功", "部分取消", "退货中",
    "售后关闭", "退款关闭", "无售后或售后取消", "等待出库", "买家已付款，等待卖家发货",
    "Awaiting Fulfillment", "Abgeschlossen", "Terminée", "Selesai", "Hoàn thành", "สำเร็จแล้ว",
]  # fmt: skip
CASES = [
    (status, reason)
    for reason, statuses in (
        ("cancelled", CANCELLED), ("unpaid", UNPAID), ("refunded", REFUNDED), (None, SOLD),
    )
    for status in statuses
]  # fmt: skip


@pytest.mark.parametrize(("status", "reason"), CASES)
def test_a_status_in_its_own_words(status, reason):
    row = f"x,2024-03-05,a,B,Mug,1,3,{status}"
    dataset = load([Upload("o.csv", "\n".join([HEADER, *PAID, row, ""]).encode())])
    assert dataset.reconciliation.set_aside["reason"].to_list() == ([reason] if reason else [])


def test_what_came_back_as_rows_of_their_own_is_no_status():
    """The sale and its return may both be called returned: together they are nothing sold."""
    rows = ["x,2024-03-05,a,B,Mug,1,3,returned", "x,2024-03-09,a,B,Mug,-1,3,returned"]
    dataset = load([Upload("o.csv", "\n".join([HEADER, *PAID, *rows, ""]).encode())])
    assert dataset.reconciliation.set_aside.is_empty()
    assert dataset.lines.collect()["revenue"].sum() == 50.0


@pytest.mark.parametrize(
    ("written", "reasons"),
    [
        ("2024-03-09 10:00:00", ["cancelled"]), ("0000-00-00 00:00:00", []), ("0", []),
        ("1970-01-01 08:00:00", []), ("0001-01-01 00:00:00", []), ("", []),
    ],
)  # fmt: skip
def test_a_time_that_never_was_cancels_nothing(written, reasons):
    rows = [f"{row}," for row in PAID] + [f"x,2024-03-05,a,B,Mug,1,3,paid,{written}"]
    header = f"{HEADER},Cancelled at"
    dataset = load([Upload("o.csv", "\n".join([header, *rows, ""]).encode())])
    assert dataset.reconciliation.set_aside["reason"].to_list() == reasons


@pytest.mark.parametrize("name", ["Gift card holder", "Gift Card Box - Red", "Tip Top Tea"])
def test_products_that_sound_like_services_stay(name):
    row = f"x,2024-03-05,a,B,{name},1,3,paid"
    dataset = load([Upload("o.csv", "\n".join([HEADER, *PAID, row, ""]).encode())])
    assert dataset.facts["lines"] == 21
