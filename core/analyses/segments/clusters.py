"""Clusters: customers who behave alike, found on scaled log behaviour.

Counts, days and money are skewed: x -> log(1 + max(x, 0)), then to mean 0 and sd 1. Customers
with wholesale-sized orders do not take part in the fit; they join the nearest cluster afterwards.
How many clusters (k), by whichever of the `methods`, is decided by

    stability        mean adjusted Rand index between refits on bootstrap resamples, 1: identical
    spend_explained  next period's spend explained by clusters found before it (core backtest)
    structure        z of the within-cluster variance against the same columns, each shuffled on
                     its own: how far there is more than what independent columns give
    silhouette, bic  shown beside (bic: of a Gaussian mixture); silhouette alone prefers k = 2

Of the k with stability >= STABLE the one that explains most next spend is taken, the smaller of
near equals. If none is stable, or there is no structure, the result says so.

Source: Hennig (2007), CSDA 52(1), bootstrap stability; Tibshirani, Walther & Hastie (2001), JRSS-B
63(2), reference data; Hubert & Arabie (1985), Journal of Classification 2(1).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import polars as pl

from core.analyses.segments import methods
from core.analyses.segments.methods import (
    Labels,
    Matrix,
    Method,
    Partition,
    bic,
    kmeans,
    partition,
)

#: Shares and trends are used as they are; everything else is counted on a log scale.
PLAIN = frozenset({"discount_share", "return_share", "regularity", "top_category_share"})
FIT_ROWS, SCORE_ROWS = 20_000, 2_000
RESAMPLES, SHUFFLES = 8, 10
STABLE, STRUCTURED, NEAR = 0.8, 3.0, 0.01
MIN_CUSTOMERS = 50
KS = tuple(range(2, 9))


@dataclass(frozen=True, eq=False)
class Scale:
    """Where log behaviour is centred and how wide it is; shape (features,) each."""

    features: tuple[str, ...]
    centre: Matrix
    width: Matrix

    def matrix(self, profile: pl.DataFrame) -> Matrix:
        """(customers, features): behaviour, logged and scaled; unknown counts as average."""
        return np.nan_to_num(self.scaled(profile), nan=0.0)

    def scaled(self, profile: pl.DataFrame) -> Matrix:
        """As `matrix`, but NaN where a customer has no value (no second order, no gap)."""
        return (logged(profile, self.features) - self.centre) / self.width


def logged(profile: pl.DataFrame, features: Sequence[str]) -> Matrix:
    """(customers, features): log(1 + x), shares as they are; NaN where there is no value."""
    columns = [
        (pl.col(f) if f in PLAIN else pl.col(f).clip(0).log1p()).cast(pl.Float64).fill_null(np.nan)
        for f in features
    ]
    return profile.select(columns).to_numpy()


def scale(profile: pl.DataFrame, features: tuple[str, ...]) -> Scale:
    """The scale of these customers; a feature that never varies gets width 1."""
    values = np.ma.masked_invalid(logged(profile, features))
    centre, width = values.mean(axis=0).filled(0.0), values.std(axis=0).filled(1.0)
    return Scale(features, centre, np.where(width > 1e-12, width, 1.0))


@dataclass(frozen=True, eq=False)
class Clustering:
    """A partition of scaled behaviour, and the scale."""

    scale: Scale
    partition: Partition

    def assign(self, profile: pl.DataFrame) -> Labels:
        """Cluster of each customer, from 0."""
        return self.partition.assign(self.scale.matrix(profile))


def sample(points: Matrix, rows: int, seed: int) -> Matrix:
    """At most `rows` of the points, drawn blind to their order."""
    ordered = points[np.lexsort(points.T[::-1])]
    if len(points) <= rows:
        return ordered
    chosen = np.random.default_rng(seed).choice(len(points), rows, replace=False)
    return ordered[np.sort(chosen)]


def fit(
    profile: pl.DataFrame,
    features: tuple[str, ...],
    k: int,
    seed: int,
    method: Method = "kmeans",
) -> Clustering:
    """k clusters of these customers; k-means: many starts on a sample, then one run on all."""
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    scaling = scale(profile, features)
    points = sample(scaling.matrix(profile), len(profile), seed)
    found = partition(method, sample(points, FIT_ROWS, seed), k, seed, starts=10)
    if method == "kmeans" and len(points) > FIT_ROWS:
        with threadpool_limits(1):
            model = KMeans(k, init=found.prototypes, n_init=1).fit(points)
        found = Partition(np.asarray(model.cluster_centers_, dtype=np.float64), np.arange(k))
    return Clustering(scaling, found)


def tree(
    profile: pl.DataFrame, features: tuple[str, ...], seed: int
) -> tuple[tuple[list[float], list[float]], ...]:
    """Ward's tree of these customers, as brackets to draw; see `methods.tree`."""
    points = sample(scale(profile, features).matrix(profile), FIT_ROWS, seed)
    return tuple(methods.tree(points, seed))


