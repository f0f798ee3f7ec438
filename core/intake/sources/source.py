"""Source: how one export format maps onto `core.schema`."""

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

import polars as pl

#: Row in the file, 1-based, header counted: carried beside the file's own columns.
ROW = "__row"


def key(header: str) -> str:
    """What a header is compared by: one width, one case, single blanks, no asterisk or `#`."""
    text = unicodedata.normalize("NFKC", header).replace("\ufeff", "").casefold()
    return re.sub(r"\s+", " ", text).strip(" *#'\"\t:")


def _as_is(rows: pl.LazyFrame) -> pl.LazyFrame:
    return rows


@dataclass(frozen=True)
class Source:
    """One layout. Every header is written as its `key`.

    required: the headers that identify it. columns: canonical field -> the file's columns, best
    first; the fields of `filled_by` take the first column that has a value, row by row.
    prepare: brings the rows to one line per row, still as text; it may add columns.
    table: "lines", "orders" (joined to the items of the source named `joins`) or an optional table.
    repeats_are_lines: two equal rows of one file are two sales (only other files repeat them).
    """

    name: str
    required: frozenset[str]
    columns: Mapping[str, tuple[str, ...]]
    headers: frozenset[str] = frozenset()
    table: str = "lines"
    prepare: Callable[[pl.LazyFrame], pl.LazyFrame] = _as_is
    filled_by: frozenset[str] = frozenset({"customer_id"})
    date_order: str | None = None
    currency: str | None = None
    joins: str | None = None
    join_on: str = "order_id"
    repeats_are_lines: bool = False
    line_money: str | None = None
    service: str | None = None
    aliases: Mapping[str, str] = field(default_factory=dict)

    def known(self) -> frozenset[str]:
        """Every header that this layout may carry."""
        mapped = {column for columns in self.columns.values() for column in columns}
        return self.headers | self.required | mapped

    def confidence(self, keys: Collection[str]) -> float:
        """0..1: how much of what identifies the layout is there, and how much of the rest."""
        there = set(keys)
        signature = len(self.required & there) / len(self.required) if self.required else 0.0
        known = self.known()
        overlap = len(known & there) / max(1, min(len(known), len(there)))
        return (0.7 + 0.3 * overlap) if signature == 1 else 0.55 * signature * overlap
