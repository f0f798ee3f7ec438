"""Text and ids as they are meant: without what a spreadsheet wrapped around them."""

from dataclasses import dataclass, replace

import polars as pl

from core.errors import IntakeError

#: What spreadsheets and databases write for "nothing".
NOTHING = ("", "-", "--", "nan", "NaN", "null", "NULL", "None", "none", "N/A", "n/a", "#N/A")
LONGEST = max(map(len, NOTHING))
SCIENTIFIC = r"^\d(?:[.,]\d+)?[eE]\+\d{1,2}$"
#: Digits of an id of which a spreadsheet, which keeps 15, would lose several; and how many such ids
#: must all end in zeros before they are called rounded.
LONG, FEWEST_ROUNDED = 18, 10
DAY_FIRST = r"^(?:19|20)\d\d(?:0[1-9]|1[0-2])"
ODD = [" ", "\t", "\r", "\n", "'", "#", "=", '"', "\xa0", "\u3000", "e+", "E+"]
WRAPPED = r"^[\s'#=\"]|[\s\"]$"
#: Text that repeats from line to line: kept once per distinct value.
REPEATED = (
    "product_id", "product_name", "category", "channel", "country", "currency", "coupon", "status",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Column:
    """One mapped column of one file: where it came from, for the error that names it."""

    file: str
    field: str
    header: str
    values: pl.Series
    rows: pl.Series


def words(column: Column) -> pl.Series:
    """Text without outer blanks; what stands for nothing becomes null.

    Text that repeats is looked at once per distinct value, and stored so.
    """
    values = column.values
    if column.field not in REPEATED:
        return _nothing(values.cast(pl.String).str.strip_chars())
    if values.dtype != pl.Categorical:
        values = values.cast(pl.String).cast(pl.Categorical)
    different = distinct(values)
    clean = _nothing(different.cast(pl.String).str.strip_chars())
    if different.cast(pl.String).equals(clean):
        return values
    return values.replace_strict(different, clean.cast(pl.Categorical))


def distinct(values: pl.Series) -> pl.Series:
    """The different values, in the order of the rows (a quarter of the work of `unique`)."""
    return values.gather(values.arg_unique())


def _nothing(values: pl.Series) -> pl.Series:
    if not (values.str.len_bytes() <= LONGEST).any():
        return values
    nothing = values.is_in(NOTHING)
    return values.set(nothing, None) if nothing.any() else values


def identity(column: Column) -> pl.Series:
    """Ids as text, as the shop knows them: without what a spreadsheet wrapped around them.

    Ids that repeat are looked at once per distinct value.
    """
    values = column.values
    if values.dtype == pl.Categorical:
        first = values.arg_unique()
        different = values.gather(first).cast(pl.String)
        alone = replace(column, values=different, rows=column.rows.gather(first))
        if different.equals(identity(alone)):
            return values
    if values.dtype.is_float() and bool((values.drop_nulls() % 1 == 0).all()):
        values = values.cast(pl.Int64, strict=False)
    values = values.cast(pl.String)
    odd = bool(values.str.contains_any(ODD).any())  # sought literally: most ids hold none
    odd = odd and bool(values.str.contains(f"{WRAPPED}|{SCIENTIFIC}").any())
    if odd:
        values = values.str.replace_all(r"^[\s'#=\"]+|[\s\"]+$", "")
    values = _nothing(values)
    if has_tail(values):
        values = values.str.strip_suffix(".0")
    if (lost := _lost_digits(values, odd=odd)) is not None:
        raise IntakeError(
            "{file}, row {row:integer}, column {column}: {found} is a number that a spreadsheet "
            "rounded, so its last digits are lost; export again and do not open the file in a "
            "spreadsheet, or make the column text there.",
            file=column.file,
            row=column.rows.filter(lost)[0],
            column=column.header,
            found=values.filter(lost)[0],
        )
    return values


def _lost_digits(values: pl.Series, *, odd: bool) -> pl.Series | None:
    """Which ids a spreadsheet rounded, if any.

    Either it wrote them so (`odd`), or they are long and behind their fifteenth digit all hold
    zeros. Numbers that begin with a day, as some shops count, may well end so.
    """
    if odd:
        lost = values.str.contains(SCIENTIFIC).fill_null(value=False)
        return lost if lost.any() else None
    if len(_first(values)) < LONG:
        return None
    lost = values.str.contains(rf"^\d{{{LONG},}}$").fill_null(value=False)
    long = values.filter(lost).str
    rounded = lost.sum() >= FEWEST_ROUNDED and long.contains(r"^\d{15}0+$").all()
    return lost if rounded and not long.contains(DAY_FIRST).all() else None


def _first(values: pl.Series) -> str:
    """The first text there is."""
    return str(values[values.is_not_null().arg_max() or 0])


def has_tail(values: pl.Series) -> bool:
    """Whether every id is a whole number with ".0" behind it."""
    if values.dtype == pl.Categorical:
        values = distinct(values).cast(pl.String)
    if values.dtype != pl.String or values.null_count() == len(values):
        return False
    if not _first(values).rstrip(' "').endswith(".0"):
        return False
    return bool(values.str.contains(r"^[\s'#=\"]*\d+\.0[\s\"]*$").all())