def distinct(profile: pl.DataFrame, features: Sequence[str]) -> int:
    """How many different customers there are, as far as `features` tell."""
    return profile.select(features).unique().height


def stability(points: Matrix, k: int, seed: int, method: Method = "kmeans") -> float:
    """Mean pairwise adjusted Rand index of RESAMPLES refits, on the same points."""
    from sklearn.metrics import adjusted_rand_score

    rng = np.random.default_rng(seed)
    refits = []
    for number in range(RESAMPLES):
        drawn = points[rng.integers(0, len(points), len(points))]
        refits.append(partition(method, drawn, k, seed + number).assign(points))
    pairs = [adjusted_rand_score(a, b) for a, b in combinations(refits, 2)]
    return float(np.mean(pairs))


def structure(points: Matrix, k: int, seed: int) -> float:
    """z: how far the fit is better than on the same columns shuffled independently."""
    rng = np.random.default_rng(seed)
    shuffled = [
        kmeans(np.column_stack([rng.permutation(column) for column in points.T]), k, seed, 2)[1]
        for _ in range(SHUFFLES)
    ]
    _, within = kmeans(points, k, seed, starts=5)
    spread = max(float(np.std(shuffled, ddof=1)), 1e-9 * (1 + within))
    return (float(np.mean(shuffled)) - within) / spread


def silhouette(points: Matrix, labels: Labels) -> float | None:
    """Mean silhouette of the points; null where there is only one cluster."""
    from sklearn.metrics import silhouette_score

    if len(np.unique(labels)) < 2:
        return None
    return float(silhouette_score(points, labels))


def choices(
    profile: pl.DataFrame,
    features: tuple[str, ...],
    ks: Sequence[int],
    explained: Mapping[int, float],
    seed: int,
    method: Method = "kmeans",
) -> pl.DataFrame:
    """clusters, stability, structure (if stable), silhouette, bic, spend_explained per k."""
    points = sample(scale(profile, features).matrix(profile), SCORE_ROWS, seed)
    rows = [_choice(points, k, seed, method) for k in ks]
    schema = {"clusters": pl.Int64} | dict.fromkeys(
        ("stability", "structure", "silhouette", "bic", "spend_explained"), pl.Float64
    )
    told = [row | {"spend_explained": explained.get(int(row["clusters"] or 0))} for row in rows]
    return pl.DataFrame(told, schema=schema)


def _choice(points: Matrix, k: int, seed: int, method: Method) -> dict[str, float | None]:
    agreement = stability(points, k, seed, method)
    labels = partition(method, points, k, seed).assign(points)
    return {
        "clusters": k,
        "stability": agreement,
        "structure": structure(points, k, seed) if agreement >= STABLE else None,
        "silhouette": silhouette(points, labels),
        "bic": bic(points, k, seed) if method == "gaussian_mixture" else None,
    }


def choose(found: pl.DataFrame) -> tuple[int, bool]:
    """(k, whether it is stable) out of `choices`."""
    sound = found.filter(pl.col("stability") >= STABLE, pl.col("structure") >= STRUCTURED)
    if sound.is_empty():
        best = found.sort("stability", "clusters", descending=[True, False])
        return int(best["clusters"][0]), False
    value = sound["spend_explained"].fill_null(0.0)
    near = sound.filter(value >= float(value.max()) - NEAR)  # type: ignore[arg-type]
    return int(near["clusters"].min()), True  # type: ignore[arg-type]
