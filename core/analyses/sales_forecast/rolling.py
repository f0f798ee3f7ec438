"""Rolling origin: forecasts made after every past week, each judged on what came later."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.analyses.sales_forecast import methods, season

Floats = NDArray[np.float64]

#: Weeks seen before a forecast counts; how far back forecasts are judged; errors for an interval.
FIRST, JUDGED, FEWEST_ERRORS = 8, 52, 8
LOW, HIGH = 0.1, 0.9
#: Held-back stretches below which nothing is claimed.
FEWEST_STRETCHES = 2
#: Known outcomes before anything but the moving average is taken, and how much less it must err.
FEWEST_KNOWN, CLEAR = 26, 0.05
AUTO, SAFE = "auto", "moving_average"


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
        low = np.array([quantile(part, LOW) for part in kept])
        high = np.array([quantile(part, HIGH) for part in kept])
        return np.minimum(low, 1.0) * mean, np.maximum(high, 1.0) * mean

    def total_bounds(self, method: str, origin: int) -> tuple[float, float] | None:
        """The same for the sum over the horizon, from past sums."""
        bounds = self.window_bounds(method, origin, 0, self.horizon)
        mean = float(self.forecasts[method][origin].sum())
        return None if bounds is None else (bounds[0] * mean, bounds[1] * mean)

    def window_bounds(
        self, method: str, origin: int, first: int, last: int
    ) -> tuple[float, float] | None:
        """The 10 % and 90 % bounds of the sum over weeks `first` to before `last` ahead, by it."""
        rows = self.known(origin)
        ahead = self.forecasts[method][rows, first:last].sum(axis=1)
        sums = self.sold[rows, first:last].sum(axis=1) / np.maximum(ahead, 1e-9)
        sums = sums[np.isfinite(sums)]
        if len(sums) < FEWEST_ERRORS:
            return None
        return min(quantile(sums, LOW), 1.0), max(quantile(sums, HIGH), 1.0)

    def known(self, origin: int) -> NDArray[np.intp]:
        """Origins whose whole horizon had passed by `origin`, of the last two years."""
        return np.arange(max(FIRST, origin - 2 * season.YEAR), origin - self.horizon + 1)

    def _ratios(self, method: str, origin: int) -> Floats | None:
        rows = self.known(origin)
        if len(rows) < FEWEST_ERRORS:
            return None
        return np.asarray(self.sold[rows] / np.maximum(self.forecasts[method][rows], 1e-9))


def trial(values: Floats, horizon: int, calendar: Floats | None = None) -> Trial:
    """Forecast from every week by every method, and choose at every week by what was known."""
    weeks = len(values)
    padded = np.concatenate([values, np.full(horizon, np.nan)])
    sold = np.lib.stride_tricks.sliding_window_view(padded, horizon)
    made = methods.forecasts(values, horizon, calendar)
    names = [name for name in made if methods.able(weeks).get(name, True)]
    made = {name: made[name] for name in names}
    wrong = np.array([np.abs(made[name] - sold).sum(axis=1) for name in names])
    return Trial(forecasts=made, sold=sold, chosen=_choices(wrong, names, horizon))


def _choices(wrong: Floats, names: list[str], horizon: int) -> list[str]:
    """What auto takes after each week: the least absolute error over the year of outcomes known.

    The moving average, until enough is known, unless another erred clearly less, and wherever
    auto's own record over that year is worse than the moving average's.
    """
    safe = names.index(SAFE)
    picked, taken = [], []
    for origin in range(wrong.shape[1]):
        known = np.arange(max(FIRST, origin - horizon - JUDGED), origin - horizon + 1)
        total = wrong[:, known].sum(axis=1)
        best = int(total.argmin())
        clear = len(known) >= FEWEST_KNOWN and total[best] <= (1 - CLEAR) * total[safe]
        picked.append(best if clear else safe)
        record = sum(wrong[picked[week], week] for week in known)
        taken.append(picked[-1] if record <= total[safe] else safe)
    return [names[number] for number in taken]


def quantile(ratios: Floats, level: float) -> float:
    """The `level` quantile, split conformal: the rank among n + 1, wider where errors are few."""
    ordered = np.sort(ratios)
    rank = (
        np.floor(level * (len(ordered) + 1)) if level < 0.5 else np.ceil(level * (len(ordered) + 1))
    )
    return float(ordered[int(np.clip(rank, 1, len(ordered))) - 1])
