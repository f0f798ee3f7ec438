"""From order lines to churn: the steps in order."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import cast

import polars as pl

from core import evidence
from core.analyses.churn import (
    evaluation,
    insight,
    level,
    models,
    proof,
    small,
    uncertainty,
    watch,
)
from core.analyses.churn.buying import carried
from core.analyses.churn.design import Floats, Predict, logit
from core.analyses.churn.folds import Fold, fold, folds, year_before
from core.analyses.churn.history import FACTS, HORIZONS, Past, compact, default_horizon, gaps
from core.analyses.churn.options import NEEDS, Config, Method
from core.analyses.churn.reasons import reasons, typical
from core.analyses.churn.result import WIN_BACK, Result
from core.analyses.churn.value import Worth, at_risk_between, valued, worth
from core.dataset import Dataset
from core.errors import NotEnoughDataError
from core.measures import classification
from core.measures.customers import KEY

#: The uncertainty of the level where no test day could show it, in logits.
DRIFT_UNKNOWN = 0.3
#: The frames that a shop too small for a model does without, and their first columns.
UNTESTED: Mapping[str, Mapping[str, type[pl.DataType]]] = {
    "calibration": {
        "bin": pl.Int64,
        "observed": pl.Float64,
        "low": pl.Float64,
        "high": pl.Float64,
    },
    "by_day": {"origin": pl.Date, "method": pl.String},
    "stability": {"metric": pl.String},
    "cuts": {"cut": pl.Float64},
    "by_group": {
        "shopper_group": pl.String,
        "predicted": pl.Float64,
        "observed": pl.Float64,
        "observed_low": pl.Float64,
        "observed_high": pl.Float64,
    },
    "gains": {"share_contacted": pl.Float64},
    "curves": {"curve": pl.String},
    "importance": {"reason": pl.String, "weight": pl.Float64},
    "dependence": {"fact": pl.String},
    "weeks": watch.SCHEMA,
    "last_list": {"risk": pl.String},
    "tested_lists": {"origin": pl.Date},
}


def run(dataset: Dataset, config: Config) -> Result:
    """Score every customer at risk on `as_of`, explain it, and test it on earlier days."""
    dataset.require(NEEDS.columns)
    dataset = dataset.until(config.as_of)
    past = _past(dataset, config)
    config = config.with_values(as_of=past.last, horizon_days=past.horizon_days)
    past = _testable(past)
    tests = folds(past.first, past.last, past.horizon_days)
    final = fold(past.first, past.last, past.horizon_days)
    if not tests or final is None or _repeat_customers(past) < small.REPEAT_CUSTOMERS:
        return _small(replace(past, horizon_days=config.horizon_days or 0, seen={}), config)
    test = evaluation.backtest(past, tests, _methods(config), config.seed, config.value_model)
    chosen = config.method
    if chosen == "auto":
        chosen = cast("Method", evaluation.choose(test))
    config = config.with_values(method=chosen)
    predict = evaluation.fitted(past, final, chosen, config.seed)
    facts = past.facts(past.last)
    if past.horizon_days < (config.horizon_days or 0):
        rule = chosen in models.BASELINES
        predict = carried(predict, facts, config.horizon_days or 0, same_for_all=rule)
    value = valued(past, final, config.value_model)
    scored = _scored(facts, predict, value, config)
    return _tested(past, config, test, scored, predict, final, value, _countries(dataset))


def _testable(past: Past) -> Past:
    """The same past, its horizon short enough for a window to learn, to calibrate, to test.

    What is learned at a shorter horizon is carried to the one asked for afterwards.
    """
    if folds(past.first, past.last, past.horizon_days):
        return past
    shorter = max(HORIZONS[0], (past.last - past.first).days // 4)
    return replace(past, horizon_days=min(past.horizon_days, shorter), seen={})


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


def _methods(config: Config) -> tuple[str, ...]:
    """What is tested, simplest first: the baselines always."""
    tried = config.candidates if config.method == "auto" else (config.method,)
    return tuple(name for name in models.MODELS if name in (*models.BASELINES, *tried))


def _repeat_customers(past: Past) -> int:
    return past.facts(past.last).filter(pl.col("order_days") > 1).height


def _scored(facts: pl.DataFrame, predict: Predict, value: Worth, config: Config) -> pl.DataFrame:
    """Facts and what they mean; most value at risk first, then by id."""
    if facts.is_empty():
        raise NotEnoughDataError("No customer bought within the window: widen it.")
    churn = 1 - predict(facts)
    asked = pl.lit(config.horizon_days, pl.Int64)
    orders, revenue = value.if_active(facts.with_columns(horizon_days=asked))
    order = ["value_at_risk", "churn_probability", KEY]
    return (
        facts.with_columns(
            churn_probability=pl.Series(churn).round(6),
            expected_orders=pl.Series((1 - churn) * orders).round(4),
            expected_revenue=pl.Series((1 - churn) * revenue).round(2),
            revenue_if_active=pl.Series(revenue).round(2),
            probability_low=pl.lit(None, pl.Float64),
            probability_high=pl.lit(None, pl.Float64),
            value_at_risk_low=pl.lit(None, pl.Float64),
            value_at_risk_high=pl.lit(None, pl.Float64),
        )
        .with_columns(
            value_at_risk=(pl.col("churn_probability") * pl.col("expected_revenue")).round(2),
            risk=watch.risk(pl.col("churn_probability")),
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
            "value_at_risk_low",
            "value_at_risk_high",
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
    predict: Predict,
    final: Fold,
    value: Worth,
    countries: pl.DataFrame | None,
) -> Result:
    chosen, seed, usual = config.method, config.seed, typical(scored)
    days = proof.by_day(test)
    tested = days.filter(pl.col("method") == chosen)
    drift = level.drift(tested["predicted"].to_numpy(), tested["observed"].to_numpy())
    bins = classification.calibration(test.churned, test.churn(chosen))
    spread = uncertainty.spread(chosen, past.labelled_all(final.learn), scored, seed)
    churn = scored["churn_probability"].to_numpy()
    interval = uncertainty.interval(churn, spread, drift)
    return Result(
        config=config,
        evidence=evidence.table(evaluation.evidence(test, chosen)),
        customers=_between(scored, interval, value.doubt(scored), seed),
        reasons=reasons(scored, predict, usual),
        calibration=uncertainty.with_level(bins, drift, tested.height),
        by_day=days,
        stability=proof.stability(test),
        cuts=proof.cuts(test, chosen),
        by_group=proof.by_group(test, chosen, countries),
        gains=proof.gains(test, chosen),
        curves=proof.curves(test, chosen),
        importance=insight.importance(scored, predict, usual),
        dependence=insight.dependence(scored, predict),
        weeks=watch.weeks(past, predict),
        last_list=watch.last_list(test, chosen),
        tested_lists=watch.tested_lists(test, chosen, WIN_BACK),
        usual_gap_days=_usual_gap(past),
        drift=drift,
        season_known=year_before(past.first, final) is not None,
        small=False,
        tested_days=past.horizon_days,
        gone=_gone(past, scored),
        predict=predict,
    )


def _between(
    scored: pl.DataFrame, interval: tuple[Floats, Floats], doubt: Floats, seed: int
) -> pl.DataFrame:
    """`scored` with the intervals of each probability, and of each value at risk.

    interval: of the churn probability. doubt: sd of the logarithm of the revenue given an order.
    """
    low, high = interval
    churn, revenue = (
        scored[name].to_numpy() for name in ("churn_probability", "revenue_if_active")
    )
    odds_sd = (logit(high) - logit(low)) / (2 * uncertainty.Z)
    least, most = at_risk_between(churn, revenue, odds_sd, doubt, seed)
    return scored.with_columns(
        probability_low=pl.Series(low).round(6),
        probability_high=pl.Series(high).round(6),
        value_at_risk_low=pl.Series(least).round(2),
        value_at_risk_high=pl.Series(most).round(2),
    )


def _countries(dataset: Dataset) -> pl.DataFrame | None:
    """customer_id, country (the first by name of several); None where the export has none."""
    if "country" not in dataset.columns:
        return None
    known = dataset.lines.drop_nulls([KEY, "country"])
    return known.group_by(KEY).agg(pl.col("country").min()).sort(KEY).collect()


def _small(past: Past, config: Config) -> Result:
    labelled = small.learnable(past)
    rule = small.rule(labelled)
    value = worth(labelled, labelled, config.value_model)
    scored = _scored(past.facts(past.last), rule.predict, value, config)
    low, high = rule.interval(scored)
    untested = {name: pl.DataFrame(schema=schema) for name, schema in UNTESTED.items()}
    return Result(
        config=config.with_values(method="recency_rule"),
        evidence=evidence.table([]),
        customers=_between(scored, (1 - high, 1 - low), value.doubt(scored), config.seed),
        reasons=reasons(scored, rule.predict, typical(scored)),
        usual_gap_days=_usual_gap(past),
        drift=DRIFT_UNKNOWN,
        season_known=False,
        small=True,
        tested_days=past.horizon_days,
        gone=_gone(past, scored),
        predict=rule.predict,
        **untested,
    )


def _usual_gap(past: Past) -> float:
    return float(gaps(past.history).quantile(0.75, "linear") or 0.0)


def _gone(past: Past, scored: pl.DataFrame) -> int:
    return past.history.filter("sale")[KEY].n_unique() - scored.height
