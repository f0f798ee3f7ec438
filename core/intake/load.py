"""Files in, Dataset out: read, recognise, clean, account for every row, fingerprint."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import polars as pl

from core.dataset import Dataset
from core.errors import AmbiguousDatesError, IntakeError
from core.intake import accounts, clean, fields, reasons, tables, types
from core.intake.clean import Part
from core.intake.fields import Choice
from core.intake.read import Table, read
from core.intake.recognise import KNOWN, Recognised, overrides, recognise
from core.intake.sources.source import ROW
from core.options import Options
from core.reconciliation import FileRead, Reconciliation

SAMPLE_ROWS = 50


@dataclass(frozen=True)
class Upload:
    """A file to read: the name to call it by, and its bytes or where it lies."""

    name: str
    data: bytes | Path


@dataclass(frozen=True, kw_only=True)
class Cleaning(Options):
    """How to read what can be read in two ways, and what counts as a sale.

    mapping: "COLUMN=FIELD" pairs that overrule what was recognised; "=FIELD" leaves a field out.
    currency: the one to analyse; None: that of most lines. encoding: None: found from the bytes.
    """

    mapping: tuple[str, ...] = ()
    date_order: Literal["auto", "dmy", "mdy", "ymd"] = "auto"
    decimal_mark: Literal["auto", ".", ","] = "auto"
    currency: str | None = None
    encoding: str | None = None
    keep_repeats: bool = False
    include_unpaid: bool = False


@dataclass(frozen=True, eq=False)
class FieldChoice:
    """The column chosen for a canonical field, three of its values, and what else could stand."""

    field: str
    column: str | None
    examples: tuple[str, ...]
    confidence: float
    alternatives: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Inspection:
    """What was recognised of one file. sample: its first rows, every cell as text."""

    file: FileRead
    sample: pl.DataFrame
    fields: tuple[FieldChoice, ...] = field(default=())


def inspect(files: Sequence[Upload], cleaning: Cleaning = Cleaning()) -> tuple[Inspection, ...]:
    """What each file looks like: for correcting the mapping before (or after) it is loaded."""
    return tuple(_inspection(found) for found in _recognised(files, cleaning))


def load(
    files: Sequence[Upload],
    cleaning: Cleaning = Cleaning(),
    folder: Path | None = None,
) -> Dataset:
    """Read the files as one dataset. With `folder` the lines live there as Parquet."""
    if not files:
        raise IntakeError("There is no file to read.")
    found = _recognised(files, cleaning)
    parts = _parts(found, cleaning)
    extra = tables.optional(found)
    lines, currency = _reasoned(parts, cleaning)
    kept = lines.filter(pl.col("reason") == reasons.KEPT)
    if not kept.height:
        raise accounts.nothing_kept(lines)
    finished = clean.finished(
        kept if currency is None else kept.with_columns(currency=pl.lit(currency))
    )
    fingerprint = _fingerprint(files, found, cleaning)
    return Dataset(
        name=" + ".join(dict.fromkeys(Path(upload.name).name for upload in files)),
        fingerprint=fingerprint,
        lines=_kept_in(folder, finished, fingerprint),
        tables=extra,
        reconciliation=Reconciliation(
            files=tuple(_file(one, parts) for one in found),
            reasons=accounts.reasons(lines),
            set_aside=accounts.set_aside(lines, parts),
            kept_with_note=accounts.notes(lines),
            before=accounts.before(lines),
        ),
    )


def _recognised(files: Sequence[Upload], cleaning: Cleaning) -> list[Recognised]:
    chosen = overrides(cleaning.mapping)
    return [
        recognise(table, chosen)
        for upload in files
        for table in read(upload.name, upload.data, KNOWN, cleaning.encoding)
    ]


def _parts(found: Sequence[Recognised], cleaning: Cleaning) -> list[Part]:
    """The files that carry lines; order files join the items they belong to, or stand alone."""
    items = [one for one in found if one.source.table == "lines"]
    orders = [one for one in found if one.source.table == "orders"]
    wanted = {one.source.joins for one in items}
    alone = [one for one in orders if one.source.name not in wanted]
    if not items and not alone:
        raise IntakeError(
            "No order lines were found: {files} only describe {tables}; load the shop's orders "
            "as well.",
            files=", ".join(one.table.name for one in found),
            tables=", ".join(sorted({one.source.table for one in found})),
        )
    parts = []
    for one in [*items, *alone]:
        partners = [other for other in orders if other.source.name == one.source.joins]
        known = _orders(partners, cleaning) if partners else None
        parts.append(clean.part(one, _reading(one, cleaning), known))
    return parts


def _orders(partners: Sequence[Recognised], cleaning: Cleaning) -> pl.DataFrame:
    """What the order files know, one row per order."""
    read_in = [clean.part(one, _reading(one, cleaning), None) for one in partners]
    on = "order_id"
    shared = ("order_id", "ordered_at", "customer_id", "status", "channel", "country", "currency")
    frames = [p.lines.select(c for c in shared if c in p.lines.columns) for p in read_in]
    return pl.concat(frames, how="diagonal").unique(on, keep="first", maintain_order=True)


def _reading(found: Recognised, cleaning: Cleaning) -> types.Reading:
    order = None if cleaning.date_order == "auto" else cleaning.date_order
    mark = None if cleaning.decimal_mark == "auto" else cleaning.decimal_mark
    return types.Reading(order, found.source.date_order, mark)  # type: ignore[arg-type]


def _reasoned(parts: Sequence[Part], cleaning: Cleaning) -> tuple[pl.DataFrame, str | None]:
    """(every line of every file with its reason, the currency)."""
    currency = clean.main_currency(parts, cleaning.currency)
    repeated = accounts.repeats(parts)
    frames = [
        part.lines.with_columns(
            repeated[index],
            source_file=pl.lit(part.found.table.name),
            source_row=pl.col(ROW),
            part=pl.lit(index),
        )
        for index, part in enumerate(parts)
    ]
    lines = pl.concat(frames, how="diagonal_relaxed")
    if "currency" in lines.columns:
        foreign = pl.col("currency").str.to_uppercase() != currency
        lines = lines.with_columns(is_foreign=foreign)
    switches = reasons.Switches(cleaning.keep_repeats, cleaning.include_unpaid)
    return lines.with_columns(reasons.reason(frozenset(lines.columns), switches)), currency


def _kept_in(folder: Path | None, lines: pl.DataFrame, fingerprint: str) -> pl.LazyFrame:
    if folder is None:
        return lines.lazy()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{fingerprint[:32]}.parquet"
    lines.write_parquet(path, compression_level=1)
    return pl.scan_parquet(path)


def _fingerprint(files: Sequence[Upload], found: Sequence[Recognised], cleaning: Cleaning) -> str:
    """Of the bytes, the sources, the columns and the options: everything the lines depend on."""
    digest = hashlib.sha256()
    for upload in files:
        digest.update(upload.name.encode())
        if isinstance(upload.data, bytes):
            digest.update(hashlib.sha256(upload.data).digest())
        else:
            with upload.data.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    mapped = [(one.source.name, sorted(one.source.columns.items())) for one in found]
    digest.update(repr((mapped, cleaning)).encode())
    return digest.hexdigest()


def _file(found: Recognised, parts: Sequence[Part]) -> FileRead:
    """How the file was read, with the number of rows that became lines or reasons."""
    part = next((part for part in parts if part.found is found), None)
    described = _described(found)
    rows = part.lines.height if part else found.table.rows.select(pl.len()).collect().item()
    table = "lines" if part else found.source.table
    return replace(
        described, rows_read=rows, table=table, date_format=part.date_format if part else None
    )


def _described(found: Recognised) -> FileRead:
    return FileRead(
        name=found.table.name,
        format=found.source.name,
        confidence=round(found.confidence, 2),
        runner_up=found.runner_up,
        encoding=found.table.encoding,
        delimiter=found.table.delimiter,
        rows_read=0,
        mapping=_mapping(found),
        columns=found.table.columns,
        table=found.source.table,
    )


def _mapping(found: Recognised) -> Mapping[str, str]:
    headers = dict(zip(found.table.keys, found.table.columns, strict=False))
    return {
        f: headers[choice.column] for f, choice in found.choices.items() if choice.column in headers
    }


def _inspection(found: Recognised) -> Inspection:
    sample = found.table.rows.head(SAMPLE_ROWS).collect()
    headers = dict(zip(found.table.keys, found.table.columns, strict=False))
    shown = sample.drop(ROW).cast(pl.String).rename(headers)
    rows = found.table.rows.head(fields.SAMPLE).collect()
    guesses = fields.choose(rows)
    choices = [
        found.choices.get(f) or Choice(f, None, 0.0, guesses[f].alternatives) for f in fields.NAMES
    ]
    described = replace(
        _described(found), rows_read=found.table.rows.select(pl.len()).collect().item()
    )
    return Inspection(
        file=described,
        sample=shown,
        fields=tuple(_choice(choice, guesses, rows, headers) for choice in choices),
    )


def _choice(
    choice: Choice,
    guesses: Mapping[str, Choice],
    rows: pl.DataFrame,
    headers: Mapping[str, str],
) -> FieldChoice:
    column = choice.column if choice.column and choice.column in headers else None
    examples = (
        rows[column].drop_nulls().cast(pl.String).unique(maintain_order=True) if column else ()
    )
    guess = guesses[choice.field]
    others = dict.fromkeys((*choice.alternatives, guess.column, *guess.alternatives))
    return FieldChoice(
        field=choice.field,
        column=headers.get(column or ""),
        examples=tuple(examples[:3]),
        confidence=round(choice.confidence, 2) if column else 0.0,
        alternatives=tuple(headers[o] for o in others if o and o in headers and o != column),
    )


__all__ = [
    "AmbiguousDatesError", "Cleaning", "FieldChoice", "Inspection", "Table", "Upload", "inspect",
    "load",
]  # fmt: skip
