"""Weeks that sold nothing because nothing was there: inferred, marked, and not learned as zero.

A run of k weeks without a sale is taken for a stock-out where the product sold so regularly before
that chance is ruled out, and sells again after it:

    (1 - p)^k < 1 in 100,000,  p = (weeks with a sale + 1/2) / (weeks + 1) in the 26 weeks before

The run must last 2 to 13 weeks (a longer one is a season or the end), follow at least 8 weeks on
sale, and be followed by a sale in at least two of the next four weeks. Its demand is estimated by
the mean of the eight weeks before it, and no forecast is judged on those weeks.

Source: sales are demand censored by stock: Conrad (1976), Operational Research Quarterly 27(1).
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

CHANCE = 1e-5
SHORTEST, LONGEST = 2, 13
BEFORE, FEWEST_BEFORE = 26, 8
AFTER, SALES_AFTER = 4, 2
AVERAGED = 8


def stockouts(units: Floats, start: NDArray[np.intp]) -> Flags:
    """(products, weeks): was the product out of stock in that week, as far as can be told?"""
    products, weeks = units.shape
    sales = np.concatenate([np.zeros((products, 1)), (units > 0).cumsum(axis=1)], axis=1)
    every = np.arange(products)
    run = np.zeros(products, dtype=np.intp)
    out = np.zeros((products, weeks), dtype=bool)
    for week in range(weeks):
        sold = units[:, week] > 0
        begin = week - run
        first = np.maximum(begin - BEFORE, np.minimum(start, begin))
        length = begin - first
        chance = (sales[every, begin] - sales[every, first] + 0.5) / (length + 1)
        after = sales[:, min(week + AFTER, weeks)] - sales[:, week]
        ended = sold & (run >= SHORTEST) & (run <= LONGEST) & (length >= FEWEST_BEFORE)
        found = ended & (after >= SALES_AFTER) & ((1 - chance) ** run < CHANCE)
        for product in np.flatnonzero(found):
            out[product, begin[product] : week] = True
        run = np.where(sold | (week < start), 0, run + 1)
    return out


def filled(units: Floats, censored: Flags) -> Floats:
    """`units` with each censored week replaced by the mean of the eight weeks before its run."""
    out = units.copy()
    for product in np.flatnonzero(censored.any(axis=1)):
        for week in np.flatnonzero(censored[product]):
            if week == 0 or not censored[product, week - 1]:
                mean = out[product, max(week - AVERAGED, 0) : week].mean()
            out[product, week] = mean
    return out
