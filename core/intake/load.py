"""Files in, Dataset out: read, recognise, clean, account for every row, fingerprint."""

import hashlib
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import polars as pl

from core.dataset import Dataset
from core.errors import AmbiguousDatesError, IntakeError
from core.intake import (
    accounts,
    cells,
    clean,
    dates,
    joining,
    missing,
    order,
    outliers,
    overlapping,
    reasons,
    tables,
    types,
)
from core.intake.clean import Part
from core.intake.inspection import FieldChoice, Inspection, described, inspect, recognised
from core.intake.recognise import Recognised
from core.intake.request import DEFAULT, Cleaning, Progress, Upload, expanded
from core.reconciliation import FileRead, Reconciliation


def load(
    files: Sequence[Upload],
    cleaning: Cleaning = DEFAULT,
    folder: Path | None = None,
    progress: Progress = lambda _rows, _about: None,
) -> Dataset:
    """Read the files as one dataset. With `folder` the lines live there as Parquet.

    progress: told after every batch of rows, and again before each step that follows; what it
        raises stops the reading.
    """
    if not (files := expanded(files)):
        raise IntakeError("There is no file to read.")
    found = recognised(files, cleaning)
    extra = tables.optional(found, cleaning)
    with ThreadPoolExecutor(1) as beside:
        digests = [beside.submit(_digest, upload) for upload in files]
        parts = _parts(found, cleaning, progress)
        rows = sum(part.rows for part in parts)
        step = partial(progress, rows, rows)
        kept, books = _accounted(parts, found, cleaning, step)
        fingerprint = _fingerprint([done.result() for done in digests], found, cleaning)
    step()
    lines = joining.enriched(kept, extra)
    return Dataset(
        name=" + ".join(dict.fromkeys(Path(upload.name).name for upload in files)),
        fingerprint=fingerprint,
        lines=_kept_in(folder, order.canonical(lines), fingerprint),
        tables=joining.reviewed(lines, extra),
        reconciliation=books,
    )


def _accounted(
    parts: list[Part],
    found: Sequence[Recognised],
    cleaning: Cleaning,
    step: Callable[[], None],
) -> tuple[pl.DataFrame, Reconciliation]:
    """(the lines that are kept, what became of all of them). step: told before each step."""
    step()
    lines, gaps, currency = _reasoned(parts, cleaning)
    step()
    files = [part.found.table.name for part in parts]
    parts[:] = [replace(part, lines=part.lines.clear()) for part in parts]  # lets go of the frames
    spelled = order.spellings(lines)
    books = Reconciliation(
        files=tuple(_file(one, parts) for one in found),
        reasons=accounts.reasons(lines, parts),
        aside=accounts.set_aside(lines, parts),
        kept_with_note=accounts.notes(lines, parts),
        before=accounts.before(lines),
        missing=gaps,
        renamed=order.renamed(spelled, files),
    )
    kept = lines["reason"] == reasons.KEPT
    if not kept.any():
        raise accounts.nothing_kept(lines, files)
    held = {name: lines[name] for name in lines.columns}
    if currency is not None:
        alike = pl.repeat(currency, lines.height, dtype=pl.Categorical(), eager=True)
        held["currency"] = alike.alias("currency")
    del lines
    step()
    return order.finished(held, kept, spelled, files), books


def _parts(found: Sequence[Recognised], cleaning: Cleaning, progress: Progress) -> list[Part]:
    """The files that carry lines; order files join the items they belong to, or stand alone."""
    items = [one for one in found if one.source.table == "lines"]
    orders = [one for one in found if one.source.table == "orders"]
    wanted = {name for one in items for name in one.source.joins}
    alone = [one for one in orders if one.source.name not in wanted]
    if not items and not alone:
        raise IntakeError(
            "No order lines were found: {files:names} hold {tables:labels} only; load the shop's "
            "orders as well.",
            files=[one.table.name for one in found],
            tables=sorted({f"{one.source.table}_table" for one in found}),
        )
    codes = pl.Series([""], dtype=pl.Categorical)  # while it lives, a text keeps its code
    parts = [
        clean.part(
            one,
            _reading(one, cleaning),
            _partners(one, found, cleaning),
            _compared(one, found),
            progress,
        )
        for one in [*items, *alone]
    ]
    parts += _without_items(parts, orders, wanted, found, cleaning)
    del codes
    return parts


