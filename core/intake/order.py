"""The kept lines as one table: the canonical columns, one name per product, one order of rows."""

from collections.abc import Sequence

import numpy as np
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
    ordered = _ordered(named.select(columns))
    if "line_id" not in columns or ordered["line_id"].n_unique() < ordered.height:
        number = pl.int_range(1, pl.len() + 1).cast(pl.String)
        ordered = ordered.with_columns(line_id=number)
    return ordered.select(
        pl.col(column).cast(column_of.dtype)
        for column, column_of in ORDER_LINES.items()
        if column in ordered.columns
    )


def _ordered(lines: pl.DataFrame) -> pl.DataFrame:
    """By time, order and product; lines equal in these by the rest of their content.

    So the order of the rows in the file is forgotten: only `source_row` remembers it.
    """
    keys = [c for c in ("ordered_at", "order_id", "product_id") if c in lines.columns]
    ordered = lines.sort(keys, nulls_last=True, maintain_order=True)
    same = pl.all_horizontal(pl.col(key).eq_missing(pl.col(key).shift()) for key in keys)
    again = same & (pl.int_range(pl.len()) > 0)
    tied = ordered.select(again | again.shift(-1, fill_value=False)).to_series().arg_true()
    if not len(tied):
        return ordered
    rest = [c for c in ordered.columns if c not in ("source_file", "source_row", "line_id", *keys)]
    ties = (
        ordered[tied]
        .with_columns(pl.col(pl.Categorical).cast(pl.String), at=tied)
        .select(*keys, "at", tie=pl.struct(rest).hash() if rest else pl.lit(0))
        .sort(*keys, "tie", nulls_last=True, maintain_order=True)
    )
    places = np.arange(ordered.height)
    places[tied.to_numpy()] = ties["at"].to_numpy()
    return ordered.select(pl.all().gather(places))


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
    seen = [
        p.lines["currency"].drop_nulls().value_counts().with_columns(pl.col("currency").cast(str))
        for p in parts
        if "currency" in p.lines.columns
    ]
    counts = pl.concat(seen).group_by("currency").agg(pl.col("count").sum()) if seen else None
    codes = [] if counts is None else counts["currency"].to_list()
    if wanted and codes and wanted.upper() not in codes:
        raise IntakeError(
            "No line is in {wanted}; the files hold {found}.",
            wanted=wanted,
            found=", ".join(sorted(codes)),
        )
    if wanted or counts is None or not codes:
        return wanted.upper() if wanted else None
    return str(counts.sort("count", "currency", descending=[True, False])["currency"][0])
