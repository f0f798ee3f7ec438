"""Headers in, source out: which layout a file has, how sure that is, what the runner-up was."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace

import polars as pl

from core.errors import IntakeError
from core.intake import continued, fields
from core.intake.fields import Choice
from core.intake.read import Table
from core.intake.sources import SOURCES
from core.intake.sources.source import Source, key

SURE = 0.7
#: Tables whose columns order lines may carry as well.
CATALOGUES = ("products", "stock", "customers")
GENERIC = "generic"

#: Header keys by which a header row is told from what stands above it.
KNOWN = frozenset().union(
    *(source.known() for source in SOURCES), *(set(names) for names in fields.NAMES.values())
)


@dataclass(frozen=True, eq=False)
class Recognised:
    """A table, the source that reads it, and the column chosen for every canonical field."""

    table: Table
    source: Source
    confidence: float
    runner_up: str | None
    choices: Mapping[str, Choice]
    renamed: Mapping[str, str]

    @property
    def rows(self) -> pl.LazyFrame:
        """The file's rows under the headers that the source knows."""
        return self.table.rows.rename(dict(self.renamed))

    def batches(
        self, dtypes: Mapping[str, pl.DataType], more: Callable[[pl.Schema], list[pl.Expr]]
    ) -> Iterator[pl.DataFrame]:
        """`rows`, some at a time, with columns of other types than text where `dtypes` says so.

        more: what else to work out for every row while it is read, given the types.
        """
        theirs = {ours: name for name, ours in self.renamed.items()}
        asked = {theirs.get(name, name): dtype for name, dtype in dtypes.items()}

        def renamed(rows: pl.LazyFrame) -> pl.LazyFrame:
            rows = rows.rename(dict(self.renamed))
            return rows.with_columns(more(rows.collect_schema()))

        return self.table.batches(asked, renamed)

    @property
    def headers(self) -> dict[str, str]:
        """Header key, as the source knows it -> the header as the file writes it."""
        keys = [self.renamed.get(name, name) for name in self.table.keys]
        return dict(zip(keys, self.table.columns, strict=True))


def recognise(table: Table, overrides: Mapping[str, str]) -> Recognised:
    """The best-fitting source of a table. `overrides`: canonical field -> the file's column."""
    ranked = sorted(
        ((source.confidence(table.keys), source) for source in SOURCES),
        key=lambda pair: (-pair[0], pair[1].name),
    )
    (best, source), (second, other) = ranked[0], ranked[1]
    if best >= SURE and not (source.table in CATALOGUES and holds_orders(table.keys)):
        renamed = source.matched(table.keys)
        choices = _mapped({renamed.get(name, name) for name in table.keys}, source)
        runner_up = other.name if second >= 0.3 else GENERIC
        found = Recognised(table, source, best, runner_up, choices, renamed)
    else:
        found = _generic(table, source.name if best >= 0.3 else None)
    return _overruled(found, overrides)


def holds_orders(keys: Collection[str]) -> bool:
    """Whether columns name orders, their dates and units, whatever else they hold."""
    told = ("order_id", "ordered_at", "quantity")
    return all(any(fields.by_name(name, field) > 0.9 for name in keys) for field in told)


def _mapped(there: Collection[str], source: Source) -> dict[str, Choice]:
    """The source's own columns; what it leaves open is not guessed."""
    chosen = {}
    for field, columns in source.columns.items():
        found = [column for column in columns if column in there]
        if found or any(column not in source.known() for column in columns):
            chosen[field] = Choice(field, found[0] if found else None, 1.0, tuple(found[1:]))
    return chosen


def _generic(table: Table, runner_up: str | None) -> Recognised:
    """An unknown layout: every field by name and content."""
    rows = table.first
    choices = fields.choose(rows)
    columns = {field: (choice.column,) for field, choice in choices.items() if choice.column}
    source = Source(name=GENERIC, required=frozenset(), columns=columns)
    if (fill := continued.filling(rows, columns)) is not None:
        source = replace(source, prepare=fill, repeats_are_lines=True)
    key_fields = ("ordered_at", "order_id", "product_id", "quantity")
    sure = [choices[field].confidence for field in key_fields]
    product = max(choices["product_id"].confidence, choices["product_name"].confidence)
    sure[2] = product
    return Recognised(table, source, round(sum(sure) / len(sure), 2), runner_up, choices, {})


def _overruled(found: Recognised, overrides: Mapping[str, str]) -> Recognised:
    """What the user mapped by hand wins; a field mapped to nothing is left out."""
    there = {found.renamed.get(name, name) for name in found.table.keys}
    columns, choices = dict(found.source.columns), dict(found.choices)
    for field, named in overrides.items():
        column = found.renamed.get(named, named)
        if column and column not in there:
            continue
        columns.pop(field, None)
        choices[field] = Choice(field, column or None, 1.0, ())
        if column:
            columns[field] = (column,)
    return replace(found, source=replace(found.source, columns=columns), choices=choices)


def overrides(mapping: tuple[str, ...]) -> dict[str, str]:
    """canonical field -> header key, from "COLUMN=FIELD" pairs; "=FIELD" leaves the field out."""
    allowed = set(fields.NAMES)
    chosen = {}
    for pair in mapping:
        column, equals, field = pair.rpartition("=")
        if not equals or field.strip() not in allowed:
            raise IntakeError(
                "{pair} is no mapping: write COLUMN=FIELD with one of {allowed}.",
                pair=pair,
                allowed=", ".join(sorted(allowed)),
            )
        chosen[field.strip()] = key(column)
    return chosen
