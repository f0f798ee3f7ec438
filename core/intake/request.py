"""What is asked of an import: the files, and how to read what can be read in two ways."""

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
    """

    mapping: tuple[str, ...] = ()
    date_order: Literal["auto", "dmy", "mdy", "ymd"] = "auto"
    decimal_mark: Literal["auto", ".", ","] = "auto"
    currency: str | None = None
    encoding: Encoding | None = None
    keep_repeats: bool = False
    include_unpaid: bool = False


DEFAULT = Cleaning()
