"""Clusters: customers who behave alike, found on scaled log behaviour.

Counts, days and money are skewed: x -> log(1 + max(x, 0)). Shares and trends are taken as they are
(PLAIN), weekdays and hours as a point on a circle (CYCLES: sine and cosine, half a feature each).
Then all to mean 0 and sd 1; what is not known of a customer counts as average. Customers with
wholesale-sized orders do not take part in the fit; they join the nearest cluster afterwards.
How many clusters (k), by whichever of the `methods`, is decided by

    stability        mean adjusted Rand index between refits on bootstrap resamples, 1: identical
    spend_explained  next period's spend explained by clusters found before it (core backtest)
    structure        z of the within-cluster variance against the same columns, each shuffled on
                     its own: how far there is more than what independent columns give
    silhouette, gap, bic   shown beside: mean silhouette; log within-cluster variance of points
                     spread evenly over the same box minus the points' own; of a Gaussian mixture.
                     Silhouette alone prefers k = 2; see `picks`

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

from core.analyses.segments.methods import (
    Labels,
    Matrix,
    Method,
    Partition,
    bic,
    different,
    kmeans,
    partitions,
)

#: Shares and trends are used as they are; everything else is counted on a log scale.
PLAIN = frozenset(
    {
        "discount_share", "return_share", "regularity", "top_category_share", "weekend_share",
        "spending_trend",
    }
)  # fmt: skip
#: What comes round again, and after how many steps.
CYCLES = {"usual_weekday": 7, "usual_hour": 24}
#: Points that are fitted, compared each with each, made into mixtures, and redrawn for stability.
FIT_ROWS, SCORE_ROWS, MIXTURE_ROWS = 20_000, 2_000, 1_000
REDRAWN_ROWS = {"kmeans": 5_000, "gaussian_mixture": MIXTURE_ROWS}
RESAMPLES, SHUFFLES = 10, 10
STABLE, STRUCTURED, NEAR = 0.8, 3.0, 0.01
MIN_CUSTOMERS = 50
KS = tuple(range(2, 9))


@dataclass(frozen=True, eq=False)
class Scale:
    """Where behaviour is centred and how wide it is; shape (columns of `behaviour`,) each."""

    features: tuple[str, ...]
    centre: Matrix
    width: Matrix

    def matrix(self, profile: pl.DataFrame) -> Matrix:
        """(customers, columns): behaviour, scaled; unknown counts as average."""
        return np.nan_to_num(self.scaled(profile), nan=0.0)

    def scaled(self, profile: pl.DataFrame) -> Matrix:
        """As `matrix`, but NaN where a customer has no value (no second order, no gap)."""
        return (behaviour(profile, self.features) - self.centre) / self.width


def kinds(features: Sequence[str]) -> dict[str, list[str]]:
    """log_scale, as_is, circle -> the features that are counted that way."""
    found: dict[str, list[str]] = {"log_scale": [], "as_is": [], "circle": []}
    for f in features:
        found["circle" if f in CYCLES else "as_is" if f in PLAIN else "log_scale"].append(f)
    return found


def behaviour(profile: pl.DataFrame, features: Sequence[str]) -> Matrix:
    """(customers, columns): a column per feature, two for CYCLES; NaN where there is no value."""
    columns = [column for feature in features for column in _columns(feature)]
    return profile.select(
        column.fill_null(np.nan).alias(str(number)) for number, column in enumerate(columns)
    ).to_numpy()


def _columns(feature: str) -> list[pl.Expr]:
    value = pl.col(feature).cast(pl.Float64)
    if feature in CYCLES:
        angle = value * (2 * np.pi / CYCLES[feature])
        return [angle.sin(), angle.cos()]
    return [value if feature in PLAIN else value.clip(0).log1p()]


def scale(profile: pl.DataFrame, features: tuple[str, ...]) -> Scale:
    """The scale of these customers; a column that never varies gets width 1."""
    values = np.ma.masked_invalid(behaviour(profile, features))
    centre, width = values.mean(axis=0).filled(0.0), values.std(axis=0).filled(1.0)
    parts = np.array([n for f in features for n in ([2.0**0.5] * 2 if f in CYCLES else [1.0])])
    return Scale(features, centre, np.where(width > 1e-12, width, 1.0) * parts)


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


def fits(
    profile: pl.DataFrame,
    features: tuple[str, ...],
    ks: Sequence[int],
    seed: int,
    method: Method = "kmeans",
) -> list[Clustering]:
    """These customers in k clusters, for each k; more than FIT_ROWS: fitted on so many of them."""
    scaling = scale(profile, features)
    points = sample(scaling.matrix(profile), FIT_ROWS, seed)
    return [Clustering(scaling, found) for found in partitions(method, points, ks, seed, starts=10)]


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

    (found,) = fits(profile, features, [k], seed, method)
    if method != "kmeans" or profile.height <= FIT_ROWS:
        return found
    points = sample(found.scale.matrix(profile), profile.height, seed)
    start = found.partition.prototypes
    with threadpool_limits(1):
        model = KMeans(len(start), init=start, n_init=1).fit(points)
    centres = np.asarray(model.cluster_centers_, dtype=np.float64)
    return Clustering(found.scale, Partition(centres, np.arange(len(start))))


def distinct(profile: pl.DataFrame, features: tuple[str, ...]) -> int:
    """How many different customers there are, as far as the scaled `features` tell."""
    return different(scale(profile, features).matrix(profile))


def stability(
    points: Matrix, ks: Sequence[int], seed: int, method: Method = "kmeans"
) -> list[float]:
    """Mean pairwise adjusted Rand index of RESAMPLES refits, on the same points, per k."""
    from sklearn.metrics import adjusted_rand_score

    rng = np.random.default_rng(seed)
    refits = []
    for number in range(RESAMPLES):
        drawn = points[rng.integers(0, len(points), len(points))]
        fits = partitions(method, drawn, ks, seed + number)
        refits.append([fit.assign(points) for fit in fits])
    pairs = list(combinations(range(RESAMPLES), 2))
    return [
        float(np.mean([adjusted_rand_score(refits[a][at], refits[b][at]) for a, b in pairs]))
        for at in range(len(ks))
    ]


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


def gap(points: Matrix, ks: Sequence[int], seed: int) -> list[tuple[float, float]]:
    """(gap statistic, its standard error) per k, against points even over the box of these."""
    rng = np.random.default_rng(seed)
    low, high = points.min(axis=0), points.max(axis=0)
    even = [rng.uniform(low, high, points.shape) for _ in range(SHUFFLES)]
    found = []
    for k in ks:
        reference = np.log([kmeans(box, k, seed, 1)[1] + 1e-12 for box in even])
        own = np.log(kmeans(points, k, seed, 3)[1] + 1e-12)
        error = float(reference.std()) * (1 + 1 / SHUFFLES) ** 0.5
        found.append((float(reference.mean() - own), error))
    return found


def silhouette(points: Matrix, labels: Labels) -> float | None:
    """Mean silhouette of the points; null where there is only one cluster."""
    from sklearn.metrics import silhouette_score

    if len(np.unique(labels)) < 2:
        return None
    return float(silhouette_score(points, labels))


CHOICES = {"clusters": pl.Int64} | dict.fromkeys(
    ("stability", "structure", "spend_explained", "silhouette", "gap", "gap_error", "bic"),
    pl.Float64,
)


def choices(
    profile: pl.DataFrame,
    features: tuple[str, ...],
    ks: Sequence[int],
    explained: Mapping[int, float],
    seed: int,
    method: Method = "kmeans",
) -> pl.DataFrame:
    """One row per k: the columns of CHOICES; structure only where it is stable."""
    matrix = scale(profile, features).matrix(profile)
    points = sample(matrix, SCORE_ROWS, seed)
    redrawn = sample(matrix, REDRAWN_ROWS.get(method, SCORE_ROWS), seed)
    mixed = sample(matrix, MIXTURE_ROWS, seed)
    agreement = stability(redrawn, ks, seed, method)
    told = zip(
        ks, agreement, gap(points, ks, seed), partitions(method, points, ks, seed), strict=True
    )
    rows = [
        {
            "clusters": k,
            "stability": agrees,
            "structure": structure(redrawn, k, seed) if agrees >= STABLE else None,
            "spend_explained": explained.get(k),
            "silhouette": silhouette(points, fitted.assign(points)),
            "gap": gained,
            "gap_error": error,
            "bic": bic(mixed, k, seed),
        }
        for k, agrees, (gained, error), fitted in told
    ]
    return pl.DataFrame(rows, schema=CHOICES)


def picks(found: pl.DataFrame) -> dict[str, int]:
    """criterion -> the k that it alone would take: silhouette, gap, bic.

    gap: the smallest k within one standard error of the next one's.
    """
    best = {
        "silhouette": found.sort("silhouette", descending=True, nulls_last=True),
        "gap": found.filter(
            (pl.col("gap") >= pl.col("gap").shift(-1) - pl.col("gap_error").shift(-1)).fill_null(
                value=True
            )
        ),
        "bic": found.sort("bic"),
    }
    return {name: int(table["clusters"][0]) for name, table in best.items()}


def choose(found: pl.DataFrame) -> tuple[int, bool]:
    """(k, whether it is stable) out of `choices`."""
    sound = found.filter(pl.col("stability") >= STABLE, pl.col("structure") >= STRUCTURED)
    if sound.is_empty():
        best = found.sort("stability", "clusters", descending=[True, False])
        return int(best["clusters"][0]), False
    value = sound["spend_explained"].fill_null(0.0)
    near = sound.filter(value >= float(value.max()) - NEAR)  # type: ignore[arg-type]
    return int(near["clusters"].min()), True  # type: ignore[arg-type]


def is_stable(found: pl.DataFrame, k: int) -> bool:
    """Whether k clusters passed; False if they were not among those tried."""
    tried = found.filter(pl.col("clusters") == k)
    return not tried.is_empty() and choose(tried)[1]
