"""Frequent itemsets, exact: pairs by a sparse product, longer sets by meeting occurrence lists.

A set of k items is *frequent* when at least `min_count` baskets hold all of them. Every subset of
a frequent set is frequent, so sets of k + 1 are sought only among unions of two frequent sets of k
that share their first k - 1 items and whose other subsets are frequent too.
Pairs are the entries of X'X (X: baskets x frequent items), computed block by block; a candidate of
k + 1 is counted where the occurrence lists of its two parents meet.
Source: Agrawal & Srikant (1994), VLDB (candidates); Zaki (2000), IEEE TKDE 12(3) (lists).
"""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import BadOptionError
from core.measures.baskets import Baskets

Ints = NDArray[np.int64]
BLOCK = 20_000_000
MAX_ITEMSETS = 2_000_000
#: Pairs are picked from the baskets below this ratio of work, and up to this many items.
PICK_BELOW, TABLE_ITEMS, PICK_BLOCK = 2.0, 5_000, 4_000_000


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
            row = np.where(row < 0, -1, _find(level.keys, row * self.n_items + item))
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
            occurrences = _PairOccurrences(mined.levels[-1], x, columns, frequent)
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
    for start, stop in _blocks(columns @ np.diff(x.indptr)):
        product = (columns[start:stop] @ x).tocoo()
        row = product.row + start
        keep = (product.data >= min_count) & (product.col > row)
        found.append(np.stack([row[keep], product.col[keep], product.data[keep]], axis=1))
    a, b, counts = np.concatenate(found).astype(np.int64).T
    items, keys = np.stack([frequent[a], frequent[b]], axis=1), a * n_items + frequent[b]
    order = np.argsort(keys)
    if forbidden is not None and len(forbidden):
        banned = np.sort(forbidden[:, 0] * n_items + forbidden[:, 1])
        order = order[_find(banned, (items[:, 0] * n_items + items[:, 1])[order]) < 0]
    tried = len(frequent) * (len(frequent) - 1) // 2
    return Level(items[order], counts[order], keys[order], tried)


def candidates(mined: Mined, limit: int = MAX_ITEMSETS) -> tuple[Ints, Ints]:
    """Rows (left, right) of the last level whose unions may be frequent: every subset is."""
    level = mined.levels[-1]
    group = level.keys // mined.n_items
    following = np.searchsorted(group, group, side="right") - np.arange(len(group)) - 1
    lefts, rights, total = [], [], sum(map(len, mined.levels))
    for start, stop in _blocks(following):
        left, right = _later(following, start, stop)
        sets = np.column_stack([level.items[left], level.items[right, -1]])
        keep = np.ones(len(sets), dtype=bool)
        for leave in range(sets.shape[1] - 2):
            keep[keep] = mined.rows(np.delete(sets[keep], leave, axis=1)) >= 0
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


class _PairOccurrences:
    """Occurrence lists (sets x baskets, CSR) of chosen frequent pairs, built when asked for."""

    def __init__(self, level: Level, x: Any, columns: Any, frequent: Ints) -> None:  # noqa: ANN401
        self.a, self.b = (np.searchsorted(frequent, items) for items in level.items.T)
        self.x, self.columns = x, columns

    def lists(self, rows: Ints) -> Any:  # noqa: ANN401
        """The lists of `rows`: met column by column, or picked from the baskets' own pairs."""
        a, b = self.a[rows], self.b[rows]
        used = np.unique(np.concatenate([a, b]))
        held = self.x[:, used]
        sizes = np.diff(held.indptr).astype(np.int64)
        lengths = np.diff(self.columns.indptr)[np.stack([a, b])].sum(axis=0).astype(np.int64)
        if (sizes * (sizes - 1)).sum() > PICK_BELOW * lengths.sum() or len(used) > TABLE_ITEMS:
            parts = [
                self.columns[a[start:stop]].multiply(self.columns[b[start:stop]])
                for start, stop in _blocks(lengths)
            ]
            return _stack(parts)
        return _picked(held, sizes, np.searchsorted(used, a), np.searchsorted(used, b))


