"""The models: facts of a customer in, probability of an order within the horizon out.

    base_rate                everyone the same: the share that ordered
    recency_rule             the share that ordered on either side of a silence that is learned
    recency_frequency_score  logit p = a + b ln((x + 1) / (R + c)), x repeats, R days silent,
                             c learned
    rfm_cell_rate            the share that ordered in the same cell of recency, frequency, value
    mbg_nbd, bg_nbd, pareto_nbd   buy-till-you-die models: P(order within the horizon)
    logistic_regression      logit p linear in the logarithms of `DESIGN`, l2-penalised;
                             _mbg_nbd, _bg_nbd, _pareto_nbd: with that model's log-odds as one
                             more column
    linear_svm, decision_tree, random_forest, ada_boost, hist_gradient_boosting, mlp, xgboost,
    lightgbm                 on the same columns

Each is fitted on labelled facts of earlier days. Afterwards `level` sets the level.

Source: Wübben & von Wangenheim (2008), Journal of Marketing 72(3), on the learned hiatus.
"""

from collections.abc import Mapping

import polars as pl

from core.analyses.churn import buying, learners, rules
from core.analyses.churn.design import Fit, Predict
from core.analyses.churn.history import outcome

#: method -> how it is fitted, simplest first: between equals, the first is taken.
MODELS: Mapping[str, Fit] = {
    "base_rate": rules.base_rate,
    "recency_rule": rules.recency_rule,
    "recency_frequency_score": rules.recency_frequency_score,
    "rfm_cell_rate": rules.rfm_cell_rate,
    "logistic_regression": learners.logistic_regression,
    **buying.BUYING,
    **buying.WITH_LOGISTIC,
    "linear_svm": learners.linear_svm,
    **learners.CLASSIFIERS,
}
BASELINES = ("base_rate", "recency_rule")


def fit(method: str, labelled: pl.DataFrame, seed: int) -> Predict:
    """`method` fitted on labelled facts; the base rate where only one outcome occurred."""
    known = outcome(labelled).min() < outcome(labelled).max()
    return MODELS[method if known else "base_rate"](labelled, seed)