def _without_items(
    parts: Sequence[Part],
    orders: Sequence[Recognised],
    wanted: Collection[str],
    found: Sequence[Recognised],
    cleaning: Cleaning,
) -> list[Part]:
    """Orders that no file of items knows, as lines of their own: their money is not lost."""
    left = []
    for one in orders:
        partners = [part for part in parts if one.source.name in part.source.joins]
        ids = [part.lines["order_id"].cast(pl.String) for part in partners]
        if one.source.name in wanted and ids:
            part = clean.part(one, _reading(one, cleaning), [], _compared(one, found))
            known = pl.col("order_id").cast(pl.String).is_in(pl.concat(ids).unique().implode())
            lines = part.lines.filter(~known)
            if lines.height:
                left.append(replace(part, lines=lines, rows=lines.height))
    return left


def _compared(one: Recognised, found: Sequence[Recognised]) -> list[str]:
    """The columns that all files of one layout carry: by these a row repeats another."""
    alike = [set(other.headers) for other in found if other.source.layout == one.source.layout]
    return sorted(set.intersection(*alike))


def _partners(
    one: Recognised, found: Sequence[Recognised], cleaning: Cleaning
) -> list[clean.Partner]:
    """What the other files know of this one's orders, and what yet others know of those."""
    partners = []
    for name in one.source.joins:
        files = [other for other in found if other.source.name == name]
        if files:
            known = [joining.known(other, _reading(other, cleaning)) for other in files]
            on = files[0].source.join_on
            rows = pl.concat(known, how="diagonal_relaxed").unique(
                on, keep="first", maintain_order=True
            )
            partners.append(clean.Partner(on, rows))
            partners += _partners(files[0], found, cleaning)
    return partners


def _reading(found: Recognised, cleaning: Cleaning) -> types.Reading:
    first = None if cleaning.date_order == "auto" else cleaning.date_order
    mark = None if cleaning.decimal_mark == "auto" else cleaning.decimal_mark
    hint = found.source.date_order
    return types.Reading(first, hint, mark, zone=dates.known_zone(cleaning.time_zone))  # type: ignore[arg-type]


def _reasoned(
    parts: Sequence[Part], cleaning: Cleaning
) -> tuple[pl.DataFrame, pl.DataFrame, str | None]:
    """(every line of every file with its reason, the fields that lack values, the currency)."""
    currency = order.main_currency(parts, cleaning.currency)
    repeated, outdated = accounts.repeats(parts), overlapping.outdated(parts)
    frames = [
        part.lines.with_columns(repeated[index], outdated[index], part=pl.lit(index, pl.UInt16))
        for index, part in enumerate(parts)
    ]
    lines = pl.concat(frames, how="diagonal_relaxed")
    if "currency" in lines.columns and len(cells.distinct(lines["currency"]).drop_nulls()) > 1:
        lines = lines.with_columns(is_foreign=pl.col("currency") != currency)
    rules = missing.rules(cleaning.missing)
    gaps, lines = missing.counted(lines, rules), missing.settled(lines, rules)
    many = outliers.wholesale_from(lines["quantity"])
    big = (lines["quantity"].abs() > many).alias("is_wholesale")
    lines = lines.with_columns(big)  # a column, not an expression: that would copy all the others
    switches = reasons.Switches(
        cleaning.keep_repeats,
        cleaning.keep_outdated,
        cleaning.include_unpaid,
        cleaning.wholesale_apart,
    )
    lines = lines.with_columns(reasons.reason(lines, switches))
    return lines, gaps, currency


def _kept_in(folder: Path | None, lines: pl.LazyFrame, fingerprint: str) -> pl.LazyFrame:
    if folder is None:
        return lines
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{fingerprint[:32]}.parquet"
    lines.sink_parquet(path, compression="lz4")
    return pl.scan_parquet(path)


def _digest(upload: Upload) -> bytes:
    """Of a file's name and bytes."""
    if isinstance(upload.data, bytes):
        return upload.name.encode() + hashlib.sha256(upload.data).digest()
    with upload.data.open("rb") as file:
        return upload.name.encode() + hashlib.file_digest(file, "sha256").digest()


def _fingerprint(digests: Sequence[bytes], found: Sequence[Recognised], cleaning: Cleaning) -> str:
    """Of the bytes, the sources, the columns and the options: everything the lines depend on."""
    digest = hashlib.sha256(b"".join(digests))
    mapped = [(one.source.name, sorted(one.source.columns.items())) for one in found]
    digest.update(repr((mapped, cleaning)).encode())
    return digest.hexdigest()


def _file(found: Recognised, parts: Sequence[Part]) -> FileRead:
    """How the file was read, with the number of rows that became lines or reasons."""
    part = next((part for part in parts if part.found is found), None)
    rows = part.rows if part else found.table.height()
    table = "lines" if part else found.source.table
    return replace(
        described(found),
        rows_read=rows,
        table=table,
        date_format=part.date_format if part else None,
    )


__all__ = [
    "AmbiguousDatesError", "Cleaning", "FieldChoice", "Inspection", "Upload", "inspect", "load",
]  # fmt: skip
