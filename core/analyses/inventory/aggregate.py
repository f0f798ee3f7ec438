"""ADIDA and IMAPA: slow demand forecast in buckets as long as its usual gap, then shared out.

    ADIDA   buckets of k weeks, k the mean weeks between sales; SES on the buckets; divided by k
    IMAPA   the mean of that over every k from 1 to the ADIDA one

Source: Nikolopoulos et al. (2011), J. of the Operational Research Society 62(3); Petropoulos &
Kourentzes (2015), ibid. 66(6).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.measures import smoothing

Floats = NDArray[np.float64]
Starts = NDArray[np.intp]

LONGEST = 13


def bucket_lengths(units: Floats, start: Starts) -> NDArray[np.intp]:
    """(products,) mean weeks from one sale to the next, counted from the start."""
    weeks = np.arange(units.shape[1])
    sales = np.maximum((units > 0).sum(axis=1), 1)
    latest = np.where(units > 0, weeks, start[:, None]).max(axis=1, initial=0)
    gap = (latest - start + 1) / sales
    return np.asarray(np.clip(np.round(gap), 1, LONGEST), dtype=np.intp)


def level(units: Floats, start: Starts, length: int) -> Floats:
    """(products,) units per week: SES on buckets of `length` weeks that end with the last week."""
    weeks = units.shape[1]
    count = weeks // length
    buckets = units[:, weeks - count * length :].reshape(len(units), count, length).sum(axis=2)
    begin = np.clip((start - (weeks - count * length)) // length, 0, count - 1)
    return smoothing.track(buckets, begin, smoothing.smooth, smoothing.SMOOTHING)[0][:, -1] / length


def at_origins(
    units: Floats, start: Starts, origins: Sequence[int], *, all_lengths: bool
) -> Floats:
    """(origins, products) ADIDA levels, or with `all_lengths` IMAPA's."""
    return np.array([_at(units[:, :origin], start, all_lengths=all_lengths) for origin in origins])


def _at(units: Floats, start: Starts, *, all_lengths: bool) -> Floats:
    wanted = np.minimum(bucket_lengths(units, start), max(units.shape[1], 1))
    total, used = np.zeros(len(units)), np.zeros(len(units))
    for length in range(1, int(wanted.max()) + 1):
        inside = (wanted >= length) if all_lengths else (wanted == length)
        if inside.any():
            total[inside] += level(units[inside], start[inside], length)
            used[inside] += 1
    return total / used
