"""Ways to cluster points: k-means, Ward, Gaussian mixture, HDBSCAN.

Each gives a Partition, which can place further points: by the nearest prototype (k-means: its
centres; Ward: micro-clusters; HDBSCAN: the sample it was fitted on) or by the mixture itself.

Ward's tree over n points needs n^2 memory. Of more than MICRO different points it is grown on MICRO
k-means centres, each weighing as many points as it holds; the page says so.
HDBSCAN finds its own number of clusters; what belongs to none is a cluster of its own, the last.

Source: Ward (1963), JASA 58(301); Dempster, Laird & Rubin (1977), JRSS-B 39(1); Campello, Moulavi
& Sander (2013), PAKDD; micro-clusters: Zhang, Ramakrishnan & Livny (1996), SIGMOD.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Labels = NDArray[np.int64]
Method = Literal["kmeans", "ward", "gaussian_mixture", "hdbscan"]

MICRO, DENSE_ROWS, CHUNK = 300, 4_000, 20_000
#: Leaves that a drawn tree shows.
LEAVES = 24
#: The smallest cluster HDBSCAN may find, as a share of the points.
SMALLEST = 0.02


@dataclass(frozen=True, eq=False)
class Partition:
    """Prototypes (m, features), each owned by a cluster; or a mixture that places points itself.

    tree: of Ward, scipy's linkage matrix over the prototypes.
    """

    prototypes: Matrix
    owner: Labels
    mixture: Any = None
    tree: Matrix | None = None

    @property
    def clusters(self) -> int:
        """How many clusters there are."""
        return int(self.owner.max()) + 1

    def cut(self, k: int) -> "Partition":
        """Ward's tree cut into k clusters."""
        from scipy.cluster.hierarchy import fcluster

        if len(self.prototypes) == 1:  # all points are one: there is no merger to cut
            return self
        found = fcluster(self.tree, min(k, len(self.prototypes)), "maxclust")
        return replace(self, owner=np.asarray(found, dtype=np.int64) - 1)

    def assign(self, points: Matrix) -> Labels:
        """Cluster of each point (n, features)."""
        if self.mixture is not None:
            found: Labels = self.mixture.predict(points).astype(np.int64)
            return found
        parts = [
            self.owner[nearest(points[start : start + CHUNK], self.prototypes)]
            for start in range(0, max(1, len(points)), CHUNK)
        ]
        return np.concatenate(parts)


def nearest(points: Matrix, centres: Matrix) -> Labels:
    """Index of the nearest of `centres` (k, f) for each of `points` (n, f)."""
    squares = (centres**2).sum(axis=1) - 2 * points @ centres.T
    labels: Labels = np.argmin(squares.round(9), axis=1)
    return labels


def different(points: Matrix) -> int:
    """How many different points (n, f) there are."""
    return pl.DataFrame(points.round(9) + 0.0, orient="row").n_unique()  # never -0.0


def kmeans(points: Matrix, k: int, seed: int, starts: int = 5) -> tuple[Matrix, float]:
    """Centres (k, or as many as points differ; f) and the within-cluster sum of squares."""
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    k = min(k, different(points))
    with threadpool_limits(1):
        model = KMeans(k, n_init=starts, random_state=seed).fit(points)
    return np.asarray(model.cluster_centers_, dtype=np.float64), float(model.inertia_)


def partition(method: Method, points: Matrix, k: int, seed: int, starts: int = 3) -> Partition:
    """`points` in k clusters (HDBSCAN: as many as it finds)."""
    if method == "ward":
        return _ward(points, seed).cut(k)
    if method == "gaussian_mixture":
        return _mixture(points, k, seed)
    if method == "hdbscan":
        return _dense(points, seed)
    centres, _ = kmeans(points, k, seed, starts)
    return Partition(centres, np.arange(len(centres)))


def partitions(
    method: Method, points: Matrix, ks: Sequence[int], seed: int, starts: int = 3
) -> list[Partition]:
    """`partition` for each k; Ward's tree is grown once and cut."""
    if method == "ward":
        grown = _ward(points, seed)
        return [grown.cut(k) for k in ks]
    return [partition(method, points, k, seed, starts) for k in ks]


