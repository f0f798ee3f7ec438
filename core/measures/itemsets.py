"""Frequent itemsets, exact, of any length.

A set of k items is *frequent* when at least `min_count` baskets hold all of them. Sets of k + 1
items are counted basket by basket from the frequent sets of k that each basket holds
(`core.measures.occurrences`): every part of a frequent set is frequent, so none is missed.
Source: Agrawal & Srikant (1994), VLDB, algorithm AprioriTid.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.errors import BadOptionError
from core.measures.baskets import Baskets
from core.measures.occurrences import Occurrences, blocks, find, later

Ints = NDArray[np.int64]
#: Refused above: sets in all, couples of one length (about 10 seconds).
MAX_ITEMSETS, MAX_COUPLES = 2_000_000, 200_000_000


@dataclass(frozen=True, eq=False)
class Level:
    """The frequent sets of one length k, in lexical order.

    items: (m, k) ascending item codes. counts: (m,) baskets. keys: (m,) ascending,
    row of the set's first k - 1 items in the level before x n_items + last item.
    """

    items: Ints
    counts: Ints
    keys: Ints

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

    def candidates(self, length: int) -> int:
        """How many sets of `length` items might be frequent: their parts one shorter all are."""
        if length == 1:
            return self.n_items
        level = self.levels[length - 2]
        if length == 2:
            return len(level) * (len(level) - 1) // 2
        group = level.keys // self.n_items
        following = np.searchsorted(group, group, side="right") - np.arange(1, len(group) + 1)
        return sum(self._whole(level, *later(following, *block)) for block in blocks(following))

    def _whole(self, level: Level, left: Ints, right: Ints) -> int:
        """How many unions of rows `left` and `right` of `level` have frequent parts alone."""
        items, last = level.items[left], level.items[right, -1]
        for leave in range(items.shape[1] - 1):
            keep = self.rows(np.column_stack([np.delete(items, leave, axis=1), last])) >= 0
            items, last = items[keep], last[keep]
        return len(items)

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
    least, n_items, counts = max(1, min_count), len(baskets.keys), baskets.counts
    frequent = np.flatnonzero(counts >= least)
    singles = Level(frequent[:, None], counts[frequent], frequent)
    mined = Mined(baskets.n, n_items, min_count, (singles,))
    held = _frequent_items(baskets, frequent)
    while len(mined.levels) < max_length and held.couples:
        keys, counts = held.counted(least)
        row, last = np.divmod(keys, held.width)
        items = np.column_stack([mined.levels[-1].items[row], frequent[last]])
        if forbidden is not None:
            allowed = ~_among(forbidden, items[:, -2:], n_items)
            keys, counts, row, items = keys[allowed], counts[allowed], row[allowed], items[allowed]
        if not len(keys):
            break
        mined = mined.with_level(Level(items, counts, row * n_items + items[:, -1]))
        if len(mined.levels) < max_length:
            held = held.joined(keys)
        _check_size(mined, held, max_itemsets)
    return mined


def _frequent_items(baskets: Baskets, frequent: Ints) -> Occurrences:
    """The single items of every basket, numbered by their place in `frequent`."""
    wanted = np.zeros(len(baskets.keys), dtype=bool)
    wanted[frequent] = True
    number, items = np.cumsum(wanted) - 1, np.arange(len(frequent))
    held = Occurrences(baskets.items, baskets.sizes, items, len(items)).only(wanted)
    return replace(held, rows=number[held.rows])


def _among(pairs: Ints, wanted: Ints, n_items: int) -> NDArray[np.bool_]:
    """Which of `wanted` (m, 2) are among `pairs` (f, 2)."""
    return np.isin(wanted @ [n_items, 1], pairs @ [n_items, 1])


def _check_size(mined: Mined, held: Occurrences, limit: int) -> None:
    """Refuse what would take minutes or gigabytes."""
    if sum(map(len, mined.levels)) > limit:
        raise BadOptionError(
            "More than {limit:integer} combinations reach a support of {count:integer} orders:"
            " choose a higher support or shorter combinations.",
            limit=limit,
            count=mined.min_count,
        )
    if held.couples > MAX_COUPLES:
        raise BadOptionError(
            "Orders are so large here that {couples:integer} combinations of {length:integer} would"
            " have to be gone through: choose a higher support or shorter combinations.",
            length=len(mined.levels) + 1,
            couples=held.couples,
        )


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
