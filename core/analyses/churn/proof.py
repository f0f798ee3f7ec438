"""What the held-back days show of the chosen method: by day, by group, as curves and bins."""

from dataclasses import replace
from datetime import date
from functools import partial

import numpy as np
import polars as pl

from core.analyses.churn.evaluation import Backtest
from core.measures import classification
from core.measures.customers import KEY

#: Countries with fewer customers on the test days are put together as `OTHER`.
LEAST_CUSTOMERS, OTHER = 100, "other_countries"
#: A group whose level is missed by more than this, and by more than chance, is named.
MISSED = 0.05
SLICE = {name: classification.MEASURES[name] for name in ("roc_auc", "brier")}
#: Whether a predicted share lies outside what chance allows of the observed one.
OUTSIDE = ~pl.col("predicted").is_between("observed_low", "observed_high")
#: Probabilities from which a customer may be named, and what is measured of it.
CUTS = tuple(cut / 10 for cut in range(1, 10))
AT_CUT = {
    "precision": classification.precision,
    "recall": classification.recall,
    "f1": classification.f1,
}


def by_day(test: Backtest) -> pl.DataFrame:
    """How the level held - one row per test day and method: origin, method, then as `_level`."""
    parts = [
        _named(_level(day, method), origin=origin, method=method)
        for origin, day in _days(test)
        for method in test.methods
    ]
    return pl.concat(parts).sort("origin", "method")


def stability(test: Backtest) -> pl.DataFrame:
    """How stable it is - every measure of every method on every test day, with its interval.

    origin, method, metric, value, low, high.
    """
    rows = [
        (origin, method, metric, *_known(found))
        for origin, day in _days(test)
        for method in test.methods
        for metric, found in day.intervals(method, classification.MEASURES).items()
    ]
    schema = ["origin", "method", "metric", "value", "low", "high"]
    return pl.DataFrame(rows, schema=schema, orient="row").sort("metric", "origin", "method")


def _days(test: Backtest) -> list[tuple[date, Backtest]]:
    origins = test.rows["origin"].unique(maintain_order=True)
    return [(origin, test.where(pl.col("origin") == origin)) for origin in origins]


def cuts(test: Backtest, method: str) -> pl.DataFrame:
    """What naming customers from a probability on finds: of the method and of the recency rule.

    cut, method, named (share of the customers), metric (precision, recall, f1), value, low, high.
    """
    measures = {
        (cut, metric): partial(measure, cut=cut)
        for cut in CUTS
        for metric, measure in AT_CUT.items()
    }
    rows = []
    for one in dict.fromkeys([method, "recency_rule"]):
        rows += [
            (cut, one, float((test.churn(one) >= cut).mean()), metric, *found)
            for (cut, metric), found in test.intervals(one, measures).items()
        ]
    schema = ["cut", "method", "named", "metric", "value", "low", "high"]
    return pl.DataFrame(rows, schema=schema, orient="row").sort("cut", maintain_order=True)


def by_group(test: Backtest, method: str, countries: pl.DataFrame | None) -> pl.DataFrame:
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
    named = replace(test, rows=rows)
    parts = [
        _named(
            _measured(named.where(pl.col(scheme) == value), method),
            scheme=scheme,
            shopper_group=value,
        )
        for scheme in schemes
        for value in rows[scheme].unique()
    ]
    return pl.concat(parts).sort("scheme", "shopper_group")


def missed(groups: pl.DataFrame) -> pl.DataFrame:
    """The groups whose level is off by more than `MISSED` and by more than chance."""
    off = pl.col("predicted") - pl.col("observed")
    return groups.filter(OUTSIDE & (off.abs() > MISSED))


def _level(test: Backtest, method: str) -> pl.DataFrame:
    """customers, predicted and observed share of churn, and what chance allows of the latter."""
    churned, p = test.churned, test.churn(method)
    low, high = np.nanquantile(test.draws.means(churned), [0.025, 0.975])
    return pl.DataFrame(
        {
            "customers": [len(p)],
            "predicted": [float(p.mean())],
            "observed": [float(churned.mean())],
            "observed_low": [float(low)],
            "observed_high": [float(high)],
        }
    )


def _measured(test: Backtest, method: str) -> pl.DataFrame:
    """`_level`, and ROC AUC and Brier score with their 95 % intervals."""
    scores = {
        f"{metric}{name}": pl.lit(value, pl.Float64)
        for metric, found in test.intervals(method, SLICE).items()
        for name, value in zip(("", "_low", "_high"), _known(found), strict=True)
    }
    return _level(test, method).with_columns(**scores)


def _known(found: tuple[float, ...]) -> tuple[float | None, ...]:
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
