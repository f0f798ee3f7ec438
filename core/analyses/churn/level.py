"""The level: how far a model learned on earlier days is off on the latest closed window.

A model learned on one season has the wrong level in the next; and where the export begins in the
middle of a shop's life, customers who were there before look new, so that early days teach that
whoever has bought twice is keener than is true of later days. Of logit p = x as the model says it,

    p' = sigmoid(a + b x + s · turn)

a, b    of the line fitted to the latest closed window, which the model has not seen (Platt scaling)
turn    how the level moved from the same window to the next one a year ago, where there is such a
        year; s, `SEASON`: what one year says of the next

That the whole of `a` is carried to the next window was chosen on demo shops of other seeds, of
which a year in the middle was cut out (log loss .4874 with three quarters of it, .4853 with all),
and on CDNOW, with horizons of 45 and 90 days: CDNOW's calibration is no clean test of it. `SEASON`
holds on demo shops of other seeds (1 to 3: log loss .2862 without it, .2857 with half of it, .2856
with all): half, as a real year repeats itself less exactly than theirs. Isotonic regression in
place of the line did worse there (.2887), as did a line through three windows (.2859):
`benchmarks/churn_level.py`. Source: Platt (1999), Advances in Large Margin Classifiers.
"""

import numpy as np
import polars as pl

from core.analyses.churn.design import Floats, Predict, line, logit, sigmoid
from core.analyses.churn.folds import Fold, year_before
from core.analyses.churn.history import Past, outcome

#: Prior sd of the slope (around 1) and of the level (around 0).
SLOPE_SD, LEVEL_SD = 0.3, 0.5
SEASON = 0.5
#: How far the level still misses, in logits, and how many tested windows this counts for: so that
#: on those demo shops and CDNOW a day's level lay within what the other days led to expect in 95 %.
DRIFT, DRIFT_WINDOWS = 0.25, 2


def recalibrated(predict: Predict, past: Past, fold: Fold) -> Predict:
    """`predict` with its level, and as far as the window carries it its slope, set anew."""
    window = past.labelled(fold.calibrate)
    if window.is_empty():
        return predict
    level, slope, _ = line(logit(predict(window)), outcome(window), LEVEL_SD, SLOPE_SD)
    level += SEASON * _turn(predict, past, fold)
    return lambda facts: sigmoid(level + slope * logit(predict(facts)))


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
