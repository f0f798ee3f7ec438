"""Smoothing methods: one recursion over the weeks, all series and all constants at once.

    SES        l_t = l_{t-1} + a (y_t - l_{t-1}),  l_1 = y_1
    Holt       l_t = l + a (y_t - l),  l = l_{t-1} + f b_{t-1};  b_t = f b_{t-1} + a g (y_t - l)
               f = 1; damped trend: f < 1;  forecast l_t + (f + ... + f^k) b_t
    Theta      SES plus half the slope of the straight line through the past
    Croston    size z and interval p smoothed at each sale, a = 0.1;  forecast z / p
    SBA        Croston x (1 - a / 2)
    TSB        size z smoothed at each sale, chance b of a sale smoothed every week;  z b

Each series takes the constants whose one-step squared error was least on the weeks seen so far.

Source: Brown (1959); Holt (1957); Gardner & McKenzie (1985), Management Science 31(10);
Assimakopoulos & Nikolopoulos (2000), Int. J. of Forecasting 16(4), in the form of Hyndman & Billah
(2003), ibid. 19(2); Croston (1972), Operational Research Quarterly 23(3); Syntetos & Boylan (2005),
Int. J. of Forecasting 21(2); Teunter, Syntetos & Babai (2011), EJOR 214(3).
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Starts = NDArray[np.intp]
State = tuple[Floats, ...]
#: (state, units of the week, first week on sale?, constants) -> (state, forecast); the constants
#: are columns: (constants, 1) each.
Update = Callable[[State, Floats, Flags, Sequence[Floats]], tuple[State, Floats]]

SMOOTHING = ((0.05,), (0.1,), (0.15,), (0.2,), (0.3,), (0.4,), (0.5,), (0.7,), (0.9,))
SLOW = ((0.05,), (0.1,), (0.2,), (0.3,))
CROSTON = ((0.1,),)
TREND = tuple((a, g, 1.0) for a in (0.1, 0.2, 0.4, 0.7) for g in (0.05, 0.2))
DAMPED = tuple((a, g, f) for a in (0.1, 0.2, 0.4, 0.7) for g in (0.05, 0.2) for f in (0.8, 0.95))


def track(
    units: Floats,
    start: Starts,
    update: Update,
    constants: Sequence[Sequence[float]],
    kept: int = 0,
) -> list[Floats]:
    """After each week, (products, weeks): the one-step forecast, the first `kept` parts of the
    state, and last the first constant, all of the constants that did best so far.
    """
    products, weeks = units.shape
    columns = [np.asarray(column)[:, None] for column in zip(*constants, strict=True)]
    shape = (len(constants), products)
    state: State = tuple(np.zeros(shape) for _ in range(4))
    forecast, squared = np.zeros(shape), np.zeros(shape)
    every, last = np.arange(products), start.max(initial=0)
    out = np.empty((kept + 2, weeks, products))  # by week: a week is written in one stretch
    for week, seen in enumerate(np.ascontiguousarray(units.T)):
        error = seen - forecast
        error *= error
        squared += error if week > last else np.where(week > start, error, 0.0)
        state, forecast = update(state, seen, week <= start, columns)
        best = squared.argmin(axis=0)
        for place, value in enumerate((forecast, *state[:kept])):
            out[place, week] = value[best, every]
        out[-1, week] = columns[0][best, 0]
    return [part.T for part in out]


def smooth(
    state: State, seen: Floats, first: Flags, constants: Sequence[Floats]
) -> tuple[State, Floats]:
    """Simple exponential smoothing, started at the first week."""
    level = state[0] + constants[0] * (seen - state[0])
    if first.any():
        level = np.where(first, seen, level)
    return (level,), level


def trend(
    state: State, seen: Floats, first: Flags, constants: Sequence[Floats]
) -> tuple[State, Floats]:
    """Holt's level and trend, the trend damped by the third constant; it starts at none."""
    rate, share, damping = constants
    expected = state[0] + damping * state[1]
    error = seen - expected
    level = np.where(first, seen, expected + rate * error)
    slope = np.where(first, 0.0, damping * state[1] + rate * share * error)
    return (level, slope, damping + 0 * level), level + damping * slope


def croston(
    state: State, seen: Floats, first: Flags, constants: Sequence[Floats]
) -> tuple[State, Floats]:
    """Croston: size and interval smoothed at each sale, started at the first sale."""
    size, interval, since, sold = state
    since = np.where(first, 0.0, since) + 1.0
    sale, begin = seen > 0, sold == 0
    new_size = np.where(begin, seen, size + constants[0] * (seen - size))
    new_interval = np.where(begin, since, interval + constants[0] * (since - interval))
    size, interval = np.where(sale, new_size, size), np.where(sale, new_interval, interval)
    state = (size, interval, np.where(sale, 0.0, since), np.where(sale, 1.0, sold))
    return state, size / np.maximum(interval, 1.0)


def sba(
    state: State, seen: Floats, first: Flags, constants: Sequence[Floats]
) -> tuple[State, Floats]:
    """Croston without its bias."""
    state, forecast = croston(state, seen, first, constants)
    return state, forecast * (1 - constants[0] / 2)


def tsb(
    state: State, seen: Floats, first: Flags, constants: Sequence[Floats]
) -> tuple[State, Floats]:
    """TSB: the chance of a sale falls in every week without one, so dying demand fades."""
    size, chance, sold = state[0], state[1], state[2]
    sale = seen > 0
    chance = np.where(first, sale * 1.0, chance + constants[0] * (sale - chance))
    new_size = np.where(sold == 0, seen, size + constants[0] * (seen - size))
    size = np.where(sale, new_size, size)
    return (size, chance, np.where(sale, 1.0, sold)), size * chance


def slope(units: Floats, start: Starts) -> Floats:
    """(products, weeks) least-squares slope through the weeks from the start to each week."""
    weeks = np.arange(units.shape[1])
    since = np.maximum(weeks - start[:, None], 0)
    count = since + 1.0
    total = units.cumsum(axis=1)
    moment = (units * since).cumsum(axis=1)
    centred = moment - total * since / 2
    spread = count * (count**2 - 1) / 12
    return np.asarray(np.divide(centred, spread, out=np.zeros_like(units), where=spread > 0))
