"""What the held-back days show of the chosen method: by day, by group, as curves and bins."""

from functools import partial

import numpy as np
import polars as pl

from core.analyses.churn.evaluation import Backtest, Floats
from core.measures import classification
from core.measures.customers import KEY

#: Countries with fewer customers on the test days are put together as `OTHER`.
LEAST_CUSTOMERS, OTHER = 100, "other_countries"
#: A group whose level is missed by more than this, and by more than chance, is named.
MISSED = 0.05
SLICE = ("roc_auc", "brier")
#: Whether a predicted share lies outside what chance allows of the observed one.
OUTSIDE = ~pl.col("predicted").is_between("observed_low", "observed_high")
#: Probabilities from which a customer may be named, and what is measured of it.
CUTS, AT_CUT = tuple(cut / 10 for cut in range(1, 10)), ("precision", "recall", "f1")


def by_day(test: Backtest, seed: int) -> pl.DataFrame:
    """How the level held - one row per test day and method: origin, method, then as `_level`."""
    parts = []
    for (origin,), part in test.rows.group_by("origin", maintain_order=True):
        day = Backtest(part, test.methods)
        weights = day.weights(seed)
        parts += [
            _named(_level(day, method, weights), origin=origin, method=method)
            for method in test.methods
        ]
    return pl.concat(parts).sort("origin", "method")


def stability(test: Backtest, seed: int) -> pl.DataFrame:
    """How stable it is - every measure of every method on every test day, with its interval.

    origin, method, metric, value, low, high.
    """
    rows = []
    for (origin,), part in test.rows.group_by("origin", maintain_order=True):
        day = Backtest(part, test.methods)
        weights = day.weights(seed)
        rows += [
            (origin, method, metric, *_interval(day, method, metric, weights))
            for method in test.methods
            for metric in classification.MEASURES
        ]
    schema = ["origin", "method", "metric", "value", "low", "high"]
    return pl.DataFrame(rows, schema=schema, orient="row").sort("metric", "origin", "method")


def cuts(test: Backtest, method: str, seed: int) -> pl.DataFrame:
    """What naming customers from a probability on finds: of the method and of the recency rule.

    cut, method, named (share of the customers), metric (precision, recall, f1), value, low, high.
    """
    weights, rows = test.weights(seed), []
    for cut in CUTS:
        for one in dict.fromkeys([method, "recency_rule"]):
            named = float((test.churn(one) >= cut).mean())
            for metric in AT_CUT:
                measure = partial(classification.MEASURES[metric], cut=cut)
                found = classification.interval(measure, test.churned, test.churn(one), weights)
                rows.append((cut, one, named, metric, *found))
    schema = ["cut", "method", "named", "metric", "value", "low", "high"]
    return pl.DataFrame(rows, schema=schema, orient="row")


def by_group(
    test: Backtest, method: str, countries: pl.DataFrame | None, seed: int
) -> pl.DataFrame:
    """Whether some group is silently worse: scheme, shopper_group, then as `_measured`.

    Schemes: history (new: one order day; established: several) and country, where it is known.
    """
    rows = test.rows.with_columns(
        history=pl.when(pl.col("order_days") > 1)
        .then(pl.lit("established"))
        .otherwise(pl.lit("new"))
    )
    schemes = ["history"]
    if countries is not None:
        rows = rows.join(countries, on=KEY, how="left", maintain_order="left")
        few = pl.len().over("country") < LEAST_CUSTOMERS
        rows = rows.with_columns(
            country=pl.when(few | pl.col("country").is_null())
            .then(pl.lit(OTHER))
            .otherwise("country")
        )
        schemes.append("country")
    parts = []
    for scheme in schemes:
        for (value,), part in rows.group_by(scheme, maintain_order=True):
            group = Backtest(part, (method,))
            measured = _measured(group, method, group.weights(seed))
            parts.append(_named(measured, scheme=scheme, shopper_group=value))
    return pl.concat(parts).sort("scheme", "shopper_group")


def missed(groups: pl.DataFrame) -> pl.DataFrame:
    """The groups whose level is off by more than `MISSED` and by more than chance."""
    off = pl.col("predicted") - pl.col("observed")
    return groups.filter(OUTSIDE & (off.abs() > MISSED))


def _level(test: Backtest, method: str, weights: Floats) -> pl.DataFrame:
    """customers, predicted and observed share of churn, and what chance allows of the latter."""
    churned, p = test.churned, test.churn(method)
    share = (weights @ churned.astype(weights.dtype)) / np.maximum(weights.sum(axis=1), 1)
    low, high = np.quantile(share, [0.025, 0.975])
    return pl.DataFrame(
        {
            "customers": [len(p)],
            "predicted": [float(p.mean())],
            "observed": [float(churned.mean())],
            "observed_low": [float(low)],
            "observed_high": [float(high)],
        }
    )


def _measured(test: Backtest, method: str, weights: Floats) -> pl.DataFrame:
    """`_level`, and ROC AUC and Brier score with their 95 % intervals."""
    scores = {
        f"{metric}{name}": pl.lit(value, pl.Float64)
        for metric in SLICE
        for name, value in zip(
            ("", "_low", "_high"), _interval(test, method, metric, weights), strict=True
        )
    }
    return _level(test, method, weights).with_columns(**scores)


def _interval(
    test: Backtest, method: str, metric: str, weights: Floats
) -> tuple[float | None, ...]:
    found = classification.interval(
        classification.MEASURES[metric], test.churned, test.churn(method), weights
    )
    return tuple(value if np.isfinite(value) else None for value in found)


def _named(frame: pl.DataFrame, **names: object) -> pl.DataFrame:
    return frame.select(*(pl.lit(value).alias(name) for name, value in names.items()), pl.all())


def gains(test: Backtest, method: str) -> pl.DataFrame:
    """Of the rarer outcome (finds: stayed_away or came_back), by the method and by the rule."""
    away = bool(test.churned.mean() <= 0.5)
    rarer = test.churned if away else 1 - test.churned
    finds = pl.lit("stayed_away" if away else "came_back")
    return pl.concat(
        classification.gains(rarer, test.churn(one) * (1 if away else -1)).with_columns(
            method=pl.lit(one), finds=finds
        )
        for one in dict.fromkeys([method, "recency_rule"])
    )


def curves(test: Backtest, method: str) -> pl.DataFrame:
    """ROC and precision-recall of the method and of the rule: curve, method, across, up."""
    parts = []
    for one in dict.fromkeys([method, "recency_rule"]):
        roc = classification.roc(test.churned, test.churn(one)).rename(
            {"false_positive_rate": "across", "true_positive_rate": "up"}
        )
        pr = classification.precision_recall(test.churned, test.churn(one)).rename(
            {"share_found": "across", "precision": "up"}
        )
        for curve, points in (("roc", roc), ("precision_recall", pr)):
            parts.append(
                points.select(pl.lit(curve).alias("curve"), pl.lit(one).alias("method"), pl.all())
            )
    return pl.concat(parts)
