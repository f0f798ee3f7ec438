"""Seasonality: pooled over products where a single one is too noisy, and Holt-Winters.

    pooled   index s_w of the week of the year, from the demand of all products of a category (or of
             the shop), smoothed over five weeks and shrunk to 1; SES on y_t / s_w, times s_w
    own      the same weeks of the last two years, for products whose years resemble each other
    Holt-Winters (additive)   l_t = l + a (y_t - s_{t-52} - l);  s_t = s_{t-52} + g (y_t - l - s)

Both need a year and more of history; a younger series is forecast without a season.
Source: Dekker, van Donselaar & Ouwehand (2004), Int. J. of Production Economics 90(2) (pooling);
Winters (1960), Management Science 6(3).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.measures import smoothing

Floats = NDArray[np.float64]
Starts = NDArray[np.intp]

YEAR = 52
#: Weeks of history before a season is believed, and units at which half of it is.
FEWEST_WEEKS, HALF_TRUST = 60, 200.0
SMOOTHING_WEEKS = 2
#: What makes a product's own season strong, and the age from which it is used.
STRONG, FEWEST_SOLD, HALF_YEAR = 0.7, 20, 26
#: Weeks between two estimates of the pooled season.
REFIT = 8
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
    """(origins, products, horizon): SES on demand without its pooled season, times the season.

    The season is learned anew every REFIT weeks, the last time now.
    """
    out = np.empty((len(origins), len(units), horizon))
    refits = [*range(origins[-1], FEWEST_WEEKS - 1, -REFIT)][::-1]
    young = [row for row, origin in enumerate(origins) if not refits or origin < refits[0]]
    if young:
        plain = smoothing.track(units, start, smoothing.smooth, smoothing.SMOOTHING)[0]
        out[young] = plain[:, [origins[row] - 1 for row in young]].T[:, :, None]
    for begin in refits:
        rows = [row for row, origin in enumerate(origins) if begin <= origin < begin + REFIT]
        if not rows:
            continue
        index, seen = indices(units[:, :begin], groups), origins[rows[-1]]
        bare = units[:, :seen] / index[:, (np.arange(seen) - begin) % YEAR]
        level = smoothing.track(bare, start, smoothing.smooth, smoothing.SMOOTHING)[0]
        for row in rows:
            ahead = index[:, (origins[row] - begin + np.arange(horizon)) % YEAR]
            out[row] = level[:, [origins[row] - 1]] * ahead
    return out


def strong(units: Floats, start: Starts) -> NDArray[np.bool_]:
    """(products,) whether last year's weeks resembled those of the year before.

    Correlation of the two years' weekly demand, smoothed over five weeks, above 0.7, with at least
    20 units sold in each.
    """
    weeks = units.shape[1]
    if weeks < 2 * YEAR:
        return np.zeros(len(units), dtype=bool)
    smooth = _smoothed(units)
    last, before = smooth[:, -YEAR:], smooth[:, -2 * YEAR : -YEAR]
    sold = np.minimum(units[:, -YEAR:].sum(axis=1), units[:, -2 * YEAR : -YEAR].sum(axis=1))
    centred = [part - part.mean(axis=1, keepdims=True) for part in (last, before)]
    scale = np.sqrt((centred[0] ** 2).sum(axis=1) * (centred[1] ** 2).sum(axis=1))
    together = (centred[0] * centred[1]).sum(axis=1)
    likeness = np.divide(together, scale, out=np.zeros(len(units)), where=scale > 0)
    return np.asarray((likeness > STRONG) & (sold >= FEWEST_SOLD) & (weeks - start >= 2 * YEAR - 4))


def _smoothed(units: Floats) -> Floats:
    width = 2 * SMOOTHING_WEEKS + 1
    padded = np.pad(units, ((0, 0), (SMOOTHING_WEEKS, SMOOTHING_WEEKS)), mode="edge")
    return np.asarray(np.lib.stride_tricks.sliding_window_view(padded, width, axis=1).mean(axis=2))


def own(units: Floats, start: Starts, origins: Sequence[int], horizon: int) -> Floats:
    """(origins, products, horizon): the same weeks of up to two years before, smoothed over three
    weeks, times last year's growth (within a half and two); SES on series under a year and a half.
    """
    out = np.empty((len(origins), len(units), horizon))
    plain = smoothing.track(units, start, smoothing.smooth, smoothing.SMOOTHING)[0]
    before = 2 * YEAR + 1
    padded = np.pad(units, ((0, 0), (before, 0)))
    ahead = np.arange(horizon) % YEAR
    for row, origin in enumerate(origins):
        now = before + origin
        years = [_three_weeks(padded, now - back + ahead, now) for back in (YEAR, 2 * YEAR)]
        age = origin - start
        recent, former = padded[:, now - YEAR : now], padded[:, now - 2 * YEAR : now - YEAR]
        growth = np.clip((recent.sum(axis=1) + 1) / (former.sum(axis=1) + 1), 0.5, 2.0)
        two = (age >= 2 * YEAR)[:, None]
        mean = np.where(two, (years[0] + years[1] * growth[:, None]) / 2, years[0])
        old = (age >= YEAR + HALF_YEAR)[:, None]
        out[row] = np.where(old, mean, plain[:, [origin - 1]])
    return out


def _three_weeks(padded: Floats, at: NDArray[np.intp], now: int) -> Floats:
    """(products, horizon) means of the weeks `at` and their neighbours; none from `now` on."""
    near = at[:, None] + np.array([-1, 0, 1])
    found = padded[:, np.minimum(near, now - 1)] * (near < now)
    return np.asarray(found.sum(axis=2) / 3)


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
