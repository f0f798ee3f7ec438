"""A small shop's answer: the recency rule, with the interval that few customers leave open.

On either side of the learned silence k of n customers ordered within the horizon, on closed
windows of the past; with a uniform prior the share is Beta(k + 1, n - k + 1).
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.analyses.churn.folds import LEARNED, least_days
from core.analyses.churn.history import Past, outcome
from core.analyses.churn.rules import hiatus
from core.errors import NotEnoughDataError

Floats = NDArray[np.float64]
#: Below so many repeat customers only the recency rule is shown.
REPEAT_CUSTOMERS = 50
#: Below so many customers in the closed windows, nothing is.
LEAST_CUSTOMERS = 20


@dataclass(frozen=True)
class Rule:
    """The silence, in days, and Beta(a, b) of an order within the horizon on either side."""

    cut: int
    near: tuple[float, float]
    far: tuple[float, float]

    def predict(self, facts: pl.DataFrame) -> Floats:
        """Probability of an order within the horizon."""
        return self._pick(facts, *(a / (a + b) for a, b in (self.near, self.far)))

    def interval(self, facts: pl.DataFrame) -> tuple[Floats, Floats]:
        """95 % interval of that probability."""
        from scipy.stats import beta

        low, high = (
            self._pick(facts, beta.ppf(q, *self.near), beta.ppf(q, *self.far))
            for q in (0.025, 0.975)
        )
        return low, high

    def _pick(self, facts: pl.DataFrame, near: float, far: float) -> Floats:
        return np.where(facts["recency_days"].to_numpy() <= self.cut, near, far)


def closed_windows(past: Past) -> tuple[date, ...]:
    """The days whose windows are closed and do not overlap, latest first."""
    horizon = timedelta(days=past.horizon_days)
    start = past.first + timedelta(days=least_days(past.horizon_days, 0))
    days = (past.last - horizon * (i + 1) for i in range(LEARNED))
    return tuple(day for day in days if day >= start)


def rule(labelled: pl.DataFrame) -> Rule:
    """The rule learned on closed windows.

    A customer of several windows counts once per window: the interval is a little too narrow.
    """
    cut = hiatus(labelled)
    near = (pl.col("recency_days") <= cut).alias("near")
    sides = {side: labelled.filter(near if side else ~near)["returned"] for side in (True, False)}
    return Rule(cut, *(_beta(sides[side]) for side in (True, False)))


def _beta(returned: pl.Series) -> tuple[float, float]:
    yes = float(returned.sum())
    return yes + 1, len(returned) - yes + 1


def learnable(past: Past) -> pl.DataFrame:
    """The labelled customers of all closed windows; an error that says what is missing."""
    days = closed_windows(past)
    span = (past.last - past.first).days + 1
    if not days:
        raise NotEnoughDataError(
            "The orders span {have:integer} days; to learn who comes back within "
            "{horizon:integer} days takes {need:integer}. Choose a shorter horizon, or load more "
            "history.",
            have=span,
            horizon=past.horizon_days,
            need=least_days(past.horizon_days, 1),
        )
    labelled = past.labelled_all(days)
    customers = labelled["customer_id"].n_unique()
    if customers < LEAST_CUSTOMERS or not 0 < outcome(labelled).mean() < 1:
        raise NotEnoughDataError(
            "{have:integer} customers could be watched for a whole horizon, and some must have "
            "come back while others did not; it takes {need:integer} such customers.",
            have=customers,
            need=LEAST_CUSTOMERS,
        )
    return labelled
