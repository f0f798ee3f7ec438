"""The shop's weekly sales: whole weeks that end on the day of the question."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.dataset import Dataset
from core.errors import NotEnoughDataError
from core.measures import periods

Floats = NDArray[np.float64]

MIN_WEEKS = 12
USUAL_WEEKS, SHARE = 8, 4


@dataclass(frozen=True, eq=False)
class Weekly:
    """values: (weeks,) sold per week, returns taken off, never below nothing; daily: (7 x weeks,)
    sold per day; as_of: last day.
    """

    values: Floats
    daily: Floats
    as_of: date

    def days(self, first: int, last: int) -> pl.Series:
        """First days of the weeks `first` to before `last`, counted from the first one."""
        start = self.as_of - timedelta(days=7 * len(self.values) - 1)
        days = [start + timedelta(days=7 * week) for week in range(first, last)]
        return pl.Series("period_start", days, dtype=pl.Date)


def weekly(dataset: Dataset, as_of: date, measure: str) -> Weekly:
    """The weeks of `dataset`; the days before the first whole one are left out."""
    value = "revenue" if measure == "revenue" else "quantity"
    sold = periods.sums(dataset.lines, as_of, "day", value=value)[1][0]
    weeks = len(sold) // 7
    if weeks < MIN_WEEKS:
        raise NotEnoughDataError(
            "A sales forecast needs {need} whole weeks of sales; there are {have}.",
            need=MIN_WEEKS,
            have=weeks,
        )
    daily = sold[len(sold) - 7 * weeks :]
    values = np.maximum(daily.reshape(weeks, 7).sum(axis=1), 0.0).round(6)
    return Weekly(values=values, daily=daily, as_of=as_of)


def by_group(
    dataset: Dataset, as_of: date, measure: str, by: str, weeks: int
) -> tuple[pl.DataFrame, Floats]:
    """(one row per category or supplier: `by`; (groups, weeks) sold). Nothing where not known."""
    lines = dataset.lines
    if by == "supplier" and "product_id" in dataset.columns:
        lines = lines.join(suppliers(dataset).lazy(), on="product_id", how="left")
    if by not in lines.collect_schema().names():
        return pl.DataFrame(schema={by: pl.String}), np.zeros((0, weeks))
    value = "revenue" if measure == "revenue" else "quantity"
    named = lines.with_columns(pl.col(by).fill_null(""))
    keys, sold = periods.sums(named, as_of, "week", [by], value)
    return keys, np.maximum(sold[:, -weeks:], 0.0)


def suppliers(dataset: Dataset) -> pl.DataFrame:
    """product_id, supplier, from the stock table, else the products table."""
    tables = [
        dataset.tables[name].select("product_id", "supplier")
        for name in ("stock", "products")
        if name in dataset.tables and "supplier" in dataset.tables[name].columns
    ]
    if not tables:
        return pl.DataFrame(schema={"product_id": pl.String, "supplier": pl.String})
    known = pl.concat(tables).drop_nulls().unique("product_id", keep="first", maintain_order=True)
    return known.sort("product_id")


def horizon(weekly: Weekly, days: int | None) -> int:
    """Weeks ahead: as asked, or eight, and at most a quarter of the history."""
    longest = len(weekly.values) // SHARE
    return min(-(-days // 7) if days else USUAL_WEEKS, longest)
