"""Numbers as shops write them: signs, currencies, thousands and decimal marks, notes."""

from typing import Literal

import polars as pl

Mark = Literal[".", ","]


def is_plain(column: pl.Series) -> bool:
    """Whether a cast alone reads every number of the column."""
    return (
        column.dtype != pl.String
        or column.cast(pl.Float64, strict=False).null_count() == column.null_count()
    )


def parse(column: pl.Expr, mark: Mark | None) -> pl.Expr:
    """Money or a count out of text; null where there is no digit. `mark`: the decimal mark.

    None: each value by itself - the last mark is the decimal one, unless three digits follow it.
    """
    bare = column.str.replace_all(r"[（\[【].*$", "").str.strip_chars()
    negative = bare.str.contains(r"^\(.*\)$|^[^\d]*[-−–]|-$")
    digits = bare.str.replace_all(r"[^\d.,Ee+\-]", "").str.replace(r"^[^\d]*(.*?)[^\d]*$", "$1")
    number = _plain(digits, mark).cast(pl.Float64, strict=False)
    return pl.when(negative).then(-number).otherwise(number)


def _plain(digits: pl.Expr, mark: Mark | None) -> pl.Expr:
    european = digits.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)
    english = digits.str.replace_all(",", "", literal=True)
    if mark is not None:
        return european if mark == "," else english
    comma_last = digits.str.contains(r",\d{1,2}$|,\d{4,}$|\..*,\d+$")
    return pl.when(comma_last).then(european).otherwise(english)


def mark_of(column: pl.Series) -> Mark | None:
    """The decimal mark that the whole column agrees on; None if its values differ."""
    commas = bool(column.str.contains(r",\d{1,2}(?:\D*)$").any())
    points = bool(column.str.contains(r"\.\d{1,2}(?:\D*)$").any())
    if commas and points:
        return None
    return "," if commas else "."
