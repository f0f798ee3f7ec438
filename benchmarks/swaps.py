"""Swap randomisation: baskets in which nothing belongs together, sizes and frequencies kept.

Two cells (basket t holds item i, basket u holds item j) become (t, j) and (u, i) wherever neither
of those is there yet. Basket sizes and item counts never change, everything else is forgotten.
Cells are paired at random and all pairs tried at once; of two swaps that would make the same cell
neither is done. Source: Gionis et al. (2007), ACM TKDD 1(3); Cobb & Chen (2003).
"""

import numpy as np
from numpy.typing import NDArray

from core.measures.baskets import Baskets


def swapped(baskets: Baskets, rng: np.random.Generator, rounds: int = 20) -> Baskets:
    """`baskets` after `rounds` rounds in each of which every cell is tried once."""
    width = len(baskets.keys)
    cells = np.repeat(np.arange(baskets.n), baskets.sizes) * width + baskets.items
    for _ in range(rounds):
        order = rng.permutation(len(cells))[: len(cells) // 2 * 2].reshape(2, -1)
        basket, item = np.divmod(cells[order], width)
        made = basket * width + item[::-1]
        allowed = ~_present(np.sort(cells), made) & (basket[0] != basket[1])
        allowed &= _once(made)
        cells[order[:, allowed]] = made[:, allowed]
    basket, item = np.divmod(np.sort(cells), width)
    return Baskets(baskets.starts, item.astype(np.int32), baskets.keys, baskets.days)


def _present(cells: NDArray[np.int64], made: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Per pair: whether either of its new cells is there already."""
    at = np.minimum(np.searchsorted(cells, made), len(cells) - 1)
    return np.asarray((cells[at] == made).any(axis=0))


def _once(made: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Per pair: whether no other pair would make one of its new cells."""
    _, at, many = np.unique(made, return_inverse=True, return_counts=True)
    return np.asarray((many[at.reshape(made.shape)] == 1).all(axis=0))
