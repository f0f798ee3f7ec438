"""What the held-back days show of the chosen method: by day, by group, as curves and bins."""

import numpy as np
import polars as pl

from core.analyses.churn.design import logit
from core.analyses.churn.evaluation import Backtest, Floats
from core.measures import classification
from core.measures.customers import KEY

#: Countries with fewer customers on the test days are put together as `OTHER`.
LEAST_CUSTOMERS, OTHER = 100, "other"
#: A group whose level is missed by more than this, and by more than chance, is named.
MISSED = 0.05
SLICE = ("roc_auc", "brier")


def by_day(test: Backtest, seed: int) -> pl.DataFrame:
    """How stable it is - one row per test day and method: origin, method, then as `_measured`."""
    parts = []
    for (origin,), part in test.rows.group_by("origin", maintain_order=True):
        day = Backtest(part, test.methods)
        weights = day.weights(seed)
        parts += [
            _measured(day, method, weights).select(
                pl.lit(origin).alias("origin"), pl.lit(method).alias("method"), pl.all()
            )
            for method in test.methods
        ]
    return pl.concat(parts).sort("origin", "method")


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
            named = (pl.lit(scheme).alias("scheme"), pl.lit(value).alias("shopper_group"))
            parts.append(measured.select(*named, pl.all()))
    return pl.concat(parts).sort("scheme", "shopper_group")


def missed(groups: pl.DataFrame) -> pl.DataFrame:
    """The groups whose level is off by more than `MISSED` and by more than chance."""
    off = pl.col("predicted") - pl.col("observed")
    outside = ~pl.col("predicted").is_between("observed_low", "observed_high")
    return groups.filter(outside & (off.abs() > MISSED))


def _measured(test: Backtest, method: str, weights: Floats) -> pl.DataFrame:
    """customers, predicted and observed share of churn, roc_auc, brier, and 95 % intervals."""
    churned, p = test.churned, test.churn(method)
    share = (weights @ churned.astype(weights.dtype)) / np.maximum(weights.sum(axis=1), 1)
    low, high = np.quantile(share, [0.025, 0.975])
    row: dict[str, float | int | None] = {
        "customers": len(p),
        "predicted": float(p.mean()),
        "observed": float(churned.mean()),
        "observed_low": float(low),
        "observed_high": float(high),
    }
    for metric in SLICE:
        found = classification.interval(classification.MEASURES[metric], churned, p, weights)
        for name, value in zip(("", "_low", "_high"), found, strict=True):
            row[f"{metric}{name}"] = value if np.isfinite(value) else None
    return pl.DataFrame([row], schema_overrides={f"{m}{e}": pl.Float64 for m in SLICE
                                                 for e in ("", "_low", "_high")})  # fmt: skip


def drift(days: pl.DataFrame) -> float:
    """How far, in logits, the level missed on the test days (root mean square, at least 0.1)."""
    off = logit(days["observed"].to_numpy()) - logit(days["predicted"].to_numpy())
    return float(max(0.1, np.sqrt((off**2).mean())))


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
