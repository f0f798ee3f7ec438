"""The total and the categories: forecast by themselves, and products made to agree with them.

    f'_i = f_i x (F_g / sum of f_j in g) ^ 1/2      within 1/2 and 2

F_g: forecast of the sum over group g (the shop, or each category) by the mean of exponential
smoothing, damped trend and, from 60 weeks on, pooled season: what is noise in one product is
signal in a sum. Half the distance, as both forecasts err. `auto` tries it at past cut-offs and
keeps it only where the scaled error (RMSSE) fell. Whatever is kept, a group's forecast is the sum
of its products'.

Source: Athanasopoulos, Hyndman, Kourentzes & Panagiotelis (2024), Int. J. of Forecasting 40(2).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.analyses.inventory import methods, seasonal
from core.analyses.inventory.context import Context

Floats = NDArray[np.float64]

NAMES = ("exponential_smoothing", "damped_trend")
SHARE, LEAST, MOST = 0.5, 0.5, 2.0
TOTAL, CATEGORY = "total", "category"


@dataclass(frozen=True, eq=False)
class Level:
    """forecasts: (origins, groups, horizon) of the sums. groups: (products,) each one's group."""

    name: str
    groups: NDArray[np.intp]
    forecasts: Floats

    def within(self, horizon: int) -> "Level":
        """The same over a shorter horizon."""
        return replace(self, forecasts=self.forecasts[:, :, :horizon])

    def agreeing(self, made: Floats) -> Floats:
        """`made` (origins, products, horizon) drawn half-way to this level's forecasts."""
        wanted = self.forecasts.sum(axis=2)
        total = summed(made.sum(axis=2), self.groups)
        ratio = np.divide(wanted, total, out=np.ones_like(total), where=total > 0)
        factor = np.clip(ratio, LEAST, MOST) ** SHARE
        return np.asarray(made * factor[:, self.groups, None])


def agreed(levels: Sequence[Level], name: str, made: Floats) -> Floats:
    """`made` drawn to the level called `name`; as it is where there is none."""
    for level in levels:
        if level.name == name:
            return level.agreeing(made)
    return made


def summed(made: Floats, groups: NDArray[np.intp]) -> Floats:
    """(origins, products) -> (origins, groups) sums."""
    out = np.zeros((made.shape[0], int(groups.max()) + 1))
    np.add.at(out.T, groups, made.T)
    return out


def levels(
    units: Floats,
    start: NDArray[np.intp],
    origins: Sequence[int],
    horizon: int,
    around: Context,
) -> tuple[Level, ...]:
    """The shop, and its categories where there are several."""
    shop = np.zeros(len(units), dtype=np.intp)
    found = [(TOTAL, shop)]
    if int(around.groups.max()) > 0:
        found.append((CATEGORY, around.groups))
    return tuple(
        Level(name, groups, _forecasts(units, start, origins, horizon, groups))
        for name, groups in found
    )


def _forecasts(
    units: Floats,
    start: NDArray[np.intp],
    origins: Sequence[int],
    horizon: int,
    groups: NDArray[np.intp],
) -> Floats:
    total = summed(units.T, groups).T
    begin = np.full(len(total), units.shape[1] - 1, dtype=np.intp)
    np.minimum.at(begin, groups, start)
    names = [*NAMES, *(["pooled_season"] if origins[-1] >= seasonal.FEWEST_WEEKS else [])]
    alone = Context(np.arange(len(total)))
    made = [methods.METHODS[name](total, begin, origins, horizon, alone) for name in names]
    return np.asarray(np.mean(made, axis=0))
