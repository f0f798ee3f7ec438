"""The same forecast by day and by month, and split over categories or suppliers; all add up.

    day       its week's forecast x the weekday's share in the last 26 weeks; its range from how far
              past days of that weekday lay from past forecasts of them, as many weeks ahead
    month     what was sold in it so far + the days to come; its range from past sums of as many
              weeks
    group     exponential smoothing of its sales without the shop's season, times the season, scaled
              so that the groups add up to the shop; its range from how far past sums of its own lay
              off, as a part of the shop's forecast: a group that hardly sold has no own measure

Source: Athanasopoulos et al. (2017), European J. of Operational Research 262(1) (temporal
hierarchies); Gross & Sohl (1990), J. of Forecasting 9(3) (top-down proportions).
"""

from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.analyses.sales_forecast import season
from core.analyses.sales_forecast.rolling import (
    FEWEST_ERRORS,
    HIGH,
    LOW,
    Trial,
    missed,
    quantile,
    ranged,
)
from core.analyses.sales_forecast.series import Weekly
from core.measures import smoothing

Floats = NDArray[np.float64]

RECENT = 26
FEWEST_WEEKS = 60


def shares(weekly: Weekly) -> Floats:
    """(7,) part of a week's sales that each of its days makes, the day after as-of first; none of a
    day that takes back more than it sells.
    """
    recent = np.maximum(weekly.daily[-7 * RECENT :].reshape(-1, 7).sum(axis=0), 0.0)
    return np.asarray(recent / recent.sum()) if recent.sum() > 0 else np.full(7, 1 / 7)


def weekdays(weekly: Weekly) -> pl.DataFrame:
    """One row per weekday, Monday first: weekday (1..7), times_average (1: an average day)."""
    first = weekly.as_of.isoweekday() % 7 + 1
    number = [(first - 1 + day) % 7 + 1 for day in range(7)]
    return pl.DataFrame({"weekday": number, "times_average": (shares(weekly) * 7).round(6)}).sort(
        "weekday"
    )


def past_days(weekly: Weekly) -> pl.DataFrame:
    """One row per day: day, sold."""
    count = len(weekly.daily)
    first = weekly.as_of - timedelta(days=count - 1)
    found = [first + timedelta(days=n) for n in range(count)]
    return pl.DataFrame({"day": found, "sold": weekly.daily})


def days(weekly: Weekly, trial: Trial, method: str) -> pl.DataFrame:
    """One row per day ahead: day, mean, p10, p90 (null without enough past forecasts), none below
    nothing.
    """
    part = shares(weekly)
    mean = (trial.forecasts[method][trial.weeks][:, None] * part).ravel()
    low, high = _day_bounds(weekly, trial, method, part) or (None, None)
    first = weekly.as_of + timedelta(days=1)
    return pl.DataFrame(
        {
            "day": [first + timedelta(days=n) for n in range(len(mean))],
            "mean": mean.round(6),
            "p10": _column(low, len(mean)),
            "p90": _column(high, len(mean)),
        }
    )


def _day_bounds(
    weekly: Weekly, trial: Trial, method: str, part: Floats
) -> tuple[Floats, Floats] | None:
    """Bounds of the days ahead, by weekday and distance; None with too few past forecasts."""
    rows = trial.known(trial.weeks)
    if len(rows) < FEWEST_ERRORS:
        return None
    steps, least = np.arange(trial.horizon), trial.least[trial.weeks] * part
    past = np.maximum(weekly.daily, 0.0).reshape(-1, 7)[rows[:, None] + steps]
    misses = missed(past, trial.forecasts[method][rows][:, :, None] * part, least)
    near = [misses[:, max(s - 1, 0) : s + 2].reshape(-1, 7).T for s in steps]
    low, high = (np.array([[quantile(day, q) for day in days] for days in near])
                 for q in (LOW, HIGH))  # fmt: skip
    under, over = ranged(trial.forecasts[method][trial.weeks][:, None] * part, low, high, least)
    return under.ravel(), over.ravel()


def _column(values: Floats | None, length: int) -> pl.Series:
    kept = [None] * length if values is None else values.round(6)
    return pl.Series(kept, dtype=pl.Float64)


