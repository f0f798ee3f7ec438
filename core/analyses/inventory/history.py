"""Forecasts from past origins, and how far demand scattered about them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.analyses.inventory import hierarchy, methods, quantiles
from core.analyses.inventory.demand import Demand
from core.analyses.inventory.hierarchy import Level

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

MIN_TRAINING = 8
MIN_AGE = 8
CUTOFFS = 6
LOOK_BACK = 26
MOST_ORIGINS = 78
#: Units a week below which a product counts as no longer asked for.
LEAST_DEMAND = 1e-3


@dataclass(frozen=True, eq=False)
class History:
    """Forecasts from past origins. origins: rising numbers of weeks seen, the last is now.

    levels: forecasts of the total and the categories themselves, from the same origins.
    censored: as in Demand.
    """

    units: Floats
    start: NDArray[np.intp]
    horizon: int
    origins: tuple[int, ...]
    forecasts: Mapping[str, Floats]
    censored: NDArray[np.intp]
    levels: tuple[Level, ...] = ()

    def within(self, horizon: int) -> "History":
        """The same forecasts, looked at over a shorter horizon."""
        short = {name: made[:, :, :horizon] for name, made in self.forecasts.items()}
        levels = tuple(level.within(horizon) for level in self.levels)
        return replace(self, horizon=horizon, forecasts=short, levels=levels)

    def following(self, chosen: NDArray[np.str_]) -> Floats:
        """(origins, products, horizon) forecasts, each product by its `chosen` method, or by the
        mean of several (joined by methods.AND).
        """
        made = np.zeros(next(iter(self.forecasts.values())).shape)
        for mix in np.unique(chosen):
            which = np.flatnonzero(chosen == mix)
            names = str(mix).split(methods.AND)
            made[:, which] = sum(self.forecasts[name][:, which] for name in names) / len(names)
        return np.where(made < LEAST_DEMAND, 0.0, made)

    def mean(self, method: str) -> Floats:
        """(origins, products) forecast demand over the whole horizon."""
        return np.asarray(self.forecasts[method].sum(axis=2))

    def actual(self, origin: int) -> Floats:
        """(products, horizon) what was sold in the weeks after `origin`."""
        return self.units[:, origin : origin + self.horizon]

    def valid(self, origin: int, seen: int | None = None) -> Flags:
        """(products,) which have been on sale long enough, and sold at all, to be judged.

        Not where the weeks ahead, or the one just seen, were out of stock, as far as that showed
        after `seen` weeks: at the end of the weeks ahead, unless said otherwise.
        """
        until = origin + self.horizon
        shown = self.censored[:, origin - 1 : until]
        out = ((shown > 0) & (shown <= (seen or until))).any(axis=1)
        known = (origin - self.start >= MIN_AGE) & (self.units[:, :origin].sum(axis=1) > 0)
        return np.asarray(known & ~out)

    def cutoffs(self) -> list[int]:
        """Origins a horizon apart, latest first, each with its following weeks known."""
        weeks = self.units.shape[1]
        ladder = [weeks - self.horizon * step for step in range(1, CUTOFFS + 1)]
        return [origin for origin in ladder if origin in self.origins]

    @property
    def step(self) -> int:
        """Weeks between the origins that the spread is learned from: half a horizon."""
        return -(-self.horizon // 2)

    def earlier(self, cutoff: int) -> list[int]:
        """Origins whose following weeks were over by `cutoff`, two per horizon."""
        step = self.step
        latest, first = cutoff - self.horizon, self.origins[0]
        return list(range(latest, max(first, latest - LOOK_BACK) - 1, -step))[::-1]


def history(
    demand: Demand,
    horizon: int,
    names: Sequence[str] = tuple(methods.USUAL),
    reach: int | None = None,
) -> History:
    """Forecast by the methods `names` from every origin of the last `reach` weeks.

    reach: as many as the backtest asks for, unless said otherwise.
    """
    weeks = demand.weeks
    furthest = weeks - (reach or min(horizon * (CUTOFFS + 1) + LOOK_BACK, MOST_ORIGINS))
    origins = (*range(max(MIN_TRAINING, furthest), weeks), weeks)
    around = demand.context(horizon)
    made = methods.forecasts(
        demand.learned, demand.start, origins, horizon, around, names,
        demand.mended,
    )  # fmt: skip
    return History(
        units=demand.units,
        start=demand.start,
        horizon=horizon,
        origins=origins,
        forecasts=made,
        censored=demand.censored,
        levels=hierarchy.levels(demand.learned, demand.start, origins, horizon, around),
    )


def windows(past: History, cutoff: int) -> tuple[list[int], quantiles.Sold]:
    """(rows of the origins whose following weeks were over by `cutoff`, what those brought)."""
    origins = past.earlier(cutoff)
    shape = (len(origins), len(past.units))
    actual = [past.actual(origin).sum(axis=1) for origin in origins]
    valid = [past.valid(origin, cutoff) for origin in origins]
    return [past.origins.index(origin) for origin in origins], quantiles.sold(
        np.array(actual).reshape(shape),
        np.array(valid, dtype=bool).reshape(shape),
        past.horizon / past.step,
    )


def spread(past: History, mean: Floats, cutoff: int) -> quantiles.Spread:
    """How demand scattered about forecasts `mean` (origins, products), as known at `cutoff`."""
    rows, sold = windows(past, cutoff)
    return sold.fit(mean[rows])
