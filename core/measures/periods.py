"""Days, weeks and months counted back from a day, and what was sold in each.

A period is numbered by how many whole ones lie between it and the day of the question: 0 is the
last. Weeks are seven days that end on that day; months end on the same day of the month, so they
are calendar months where the day is a month's last. The last period is always complete.
"""

import calendar
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

Period = Literal["day", "week", "month"]
Floats = NDArray[np.float64]

DAYS = {"day": 1, "week": 7}


def days_ago(as_of: date) -> pl.Expr:
    """Whole days from the order to `as_of`."""
    return (pl.lit(as_of) - pl.col("ordered_at").dt.date()).dt.total_days()


def ago(as_of: date, period: Period) -> pl.Expr:
    """The number of the period in which the order was placed."""
    if period != "month":
        return days_ago(as_of) // DAYS[period]
    day = pl.col("ordered_at").dt
    months = 12 * (as_of.year - day.year()) + as_of.month - day.month().cast(pl.Int64)
    return months - (day.day() > _closing(as_of)).cast(pl.Int64)


def _closing(as_of: date) -> int:
    """The day of the month on which months end; 31 where `as_of` is a month's last day."""
    last = calendar.monthrange(as_of.year, as_of.month)[1]
    return 31 if as_of.day == last else as_of.day


def first_day(as_of: date, period: Period, number: int) -> date:
    """First day of period `number`; negative numbers lie in the future."""
    if period != "month":
        return as_of - timedelta(days=DAYS[period] * (number + 1) - 1)
    months = 12 * as_of.year + as_of.month - 1 - (number + 1)
    year, month = divmod(months, 12)
    closed = min(_closing(as_of), calendar.monthrange(year, month + 1)[1])
    return date(year, month + 1, closed) + timedelta(days=1)


def whole(as_of: date, period: Period, first: date) -> int:
    """How many whole periods there are from the day `first` to `as_of`."""
    number = 0
    if period != "month":
        return ((as_of - first).days + 1) // DAYS[period]
    while first_day(as_of, period, number) >= first:
        number += 1
    return number


def sums(
    lines: pl.LazyFrame,
    as_of: date,
    period: Period = "week",
    by: Sequence[str] = (),
    value: str = "quantity",
) -> tuple[pl.DataFrame, Floats]:
    """(one row per key, sorted: the columns `by`; (keys, periods) sum of `value`, oldest first).

    lines: ordered_at, `by`, `value`. The days before the first whole period are left out; lines
    without a key are, too. Partitionable by any of `by`, given the same first day.
    """
    kept = lines.drop_nulls(list(by)).select(
        "ordered_at", *by, pl.col(value).alias("sold"), number=ago(as_of, period)
    )
    cells = kept.group_by(*by, "number").agg(pl.col("sold").sum())
    first, found = pl.collect_all([kept.select(pl.col("ordered_at").min().dt.date()), cells])
    oldest = first.item()
    count = whole(as_of, period, oldest) if oldest else 0
    keys = found.select(by).unique().sort(by) if by else pl.DataFrame({"all": [True]})
    if by:
        place = keys.with_row_index("row")
        found = found.join(place, on=list(by))
    else:
        found = found.with_columns(row=pl.lit(0))
    return keys, dense(found.filter(pl.col("number") < count), len(keys), count)


def dense(cells: pl.DataFrame, rows: int, periods: int) -> Floats:
    """Cells (row, number, sold) -> (rows, periods), oldest first, zero where nothing was sold."""
    out = np.zeros((rows, periods))
    out[cells["row"].to_numpy(), periods - 1 - cells["number"].to_numpy()] = cells["sold"]
    return out.round(6)
