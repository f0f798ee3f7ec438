"""What is asked of an import: the files, and how to read what can be read in two ways."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from core.options import Options

Encoding = Literal["utf-8", "gb18030", "big5", "cp932", "cp1250", "cp1251", "cp1252", "utf-16"]


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
    time_zone: the shop's, as "Europe/Berlin"; times written with their zone or in UTC are turned
    into it. None: the clock of the file. missing: "FIELD=RULE" pairs, see `core.intake.missing`.
    """

    mapping: tuple[str, ...] = ()
    date_order: Literal["auto", "dmy", "mdy", "ymd"] = "auto"
    decimal_mark: Literal["auto", ".", ","] = "auto"
    currency: str | None = None
    encoding: Encoding | None = None
    keep_repeats: bool = False
    keep_outdated: bool = False
    include_unpaid: bool = False
    wholesale_apart: bool = False
    time_zone: str | None = None
    missing: tuple[str, ...] = ()


#: What a file of a folder must end on to be read with the others.
ENDINGS = (
    ".csv", ".txt", ".tsv", ".gz", ".zip", ".xlsx", ".xlsm", ".xls", ".parquet", ".arrow",
    ".feather", ".ipc",
)  # fmt: skip


def expanded(files: Sequence[Upload]) -> list[Upload]:
    """The files, those of a folder (a shop's monthly exports, say) by name in its place."""
    found = []
    for upload in files:
        if isinstance(upload.data, Path) and upload.data.is_dir():
            inside = sorted(p for p in upload.data.iterdir() if p.suffix.lower() in ENDINGS)
            found += [Upload(f"{upload.name}/{path.name}", path) for path in inside]
        else:
            found.append(upload)
    return found


DEFAULT = Cleaning()
#: Told while a file is read: (rows read so far, rows expected); what it raises stops the reading.
Progress = Callable[[int, int | None], None]
