"""The optional tables: products, stock and the like, typed by `core.schema.TABLES`."""

from collections.abc import Mapping, Sequence

import polars as pl

from core.intake import cells, types
from core.intake.clean import prepared
from core.intake.derive import one_case
from core.intake.recognise import Recognised
from core.intake.request import DEFAULT, Cleaning
from core.intake.sources.source import ROW
from core.schema import TABLES

#: Tables of one row per key; the others are lists.
KEYED = ("products", "stock", "customers")
#: Columns that are added up where a product lies in several places.
SUMMED = ("on_hand", "on_order")


def optional(found: Sequence[Recognised], cleaning: Cleaning = DEFAULT) -> dict[str, pl.DataFrame]:
    """table -> its rows; of a keyed table one per key, where the last file wins."""
    frames: dict[str, list[pl.DataFrame]] = {}
    for one in found:
        for table, columns in {one.source.table: one.source.columns, **one.source.also}.items():
            if table in TABLES and (typed := _typed(one, table, columns, cleaning)) is not None:
                frames.setdefault(table, []).append(typed)
    tables = {
        name: _one_per_key(name, pl.concat(parts, how="diagonal_relaxed"))
        for name, parts in frames.items()
    }
    return _translated(tables, found)


def _one_per_key(name: str, rows: pl.DataFrame) -> pl.DataFrame:
    key = next(iter(TABLES[name]))
    if name not in KEYED:
        return rows
    return rows.unique(key, keep="last", maintain_order=True).sort(key)


def _typed(
    found: Recognised, table: str, columns: Mapping[str, tuple[str, ...]], cleaning: Cleaning
) -> pl.DataFrame | None:
    """One file's rows of a table; None if it carries nothing beside the key."""
    dtypes, source = TABLES[table], found.source
    raw = prepared(found, found.table.collected(found.rows))
    made = []
    for field, names in columns.items():
        there = [name for name in names if name in raw.columns]
        if there and field in dtypes:
            column = _column(found, raw, field, there, dtypes[field], _reading(found, cleaning))
            made.append(column.alias(field))
    rows, key = pl.DataFrame(made), next(iter(dtypes))
    if rows.width < 2 or (table in KEYED and key not in rows.columns):
        return None
    if table in KEYED:
        rows = rows.filter(pl.col(key).is_not_null())
    summed = [column for column in SUMMED if column in rows.columns]
    if table == "stock" and summed:
        first = [pl.col(c).drop_nulls().first() for c in rows.columns if c not in (key, *summed)]
        total = [pl.when(pl.col(c).count() > 0).then(pl.col(c).sum()).alias(c) for c in summed]
        order = rows.columns
        rows = rows.group_by(key, maintain_order=True).agg(*total, *first).select(order)
    if source.channel and "channel" in dtypes and "channel" not in rows.columns:
        rows = rows.with_columns(channel=pl.lit(source.channel))
    return rows


def _reading(found: Recognised, cleaning: Cleaning) -> types.Reading:
    """How dates and numbers are read: as was asked, else as the layout writes them."""
    order = None if cleaning.date_order == "auto" else cleaning.date_order
    mark = None if cleaning.decimal_mark == "auto" else cleaning.decimal_mark
    return types.Reading(order, found.source.date_order, mark)  # type: ignore[arg-type]


def _column(
    found: Recognised,
    raw: pl.DataFrame,
    field: str,
    there: Sequence[str],
    dtype: pl.DataType,
    reading: types.Reading,
) -> pl.Series:
    """A field of a table: the first of its columns that holds something, row by row."""
    texts = [pl.col(name).cast(pl.String).str.strip_chars() for name in there]
    real = [pl.when(~text.is_in(cells.NOTHING)).then(text) for text in texts]
    values = raw[there[0]] if len(there) == 1 else raw.select(pl.coalesce(real)).to_series()
    column = cells.Column(
        found.table.name, field, found.headers.get(there[0], there[0]), values, raw[ROW]
    )
    if dtype.is_numeric():
        return types.number(column, reading)
    if dtype.is_temporal():
        return types.when(column, reading)[0].cast(dtype)
    if field.endswith("_id"):
        keys = cells.identity(column)
        return one_case(keys) if field == "customer_id" else keys
    return cells.words(column).cast(pl.String)


def _translated(
    tables: dict[str, pl.DataFrame], found: Sequence[Recognised]
) -> dict[str, pl.DataFrame]:
    """Product categories by name, where a file says what their codes mean."""
    products = tables.get("products")
    for one in found:
        if one.source.table == "categories" and products is not None:
            names = one.table.collected(one.rows).select(
                category=pl.col(one.source.columns["category"][0]).cast(pl.String),
                category_name=pl.col(one.source.columns["category_name"][0]).cast(pl.String),
            )
            if "category" in products.columns:
                named = products.join(
                    names.unique("category"), on="category", how="left", maintain_order="left"
                )
                products = named.with_columns(
                    category=pl.coalesce("category_name", "category")
                ).drop("category_name")
                tables = {**tables, "products": products}
    return tables
