"""Rules that a shop owner could keep in the head: no model, a count of what happened before."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.analyses.churn.design import Floats, Predict, line, sigmoid
from core.analyses.churn.history import outcome

#: Days added to the silence in the recency-frequency score, tried in turn.
SCORE_DAYS = (1, 3, 7, 14, 28, 42, 60, 90, 150)
#: Cells of recency, order days and order value, and the prior customers of each.
RECENCY_CELLS, ORDER_DAYS, PRIOR_CUSTOMERS = 5, (1, 2, 4, 8), 5


def base_rate(labelled: pl.DataFrame, seed: int) -> Predict:  # noqa: ARG001
    """Everyone the same: the share that ordered."""
    rate = (outcome(labelled).sum() + 1) / (labelled.height + 2)
    return lambda facts: np.full(facts.height, rate)


def hiatus(labelled: pl.DataFrame) -> int:
    """The silence, in days, that best parts those who ordered from those who did not."""
    silence, returned = labelled["recency_days"].to_numpy(), outcome(labelled)
    cuts = np.unique(np.quantile(silence, np.linspace(0.05, 0.95, 37)).astype(int))
    losses = [_two_cells(silence <= cut, returned) for cut in cuts]
    return int(cuts[int(np.argmin(losses))])


def _two_cells(inside: NDArray[np.bool_], returned: Floats) -> float:
    """Negative log-likelihood of one rate inside and one outside."""
    loss = 0.0
    for cell in (inside, ~inside):
        n, k = cell.sum(), returned[cell].sum()
        p = (k + 1) / (n + 2)
        loss -= k * np.log(p) + (n - k) * np.log1p(-p)
    return float(loss)


def recency_rule(labelled: pl.DataFrame, seed: int) -> Predict:  # noqa: ARG001
    """The share that ordered on either side of the learned `hiatus`."""
    cut = hiatus(labelled)
    inside, returned = labelled["recency_days"].to_numpy() <= cut, outcome(labelled)
    near, far = ((returned[c].sum() + 1) / (c.sum() + 2) for c in (inside, ~inside))
    return lambda facts: np.where(facts["recency_days"].to_numpy() <= cut, near, far)


def _score(facts: pl.DataFrame, days: int) -> Floats:
    x, silence = facts["order_days"].to_numpy() - 1, facts["recency_days"].to_numpy()
    score: Floats = np.log((x + 1) / (silence + days))
    return score


def recency_frequency_score(labelled: pl.DataFrame, seed: int) -> Predict:  # noqa: ARG001
    """A logistic line in ln((repeats + 1) / (days silent + c)), c learned."""
    # Customers of the same orders and silence are one point of the line.
    alike = labelled.group_by("order_days", "recency_days").agg(pl.len(), pl.col("returned").sum())
    alike = alike.sort("order_days", "recency_days")
    returned, n = outcome(alike), alike["len"].to_numpy().astype(np.float64)
    fits = [(*line(_score(alike, days), returned, np.inf, np.inf, n), days) for days in SCORE_DAYS]
    level, slope, _, days = min(fits, key=lambda fit: fit[2])
    return lambda facts: sigmoid(level + slope * _score(facts, days))


def rfm_cell_rate(labelled: pl.DataFrame, seed: int) -> Predict:  # noqa: ARG001
    """The share that ordered among customers of the same recency, frequency and value cell.

    Shrunk toward the share of all by `PRIOR_CUSTOMERS`.
    """
    silence, value = labelled["recency_days"].to_numpy(), labelled["average_order"].to_numpy()
    edges = np.quantile(silence, np.linspace(0, 1, RECENCY_CELLS + 1)[1:-1])
    middle = float(np.median(value))

    def cell(facts: pl.DataFrame) -> NDArray[np.int64]:
        recency = np.searchsorted(edges, facts["recency_days"].to_numpy())
        often = np.searchsorted(ORDER_DAYS, facts["order_days"].to_numpy())
        dear = (facts["average_order"].to_numpy() > middle).astype(np.int64)
        found: NDArray[np.int64] = (recency * (len(ORDER_DAYS) + 1) + often) * 2 + dear
        return found

    cells, returned = cell(labelled), outcome(labelled)
    size = RECENCY_CELLS * (len(ORDER_DAYS) + 1) * 2
    n, k = np.bincount(cells, minlength=size), np.bincount(cells, returned, minlength=size)
    rates = (k + PRIOR_CUSTOMERS * returned.mean()) / (n + PRIOR_CUSTOMERS)
    return lambda facts: rates[cell(facts)]
