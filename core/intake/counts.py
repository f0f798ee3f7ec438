"""A stock count by itself, loaded beside orders that are there already.

A file of a known layout is read as such; of any other one the columns are found by name.
"""

import polars as pl

from core.errors import IntakeError
from core.intake import tables
from core.intake.inspection import recognised
from core.intake.recognise import GENERIC, Recognised, holds_orders
from core.intake.request import DEFAULT, Upload
from core.intake.stock_list import as_stock


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
