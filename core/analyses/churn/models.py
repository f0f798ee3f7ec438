"""The models: facts of a customer in, probability of an order within the horizon out.

    base_rate                everyone the same: the share that ordered
    recency_rule             the share that ordered on either side of a silence that is learned
    recency_frequency_score  logit p = a + b ln((x + 1) / (R + c)), x repeats, R days silent,
                             c learned
    logistic_regression      logit p linear in the logarithms of `DESIGN`, l2-penalised
    hist_gradient_boosting   boosted trees on the same columns

Each is fitted on labelled facts of earlier days. Afterwards `recalibrated` sets the level on a
later window: logit p' = a + b logit p, because what is learned on one season has the wrong level
in the next.

Source: Wübben & von Wangenheim (2008), Journal of Marketing 72(3), on the learned hiatus;
Platt (1999), on logistic recalibration.
"""

from collections.abc import Callable, Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.analyses.churn.history import outcome

Floats = NDArray[np.float64]
#: facts -> probability of an order within the horizon, one per row.
Predict = Callable[[pl.DataFrame], Floats]
#: (labelled facts, seed) -> the fitted model.
Fit = Callable[[pl.DataFrame, int], Predict]

#: What the fitted models see, each a function of the facts.
DESIGN: Mapping[str, pl.Expr] = {
    "silence": pl.col("recency_days").log1p(),
    "overdue": ((pl.col("recency_days") + 1) / (pl.col("usual_gap_days") + 1)).log(),
    "repeats": (pl.col("order_days") - 1).log1p(),
    "tenure": pl.col("tenure_days").log1p(),
    "recent": pl.col("recent_orders").log1p(),
    "order_value": pl.col("average_order").clip(0).log1p(),
    "returns": pl.col("return_share").clip(0, 1),
    "regularity": pl.col("regularity").fill_null(0.5).fill_nan(0.5),
}
#: Days added to the silence in the recency-frequency score, tried in turn.
SCORE_DAYS = (1, 3, 7, 14, 28, 42, 60, 90, 150)
#: Prior strength of the recalibration's slope (around 1) and level (around 0).
SLOPE_SD, LEVEL_SD = 0.3, 2.0


def design(facts: pl.DataFrame) -> Floats:
    """(n, len(DESIGN)) of float64."""
    columns = [expr.cast(pl.Float64).alias(name) for name, expr in DESIGN.items()]
    return facts.select(columns).to_numpy()


def _base_rate(labelled: pl.DataFrame, seed: int) -> Predict:  # noqa: ARG001
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


def _recency_rule(labelled: pl.DataFrame, seed: int) -> Predict:  # noqa: ARG001
    cut = hiatus(labelled)
    inside, returned = labelled["recency_days"].to_numpy() <= cut, outcome(labelled)
    near, far = ((returned[c].sum() + 1) / (c.sum() + 2) for c in (inside, ~inside))
    return lambda facts: np.where(facts["recency_days"].to_numpy() <= cut, near, far)


def _score(facts: pl.DataFrame, days: int) -> Floats:
    x, silence = facts["order_days"].to_numpy() - 1, facts["recency_days"].to_numpy()
    score: Floats = np.log((x + 1) / (silence + days))
    return score


def _recency_frequency_score(labelled: pl.DataFrame, seed: int) -> Predict:  # noqa: ARG001
    returned = outcome(labelled)
    fits = [(*_line(_score(labelled, days), returned, np.inf, np.inf), days) for days in SCORE_DAYS]
    level, slope, _, days = min(fits, key=lambda fit: fit[2])
    return lambda facts: _sigmoid(level + slope * _score(facts, days))


def _logistic_regression(labelled: pl.DataFrame, seed: int) -> Predict:
    from sklearn.linear_model import LogisticRegression

    x = design(labelled)
    mean, sd = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-9)
    model = LogisticRegression(C=1.0, max_iter=200, random_state=seed)
    model.fit((x - mean) / sd, outcome(labelled))
    slope = model.coef_[0] / sd
    level = float(model.intercept_[0] - mean @ slope)
    return lambda facts: _sigmoid(level + design(facts) @ slope)


def _hist_gradient_boosting(labelled: pl.DataFrame, seed: int) -> Predict:
    from sklearn.ensemble import HistGradientBoostingClassifier

    model = HistGradientBoostingClassifier(
        max_iter=80,
        learning_rate=0.06,
        max_leaf_nodes=15,
        min_samples_leaf=max(20, labelled.height // 200),
        l2_regularization=1.0,
        early_stopping=False,
        random_state=seed,
    )
    model.fit(design(labelled), outcome(labelled))
    return lambda facts: np.asarray(model.predict_proba(design(facts))[:, 1], dtype=np.float64)


#: method -> how it is fitted, simplest first: between equals, the first is taken.
MODELS: Mapping[str, Fit] = {
    "base_rate": _base_rate,
    "recency_rule": _recency_rule,
    "recency_frequency_score": _recency_frequency_score,
    "logistic_regression": _logistic_regression,
    "hist_gradient_boosting": _hist_gradient_boosting,
}
BASELINES = ("base_rate", "recency_rule")
AUTO = tuple(MODELS)


def fit(method: str, labelled: pl.DataFrame, seed: int) -> Predict:
    """`method` fitted on labelled facts; the base rate where only one outcome occurred."""
    known = outcome(labelled).min() < outcome(labelled).max()
    return MODELS[method if known else "base_rate"](labelled, seed)


def recalibrated(predict: Predict, labelled: pl.DataFrame) -> Predict:
    """`predict` with its level (and, as far as the window's size carries it, slope) reset."""
    level, slope, _ = _line(logit(predict(labelled)), outcome(labelled), LEVEL_SD, SLOPE_SD)
    return lambda facts: _sigmoid(level + slope * logit(predict(facts)))


def logit(p: Floats) -> Floats:
    """ln(p / (1 - p)), p kept off 0 and 1."""
    p = np.clip(p, 1e-6, 1 - 1e-6)
    odds: Floats = np.log(p / (1 - p))
    return odds


def _sigmoid(z: Floats) -> Floats:
    p: Floats = 1 / (1 + np.exp(-np.clip(z, -30, 30)))
    return p


def _line(
    x: Floats, returned: Floats, level_sd: float, slope_sd: float
) -> tuple[float, float, float]:
    """(a, b, loss) of logit p = a + b x by Newton, with normal priors a ~ 0, b ~ 1."""
    at, prior = np.array([0.0, 1.0]), np.array([0.0, 1.0])
    precision = np.array([1 / level_sd**2, 1 / slope_sd**2]) + 1e-9
    columns = np.column_stack([np.ones_like(x), x])
    for _ in range(50):
        p = _sigmoid(columns @ at)
        slope = columns.T @ (p - returned) + precision * (at - prior)
        curve = (columns * (p * (1 - p))[:, None]).T @ columns + np.diag(precision)
        step = np.linalg.solve(curve, slope)
        at = at - np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-9:
            break
    p = np.clip(_sigmoid(columns @ at), 1e-12, 1 - 1e-12)
    loss = -(returned * np.log(p) + (1 - returned) * np.log1p(-p)).sum()
    return float(at[0]), float(at[1]), float(loss)
