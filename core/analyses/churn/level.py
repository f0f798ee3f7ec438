"""The level: how far a model learned on earlier days is off on a later window, and what lasts.

A model learned on one season has the wrong level in the next. Of logit p = x as the model says it
and x̄ its mean on the window that sets the level,

    p' = sigmoid(x̄ + b (x - x̄) + c · shift + s · turn)

b, shift   of the line fitted to that window, which the model has not seen (Platt scaling)
c          `CARRIED`: what of a window's shift is still there in the next
turn       how the shift moved from the same window to the next one a year ago, where there is such
           a year; s, `SEASON`: what one year says of the next

`CARRIED` and `DRIFT` were chosen on windows that end before the first test window of the demo shop.
`SEASON` was not: those windows alone did not favour it, so the demo's own calibration is no clean
test of it. Source: Platt (1999), Advances in Large Margin Classifiers.
"""

import numpy as np
import polars as pl

from core.analyses.churn.design import Floats, Predict, line, logit, sigmoid
from core.analyses.churn.folds import Fold, year_before
from core.analyses.churn.history import Past, outcome

#: Prior sd of the slope (around 1) and of the level (around 0).
SLOPE_SD, LEVEL_SD = 0.3, 0.5
CARRIED, SEASON = 0.75, 0.5
#: How far the level still misses, in logits, and how many tested windows this counts for.
DRIFT, DRIFT_WINDOWS = 0.2, 2


def recalibrated(predict: Predict, past: Past, fold: Fold) -> Predict:
    """`predict` with its level, and as far as the window carries it its slope, set anew."""
    window = past.labelled(fold.calibrate)
    if window.is_empty():
        return predict
    x = logit(predict(window))
    level, slope, _ = line(x, outcome(window), LEVEL_SD, SLOPE_SD)
    middle = float(x.mean())
    shift = CARRIED * (level + (slope - 1) * middle) + SEASON * _turn(predict, past, fold)
    return lambda facts: sigmoid(middle + shift + slope * (logit(predict(facts)) - middle))


def _turn(predict: Predict, past: Past, fold: Fold) -> float:
    days = year_before(past.first, fold)
    if days is None:
        return 0.0
    before, after = (_shift(predict, past.labelled(day)) for day in days)
    return after - before


def _shift(predict: Predict, window: pl.DataFrame) -> float:
    return line(logit(predict(window)), outcome(window), LEVEL_SD, 1e-6)[0]


def drift(predicted: Floats, observed: Floats) -> float:
    """Sd, in logits, of what the level still misses: on the days tested, drawn to `DRIFT`."""
    off = logit(observed) - logit(predicted)
    known = (off**2).sum() + DRIFT_WINDOWS * DRIFT**2
    return float(np.sqrt(known / (len(off) + DRIFT_WINDOWS)))


def around(p: Floats, drift: float) -> tuple[float, float, float]:
    """(low, mean, high) of the probabilities, were the level off by 95 % of what it may be."""
    low, mean, high = (float(sigmoid(logit(p) + z * drift).mean()) for z in (-1.96, 0.0, 1.96))
    return low, mean, high
