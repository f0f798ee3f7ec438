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
#: Held-back stretches below which nothing is tested, and below which chance cannot be ruled out.
FEWEST_STRETCHES, ENOUGH_STRETCHES = 2, 4
#: The part of the past year's average week below which a forecast is no measure of a miss.
LEAST = 0.5
#: Known outcomes before anything but the moving average is taken, and how much less it must err.
FEWEST_KNOWN, CLEAR = 26, 0.05
AUTO, SAFE = "auto", "moving_average"


@dataclass(frozen=True, eq=False)
class Trial:
    """forecasts: method -> (weeks + 1, horizon), row t made when t weeks had been seen.

    sold: (weeks + 1, horizon) what came, nan where it is not known yet. least: (weeks + 1,) what a
    miss is measured by at the least, by what was known then. chosen: per row, what auto took then.
    made: the names that count, auto last.
    """

    forecasts: Mapping[str, Floats]
    sold: Floats
    least: Floats
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
        rows = self.known(origin)
        if len(rows) < FEWEST_ERRORS:
            return None
        made, mean, least = self.forecasts[method][rows], self.forecasts[method][origin], self.least
        misses = missed(self.sold[rows], made, least[origin])
        near = [misses[:, max(s - 1, 0) : s + 2].ravel() for s in range(self.horizon)]
        low, high = (np.array([quantile(part, q) for part in near]) for q in (LOW, HIGH))
        return ranged(mean, low, high, least[origin])

    def total_bounds(self, method: str, origin: int) -> tuple[float, float] | None:
        """The same for the sum over the horizon, from past sums."""
        mean = float(self.forecasts[method][origin].sum())
        return self.window_bounds(method, origin, 0, self.horizon, mean)

    def window_bounds(
        self, method: str, origin: int, first: int, last: int, mean: float
    ) -> tuple[float, float] | None:
        """The 10 % and 90 % bounds of a forecast `mean` of weeks `first` to before `last` ahead."""
        rows = self.known(origin)
        if len(rows) < FEWEST_ERRORS:
            return None
        ahead = self.forecasts[method][rows, first:last].sum(axis=1)
        least = self.least[origin] * (last - first)
        misses = missed(self.sold[rows, first:last].sum(axis=1), ahead, least)
        low, high = (np.array([quantile(misses, q)]) for q in (LOW, HIGH))
        under, over = ranged(np.array([mean]), low, high, least)
        return float(under[0]), float(over[0])

    def known(self, origin: int) -> NDArray[np.intp]:
        """Origins whose whole horizon had passed by `origin`, of the last two years."""
        return np.arange(max(FIRST, origin - 2 * season.YEAR), origin - self.horizon + 1)


def missed(sold: Floats, made: Floats, least: Floats | float) -> Floats:
    """How far the forecasts `made` were off what was `sold`, as a part of them, or of `least`."""
    by = np.maximum(made, least)
    return np.divide(sold - made, by, out=np.zeros_like(made), where=by > 0)


def ranged(mean: Floats, low: Floats, high: Floats, least: Floats | float) -> tuple[Floats, Floats]:
    """The bounds of a forecast `mean` that is missed by the parts `low` to `high`."""
    by = np.maximum(mean, least)
    under = np.maximum(mean + np.minimum(low, 0.0) * by, 0.0)
    return under, mean + np.maximum(high, 0.0) * by


def trial(values: Floats, horizon: int, calendar: Floats | None = None) -> Trial:
    """Forecast from every week by every method, and choose at every week by what was known."""
    weeks = len(values)
    padded = np.concatenate([values, np.full(horizon, np.nan)])
    sold = np.lib.stride_tricks.sliding_window_view(padded, horizon)
    made = methods.forecasts(values, horizon, calendar)
    names = [name for name in made if methods.able(weeks).get(name, True)]
    made = {name: made[name] for name in names}
    wrong = np.array([np.abs(made[name] - sold).sum(axis=1) for name in names])
    total, seen = np.concatenate([[0.0], values.cumsum()]), np.arange(weeks + 1)
    first = np.maximum(seen - season.YEAR, 0)
    least = LEAST * (total - total[first]) / np.maximum(seen - first, 1)
    return Trial(forecasts=made, sold=sold, least=least, chosen=_choices(wrong, names, horizon))


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
