"""Which encoding, delimiter and header row a text file has: decided on its first part."""

import codecs
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from core.errors import IntakeError
from core.intake.sources.source import key

SAMPLE = 1 << 20
DELIMITERS = (",", ";", "\t", "|")
HEADER_WITHIN = 40
MOST_COLUMNS = 2_000
#: Blocks of `SAMPLE` bytes without a line's end from which a text is no table.
LONGEST_LINE = 64
MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


class OnDisk:
    """A file's bytes, sliced from disk: never whole in memory unless asked for."""

    def __init__(self, path: Path) -> None:
        self.path, self.size = path, path.stat().st_size

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, part: slice) -> bytes:
        start, stop, _ = part.indices(self.size)
        with self.path.open("rb") as file:
            file.seek(start)
            return file.read(stop - start)


Bytes = bytes | OnDisk


class EndlessLineError(Exception):
    """A line goes on for longer than a table's ever does."""


def blocks(data: Bytes) -> Iterator[bytearray | bytes]:
    """The bytes a block at a time, as `_blocks` gives them, as long as lines end somewhere."""
    without_end = 0
    for block in _blocks(data):
        without_end = 0 if b"\n" in block or b"\r" in block else without_end + 1
        if without_end == LONGEST_LINE:
            raise EndlessLineError
        yield block


def _blocks(data: Bytes) -> Iterator[bytearray | bytes]:
    """From disk into one buffer, which the next block overwrites."""
    if isinstance(data, bytes):
        yield from (data[start : start + SAMPLE] for start in range(0, len(data), SAMPLE))
        return
    buffer = bytearray(SAMPLE)
    with data.path.open("rb", buffering=0) as file:
        while count := file.readinto(buffer):
            yield buffer if count == SAMPLE else bytes(buffer[:count])


@dataclass(frozen=True)
class Layout:
    """Where the table is: `skip` physical lines, then data rows from record `first_row` on.

    empty: nothing follows the header. about: how many rows there are, from the first ones' length.
    """

    delimiter: str
    header: tuple[str, ...]
    skip: int
    first_row: int
    empty: bool
    about: int


def encoding_of(data: Bytes) -> tuple[str, bool]:
    """(its byte order mark's encoding, UTF-8 or the likeliest; whether all is valid UTF-8)."""
    for mark, name in MARKS:
        if data[:4].startswith(mark):
            return name, False
    if _is_utf8(data):
        return "utf-8", True
    sample = data[:SAMPLE]
    ascii_only = not re.search(rb"[\x80-\xff]", sample)
    return _likeliest(data[:] if ascii_only else sample), False


def _is_utf8(data: Bytes) -> bool:
    """Whether all of it is valid, looked at a block at a time."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for block in blocks(data):
            if not block.isascii() or decoder.getstate()[0]:
                decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _decodes(data: bytes, encoding: str) -> bool:
    """Whether the sample is valid; a character cut at its end does not count."""
    try:
        data.decode(encoding)
    except UnicodeDecodeError as error:
        return len(data) >= SAMPLE and len(data) - error.start < 4
    return True


def _likeliest(data: bytes) -> str:
    """By what share of the high bytes reads as common characters: damaged UTF-8, GB18030, ..."""
    beyond = re.findall(r"[^\x00-\x7f]", data.decode("utf-8", errors="replace"))
    if beyond.count("\ufffd") < 0.1 * len(beyond):
        return "utf-8"
    high = len(re.findall(rb"[\x80-\xff]", data))
    kana = 2 * len(re.findall(rb"\x82[\x9f-\xf1]|\x83[\x40-\x96]", data))
    chinese = 2 * len(re.findall(rb"[\xa1-\xf7][\xa1-\xfe]", data))
    if kana > 0.3 * high and _decodes(data, "cp932"):
        return "cp932"
    if chinese > 0.8 * high and _decodes(data, "gb18030"):
        return "gb18030"
    return "cp1252"


def ends_by_return(data: Bytes) -> bool:
    """Whether lines end by a carriage return alone, as in Excel's "CSV (Macintosh)"."""
    sample = data[:SAMPLE]
    return sample.count(b"\r") - sample.count(b"\r\n") > sample.count(b"\n")


def decode(data: Bytes, encoding: str) -> bytes:
    """`data` as UTF-8 without a byte order mark, line feeds for lone returns, block by block."""
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    out, returns = bytearray(), ends_by_return(data)
    for block in blocks(data):
        out += decoder.decode(block).encode("utf-8")
    out += decoder.decode(b"", final=True).encode("utf-8")
    return bytes(out.replace(b"\r", b"\n") if returns else out)


def layout_of(
    data: Bytes, known: Collection[str], file: str, delimiter: str | None = None
) -> Layout:
    """Delimiter and header row of a UTF-8 text. `known`: header keys that any layout carries."""
    told = re.match(rb'(?:\xef\xbb\xbf)?"?sep=(.)"?\r?\n', data[:16])
    sample = whole_records(data).removeprefix(MARKS[0][0])
    if delimiter is None:
        delimiter = told.group(1).decode("latin-1") if told else _delimiter(sample)
    records = _records(sample, delimiter, file)
    found = _header(records, known)
    if found is None:
        raise IntakeError(
            "{file}: no row with column names was found; the first row should name the columns.",
            file=file,
        )
    header = _unique(records[found])
    skip = _lines_before(sample, found + 1)
    after = sample.split(b"\n", skip)[skip:]
    whole = len(data) - len(sample) <= len(MARKS[0][0])
    empty = whole and not any(part.strip() for part in after)
    about = len(data) * sample.count(b"\n") // max(1, len(sample))
    return Layout(delimiter, header, skip, found + 2, empty, about)