def micro(points: Matrix, seed: int) -> tuple[Matrix, Labels]:
    """(centres of at most MICRO micro-clusters, how many points each holds)."""
    centres, _ = kmeans(points, MICRO, seed, starts=1)
    counts = np.bincount(nearest(points, centres), minlength=len(centres))
    held = counts > 0
    return centres[held], counts[held]


def _ward(points: Matrix, seed: int) -> Partition:
    centres, counts = micro(points, seed)
    owner = np.zeros(len(centres), dtype=np.int64)
    return Partition(centres, owner, tree=weighted_ward(centres, counts.astype(np.float64)))


def weighted_ward(places: Matrix, weights: Matrix) -> Matrix:
    """scipy's linkage matrix of Ward's tree over points (m, f) that weigh more than one each.

    The cost of a merger: 2 v w / (v + w) times the squared distance of the two means.
    """
    m = len(places)
    centre, mass = places.astype(np.float64).copy(), weights.astype(np.float64).copy()
    node, size = np.arange(m), np.ones(m)
    cost = np.stack([_merger(i, centre, mass) for i in range(m)])
    np.fill_diagonal(cost, np.inf)
    rows = np.zeros((m - 1, 4))
    for step in range(m - 1):
        i, j = sorted(divmod(int(np.argmin(cost)), m))
        first, second = sorted((node[i], node[j]))
        rows[step] = first, second, max(cost[i, j], 0.0) ** 0.5, size[i] + size[j]
        centre[i] = (mass[i] * centre[i] + mass[j] * centre[j]) / (mass[i] + mass[j])
        mass[i], size[i], node[i] = mass[i] + mass[j], size[i] + size[j], m + step
        cost[j], cost[:, j] = np.inf, np.inf
        left = np.isfinite(cost[i])
        left[i] = False
        cost[i, left] = cost[left, i] = _merger(i, centre, mass)[left]
    return rows


def _merger(i: int, centre: Matrix, mass: Matrix) -> Matrix:
    squares = ((centre - centre[i]) ** 2).sum(axis=1)
    found: Matrix = 2 * mass * mass[i] / (mass + mass[i]) * squares
    return found


def brackets(tree: Matrix) -> list[tuple[list[float], list[float]]]:
    """A tree to draw, cut off at LEAVES leaves: (x, y) of each bracket; y: height of a merger."""
    from scipy.cluster.hierarchy import dendrogram

    drawn = dendrogram(tree, truncate_mode="lastp", p=LEAVES, no_plot=True)
    return list(zip(drawn["icoord"], drawn["dcoord"], strict=True))


def _mixture(points: Matrix, k: int, seed: int) -> Partition:
    model = _fitted_mixture(points, k, seed)
    means = np.asarray(model.means_, dtype=np.float64)
    return Partition(means, np.arange(len(means)), model)


def _fitted_mixture(points: Matrix, k: int, seed: int) -> Any:  # noqa: ANN401
    from sklearn.mixture import GaussianMixture
    from threadpoolctl import threadpool_limits

    k = min(k, different(points))
    with threadpool_limits(1):
        model = GaussianMixture(k, random_state=seed, reg_covar=1e-3, max_iter=100, tol=1e-3)
        return model.fit(points)


def bic(points: Matrix, k: int, seed: int) -> float:
    """Bayesian information criterion of a mixture of k; lower is better."""
    return float(_fitted_mixture(points, k, seed).bic(points))


def _dense(points: Matrix, seed: int) -> Partition:
    from sklearn.cluster import HDBSCAN
    from threadpoolctl import threadpool_limits

    rng = np.random.default_rng(seed)
    rows = len(points)
    kept = points if rows <= DENSE_ROWS else points[rng.choice(rows, DENSE_ROWS, replace=False)]
    with threadpool_limits(1):
        model = HDBSCAN(min_cluster_size=max(5, round(SMALLEST * len(kept))), copy=True).fit(kept)
    labels = model.labels_.astype(np.int64)
    owner = np.where(labels < 0, labels.max() + 1, labels)
    return Partition(np.asarray(kept, dtype=np.float64), owner)
