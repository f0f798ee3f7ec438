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
#: Worth knowing about rows that are kept.
NOTES = (
    "returns", "repeats_kept", "unpaid_kept", "wholesale_kept", "filled", "guests",
    "masked_customers", "spread",
)  # fmt: skip

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


def reason(columns: frozenset[str], switches: Switches = SWITCHES) -> pl.Expr:
    """The reason of each row, or `kept`. `columns`: those the lines carry."""
    tests = {
        "not_a_line": pl.col("is_no_line") | _preset(columns, "not_a_line"),
        "summary_row": _preset(columns, "summary_row"),
        "not_a_sale": _preset(columns, "not_a_sale"),
        "repeat": _is(columns, "is_repeat", unless=switches.keep_repeats),
        "undatable": pl.col("ordered_at").is_null(),
        "cancelled": _is(columns, "is_cancelled"),
        "unpaid": _is(columns, "is_unpaid", unless=switches.include_unpaid),
        "refunded": _is(columns, "is_refunded") | _preset(columns, "refunded"),
        "other_currency": _is(columns, "is_foreign"),
        "no_product": _null(columns, "product_id"),
        "service": _is(columns, "is_service"),
        "no_quantity": pl.col("quantity").is_null() | (pl.col("quantity") == 0),
        "stock_write_off": (pl.col("quantity") < 0) & _free(columns),
        "no_price": _free(columns),
        "missing_value": _is(columns, "is_missing"),
        "wholesale_line": _is(columns, "is_wholesale", unless=not switches.wholesale_apart),
    }
    chain = pl.lit(KEPT, KINDS)
    for name in reversed(REASONS):
        test = tests[name].fill_null(value=False)
        chain = pl.when(test).then(pl.lit(name, KINDS)).otherwise(chain)
    return chain.alias("reason")


def _null(columns: frozenset[str], column: str) -> pl.Expr:
    return pl.col(column).is_null() if column in columns else pl.lit(value=False)


def _is(columns: frozenset[str], flag: str, *, unless: bool = False) -> pl.Expr:
    there = flag in columns and not unless
    return pl.col(flag).fill_null(value=False) if there else pl.lit(value=False)


def _preset(columns: frozenset[str], reason: str) -> pl.Expr:
    """What the source itself knows of the row."""
    if "_reason" not in columns:
        return pl.lit(value=False)
    return (pl.col("_reason") == reason).fill_null(value=False)


def _free(columns: frozenset[str]) -> pl.Expr:
    """Neither a price nor money of its own."""
    money = [pl.col(c).fill_null(0) == 0 for c in ("unit_price", "revenue") if c in columns]
    if not money:
        return pl.lit(value=False)
    return money[0] if "unit_price" in columns else pl.all_horizontal(money)