def whole_records(data: Bytes) -> bytes:
    """The first part of the file, cut at the end of a record: quoted cells may hold line breaks."""
    for size in (SAMPLE, 8 * SAMPLE, 64 * SAMPLE):
        if len(data) <= size:
            return data[:]
        sample = data[:size]
        part = np.frombuffer(sample, np.uint8)
        inside = np.logical_xor.accumulate(part == ord('"'))
        ends = np.flatnonzero((part == ord("\n")) & ~inside)
        if len(ends):
            return sample[: ends[-1] + 1]
    return data[: 64 * SAMPLE]


def _delimiter(sample: bytes) -> str:
    """The candidate that cuts most lines into the same number of cells."""
    text = re.sub(r'"[^"]*"', "", sample[: SAMPLE // 8].decode("utf-8", errors="replace"))
    lines = [line for line in text.splitlines() if line.strip(" ")][:100]

    def score(delimiter: str) -> float:
        counts = [line.count(delimiter) for line in lines if delimiter in line]
        usual = max(sorted(set(counts)), key=counts.count, default=0)
        return usual and counts.count(usual) / len(lines) * (1 + min(usual, 20) / 20)

    return max(DELIMITERS, key=score)


def _records(sample: bytes, delimiter: str, file: str) -> list[list[str]]:
    """The first records of the sample as cells, blank ones as ""."""
    head = sample.split(b"\n", 4 * HEADER_WITHIN)[: 4 * HEADER_WITHIN]
    width = 1 + max((line.count(delimiter.encode()) for line in head), default=0)
    if width > MOST_COLUMNS:
        raise IntakeError(
            "{file} has {found:integer} columns; at most {most:integer} can be read.",
            file=file,
            found=width,
            most=MOST_COLUMNS,
        )
    names = [str(index) for index in range(width)]
    try:
        frame = scan(sample, delimiter, names, skip=0).head(HEADER_WITHIN).collect()
    except pl.exceptions.PolarsError as error:
        raise unreadable(file) from error
    return [[cell or "" for cell in row] for row in frame.iter_rows()]


def scan(
    data: bytes | Path,
    delimiter: str,
    names: list[str],
    skip: int,
    dtypes: Mapping[str, pl.DataType] | None = None,
    count: int | None = None,
    *,
    valid: bool = False,
) -> pl.LazyFrame:
    """Every cell as text, or as `dtypes` says; short rows are filled with null, long ones cut.

    valid: the data is known to be UTF-8; else what is not is replaced.
    """
    return pl.scan_csv(
        data,
        separator=delimiter,
        n_rows=count,
        has_header=False,
        skip_lines=skip,
        schema={name: (dtypes or {}).get(name, pl.String()) for name in names},
        truncate_ragged_lines=True,
        missing_columns="insert",
        encoding="utf8" if valid else "utf8-lossy",
    )


def unreadable(file: str) -> IntakeError:
    """The refusal of a text that no table can be made of."""
    return IntakeError(
        "{file} is not a table that can be read: open it in a spreadsheet and save it as CSV.",
        file=file,
    )


def _header(records: list[list[str]], known: Collection[str]) -> int | None:
    """Index of the row that names the columns: most known names, else the first that is full."""
    hits = [len({key(cell) for cell in row} & set(known)) for row in records]
    if hits and max(hits) >= 2:
        return hits.index(max(hits))
    filled = [sum(bool(cell.strip()) for cell in row) for row in records]
    wide = 0.6 * sorted(filled)[len(filled) // 2] if filled else 0
    return next(
        (i for i, row in enumerate(records) if filled[i] >= max(1, wide) and _names(row)), None
    )


def _names(row: list[str]) -> bool:
    """Whether the cells could name columns: hardly any is a number."""
    cells = [cell for cell in row if cell.strip()]
    numbers = sum(bool(re.fullmatch(r"[\d\s.,:/+-]+", cell)) for cell in cells)
    return numbers <= 0.2 * len(cells)


def _unique(header: list[str]) -> tuple[str, ...]:
    """The header without trailing blanks, every name once."""
    while len(header) > 1 and not header[-1].strip():
        header = header[:-1]
    seen: dict[str, int] = {}
    names = []
    for index, cell in enumerate(header):
        name = cell if key(cell) else f"column {index + 1}"
        seen[key(name)] = seen.get(key(name), 0) + 1
        names.append(name if seen[key(name)] == 1 else f"{name} ({seen[key(name)]})")
    return tuple(names)


def _lines_before(sample: bytes, records: int) -> int:
    """How many physical lines the first `records` records take: cells may hold line breaks."""
    lines, inside, done = 0, False, 0
    for line in sample.split(b"\n"):
        lines += 1
        inside ^= line.count(b'"') % 2 == 1
        done += not inside
        if done == records:
            return lines
    return lines
