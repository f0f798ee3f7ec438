"""Baskets: the distinct items of each order, as integer arrays that mining kernels read.

A basket counts an item once, however many lines or units of it there are. Partitionable by basket
key: the baskets of the parts, stacked, are the baskets of the whole.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Baskets:
    """Basket b holds `items[starts[b]:starts[b + 1]]`, ascending codes into `keys`.

    keys: what the codes stand for (product ids, say), ascending.
    days: day of each basket's first line, in days since 1970-01-01.
    """

    starts: Ints
    items: NDArray[np.int32]
    keys: pl.Series
    days: NDArray[np.int32]

    @property
    def n(self) -> int:
        """How many baskets there are."""
        return len(self.starts) - 1

    @property
    def sizes(self) -> Ints:
        """Distinct items per basket."""
        return np.diff(self.starts)

    @property
    def counts(self) -> Ints:
        """Baskets per item."""
        return np.bincount(self.items, minlength=len(self.keys)).astype(np.int64)

    def matrix(self) -> Any:  # noqa: ANN401 - a scipy.sparse.csr_matrix
        """Baskets x items, 1 where the basket holds the item (int32, CSR, sorted)."""
        from scipy.sparse import csr_matrix

        ones = np.ones(len(self.items), dtype=np.int32)
        shape = (self.n, len(self.keys))
        index = np.int32 if len(self.items) < np.iinfo(np.int32).max else np.int64
        return csr_matrix((ones, self.items, self.starts.astype(index)), shape=shape)

    def where(self, keep: NDArray[np.bool_]) -> "Baskets":
        """The baskets that `keep` (one flag per basket) marks; item codes stay as they are."""
        sizes = self.sizes
        starts = np.concatenate([[0], np.cumsum(sizes[keep])]).astype(np.int64)
        items = self.items[np.repeat(keep, sizes)]
        return Baskets(starts, items, self.keys, self.days[keep])


def baskets(lines: pl.LazyFrame) -> Baskets:
    """Baskets out of lines with the columns basket (text), item (text), day (Date); nulls dropped.

    Baskets are told apart by a 64-bit hash of their key: two of n collide with probability
    n^2 / 2^65 (2e-7 at 2.5 million baskets).
    """
    frame = (
        lines.select(
            pl.col("basket").hash(),
            "item",
            pl.col("day").to_physical().cast(pl.Int32),
            known=pl.col("basket").is_not_null() & pl.col("item").is_not_null(),
        )
        .filter("known")
        .collect()
    )
    keys = frame["item"].unique().sort()
    if frame.is_empty():
        empty = np.zeros(0, dtype=np.int32)
        return Baskets(np.zeros(1, dtype=np.int64), empty, keys, empty)
    codes = frame["item"].cast(pl.Enum(keys)).to_physical().to_numpy()
    basket = _dense(frame["basket"].to_numpy())
    days = _first_days(basket, frame["day"].to_numpy())
    # Stable: timsort, which takes the long ascending runs of lines in order as they are.
    cells = np.sort(basket * len(keys) + codes, kind="stable")
    cells = cells[np.concatenate([[True], cells[1:] != cells[:-1]])]
    held, items = np.divmod(cells, len(keys))
    starts = np.concatenate([[0], np.cumsum(np.bincount(held, minlength=len(days)))])
    return Baskets(starts.astype(np.int64), items.astype(np.int32), keys, days)


def _dense(hashes: NDArray[np.uint64]) -> Ints:
    """0, 1, 2, ... per distinct hash, in order of appearance.

    The lines of an order mostly stand together: only runs of lines that come back are sorted out.
    """
    first = np.flatnonzero(np.concatenate([[True], hashes[1:] != hashes[:-1]]))
    runs, begins = pl.Series(hashes[first]), np.arange(len(first))
    again = np.flatnonzero(runs.is_duplicated().to_numpy())
    rank = runs.gather(again).rank("dense").to_numpy().astype(np.int64) - 1
    earliest = np.empty(len(again), dtype=np.int64)
    earliest[rank[::-1]] = again[::-1]
    begins[again] = earliest[rank]
    number = np.cumsum(begins == np.arange(len(first))) - 1
    return np.repeat(number[begins], np.diff(np.append(first, len(hashes))))


def _first_days(basket: Ints, day: NDArray[np.int32]) -> NDArray[np.int32]:
    first = np.full(int(basket.max()) + 1, np.iinfo(np.int32).max, dtype=np.int32)
    np.minimum.at(first, basket, day)
    return first
