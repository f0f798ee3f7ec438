"""Tables that a spreadsheet shows and never runs."""

import polars as pl
import polars.selectors as cs

#: Text that a spreadsheet takes for a formula by its first character, or that is quoted already.
FORMULA = r"^('*[=+\-@\t\r\n])"
QUOTED = r"^'('*[=+\-@\t\r\n])"


def safe(frame: pl.DataFrame) -> pl.DataFrame:
    """`frame` with text that would run as a formula, headers too, quoted by an apostrophe.

    Text so quoted already gets another, so that no two headers become one. Source: OWASP, "CSV
    Injection".
    """
    texts = cs.by_dtype(pl.String, pl.Categorical, pl.Enum).cast(pl.String)
    return _replaced(frame, texts, FORMULA, "'$1")


def unquoted(frame: pl.DataFrame) -> pl.DataFrame:
    """`frame` as it was before `safe`."""
    return _replaced(frame, pl.col(pl.String), QUOTED, "$1")


def _replaced(frame: pl.DataFrame, texts: pl.Expr, pattern: str, by: str) -> pl.DataFrame:
    headers = pl.Series(frame.columns, dtype=pl.String).str.replace(pattern, by)
    replaced = frame.with_columns(texts.str.replace(pattern, by))
    return replaced.rename(dict(zip(frame.columns, headers, strict=True)))
