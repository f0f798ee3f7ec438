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


def bare(name: str) -> str:
    """A header key without the unit, currency or remark in brackets at its end."""
    return re.sub(r"\s*[(\[（【][^()\[\]]*[)\]）】]$", "", name)


def as_is(rows: pl.LazyFrame) -> pl.LazyFrame:
    """The rows, each of which is a line already."""
    return rows


@dataclass(frozen=True)
class Source:
    """One layout. Every header is written as its `key`.

    required: the headers that identify it. columns: canonical field -> the file's columns, best
    first; the fields of `filled_by` take the first column that has a value, row by row.
    also: a second table in the same file. aliases: translated or renamed header -> ours.
    prepare: brings the rows to one line per row, still as text; it may add columns.
    table: "lines", "orders" or "lookup" (joined to the lines of a source that `joins` it), an
    optional table of the schema, or "payments" (known, but no sales).
    repeats_are_lines: two equal rows of one file are two sales (only other files repeat them).
    service: product codes that are no product. spreads: the file holds money per order only.
    """

    name: str
    required: frozenset[str]
    columns: Mapping[str, tuple[str, ...]]
    headers: frozenset[str] = frozenset()
    table: str = "lines"
    also: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    prepare: Callable[[pl.LazyFrame], pl.LazyFrame] = as_is
    filled_by: frozenset[str] = frozenset({"customer_id", "product_id", "country"})
    aliases: Mapping[str, str] = field(default_factory=dict)
    date_order: str | None = None
    currency: str | None = None
    channel: str | None = None
    joins: tuple[str, ...] = ()
    join_on: str = "order_id"
    repeats_are_lines: bool = False
    service: str | None = None
    spreads: bool = False

    @property
    def layout(self) -> tuple[object, ...]:
        """What two files must agree in for a row of one to repeat a row of the other.

        Files of no known platform are all read by one source, whatever their columns are.
        """
        fields = ("order_id", "ordered_at", "product_id", "product_name")
        return self.name, *(self.columns.get(name, ()) for name in fields)

    def known(self) -> frozenset[str]:
        """Every header that this layout may carry."""
        tables = (self.columns, *self.also.values())
        mapped = {name for table in tables for names in table.values() for name in names}
        return self.headers | self.required | mapped

    def matched(self, keys: Collection[str]) -> dict[str, str]:
        """The file's header key -> ours, for those that this layout knows by another name."""
        known = self.known()
        by_bare = {bare(name): name for name in sorted(known)}
        found: dict[str, str] = {}
        for name in keys:
            ours = self.aliases.get(name) or self.aliases.get(bare(name)) or by_bare.get(bare(name))
            if name not in known and ours and ours not in keys and ours not in found.values():
                found[name] = ours
        return found

    def confidence(self, keys: Collection[str]) -> float:
        """0..1: how much of what identifies the layout is there, and how much of the rest."""
        renamed = self.matched(keys)
        there = {renamed.get(name, name) for name in keys}
        signature = len(self.required & there) / len(self.required) if self.required else 0.0
        known = self.known()
        overlap = len(known & there) / max(1, min(len(known), len(there)))
        if signature < 1:
            return 0.55 * signature * overlap
        distinctive = min(1.0, len(self.required) / 6)
        return 0.7 + 0.2 * overlap + 0.1 * distinctive
