"""A stock list of no known layout: its columns are found by name."""

from collections.abc import Mapping
from dataclasses import replace

from core.intake import fields
from core.intake.fields import Choice
from core.intake.recognise import GENERIC, Recognised
from core.schema import TABLES

#: What such a file is recognised as.
NAME = "stock_list"
#: How sure that is: the columns say so by name.
NAMED = 0.9
#: What tells a product, best first.
KEYS = ("product_id", "product_name")
#: Stock column -> header keys that name it, surest first; "quantity" is what the units are called
#: where nothing says more.
NAMES: Mapping[str, tuple[str, ...]] = {
    "on_hand": (
        "on_hand", "on hand", "qty on hand", "quantity on hand", "in stock", "qty in stock",
        "quantity in stock", "units in stock", "stock", "stock level", "stock quantity",
        "stock on hand", "soh", "available", "inventory", "inventory quantity",
        "variant inventory qty", "counted", "count", "balance", "quantity", "qty", "units", "pcs",
        "现有库存", "库存", "库存数量", "库存量", "可用库存", "实际库存",
        "当前库存", "盘点数量", "在库数量", "结存", "数量",
    ),
    "on_order": (
        "on_order", "on order", "incoming", "ordered", "open orders", "in transit", "在途",
        "在途数量", "在途库存", "已订未到", "采购在途",
    ),
    "lead_time_days": (
        "lead_time_days", "lead time", "lead time days", "lead time (days)", "delivery days",
        "交货天数", "到货周期", "到货天数", "采购周期", "交期",
    ),
    "lead_time_sd_days": ("lead_time_sd_days", "lead time sd", "交货天数波动", "到货周期波动"),
    "unit_cost": (
        "unit_cost", "unit cost", "cost", "cost price", "cost per item", "purchase price",
        "buying price", "成本价", "成本", "进价", "进货价", "采购价",
    ),
    "supplier": ("supplier", "vendor", "manufacturer", "供应商", "供货商", "厂家"),
    "pack_size": ("pack_size", "pack size", "pack", "case size", "case pack", "箱规", "装箱数"),
    "minimum_order": (
        "minimum_order", "minimum order", "min order", "moq", "minimum order quantity", "起订量",
        "最小起订量",
    ),
    "supplier_minimum": (
        "supplier_minimum", "supplier minimum", "minimum order value", "minimum order amount",
        "mov", "起订金额", "最低起订金额", "起送金额",
    ),
}  # fmt: skip
#: Of the names of units in stock, those that as well are units sold.
VAGUE = frozenset(
    {"available", "counted", "count", "balance", "quantity", "qty", "units", "pcs", "数量", "结存"}
)


def is_stock(found: Recognised) -> bool:
    """Whether an unknown file without dates or order numbers says by name what is in stock."""
    chosen = {field for field, choice in found.choices.items() if choice.column}
    if found.source.name != GENERIC or "ordered_at" in chosen or chosen.isdisjoint(KEYS):
        return False
    keys, orders = found.table.keys, ("order_id", "ordered_at")
    if any(fields.by_name(name, field) > 0.9 for name in keys for field in orders):
        return False
    return not {*NAMES["on_hand"]}.difference(VAGUE).isdisjoint(keys)


def as_stock(found: Recognised) -> Recognised:
    """The same table, its columns read as those of a stock list."""
    named = [found.choices[field].column for field in KEYS if field in found.choices]
    columns = {
        field: tuple(name for name in names if name in found.table.keys)[:1]
        for field, names in NAMES.items()
    }
    columns["product_id"] = tuple(name for name in named if name)[:1]
    kept = {field: columns[field] for field in TABLES["stock"] if columns.get(field)}
    source = replace(found.source, name=NAME, table="stock", columns=kept, also={})
    choices = {field: Choice(field, column, 1.0) for field, (column,) in kept.items()}
    return replace(found, source=source, choices=choices, confidence=NAMED)
