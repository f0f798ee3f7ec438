"""Each method on days held back: fitted on earlier days, its level set on a later one, tested last.

Intervals resample customers, so that a customer who is tested on three days counts once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.analyses.churn import level, models
from core.analyses.churn.design import Predict
from core.analyses.churn.folds import Fold
from core.analyses.churn.history import Past, outcome
from core.analyses.churn.value import past_rate, valued
from core.evidence import Score
from core.measures import classification
from core.measures.classification import MEASURES, Draws, Measure
from core.measures.customers import KEY

Floats = NDArray[np.float64]
#: Bootstrap replicates, and the most numbers that may be drawn for them at once.
RESAMPLES, DRAWN_AT_MOST = 200, 20_000_000


@dataclass(frozen=True, eq=False)
class Backtest:
    """One row per customer and test day: facts, what came, churn_<method> for each method.

    Also orders_if_active, revenue_if_active, past_orders, past_revenue (the naive forecast).
    draws: the bootstrap of the rows, by customer.
    """

    rows: pl.DataFrame
    methods: tuple[str, ...]
    draws: Draws

    @property
    def churned(self) -> Floats:
        """1.0 where no order came within the horizon."""
        return 1 - outcome(self.rows)

    def churn(self, method: str) -> Floats:
        """Predicted probability of no order."""
        return self.rows[f"churn_{method}"].to_numpy()

    def where(self, rows: pl.Expr) -> "Backtest":
        """Some of the rows, under the same draws."""
        kept = self.rows.select(rows).to_series()
        return Backtest(self.rows.filter(kept), self.methods, self.draws.of(kept.to_numpy()))

    def intervals(
        self, method: str, measures: Mapping[Any, Measure]
    ) -> dict[Any, tuple[float, float, float]]:
        """The measures of a method: (value, low, high)."""
        return classification.intervals(self.churned, self.churn(method), self.draws, measures)


def backtest(
    past: Past,
    folds: Sequence[Fold],
    methods: Sequence[str],
    seed: int,
    value_model: str = "shrinkage",
) -> Backtest:
    """Every method on every fold."""
    rows = pl.concat([_one(past, fold, methods, seed, value_model) for fold in folds])
    customers = rows.select(pl.col(KEY).rank("dense").cast(pl.Int64) - 1).to_series().to_numpy()
    resamples = int(np.clip(DRAWN_AT_MOST // (customers.max() + 1), 40, RESAMPLES))
    draws = classification.drawn(customers, seed=seed, resamples=resamples)
    return Backtest(rows, tuple(methods), draws)


def _one(
    past: Past, fold: Fold, methods: Sequence[str], seed: int, value_model: str
) -> pl.DataFrame:
    test = past.labelled(fold.test)
    orders, revenue = valued(past, fold, value_model).if_active(test)
    past_orders, past_revenue = past_rate(test)
    predicted = {
        f"churn_{method}": 1 - fitted(past, fold, method, seed)(test) for method in methods
    }
    return test.with_columns(
        **{name: pl.Series(values) for name, values in predicted.items()},
        orders_if_active=pl.Series(orders),
        revenue_if_active=pl.Series(revenue),
        past_orders=pl.Series(past_orders),
        past_revenue=pl.Series(past_revenue),
    )


def fitted(past: Past, fold: Fold, method: str, seed: int) -> Predict:
    """The method, learned on some days and its level set on a later one."""
    predict = models.fit(method, past.labelled_all(fold.learn), seed)
    return level.recalibrated(predict, past, fold)


def choose(test: Backtest) -> str:
    """The simplest method whose log loss exceeds the best one's by no more than chance.

    Methods come simplest first. The difference is paired by row and resampled by customer.
    """
    losses = {
        method: classification.log_losses(test.churned, test.churn(method))
        for method in test.methods
    }
    best = min(test.methods, key=lambda method: losses[method].mean())
    for method in test.methods:
        if np.quantile(test.draws.means(losses[method] - losses[best]), 0.025) <= 0:
            return method
    return best


def evidence(test: Backtest, chosen: str) -> list[Score]:
    """Every measure of every method, and the totals beside the naive forecast."""
    scores = (
        Score(method, metric, *found, baseline=method in models.BASELINES, chosen=method == chosen)
        for method in test.methods
        for metric, found in test.intervals(method, MEASURES).items()
    )
    return [one for one in (*scores, *_totals(test, chosen)) if np.isfinite(one.value)]


def _totals(test: Backtest, chosen: str) -> list[Score]:
    """Predicted total / actual total - 1, of orders and of revenue."""
    active = 1 - test.churn(chosen)
    found = []
    for what in ("orders", "revenue"):
        if_active, by_rate, actual = (
            test.rows[name].to_numpy()
            for name in (f"{what}_if_active", f"past_{what}", f"future_{what}")
        )
        for method, predicted in ((chosen, active * if_active), ("past_rate", by_rate)):
            came = np.maximum(test.draws.totals(actual), 1e-9)
            ratios = test.draws.totals(predicted) / came - 1
            low, high = np.quantile(ratios, [0.025, 0.975])
            value = predicted.sum() / max(actual.sum(), 1e-9) - 1
            baseline = method == "past_rate"
            found.append(
                Score(
                    method,
                    f"{what}_bias",
                    float(value),
                    float(low),
                    float(high),
                    baseline=baseline,
                    chosen=not baseline,
                )
            )
    return found
