"""The optional tables: products, stock and the like, typed by `core.schema.TABLES`."""

from collections.abc import Sequence

import polars as pl

from core.intake import types
from core.intake.clean import chosen
from core.intake.recognise import Recognised
from core.intake.sources.source import ROW
from core.schema import TABLES


def optional(found: Sequence[Recognised]) -> dict[str, pl.DataFrame]:
    """table -> its rows, one per key; the last file that names a key wins."""
    frames: dict[str, list[pl.DataFrame]] = {}
    for one in found:
        if one.source.table in TABLES:
            frames.setdefault(one.source.table, []).append(_typed(one))
    return {name: _one_per_key(name, parts) for name, parts in frames.items()}


def _one_per_key(name: str, parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    key = next(iter(TABLES[name]))
    return (
        pl.concat(parts, how="diagonal_relaxed")
        .filter(pl.col(key).is_not_null())
        .unique(key, keep="last", maintain_order=True)
        .sort(key)
    )


def _typed(found: Recognised) -> pl.DataFrame:
    dtypes = TABLES[found.source.table]
    raw = found.source.prepare(found.table.rows).collect()
    headers = dict(zip(found.table.keys, found.table.columns, strict=False))
    made = []
    for field, columns in chosen(found.source, raw).items():
        column = types.Column(
            found.table.name, field, headers.get(columns[0], columns[0]), raw[columns[0]], raw[ROW]
        )
        made.append(_column(column, dtypes[field], found).alias(field))
    return pl.DataFrame(made)


def _column(column: types.Column, dtype: pl.DataType, found: Recognised) -> pl.Series:
    if dtype.is_numeric():
        return types.number(column, types.Reading())
    if dtype.is_temporal():
        hint = types.Reading(hint=found.source.date_order)  # type: ignore[arg-type]
        return types.when(column, hint)[0].cast(dtype)
    return types.identity(column) if column.field.endswith("_id") else types.words(column)
