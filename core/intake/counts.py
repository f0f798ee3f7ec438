"""A stock count by itself, loaded beside orders that are there already.

A file of a known layout is read as such; of any other one the columns are found by name.
"""

from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from core.errors import IntakeError
from core.intake import tables
from core.intake.inspection import recognised
from core.intake.recognise import GENERIC, Recognised, holds_orders
from core.intake.request import DEFAULT, Upload
from core.schema import TABLES

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


def stock_count(upload: Upload) -> pl.DataFrame:
    """The stock table of one file, one row per product."""
    found = recognised([upload], DEFAULT)
    lists = [one for one in found if not _sales(one)]
    for read in (found, [as_stock(one) for one in lists]):
        stock = tables.optional(read).get("stock")
        if stock is not None and {"product_id", "on_hand"} <= set(stock.columns) and len(stock):
            return stock
    raise IntakeError(
        "{file} is no stock list: it needs a column with the product code and one with the units "
        "in stock.",
        file=upload.name,
    )


def _sales(found: Recognised) -> bool:
    """Whether a file holds what was sold, not what is there."""
    known = found.source.name != GENERIC and found.source.table in ("lines", "orders")
    return known or holds_orders(found.table.keys)


def as_stock(found: Recognised) -> Recognised:
    """The same table, its columns read as those of a stock list."""
    named = [found.choices[field].column for field in KEYS if field in found.choices]
    columns = {
        field: tuple(name for name in names if name in found.table.keys)[:1]
        for field, names in NAMES.items()
    }
    columns["product_id"] = tuple(name for name in named if name)[:1]
    kept = {field: columns[field] for field in TABLES["stock"] if columns.get(field)}
    return replace(found, source=replace(found.source, table="stock", columns=kept, also={}))
