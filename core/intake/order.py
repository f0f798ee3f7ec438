"""The kept lines as one table: the canonical columns, one name per product, one order of rows."""

from collections.abc import Sequence

import polars as pl

from core.errors import IntakeError
from core.intake.clean import Part
from core.schema import ALWAYS, ORDER_LINES


def finished(lines: pl.DataFrame) -> pl.DataFrame:
    """The kept lines in the canonical columns and the canonical order."""
    named = _named(lines)
    columns = [
        column
        for column in ORDER_LINES
        if column in named.columns
        and (column in ALWAYS or named[column].null_count() < named.height)
    ]
    content = [c for c in columns if c not in ("source_file", "source_row")]
    keys = [c for c in ("ordered_at", "order_id", "product_id") if c in columns]
    ordered = (
        named.select(pl.col(column).cast(ORDER_LINES[column].dtype) for column in columns)
        .with_columns(_tie=pl.struct(content).hash())
        .sort(*keys, "_tie", nulls_last=True, maintain_order=True)
        .drop("_tie")
    )
    if "line_id" not in columns or ordered["line_id"].n_unique() < ordered.height:
        number = pl.int_range(1, pl.len() + 1).cast(pl.String)
        ordered = ordered.with_columns(line_id=number)
    return ordered.select(column for column in ORDER_LINES if column in ordered.columns)


def _named(lines: pl.DataFrame) -> pl.DataFrame:
    """One name per product: its most frequent spelling, then the first by alphabet."""
    if "product_name" not in lines.columns:
        return lines
    spelled = (
        lines.lazy()
        .filter(pl.col("product_name").is_not_null())
        .group_by("product_id", "product_name")
        .len()
        .sort("len", "product_name", descending=[True, False])
        .group_by("product_id", maintain_order=True)
        .first()
        .select("product_id", "product_name")
        .collect()
    )
    return lines.drop("product_name").join(
        spelled, on="product_id", how="left", maintain_order="left"
    )


def main_currency(parts: Sequence[Part], wanted: str | None) -> str | None:
    """The currency to analyse: the one wanted, else that of most lines."""
    seen = [p.lines["currency"].drop_nulls() for p in parts if "currency" in p.lines.columns]
    codes = pl.concat(seen).cast(pl.String) if seen else pl.Series([], dtype=pl.String)
    if wanted and codes.len() and wanted.upper() not in set(codes.unique()):
        raise IntakeError(
            "No line is in {wanted}; the files hold {found}.",
            wanted=wanted,
            found=", ".join(sorted(codes.unique())),
        )
    if wanted or not codes.len():
        return wanted.upper() if wanted else None
    counts = codes.value_counts().sort("count", "currency", descending=[True, False])
    return str(counts["currency"][0])
