"""Bytes in, text tables out: whatever the file is packed in, every cell as the file wrote it."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import polars as pl

from core.errors import IntakeError
from core.intake import excel, memory, text, unpack
from core.intake.sources.source import ROW, key

#: First bytes -> what the file is, for those that are no table at all.
NO_TABLE = {
    b"\x89PNG": "PNG_image",
    b"\xff\xd8\xff": "JPEG_image",
    b"GIF8": "GIF_image",
    b"RIFF": "WebP_image",
    b"%PDF": "PDF_document",
    b"{": "JSON_file",
    b"[": "JSON_file",
    b"SQLite": "SQLite_database",
    b"\x7fELF": "program_file",
    b"MZ": "program_file",
}
WEB_PAGE = (b"<!doctype", b"<html", b"<table", b"<head", b"<body", b"<?xml", b"<svg")
TYPED = (b"PAR1", b"ARROW1")
OLD_EXCEL = b"\xd0\xcf\x11\xe0"
MOST_ROWS = 50_000_000
MOST_BYTES = 8 << 30
#: Rows that are cleaned at a time, and rows that are looked at before.
BATCH, FIRST = 250_000, 2_000


class UnlikeSampleError(Exception):
    """A cell is not of the type that the first rows promised."""


@dataclass(frozen=True, eq=False)
class Table:
    """A file's rows as text: `ROW`, then one column per header, named by its `key`.

    typed: (types, count) reads so many of them, blank ones too, with columns of those types, where
    the file is text. on_disk: the rows are read from the disk whenever they are asked for. about:
    how many there are, estimated.
    """

    name: str
    rows: pl.LazyFrame
    columns: tuple[str, ...]
    encoding: str
    delimiter: str | None
    typed: Callable[..., pl.LazyFrame] | None = None
    on_disk: bool = False
    about: int | None = None

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The header keys, aligned with `columns`."""
        return tuple(key(column) for column in self.columns)

    @cached_property
    def first(self) -> pl.DataFrame:
        """The first rows: what the reading of the others is decided on."""
        if self.typed:
            return self.collected(_filled(self.typed({}, FIRST), self.keys))
        return self.collected(self.rows.head(FIRST))

    def height(self) -> int:
        """How many rows there are."""
        return int(self.collected(self.rows.select(pl.len())).item())

    def batches(
        self,
        dtypes: Mapping[str, pl.DataType],
        query: Callable[[pl.LazyFrame], pl.LazyFrame],
    ) -> Iterator[pl.DataFrame]:
        """A query on the rows in order, some at a time: a big file is never whole in memory."""
        rows = query(self.typed(dtypes) if self.typed else self.rows)
        try:
            for batch in rows.collect_batches(chunk_size=BATCH, maintain_order=True):
                cells = batch.columns[1 : 1 + len(self.keys)]
                some_blank = all(batch[name].null_count() for name in cells)
                yield _filled(batch.lazy(), cells).collect() if some_blank else batch
        except pl.exceptions.PolarsError as error:
            raise (UnlikeSampleError if dtypes else text.unreadable(self.name)) from error

    def collected(self, query: pl.LazyFrame) -> pl.DataFrame:
        """The answer to a query on `rows`; a file that breaks off is refused in one sentence."""
        try:
            return query.collect()
        except pl.exceptions.PolarsError as error:
            raise text.unreadable(self.name) from error


def read(
    name: str, data: bytes | Path, known: Collection[str], encoding: str | None
) -> Iterator[Table]:
    """Every table in the file. `known`: header keys that tell a header row."""
    if isinstance(data, bytes):
        yield from _tables(name, data, known, encoding, depth=0)
        return
    try:
        head = text.OnDisk(data)[:4096]
        if head.startswith(TYPED):
            yield _typed(name, data)
            return
        _not_too_large(name, data.stat().st_size)
        if _is_text(head):
            yield _text(name, text.OnDisk(data), known, encoding, data)
            return
        content = data.read_bytes()
    except OSError as error:
        raise IntakeError(
            "{file} cannot be opened: check the name and that you may read it.", file=name
        ) from error
    yield from _tables(name, content, known, encoding, depth=0)


def _not_too_large(name: str, size: int) -> None:
    """Refuse before reading what memory could not hold."""
    if size > MOST_BYTES:
        raise IntakeError(
            "{file} holds {size:integer} MB; at most {most:integer} MB can be read: export fewer "
            "months or fewer columns, or convert it to Parquet.",
            file=name,
            size=size >> 20,
            most=MOST_BYTES >> 20,
        )
    memory.check(name, memory.TEXT * size)


def _is_text(head: bytes) -> bool:
    """Whether the file is neither empty, packed, typed nor an old workbook."""
    packed = (b"\x1f\x8b", b"PK", *TYPED, OLD_EXCEL)
    return bool(_stripped(head)) and not head.startswith(packed)


def _stripped(head: bytes) -> bytes:
    return head.strip(b" \t\r\n\0\xef\xbb\xbf\xff\xfe")


def _tables(
    name: str, data: bytes, known: Collection[str], encoding: str | None, depth: int
) -> Iterator[Table]:
    head = data[:4096]
    if not _stripped(head):
        raise IntakeError("{file} is empty: export it again.", file=name)
    if head.startswith(b"\x1f\x8b"):
        _not_nested(name, depth)
        yield from _tables(name, unpack.gunzip(data, name), known, encoding, depth + 1)
    elif head.startswith(b"PK") and excel.is_workbook(data):
        yield from _sheets(name, data, known)
    elif head.startswith(b"PK"):
        _not_nested(name, depth)
        for member, content in unpack.unzip(data, name):
            yield from _tables(member, content, known, encoding, depth + 1)
    elif head.startswith(OLD_EXCEL):
        yield from _sheets(name, data, known)
    elif head.startswith(TYPED):
        yield _typed(name, data)
    else:
        yield _text(name, data, known, encoding)


