"""Recognised tables in, typed lines out, a batch of rows at a time."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import polars as pl

from core.errors import IntakeError
from core.intake import cells, reasons, types
from core.intake.derive import derived, judged
from core.intake.read import UnlikeSampleError
from core.intake.recognise import Recognised
from core.intake.request import Progress
from core.intake.sources.grain import REASON, spread
from core.intake.sources.source import ROW, Source, as_is

HASH = "_hash"


@dataclass(frozen=True, eq=False)
class Part:
    """One file's lines, typed, before anything is set aside.

    `lines` carries `ROW` and `HASH` (of the row's own cells) beside the canonical columns.
    """

    found: Recognised
    lines: pl.DataFrame
    rows: int
    date_format: str | None

    @property
    def source(self) -> Source:
        """The layout that the file was read by."""
        return self.found.source


@dataclass(frozen=True, eq=False)
class Partner:
    """What another file knows of the same orders or customers: one row per `on`."""

    on: str
    known: pl.DataFrame


@dataclass(frozen=True, eq=False)
class Batch:
    """Some rows of a file: typed lines, and how its columns were read."""

    lines: pl.DataFrame
    read_as: dict[str, str]


def part(
    found: Recognised,
    reading: types.Reading,
    partners: Sequence[Partner],
    hashed: Sequence[str],
    progress: Progress = lambda _rows, _about: None,
) -> Part:
    """Bring one table to typed lines. `hashed`: the columns by which rows are compared."""
    batches = _batches(found, types.settled(found, reading), partners, hashed, progress)
    if not batches:
        raise IntakeError(
            "{file} has column names but no rows: export it again with the orders in it.",
            file=found.table.name,
        )
    lines = pl.concat([batch.lines for batch in batches], how="diagonal_relaxed", rechunk=False)
    read_as = batches[0].read_as
    lines = _compact(judged(types.tidied(lines, found, read_as), found.source))
    return Part(found, lines, lines.height, read_as.get("ordered_at"))


def _batches(
    found: Recognised,
    reading: types.Reading,
    partners: Sequence[Partner],
    hashed: Sequence[str],
    progress: Progress,
) -> list[Batch]:
    """The rows cleaned a batch at a time where each row stands for itself.

    They are read with the types and the dates that the first rows promise. Should a batch break
    the promise, or two batches read their columns differently (dates, decimal marks), the whole
    file decides: it is read at once, as text.
    """
    as_text = replace(reading, dates=None)

    def row_hash(own: pl.Schema) -> list[pl.Expr]:
        return [_hash(own, found.source, hashed)]

    def promised(own: pl.Schema) -> list[pl.Expr]:
        return [*row_hash(own), *types.dated(found, reading)]

    def cleaned(raws: Iterable[pl.DataFrame], reading: types.Reading) -> list[Batch]:
        done = [_batch(found, raw, reading, partners) for raw in _told(raws, found, progress)]
        return [batch for batch in done if batch.lines.height]

    if found.source.prepare is as_is and not any("refund" in p.known.columns for p in partners):
        try:
            batches = cleaned(found.batches(types.dtypes(found, reading), promised), reading)
        except UnlikeSampleError:
            batches = cleaned(found.batches({}, row_hash), as_text)
        if all(batch.read_as == batches[0].read_as for batch in batches):
            return batches
    whole = found.table.collected(found.rows)
    return cleaned([whole.with_columns(row_hash(whole.schema))], as_text)


def _told(
    raws: Iterable[pl.DataFrame], found: Recognised, progress: Progress
) -> Iterator[pl.DataFrame]:
    """The batches that hold rows; after each it is told how far the reading is."""
    for raw in raws:
        if types.UNDATED in raw.columns and raw[types.UNDATED].any():
            raise UnlikeSampleError
        if raw.height:
            yield raw
            progress(int(raw[ROW][-1]), found.table.about)


def _batch(
    found: Recognised,
    own: pl.DataFrame,
    reading: types.Reading,
    partners: Sequence[Partner],
) -> Batch:
    table, source = found.table, found.source
    raw = prepared(found, own.drop(HASH, types.UNDATED, strict=False))
    columns = chosen(source, raw)
    _require(found, columns, partners)
    several = [_filled(source, columns, f) for f in sorted(source.filled_by & set(columns))]
    raw = raw.with_columns(several)
    names = {field: _name(source, columns, field) for field in columns}
    lines, read_as = types.typed(table.name, raw, names, found.headers, reading)
    if REASON in raw.columns:
        lines = lines.with_columns(raw[REASON])
    shown = [name for name in found.headers if name in raw.columns]
    if (no_line := _no_line(raw, shown, columns)) is not None:
        lines = lines.with_columns(no_line)
    for partner in partners:
        lines = _joined(lines, partner)
    return Batch(_compact(_with_hash(derived(lines, source), own)), read_as)


def prepared(found: Recognised, own: pl.DataFrame) -> pl.DataFrame:
    """The rows brought to one per line by the source."""
    if found.source.prepare is as_is:
        return own
    try:
        return found.source.prepare(own.lazy()).collect()
    except pl.exceptions.PolarsError as error:
        raise IntakeError(
            "{file} has the columns of {format:label}, but its cells do not fit: export it again.",
            file=found.table.name,
            format=found.source.name,
        ) from error


def _hash(own: pl.Schema, source: Source, hashed: Sequence[str]) -> pl.Expr:
    """A hash of the cells of a row: the sum of its cells'.

    A cell has one hash however its column was read: numbers by value, repeated text by its code.
    """
    fields = {column: field for field, columns in source.columns.items() for column in columns}
    cells = [_cell(c, own[c], fields.get(c), seed) for seed, c in enumerate(hashed)]
    return pl.sum_horizontal(cells).alias(HASH)


def _with_hash(lines: pl.DataFrame, own: pl.DataFrame) -> pl.DataFrame:
    """The lines with the hash of the row they come from."""
    if lines.height == own.height:
        return lines.with_columns(own[HASH])
    return lines.join(own.select(ROW, HASH), on=ROW, how="left", maintain_order="left")


def _cell(column: str, dtype: pl.DataType, field: str | None, seed: int) -> pl.Expr:
    cell = pl.col(column)
    if dtype == pl.String and field in types.NUMBERS:
        number = cell.cast(pl.Float64, strict=False)
        return pl.when(number.is_null()).then(cell.hash(seed)).otherwise(number.hash(seed))
    if dtype in (pl.String, pl.Categorical) and field in cells.REPEATED:
        return cell.cast(pl.Categorical).to_physical().hash(seed)
    return cell.hash(seed)


def _compact(lines: pl.DataFrame) -> pl.DataFrame:
    repeated = [name for name in cells.REPEATED if name in lines.columns]
    return lines.with_columns(pl.col(repeated).cast(pl.Categorical))


def _joined(lines: pl.DataFrame, partner: Partner) -> pl.DataFrame:
    """Add what the partner knows; what it knows better than an id of one order replaces it."""
    known = partner.known
    if partner.on not in lines.columns:
        return lines
    replaced = {"customer_id"} & set(known.columns) if partner.on == "order_customer_id" else set()
    shared = (set(known.columns) & set(lines.columns)) - {partner.on} - replaced
    lines = lines.drop(replaced & set(lines.columns))
    joined = lines.join(known.drop(shared), on=partner.on, how="left", maintain_order="left")
    if "refund" not in joined.columns or "refund" in lines.columns:
        return joined
    gross = pl.col("quantity").fill_null(0) * pl.col("unit_price").fill_null(0)
    back = spread(pl.col("refund").fill_null(0), gross, partner.on)
    off = pl.col("discount").fill_null(0).abs() if "discount" in joined.columns else pl.lit(0.0)
    return joined.with_columns(revenue=gross - off - back).drop("refund")


def chosen(source: Source, raw: pl.DataFrame) -> dict[str, list[str]]:
    """canonical field -> the columns of `raw` that carry it, best first."""
    there = set(raw.columns)
    found = {f: [c for c in columns if c in there] for f, columns in source.columns.items()}
    return {field: columns for field, columns in found.items() if columns}


def _name(source: Source, columns: dict[str, list[str]], field: str) -> str:
    """The column to read a field from."""
    return f"_{field}" if field in source.filled_by else columns[field][0]


def _filled(source: Source, columns: dict[str, list[str]], field: str) -> pl.Expr:
    """The first of a field's columns that holds something, row by row."""
    texts = [pl.col(column).cast(pl.String).str.strip_chars() for column in columns[field]]
    if len(texts) == 1:
        return pl.col(columns[field][0]).alias(_name(source, columns, field))
    real = [pl.when(~text.is_in(cells.NOTHING)).then(text) for text in texts]
    return pl.coalesce(real).alias(_name(source, columns, field))


def _require(found: Recognised, columns: dict[str, list[str]], partners: Sequence[Partner]) -> None:
    """A date, and an order number or a customer: without them nothing can be asked."""
    file, there = found.table.name, set(columns)
    there |= {column for partner in partners for column in partner.known.columns}
    named = found.table.columns[:12]
    if "ordered_at" not in there and found.source.joins and not partners:
        raise IntakeError(
            "{file} holds what was ordered but not when and by whom: load the shop's order file "
            "together with it.",
            file=file,
        )
    if "ordered_at" not in there:
        raise IntakeError(
            "{file} has no column of order dates (its columns: {columns:names}): choose it by "
            "hand, or export again with the dates.",
            file=file,
            columns=named,
        )
    if not {"order_id", "customer_id"} & there:
        raise IntakeError(
            "{file} has neither order numbers nor customers (its columns: {columns:names}): choose "
            "one of them by hand, or export again with it.",
            file=file,
            columns=named,
        )


def _no_line(raw: pl.DataFrame, own: list[str], columns: dict[str, list[str]]) -> pl.Series | None:
    """Totals and footers among the rows: hardly a cell of the file's `own` filled, and no date."""
    when = columns.get("ordered_at", [])[:1]
    if when and not raw[when[0]].null_count():
        return None
    few = pl.sum_horizontal(pl.col(own).is_not_null().cast(pl.Int32)) <= 2
    blank = pl.col(when[0]).is_null() if when else few
    total = pl.col(own[0]).cast(pl.String).str.contains(reasons.TOTALS).fill_null(value=False)
    told = (total & blank) | (few & blank & (len(own) > 4))
    return raw.select(told.alias("is_no_line")).to_series()
