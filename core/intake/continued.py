"""What is an order's and not a line's, in a file of unknown layout.

Its cells may stand on its first line only, as in merged cells of a workbook, and its total on each.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import polars as pl

from core.intake import money
from core.intake.reasons import TOTALS
from core.intake.sources.grain import filled

#: Below this share of the rows they are damaged ones, not the way in which the file is written.
SHARE = 0.05
#: What is the same on all lines of an order.
OF_ORDER = (
    "ordered_at", "customer_id", "status", "cancelled_at", "channel", "country", "currency",
    "coupon",
)  # fmt: skip


def filling(
    rows: pl.DataFrame, columns: Mapping[str, tuple[str, ...]]
) -> Callable[[pl.LazyFrame], pl.LazyFrame] | None:
    """What gives the lines below the cells of their order; None if the first rows lack none."""
    chosen = {field: names[0] for field, names in columns.items()}
    product = chosen.get("product_id") or chosen.get("product_name")
    needed = [chosen.get("order_id"), chosen.get("ordered_at"), chosen.get("quantity"), product]
    named = [name for name in needed if name and rows.schema.get(name) == pl.String]
    if len(named) < len(needed):
        return None
    below = _below(*named)
    if not rows.height or rows.select(below.mean()).item() < SHARE:
        return None
    cells = [
        chosen[field] for field in OF_ORDER if rows.schema.get(chosen.get(field, "")) == pl.String
    ]
    return partial(_filled, order=named[0], below=below, cells=cells)


def _below(order: str, when: str, quantity: str, product: str) -> pl.Expr:
    """A line without the cells of its order: product and units, but no date; no total."""
    line = filled(pl.col(product)) & filled(pl.col(quantity)) & ~filled(pl.col(when))
    totals = [pl.col(c).str.contains(TOTALS).fill_null(value=False) for c in (order, product)]
    return line & ~pl.any_horizontal(totals)


def _filled(
    rows: pl.LazyFrame, *, order: str, below: pl.Expr, cells: Sequence[str]
) -> pl.LazyFrame:
    above = pl.when(filled(pl.col(order))).then(order).forward_fill()
    numbered = rows.with_columns(
        pl.coalesce(pl.when(filled(pl.col(order))).then(order), pl.when(below).then(above)).alias(
            order
        ),
        _is_below=below,
    )
    first = [
        pl.when("_is_below")
        .then(pl.when(filled(pl.col(c))).then(c).drop_nulls().first().over(order))
        .otherwise(c)
        .alias(c)
        for c in cells
    ]
    return numbered.with_columns(first).drop("_is_below")


def per_order(rows: pl.DataFrame, taken: Mapping[str, str]) -> bool:
    """Whether the money is the whole order's, told on each of its lines or on the first only.

    It is where, in most orders of several lines, it comes closer to what all of them cost (price
    times quantity) than to what each does.
    """
    names = ("order_id", "quantity", "unit_price", "revenue")
    if not set(names) <= set(taken):
        return False
    order, *amounts = (pl.col(taken[name]).cast(pl.String) for name in names)
    units, price, told = (money.parse(amount, None) for amount in amounts)
    lines = rows.select(order.forward_fill().alias("order"), own=units * price, told=told)
    orders = lines.group_by("order").agg(
        pl.len(),
        each=(pl.col("told") - pl.col("own")).abs().sum(),
        whole=(pl.col("told").max() - pl.col("own").sum()).abs(),
    )
    several = orders.filter(pl.col("len") > 1)
    return several.filter(pl.col("whole") < pl.col("each")).height > 0.5 * several.height
