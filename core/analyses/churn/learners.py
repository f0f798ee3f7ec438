"""Classifiers of scikit-learn (and, where installed, XGBoost and LightGBM) on the design."""

import importlib
import warnings
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import polars as pl

from core.analyses.churn.design import Fit, Floats, Predict, design, line, sigmoid
from core.analyses.churn.history import outcome
from core.errors import BadOptionError


def logistic(
    labelled: pl.DataFrame, seed: int, columns: Callable[[pl.DataFrame], Floats]
) -> Predict:
    """Logistic regression, l2-penalised on standardised columns."""
    from sklearn.linear_model import LogisticRegression

    x = columns(labelled)
    mean, sd = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-9)
    # Few columns, many rows: Newton's method takes a few passes over them.
    model = LogisticRegression(C=1.0, solver="newton-cholesky", random_state=seed)
    model.fit((x - mean) / sd, outcome(labelled))
    slope = model.coef_[0] / sd
    level = float(model.intercept_[0] - mean @ slope)
    return lambda facts: sigmoid(level + columns(facts) @ slope)


def logistic_regression(labelled: pl.DataFrame, seed: int) -> Predict:
    """Logistic regression on the design."""
    return logistic(labelled, seed, design)


def linear_svm(labelled: pl.DataFrame, seed: int) -> Predict:
    """Linear support vector machine; its margin made a probability by a logistic line (Platt)."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import LinearSVC

    model = make_pipeline(StandardScaler(), LinearSVC(C=0.1, dual=False, random_state=seed))
    model.fit(design(labelled), outcome(labelled))
    margin = model.decision_function(design(labelled))
    level, slope, _ = line(margin, outcome(labelled), np.inf, np.inf)
    return lambda facts: sigmoid(level + slope * model.decision_function(design(facts)))


def _leaf(n: int) -> int:
    return max(20, n // 200)


def _decision_tree(n: int, seed: int) -> Any:  # noqa: ANN401
    from sklearn.tree import DecisionTreeClassifier

    return DecisionTreeClassifier(max_depth=5, min_samples_leaf=_leaf(n), random_state=seed)


def _random_forest(n: int, seed: int) -> Any:  # noqa: ANN401
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(100, min_samples_leaf=_leaf(n), n_jobs=1, random_state=seed)


def _ada_boost(n: int, seed: int) -> Any:  # noqa: ANN401, ARG001
    from sklearn.ensemble import AdaBoostClassifier

    return AdaBoostClassifier(n_estimators=60, random_state=seed)


def _hist_gradient_boosting(n: int, seed: int) -> Any:  # noqa: ANN401
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        max_iter=80,
        learning_rate=0.06,
        max_leaf_nodes=15,
        min_samples_leaf=_leaf(n),
        l2_regularization=1.0,
        early_stopping=False,
        random_state=seed,
    )


def _mlp(n: int, seed: int) -> Any:  # noqa: ANN401, ARG001
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    net = MLPClassifier((16, 8), alpha=0.01, max_iter=60, early_stopping=True, random_state=seed)
    return make_pipeline(StandardScaler(), net)


def _xgboost(n: int, seed: int) -> Any:  # noqa: ANN401, ARG001
    return _optional("xgboost").XGBClassifier(
        n_estimators=80, learning_rate=0.06, max_leaves=15, n_jobs=1, random_state=seed
    )


def _lightgbm(n: int, seed: int) -> Any:  # noqa: ANN401
    return _optional("lightgbm").LGBMClassifier(
        n_estimators=80,
        learning_rate=0.06,
        num_leaves=15,
        min_child_samples=_leaf(n),
        n_jobs=1,
        random_state=seed,
        verbose=-1,
    )


def _optional(package: str) -> Any:  # noqa: ANN401
    try:
        return importlib.import_module(package)
    except ImportError as error:
        raise BadOptionError(
            "The method {package} needs the Python package of that name: install it, or choose "
            "another method.",
            package=package,
        ) from error


def _classifier(made: Callable[[int, int], Any], labelled: pl.DataFrame, seed: int) -> Predict:
    model = made(labelled.height, seed)
    with warnings.catch_warnings():
        # A net that is stopped early is meant to be.
        warnings.simplefilter("ignore")
        model.fit(design(labelled), outcome(labelled))
    return lambda facts: np.asarray(model.predict_proba(design(facts))[:, 1], dtype=np.float64)


#: method -> (rows to learn from, seed) -> the classifier.
MAKERS: Mapping[str, Callable[[int, int], Any]] = {
    "decision_tree": _decision_tree,
    "random_forest": _random_forest,
    "ada_boost": _ada_boost,
    "hist_gradient_boosting": _hist_gradient_boosting,
    "mlp": _mlp,
    "xgboost": _xgboost,
    "lightgbm": _lightgbm,
}
CLASSIFIERS: dict[str, Fit] = {name: partial(_classifier, made) for name, made in MAKERS.items()}
