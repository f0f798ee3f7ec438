"""The methods by name, each from every past week at once: (weeks,) -> (weeks + 1, horizon).

Row t holds the forecasts made when t weeks had been seen.

    season of the year    exponential smoothing on y / s, times s, the index of the week of the year
                          (`season`); from 60 weeks of history on
    season and holidays   that, times what holidays that move from year to year add; from two years
    combination           the mean of exponential smoothing, damped trend and season of the year
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from core.analyses.sales_forecast import season
from core.measures import smoothing

Floats = NDArray[np.float64]

MONTH, WINDOW = 4, 8
FEWEST_WEEKS, TWO_YEARS = 60, 112
BASELINES = ("naive", "seasonal_naive", "moving_average")


def forecasts(values: Floats, horizon: int, calendar: Floats | None = None) -> dict[str, Floats]:
    """Every method's forecasts; row 0 is empty (zeros).

    calendar: (weeks + horizon, kinds) holidays in each week; None: none are known.
    """
    smooth = _smoothed(values, horizon)
    days = np.zeros((len(values) + horizon, 1)) if calendar is None else calendar
    plain, moved = _seasonal(values, smooth, days)
    made = {
        "naive": _flat(np.concatenate([[0.0], values]), horizon),
        "seasonal_naive": _year_ago(values, horizon),
        "moving_average": _averaged(values, horizon),
        "exponential_smoothing": smooth,
        "damped_trend": _damped(values, horizon),
        "season_of_the_year": plain,
        "season_and_holidays": moved,
    }
    members = ("exponential_smoothing", "damped_trend", "season_of_the_year")
    made["combination"] = np.mean([made[name] for name in members], axis=0)
    return made


def _flat(level: Floats, horizon: int) -> Floats:
    return np.repeat(level[:, None], horizon, axis=1)


def _averaged(values: Floats, horizon: int) -> Floats:
    total = np.concatenate([[0.0], values.cumsum()])
    seen = np.arange(len(total))
    first = np.maximum(seen - WINDOW, 0)
    return _flat((total - total[first]) / np.maximum(seen - first, 1), horizon)


def _year_ago(values: Floats, horizon: int) -> Floats:
    """The same week a year before; where there is none, of four weeks before."""
    seen, ahead = np.arange(len(values) + 1)[:, None], np.arange(horizon)
    month = np.maximum(seen - MONTH + ahead % MONTH, 0)
    place = np.where(seen >= season.YEAR, seen - season.YEAR + ahead % season.YEAR, month)
    place = np.minimum(place, np.maximum(seen - 1, 0))
    return np.asarray(values[place] * (seen > 0))


def _smoothed(values: Floats, horizon: int) -> Floats:
    level = smoothing.track(values[None], _START, smoothing.smooth, smoothing.SMOOTHING)[0][0]
    return _flat(np.concatenate([[0.0], level]), horizon)


def _damped(values: Floats, horizon: int) -> Floats:
    found = smoothing.track(values[None], _START, smoothing.trend, smoothing.DAMPED, 3)
    level, slope, damping = (part[0][:, None] for part in found[1:4])
    grown = (damping ** np.arange(1, horizon + 1)).cumsum(axis=1)
    return np.concatenate([np.zeros((1, horizon)), np.maximum(level + slope * grown, 0.0)])


_START = np.zeros(1, dtype=np.intp)


def _seasonal(values: Floats, smooth: Floats, calendar: Floats) -> tuple[Floats, Floats]:
    """Season of the year without, and with, what moving holidays add."""
    plain, moved = smooth.copy(), smooth.copy()
    horizon = smooth.shape[1]
    for seen in range(FEWEST_WEEKS, len(values) + 1):
        level, index = season.components(values[:seen])
        plain[seen] = level[-1] * index[np.arange(horizon) % season.YEAR]
        factor = season.holiday_factor(values[:seen], index, calendar, horizon)
        moved[seen] = plain[seen] * factor[seen:]
    return plain, moved


def able(weeks: int) -> Mapping[str, bool]:
    """Methods that are more than another under a second name on so short a history."""
    return {
        "season_of_the_year": weeks >= FEWEST_WEEKS,
        "season_and_holidays": weeks >= TWO_YEARS,
    }
