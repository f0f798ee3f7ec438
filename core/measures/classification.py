"""How well probabilities of a yes/no outcome did: discrimination, accuracy, calibration.

Every measure takes `outcome` (0/1), `score` (higher: more likely) of shape (n,), and optionally
`weight` of shape (n,) or (B, n), for which it answers a scalar or B values at once: B rows of
resampling weights give B bootstrap replicates without a loop. Ties in the score count half (ROC)
or share their place (precision, lift), so that no row order can matter.

    roc_auc            P(score of a random positive > that of a random negative), ties half
    pr_auc             average precision: sum over thresholds of precision x gain in recall
    brier              mean (outcome - p)^2
    log_loss           -mean(outcome ln p + (1 - outcome) ln(1 - p))
    ece                expected calibration error: mean |share observed - mean p| over equal bins
    lift               share of positives among the top tenth / share among all
    precision, recall, f1   of calling positive what scores at least `cut`

Source: Fawcett (2006), Pattern Recognition Letters 27; Brier (1950), Monthly Weather Review 78;
Naeini, Cooper & Hauskrecht (2015), AAAI, on ECE.
"""

from collections.abc import Callable, Mapping
from typing import Any, cast

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Measure = Callable[[Floats, Floats, Floats], Floats]
EPSILON = 1e-12
TOP_SHARE = 0.1
#: Score from which precision and recall call a row positive; bins of the calibration.
CUT, BINS = 0.5, 10
RESAMPLES = 200


def roc_auc(outcome: Floats, score: Floats, weight: Floats | None = None) -> Any:  # noqa: ANN401
    """Area under the ROC curve; nan where one class is missing."""
    positive, negative = _by_threshold(outcome, score, weight)
    above = np.cumsum(positive, axis=-1) - positive / 2
    area = (above * negative).sum(axis=-1)
    return _ratio(area, positive.sum(axis=-1) * negative.sum(axis=-1))


def pr_auc(outcome: Floats, score: Floats, weight: Floats | None = None) -> Any:  # noqa: ANN401
    """Average precision; nan without positives."""
    positive, negative = _by_threshold(outcome, score, weight)
    caught, named = np.cumsum(positive, axis=-1), np.cumsum(positive + negative, axis=-1)
    return _ratio((_ratio(caught, named, 0.0) * positive).sum(axis=-1), positive.sum(axis=-1))


def brier(outcome: Floats, score: Floats, weight: Floats | None = None) -> Any:  # noqa: ANN401
    """Mean squared error of the probabilities."""
    return _mean((outcome - score) ** 2, weight)


def log_loss(outcome: Floats, score: Floats, weight: Floats | None = None) -> Any:  # noqa: ANN401
    """Mean negative log-likelihood, in nats."""
    return _mean(log_losses(outcome, score), weight)


def log_losses(outcome: Floats, score: Floats) -> Floats:
    """Negative log-likelihood of each outcome, in nats."""
    p = np.clip(score, EPSILON, 1 - EPSILON)
    losses: Floats = -(outcome * np.log(p) + (1 - outcome) * np.log1p(-p))
    return losses


def lift(outcome: Floats, score: Floats, weight: Floats | None = None) -> Any:  # noqa: ANN401
    """Positives per head in the top tenth by score, over positives per head in all."""
    positive, negative = _by_threshold(outcome, score, weight)
    size = positive + negative
    total, end = size.sum(axis=-1, keepdims=True), np.cumsum(size, axis=-1)
    inside = np.clip(total * TOP_SHARE - (end - size), 0, size)
    caught = (_ratio(inside, size, 0.0) * positive).sum(axis=-1)
    return _ratio(caught / TOP_SHARE, positive.sum(axis=-1))


def precision(
    outcome: Floats, score: Floats, weight: Floats | None = None, cut: float = CUT
) -> Any:  # noqa: ANN401
    """Share of positives among those named: score at least `CUT`; 0 where none is."""
    hits, named, _ = _at_cut(outcome, score, weight, cut)
    return _ratio(hits, named, 0.0)


def recall(outcome: Floats, score: Floats, weight: Floats | None = None, cut: float = CUT) -> Any:  # noqa: ANN401
    """Share of the positives that are named."""
    hits, _, positives = _at_cut(outcome, score, weight, cut)
    return _ratio(hits, positives, 0.0)


def f1(outcome: Floats, score: Floats, weight: Floats | None = None, cut: float = CUT) -> Any:  # noqa: ANN401
    """Harmonic mean of precision and recall."""
    hits, named, positives = _at_cut(outcome, score, weight, cut)
    return _ratio(2 * hits, named + positives, 0.0)


def _at_cut(
    outcome: Floats, score: Floats, weight: Floats | None, cut: float
) -> tuple[Any, Any, Any]:
    """(positives named, named, positives), weighted."""
    weight = np.ones_like(score) if weight is None else weight
    named = score >= cut
    # One product of matrices: the weights, by far the largest, are read once.
    counted = np.column_stack([outcome * named, named, outcome]).astype(weight.dtype)
    hits, size, positives = np.moveaxis(weight @ counted, -1, 0)
    return hits, size, positives


def calibration(outcome: Floats, score: Floats, bins: int = BINS) -> pl.DataFrame:
    """Predicted against observed shares in bins of equal numbers, equal scores kept together.

    bin, customers, predicted (mean), observed (share), low and high: the 95 % interval in which
    the observed share falls by chance alone if the mean prediction is right.
    """
    place = pl.col("score").rank("average") * bins / pl.len()
    return (
        pl.DataFrame({"score": score, "outcome": outcome}, schema_overrides={"score": pl.Float64})
        .with_columns(bin=place.ceil().cast(pl.Int64).clip(1, bins))
        .group_by("bin")
        .agg(
            customers=pl.len().cast(pl.Int64),
            predicted=pl.col("score").sort().mean(),
            observed=pl.col("outcome").mean(),
        )
        .sort("bin")
        .pipe(_binomial)
    )


