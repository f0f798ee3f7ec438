"""How often a recommendation was followed by a purchase, by its rank and the customer's recency.

Taken from the backtest over all customers known at the cut, those who never came back included:
these are the conversions that a mailing to them would have seen, without any effect of its own.

    rate(g, b) = purchases within the window / products shown, in recency group g and rank band b,
                 neighbouring bands pooled where a later one did better: a chance never rises with b

Intervals: Poisson bootstrap over customers; where nothing was bought, which resampling can only
repeat, Jeffreys' interval Beta(1/2, shown + 1/2) (Brown, Cai & DasGupta, 2001). Pooled: isotonic
regression (Barlow et al., 1972, "Statistical Inference under Order Restrictions").
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.analyses.recommendations.history import History
from core.analyses.recommendations.tournament import DEPTH, Split, among, lists, membership

#: Last rank of each band, and last day of each recency group in windows.
BANDS = (1, 2, 3, 5, 10, 20, DEPTH)
RECENCY = (1.0, 3.0, np.inf)
RESAMPLES = 200
#: Customers that the conversion is measured on at most, drawn at random.
MEASURED = 20_000


@dataclass(frozen=True, eq=False)
class Conversion:
    """rates: cells (recency group x band). draws: RESAMPLES x cells. days: of the window.

    known: cells in which anything was shown; of the others nothing is said.
    """

    rates: NDArray[np.float64]
    draws: NDArray[np.float64]
    days: int
    known: NDArray[np.bool_]

    def cell(self, groups: NDArray[np.int64], ranks: NDArray[np.int64]) -> NDArray[np.int64]:
        """The cell of each recommendation; -1 where none was measured."""
        at = cell(groups, ranks)
        return np.where((at >= 0) & self.known[at], at, -1).astype(np.int64)

    def expected(self, cells: NDArray[np.int64]) -> tuple[float, float, float]:
        """(purchases, low, high) within the window of recommendations in these cells (-1: none)."""
        times = np.bincount(cells[cells >= 0], minlength=len(self.rates)).astype(np.float64)
        low, high = np.quantile(self.draws @ times, [0.025, 0.975])
        mean = float(self.rates @ times)
        return mean, min(float(low), mean), max(float(high), mean)

    def frame(self) -> pl.DataFrame:
        """One row per known cell - recency_group, rank_from, rank_to, rate, low, high."""
        return self.of(np.flatnonzero(self.known))

    def of(self, cells: NDArray[np.int64]) -> pl.DataFrame:
        """The rows of some cells, as in `frame`."""
        low, high = np.quantile(self.draws, [0.025, 0.975], axis=0)
        n = len(BANDS)
        return pl.DataFrame(
            {
                "recency_group": [RECENCY_NAMES[c // n] for c in cells],
                "rank_from": [([0, *BANDS][c % n]) + 1 for c in cells],
                "rank_to": [BANDS[c % n] for c in cells],
                "rate": self.rates[cells],
                "low": np.minimum(low, self.rates)[cells],
                "high": np.maximum(high, self.rates)[cells],
            }
        )


@dataclass(frozen=True, eq=False)
class Likely:
    """How many of one customer's recommendations are bought within `days`, as measured.

    products: rank, product_id, product_name, conversion, low, high.
    """

    products: pl.DataFrame
    expected: float
    low: float
    high: float
    days: int


RECENCY_NAMES = ("bought_lately", "slowing_down", "long_away")


def measured(splits: Sequence[Split], method: str, task: str, seed: int) -> Conversion:
    """The conversion of `method`'s lists over the splits."""
    seen, bought, groups = zip(*(_one(split, method, task, seed) for split in splits), strict=True)
    cells = len(RECENCY) * len(BANDS)
    group = np.concatenate(groups)
    spread = [_spread(np.concatenate(part), group, cells) for part in (bought, seen)]
    rng = np.random.default_rng(seed)
    draws = np.empty((RESAMPLES, cells))
    for n in range(RESAMPLES):
        weights = rng.poisson(1.0, len(group)).astype(np.float32)
        draws[n] = weights @ spread[0] / np.maximum(weights @ spread[1], 1)
    hits, shown = (part.sum(axis=0) for part in spread)
    none = hits == 0
    draws[:, none] = rng.beta(0.5, shown[none] + 0.5, (RESAMPLES, int(none.sum())))
    smooth = [falling(rates, shown) for rates in (hits / np.maximum(shown, 1), *draws)]
    return Conversion(smooth[0], np.array(smooth[1:]), splits[0].days, shown > 0)


def falling(rates: NDArray[Any], shown: NDArray[Any]) -> NDArray[np.float64]:
    """The rates closest to these, weighted by `shown`, that fall with the rank in each group."""
    from scipy.optimize import isotonic_regression

    groups = zip(rates.reshape(-1, len(BANDS)), shown.reshape(-1, len(BANDS)), strict=True)
    found = [
        isotonic_regression(rate.astype(np.float64), weights=weight + 1e-9, increasing=False).x
        for rate, weight in groups
    ]
    return np.concatenate(found)


def _one(
    split: Split, method: str, task: str, seed: int
) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.int64]]:
    """(shown, hits) per customer and band, and each customer's recency group."""
    past = split.past
    rows = np.sort(np.random.default_rng(seed).permutation(past.shape[0])[:MEASURED])
    ranked = lists(split.model(method, task, seed), past, rows, DEPTH, [task])[task]
    later = past.sold_after(split.days).drop_nulls(["u", "i"])
    hit = among(
        rows, ranked, membership(later["u"].to_numpy(), later["i"].to_numpy(), past), past.shape[1]
    )
    starts = [0, *BANDS[:-1]]
    shown = np.add.reduceat((ranked >= 0).astype(np.float32), starts, axis=1)
    hits = np.add.reduceat(hit.astype(np.float32), starts, axis=1)
    return shown, hits, recency(past, split.days)[rows]


def recency(past: History, days: int) -> NDArray[np.int64]:
    """The recency group of each customer."""
    return np.searchsorted(np.array(RECENCY) * days, past.silent).astype(np.int64)


def cell(groups: NDArray[np.int64], ranks: NDArray[np.int64]) -> NDArray[np.int64]:
    """The cell of each recommendation; -1 beyond the depth that was tested."""
    band = np.searchsorted(np.array(BANDS), ranks)
    return np.where(band < len(BANDS), groups * len(BANDS) + band, -1).astype(np.int64)


def likely(chance: Conversion, listed: pl.DataFrame, group: int) -> Likely:
    """`listed` (recommendations of one customer of recency group `group`) with their chances."""
    cells = chance.cell(np.full(listed.height, group), listed["rank"].to_numpy())
    known = cells >= 0
    rates = chance.of(cells[known]).select("low", "high", conversion="rate")
    products = listed.filter(pl.Series(known)).select("rank", "product_id", "product_name")
    return Likely(
        products.hstack(rates.select("conversion", "low", "high")),
        *chance.expected(cells),
        chance.days,
    )


def _spread(values: NDArray[Any], group: NDArray[np.int64], cells: int) -> NDArray[np.float32]:
    """customers x bands -> customers x cells, each in the columns of its group."""
    wide = np.zeros((len(values), cells), np.float32)
    at = group[:, None] * len(BANDS) + np.arange(len(BANDS))
    np.put_along_axis(wide, at, values, axis=1)
    return wide
