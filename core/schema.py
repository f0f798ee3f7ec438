"""The canonical tables. Sources translate into these names; analyses read nothing else.

A column is present in a dataset only if the export carried it: an absent column is absent, never a
column of nulls. `ALWAYS` lists the ones that intake guarantees.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True)
class Column:
    """`meaning` is for the documentation and for whoever maps a column by hand."""

    dtype: pl.DataType
    meaning: str


TEXT, MONEY, COUNT, TIME = pl.String(), pl.Float64(), pl.Float64(), pl.Datetime("us")

#: One row per order line.
ORDER_LINES: Mapping[str, Column] = {
    "order_id": Column(TEXT, "order number; derived from customer and day where the file has none"),
    "line_id": Column(TEXT, "number of the line, unique within the dataset"),
    "ordered_at": Column(TIME, "when the order was placed, in the shop's local time"),
    "customer_id": Column(TEXT, "the customer's key; null for a guest"),
    "product_id": Column(TEXT, "stock code; the name where the file has no code"),
    "product_name": Column(TEXT, "name; the most frequent spelling of its product_id"),
    "category": Column(TEXT, "product category"),
    "quantity": Column(COUNT, "units; negative on a return; 1 where the file has none"),
    "unit_price": Column(MONEY, "price of one unit, in `currency`"),
    "discount": Column(MONEY, "money taken off the line, positive, in `currency`"),
    "revenue": Column(MONEY, "net of discount, negative on a return, in `currency`"),
    "status": Column(TEXT, "the order's status in the source's own words"),
    "channel": Column(TEXT, "where it was sold"),
    "country": Column(TEXT, "where it was sent, or where the customer is"),
    "currency": Column(TEXT, "ISO code; one per dataset"),
    "coupon": Column(TEXT, "discount code used on the order"),
    "unit_cost": Column(MONEY, "what one unit cost the shop, in `currency`"),
    "source_file": Column(TEXT, "name of the file the line came from"),
    "source_row": Column(pl.Int64(), "row in that file, 1-based, header counted"),
}

ALWAYS = frozenset({"order_id", "line_id", "ordered_at", "quantity", "source_file", "source_row"})

#: Optional tables beside the order lines: table -> column -> dtype. The first column is the key.
TABLES: Mapping[str, Mapping[str, pl.DataType]] = {
    "products": {
        "product_id": TEXT,
        "product_name": TEXT,
        "category": TEXT,
        "brand": TEXT,
        "tags": TEXT,
        "unit_price": MONEY,
        "unit_cost": MONEY,
        "supplier": TEXT,
    },
    "stock": {
        "product_id": TEXT,
        "on_hand": COUNT,
        "on_order": COUNT,
        "lead_time_days": pl.Float64(),
        "lead_time_sd_days": pl.Float64(),
        "unit_cost": MONEY,
        "supplier": TEXT,
        "pack_size": COUNT,
        "minimum_order": COUNT,
        "supplier_minimum": MONEY,
    },
    "customers": {"customer_id": TEXT, "created_at": TIME, "country": TEXT, "tags": TEXT},
    "reviews": {
        "product_id": TEXT,
        "order_id": TEXT,
        "reviewed_at": TIME,
        "rating": pl.Float64(),
        "text": TEXT,
    },
    "traffic": {
        "day": pl.Date(),
        "channel": TEXT,
        "product_id": TEXT,
        "sessions": COUNT,
        "page_views": COUNT,
        "units": COUNT,
    },
    "campaigns": {"day": pl.Date(), "campaign": TEXT, "cost": MONEY, "clicks": COUNT},
}
