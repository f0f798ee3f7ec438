"""Seasonality: pooled over products where a single one is too noisy, and Holt-Winters.

    pooled   index s_w of the week of the year, from the demand of all products of a category (or of
             the shop), smoothed over five weeks and shrunk to 1; SES on y_t / s_w, times s_w
    Holt-Winters (additive)   l_t = l + a (y_t - s_{t-52} - l);  s_t = s_{t-52} + g (y_t - l - s)

Both need a year and more of history; a younger series is forecast without a season.
Source: Dekker, van Donselaar & Ouwehand (2004), Int. J. of Production Economics 90(2) (pooling);
Winters (1960), Management Science 6(3).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.analyses.inventory import smoothing

Floats = NDArray[np.float64]
Starts = NDArray[np.intp]

YEAR = 52
#: Weeks of history before a season is believed, and units at which half of it is.
FEWEST_WEEKS, HALF_TRUST = 60, 200.0
SMOOTHING_WEEKS = 2
WINTERS = ((0.1, 0.1), (0.1, 0.3), (0.3, 0.1), (0.3, 0.3))


def indices(units: Floats, groups: NDArray[np.intp]) -> Floats:
    """(products, 52) index of each week counted back from the last; 1 is an average week.

    units: the weeks seen. groups: (products,) whose demand is added up.
    """
    weeks = units.shape[1]
    place = (np.arange(weeks) - weeks) % YEAR
    number = int(groups.max()) + 1
    total = np.zeros((number, weeks))
    np.add.at(total, groups, units)
    trend = np.maximum(_centred_mean(total), 1e-9)
    ratio = np.where(total.sum(axis=1, keepdims=True) > 0, total / trend, 1.0)
    found = np.ones((number, YEAR))
    for week in range(YEAR):
        if (place == week).any():
            found[:, week] = ratio[:, place == week].mean(axis=1)
    padded = np.concatenate(
        [found[:, -SMOOTHING_WEEKS:], found, found[:, :SMOOTHING_WEEKS]], axis=1
    )
    width = 2 * SMOOTHING_WEEKS + 1
    smooth = np.lib.stride_tricks.sliding_window_view(padded, width, axis=1).mean(axis=2)
    per_week = total.sum(axis=1, keepdims=True) / weeks
    trust = per_week / (per_week + HALF_TRUST / width)
    shrunk = 1 + trust * (smooth / smooth.mean(axis=1, keepdims=True) - 1)
    return np.asarray(shrunk[groups])


def _centred_mean(total: Floats) -> Floats:
    """Mean of the year around each week; at the ends, of the nearest whole year."""
    weeks = total.shape[1]
    sums = np.concatenate([np.zeros((len(total), 1)), total.cumsum(axis=1)], axis=1)
    begin = np.clip(np.arange(weeks) - YEAR // 2, 0, weeks - YEAR)
    return np.asarray((sums[:, begin + YEAR] - sums[:, begin]) / YEAR)


def pooled(
    units: Floats,
    start: Starts,
    origins: Sequence[int],
    horizon: int,
    groups: NDArray[np.intp],
) -> Floats:
    """(origins, products, horizon): SES on demand without its pooled season, times the season."""
    out = np.empty((len(origins), len(units), horizon))
    plain = smoothing.track(units, start, smoothing.smooth, smoothing.SMOOTHING)[0]
    for row, origin in enumerate(origins):
        if origin < FEWEST_WEEKS:
            out[row] = plain[:, [origin - 1]]
            continue
        seen = units[:, :origin]
        index = indices(seen, groups)
        past = index[:, (np.arange(origin) - origin) % YEAR]
        ahead = index[:, np.arange(horizon) % YEAR]
        level = smoothing.track(seen / past, start, smoothing.smooth, smoothing.SMOOTHING)[0]
        out[row] = level[:, [-1]] * ahead
    return out


def winters(units: Floats, start: Starts, origins: Sequence[int], horizon: int) -> Floats:
    """(origins, products, horizon): additive Holt-Winters without trend; SES on young series."""
    products, weeks = units.shape
    rate, share = (np.asarray(column)[:, None] for column in zip(*WINTERS, strict=True))
    every = np.arange(products)
    first_year = np.minimum(start[:, None] + np.arange(YEAR), weeks - 1)
    base = np.take_along_axis(units, first_year, axis=1)
    season = np.zeros((len(WINTERS), products, YEAR))
    season[:, every[:, None], first_year % YEAR] = base - base.mean(axis=1, keepdims=True)
    level = np.broadcast_to(base.mean(axis=1), (len(WINTERS), products)).copy()
    squared = np.zeros_like(level)
    plain = smoothing.track(units, start, smoothing.smooth, smoothing.SMOOTHING)[0]
    wanted = {origin: row for row, origin in enumerate(origins)}
    out = np.empty((len(origins), products, horizon))
    for week in range(weeks + 1):
        if week in wanted:
            best = squared.argmin(axis=0)
            ahead = season[best[:, None], every[:, None], (week + np.arange(horizon)) % YEAR]
            grown = np.maximum(level[best, every][:, None] + ahead, 0.0)
            old = (week - start >= YEAR + 8)[:, None]
            out[wanted[week]] = np.where(old, grown, plain[:, [week - 1]])
        if week < weeks:
            now = season[:, :, week % YEAR]
            error = units[:, week] - level - now
            active = week >= start + YEAR
            squared += np.where(active, error**2, 0.0)
            level = level + np.where(active, rate * error, 0.0)
            season[:, :, week % YEAR] = now + np.where(active, share * (1 - rate) * error, 0.0)
    return out