def _binomial(bins: pl.DataFrame) -> pl.DataFrame:
    from scipy.stats import binom

    n, p = bins["customers"].to_numpy(), np.clip(bins["predicted"].to_numpy(), 0, 1)
    low, high = binom.ppf(0.025, n, p) / n, binom.ppf(0.975, n, p) / n
    return bins.with_columns(low=pl.Series(low), high=pl.Series(high))


def ece(outcome: Floats, score: Floats, weight: Floats | None = None) -> Any:  # noqa: ANN401
    """Expected calibration error over ten bins of equal numbers, equal scores kept together."""
    weight = np.ones_like(score) if weight is None else weight
    ranks = pl.Series(score).rank("average").to_numpy()
    bins = np.clip(np.ceil(ranks * BINS / len(score)), 1, BINS).astype(np.int64) - 1
    member = np.eye(BINS)[bins] * (outcome - score)[:, None]
    off = np.abs(weight @ member.astype(weight.dtype))
    return _ratio(off.sum(axis=-1), weight.sum(axis=-1))


def gains(outcome: Floats, score: Floats, points: int = 100) -> pl.DataFrame:
    """Share of customers taken from the top of the score -> share of the positives among them."""
    positive, negative = _by_threshold(outcome, score, None)
    size = np.concatenate([[0.0], np.cumsum(positive + negative)])
    caught = np.concatenate([[0.0], np.cumsum(positive)])
    share = np.linspace(0, 1, points + 1)
    found = np.interp(share, size / size[-1], caught / max(1.0, caught[-1]))
    return pl.DataFrame({"share_contacted": share, "share_found": found})


def roc(outcome: Floats, score: Floats, points: int = 200) -> pl.DataFrame:
    """The ROC curve: false_positive_rate -> true_positive_rate, ties joined by straight lines."""
    positive, negative = _by_threshold(outcome, score, None)
    true = np.concatenate([[0.0], np.cumsum(positive)]) / max(1.0, positive.sum())
    false = np.concatenate([[0.0], np.cumsum(negative)]) / max(1.0, negative.sum())
    kept = np.unique(np.linspace(0, len(true) - 1, points).astype(int))
    return pl.DataFrame({"false_positive_rate": false[kept], "true_positive_rate": true[kept]})


def precision_recall(outcome: Floats, score: Floats, points: int = 200) -> pl.DataFrame:
    """The precision of calling positive the top of the score, by the recall it reaches."""
    positive, negative = _by_threshold(outcome, score, None)
    caught, named = np.cumsum(positive), np.cumsum(positive + negative)
    kept = np.unique(np.linspace(0, len(caught) - 1, points).astype(int))
    recall, precision = caught / max(1.0, positive.sum()), caught / named
    return pl.DataFrame({"share_found": recall[kept], "precision": precision[kept]})


MEASURES: Mapping[str, Callable[..., Any]] = {
    "roc_auc": roc_auc,
    "pr_auc": pr_auc,
    "brier": brier,
    "log_loss": log_loss,
    "lift": lift,
    "precision": precision,
    "recall": recall,
    "f1": f1,
    "ece": ece,
}


def resampled(groups: NDArray[np.int64], *, seed: int = 0, resamples: int = RESAMPLES) -> Floats:
    """Poisson(1) bootstrap weights (B, n): the rows of one group (a customer) stay together."""
    drawn = np.random.default_rng(seed).poisson(1.0, (resamples, int(groups.max()) + 1))
    # Small whole numbers: half the memory loses nothing.
    return cast("Floats", drawn.astype(np.float32)[:, groups])


def interval(
    measure: Measure, outcome: Floats, score: Floats, weights: Floats
) -> tuple[float, float, float]:
    """(value, low, high): the measure and its 95 % percentile bootstrap interval."""
    value = float(measure(outcome, score, np.ones_like(score)))
    replicates = np.atleast_1d(measure(outcome, score, weights))
    replicates = replicates[np.isfinite(replicates)]
    if not len(replicates):
        return value, float("nan"), float("nan")
    low, high = np.quantile(replicates, [0.025, 0.975])
    return value, float(low), float(high)


def _by_threshold(outcome: Floats, score: Floats, weight: Floats | None) -> tuple[Floats, Floats]:
    """Weight of the positives and of the negatives at each distinct score, highest first."""
    order = np.argsort(-score, kind="stable")
    starts = np.flatnonzero(np.concatenate([[True], np.diff(score[order]) != 0]))
    ranked = (np.ones_like(score) if weight is None else weight)[..., order]
    positive = ranked * outcome[order].astype(ranked.dtype)
    negative = ranked - positive
    if len(starts) < len(score):
        positive, negative = (
            np.add.reduceat(part, starts, axis=-1) for part in (positive, negative)
        )
    return positive, negative


def _mean(values: Floats, weight: Floats | None) -> Any:  # noqa: ANN401
    if weight is None:
        return float(values.mean())
    return _ratio(weight @ values.astype(weight.dtype), weight.sum(axis=-1))


def _ratio(part: Any, whole: Any, empty: float = float("nan")) -> Any:  # noqa: ANN401
    """part / whole; `empty` where the whole is zero."""
    part, whole = np.asarray(part, dtype=float), np.asarray(whole, dtype=float)
    shape = np.broadcast_shapes(part.shape, whole.shape)
    return np.divide(part, whole, out=np.full(shape, empty), where=whole > 0)[()]
