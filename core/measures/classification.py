"""How well probabilities of a yes/no outcome did: discrimination, accuracy, calibration.

Every measure is a function of a `Tally`: how many positives and negatives there are at each score,
the one thing for which rows are sorted. Made of rows as they are it holds K counts, and a measure
is a scalar; made of B resamples at once it holds (B, K), and a measure is B bootstrap replicates.
Ties in the score count half (ROC) or share their place (precision, lift), so that no row order can
matter.

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
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]
EPSILON = 1e-12
TOP_SHARE = 0.1
#: Score from which precision and recall call a row positive; bins of the calibration.
CUT, BINS = 0.5, 10
RESAMPLES = 200
#: Scores that resamples tell apart at most: of more, neighbours count as tied.
CELLS = 2000


@dataclass(frozen=True, eq=False)
class Draws:
    """A Poisson(1) bootstrap in which the rows of one group (a customer) stay together.

    times: how often each group is drawn, (groups, B). groups: of each row, (n,).
    """

    times: NDArray[np.float32]
    groups: NDArray[np.int64]

    def of(self, rows: NDArray[Any]) -> "Draws":
        """The same draws of some of the rows only: a mask or their places."""
        return Draws(self.times, self.groups[rows])

    def totals(self, values: Floats) -> Floats:
        """The sum of `values` (n,) in each resample, (B,)."""
        each = np.bincount(self.groups, values, minlength=len(self.times))
        total: Floats = (each.astype(np.float32) @ self.times).astype(np.float64)
        return total

    def means(self, values: Floats) -> Floats:
        """The mean of `values` (n,) in each resample, (B,); nan in one without rows."""
        mean: Floats = _ratio(self.totals(values), self.totals(np.ones(len(values))))
        return mean

    def counts(self, cells: NDArray[np.int64], size: int) -> Floats:
        """How many rows fall into each of `size` cells in each resample, (B, size)."""
        from scipy.sparse import csr_array

        ones = np.ones(len(cells), dtype=np.float32)
        shape = (size, len(self.times))
        counted = csr_array((ones, (cells, self.groups)), shape=shape) @ self.times
        return np.ascontiguousarray(counted.T, dtype=np.float64)


def drawn(groups: NDArray[np.int64], *, seed: int = 0, resamples: int = RESAMPLES) -> Draws:
    """Draws of rows whose groups are numbered from 0."""
    times = np.random.default_rng(seed).poisson(1.0, (resamples, int(groups.max()) + 1))
    # Small whole numbers: half the memory loses nothing.
    return Draws(np.ascontiguousarray(times.T, dtype=np.float32), groups)


@dataclass(frozen=True, eq=False)
class Tally:
    """Positives and negatives, (K,) or (B, K), at each of K scores, highest first.

    bins: to which of `BINS` bins of equal numbers of rows each score belongs, (K,).
    """

    score: Floats
    bins: NDArray[np.int64]
    positive: Floats
    negative: Floats

    @property
    def size(self) -> Floats:
        """Rows at each score."""
        return self.positive + self.negative


def tally(outcome: Floats, score: Floats, draws: Draws | None = None, cells: int = CELLS) -> Tally:
    """The rows as they are; or each resample of `draws`, at `cells` scores or a few more at most.

    outcome (0/1) and score (higher: more likely) are (n,). Equal scores are never parted.
    """
    order = np.argsort(-score, kind="stable")
    ranked, new = score[order], np.concatenate([[True], np.diff(score[order]) != 0])
    if draws is not None and new.sum() > cells:
        place = np.maximum.accumulate(np.where(new, np.arange(len(score)), 0))
        new = np.concatenate([[True], np.diff(place * cells // len(score)) != 0])
    starts, cell = np.flatnonzero(new), np.cumsum(new) - 1
    size = np.diff([*starts, len(score)])
    rank = len(score) - np.cumsum(size) + (size + 1) / 2
    bins = np.clip(np.ceil(rank * BINS / len(score)), 1, BINS).astype(np.int64) - 1
    middle, k = ranked[starts + (size - 1) // 2], len(starts)
    kind = cell + np.where(outcome[order] == 1, 0, k)
    if draws is None:
        counts = np.bincount(kind, minlength=2 * k).astype(np.float64)
    else:
        counts = draws.of(order).counts(kind, 2 * k)
    return Tally(middle, bins, counts[..., :k], counts[..., k:])


def roc_auc(at: Tally) -> Any:  # noqa: ANN401
    """Area under the ROC curve; nan where one class is missing."""
    above = np.cumsum(at.positive, axis=-1) - at.positive / 2
    area = (above * at.negative).sum(axis=-1)
    return _ratio(area, at.positive.sum(axis=-1) * at.negative.sum(axis=-1))


def pr_auc(at: Tally) -> Any:  # noqa: ANN401
    """Average precision; nan without positives."""
    caught, named = np.cumsum(at.positive, axis=-1), np.cumsum(at.size, axis=-1)
    area = (_ratio(caught, named, 0.0) * at.positive).sum(axis=-1)
    return _ratio(area, at.positive.sum(axis=-1))


def brier(at: Tally) -> Any:  # noqa: ANN401
    """Mean squared error of the probabilities."""
    off = at.positive @ (1 - at.score) ** 2 + at.negative @ at.score**2
    return _ratio(off, at.size.sum(axis=-1))


def log_loss(at: Tally) -> Any:  # noqa: ANN401
    """Mean negative log-likelihood, in nats."""
    yes, no = (log_losses(np.full_like(at.score, outcome), at.score) for outcome in (1.0, 0.0))
    return _ratio(at.positive @ yes + at.negative @ no, at.size.sum(axis=-1))


def log_losses(outcome: Floats, score: Floats) -> Floats:
    """Negative log-likelihood of each outcome, in nats."""
    p = np.clip(score, EPSILON, 1 - EPSILON)
    losses: Floats = -(outcome * np.log(p) + (1 - outcome) * np.log1p(-p))
    return losses


def lift(at: Tally) -> Any:  # noqa: ANN401
    """Positives per head in the top tenth by score, over positives per head in all."""
    size = at.size
    total, end = size.sum(axis=-1, keepdims=True), np.cumsum(size, axis=-1)
    inside = np.clip(total * TOP_SHARE - (end - size), 0, size)
    caught = (_ratio(inside, size, 0.0) * at.positive).sum(axis=-1)
    return _ratio(caught / TOP_SHARE, at.positive.sum(axis=-1))


def precision(at: Tally, cut: float = CUT) -> Any:  # noqa: ANN401
    """Share of positives among those named: score at least `cut`; 0 where none is."""
    hits, named, _ = _at_cut(at, cut)
    return _ratio(hits, named, 0.0)


def recall(at: Tally, cut: float = CUT) -> Any:  # noqa: ANN401
    """Share of the positives that are named."""
    hits, _, positives = _at_cut(at, cut)
    return _ratio(hits, positives, 0.0)


def f1(at: Tally, cut: float = CUT) -> Any:  # noqa: ANN401
    """Harmonic mean of precision and recall."""
    hits, named, positives = _at_cut(at, cut)
    return _ratio(2 * hits, named + positives, 0.0)


def _at_cut(at: Tally, cut: float) -> tuple[Any, Any, Any]:
    """(positives named, named, positives)."""
    hits, others = (part[..., at.score >= cut].sum(axis=-1) for part in (at.positive, at.negative))
    return hits, hits + others, at.positive.sum(axis=-1)


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


def ece(at: Tally) -> Any:  # noqa: ANN401
    """Expected calibration error over ten bins of equal numbers, equal scores kept together."""
    off = (at.positive - at.size * at.score) @ np.eye(BINS)[at.bins]
    return _ratio(np.abs(off).sum(axis=-1), at.size.sum(axis=-1))


def gains(outcome: Floats, score: Floats, points: int = 100) -> pl.DataFrame:
    """Share of customers taken from the top of the score -> share of the positives among them."""
    at = tally(outcome, score)
    size = np.concatenate([[0.0], np.cumsum(at.size)])
    caught = np.concatenate([[0.0], np.cumsum(at.positive)])
    share = np.linspace(0, 1, points + 1)
    found = np.interp(share, size / size[-1], caught / max(1.0, caught[-1]))
    return pl.DataFrame({"share_contacted": share, "share_found": found})


def roc(outcome: Floats, score: Floats, points: int = 200) -> pl.DataFrame:
    """The ROC curve: false_positive_rate -> true_positive_rate, ties joined by straight lines."""
    at = tally(outcome, score)
    true, false = (
        np.concatenate([[0.0], np.cumsum(part)]) / max(1.0, part.sum())
        for part in (at.positive, at.negative)
    )
    kept = np.unique(np.linspace(0, len(true) - 1, points).astype(int))
    return pl.DataFrame({"false_positive_rate": false[kept], "true_positive_rate": true[kept]})


def precision_recall(outcome: Floats, score: Floats, points: int = 200) -> pl.DataFrame:
    """The precision of calling positive the top of the score, by the recall it reaches."""
    at = tally(outcome, score)
    caught, named = np.cumsum(at.positive), np.cumsum(at.size)
    kept = np.unique(np.linspace(0, len(caught) - 1, points).astype(int))
    recall, precision = caught / max(1.0, at.positive.sum()), caught / named
    return pl.DataFrame({"share_found": recall[kept], "precision": precision[kept]})


Measure = Callable[[Tally], Any]
MEASURES: Mapping[str, Measure] = {
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


def interval(measure: Measure, at: Tally, resampled: Tally) -> tuple[float, float, float]:
    """(value, low, high): the measure and its 95 % percentile bootstrap interval."""
    value, replicates = float(measure(at)), np.atleast_1d(measure(resampled))
    replicates = replicates[np.isfinite(replicates)]
    if not len(replicates):
        return value, float("nan"), float("nan")
    low, high = np.quantile(replicates, [0.025, 0.975])
    return value, float(low), float(high)


def intervals(
    outcome: Floats, score: Floats, draws: Draws, measures: Mapping[Any, Measure]
) -> dict[Any, tuple[float, float, float]]:
    """`interval` of each measure, all from one sort."""
    at, resampled = tally(outcome, score), tally(outcome, score, draws)
    return {name: interval(measure, at, resampled) for name, measure in measures.items()}


def _ratio(part: Any, whole: Any, empty: float = float("nan")) -> Any:  # noqa: ANN401
    """part / whole; `empty` where the whole is zero."""
    part, whole = np.asarray(part, dtype=float), np.asarray(whole, dtype=float)
    shape = np.broadcast_shapes(part.shape, whole.shape)
    return np.divide(part, whole, out=np.full(shape, empty), where=whole > 0)[()]
