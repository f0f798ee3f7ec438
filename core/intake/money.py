"""Numbers as shops write them: signs, currencies, thousands and decimal marks, notes."""

from typing import Literal

import polars as pl

Mark = Literal[".", ","]

#: Text in the cell -> ISO code, for a currency written into the money itself or into its header.
CURRENCIES = {
    "US$": "USD", "AU$": "AUD", "A$": "AUD", "CA$": "CAD", "C$": "CAD", "NZ$": "NZD",
    "HK$": "HKD", "S$": "SGD", "R$": "BRL", "MX$": "MXN", "RM": "MYR", "€": "EUR", "£": "GBP",
    "¥": "CNY", "￥": "CNY", "元": "CNY", "₹": "INR", "₽": "RUB", "₩": "KRW", "฿": "THB",
    "₱": "PHP", "₫": "VND", "zł": "PLN", "$": "USD",
}  # fmt: skip


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


def currency_of(text: str) -> str | None:
    """The ISO code of a currency written in `text`, if there is one."""
    import re

    if code := re.search(r"(?<![A-Z])(USD|EUR|GBP|CNY|RMB|AUD|CAD|JPY|MYR|SGD|PHP|THB)\b", text):
        return {"RMB": "CNY"}.get(code[1], code[1])
    return next((code for sign, code in CURRENCIES.items() if sign in text), None)
