"""Where frequent sets stand in the baskets, and which two of them stand there together.

Two sets of one basket that share all items but the last make a set that is one item longer; the
sets of a basket with the same first items form a *group*, every two of a group a *couple*, written
as one number, its key. To count keys is to count the longer sets, and nothing is looked at that no
basket holds. Keys are counted in buckets first: those of a bucket that stays too small are dropped
before the others are sorted. Source: Park, Chen & Yu (1995), SIGMOD 24(2) (buckets).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Keys = NDArray[np.integer]
#: A power of two; couples made before they are looked at; couples kept rather than made again;
#: units of other work done at once.
BUCKETS, CHUNK, KEPT, BLOCK = 2**20, 1_000_000, 5_000_000, 20_000_000


@dataclass(frozen=True, eq=False)
class Occurrences:
    """The sets of one length in their baskets, group by group.

    rows: row of each set in its level, ascending within its group. sizes: sets per group.
    keys: per row of the level, ascending: row of its first items x `width` + its last item.
    """

    rows: Keys
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
        """(ascending keys, baskets) of the couples that stand in `least` baskets or more.

        The key of a couple: row of the one x `width` + last item of the one behind it.
        """
        counts = np.zeros(self._buckets, dtype=np.int64)
        for _, keys in self._chunks():
            counts += np.bincount(self._bucket(keys), minlength=self._buckets)
        full = counts >= least
        if len(self.keys) * self.width <= self._buckets:
            return np.flatnonzero(full), counts[full]
        found, counts = _tally(keys[full[self._bucket(keys)]] for _, keys in self._chunks())
        return found[counts >= least].astype(np.int64), counts[counts >= least]

    def joined(self, keys: Ints) -> "Occurrences":
        """Where the couples of ascending `keys` stand, as sets that are one item longer."""
        known = np.zeros(self._buckets, dtype=bool)
        known[self._bucket(keys)] = True
        entries, rows = [], []
        for entry, key in self._chunks():
            hit = np.flatnonzero(known[self._bucket(key)])
            row = find(keys.astype(key.dtype), key[hit])
            entries.append(entry[hit[row >= 0]])
            rows.append(row[row >= 0])
        sizes = np.bincount(np.concatenate(entries))
        return Occurrences(np.concatenate(rows), sizes[sizes > 0], keys, self.width)

    @cached_property
    def couples(self) -> int:
        """How many couples there are."""
        many: Ints = self.sizes * (self.sizes - 1)
        return int(many.sum()) // 2

    @cached_property
    def _buckets(self) -> int:
        """A power of two: one for every key there may be, a few per couple, or BUCKETS."""
        return min(BUCKETS, 1 << min(len(self.keys) * self.width, self.couples).bit_length())

    def _bucket(self, keys: Keys) -> Keys:
        return keys & (self._buckets - 1)

    def _chunks(self) -> Iterable[tuple[Ints, Keys]]:
        """(entry, key) of every couple, in chunks; kept if few, else made anew each time."""
        return self._kept if self.couples <= KEPT else self._made()

    @cached_property
    def _kept(self) -> list[tuple[Ints, Keys]]:
        return list(self._made())

    def _made(self) -> Iterator[tuple[Ints, Keys]]:
        """Each entry with each of those behind it in its group, in order."""
        small = len(self.keys) * self.width < 2**32
        following = np.repeat(np.cumsum(self.sizes), self.sizes) - np.arange(1, len(self.rows) + 1)
        head, last = self.rows * self.width, self.keys % self.width
        if small:
            head, last = head.astype(np.uint32), last.astype(np.uint32)
        last = last[self.rows]
        for start, stop in blocks(following, CHUNK):
            left, right = later(following, start, stop)
            yield left, head[left] + last[right]


def _tally(parts: Iterable[Keys]) -> tuple[Keys, Ints]:
    """(ascending distinct values of all parts, how often each occurs)."""
    tallies = [np.unique(part, return_counts=True) for part in parts]
    if len(tallies) == 1:
        return tallies[0]
    keys, at = np.unique(np.concatenate([keys for keys, _ in tallies]), return_inverse=True)
    counts = np.bincount(at, np.concatenate([counts for _, counts in tallies]))
    return keys, counts.astype(np.int64)


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
