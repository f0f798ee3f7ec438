"""Customer neighbourhoods: a product is scored by the customers who buy alike.

    score(u, i) = sum over the NEIGHBOURS customers v most similar to u of sim(u, v) * bought(v, i)

Cosine   sim(u, v) = |products both bought| / sqrt(|products of u| |products of v|)
Pearson  sim(u, v) = correlation of the two rows of 0 and 1, where above zero

TIFU-kNN (next basket): baskets fade within groups of baskets, groups fade one after the other,

    p(u) = 1/m sum over groups g of r_group^(m - g) * 1/x_g sum over baskets b of r_within^(x_g - b)
    score(u) = alpha * p(u) + (1 - alpha) * mean of p(v) over the nearest v (Euclidean distance)

Every customer as similar as the last neighbour counts too: no tie is broken by id. Neighbours are
sought among the POOL customers who bought last, so the cost grows with the customers, not with
their square.
Source: Resnick et al. (1994), "GroupLens", CSCW; Sarwar et al. (2000), EC; TIFU-kNN: Hu et al.
(2020), "Modeling Personalized Item Frequency Information for Next-basket Recommendation", SIGIR;
recent neighbours only: Jannach & Ludewig (2017), RecSys.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from core.analyses.recommendations.history import Floats, History, Rows
from core.analyses.recommendations.models.similarity import (
    Weigh,
    cosine,
    euclidean,
    pearson,
    sums,
)
from core.analyses.recommendations.nearest import BLOCK_CELLS
from core.measures.ranking import FOLDED, rounded

NEIGHBOURS, POOL = 100, 20_000
#: Hyper-parameters of TIFU-kNN as its authors set them for Ta-Feng, fewer neighbours.
WITHIN, BETWEEN, ALPHA, GROUPS = 0.9, 0.7, 0.7, 7


@dataclass(frozen=True, eq=False)
class UserNeighbours:
    """profiles: csr customers x products, what is compared, by `weigh`, and what is summed.

    pool: rows of the customers who may be neighbours, ascending.
    own: weight of the customer's own row; neighbours are then averaged and get the rest.
    """

    profiles: Any
    weigh: Weigh
    pool: Rows
    own: float | None = None
    neighbours: int = NEIGHBOURS
    links: Any = None
    basket: Any = None

    def scores(self, rows: Rows) -> Floats:
        """rows x products, a block of customers at a time."""
        step = max(1, BLOCK_CELLS // len(self.pool))
        blocks = [self._block(rows[at : at + step]) for at in range(0, len(rows), step)]
        return np.concatenate(blocks)

    def _block(self, rows: Rows) -> Floats:
        near = self.nearest(rows)
        if self.own is None:
            return (near @ self.profiles).toarray()  # type: ignore[no-any-return]
        near.data = 1 / np.repeat(np.diff(near.indptr), np.diff(near.indptr))
        others = (near.astype(np.float32) @ self.profiles).toarray()
        return self.own * self.profiles[rows].toarray() + (1 - self.own) * others  # type: ignore[no-any-return]

    def nearest(self, rows: Rows) -> Any:  # noqa: ANN401
        """csr rows x customers: similarity of the nearest."""
        from scipy.sparse import csr_matrix

        # Against a dense block the product is half as dear, and needs no second pass for its size.
        both = self.profiles[self.pool] @ self.profiles[rows].toarray().T
        alike = self.weigh(both, rows, self.pool[:, None]).astype(np.float32, copy=False)
        own = np.searchsorted(self.pool, rows) % len(self.pool)
        known = np.flatnonzero(self.pool[own] == rows)
        alike[own[known], known] = 0
        other, row = np.nonzero(alike >= _bound(alike, self.neighbours))
        value = rounded(alike[other, row])
        near = value >= _least(row, value, self.neighbours, len(rows))[row]
        shape = len(rows), self.profiles.shape[0]
        return csr_matrix((value[near], (row[near], self.pool[other[near]])), shape)


def _bound(alike: Floats, k: int) -> Floats:
    """Per column what its k-th largest value is not below (nor what rounds to the same), above 0.

    The k-th largest of the maxima over folds bounds the k-th largest of all.
    """
    folds = min(FOLDED * k, len(alike) // 2)
    bound = np.zeros(alike.shape[1], np.float32)
    if folds >= k:
        width = len(alike) // folds
        maxima = alike[: folds * width].reshape(folds, width, -1).max(axis=1)
        bound = np.partition(maxima, -k, axis=0)[-k] * np.float32(1 - 2**-14)
    return np.maximum(bound, np.finfo(np.float32).tiny)


def _least(row: Rows, value: Floats, k: int, rows: int) -> Floats:
    """The k-th largest value of each of `rows` rows, 0 where there are fewer."""
    order = np.lexsort((-value, row))
    starts = np.searchsorted(row[order], np.arange(rows + 1))
    at = starts[:-1] + k - 1
    enough = at < starts[1:]
    least = np.zeros(rows, np.float32)
    least[enough] = value[order][at[enough]]
    return least


def latest(history: History, keep: int = POOL) -> Rows:
    """Rows of the `keep` customers who bought last, and of all who bought on the same day."""
    place = min(keep, len(history.silent)) - 1
    return np.flatnonzero(history.silent <= np.partition(history.silent, place)[place])


def user_cosine(
    history: History,
    seed: int,  # noqa: ARG001
    neighbours: int = NEIGHBOURS,
) -> UserNeighbours:
    """Nothing is fitted ahead: neighbours are found when they are asked for."""
    alike = cosine(sums(history.bought, 1).astype(np.float32))
    return UserNeighbours(history.bought, alike, latest(history), neighbours=neighbours)


def user_pearson(
    history: History,
    seed: int,  # noqa: ARG001
    neighbours: int = NEIGHBOURS,
) -> UserNeighbours:
    """As cosine, less what two long lists share by chance."""
    alike = pearson(sums(history.bought, 1).astype(np.float32), history.shape[1])
    return UserNeighbours(history.bought, alike, latest(history), neighbours=neighbours)


def tifu_knn(
    history: History,
    seed: int,  # noqa: ARG001
    alpha: float = ALPHA,
    between: float = BETWEEN,
    neighbours: int = NEIGHBOURS,
) -> UserNeighbours:
    """Own baskets, faded, and those of the nearest customers."""
    from scipy.sparse import csr_matrix

    found = personal_frequency(history, between)
    at = (found["u"].to_numpy(), found["i"].to_numpy())
    faded = csr_matrix((found["frequency"].to_numpy().astype(np.float32), at), history.shape)
    alike = euclidean(sums(faded.multiply(faded), 1).astype(np.float32))
    return UserNeighbours(faded, alike, latest(history), alpha, neighbours)


def personal_frequency(history: History, between: float = BETWEEN) -> pl.DataFrame:
    """p(u) of the docstring: one row per customer and product - u, i, frequency.

    A customer's baskets, counted from the last, fill groups of ceil(baskets / GROUPS); the oldest
    group may be short.
    """
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
    weighted = history.baskets.join(numbered.select("u", "order", "weight"), on=["u", "order"])
    return weighted.group_by("u", "i").agg(frequency=pl.col("weight").sum()).sort("u", "i")
