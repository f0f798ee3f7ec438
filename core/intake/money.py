"""Numbers as shops write them: signs, currencies, thousands and decimal marks, notes."""

from typing import Literal

import polars as pl

Mark = Literal[".", ","]
#: In brackets, behind a minus or before one at the end; "12,-" is twelve.
NEGATIVE = (
    r"^[^\d(（]*[(（][^\d]*\d.*[)）]\D*$|^[^\d]*[-−–－]|[^.,][-－]\s*$|"
    r"\d-\s*(?:[A-Z]{3}|\p{Sc})$"
)
#: Points that group thousands: two of them, each before three digits.
GROUPED = r"\d\.\d{3}\.\d{3}"
MYRIADS = {"万萬": 1e4, "亿億": 1e8}


def is_plain(column: pl.Series) -> bool:
    """Whether a cast alone reads every number of the column."""
    return (
        column.dtype != pl.String
        or column.cast(pl.Float64, strict=False).null_count() == column.null_count()
    )


def parse(column: pl.Expr, mark: Mark | None) -> pl.Expr:
    """Money or a count out of text; null where there is no digit, or a percentage.

    mark: the decimal mark. None: each value by itself - the last mark is the decimal one, unless
    three digits follow it.
    """
    number = _plain(_digits(column), mark).cast(pl.Float64, strict=False)
    sign = pl.when(column.str.contains(NEGATIVE)).then(-1.0).otherwise(1.0)
    return pl.when(~column.str.contains("[%％]")).then(number * sign * _scale(column))


def _digits(column: pl.Expr) -> pl.Expr:
    """Digits and marks, of one width, without remarks in brackets.

    Neither currencies nor the point behind their letters, as in "Rs.500".
    """
    amount = column.str.normalize("NFKC").str.replace(r"(\d[^(\[【]*)[(\[【].*$", "${1}")
    amount = amount.str.replace(r"^\D*\p{L}\D*", "").str.replace_all(r"[^\d.,Ee+\-]", "")
    return amount.str.extract(r"([.,]?\d(?:.*\d)?)")


def _scale(column: pl.Expr) -> pl.Expr:
    """What a number is counted in: ten thousands (万), hundred millions (亿) or ones."""
    scale = pl.lit(1.0)
    for letters, value in MYRIADS.items():
        scale = pl.when(column.str.contains(rf"\d\s*[{letters}]")).then(value).otherwise(scale)
    return scale


def _plain(digits: pl.Expr, mark: Mark | None) -> pl.Expr:
    european = digits.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)
    english = digits.str.replace_all(",", "", literal=True)
    if mark is not None:
        return european if mark == "," else english
    comma_last = digits.str.contains(rf",\d{{1,2}}$|,\d{{4,}}$|\..*,\d+$|{GROUPED}")
    return pl.when(comma_last).then(european).otherwise(english)


def mark_of(column: pl.Series) -> Mark | None:
    """The decimal mark that the whole column agrees on; None if its values differ."""
    commas = bool(column.str.contains(rf",\d{{1,2}}(?:\D*)$|,[-–]|{GROUPED}").any())
    points = bool(column.str.contains(r"\.\d{1,2}(?:\D*)$").any())
    if commas and points:
        return None
    return "," if commas else "."
