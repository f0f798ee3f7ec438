"""ARIMA for the products that sell most; simple smoothing for the others.

Orders (0,1,1), (1,0,0), (1,1,1) and (2,0,0), those with d = 0 with a mean; the one with the least
AIC at the first fit. The parameters are fitted again every half-year on the weeks seen by then;
between two fits the filter goes on, so that one pass gives the forecasts from every origin.

Source: Box & Jenkins (1970), Time Series Analysis; Durbin & Koopman (2012), Time Series Analysis by
State Space Methods (the filter of statsmodels).
"""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.measures import smoothing

Floats = NDArray[np.float64]

ORDERS = ((0, 1, 1), (1, 0, 0), (1, 1, 1), (2, 0, 0))
TOP, FEWEST_WEEKS, REFIT = 20, 26, 26


def forecasts(
    units: Floats, start: NDArray[np.intp], origins: Sequence[int], horizon: int
) -> Floats:
    """(origins, products, horizon) expected units per week."""
    plain = smoothing.track(units, start, smoothing.smooth, smoothing.SMOOTHING)[0]
    level = plain[:, np.asarray(origins) - 1].T[:, :, None]
    made = np.repeat(level, horizon, axis=2)
    volume = units[:, : origins[0]].sum(axis=1)
    top = np.lexsort((start, -volume))[:TOP]
    for product in top:
        own = units[product, start[product] :]
        seen = [origin - int(start[product]) for origin in origins]
        made[:, product] = one(own, seen, horizon, made[:, product])
    return np.maximum(made, 0.0)


def one(series: Floats, origins: Sequence[int], horizon: int, fallback: Floats) -> Floats:
    """(origins, horizon) forecasts of one series; `fallback` before there are enough weeks."""
    import statsmodels.tsa.statespace.sarimax  # noqa: F401 (sets warning filters of its own)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _one(series, origins, horizon, fallback)


def _one(series: Floats, origins: Sequence[int], horizon: int, fallback: Floats) -> Floats:
    out = fallback.copy()
    able = [origin for origin in origins if origin >= FEWEST_WEEKS]
    if not able or not series[: able[0]].any():
        return out
    order = min(ORDERS, key=lambda order: _aic(series[: able[0]], order))
    for begin in range(able[0], able[-1] + 1, REFIT):
        block = [origin for origin in able if begin <= origin < begin + REFIT]
        if not block:
            continue
        fitted = _model(series[:begin], order).fit(disp=0, maxiter=30)
        filtered = _model(series[: block[-1]], order).filter(fitted.params)
        for origin in block:
            out[origins.index(origin)] = _ahead(filtered, origin, horizon)
    return out


def _model(series: Floats, order: tuple[int, int, int]) -> Any:  # noqa: ANN401
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    return SARIMAX(series, order=order, trend="n" if order[1] else "c")


def _aic(series: Floats, order: tuple[int, int, int]) -> float:
    return float(_model(series, order).fit(disp=0, maxiter=30).aic)


def _ahead(filtered: Any, origin: int, horizon: int) -> Floats:  # noqa: ANN401
    """What the filter foresees after `origin` weeks: its state carried on by its own equations."""
    found = filtered.filter_results
    state = found.predicted_state[:, origin]
    design, transition = found.design[0, :, -1], found.transition[:, :, -1]
    ahead = np.empty(horizon)
    for step in range(horizon):
        ahead[step] = design @ state
        state = transition @ state + found.state_intercept[:, -1]
    return ahead
