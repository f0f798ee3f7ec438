"""The shop's weekly sales: whole weeks that end on the day of the question."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.dataset import Dataset
from core.errors import NotEnoughDataError

Floats = NDArray[np.float64]

MIN_WEEKS = 12
USUAL_WEEKS, SHARE = 8, 4


@dataclass(frozen=True, eq=False)
class Weekly:
    """values: (weeks,) sold per week, returns taken off, never below nothing; as_of: last day."""

    values: Floats
    as_of: date

    def days(self, first: int, last: int) -> pl.Series:
        """First days of the weeks `first` to before `last`, counted from the first one."""
        start = self.as_of - timedelta(days=7 * len(self.values) - 1)
        days = [start + timedelta(days=7 * week) for week in range(first, last)]
        return pl.Series("period_start", days, dtype=pl.Date)


def weekly(dataset: Dataset, as_of: date, measure: str) -> Weekly:
    """The weeks of `dataset`; the days before the first whole one are left out."""
    days_ago = (pl.lit(as_of) - pl.col("ordered_at").dt.date()).dt.total_days()
    column = "revenue" if measure == "revenue" else "quantity"
    lines = dataset.lines.select(days_ago=days_ago, sold=pl.col(column))
    summed = lines.group_by(weeks_ago=pl.col("days_ago") // 7).agg(pl.col("sold").sum())
    oldest, found = pl.collect_all([lines.select(pl.col("days_ago").max()), summed])
    weeks = ((oldest.item() if oldest.item() is not None else -1) + 1) // 7
    if weeks < MIN_WEEKS:
        raise NotEnoughDataError(
            "A sales forecast needs {need} whole weeks of sales; there are {have}.",
            need=MIN_WEEKS,
            have=weeks,
        )
    found = found.filter(pl.col("weeks_ago") < weeks)
    values = np.zeros(weeks)
    values[weeks - 1 - found["weeks_ago"].to_numpy()] = found["sold"].to_numpy()
    return Weekly(values=np.maximum(values, 0.0).round(6), as_of=as_of)


def horizon(weekly: Weekly, days: int | None) -> int:
    """Weeks ahead: as asked, or eight, and at most a quarter of the history."""
    longest = len(weekly.values) // SHARE
    return min(-(-days // 7) if days else USUAL_WEEKS, longest)
