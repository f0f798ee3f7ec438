"""Intervals of shares."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
#: Two-sided, 95 %.
Z95 = 1.959963984540054


def wilson(hits: ArrayLike, n: ArrayLike) -> tuple[Floats, Floats]:
    """(low, high) of the shares `hits` / `n` at 95 %; the share itself lies within, or at its end.

    Source: Wilson (1927), JASA 22(158).
    """
    n = np.asarray(n, dtype=np.float64)
    share = np.asarray(hits, dtype=np.float64) / n
    middle = (share + Z95**2 / (2 * n)) / (1 + Z95**2 / n)
    half = Z95 / (1 + Z95**2 / n) * np.sqrt(share * (1 - share) / n + Z95**2 / (4 * n**2))
    return np.clip(middle - half, 0.0, share), np.clip(middle + half, share, 1.0)
