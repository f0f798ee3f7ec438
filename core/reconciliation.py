"""Reconciliation: every row read is kept or set aside with its reason, and the money of both."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import polars as pl

from core.errors import IntakeError


@dataclass(frozen=True, eq=False)
class FileRead:
    """How one file was read.

    name: as the user knows it. format: the recognised source, `confidence` in 0..1 and the
    runner-up. mapping: canonical field -> the file's column. table: "lines" or an optional table.
    """

    name: str
    format: str
    confidence: float
    runner_up: str | None
    encoding: str
    delimiter: str | None
    rows_read: int
    mapping: Mapping[str, str]
    columns: tuple[str, ...]
    table: str = "lines"
    date_format: str | None = None


@dataclass(frozen=True, eq=False)
class Reconciliation:
    """What became of every row.

    files: how each file was read.
    reasons: one row per file and reason (`kept` first) - file, reason, rows, money, returns (how
        many of the rows are returns).
    aside: one row per row set aside, read when asked for - file, row (1-based, header counted),
        reason, money, then the file's own columns as text (privacy: names, phones and addresses
        blanked).
    kept_with_note: rows kept but worth knowing (repeats kept, returns) - file, note, rows, money.
    missing: one row per field that lacks values - field, missing (lines), rule (what is done).
    renamed: one row per product that took another name for good - product_id, old name, new name,
        source_file and source_row of the first line under the new name.
    before: rows, orders, customers and products in the files before anything was set aside.
    Always: rows_read = kept + sum of set aside, per file.
    """

    files: tuple[FileRead, ...]
    reasons: pl.DataFrame
    aside: pl.LazyFrame
    kept_with_note: pl.DataFrame
    before: Mapping[str, int] = field(default_factory=dict)
    missing: pl.DataFrame = field(default_factory=pl.DataFrame)
    renamed: pl.DataFrame = field(default_factory=pl.DataFrame)

    @cached_property
    def set_aside(self) -> pl.DataFrame:
        """`aside`, read."""
        try:
            return self.aside.collect()
        except (pl.exceptions.PolarsError, OSError) as error:
            raise IntakeError(
                "{files:names} cannot be opened: check the name and that you may read it.",
                files=[file.name for file in self.files],
            ) from error
