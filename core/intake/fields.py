"""What the columns of an unknown file mean: by their names, English or Chinese, and content."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from core.intake import continued, dates, money, translated
from core.intake.sources.source import ROW

SAMPLE = 2_000
#: What numbers that count days or seconds are worth as dates: only a name makes them one.
COUNTED = 0.4

#: Canonical field -> header keys that name it in English or Chinese, surest first.
OWN: Mapping[str, tuple[str, ...]] = {
    "order_id": (
        "order_id", "order id", "order number", "order no", "order no.", "order #", "orderid",
        "ordernumber", "order", "invoice", "invoiceno", "invoice no", "invoice number",
        "invoice id", "transaction id", "transaction_id", "receipt", "receipt no", "sale id",
        "basket id", "basket_id", "bill no", "ticket", "document no", "订单编号", "订单号",
        "订单id", "主订单编号", "单号", "交易号", "流水号", "小票号", "发票号",
    ),
    "line_id": (
        "line_id", "line id", "order item id", "order_item_id", "item id", "line item id",
        "orderitemid", "子订单编号", "子订单号", "明细id",
    ),
    "ordered_at": (
        "ordered_at", "order date", "order_date", "orderdate", "date", "created at", "created_at",
        "ordered at", "order time", "invoicedate", "invoice date", "sale date", "purchase date",
        "purchase-date", "transaction date", "datetime", "timestamp", "time", "date/time", "day",
        "created", "placed at", "日期", "下单时间", "下单日期", "订单创建时间", "订单时间",
        "创建时间", "付款时间", "支付时间", "订单付款时间", "成交时间", "交易时间", "销售日期",
        "时间",
    ),
    "customer_id": (
        "customer_id", "customer id", "customerid", "customer", "customer no", "customer number",
        "client", "client id", "client_id", "user_id", "user id", "userid", "buyer", "buyer id",
        "member id", "member_id", "household_id", "customer email", "email", "e-mail",
        "email address", "account", "买家会员名", "买家昵称", "买家", "客户", "客户编号",
        "客户id", "客户名称", "会员", "会员号", "会员id", "用户id", "下单帐号", "下单账号",
        "买家手机号",
    ),
    "product_id": (
        "product_id", "product id", "productid", "sku", "stockcode", "stock code", "item code",
        "item no", "item number", "item_id", "article", "article no", "product code", "asin",
        "barcode", "ean", "upc", "plu", "variant sku", "商品编码", "商家编码", "商品编号",
        "商品id", "货号", "sku编码", "商品代码", "条码",
    ),
    "product_name": (
        "product_name", "product name", "product", "item name", "item", "name", "title",
        "item title", "description", "product title", "lineitem name", "article name", "商品名称",
        "商品", "商品标题", "宝贝标题", "标题", "品名", "产品名称", "货品名称",
    ),
    "category": (
        "category", "product category", "department", "product type", "type", "group",
        "product group", "commodity_desc", "类目", "分类", "品类", "商品分类", "类别",
    ),
    "quantity": (
        "quantity", "qty", "qty.", "units", "count", "quantity ordered", "quantity-purchased",
        "quantity sold", "items", "pieces", "pcs", "amount ordered", "number of items", "数量",
        "购买数量", "商品数量", "订购数量", "件数", "销量", "销售数量",
    ),
    "unit_price": (
        "unit_price", "unit price", "unitprice", "price", "item price", "price each",
        "sale price", "selling price", "price per unit", "lineitem price", "单价", "价格",
        "商品单价", "销售价", "售价", "京东价",
    ),
    "discount": (
        "discount", "discount amount", "line discount", "discounts", "rebate", "折扣", "优惠",
        "优惠金额", "折扣金额",
    ),
    "revenue": (
        "revenue", "line total", "line_total", "net sales", "sales", "total", "amount",
        "sales value", "sales_value", "subtotal", "net amount", "turnover", "total price",
        "total amount", "item total", "金额", "销售额", "实付金额", "应付金额", "实收金额",
        "小计", "总价", "总金额", "销售金额", "商品金额",
    ),
    "status": (
        "status", "order status", "order_status", "financial status", "payment status",
        "订单状态", "状态", "交易状态",
    ),
    "cancelled_at": ("cancelled at", "canceled at", "cancelled_at", "取消时间"),
    "channel": (
        "channel", "sales channel", "source", "store", "shop", "platform", "渠道", "店铺",
        "店铺名称", "平台", "来源",
    ),
    "country": (
        "country", "ship country", "shipping country", "billing country", "country code",
        "region", "国家", "国家/地区", "地区",
    ),
    "currency": ("currency", "currency code", "币种", "货币"),
    "coupon": (
        "coupon", "coupon code", "discount code", "voucher", "voucher code", "promo code",
        "优惠券", "优惠码", "优惠券码",
    ),
    "unit_cost": (
        "unit_cost", "unit cost", "cost", "cost price", "cost per item", "purchase price", "成本",
        "成本价", "进价",
    ),
}  # fmt: skip

#: The same in every language.
NAMES = {field: (*names, *translated.NAMES.get(field, ())) for field, names in OWN.items()}
#: What the header of a person's name, address or number says; it never names a product.
PERSON = re.compile(
    r"\b(?:bill|ship|customer|buyer|client|recipient|receiver|contact|first|last|full|user|"
    r"company|employee|staff|seller)(?:ing|[ _-]?to)?[ _-]?name\b|phone|address|street|e-?mail|"
    r"姓名|收货人|收件人|电话|手机|地址"
)
OF_PRODUCT = ("product_id", "product_name", "category")
#: Currencies that are written in small letters before the amount.
SIGNS = "Rp|Rs|kr|Kr|zł|Kč|Ft|lei|руб"
MONEY = ("unit_price", "discount", "revenue", "unit_cost")
#: Fields that content alone may suggest, the surest first.
GUESSED = ("ordered_at", "order_id", "unit_price", "quantity", "product_name", "customer_id")


@dataclass(frozen=True)
class Choice:
    """Which of the file's columns (as its key) stands for a field, and how sure that is."""

    field: str
    column: str | None
    confidence: float
    alternatives: tuple[str, ...] = ()


