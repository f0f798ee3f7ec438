"""The evidence: what every method scored at the latest cut-offs, with intervals over products."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core import evidence
from core.analyses.inventory.backtest import AUTO, LEVELS, Backtest, Scores
from core.analyses.inventory.methods import BASELINES
from core.evidence import Score
from core.measures.forecast_error import bootstrap_ratios

Floats = NDArray[np.float64]

#: Measures that are a mean over products, so that two methods can be compared product by product.
PAIRED = ("rmsse", "mase", "pinball")
#: Products that an interval over products needs: resampled, a single one is always itself.
FEWEST = 2


def judge(
    tested: Backtest, used: str
) -> tuple[pl.DataFrame, dict[str, tuple[float, float, float]]]:
    """The evidence, and how much better than the better baseline the method in use was.

    With fewer than FEWEST products no interval is given, and no comparison.
    """
    if not tested.judged:
        return evidence.table([]), {}
    measured = {name: measures(rows[: tested.judged]) for name, rows in tested.scores.items()}
    judged = np.isfinite(measured[AUTO]["rmsse"][0])
    if not judged.any():
        return evidence.table([]), {}
    rows = [(method, metric) for method in measured for metric in measured[method]]
    above, below = (
        np.array([measured[method][metric][part][judged] for method, metric in rows])
        for part in (0, 1)
    )
    value, low, high = bootstrap_ratios(above, below)
    if judged.sum() < FEWEST:
        low, high = np.full_like(low, np.nan), np.full_like(high, np.nan)
    scores = [
        Score(
            method,
            metric,
            float(value[i]),
            _finite(low[i]),
            _finite(high[i]),
            baseline=method in BASELINES,
            chosen=method == used,
            **(_lead(measured, used, metric, judged) if method == used else {}),
        )
        for i, (method, metric) in enumerate(rows)
        if np.isfinite(value[i])
    ]
    compared = ("rmsse", "pinball") if judged.sum() >= FEWEST else ()
    gain = {metric: _gain(measured, used, metric, judged) for metric in compared}
    return evidence.table(scores), gain


def _lead(
    measured: Mapping[str, Mapping[str, tuple[Floats, Floats]]],
    used: str,
    metric: str,
    judged: NDArray[np.bool_],
) -> dict[str, float]:
    """The loss of the method in use less the better baseline's, product by product."""
    if metric not in PAIRED or used in BASELINES or judged.sum() < FEWEST:
        return {}
    losses = {name: measured[name][metric][0][judged] for name in (*BASELINES, used)}
    better = min(BASELINES, key=lambda name: float(losses[name].sum()))
    names = ("lead", "lead_low", "lead_high")
    return dict(zip(names, evidence.bootstrap_mean(losses[used] - losses[better]), strict=True))


def _finite(bound: float) -> float | None:
    return float(bound) if np.isfinite(bound) else None


def measures(rows: Sequence[Scores]) -> dict[str, tuple[Floats, Floats]]:
    """metric -> (numerator, denominator) per product; nan where it was never judged."""
    squared, scaled, absolute, error, sold, covered = (
        np.array([getattr(row, name) for row in rows])
        for name in ("squared", "scaled", "absolute", "error", "sold", "covered")
    )
    pinball = np.array([row.pinball for row in rows])
    count = np.isfinite(squared).sum(axis=0)
    one = np.where(count > 0, 1.0, np.nan)
    each = np.maximum(count, 1)
    units = np.nansum(sold, axis=0)
    return {
        "rmsse": (np.sqrt(np.nansum(squared, axis=0) / each) * one, one),
        "mase": (np.nansum(scaled, axis=0) / each * one, one),
        "wape": (np.nansum(absolute, axis=0) * one, units * one),
        "bias": (np.nansum(error, axis=0) * one, units * one),
        "pinball": (np.nansum(pinball.mean(axis=1), axis=0) / each * one, one),
        **{
            f"pinball_{round(100 * level)}": (np.nansum(pinball[:, i], axis=0) / each * one, one)
            for i, level in enumerate(LEVELS)
        },
        "coverage_80": (np.nansum(covered, axis=0) * one, count * one),
    }


def _gain(
    measured: Mapping[str, Mapping[str, tuple[Floats, Floats]]],
    used: str,
    metric: str,
    judged: NDArray[np.bool_],
) -> tuple[float, float, float]:
    """1 - loss of the method in use / loss of the better baseline, products resampled alike."""
    losses = {name: measured[name][metric][0][judged] for name in (*BASELINES, used)}
    better = min(BASELINES, key=lambda name: float(losses[name].sum()))
    ratio, low, high = bootstrap_ratios(losses[used][None], losses[better][None])
    return 1 - float(ratio[0]), 1 - float(high[0]), 1 - float(low[0])
