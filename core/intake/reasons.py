"""Why a row is no sale to analyse. Every row has exactly one reason, the first that holds."""

from dataclasses import dataclass

import polars as pl

KEPT = "kept"
#: In the order in which they are asked; a row is set aside for the first that holds.
REASONS = (
    "not_a_line",
    "summary_row",
    "repeat",
    "outdated",
    "not_a_sale",
    "undatable",
    "cancelled",
    "unpaid",
    "refunded",
    "other_currency",
    "no_product",
    "service",
    "no_quantity",
    "stock_write_off",
    "no_price",
    "missing_value",
    "wholesale_line",
)

#: English, German, French, Spanish and Portuguese, Italian, Dutch, Indonesian, Vietnamese, Thai,
#: Japanese; then Chinese.
CANCELLED = (
    r"^(?i:(?:wc-)?cancell?ed.*|cancel|void(?:ed)?|trash|deleted|returned to sender|rejected|"
    r"storniert|annulliert|annul[ée]e?|cancelad[oa]|anulad[oa]|annullat[oa]|geannuleerd|"
    r"batal|dibatalkan|đã (?:hủy|huỷ)|ยกเลิกแล้ว|キャンセル(?:済み?)?|unavailable)$|"
    r"^(?:订单|交易|用户|买家|卖家|系统|商家|訂單)?已?(?:取消|关闭|關閉|作废)|^[^退售]*(?:关闭|關閉)$|"
    r"^不成立"
)
UNPAID = (
    r"^(?i:(?:wc-)?(?:pending(?:[ _-]payment)?|on[ _-]hold|failed|(?:checkout[ _-])?draft|unpaid|"
    r"not[ _-]paid|expired|awaiting[ _-]payment|payment[ _-](?:pending|failed|error)|created)|"
    r"incomplete|uncaptured|requires[ _].*|declined|"
    r"zahlung ausstehend|fehlgeschlagen|in wartestellung|unbezahlt|"
    r"(?:en )?attente(?: de)? paiement|en attente|échouée?|"
    r"pendiente de pago|fallid[oa]|en espera|pagamento pendente|aguardando(?: pagamento)?|"
    r"malsucedido|não pago|in attesa(?: di pagamento)?|fallito|wachtend op betaling|mislukt|"
    r"belum (?:di)?bayar|chưa thanh toán|ที่ต้องชำระ|保留中?|未入金|入金待ち)$|"
    r"^(?:等待|尚未|待|未)(?:买家)?(?:付款|支付)|^(?:支付|付款)?失败|^没有创建支付宝交易"
)
REFUNDED = (
    r"^(?i:(?:wc-)?refunded|fully refunded|charge(?:d )?back|"
    r"(?:rück)?erstattet|remboursée?|reembolsad[oa]|rimborsat[oa]|terugbetaald|đã hoàn tiền)$|"
    r"^(?:退款成功|退款完成|已退款|已?(?:全额|全部)退款)|[，,;；、]\s*退款成功$"
)
#: Refunded too, unless a file writes what came back as rows of their own.
RETURNED = (
    r"^(?i:(?:package )?returned|shipped - (?:return(?:ed|ing) to seller|rejected by buyer)|"
    r"shipped[ _]back(?:[ _]success)?)$|^(?:已退货|退货(?:退款)?(?:成功|完成))"
)
#: Names of lines that are no product, whole.
SERVICE_NAMES = (
    r"^(?i:postage|dotcom postage|postage (?:and|&) packing|shipping(?: (?:cost|fee|charge)s?)?|"
    r"delivery(?: (?:cost|fee|charge)s?)?|carriage|handling(?: fee)?|manual|samples?|"
    r"bank charges|amazon fee|adjust(?:ment)?(?: bad debt)?|discount|tips?|gratuity|"
    r"(?:[^\p{L}\d]*\d[\d.,]* ?)?(?:e-?)?gift ?(?:card|voucher|certificate)s?"
    r"(?:[ /:–-]+[^\p{L}]*\d[\d.,]*(?: ?[a-z]{3})?)?|"
    r"(?:service|transaction|payment|processing|listing) fees?|"
    r"gift wrap(?:ping)?(?: fee)?|insurance|运费|邮费|快递费|补差价|差价|邮费补差价|运费补差价|"
    r"礼品卡|服务费|手续费|包装费|小费|打赏)$"
)
TOTALS = (
    r"^(?i:(?:grand )?totals?\b|sub-?total|sum$|\d+ record\(s\)|seller id|summary|"
    r"合计|总计|小计|共计)"
)

#: The first and the last year of an order: before and after them stand a calendar's day zero and
#: slips of the keyboard, and one of those would stretch every chart by centuries.
YEARS = (1980, 2100)


@dataclass(frozen=True)
class Switches:
    """What the reader chose to keep although it could be set aside."""

    keep_repeats: bool = False
    keep_outdated: bool = False
    include_unpaid: bool = False
    wholesale_apart: bool = False


SWITCHES = Switches()
#: What a reason is stored as: one byte per row.
KINDS = pl.Enum((KEPT, *REASONS))
#: flag of a line -> the statuses that raise it.
STATUSES = {"is_cancelled": CANCELLED, "is_unpaid": UNPAID, "is_refunded": REFUNDED}


def reason(lines: pl.DataFrame, switches: Switches = SWITCHES) -> pl.Series:
    """The reason of each row, or `kept`."""
    columns = frozenset(lines.columns)
    flags = {
        "not_a_line": "is_no_line",
        "repeat": "" if switches.keep_repeats else "is_repeat",
        "outdated": "" if switches.keep_outdated else "is_outdated",
        "cancelled": "is_cancelled",
        "unpaid": "" if switches.include_unpaid else "is_unpaid",
        "refunded": "is_refunded",
        "other_currency": "is_foreign",
        "service": "is_service",
        "missing_value": "is_missing",
        "wholesale_line": "is_wholesale" if switches.wholesale_apart else "",
    }
    tests = {name: pl.col(flag) for name, flag in flags.items() if flag in columns}
    tests["undatable"] = ~pl.col("ordered_at").dt.year().is_between(*YEARS).fill_null(value=False)
    tests["no_quantity"] = pl.col("quantity").is_null() | (pl.col("quantity") == 0)
    if "product_id" in columns:
        tests["no_product"] = pl.col("product_id").is_null()
    if (free := _free(columns)) is not None:
        tests["stock_write_off"], tests["no_price"] = (pl.col("quantity") < 0) & free, free
    if "_reason" in columns:
        for name in ("not_a_line", "summary_row", "not_a_sale", "refunded"):
            tests[name] = tests.get(name, pl.lit(value=False)) | (pl.col("_reason") == name)
    asked = [test.fill_null(value=False).alias(name) for name, test in tests.items()]
    found = lines.lazy().select(asked).collect()  # lazy: touches no other column
    chain = pl.lit(KEPT, KINDS)
    for name in reversed([name for name in REASONS if name in tests and found[name].any()]):
        chain = pl.when(name).then(pl.lit(name, KINDS)).otherwise(chain)
    return found.with_columns(chain.alias("reason"))["reason"]


def _free(columns: frozenset[str]) -> pl.Expr | None:
    """Neither a price nor money of its own."""
    money = [pl.col(c).fill_null(0) == 0 for c in ("unit_price", "revenue") if c in columns]
    if not money:
        return None
    return money[0] if "unit_price" in columns else pl.all_horizontal(money)
