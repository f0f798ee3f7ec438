"""The forecasting methods by name, each over all series at once and from every origin.

A method takes `units` (products, weeks), `start` (products,), the origins (numbers of weeks seen)
and the context (categories, prices, holidays); it gives (origins, products, horizon) expected units
per week. A flat forecast is one level per origin, broadcast. Moving average: of 2 to 14
weeks, the number chosen in sample, as in the benchmarks of M5 (Makridakis et al. 2022).
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.analyses.inventory import aggregate, arima, learned, newcomers, seasonal
from core.analyses.inventory.context import Context
from core.measures import smoothing

Floats = NDArray[np.float64]
Starts = NDArray[np.intp]
Forecaster = Callable[[Floats, Starts, Sequence[int], int, Context], Floats]

WINDOWS = range(2, 15)
YEAR, MONTH = 52, 4


def naive(
    units: Floats, start: Starts, origins: Sequence[int], horizon: int, around: Context
) -> Floats:
    """What sold last week."""
    del start, around
    return _flat(units, origins, horizon)


def seasonal_naive(
    units: Floats, start: Starts, origins: Sequence[int], horizon: int, around: Context
) -> Floats:
    """The same week a year before; four weeks before where there is no year of history."""
    del around
    steps = np.arange(horizon)
    out = np.empty((len(origins), len(units), horizon))
    for row, origin in enumerate(origins):
        month = units[:, np.maximum(origin - MONTH + steps % MONTH, 0)]
        year = units[:, np.maximum(origin - YEAR + steps % YEAR, 0)]
        age = (origin - start)[:, None]
        last = units[:, [origin - 1]]
        out[row] = np.where(age >= YEAR, year, np.where(age >= MONTH, month, last))
    return out


def moving_average(
    units: Floats, start: Starts, origins: Sequence[int], horizon: int, around: Context
) -> Floats:
    """The mean of the last k weeks, k in 2..14 chosen in sample."""
    del around
    total = np.concatenate([np.zeros((len(units), 1)), units.cumsum(axis=1)], axis=1)
    on_sale = np.arange(1, units.shape[1]) > start[:, None]
    best, least = np.zeros_like(units), np.full(units.shape, np.inf)
    for window in WINDOWS:
        average = _average(total, start, window)
        error = np.zeros_like(units)
        error[:, 1:] = np.where(on_sale, average[:, :-1] - units[:, 1:], 0.0) ** 2
        error = error.cumsum(axis=1)
        better = error < least
        best, least = np.where(better, average, best), np.where(better, error, least)
    return _flat(best, origins, horizon)


def _average(total: Floats, start: Starts, window: int) -> Floats:
    """(products, weeks) trailing averages that never reach before the first sale."""
    weeks = np.arange(1, total.shape[1])
    begin = np.minimum(np.maximum(weeks - window, start[:, None]), weeks - 1)
    return np.asarray((total[:, 1:] - np.take_along_axis(total, begin, axis=1)) / (weeks - begin))


def _flat(level: Floats, origins: Sequence[int], horizon: int) -> Floats:
    """(products, weeks) levels -> (origins, products, horizon), without copying."""
    return _ahead(level[:, np.asarray(origins) - 1].T, horizon)


def _ahead(level: Floats, horizon: int) -> Floats:
    return np.broadcast_to(level[:, :, None], (*level.shape, horizon))


def _smoothing(update: smoothing.Update, constants: Sequence[Sequence[float]]) -> Forecaster:
    def forecast(
        units: Floats, start: Starts, origins: Sequence[int], horizon: int, around: Context
    ) -> Floats:
        del around
        return _flat(smoothing.track(units, start, update, constants)[0], origins, horizon)

    return forecast


def _trend(constants: Sequence[Sequence[float]]) -> Forecaster:
    def forecast(
        units: Floats, start: Starts, origins: Sequence[int], horizon: int, around: Context
    ) -> Floats:
        del around
        _, level, slope, damping, _ = smoothing.track(units, start, smoothing.trend, constants, 3)
        at = np.asarray(origins) - 1
        grown = (damping[:, at, None] ** np.arange(1, horizon + 1)).cumsum(axis=2)
        ahead = level[:, at, None] + slope[:, at, None] * grown
        return np.asarray(np.maximum(ahead, 0.0).swapaxes(0, 1))

    return forecast


def theta(
    units: Floats, start: Starts, origins: Sequence[int], horizon: int, around: Context
) -> Floats:
    """SES plus half the slope of the straight line: the standard Theta method, never negative."""
    del around
    level, rate = smoothing.track(units, start, smoothing.smooth, smoothing.SMOOTHING)
    at = np.asarray(origins) - 1
    drift = smoothing.slope(units, start)[:, at, None] / 2
    rate, age = rate[:, at, None], np.maximum(at - start[:, None] + 1, 1)[:, :, None]
    steps = np.arange(horizon) + 1 / rate - (1 - rate) ** age / rate
    return np.asarray(np.maximum(level[:, at, None] + drift * steps, 0.0).swapaxes(0, 1))


def adida(
    units: Floats, start: Starts, origins: Sequence[int], horizon: int, around: Context
) -> Floats:
    """SES on buckets as long as the usual gap between sales."""
    del around
    return _ahead(aggregate.at_origins(units, start, origins, all_lengths=False), horizon)


def imapa(
    units: Floats, start: Starts, origins: Sequence[int], horizon: int, around: Context
) -> Floats:
    """The mean of SES on buckets of every length up to the usual gap."""
    del around
    return _ahead(aggregate.at_origins(units, start, origins, all_lengths=True), horizon)


def holt_winters(
    units: Floats, start: Starts, origins: Sequence[int], horizon: int, around: Context
) -> Floats:
    """Additive Holt-Winters with a season of 52 weeks; SES on series too young for one."""
    del around
    return seasonal.winters(units, start, origins, horizon)


def pooled_season(
    units: Floats, start: Starts, origins: Sequence[int], horizon: int, around: Context
) -> Floats:
    """Smoothing with the season of the category."""
    return seasonal.pooled(units, start, origins, horizon, around.groups)


def own_season(
    units: Floats, start: Starts, origins: Sequence[int], horizon: int, around: Context
) -> Floats:
    """The same weeks of the last two years, for products with a strong season of their own."""
    del around
    return seasonal.own(units, start, origins, horizon)


def arima_top(
    units: Floats, start: Starts, origins: Sequence[int], horizon: int, around: Context
) -> Floats:
    """ARIMA for the products that sell most."""
    del around
    return arima.forecasts(units, start, origins, horizon)


BASELINES = ("seasonal_naive", "moving_average")
SIMPLE = ("naive", *BASELINES)

#: Compared by default: seconds on thousands of series.
USUAL: Mapping[str, Forecaster] = {
    "naive": naive,
    "seasonal_naive": seasonal_naive,
    "moving_average": moving_average,
    "exponential_smoothing": _smoothing(smoothing.smooth, smoothing.SMOOTHING),
    "croston": _smoothing(smoothing.croston, smoothing.CROSTON),
    "tsb": _smoothing(smoothing.tsb, smoothing.SLOW),
    "pooled_season": pooled_season,
    "own_season": own_season,
    "ridge": learned.ridge,
    "gradient_boosting": learned.gradient_boosting,
}
#: Compared when asked for, beside the usual ones.
FURTHER: Mapping[str, Forecaster] = {
    "sba": _smoothing(smoothing.sba, smoothing.CROSTON),
    "holt": _trend(smoothing.TREND),
    "damped_trend": _trend(smoothing.DAMPED),
    "theta": theta,
    "holt_winters": holt_winters,
    "adida": adida,
    "imapa": imapa,
    "arima": arima_top,
    "neural_network": learned.neural_network,
}
METHODS: Mapping[str, Forecaster] = {**USUAL, **FURTHER}

SEASONAL = ("pooled_season", "own_season", "holt_winters")
#: Averaged into "combination", each kind for one half: members that err differently.
COMBINED = (
    ("moving_average", "exponential_smoothing", "tsb", "pooled_season"),
    ("ridge", "gradient_boosting"),
)
#: Joins the names of methods whose forecasts are averaged.
AND, BEST_FEW = "+", "best_few"


def named(chosen: NDArray[np.str_]) -> pl.Series:
    """(products,) the method's name, "best_few" for a mean of several."""
    mixed = np.char.find(chosen, AND) >= 0
    return pl.Series("method", np.where(mixed, BEST_FEW, chosen), dtype=pl.String)


