"""Customer neighbourhoods: a product is scored by the customers who buy alike.

    score(u, i) = sum over the NEIGHBOURS customers v most similar to u of sim(u, v) * bought(v, i)

Cosine   sim(u, v) = |products both bought| / sqrt(|products of u| |products of v|)
Pearson  sim(u, v) = correlation of the two rows of 0 and 1, where above zero

TIFU-kNN (next basket): baskets fade within groups of baskets, groups fade one after the other,

    p(u) = 1/m sum over groups g of r_group^(m - g) * 1/x_g sum over baskets b of r_within^(x_g - b)
    score(u) = alpha * p(u) + (1 - alpha) * mean of p(v) over the nearest v (Euclidean distance)

Every customer as similar as the last neighbour counts too: no tie is broken by id.
Source: Resnick et al. (1994), "GroupLens", CSCW; Sarwar et al. (2000), EC; TIFU-kNN: Hu et al.
(2020), "Modeling Personalized Item Frequency Information for Next-basket Recommendation", SIGIR.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import polars as pl

from core.analyses.recommendations.history import Floats, History, Rows
from core.analyses.recommendations.nearest import BLOCK_CELLS, unit_columns

NEIGHBOURS = 100
#: Hyper-parameters of TIFU-kNN as its authors set them for Ta-Feng, fewer neighbours.
WITHIN, BETWEEN, ALPHA, GROUPS = 0.9, 0.7, 0.7, 7


@dataclass(frozen=True, eq=False)
class UserNeighbours:
    """profiles: csr customers x products, what is compared. bought: csr, what is summed.

    kind: of similarity. own: weight of the customer's own row of `bought`; neighbours are then
    averaged and get the rest.
    """

    profiles: Any
    bought: Any
    kind: Literal["cosine", "pearson", "euclidean"]
    own: float | None = None
    neighbours: int = NEIGHBOURS
    links: Any = None

    def scores(self, rows: Rows) -> Floats:
        """rows x products, a block of customers at a time."""
        step = max(1, BLOCK_CELLS // self.profiles.shape[0])
        blocks = [self._block(rows[at : at + step]) for at in range(0, len(rows), step)]
        return np.concatenate(blocks)

    def _block(self, rows: Rows) -> Floats:
        from scipy.sparse import csr_matrix

        near = self._nearest(rows)
        if self.own is None:
            return (csr_matrix(near) @ self.bought).toarray().astype(np.float32)  # type: ignore[no-any-return]
        share = (near > 0) / np.maximum((near > 0).sum(axis=1, keepdims=True), 1)
        others = (csr_matrix(share) @ self.bought).toarray()
        return (self.own * self.bought[rows].toarray() + (1 - self.own) * others).astype(np.float32)  # type: ignore[no-any-return]

    def _nearest(self, rows: Rows) -> Any:  # noqa: ANN401
        """rows x customers: similarity, 0 for all but the nearest."""
        alike = np.round(self._similarity(rows).astype(np.float64), 5)
        alike[np.arange(len(rows)), rows] = 0
        k = min(self.neighbours, alike.shape[1])
        alike[alike < np.partition(alike, -k, axis=1)[:, -k, None]] = 0
        return np.maximum(alike, 0)

    def _similarity(self, rows: Rows) -> Floats:
        both: Floats = (self.profiles[rows] @ self.profiles.T).toarray()
        if self.kind == "cosine":
            return both
        square = np.asarray(self.profiles.multiply(self.profiles).sum(axis=1)).ravel()
        if self.kind == "euclidean":
            apart = np.maximum(square[rows, None] + square - 2 * both, 0)
            return 1 / (1 + np.sqrt(apart))  # type: ignore[no-any-return]
        n = self.profiles.shape[1]
        spread = np.sqrt(np.maximum(square / n * (1 - square / n), 1e-12))
        by_chance = np.outer(square[rows] / n, square / n)
        return (both / n - by_chance) / np.outer(spread[rows], spread)  # type: ignore[no-any-return]


def user_cosine(
    history: History,
    seed: int,  # noqa: ARG001
    neighbours: int = NEIGHBOURS,
) -> UserNeighbours:
    """Nothing is fitted ahead: neighbours are found when they are asked for."""
    profiles = unit_columns(history.bought.T.tocsr()).T.tocsr()
    return UserNeighbours(profiles, history.bought, "cosine", neighbours=neighbours)


def user_pearson(
    history: History,
    seed: int,  # noqa: ARG001
    neighbours: int = NEIGHBOURS,
) -> UserNeighbours:
    """As cosine, less what two long lists share by chance."""
    return UserNeighbours(history.bought, history.bought, "pearson", neighbours=neighbours)


def tifu_knn(
    history: History,
    seed: int,  # noqa: ARG001
    alpha: float = ALPHA,
    between: float = BETWEEN,
    neighbours: int = NEIGHBOURS,
) -> UserNeighbours:
    """Own baskets, faded, and those of the nearest customers."""
    faded = personal_frequency(history, between)
    return UserNeighbours(faded, faded, "euclidean", alpha, neighbours)


def personal_frequency(history: History, between: float = BETWEEN) -> Any:  # noqa: ANN401
    """p(u) of the docstring as csr customers x products.

    A customer's baskets, counted from the last, fill groups of ceil(baskets / GROUPS); the oldest
    group may be short.
    """
    from scipy.sparse import csr_matrix

    numbered = (
        history.baskets.group_by("u", "order")
        .agg(age=pl.col("age").min())
        .sort("u", "age", "order", descending=[False, False, True])
        .with_columns(back=pl.int_range(pl.len()).over("u"), baskets=pl.len().over("u"))
        .with_columns(size=(pl.col("baskets") / GROUPS).ceil().cast(pl.Int64))
        .with_columns(
            group=pl.col("back") // pl.col("size"), within=pl.col("back") % pl.col("size")
        )
        .with_columns(
            in_group=pl.len().over("u", "group"), groups=pl.col("group").max().over("u") + 1
        )
        .with_columns(
            weight=WITHIN ** pl.col("within")
            / pl.col("in_group")
            * between ** pl.col("group")
            / pl.col("groups")
        )
    )
    weights = (
        history.baskets.join(numbered.select("u", "order", "weight"), on=["u", "order"])
        .group_by("u", "i")
        .agg(pl.col("weight").sum())
        .sort("u", "i")
    )
    at = (weights["u"].to_numpy(), weights["i"].to_numpy())
    return csr_matrix((weights["weight"].to_numpy().astype(np.float32), at), shape=history.shape)
