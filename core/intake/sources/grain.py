"""Bringing rows to one per line: blank order cells, order-level money, packed and wide items."""

from collections.abc import Collection

import polars as pl

from core.intake import money
from core.intake.sources.source import ROW

#: A source may name the reason for which a row is set aside in this column.
REASON = "_reason"


def columns(rows: pl.LazyFrame) -> set[str]:
    """The columns that the rows carry."""
    return set(rows.collect_schema().names())


def number(column: str, there: Collection[str]) -> pl.Expr:
    """A column's numbers, 0 where it has none or is not there."""
    if column not in there:
        return pl.lit(0.0)
    return money.parse(pl.col(column).cast(pl.String), None).fill_null(0.0)


def falsehood(column: str, there: Collection[str]) -> pl.Expr:
    """Whether a column says no."""
    if column not in there:
        return pl.lit(value=False)
    no = pl.col(column).cast(pl.String).str.to_lowercase().is_in(("false", "no", "0"))
    return no.fill_null(value=False)


def text(value: pl.Expr) -> pl.Expr:
    """A computed number as text, as if the file had carried it."""
    return value.round(6).cast(pl.String)


def filled(value: pl.Expr) -> pl.Expr:
    """Whether a text cell holds anything."""
    return value.is_not_null() & (value.str.strip_chars() != "")


def order_cells(rows: pl.LazyFrame, order: str, cells: Collection[str]) -> pl.LazyFrame:
    """Carry what only the first row of an order holds to its other rows, where they are blank."""
    kept = sorted(set(cells) & columns(rows) - {order})
    there = [pl.when(filled(pl.col(c))).then(c).alias(c) for c in (order, *kept)]
    own = [pl.coalesce(c, pl.col(c).drop_nulls().first().over(order)) for c in kept]
    return rows.with_columns(there).with_columns(pl.col(order).forward_fill()).with_columns(own)


def spread(amount: pl.Expr, by: pl.Expr, order: str) -> pl.Expr:
    """An order's money divided over its lines by their share of `by`; evenly where that is 0."""
    total = by.sum().over(order)
    share = pl.when(total != 0).then(by / total).otherwise(1.0 / pl.len().over(order))
    return amount.first().over(order) * share


def share(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    """How much of the whole a part is, 0..1; all of it where one of them is not known."""
    return pl.when((part > 0) & (whole > part)).then(part / whole).otherwise(1.0)


def packed(rows: pl.LazyFrame, column: str, between: str) -> pl.LazyFrame:
    """One row per item named in a text cell, its text in `item`; other cells are repeated.

    `between` matches what separates two items; what its group captures belongs to the second.
    """
    items = pl.col(column).str.replace_all(between, "\x01${1}").str.split("\x01")
    return rows.with_columns(item=items).explode("item", empty_as_null=True)


def together(rows: pl.LazyFrame, cells: Collection[str], separator: str) -> pl.LazyFrame:
    """One row per part where all of `cells` hold equally many parts; else as it is."""
    there = sorted(set(cells) & columns(rows))
    parts = {c: pl.col(c).str.split(separator) for c in there}
    counts = [part.list.len() for part in parts.values()]
    alike = pl.all_horizontal([count == counts[0] for count in counts])
    split = [
        pl.when(alike).then(part).otherwise(pl.concat_list(c)).alias(c) for c, part in parts.items()
    ]
    return rows.with_columns(split).explode(there, empty_as_null=True)


def wide(rows: pl.LazyFrame, start: str) -> pl.LazyFrame:
    """One row per filled column whose name begins with `start`; its text lands in `item`."""
    items = sorted(c for c in columns(rows) if c.startswith(start))
    if not items:
        return rows.with_columns(item=pl.lit(None, pl.String))
    listed = pl.concat_list(items).list.drop_nulls()
    return rows.with_columns(item=listed).drop(items).explode("item", empty_as_null=True)


def part(column: str, name: str) -> pl.Expr:
    """What stands after `name:` in a cell packed as "name:..|sku:..|quantity:.."."""
    return pl.col(column).str.extract(rf"(?:^|\|)\s*{name}:([^|]*)", 1)


__all__ = [
    "REASON", "ROW", "columns", "falsehood", "filled", "number", "order_cells", "packed", "part",
    "share", "spread", "text", "together", "wide",
]  # fmt: skip
