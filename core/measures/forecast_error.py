"""How wrong forecasts were, for many series at once.

With y the demand, f the forecast, over h held-back periods of one series, and q a quantile:

    MASE      mean |y - f| / mean |y_t - y_{t-1}| in training
    RMSSE     sqrt(mean (y - f)^2 / mean (y_t - y_{t-1})^2 in training)
    WAPE      sum |y - f| / sum y
    bias      sum (f - y) / sum y
    pinball   mean max(q (y - Q), (q - 1) (y - Q))      Q the forecast quantile
    coverage  share of y inside [low, high]

MASE and WAPE are least for the median: on slow movers that is zero, so "sell nothing" wins them.
RMSSE is least for the mean and pinball for the quantile: those decide.

Source: Hyndman & Koehler (2006), Int. J. of Forecasting 22(4); Makridakis et al. (2022), the M5
competition, Int. J. of Forecasting 38(4); Koenker & Bassett (1978), Econometrica 46(1); Cochran
(1977), Sampling Techniques, 6.4 (ratios of few sums).
"""

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def naive_error(units: Floats, start: NDArray[np.intp], power: int) -> Floats:
    """(series,) mean of |y_t - y_{t-1}| ** power from each series' `start` on; nan when empty."""
    change = np.abs(np.diff(units, axis=1)) ** power
    inside = np.arange(1, units.shape[1]) > start[:, None]
    count = inside.sum(axis=1)
    total = np.where(inside, change, 0.0).sum(axis=1)
    return np.where((count > 0) & (total > 0), total / np.maximum(count, 1), np.nan)


def mase(actual: Floats, forecast: Floats, scale: Floats) -> Floats:
    """(series,) mean absolute error over the last axis, by `scale` (naive_error of power 1)."""
    return np.asarray(np.abs(actual - forecast).mean(axis=-1) / scale)


def rmsse(actual: Floats, forecast: Floats, scale: Floats) -> Floats:
    """(series,) root mean squared error over the last axis, by `scale` (naive_error, power 2)."""
    return np.asarray(np.sqrt(((actual - forecast) ** 2).mean(axis=-1) / scale))


def wape(actual: Floats, forecast: Floats) -> float:
    """Sum of absolute errors per unit sold; nan when nothing was sold."""
    return _per_unit(np.abs(actual - forecast), actual)


def bias(actual: Floats, forecast: Floats) -> float:
    """Units forecast too many per unit sold; negative when too few; nan when nothing was sold."""
    return _per_unit(forecast - actual, actual)


def pinball(actual: Floats, quantile: Floats, level: float) -> Floats:
    """Loss of forecasting `quantile` as the `level` quantile of what became `actual`."""
    short = actual - quantile
    return np.maximum(level * short, (level - 1) * short)


def coverage(actual: Floats, low: Floats, high: Floats) -> float:
    """Share of `actual` inside the closed interval [low, high]."""
    return float(((actual >= low) & (actual <= high)).mean())


def bootstrap_ratios(
    numerators: Floats, denominators: Floats, *, seed: int = 0, resamples: int = 400
) -> tuple[Floats, Floats, Floats]:
    """(value, low, high) of sum(numerators) / sum(denominators) per row, with 95 % intervals.

    numerators, denominators: (rows, series). Series are resampled with Poisson(1) weights, the
    same for all rows, so that differences between rows may be resampled too.
    Source: Hanley & MacGibbon (2006), Computer Methods and Programs in Biomedicine 83(1).
    """
    weights = np.random.default_rng(seed).poisson(1.0, (numerators.shape[1], resamples))
    weights = weights.astype(np.float64)
    value = _ratio(numerators.sum(axis=1), denominators.sum(axis=1))
    drawn = _ratio(numerators @ weights, denominators @ weights)
    low, high = np.quantile(
        np.where(np.isnan(drawn), value[:, None], drawn), [0.025, 0.975], axis=1
    )
    return value, low, high


def ratio_interval(above: Floats, below: Floats) -> tuple[float, float]:
    """(low, high) of sum(above) / sum(below) at 95 %, by Student's t on its log: for few pairs.

    Of so few, resamples hardly differ, and their interval is far too narrow.
    """
    from scipy.stats import t

    n, ratio = len(above), float(above.sum() / below.sum())
    if ratio == 0:
        return 0.0, 0.0
    spread = np.sqrt(np.square(above / above.sum() - below / below.sum()).sum() * n / (n - 1))
    half = float(t.ppf(0.975, n - 1) * spread)
    return ratio * math.exp(-half), ratio * math.exp(half)


def _ratio(above: Floats, below: Floats) -> Floats:
    return np.divide(above, below, out=np.full_like(above, np.nan), where=below > 0)


def _per_unit(error: Floats, actual: Floats) -> float:
    sold = float(actual.sum())
    return float(error.sum()) / sold if sold else float("nan")