def compared(which: str, method: str, weeks: int) -> tuple[str, ...]:
    """The methods to forecast with: the usual or every one, and `method` itself.

    A season needs `weeks` of history at the cut-offs; without them it is SES under another name.
    """
    names = [*(METHODS if which == "every_method" else USUAL)]
    if weeks < seasonal.FEWEST_WEEKS:
        names = [name for name in names if name not in SEASONAL]
    return tuple(names) if method not in METHODS or method in names else (*names, method)


def forecasts(
    units: Floats,
    start: Starts,
    origins: Sequence[int],
    horizon: int,
    around: Context,
    names: Sequence[str] = tuple(USUAL),
    plain: Floats | None = None,
) -> dict[str, Floats]:
    """The forecasts of the methods `names`, and their combination; new products borrow.

    plain: the units that the simple rules see, which know of no promotions or odd weeks.
    """
    seen = dict.fromkeys(SIMPLE, units if plain is None else plain)
    made = {
        name: METHODS[name](seen.get(name, units), start, origins, horizon, around)
        for name in names
    }
    for name in made.keys() - set(SIMPLE):
        made[name] = newcomers.borrow(made[name], units, start, origins, around.groups)
    kinds = [[made[name] for name in kind if name in made] for kind in COMBINED]
    made["combination"] = _mean([_mean(kind) for kind in kinds if kind])
    return made


def _mean(parts: Sequence[Floats]) -> Floats:
    """Their mean, without all of them side by side in memory."""
    total = parts[0].copy()
    for part in parts[1:]:
        total += part
    total /= len(parts)
    return total
