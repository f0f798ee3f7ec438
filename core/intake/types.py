"""Text to typed columns: ids, money, counts, dates. Each column is probed whole, then cast once."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import polars as pl

from core.errors import AmbiguousDatesError, IntakeError
from core.intake import cells, dates, money
from core.intake.dates import DateFormat, Order
from core.intake.fields import MONEY
from core.intake.money import Mark
from core.intake.recognise import Recognised
from core.intake.sources.source import ROW

NUMBERS = (*MONEY, "quantity", "refund")
#: How a column of repeated text was read of which nothing was looked at yet.
RAW = "raw"
#: Set where a date does not fit the format that the first rows promise.
UNDATED = "_undated"


def typed(
    file: str,
    rows: pl.DataFrame,
    columns: Mapping[str, str],
    headers: Mapping[str, str],
    options: "Reading",
) -> tuple[pl.DataFrame, dict[str, str]]:
    """(ROW and one typed column per field, how those columns were read that could differ)."""
    made, read_as = [rows[ROW]], {}
    for field, name in columns.items():
        if rows[name].dtype == pl.Categorical and field in cells.REPEATED:
            made.append(rows[name].alias(field))
            read_as[field] = RAW
            continue
        column = cells.Column(file, field, headers.get(name, name), rows[name], rows[ROW])
        series, how = _one(column, options)
        made.append(series.alias(field))
        if how is not None:
            read_as[field] = how
    return pl.DataFrame(made), read_as


def tidied(lines: pl.DataFrame, found: Recognised, read_as: Mapping[str, str]) -> pl.DataFrame:
    """The lines of a whole file, text that was left raw cleaned once per distinct value."""
    changed = []
    for field in (field for field, how in read_as.items() if how == RAW):
        header = next(found.headers[c] for c in found.source.columns[field] if c in found.headers)
        column = cells.Column(found.table.name, field, header, lines[field], lines[ROW])
        clean = cells.identity(column) if field.endswith("_id") else cells.words(column)
        changed.append(clean.cast(pl.Categorical).alias(field))
    return lines.with_columns(changed)


def _one(column: cells.Column, options: "Reading") -> tuple[pl.Series, str | None]:
    if column.field == "ordered_at":
        return when(column, options)
    if column.field in NUMBERS:
        return number(column, options), _mark(column.values)
    if column.field.endswith("_id"):
        return cells.identity(column), "whole" if cells.has_tail(column.values) else None
    return cells.words(column), None


def dtypes(found: Recognised, options: "Reading") -> dict[str, pl.DataType]:
    """header key -> the type that its first rows allow, for the columns that need not be text.

    What the first rows promise the reader verifies: a cell that breaks it fails the reading.
    """
    head = found.table.first.rename(dict(found.renamed))
    wanted: dict[str, set[pl.DataType]] = {}
    for field, columns in found.source.columns.items():
        there = [column for column in columns if column in head.columns]
        if len(there) == 1 and head[there[0]].dtype == pl.String:
            kind = _likely(field, head[there[0]], options)
            wanted[there[0]] = {*wanted.get(there[0], ()), kind}
    return {column: kinds.pop() for column, kinds in wanted.items() if len(kinds) == 1}


def _likely(field: str, values: pl.Series, options: "Reading") -> pl.DataType:
    if field in cells.REPEATED:
        return pl.Categorical()
    plain = field in NUMBERS and options.mark != "," and money.is_plain(values)
    return pl.Float64() if plain else pl.String()


def _mark(values: pl.Series) -> str:
    """The decimal mark that the numbers were read by; "each" where every one decided."""
    return "." if money.is_plain(values) else money.mark_of(values.cast(pl.String)) or "each"


@dataclass(frozen=True)
class Reading:
    """How to read what can be read in two ways; None: found from the column."""

    order: Order | None = None
    hint: Order | None = None
    mark: Mark | None = None
    zone: str | None = None
    dates: DateFormat | None = None


def settled(found: Recognised, options: Reading) -> Reading:
    """The reading with day and month order decided from the whole column, where it is open."""
    name = next(iter(found.source.columns.get("ordered_at", ())), None)
    if options.order or name is None or name not in found.headers:
        return options
    start = found.table.first.rename(dict(found.renamed))[name]
    if start.dtype != pl.String or (shape := dates.find(_sample(start), None)) is None:
        return options
    if not dates.is_open(shape):
        return replace(options, dates=shape)
    rows = found.table.collected(found.rows.select(ROW, name))
    column = cells.Column(
        found.table.name, "ordered_at", found.headers[name], rows[name], rows[ROW]
    )
    return replace(options, order=_order(column, rows[name], options.hint))


def number(column: cells.Column, options: Reading) -> pl.Series:
    """Money or a count; null where there is none."""
    values = column.values
    if values.dtype.is_numeric() or values.dtype == pl.Decimal:
        return _finite(values.cast(pl.Float64))
    values = values.cast(pl.String)
    plain = values.cast(pl.Float64, strict=False)
    if options.mark != "," and plain.null_count() == values.null_count():
        return _finite(plain)
    mark = options.mark or money.mark_of(values)
    return _finite(values.to_frame("x").select(money.parse(pl.col("x"), mark)).to_series())


def _finite(values: pl.Series) -> pl.Series:
    if math.isfinite(values.sum()):  # it is not where a value is not
        return values
    return values.set(~values.is_finite(), None)


def when(column: cells.Column, options: Reading) -> tuple[pl.Series, str | None]:
    """(date and time by the shop's own clock, the format it was written in)."""
    values = column.values
    if values.dtype.is_temporal():
        if options.dates is not None:  # parsed while it was read
            return values, " / ".join(options.dates.formats)
        return dates.on_clock(values, options.zone), None
    values = values.cast(pl.String)
    utc = in_utc(column.header)
    found = dates.find(_sample(values), None)
    if found is None:
        raise IntakeError(
            "{file}, column {column}: {found} is not a date; choose the column that holds the "
            "order date.",
            file=column.file,
            column=column.header,
            found=next(iter(values.drop_nulls()), "–"),
        )
    order = options.order
    if dates.is_open(found):
        order = order or _order(column, values, options.hint)
        found = dates.find(_sample(values), order) or found
    parsed = (
        values.to_frame("x").select(found.parse(pl.col("x"), options.zone, utc=utc)).to_series()
    )
    return parsed, " / ".join(found.formats)


def dated(found: Recognised, options: Reading) -> list[pl.Expr]:
    """The column of dates parsed, and where that fails: to be worked out while rows are read."""
    columns = [column for columns in found.source.columns.values() for column in columns]
    name = next(iter(found.source.columns.get("ordered_at", ())), "")
    if options.dates is None or columns.count(name) > 1 or found.table.typed is None:
        return []
    text = pl.col(name)
    time = options.dates.parse(text, options.zone, utc=in_utc(found.headers[name]))
    return [time.alias(name), (time.is_null() & text.is_not_null()).alias(UNDATED)]


def in_utc(header: str) -> bool:
    """Whether a column of dates says that it is in UTC."""
    return "utc" in header.casefold()


def _sample(values: pl.Series) -> list[str]:
    """Some values from the whole length of the column: the first ones and every n-th."""
    filled = values.drop_nulls()
    return [*filled.head(200), *filled.gather_every(max(1, len(filled) // 800))]


def _order(column: cells.Column, values: pl.Series, hint: Order | None) -> Order:
    order, _, _ = dates.order_of(values)
    if order or hint:
        return order or hint  # type: ignore[return-value]
    if values.str.contains(r"^[\s']*\d{1,2}\.\d{1,2}\.").all():
        return "dmy"
    numbers = values.str.extract_groups(r"^[\s']*(\d{1,2})[/.\-](\d{1,2})[/.\-]").struct.unnest()
    differ = numbers.get_columns()[0] != numbers.get_columns()[1]
    raise AmbiguousDatesError(
        "{file}, row {row:integer}, column {column}: {found} can be day/month or month/day, and "
        "so can every date in the column; say which under date order.",
        file=column.file,
        row=column.rows.filter(differ)[0],
        column=column.header,
        found=values.filter(differ)[0],
    )
