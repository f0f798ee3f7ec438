"""Tables that a spreadsheet shows and never runs."""

import polars as pl
import polars.selectors as cs

#: First characters at which a spreadsheet takes a cell for a formula.
FORMULA = r"^([=+\-@\t\r\n])"
QUOTED = r"^'([=+\-@\t\r\n])"


def safe(frame: pl.DataFrame) -> pl.DataFrame:
    """`frame` with text that would run as a formula quoted by an apostrophe.

    Source: OWASP, "CSV Injection".
    """
    return frame.with_columns(
        cs.by_dtype(pl.String, pl.Categorical, pl.Enum).cast(pl.String).str.replace(FORMULA, "'$1")
    )


def unquoted(frame: pl.DataFrame) -> pl.DataFrame:
    """`frame` as it was before `safe`."""
    return frame.with_columns(pl.col(pl.String).str.replace(QUOTED, "$1"))
