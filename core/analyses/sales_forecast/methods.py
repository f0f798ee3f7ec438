"""The methods by name, each from every past week at once: (weeks,) -> (weeks + 1, horizon).

Row t holds the forecasts made when t weeks had been seen.

    season of the year   index s of each week of the year: demand by the mean of its own year,
                         growth between the years taken out, averaged over the years, smoothed over
                         three weeks, drawn to 1 by 1 / (years + 1); exponential smoothing on y / s,
                         times s; from 60 weeks of history on
    combination          the mean of exponential smoothing, damped trend and season of the year

Source: Makridakis, Wheelwright & Hyndman (1998), Forecasting, ch. 3 (classical decomposition).
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from core.measures import smoothing

Floats = NDArray[np.float64]

YEAR, MONTH, WINDOW = 52, 4, 8
FEWEST_WEEKS = 60
GROWTH = (0.5, 2.0)
BASELINES = ("naive", "seasonal_naive", "moving_average")


def forecasts(values: Floats, horizon: int) -> dict[str, Floats]:
    """Every method's forecasts; row 0 is empty (zeros)."""
    smooth = _smoothed(values, horizon)
    made = {
        "naive": _flat(np.concatenate([[0.0], values]), horizon),
        "seasonal_naive": _year_ago(values, horizon),
        "moving_average": _averaged(values, horizon),
        "exponential_smoothing": smooth,
        "damped_trend": _damped(values, horizon),
        "season_of_the_year": _seasonal(values, smooth),
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
    place = np.where(seen >= YEAR, seen - YEAR + ahead % YEAR, month)
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


def _seasonal(values: Floats, smooth: Floats) -> Floats:
    out, horizon = smooth.copy(), smooth.shape[1]
    for seen in range(FEWEST_WEEKS, len(values) + 1):
        level, index = components(values[:seen])
        out[seen] = level[-1] * index[np.arange(horizon) % YEAR]
    return out


def components(values: Floats) -> tuple[Floats, Floats]:
    """(weeks,) sales without season, smoothed, and (52,) index of the weeks that come next."""
    weeks = len(values)
    index = season(values)
    place = (np.arange(weeks) - weeks) % YEAR
    bare = (values / index[place])[None]
    level = smoothing.track(bare, _START, smoothing.smooth, smoothing.SMOOTHING)[0][0]
    return level, index


def season(values: Floats) -> Floats:
    """(52,) index of each week of the year, the week after the last one first; mean 1."""
    weeks = len(values)
    ago = np.arange(weeks)[::-1]
    place, year = (-1 - ago) % YEAR, ago // YEAR
    recent, former = values[-YEAR:].sum(), values[-2 * YEAR : -YEAR].sum()
    grew = recent / former if weeks >= 2 * YEAR and former > 0 else 1.0
    level = np.clip(grew, *GROWTH) ** (-ago / YEAR)
    flat = values / level
    means = np.array([flat[year == number].mean() for number in range(int(year.max()) + 1)])
    whole = [n for n in range(len(means)) if (year == n).sum() == YEAR]
    usual = means[whole].mean() or 1.0
    index = np.array([flat[place == week].mean() for week in range(YEAR)]) / usual
    around = np.concatenate([index[-1:], index, index[:1]])
    index = (around[:-2] + around[1:-1] + around[2:]) / 3
    years = weeks / YEAR
    drawn = 1 + years / (years + 1) * (index / (index.mean() or 1.0) - 1)
    return np.asarray(np.maximum(drawn, 0.05))


def able(weeks: int) -> Mapping[str, bool]:
    """Methods that are more than another under a second name on so short a history."""
    return {"season_of_the_year": weeks >= FEWEST_WEEKS, "combination": True}
