"""Returns on the day of the sale they undo.

A return (negative quantity) moves to the latest earlier sale of the same product to the same
customer, where the customer is known; without one it stays on its own day.
"""

import polars as pl

from core.schema import ORDER_LINES


def on_sale_day(lines: pl.LazyFrame) -> pl.LazyFrame:
    """`lines` with every return that finds its sale dated like it. Partitionable by product."""
    columns = lines.collect_schema().names()
    keys = [name for name in ("product_id", "customer_id") if name in columns]
    if "customer_id" not in keys:
        return lines
    back = pl.col("quantity") < 0
    known = pl.all_horizontal(pl.col(key).is_not_null() for key in keys)
    returned = lines.filter(back & known).sort("ordered_at")
    sales = (
        lines.filter(~back & known)
        .select(*keys, "ordered_at", sold_at="ordered_at")
        .unique()
        .sort("ordered_at")
    )
    moved = returned.join_asof(
        sales, on="ordered_at", by=keys, strategy="backward", check_sortedness=False
    ).with_columns(pl.coalesce("sold_at", "ordered_at").cast(ORDER_LINES["ordered_at"].dtype)
                   .alias("ordered_at"))  # fmt: skip
    return pl.concat([lines.filter(~(back & known)), moved.select(columns)])