def _picked(held: Any, sizes: Ints, a: Ints, b: Ints) -> Any:  # noqa: ANN401
    """The occurrence lists of the column pairs (a, b) of `held`, from every basket's pairs."""
    from scipy.sparse import csr_matrix

    items = held.shape[1]
    row_of = np.full(items * items, -1, dtype=np.int32)
    row_of[a * items + b] = np.arange(len(a))
    position = np.arange(len(held.indices))
    following = np.repeat(held.indptr[1:].astype(np.int64), sizes) - position - 1
    basket = np.repeat(np.arange(held.shape[0], dtype=np.int32), sizes)
    rows, baskets = [], []
    for start, stop in _blocks(following, PICK_BLOCK):
        left, right = _later(following, start, stop)
        row = row_of[held.indices[left].astype(np.int64) * items + held.indices[right]]
        hit = row >= 0
        rows.append(row[hit])
        baskets.append(basket[left[hit]])
    row, where = np.concatenate(rows), np.concatenate(baskets)
    ones = np.ones(len(row), dtype=np.int32)
    return csr_matrix((ones, (row, where)), shape=(len(a), held.shape[0]))


def _later(following: Ints, start: int, stop: int) -> tuple[Ints, Ints]:
    """Positions (left, right): each of start..stop with each of those that follow in its group."""
    many = following[start:stop]
    left = np.repeat(np.arange(start, stop), many)
    right = left + 1 + np.arange(len(left)) - np.repeat(np.cumsum(many) - many, many)
    return left, right


def _extend(
    mined: Mined,
    occurrences: Any,  # noqa: ANN401
    left: Ints,
    right: Ints,
) -> tuple[Level, Any]:
    """The next level out of its candidates, with its occurrence lists."""
    level = mined.levels[-1]
    used, (at_left, at_right) = _renumber(left, right)
    pairs = isinstance(occurrences, _PairOccurrences)
    lists = occurrences.lists(used) if pairs else occurrences[used]
    kept, met = [], []
    for start, stop in _blocks(level.counts[left] + level.counts[right]):
        meeting = lists[at_left[start:stop]].multiply(lists[at_right[start:stop]]).tocsr()
        enough = np.flatnonzero(np.diff(meeting.indptr) >= mined.min_count)
        kept.append(enough + start)
        met.append(meeting[enough])
    keep, matrix = np.concatenate(kept), _stack(met)
    items = np.column_stack([level.items[left[keep]], level.items[right[keep], -1]])
    keys = left[keep] * mined.n_items + items[:, -1]
    counts = np.diff(matrix.indptr).astype(np.int64)
    return Level(items, counts, keys, len(left)), matrix


def _stack(parts: list[Any]) -> Any:  # noqa: ANN401
    from scipy.sparse import vstack

    return parts[0].tocsr() if len(parts) == 1 else vstack(parts, format="csr")


def _renumber(left: Ints, right: Ints) -> tuple[Ints, Ints]:
    used, position = np.unique(np.stack([left, right]), return_inverse=True)
    return used, position.reshape(2, -1)


def _blocks(work: Ints, block: int | None = None) -> list[tuple[int, int]]:
    """Consecutive slices of about `block` (BLOCK) units of `work` each."""
    edges = np.flatnonzero(np.diff(np.cumsum(work) // (block or BLOCK))) + 1
    bounds = [0, *edges.tolist(), len(work)]
    return [(a, b) for a, b in pairwise(bounds) if b > a]


def _find(keys: Ints, wanted: Ints) -> Ints:
    """Position of each of `wanted` in ascending `keys`; -1: absent."""
    if not len(keys):
        return np.full(len(wanted), -1)
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[at] == wanted, at, -1)


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
    for start, stop in _blocks(counts[sets].sum(axis=1)):
        held = columns[sets[start:stop, 0]]
        for item in sets[start:stop, 1:].T:
            held = held.multiply(columns[item]).tocsr()
        sums.append(held @ weights)
    return np.concatenate(sums)
