"""Buy-till-you-die models as churn models, and as a column of the logistic regression.

They need no labels: they are fitted to the histories of the latest day that is learned from, and
say the probability of an order within any horizon, whatever the windows were.
"""

from functools import partial

import numpy as np
import polars as pl

from core.analyses.churn.design import Fit, Floats, Predict, design, logit, sigmoid
from core.analyses.churn.learners import logistic
from core.measures.buy_till_you_die import Model, fit, histories


def bought_till_died(name: str, facts: pl.DataFrame) -> Model:
    """The model `name` of these customers' histories."""
    return fit(name, *histories(facts))


def active(model: Model, facts: pl.DataFrame, horizon_days: float) -> Floats:
    """P(at least one order within `horizon_days`) of each row."""
    return model.active(*histories(facts), float(horizon_days))


def _buying(name: str, labelled: pl.DataFrame, seed: int) -> Predict:  # noqa: ARG001
    model = bought_till_died(name, _latest(labelled))
    return lambda facts: active(model, facts, facts["horizon_days"][0])


def _latest(labelled: pl.DataFrame) -> pl.DataFrame:
    return labelled.filter(pl.col("origin") == pl.col("origin").max())


def _with_logistic(name: str, labelled: pl.DataFrame, seed: int) -> Predict:
    """Logistic regression on the design and the log-odds that the model `name` gives."""
    model = bought_till_died(name, _latest(labelled))

    def columns(facts: pl.DataFrame) -> Floats:
        odds = logit(active(model, facts, facts["horizon_days"][0]))
        return np.column_stack([design(facts), odds])

    return logistic(labelled, seed, columns)


NAMES = ("mbg_nbd", "bg_nbd", "pareto_nbd")
BUYING: dict[str, Fit] = {name: partial(_buying, name) for name in NAMES}
#: The same models as a column of the logistic regression.
WITH_LOGISTIC: dict[str, Fit] = {
    f"logistic_regression_{name}": partial(_with_logistic, name) for name in NAMES
}


def carried(
    predict: Predict, facts: pl.DataFrame, horizon_days: int, *, same_for_all: bool
) -> Predict:
    """`predict` (for the horizon in the facts) carried to a longer horizon.

    The log-odds move by as much as MBG/NBD, fitted to `facts`, says that the longer horizon adds
    for each customer; for a rule (same_for_all) by the customers' mean.
    """
    model = bought_till_died("mbg_nbd", facts)

    def odds(facts: pl.DataFrame, days: float) -> Floats:
        return logit(active(model, facts, days))

    mean = [
        logit(np.atleast_1d(active(model, facts, days).mean()))
        for days in (horizon_days, facts["horizon_days"][0])
    ]

    def further(rows: pl.DataFrame) -> Floats:
        near = rows["horizon_days"][0]
        shift = mean[0] - mean[1] if same_for_all else odds(rows, horizon_days) - odds(rows, near)
        return sigmoid(logit(predict(rows)) + shift)

    return further
