"""Frequent itemsets, exact: pairs by a sparse product, longer sets by meeting occurrence lists.

A set of k items is *frequent* when at least `min_count` baskets hold all of them. Every subset of
a frequent set is frequent, so sets of k + 1 are sought only among unions of two frequent sets of k
that share their first k - 1 items and whose other subsets are frequent too.
Pairs are the entries of X'X (X: baskets x frequent items), computed block by block; a candidate of
k + 1 is counted where the occurrence lists of its two parents meet.
Source: Agrawal & Srikant (1994), VLDB (candidates); Zaki (2000), IEEE TKDE 12(3) (lists).
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import BadOptionError
from core.measures.baskets import Baskets
from core.measures.occurrences import (
    PICK_BELOW,
    TABLE_ITEMS,
    PairOccurrences,
    blocks,
    couples,
    find,
    later,
    met_in_baskets,
    met_in_lists,
    renumber,
)

Ints = NDArray[np.int64]
MAX_ITEMSETS = 2_000_000


@dataclass(frozen=True, eq=False)
class Level:
    """The frequent sets of one length k, in lexical order.

    items: (m, k) ascending item codes. counts: (m,) baskets. keys: (m,) ascending,
    row of the set's first k - 1 items in the level before x n_items + last item.
    candidates: how many sets of this length were counted or ruled out by a count.
    """

    items: Ints
    counts: Ints
    keys: Ints
    candidates: int

    def __len__(self) -> int:
        return len(self.counts)


@dataclass(frozen=True, eq=False)
class Mined:
    """Frequent itemsets by length: `levels[k - 1]` holds the sets of k items."""

    n_baskets: int
    n_items: int
    min_count: int
    levels: tuple[Level, ...]

    def with_level(self, level: Level) -> "Mined":
        """The same with one more length."""
        return replace(self, levels=(*self.levels, level))

    def rows(self, sets: Ints) -> Ints:
        """Row of each of `sets` (m, k), ascending codes, in its level; -1: not frequent."""
        if sets.shape[1] > len(self.levels):
            return np.full(len(sets), -1)
        row = np.zeros(len(sets), dtype=np.int64)
        for level, item in zip(self.levels, sets.T, strict=False):
            row = np.where(row < 0, -1, find(level.keys, row * self.n_items + item))
        return row

    def counts(self, sets: Ints) -> Ints:
        """Baskets that hold each of `sets`; -1 where not frequent."""
        row = self.rows(sets)
        if sets.shape[1] > len(self.levels):
            return row
        counts = np.append(self.levels[sets.shape[1] - 1].counts, -1)
        return counts[row]

    def closed(self) -> tuple[NDArray[np.bool_], ...]:
        """Per level: whether no superset that was mined is held by as many baskets."""
        return self._without_superset(equal=True)

    def maximal(self) -> tuple[NDArray[np.bool_], ...]:
        """Per level: whether no superset that was mined is frequent."""
        return self._without_superset(equal=False)

    def _without_superset(self, *, equal: bool) -> tuple[NDArray[np.bool_], ...]:
        kept = [np.ones(len(level), dtype=bool) for level in self.levels]
        for k, level in enumerate(self.levels[1:], 1):
            for leave in range(k + 1):
                row = self.rows(np.delete(level.items, leave, axis=1))
                same = self.levels[k - 1].counts[row] == level.counts
                kept[k - 1][row[same] if equal else row] = False
        return tuple(kept)


def mine(
    baskets: Baskets,
    min_count: int,
    max_length: int = 4,
    *,
    forbidden: Ints | None = None,
    max_itemsets: int = MAX_ITEMSETS,
) -> Mined:
    """Every set of at most `max_length` items that at least `min_count` baskets hold.

    forbidden: (f, 2) pairs, ascending, that no set may hold (a product and its own category).
    Raises BadOptionError when more than `max_itemsets` would result: the support is too low.
    """
    n_items, counts = len(baskets.keys), baskets.counts
    frequent = np.flatnonzero(counts >= max(1, min_count))
    singles = Level(frequent[:, None], counts[frequent], frequent, n_items)
    mined = Mined(baskets.n, n_items, min_count, (singles,))
    if max_length < 2 or len(frequent) < 2:
        return mined
    x = baskets.matrix()[:, frequent]
    columns = x.T.tocsr()
    mined = mined.with_level(_pairs(x, columns, frequent, min_count, n_items, forbidden))
    occurrences: Any = None
    while len(mined.levels) < max_length:
        left, right = candidates(mined, max_itemsets)
        if not len(left):
            break
        if occurrences is None:
            occurrences = PairOccurrences(mined.levels[-1].items, x, columns, frequent)
        level, occurrences = _extend(mined, occurrences, left, right)
        if not len(level):
            break
        mined = mined.with_level(level)
    return mined


def _pairs(
    x: Any,  # noqa: ANN401
    columns: Any,  # noqa: ANN401
    frequent: Ints,
    min_count: int,
    n_items: int,
    forbidden: Ints | None,
) -> Level:
    """The frequent pairs: entries above the diagonal of `columns` @ `x` that reach `min_count`."""
    found = []
    for start, stop in blocks(columns @ np.diff(x.indptr)):
        product = (columns[start:stop] @ x).tocoo()
        row = product.row + start
        keep = (product.data >= min_count) & (product.col > row)
        found.append(np.stack([row[keep], product.col[keep], product.data[keep]], axis=1))
    a, b, counts = np.concatenate(found).astype(np.int64).T
    items, keys = np.stack([frequent[a], frequent[b]], axis=1), a * n_items + frequent[b]
    order = np.argsort(keys)
    if forbidden is not None and len(forbidden):
        banned = np.sort(forbidden[:, 0] * n_items + forbidden[:, 1])
        order = order[find(banned, (items[:, 0] * n_items + items[:, 1])[order]) < 0]
    tried = len(frequent) * (len(frequent) - 1) // 2
    return Level(items[order], counts[order], keys[order], tried)


def candidates(mined: Mined, limit: int = MAX_ITEMSETS) -> tuple[Ints, Ints]:
    """Rows (left, right) of the last level whose unions may be frequent: every subset is."""
    level = mined.levels[-1]
    group = level.keys // mined.n_items
    following = np.searchsorted(group, group, side="right") - np.arange(len(group)) - 1
    lefts, rights, total = [], [], sum(map(len, mined.levels))
    for start, stop in blocks(following):
        left, right = later(following, start, stop)
        keep = _all_parts_frequent(mined, left, right)
        lefts.append(left[keep])
        rights.append(right[keep])
        total += int(keep.sum())
        if total > limit:
            raise BadOptionError(
                "More than {limit:integer} combinations reach a support of {count:integer} orders:"
                " choose a higher support or shorter combinations.",
                limit=limit,
                count=mined.min_count,
            )
    return (np.concatenate(lefts), np.concatenate(rights)) if lefts else (following, following)


def _all_parts_frequent(mined: Mined, left: Ints, right: Ints) -> NDArray[np.bool_]:
    """Whether every subset of each union (of rows of the last level) is frequent."""
    level = mined.levels[-1]
    first, last = level.items[left, -1], level.items[right, -1]
    if len(mined.levels) == 2:
        return _paired(level, first, last)
    keep = np.ones(len(left), dtype=bool)
    for leave in range(level.items.shape[1] - 1):
        part = np.delete(level.items[left[keep]], leave, axis=1)
        keep[keep] = mined.rows(np.column_stack([part, last[keep]])) >= 0
    return keep


def _paired(pairs: Level, a: Ints, b: Ints) -> NDArray[np.bool_]:
    """Whether items (a, b), a < b, are a frequent pair."""
    known = np.unique(pairs.items)
    rank = np.zeros(int(known[-1]) + 1, dtype=np.int64)
    rank[known] = np.arange(len(known))
    if len(known) > TABLE_ITEMS:
        keys = rank[pairs.items[:, 0]] * len(known) + rank[pairs.items[:, 1]]
        return find(keys, rank[a] * len(known) + rank[b]) >= 0
    table = np.zeros((len(known), len(known)), dtype=bool)
    table[rank[pairs.items[:, 0]], rank[pairs.items[:, 1]]] = True
    return np.asarray(table[rank[a], rank[b]])


def _extend(
    mined: Mined,
    occurrences: Any,  # noqa: ANN401
    left: Ints,
    right: Ints,
) -> tuple[Level, Any]:
    """The next level out of its candidates, with its occurrence lists."""
    level = mined.levels[-1]
    used, (at_left, at_right) = renumber(left, right)
    pairs = isinstance(occurrences, PairOccurrences)
    lists = occurrences.lists(used) if pairs else occurrences[used]
    work = level.counts[left] + level.counts[right]
    held = couples(lists, level.keys[used] // mined.n_items)
    if held[1].sum() < PICK_BELOW * work.sum():
        keep, matrix = met_in_baskets(held, at_left, at_right, mined.min_count)
    else:
        keep, matrix = met_in_lists(lists, at_left, at_right, work, mined.min_count)
    items = np.column_stack([level.items[left[keep]], level.items[right[keep], -1]])
    keys = left[keep] * mined.n_items + items[:, -1]
    counts = np.diff(matrix.indptr).astype(np.int64)
    return Level(items, counts, keys, len(left)), matrix


def count_sets(baskets: Baskets, sets: Ints) -> Ints:
    """Baskets that hold all items of each of `sets` (m, k), frequent or not."""
    return sums_over_sets(baskets, sets, np.ones((baskets.n, 1)))[:, 0].astype(np.int64)


def sums_over_sets(
    baskets: Baskets, sets: Ints, weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(m, w): `weights` (baskets x w) summed over the baskets that hold each of `sets` (m, k)."""
    columns = baskets.matrix().T.tocsr().astype(np.float64)
    counts = baskets.counts
    sums = [np.zeros((0, weights.shape[1]))]
    for start, stop in blocks(counts[sets].sum(axis=1)):
        held = columns[sets[start:stop, 0]]
        for item in sets[start:stop, 1:].T:
            held = held.multiply(columns[item]).tocsr()
        sums.append(held @ weights)
    return np.concatenate(sums)