def _not_nested(name: str, depth: int) -> None:
    if depth > 1:
        raise IntakeError(
            "{file} is packed several times over: unpack it and load the files in it.", file=name
        )


def _text(
    name: str,
    data: text.Bytes,
    known: Collection[str],
    encoding: str | None,
    path: Path | None = None,
) -> Table:
    """A text file; where it lies on disk as UTF-8 it is read from there."""
    _refuse_no_text(name, data[:4096])
    try:
        decided, valid = (encoding, False) if encoding else text.encoding_of(data)
        plain = decided in ("utf-8", "utf-8-sig") and not text.ends_by_return(data)
        content = data if plain else text.decode(data, decided)
    except text.EndlessLineError as error:
        raise text.unreadable(name) from error
    layout = text.layout_of(content, known, name)
    keys = [key(column) for column in layout.header]
    origin = path if path and plain else content[:]

    def typed(dtypes: Mapping[str, pl.DataType], count: int | None = None) -> pl.LazyFrame:
        data = origin if count is None else text.whole_records(content)
        rows = text.scan(data, layout.delimiter, keys, layout.skip, dtypes, count, valid=valid)
        if layout.empty:
            rows = pl.LazyFrame(schema=dict.fromkeys(keys, pl.String()))
        return rows.with_row_index(ROW, offset=layout.first_row)

    return Table(
        name,
        _filled(typed({}), keys),
        layout.header,
        decided,
        layout.delimiter,
        typed,
        origin is path,
        layout.about,
    )


def _refuse_no_text(name: str, head: bytes) -> None:
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(WEB_PAGE):
        raise IntakeError(
            "{file} is a web page, not an order export: use the shop's export or download button "
            "instead of saving the page.",
            file=name,
        )
    kind = next((kind for magic, kind in NO_TABLE.items() if head.startswith(magic)), None)
    if kind is None and b"\0" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        kind = "binary_file"
    if kind:
        raise IntakeError(
            "{file} is a {kind:label}, not an order export: export the orders as CSV or Excel.",
            file=name,
            kind=kind,
        )


def _sheets(name: str, data: bytes, known: Collection[str]) -> Iterator[Table]:
    """The sheets that hold a table; of several, those whose columns are known."""
    sheets = list(excel.sheets(name, data))
    if not sheets:
        raise IntakeError("{file} is empty: export it again.", file=name)
    tables, refusals = [], []
    for sheet, frame in sheets:
        try:
            tables.append(_sheet(f"{name}/{sheet}", frame, known))
        except IntakeError as refusal:
            refusals.append(refusal)
    if not tables:
        raise refusals[0]
    named = [table for table in tables if len(set(table.keys) & set(known)) >= 2]
    yield from named or tables[:1]


def _sheet(name: str, frame: pl.DataFrame, known: Collection[str]) -> Table:
    lines = frame.head(text.HEADER_WITHIN).write_csv(include_header=False).encode()
    layout = text.layout_of(lines, known, name, delimiter=",")
    keys = [key(column) for column in layout.header]
    rows = frame.lazy().with_row_index(ROW, offset=1).slice(layout.first_row - 1)
    names = dict(zip(frame.columns, keys, strict=False))
    table = rows.rename(names).select(ROW, *keys)
    return Table(name, _filled(table, keys), layout.header, "xlsx", None)


def _typed(name: str, data: bytes | Path) -> Table:
    """Parquet and Arrow files carry types: nothing is parsed, and from disk only what is asked."""
    try:
        start = data[:4] if isinstance(data, bytes) else text.OnDisk(data)[:4]
        scan = pl.scan_parquet if start == b"PAR1" else pl.scan_ipc
        rows = scan(data)
        columns = tuple(rows.collect_schema().names())
        count = int(rows.select(pl.len()).collect().item())
        _not_too_many(name, count, len(columns))
        if isinstance(data, bytes):
            rows = rows.collect().lazy()
    except (pl.exceptions.PolarsError, OSError, ValueError) as error:
        raise IntakeError(
            "{file} is damaged or was cut off while it was copied: download or copy it again.",
            file=name,
        ) from error
    keys = [key(column) for column in columns]
    lazy = rows.rename(dict(zip(columns, keys, strict=True))).with_row_index(ROW, offset=2)
    kind = "parquet" if start == b"PAR1" else "arrow"
    return Table(name, lazy, columns, kind, None, on_disk=isinstance(data, Path), about=count)


def _not_too_many(name: str, rows: int, columns: int) -> None:
    """Refuse what memory could not hold before it is read."""
    memory.check(name, rows * columns * memory.CELL)
    if rows > MOST_ROWS:
        raise IntakeError(
            "{file} holds {found:integer} rows; at most {most:integer} can be read.",
            file=name,
            found=rows,
            most=MOST_ROWS,
        )


def _filled(rows: pl.LazyFrame, keys: Collection[str]) -> pl.LazyFrame:
    """Without the rows whose every cell is blank."""
    return rows.filter(pl.any_horizontal(pl.col(*keys).is_not_null()))
