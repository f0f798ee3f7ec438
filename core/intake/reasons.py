"""Why a row is no sale to analyse. Every row has exactly one reason, the first that holds."""

from dataclasses import dataclass

import polars as pl

KEPT = "kept"
#: In the order in which they are asked; a row is set aside for the first that holds.
REASONS = (
    "not_a_line",
    "summary_row",
    "repeat",
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

CANCELLED = (
    r"^(?i:(?:wc-)?cancell?ed.*|cancel|void(?:ed)?|trash|deleted|returned to sender|rejected|"
    r"storniert|annul[ée]e?|cancelad[oa]|unavailable)$|^交易关闭|^已关闭|^已取消|^取消|关闭$|^订单取消"
)
UNPAID = (
    r"^(?i:(?:wc-)?(?:pending(?: payment)?|on-hold|failed|checkout-draft|unpaid|expired|"
    r"awaiting payment|payment pending|draft|created))$|"
    r"^等待买家付款|^待付款|^未付款|^待支付|^未支付"
)
REFUNDED = r"^(?i:(?:wc-)?refunded|fully refunded)$|^退款成功|^已退款|^全额退款"
#: Names of lines that are no product, whole.
SERVICE_NAMES = (
    r"^(?i:postage|dotcom postage|postage (?:and|&) packing|shipping(?: (?:cost|fee|charge)s?)?|"
    r"delivery(?: (?:cost|fee|charge)s?)?|carriage|handling(?: fee)?|manual|samples?|"
    r"bank charges|amazon fee|adjust(?:ment)?(?: bad debt)?|discount|tips?|gratuity|"
    r"gift ?(?:card|voucher)s?|(?:service|transaction|payment|processing|listing) fees?|"
    r"gift wrap(?:ping)?(?: fee)?|insurance|运费|邮费|快递费|补差价|差价|邮费补差价|运费补差价|"
    r"礼品卡|服务费|手续费|包装费|小费|打赏)$"
)
TOTALS = (
    r"^(?i:(?:grand )?totals?\b|sub-?total|sum$|\d+ record\(s\)|seller id|summary|"
    r"合计|总计|小计|共计)"
)


@dataclass(frozen=True)
class Switches:
    """What the reader chose to keep although it could be set aside."""

    keep_repeats: bool = False
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
        "cancelled": "is_cancelled",
        "unpaid": "" if switches.include_unpaid else "is_unpaid",
        "refunded": "is_refunded",
        "other_currency": "is_foreign",
        "service": "is_service",
        "missing_value": "is_missing",
        "wholesale_line": "is_wholesale" if switches.wholesale_apart else "",
    }
    tests = {name: pl.col(flag) for name, flag in flags.items() if flag in columns}
    tests["undatable"] = pl.col("ordered_at").is_null()
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