@dataclass(frozen=True)
class Look:
    """What the values of one column look like: shares of the sample, 0..1.

    counted: 1 for numbers that could count the days or seconds to a date.
    """

    filled: float
    date: float
    number: float
    whole: float
    distinct: float
    letters: float
    counted: float = 0.0

    def fits(self, field: str) -> float:
        """0..1: how well these values could be the field's."""
        if self.filled == 0:
            return 0.0
        if field == "ordered_at":
            return max(self.date, COUNTED * self.counted)
        if field in MONEY:
            return self.number
        if field == "quantity":
            return self.number * (1.0 if self.whole > 0.9 else 0.8)
        if field == "product_name":
            return min(1.0, 0.3 + self.letters)
        return 0.6 if self.date > 0.9 and self.number < 0.5 else 1.0


def looks(rows: pl.DataFrame) -> dict[str, Look]:
    """The look of every column, from the first rows."""
    sample = rows.head(SAMPLE)
    return {column: _look(sample[column]) for column in rows.columns if column != ROW}


def _look(column: pl.Series) -> Look:
    values = column.drop_nulls()
    if column.dtype.is_temporal():
        return Look(1 - column.null_count() / max(1, len(column)), 1, 0, 0, 1, 0)
    text = values.cast(pl.String)
    total = max(1, len(text))
    some = text.head(200).to_list()
    found = dates.find(some, None)
    counted = found is not None and found.formats[0] in ("serial", "epoch")
    numbers = text.to_frame("x").select(money.parse(pl.col("x"), None)).to_series()
    bare = text.str.replace(r"[（\[【].*$", "")
    numbers = numbers.filter(
        bare.str.contains(rf"^[\W]*(?:[A-Z]{{0,3}}|{SIGNS})[\W]*\d[\d\s.,']*\D{{0,4}}$")
    )
    whole = numbers.drop_nulls()
    return Look(
        filled=len(values) / max(1, len(column)),
        date=float(found is not None and not counted),
        number=len(whole) / total,
        whole=_share(whole == whole.round()),
        distinct=text.n_unique() / total,
        letters=_share(text.str.contains(r"\p{L}{2,}")),
        counted=float(counted),
    )


