"""Where frequent sets stand in the baskets, and which two of them stand there together.

Two sets of one basket that share all items but the last make a set that is one item longer; the
sets of a basket with the same first items form a *group*, every two of a group a *couple*, written
as one number, its key. To count keys is to count the longer sets, and nothing is looked at that no
basket holds. Keys are counted in buckets first: those of a bucket that stays too small are dropped
before the others are sorted. Source: Park, Chen & Yu (1995), SIGMOD 24(2) (buckets).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Keys = NDArray[np.integer]
#: A power of two; couples made before they are looked at; units of other work done at once.
BUCKETS, CHUNK, BLOCK = 2**20, 1_000_000, 20_000_000


@dataclass(frozen=True, eq=False)
class Occurrences:
    """The sets of one length in their baskets, group by group.

    rows: row of each set in its level, ascending within its group. sizes: sets per group.
    keys: per row of the level, ascending: row of its first items x `width` + its last item.
    """

    rows: Ints
    sizes: Ints
    keys: Ints
    width: int

    def only(self, wanted: NDArray[np.bool_]) -> "Occurrences":
        """Without the rows of the level that are not `wanted`."""
        keep = wanted[self.rows]
        before = np.concatenate([[0], np.cumsum(keep)])
        ends = np.concatenate([[0], np.cumsum(self.sizes)])
        return replace(self, rows=self.rows[keep], sizes=np.diff(before[ends]))

    def counted(self, least: int) -> tuple[Ints, Ints]:
        """(ascending keys, baskets) of the couples that stand in `least` baskets or more."""
        buckets = self._buckets
        counts = np.zeros(buckets, dtype=np.int64)
        for _, keys in self._couples():
            counts += np.bincount(keys & (buckets - 1), minlength=buckets)
        enough = counts >= least
        if self._space <= buckets:
            return np.flatnonzero(enough), counts[enough]
        kept = [keys[enough[keys & (buckets - 1)]] for _, keys in self._couples()]
        keys, counts = np.unique(_end_to_end(kept), return_counts=True)
        return keys[counts >= least].astype(np.int64), counts[counts >= least]

    def joined(self, keys: Ints) -> "Occurrences":
        """Where the couples of ascending `keys` stand, as sets that are one item longer."""
        held, buckets = self._in_use(keys), self._buckets
        known = np.zeros(buckets, dtype=bool)
        known[keys & (buckets - 1)] = True
        entries, rows = [], []
        for entry, key in held._couples():
            maybe = np.flatnonzero(known[key & (buckets - 1)])
            row = find(keys.astype(key.dtype), key[maybe])
            entries.append(entry[maybe][row >= 0])
            rows.append(row[row >= 0])
        entry = _end_to_end(entries)
        sizes = np.bincount(entry)
        by_entry = np.argsort(entry, kind="stable")
        return Occurrences(_end_to_end(rows)[by_entry], sizes[sizes > 0], keys, self.width)

    @property
    def _space(self) -> int:
        """All keys are below this."""
        return len(self.keys) * self.width

    @property
    def _buckets(self) -> int:
        """A power of two: enough for every key, or some for each couple, or BUCKETS."""
        couples = int((self.sizes * (self.sizes - 1)).sum()) // 2
        return min(BUCKETS, 2 ** min(self._space, 4 * couples).bit_length())

    def _in_use(self, keys: Ints) -> "Occurrences":
        """The sets alone that stand in a couple of `keys`."""
        head, last = np.divmod(keys, self.width)
        used = np.zeros(len(self.keys), dtype=bool)
        used[head] = True
        used[find(self.keys, self.keys[head] // self.width * self.width + last)] = True
        return self.only(used)

    def _couples(self) -> Iterator[tuple[Ints, Keys]]:
        """Chunks of (entry, key): each entry with those behind it in its group, nearest first.

        The key of a couple: row of the one x `width` + last item of the one behind it.
        """
        kind = np.uint32 if self._space < 2**32 else np.int64
        following = np.repeat(np.cumsum(self.sizes), self.sizes) - np.arange(1, len(self.rows) + 1)
        head = (self.rows * self.width).astype(kind)
        last = (self.keys % self.width).astype(kind)[self.rows]
        entry, entries, keys, waiting = np.flatnonzero(following), [], [], 0
        for behind in range(1, int(following.max(initial=0)) + 1):
            entries.append(entry)
            keys.append(head[entry] + last[entry + behind])
            waiting += len(entry)
            entry = entry[following[entry] > behind]
            if waiting >= CHUNK or not len(entry):
                yield _end_to_end(entries), _end_to_end(keys)
                entries, keys, waiting = [], [], 0


def _end_to_end(parts: list[Keys]) -> Keys:
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)


def find(keys: Keys, wanted: Keys) -> Ints:
    """Position of each of `wanted` in ascending `keys`; -1: absent."""
    if not len(keys):
        return np.full(len(wanted), -1)
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[at] == wanted, at, -1)


def later(following: Ints, start: int, stop: int) -> tuple[Ints, Ints]:
    """Positions (left, right): each of start..stop with each of those that follow in its group."""
    many = following[start:stop]
    left = np.repeat(np.arange(start, stop), many)
    right = left + 1 + np.arange(len(left)) - np.repeat(np.cumsum(many) - many, many)
    return left, right


def blocks(work: Ints, block: int = BLOCK) -> list[tuple[int, int]]:
    """Consecutive slices of about `block` units of `work` each."""
    edges = np.flatnonzero(np.diff(np.cumsum(work) // block)) + 1
    bounds = [0, *edges.tolist(), len(work)]
    return [(a, b) for a, b in pairwise(bounds) if b > a]
