"""Forecasting methods, each over all series at once and from every origin in one pass.

A method takes `units` (products, weeks), `start` (products,) and the origins (numbers of weeks
seen), and gives (origins, products, horizon) expected units per week. A flat forecast is one
level per origin, broadcast. Where a method has a smoothing constant or a window, each series takes
the one whose one-step squared error was least on the weeks seen so far.

    exponential smoothing   l_t = l_{t-1} + a (y_t - l_{t-1}),  l_1 = y_1
    Croston   size z and interval p smoothed at each sale, a = 0.1;  forecast z / p
    SBA       Croston x (1 - a / 2)
    TSB       size z smoothed at each sale, chance b of a sale smoothed every week;  z b

Source: Brown (1959); Croston (1972), Operational Research Quarterly 23(3); Syntetos & Boylan
(2005), Int. J. of Forecasting 21(2); Teunter, Syntetos & Babai (2011), EJOR 214(3). Moving
average of 2 to 14 weeks chosen in sample: the M5 benchmark (Makridakis et al. 2022).
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Starts = NDArray[np.intp]
State = tuple[Floats, ...]
#: (state, units of the week, first week on sale?, smoothing constants) -> (state, forecast)
Update = Callable[[State, Floats, NDArray[np.bool_], Floats], tuple[State, Floats]]
Forecaster = Callable[[Floats, Starts, Sequence[int], int], Floats]

SMOOTHING = (0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7, 0.9)
SLOW = (0.05, 0.1, 0.2, 0.3)
CROSTON = (0.1,)
WINDOWS = range(2, 15)
YEAR, MONTH = 52, 4


def levels(units: Floats, start: Starts, update: Update, constants: Sequence[float]) -> Floats:
    """(products, weeks): the one-step forecast after each week, its constant chosen so far."""
    products, weeks = units.shape
    constant = np.asarray(constants)[:, None]
    shape = (len(constants), products)
    state: State = tuple(np.zeros(shape) for _ in range(4))
    forecast, squared = np.zeros(shape), np.zeros(shape)
    out = np.zeros((products, weeks))
    for week in range(weeks):
        seen = units[:, week]
        squared += np.where(week > start, (seen - forecast) ** 2, 0.0)
        state, forecast = update(state, seen, week <= start, constant)
        best = squared.argmin(axis=0)[None, :]
        out[:, week] = np.take_along_axis(forecast, best, axis=0)[0]
    return out


def smooth(
    state: State, seen: Floats, first: NDArray[np.bool_], constant: Floats
) -> tuple[State, Floats]:
    """Simple exponential smoothing, started at the first week."""
    level = np.where(first, seen, state[0] + constant * (seen - state[0]))
    return (level,), level


def croston(
    state: State, seen: Floats, first: NDArray[np.bool_], constant: Floats
) -> tuple[State, Floats]:
    """Croston: size and interval smoothed at each sale, started at the first sale."""
    size, interval, since, sold = state
    since = np.where(first, 0.0, since) + 1.0
    sale, begin = seen > 0, sold == 0
    new_size = np.where(begin, seen, size + constant * (seen - size))
    new_interval = np.where(begin, since, interval + constant * (since - interval))
    size, interval = np.where(sale, new_size, size), np.where(sale, new_interval, interval)
    state = (size, interval, np.where(sale, 0.0, since), np.where(sale, 1.0, sold))
    return state, size / np.maximum(interval, 1.0)


def sba(
    state: State, seen: Floats, first: NDArray[np.bool_], constant: Floats
) -> tuple[State, Floats]:
    """Croston without its bias."""
    state, forecast = croston(state, seen, first, constant)
    return state, forecast * (1 - constant / 2)


def tsb(
    state: State, seen: Floats, first: NDArray[np.bool_], constant: Floats
) -> tuple[State, Floats]:
    """TSB: the chance of a sale falls in every week without one, so dying demand fades."""
    size, chance, sold = state[0], state[1], state[2]
    sale = seen > 0
    chance = np.where(first, sale * 1.0, chance + constant * (sale - chance))
    new_size = np.where(sold == 0, seen, size + constant * (seen - size))
    size = np.where(sale, new_size, size)
    return (size, chance, np.where(sale, 1.0, sold)), size * chance


def _average(
    units: Floats, start: Starts, windows: Sequence[int]
) -> tuple[Floats, NDArray[np.intp]]:
    """(windows, products, weeks) trailing averages that never reach before the first sale."""
    weeks = np.arange(1, units.shape[1] + 1)
    total = np.concatenate([np.zeros((len(units), 1)), units.cumsum(axis=1)], axis=1)
    averages = np.empty((len(windows), *units.shape))
    for row, window in enumerate(windows):
        begin = np.minimum(np.maximum(weeks - window, start[:, None]), weeks - 1)
        sums = total[:, 1:] - np.take_along_axis(total, begin, axis=1)
        averages[row] = sums / (weeks - begin)
    return averages, weeks


def moving_average(units: Floats, start: Starts, origins: Sequence[int], horizon: int) -> Floats:
    """The mean of the last k weeks, k in 2..14 chosen in sample."""
    averages, weeks = _average(units, start, WINDOWS)
    errors = np.zeros_like(averages)
    errors[:, :, 1:] = (averages[:, :, :-1] - units[:, 1:]) ** 2
    errors *= (weeks - 1 > start[:, None])[None]
    best = errors.cumsum(axis=2).argmin(axis=0)[None]
    return _flat(np.take_along_axis(averages, best, axis=0)[0], origins, horizon)


def naive(units: Floats, start: Starts, origins: Sequence[int], horizon: int) -> Floats:  # noqa: ARG001
    """What sold last week."""
    return _flat(units, origins, horizon)


def seasonal_naive(units: Floats, start: Starts, origins: Sequence[int], horizon: int) -> Floats:
    """The same week a year before; four weeks before where there is no year of history."""
    steps = np.arange(horizon)
    out = np.empty((len(origins), len(units), horizon))
    for row, origin in enumerate(origins):
        month = units[:, np.maximum(origin - MONTH + steps % MONTH, 0)]
        year = units[:, np.maximum(origin - YEAR + steps % YEAR, 0)]
        age = (origin - start)[:, None]
        out[row] = np.where(
            age >= YEAR, year, np.where(age >= MONTH, month, units[:, [origin - 1]])
        )
    return out


def _flat(level: Floats, origins: Sequence[int], horizon: int) -> Floats:
    """(products, weeks) levels -> (origins, products, horizon), without copying."""
    at_origins = level[:, np.asarray(origins) - 1].T
    return np.broadcast_to(at_origins[:, :, None], (*at_origins.shape, horizon))


def _smoothing(update: Update, constants: Sequence[float]) -> Forecaster:
    def forecast(units: Floats, start: Starts, origins: Sequence[int], horizon: int) -> Floats:
        return _flat(levels(units, start, update, constants), origins, horizon)

    return forecast


BASELINES = ("seasonal_naive", "moving_average")

METHODS: Mapping[str, Forecaster] = {
    "naive": naive,
    "seasonal_naive": seasonal_naive,
    "moving_average": moving_average,
    "exponential_smoothing": _smoothing(smooth, SMOOTHING),
    "croston": _smoothing(croston, CROSTON),
    "sba": _smoothing(sba, CROSTON),
    "tsb": _smoothing(tsb, SLOW),
}

#: Averaged into "combination": members that err differently.
COMBINED = ("moving_average", "exponential_smoothing", "tsb")


def forecasts(
    units: Floats, start: Starts, origins: Sequence[int], horizon: int
) -> dict[str, Floats]:
    """Every method's forecasts: name -> (origins, products, horizon)."""
    made = {name: method(units, start, origins, horizon) for name, method in METHODS.items()}
    made["combination"] = np.mean([made[name] for name in COMBINED], axis=0)
    return made
