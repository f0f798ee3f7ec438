"""Dataset: cleaned order lines plus the fingerprint that every cached result is keyed by."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property

import polars as pl

from core.errors import BadOptionError, MissingColumnsError, NotEnoughDataError
from core.reconciliation import Reconciliation

#: fact -> the column whose distinct values it counts.
COUNTED = {"orders": "order_id", "customers": "customer_id", "products": "product_id"}


@dataclass(frozen=True, eq=False)
class Dataset:
    """One row per order line, in the columns of `core.schema.ORDER_LINES`, in one currency.

    lines: lazy, so that a Parquet file on disk can stand behind it.
    tables: the optional tables of `core.schema.TABLES` that were uploaded.
    reconciliation: what was read and what was set aside; None for data made in memory.
    """

    name: str
    fingerprint: str
    lines: pl.LazyFrame
    tables: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    reconciliation: Reconciliation | None = None

    @cached_property
    def columns(self) -> frozenset[str]:
        """The columns that the export carried."""
        return frozenset(self.lines.collect_schema().names())

    @cached_property
    def facts(self) -> dict[str, int]:
        """How much there is: lines, distinct orders, customers and products, days spanned."""
        counts = [
            pl.col(column).drop_nulls().n_unique().alias(fact)
            for fact, column in COUNTED.items()
            if column in self.columns
        ]
        row = (
            self.lines.select(
                pl.len().alias("lines"),
                *counts,
                first=pl.col("ordered_at").min(),
                last=pl.col("ordered_at").max(),
            )
            .collect()
            .row(0, named=True)
        )
        first, last = row.pop("first"), row.pop("last")
        return row | {"days": (last.date() - first.date()).days + 1 if first else 0}

    @cached_property
    def _span(self) -> tuple[date, date]:
        times = pl.col("ordered_at")
        first, last = self.lines.select(first=times.min(), last=times.max()).collect().row(0)
        if last is None:
            raise NotEnoughDataError("There are no order lines to work on.")
        return first.date(), last.date()

    @property
    def first_day(self) -> date:
        """The day of the first order."""
        return self._span[0]

    @property
    def last_day(self) -> date:
        """The day of the last order: what as_of defaults to."""
        return self._span[1]

    @cached_property
    def currency(self) -> str | None:
        """ISO code of the currency, if the export names it."""
        if "currency" not in self.columns:
            return None
        code = self.lines.select(pl.col("currency").drop_nulls().first()).collect().item()
        return None if code is None else str(code)

    def day(self, as_of: date | None) -> date:
        """The day a question is asked: `as_of`, or the last order's day."""
        return as_of or self.last_day

    def until(self, as_of: date | None) -> "Dataset":
        """The dataset as it was at the end of day `as_of`: no later line is in it."""
        if as_of is None or as_of >= self.last_day:
            return self
        seen = self.lines.filter(pl.col("ordered_at") < pl.lit(as_of).dt.offset_by("1d"))
        if seen.select(pl.len()).collect().item() == 0:
            raise BadOptionError(
                "There is no order on or before {as_of:date}: choose a later day.", as_of=as_of
            )
        return replace(self, fingerprint=f"{self.fingerprint}@{as_of}", lines=seen)

    def with_stock(self, counted: pl.DataFrame) -> "Dataset":
        """The dataset with `counted`, rows of the stock table, laid over what it had of them."""
        old = self.tables.get("stock")
        if old is not None:
            both = counted.join(old, on="product_id", how="full", coalesce=True, suffix=" before")
            kept = [c for c in counted.columns if f"{c} before" in both.columns]
            counted = both.with_columns(pl.coalesce(c, f"{c} before") for c in kept).drop(
                f"{c} before" for c in kept
            )
        stock = counted.sort("product_id")
        digest = hashlib.sha256(stock.write_csv().encode()).hexdigest()[:16]
        return replace(
            self,
            fingerprint=f"{self.fingerprint}+{digest}",
            tables={**self.tables, "stock": stock},
        )

    def require(self, columns: Collection[str]) -> None:
        """Raise MissingColumnsError unless every one of `columns` is present."""
        if missing := sorted(set(columns) - self.columns):
            raise MissingColumnsError(
                "These columns are needed but absent: {missing:names}. The data has: "
                "{present:names}.",
                missing=missing,
                present=sorted(self.columns),
            )