def months(weekly: Weekly, trial: Trial, method: str) -> pl.DataFrame:
    """One row per calendar month that ends within the horizon: period_start, period_end, sold (so
    far), mean (in all), p10, p90.
    """
    mean = (trial.forecasts[method][trial.weeks][:, None] * shares(weekly)).ravel()
    last = weekly.as_of + timedelta(days=len(mean))
    start = weekly.as_of.replace(day=1) if not _ends(weekly.as_of) else _next(weekly.as_of)
    rows = []
    while (end := _next(start) - timedelta(days=1)) <= last:
        begin = max((start - weekly.as_of).days - 1, 0)
        stop = (end - weekly.as_of).days
        passed = max((weekly.as_of - start).days + 1, 0)
        sold = float(weekly.daily[-passed:].sum()) if passed else 0.0
        ahead = float(mean[begin:stop].sum())
        bounds = trial.window_bounds(method, trial.weeks, begin // 7, -(-stop // 7), ahead)
        low, high = (None, None) if bounds is None else (sold + bound for bound in bounds)
        rows.append((start, end, sold, sold + ahead, low, high))
        start = _next(start)
    schema = {"period_start": pl.Date(), "period_end": pl.Date()} | dict.fromkeys(
        ("sold", "mean", "p10", "p90"), pl.Float64()
    )
    return pl.DataFrame(rows, schema=schema, orient="row")


def _ends(day: date) -> bool:
    return (day + timedelta(days=1)).day == 1


def _next(day: date) -> date:
    """First day of the month after `day`."""
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def groups(keys: pl.DataFrame, values: Floats, trial: Trial, method: str) -> pl.DataFrame:
    """One row per group: `keys`, mean, p10, p90 over the horizon, year_before; adds up to the shop.

    values: (groups, weeks) sold.
    """
    weeks, horizon = trial.weeks, trial.horizon
    origins = np.append(trial.known(weeks), weeks)
    made = _group_sums(values, origins, horizon)
    shop = trial.forecasts[method].sum(axis=1)
    total = made.sum(axis=1)
    factor = np.divide(shop[origins], total, out=np.ones_like(total), where=total > 0)
    scaled = made * factor[:, None]
    sold = np.array([values[:, o : o + horizon].sum(axis=1) for o in origins[:-1]])
    mean = scaled[-1]
    table = keys.with_columns(mean=pl.Series(mean.round(6)))
    low, high = None, None
    if len(origins) > FEWEST_ERRORS:
        by = np.maximum(shop[origins][:, None], max(trial.least[weeks] * horizon, 1e-9))
        misses = (np.maximum(sold, 0.0) - scaled[:-1]) / by[:-1]
        low, high = (np.array([quantile(own, q) for own in misses.T]) for q in (LOW, HIGH))
        low = np.minimum(np.maximum(mean + low * by[-1], 0.0), mean)
        high = mean + np.maximum(high, 0.0) * by[-1]
    before = values[:, weeks - season.YEAR : weeks - season.YEAR + horizon].sum(axis=1)
    return table.with_columns(
        p10=_column(low, len(mean)),
        p90=_column(high, len(mean)),
        year_before=_column(before if weeks >= season.YEAR else None, len(mean)),
    ).sort("mean", *keys.columns, descending=[True, *([False] * len(keys.columns))])


def _group_sums(values: Floats, origins: NDArray[np.intp], horizon: int) -> Floats:
    """(origins, groups) sums over the horizon, each from the weeks seen at its origin."""
    start = np.zeros(len(values), dtype=np.intp)
    plain = smoothing.track(values, start, smoothing.smooth, smoothing.SMOOTHING)[0]
    out = np.empty((len(origins), len(values)))
    for row, origin in enumerate(origins):
        out[row] = plain[:, origin - 1] * horizon
    if origins[-1] < FEWEST_WEEKS:
        return out
    for row, origin in enumerate(origins):
        if origin < FEWEST_WEEKS:
            continue
        index = season.season(values[:, :origin].sum(axis=0))
        bare = values[:, max(origin - RECENT, 0) : origin] / index[season.place(origin)][-RECENT:]
        ahead = index[np.arange(horizon) % season.YEAR].sum()
        out[row] = bare[:, -8:].mean(axis=1) * ahead
        if not out[row].any():  # after a break, by what they sold in the year before
            out[row] = values[:, max(origin - season.YEAR, 0) : origin].sum(axis=1)
    return out
