"""The season of the year, and what moving holidays add to it.

    s_w   index of each week of the year: demand by the mean of its own year, growth between the
          years taken out, averaged over the years, smoothed over three weeks, drawn to 1 by
          1 / (years + 1)
    y / s smoothed exponentially, times s
    x     public holidays and sales days in a week, less the mean of the same weeks of other years:
          a holiday that never moves is part of the season
    b     ridge regression of log (y / s / its mean of nine weeks) on x, penalty 2
          forecast x exp(x b)

Source: Makridakis, Wheelwright & Hyndman (1998), Forecasting, ch. 3 (classical decomposition);
Hyndman & Athanasopoulos (2021), Forecasting: Principles and Practice, 3rd ed., 7.4 (holidays).
"""

import numpy as np
from numpy.typing import NDArray

from core.measures import smoothing

Floats = NDArray[np.float64]

YEAR = 52
GROWTH = (0.5, 2.0)
PENALTY, AROUND, MOST = 2.0, 4, 1.0
_START = np.zeros(1, dtype=np.intp)


def components(values: Floats) -> tuple[Floats, Floats]:
    """(weeks,) sales without season, smoothed, and (52,) index of the weeks that come next."""
    weeks = len(values)
    index = season(values)
    bare = (values / index[place(weeks)])[None]
    level = smoothing.track(bare, _START, smoothing.smooth, smoothing.SMOOTHING)[0][0]
    return level, index


def place(weeks: int, ahead: int = 0) -> NDArray[np.intp]:
    """Each week's place in `season`, weeks to come included."""
    return (np.arange(weeks + ahead) - weeks) % YEAR


def season(values: Floats) -> Floats:
    """(52,) index of each week of the year, the week after the last one first; mean 1."""
    weeks = len(values)
    ago = np.arange(weeks)[::-1]
    year = ago // YEAR
    recent, former = values[-YEAR:].sum(), values[-2 * YEAR : -YEAR].sum()
    grew = recent / former if weeks >= 2 * YEAR and former > 0 else 1.0
    level = np.clip(grew, *GROWTH) ** (-ago / YEAR)
    flat = values / level
    means = np.array([flat[year == number].mean() for number in range(int(year.max()) + 1)])
    whole = [n for n in range(len(means)) if (year == n).sum() == YEAR]
    usual = means[whole].mean() or 1.0
    at = place(weeks)
    index = np.bincount(at, flat, YEAR) / np.bincount(at, minlength=YEAR) / usual
    around = np.concatenate([index[-1:], index, index[:1]])
    index = (around[:-2] + around[1:-1] + around[2:]) / 3
    years = weeks / YEAR
    drawn = 1 + years / (years + 1) * (index / (index.mean() or 1.0) - 1)
    return np.asarray(np.maximum(drawn, 0.05))


def holiday_factor(values: Floats, index: Floats, calendar: Floats, ahead: int) -> Floats:
    """(weeks + ahead,) what moving holidays make of each week, the coming ones too; 1 is nothing.

    calendar: (weeks + ahead or more, kinds) days of each kind in each week.
    """
    weeks = len(values)
    at = place(weeks, ahead)
    days = calendar[: weeks + ahead]
    count = np.bincount(at[:weeks], minlength=YEAR)
    usual = np.array([np.bincount(at[:weeks], kind, YEAR) / count for kind in days[:weeks].T]).T
    moved = days - usual[at]
    bare = np.maximum(values, 1e-9) / index[at[:weeks]]
    padded = np.pad(bare, AROUND, mode="edge")
    mean = np.lib.stride_tricks.sliding_window_view(padded, 2 * AROUND + 1).mean(axis=1)
    gap = np.clip(np.log(np.maximum(bare, 1e-9) / np.maximum(mean, 1e-9)), -MOST, MOST)
    known = moved[:weeks]
    square = known.T @ known + PENALTY * np.eye(known.shape[1])
    effect = np.linalg.solve(square, known.T @ gap)
    return np.asarray(np.exp(np.clip(moved @ effect, -MOST, MOST)))
