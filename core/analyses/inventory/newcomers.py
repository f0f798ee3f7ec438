"""New products borrow from their category until they have sales of their own.

    f' = (a f + k c) / (a + k),   a weeks on sale (below 8), k = 4

f: the method's forecast. c: what products of the category sold per week in their first eight weeks
(the square of the mean root, so that one hit does not promise another), of the shop where fewer
than three products of the category have that long a past.

Source: shrinkage of a mean to its group: Efron & Morris (1975), J. of the American Statistical
Association 70.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

YOUNG, BORROWED, FEWEST = 8, 4.0, 3


def borrow(
    made: Floats,
    units: Floats,
    start: NDArray[np.intp],
    origins: Sequence[int],
    groups: NDArray[np.intp],
) -> Floats:
    """`made` (origins, products, horizon) with the forecasts of new products drawn to the group."""
    out = made
    for row, origin in enumerate(origins):
        age = origin - start
        new = (age > 0) & (age < YOUNG)
        if not new.any() or (usual := _beginnings(units, start, origin, groups)) is None:
            continue
        out = out if out is not made else made.copy()
        weight = (age[new] / (age[new] + BORROWED))[:, None]
        out[row, new] = weight * made[row, new] + (1 - weight) * usual[new][:, None]
    return out


def _beginnings(
    units: Floats, start: NDArray[np.intp], origin: int, groups: NDArray[np.intp]
) -> Floats | None:
    """(products,) units a week that products of the same group began with; None if not known.

    Products that were there in the first week of the data have an unknown beginning.
    """
    known = np.flatnonzero((start > 0) & (origin - start >= YOUNG))
    if len(known) < FEWEST:
        return None
    weeks = start[known][:, None] + np.arange(YOUNG)
    root = np.sqrt(units[known[:, None], weeks].mean(axis=1))
    count = np.bincount(groups[known], minlength=int(groups.max()) + 1)
    total = np.bincount(groups[known], root, minlength=len(count))
    typical = np.where(count >= FEWEST, total / np.maximum(count, 1), root.mean()) ** 2
    return np.asarray(typical[groups])