def _share(true: pl.Series) -> float:
    return int(true.sum()) / max(1, len(true))


def by_name(header: str, field: str) -> float:
    """0..1: how surely the header's name says `field`."""
    if ("%" in header and field in MONEY) or (PERSON.search(header) and field in OF_PRODUCT):
        return 0.0
    names = NAMES[field]
    bare = re.sub(r"\s*[(\[（].*$", "", header)
    written = (header, bare, header.replace("_", " "), header.replace("-", " "))
    for language in (OWN[field], translated.NAMES.get(field, ())):
        for place, name in enumerate(language):
            if name in written:
                return 0.98 - 0.004 * place
    words = set(re.split(r"[\s_\-/.]+", bare))
    within = [
        name
        for name in names
        if set(name.split()) <= words or (not name.isascii() and len(name) > 1 and name in bare)
    ]
    return 0.62 if within else 0.0


def choose(rows: pl.DataFrame) -> dict[str, Choice]:
    """The likeliest column of every field; a column stands for one field only."""
    seen = looks(rows)
    scores = [
        (by_name(column, field) * look.fits(field), field, column)
        for column, look in seen.items()
        for field in NAMES
    ]
    scores = sorted(
        (score for score in scores if score[0] > 0.3), key=lambda s: (-s[0], s[1], s[2])
    )
    taken: dict[str, tuple[str, float]] = {}
    for score, field, column in scores:
        if field not in taken and column not in {used for used, _ in taken.values()}:
            taken[field] = (column, score)
    if continued.per_order(rows, {field: column for field, (column, _) in taken.items()}):
        del taken["revenue"]
    _guess(seen, taken)
    none: tuple[str | None, float] = (None, 0.0)
    chosen = {field: taken.get(field, none) for field in NAMES}
    return {
        field: Choice(field, column, sure, _others(scores, seen, field, taken))
        for field, (column, sure) in chosen.items()
    }


def _guess(seen: Mapping[str, Look], taken: dict[str, tuple[str, float]]) -> None:
    """Fill what the names leave open from content alone, never surer than 0.5."""
    for field in GUESSED:
        free = {
            c: look
            for c, look in seen.items()
            if c not in {used for used, _ in taken.values()}
            and not (field in OF_PRODUCT and PERSON.search(c))
        }
        if field in taken or (field == "unit_price" and "revenue" in taken):
            continue
        scored = [(_content(field, look), column) for column, look in free.items()]
        best = max(scored, default=(0.0, ""), key=lambda s: s[0])
        if best[0] >= 0.35:
            taken[field] = (best[1], best[0])


def _content(field: str, look: Look) -> float:
    """How much the values alone speak for the field."""
    if look.filled < 0.5:
        return 0.0
    rules = {
        "ordered_at": 0.5 * look.date,
        "order_id": 0.4 if look.date == 0 and 0.15 < look.distinct <= 1 and look.letters < 0.5
        and (look.number < 0.5 or (look.whole == 1 and look.distinct > 0.3)) else 0.0,
        "unit_price": 0.4 * look.number * (look.whole < 0.9),
        "quantity": 0.4 * look.number * (look.whole == 1 and look.distinct < 0.3),
        "product_name": 0.4 * (look.letters > 0.9 and look.distinct > 0.02 and look.date == 0),
        "customer_id": 0.36 * (look.date == 0 and 0.05 < look.distinct < 0.9 and look.number < 1),
    }  # fmt: skip
    return float(rules[field])


def _others(
    scores: Sequence[tuple[float, str, str]],
    seen: Mapping[str, Look],
    field: str,
    taken: Mapping[str, tuple[str, float]],
) -> tuple[str, ...]:
    """The other columns that could stand for the field, likeliest first."""
    chosen = taken.get(field, ("", 0.0))[0]
    named = [column for _, of, column in scores if of == field and column != chosen]
    fitting = [
        column
        for column, look in seen.items()
        if look.fits(field) >= 0.8 and column != chosen and column not in named
    ]
    return tuple((named + fitting)[:12])
