"""Weeks that sold nothing because nothing was there: inferred, and not learned as zero.

A run of k weeks without a sale cannot be chance where the product sold so regularly before that

    (1 - p)^k < 1 in 100,000,  p = (weeks with a sale + 1/2) / (weeks + 1) in the 26 weeks before

after at least 8 weeks on sale. What is learned knows no more than was known in each week (`held`):
from the week in which chance is ruled out to the run's AFTER-th, the mean of the eight weeks before
the run stands for the zero; whether sales resume, or the product has ended, shows later. (After the
planted stock-outs of demo shops the forecast stays twice as near to what sells then; on UCI Online
Retail up to the 41st week, before what is judged, four weeks cost nothing, and longer did.)

Looking back (`stockouts`), a run of 2 to 13 weeks (a longer one is a season or the end) with a sale
in at least two of the AFTER weeks from its end on was a stock-out: once that is known, no forecast
is judged on its weeks.

Source: sales are demand censored by stock: Conrad (1976), Operational Research Quarterly 27(1).
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Counts = NDArray[np.intp]

CHANCE = 1e-5
SHORTEST, LONGEST = 2, 13
BEFORE, FEWEST_BEFORE = 26, 8
AFTER, SALES_AFTER = 4, 2
AVERAGED = 8


def stockouts(units: Floats, start: Counts) -> Counts:
    """(products, weeks) 0, or in a week out of stock after how many weeks that showed."""
    out = np.zeros(units.shape, dtype=np.intp)
    before = np.zeros(len(units), dtype=np.intp)
    for week, run, odd in _silences(units, start):
        sold = units[:, week] > 0
        ended = sold & (before >= SHORTEST) & (before <= LONGEST)
        after = (units[:, week : week + AFTER] > 0).cumsum(axis=1) >= SALES_AFTER
        for product in np.flatnonzero(ended & odd & after.any(axis=1)):
            known = week + int(after[product].argmax()) + 1
            out[product, week - before[product] : week] = known
        before = run
    return out


def held(units: Floats, start: Counts) -> Floats:
    """`units` with what would have sold in place of zeros that cannot be chance.

    Each week is what was known in it: it does not depend on the weeks after it.
    """
    out = units.copy()
    for week, run, odd in _silences(units, start):
        for product in np.flatnonzero(odd & (run >= SHORTEST) & (run <= AFTER)):
            begin = week + 1 - run[product]
            out[product, week] = out[product, max(begin - AVERAGED, 0) : begin].mean()
    return out


def _silences(units: Floats, start: Counts) -> Iterator[tuple[int, Counts, Flags]]:
    """Each week, how long no sale has been made with it (0: one was), and whether that silence, or
    the one that it ends, cannot be chance.
    """
    products, weeks = units.shape
    sales = np.concatenate([np.zeros((products, 1)), (units > 0).cumsum(axis=1)], axis=1)
    every = np.arange(products)
    run = np.zeros(products, dtype=np.intp)
    for week in range(weeks):
        sold = units[:, week] > 0
        silent = run + (~sold & (week >= start))
        begin = week - run
        first = np.maximum(begin - BEFORE, np.minimum(start, begin))
        length = begin - first
        chance = (sales[every, begin] - sales[every, first] + 0.5) / (length + 1)
        odd = (length >= FEWEST_BEFORE) & ((1 - chance) ** silent < CHANCE)
        run = np.where(sold | (week < start), 0, silent)
        yield week, run, odd
