"""Occurrence lists: which baskets hold a set, met list by list or picked out of the baskets.

Two ways to the same counts, of which the one with less work is taken: to meet the lists of a
candidate's parents, or to go through every basket and note the candidates that stand in it.
"""

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
BLOCK = 20_000_000
#: Sets are picked from the baskets below this ratio of work, pairs up to this many items.
PICK_BELOW, TABLE_ITEMS, PICK_BLOCK = 2.0, 5_000, 4_000_000


class PairOccurrences:
    """Occurrence lists (sets x baskets, CSR) of chosen frequent pairs, built when asked for."""

    def __init__(self, pairs: Ints, x: Any, columns: Any, frequent: Ints) -> None:  # noqa: ANN401
        self.a, self.b = (np.searchsorted(frequent, items) for items in pairs.T)
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
                for start, stop in blocks(lengths)
            ]
            return stack(parts)
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
    for start, stop in blocks(following, PICK_BLOCK):
        left, right = later(following, start, stop)
        row = row_of[held.indices[left].astype(np.int64) * items + held.indices[right]]
        hit = row >= 0
        rows.append(row[hit])
        baskets.append(basket[left[hit]])
    row, where = np.concatenate(rows), np.concatenate(baskets)
    ones = np.ones(len(row), dtype=np.int32)
    return csr_matrix((ones, (row, where)), shape=(len(a), held.shape[0]))


def later(following: Ints, start: int, stop: int) -> tuple[Ints, Ints]:
    """Positions (left, right): each of start..stop with each of those that follow in its group."""
    many = following[start:stop]
    left = np.repeat(np.arange(start, stop), many)
    right = left + 1 + np.arange(len(left)) - np.repeat(np.cumsum(many) - many, many)
    return left, right


def stack(parts: list[Any]) -> Any:  # noqa: ANN401
    """One matrix of some, row after row."""
    from scipy.sparse import vstack

    return parts[0].tocsr() if len(parts) == 1 else vstack(parts, format="csr")


def renumber(left: Ints, right: Ints) -> tuple[Ints, Ints]:
    """(rows in use, ascending; where left and right stand among them, 2 x m)."""
    used, position = np.unique(np.stack([left, right]), return_inverse=True)
    return used, position.reshape(2, -1)


def blocks(work: Ints, block: int | None = None) -> list[tuple[int, int]]:
    """Consecutive slices of about `block` (BLOCK) units of `work` each."""
    edges = np.flatnonzero(np.diff(np.cumsum(work) // (block or BLOCK))) + 1
    bounds = [0, *edges.tolist(), len(work)]
    return [(a, b) for a, b in pairwise(bounds) if b > a]


def find(keys: Ints, wanted: Ints) -> Ints:
    """Position of each of `wanted` in ascending `keys`; -1: absent."""
    if not len(keys):
        return np.full(len(wanted), -1)
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[at] == wanted, at, -1)


def met_in_lists(lists: Any, left: Ints, right: Ints, work: Ints, least: int) -> tuple[Ints, Any]:  # noqa: ANN401
    """(candidates that `least` baskets hold, their lists): rows `left` and `right` of `lists` met.

    work: per candidate, the length of its two lists.
    """
    kept, met = [], []
    for start, stop in blocks(work):
        meeting = lists[left[start:stop]].multiply(lists[right[start:stop]]).tocsr()
        enough = np.flatnonzero(np.diff(meeting.indptr) >= least)
        kept.append(enough + start)
        met.append(meeting[enough])
    return np.concatenate(kept), stack(met)


def met_in_baskets(held: tuple[Any, Ints], left: Ints, right: Ints, least: int) -> tuple[Ints, Any]:
    """The same, from every basket's couples of sets that share all but their last item.

    held: see `couples`. Candidates (left, right) in lexical order.
    """
    from scipy.sparse import csr_matrix

    by_basket, following = held
    sets, wanted = by_basket.shape[1], left * by_basket.shape[1] + right
    basket = np.repeat(np.arange(by_basket.shape[0]), np.diff(by_basket.indptr))
    at, where = [], []
    for start, stop in blocks(following, PICK_BLOCK):
        one, other = later(following, start, stop)
        key = by_basket.indices[one].astype(np.int64) * sets + by_basket.indices[other]
        candidate = find(wanted, key)
        hit = candidate >= 0
        at.append(candidate[hit])
        where.append(basket[one[hit]])
    row, column = np.concatenate(at), np.concatenate(where)
    counts = np.bincount(row, minlength=len(left))
    keep = counts >= least
    of = keep[row]
    rank = np.cumsum(keep) - 1
    ones = np.ones(int(of.sum()), dtype=np.int32)
    shape = (int(keep.sum()), by_basket.shape[0])
    return np.flatnonzero(keep), csr_matrix((ones, (rank[row[of]], column[of])), shape=shape)


def couples(lists: Any, prefix: Ints) -> tuple[Any, Ints]:  # noqa: ANN401
    """(baskets x sets, per entry how many later sets of its basket share its prefix).

    prefix: per row of `lists`, a number of its items but the last; ascending.
    """
    by_basket = lists.T.tocsr()
    by_basket.sort_indices()
    many = np.diff(by_basket.indptr)
    basket = np.repeat(np.arange(len(many)), many)
    group = basket * (int(prefix[-1]) + 1) + prefix[by_basket.indices]
    return by_basket, np.searchsorted(group, group, side="right") - np.arange(len(group)) - 1
