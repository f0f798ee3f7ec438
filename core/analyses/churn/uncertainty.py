"""How sure a customer's probability is: 95 % intervals, in logits.

    variance    of the model (delete-a-group jackknife over customers: refitted without each fifth)
                + of the level (`level.drift`: what whole windows still missed when tested)

The level is by far the larger part once a shop has thousands of customers, so that beyond
`MOST_ROWS` the refits are spared. The interval is of the probability, not of what the customer
does: nobody orders with certainty. Source: Kott (2001), Journal of Official Statistics 17(4).
"""

import numpy as np
import polars as pl

from core.analyses.churn import models
from core.analyses.churn.design import Floats, logit, sigmoid
from core.measures.customers import KEY

PARTS, MOST_ROWS = 5, 50_000
Z = 1.959963984540054


def spread(method: str, learn: pl.DataFrame, facts: pl.DataFrame, seed: int) -> Floats:
    """Sd of each customer's log-odds, for what other customers might have been learned from."""
    if learn.height > MOST_ROWS:
        return np.zeros(facts.height)
    part = pl.col(KEY).rank("dense") % PARTS
    said = np.stack(
        [
            logit(models.fit(method, learn.filter(part != left_out), seed)(facts))
            for left_out in range(PARTS)
        ]
    )
    sd: Floats = np.sqrt((PARTS - 1) * said.var(axis=0))
    return sd


def interval(p: Floats, spread: Floats, drift: float) -> tuple[Floats, Floats]:
    """(low, high) of each probability."""
    half = Z * np.sqrt(spread**2 + drift**2)
    low, high = sigmoid(logit(p) - half), sigmoid(logit(p) + half)
    return np.minimum(low, p), np.maximum(high, p)


def with_level(bins: pl.DataFrame, drift: float, days: int) -> pl.DataFrame:
    """Calibration bins with level_low and level_high: what chance and the level together allow.

    The level misses anew on each of the `days` tested, so that in their mean it misses less.
    """
    p = bins["predicted"].to_numpy()
    moved = p * (1 - p) * drift / np.sqrt(days)
    half = Z * np.sqrt(p * (1 - p) / bins["customers"].to_numpy() + moved**2)
    return bins.with_columns(
        level_low=pl.Series(np.clip(p - half, 0, 1)), level_high=pl.Series(np.clip(p + half, 0, 1))
    )
