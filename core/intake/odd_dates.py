"""Dates that stand far from all others: a mistyped year, the day zero of a computer's calendar."""

from datetime import datetime

import polars as pl

#: Days without an order beyond which what follows, or what went before, stands apart.
GAP = 730
#: At most this share of the lines is called odd; more of them are a shop's own earlier years.
SHARE = 0.05


def apart(lines: pl.LazyFrame) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """(the lines of the years that hold most of them, the few that stand far from those)."""
    day = pl.col("ordered_at").dt.truncate("1d")
    gap = (pl.col("day").diff().dt.total_days() > GAP).fill_null(value=False)
    days = lines.group_by(day=day).agg(lines=pl.len()).sort("day").collect()
    runs = (
        days.group_by(run=gap.cum_sum())
        .agg(pl.col("lines").sum(), first=pl.col("day").min(), last=pl.col("day").max())
        .sort("lines", "run", descending=True)
    )
    first: datetime = runs["first"][0]
    last: datetime = runs["last"][0]
    if runs["lines"][0] < (1 - SHARE) * int(runs["lines"].sum()):
        return lines, lines.clear()
    usual = day.is_between(first, last)
    return lines.filter(usual), lines.filter(~usual)
