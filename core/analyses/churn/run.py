"""From order lines to churn: the steps in order."""

from datetime import date
from typing import cast

import numpy as np
import polars as pl

from core import evidence
from core.analyses.churn import evaluation, models, small
from core.analyses.churn.folds import fold, folds
from core.analyses.churn.history import FACTS, Past, compact, default_horizon, gaps
from core.analyses.churn.options import NEEDS, Config, Method
from core.analyses.churn.reasons import reasons, typical
from core.analyses.churn.result import Result, risk
from core.analyses.churn.value import Worth, worth
from core.dataset import Dataset
from core.errors import NotEnoughDataError
from core.measures import classification
from core.measures.customers import KEY

#: The uncertainty of the level where no test day could show it, in logits.
DRIFT_UNKNOWN = 0.3
CURVES = {
    "share_contacted": pl.Float64,
    "share_found": pl.Float64,
    "method": pl.String,
    "finds": pl.String,
}


def run(dataset: Dataset, config: Config) -> Result:
    """Score every customer at risk on `as_of`, explain it, and test it on earlier days."""
    dataset.require(NEEDS.columns)
    dataset = dataset.until(config.as_of)
    past = _past(dataset, config)
    config = config.with_values(as_of=past.last, horizon_days=past.horizon_days)
    tests = folds(past.first, past.last, past.horizon_days)
    final = fold(past.first, past.last, past.horizon_days)
    if not tests or final is None or _repeat_customers(past) < small.REPEAT_CUSTOMERS:
        return _small(past, config)
    test = evaluation.backtest(past, tests, _methods(config.method), config.seed)
    chosen = config.method
    if chosen == "auto":
        chosen = cast("Method", evaluation.choose(test, config.seed))
    learn, calibrate = past.labelled_all(final.learn), past.labelled(final.calibrate)
    predict = evaluation.fitted(chosen, learn, calibrate, config.seed)
    scored = _scored(past.facts(past.last), predict, worth(calibrate))
    return _tested(past, config.with_values(method=chosen), test, scored, predict)


def _past(dataset: Dataset, config: Config) -> Past:
    history = compact(dataset.lines)
    if history.filter("sale").is_empty():
        raise NotEnoughDataError(
            "There is no order with a customer's number: churn needs to know who bought."
        )
    first = cast("date", history.filter("sale")["day"].min())
    last = dataset.day(config.as_of)
    horizon = config.horizon_days or default_horizon(history, (last - first).days + 1)
    return Past(history, first, last, horizon, config.bought_within_days)


def _methods(method: str) -> tuple[str, ...]:
    """What is tested, simplest first: the baselines always."""
    asked = models.AUTO if method == "auto" else (*models.BASELINES, method)
    return tuple(name for name in models.MODELS if name in asked)


def _repeat_customers(past: Past) -> int:
    return past.facts(past.last).filter(pl.col("order_days") > 1).height


def _scored(facts: pl.DataFrame, predict: models.Predict, value: Worth) -> pl.DataFrame:
    """Facts and what they mean; most value at risk first, then by id."""
    if facts.is_empty():
        raise NotEnoughDataError("No customer bought within the window: widen it.")
    churn = 1 - predict(facts)
    orders, revenue = value.if_active(facts)
    order = ["value_at_risk", "churn_probability", KEY]
    return (
        facts.with_columns(
            churn_probability=pl.Series(churn).round(6),
            expected_orders=pl.Series((1 - churn) * orders).round(4),
            expected_revenue=pl.Series((1 - churn) * revenue).round(2),
            revenue_if_active=pl.Series(revenue).round(2),
            probability_low=pl.lit(None, pl.Float64),
            probability_high=pl.lit(None, pl.Float64),
        )
        .with_columns(
            value_at_risk=(pl.col("churn_probability") * pl.col("expected_revenue")).round(2),
            risk=risk(),
        )
        .sort(order, descending=[True, True, False])
        .select(
            KEY,
            "churn_probability",
            "probability_low",
            "probability_high",
            "risk",
            "expected_orders",
            "expected_revenue",
            "value_at_risk",
            "revenue_if_active",
            *FACTS,
            "recent_orders",
            "usual_gap_days",
            "horizon_days",
        )
    )


def _tested(
    past: Past,
    config: Config,
    test: evaluation.Backtest,
    scored: pl.DataFrame,
    predict: models.Predict,
) -> Result:
    days = evaluation.by_day(test, config.method)
    away = bool(test.churned.mean() <= 0.5)
    rarer = test.churned if away else 1 - test.churned
    finds = pl.lit("stayed_away" if away else "came_back")
    curves = [
        classification.gains(
            rarer, test.churn(method) if away else -test.churn(method)
        ).with_columns(method=pl.lit(method), finds=finds)
        for method in dict.fromkeys([config.method, "recency_rule"])
    ]
    return Result(
        config=config,
        evidence=evidence.table(evaluation.evidence(test, config.method, config.seed)),
        customers=scored,
        reasons=reasons(scored, predict, typical(scored)),
        calibration=classification.calibration(test.churned, test.churn(config.method)),
        by_day=days,
        gains=pl.concat(curves),
        usual_gap_days=_usual_gap(past),
        drift=evaluation.drift(days),
        small=False,
        gone=_gone(past, scored),
        predict=predict,
    )


def _small(past: Past, config: Config) -> Result:
    labelled = small.learnable(past)
    rule = small.rule(labelled)
    scored = _scored(past.facts(past.last), rule.predict, worth(labelled))
    low, high = rule.interval(scored)
    scored = scored.with_columns(
        probability_low=pl.Series(1 - high), probability_high=pl.Series(1 - low)
    )
    none = np.zeros(0)
    return Result(
        config=config.with_values(method="recency_rule"),
        evidence=evidence.table([]),
        customers=scored,
        reasons=reasons(scored, rule.predict, typical(scored)),
        calibration=classification.calibration(none, none),
        by_day=pl.DataFrame(schema={"origin": pl.Date, "customers": pl.Int64}),
        gains=pl.DataFrame(schema=CURVES),
        usual_gap_days=_usual_gap(past),
        drift=DRIFT_UNKNOWN,
        small=True,
        gone=_gone(past, scored),
        predict=rule.predict,
    )


def _usual_gap(past: Past) -> float:
    return float(gaps(past.history).quantile(0.75, "linear") or 0.0)


def _gone(past: Past, scored: pl.DataFrame) -> int:
    return past.history.filter("sale")[KEY].n_unique() - scored.height
