"""Rolling origin: forecasts made after every past week, each judged on what came later."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.analyses.sales_forecast import methods

Floats = NDArray[np.float64]

#: Weeks seen before a forecast counts; how far back forecasts are judged; errors for an interval.
FIRST, JUDGED, FEWEST_ERRORS = 8, 52, 8
LOW, HIGH = 0.1, 0.9
AUTO = "auto"


@dataclass(frozen=True, eq=False)
class Trial:
    """forecasts: method -> (weeks + 1, horizon), row t made when t weeks had been seen.

    sold: (weeks + 1, horizon) what came, nan where it is not known yet. chosen: per row, what auto
    took then. made: the names that count, auto last.
    """

    forecasts: Mapping[str, Floats]
    sold: Floats
    chosen: list[str]

    @property
    def horizon(self) -> int:
        """Weeks ahead."""
        return int(self.sold.shape[1])

    @property
    def weeks(self) -> int:
        """Weeks of history."""
        return len(self.sold) - 1

    def origins(self) -> list[int]:
        """Past origins to be judged, a horizon apart, latest first; each with its outcome known."""
        latest, first = self.weeks - self.horizon, max(2 * FIRST, self.weeks - JUDGED)
        return list(range(latest, first - 1, -self.horizon))

    def by(self, method: str, origin: int) -> str:
        """The name of the method that `method` meant at `origin`."""
        return self.chosen[origin] if method == AUTO else method

    def bounds(self, method: str, origin: int) -> tuple[Floats, Floats] | None:
        """10 % and 90 % bounds of each week, from errors known at `origin`; None with too few."""
        ratios = self._ratios(method, origin)
        if ratios is None:
            return None
        mean = self.forecasts[method][origin]
        steps = range(self.horizon)
        near = [ratios[:, max(s - 1, 0) : s + 2].ravel() for s in steps]
        kept = [part[np.isfinite(part)] for part in near]
        low = np.array([_quantile(part, LOW) for part in kept])
        high = np.array([_quantile(part, HIGH) for part in kept])
        return np.minimum(low, 1.0) * mean, np.maximum(high, 1.0) * mean

    def total_bounds(self, method: str, origin: int) -> tuple[float, float] | None:
        """The same for the sum over the horizon, from past sums."""
        rows = self._known(origin)
        ahead = self.forecasts[method].sum(axis=1)
        sums = self.sold.sum(axis=1)[rows] / np.maximum(ahead[rows], 1e-9)
        sums = sums[np.isfinite(sums)]
        if len(sums) < FEWEST_ERRORS:
            return None
        mean = float(ahead[origin])
        return min(_quantile(sums, LOW), 1.0) * mean, max(_quantile(sums, HIGH), 1.0) * mean

    def _known(self, origin: int) -> NDArray[np.intp]:
        """Origins whose whole horizon had passed by `origin`, of the last two years."""
        return np.arange(max(FIRST, origin - 2 * methods.YEAR), origin - self.horizon + 1)

    def _ratios(self, method: str, origin: int) -> Floats | None:
        rows = self._known(origin)
        if len(rows) < FEWEST_ERRORS:
            return None
        return np.asarray(self.sold[rows] / np.maximum(self.forecasts[method][rows], 1e-9))


def trial(values: Floats, horizon: int) -> Trial:
    """Forecast from every week by every method, and choose at every week by what was known."""
    weeks = len(values)
    padded = np.concatenate([values, np.full(horizon, np.nan)])
    sold = np.lib.stride_tricks.sliding_window_view(padded, horizon)
    made = methods.forecasts(values, horizon)
    names = [name for name in made if methods.able(weeks).get(name, True)]
    made = {name: made[name] for name in names}
    wrong = np.array([np.abs(made[name] - sold).sum(axis=1) for name in names])
    chosen = [_least(wrong, names, origin - horizon) for origin in range(weeks + 1)]
    return Trial(forecasts=made, sold=sold, chosen=chosen)


def _least(wrong: Floats, names: list[str], latest: int) -> str:
    """The least absolute error over the year of outcomes known; the moving average without any."""
    if latest < FIRST:
        return "moving_average"
    known = wrong[:, max(FIRST, latest - JUDGED) : latest + 1].sum(axis=1)
    return names[int(known.argmin())]


def _quantile(ratios: Floats, level: float) -> float:
    """Split conformal: the rank among n + 1, so that few errors give a wider interval."""
    ordered = np.sort(ratios)
    rank = (
        np.floor(level * (len(ordered) + 1)) if level < 0.5 else np.ceil(level * (len(ordered) + 1))
    )
    return float(ordered[int(np.clip(rank, 1, len(ordered))) - 1])
