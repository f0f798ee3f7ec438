"""Rest: seasonal goods outside their season, which are neither dead nor to be ordered yet.

    awaited   silent for k weeks, silent in the same k weeks a year before, and sold after them
    resting   little sold lately, and little in the weeks ahead a year (and two years) before;
              little: a tenth of the year's average

Both ask for 20 units in the past year. Once the weeks in which it sold last year have passed
without a sale, a product is no longer awaited.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.analyses.inventory.seasonal import FEWEST_SOLD, YEAR

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

LITTLE = 0.1
LATELY = 8
#: Silences shorter or longer than this are no off-season, in weeks.
SHORTEST, LONGEST = 6, 40
#: A season that moves by a fortnight from year to year is still the same.
LEEWAY = 2


@dataclass(frozen=True, eq=False)
class Rest:
    """Per product: awaited, resting, and `coming`: what it sold in as long a time to come as is
    too much stock, a year before.
    """

    awaited: Flags
    resting: Flags
    coming: Floats


def rest(
    units: Floats, start: NDArray[np.intp], ahead: NDArray[np.intp], overstock_weeks: int
) -> Rest:
    """Who is out of season after the last week. ahead: (products,) weeks that stock must last."""
    far = np.minimum(np.full(len(units), overstock_weeks), YEAR)
    return Rest(
        awaited=_awaited(units, start),
        resting=_resting(units, start, ahead),
        coming=_sold(units, -YEAR, -YEAR + far),
    )


def _sold(units: Floats, begin: NDArray[np.intp] | int, end: NDArray[np.intp] | int) -> Floats:
    """(products,) units from week `begin` to before `end`, both counted back from now (0)."""
    products, weeks = units.shape
    total = np.concatenate([np.zeros((products, 1)), units.cumsum(axis=1)], axis=1)
    places = [np.clip(weeks + np.broadcast_to(at, products), 0, weeks) for at in (begin, end)]
    first, last = (total[np.arange(products), place] for place in places)
    return np.asarray(last - first)


def _awaited(units: Floats, start: NDArray[np.intp]) -> Flags:
    weeks = units.shape[1]
    latest = np.where(units > 0, np.arange(weeks), -1).max(axis=1)
    silent = weeks - 1 - latest
    before = _sold(units, -YEAR - silent + LEEWAY, -YEAR - LEEWAY)
    after = _sold(units, -YEAR, 0)
    known = start < weeks - YEAR - silent
    usual = (silent >= SHORTEST) & (silent <= LONGEST)
    return np.asarray(
        known & usual & (after >= FEWEST_SOLD) & (before <= LITTLE * after * silent / YEAR)
    )


def _resting(units: Floats, start: NDArray[np.intp], ahead: NDArray[np.intp]) -> Flags:
    age = units.shape[1] - start
    year = _sold(units, -YEAR, 0)
    lately = _sold(units, -LATELY, 0)
    quiet = lately <= LITTLE * year * LATELY / YEAR
    for back in (YEAR, 2 * YEAR):
        sold = _sold(units, -back, ahead - back)
        quiet &= (age < back + LATELY) | (sold <= LITTLE * year * ahead / YEAR)
    return np.asarray(quiet & (age >= YEAR + LATELY) & (year >= FEWEST_SOLD))
