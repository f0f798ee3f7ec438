"""One forecast judged on the weeks that followed its cut-off, product by product."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.analyses.inventory.history import History, windows
from core.measures import forecast_error

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: Units a week: the scale of pinball loss is no smaller, or one sale of a product that hardly ever
#: sells would outweigh a hundred others.
LEAST_SCALE = 0.5
LEVELS = (0.1, 0.5, 0.9)
FIELDS = ("squared", "scaled", "absolute", "error", "sold", "pinball", "covered")


@dataclass(frozen=True, eq=False)
class Scores:
    """One method at one cut-off, per product (nan where a product cannot be judged).

    squared: squared weekly errors by the naive scale. absolute, error, sold: units over the
    horizon. pinball: (levels, products) by the naive scale. covered: in the 80 % interval?
    """

    squared: Floats
    scaled: Floats
    absolute: Floats
    error: Floats
    sold: Floats
    pinball: Floats
    covered: Floats

    def take(self, mask: Flags) -> "Scores":
        """The same with the products outside `mask` blanked."""
        return Scores(*(np.where(mask, getattr(self, name), np.nan) for name in FIELDS))


class Stretch:
    """The weeks after one cut-off: what is known of them whatever the method, found once."""

    def __init__(self, past: History, cutoff: int) -> None:
        self.row, self.actual = past.origins.index(cutoff), past.actual(cutoff)
        self.sold = self.actual.sum(axis=1)
        self.earlier, self.brought = windows(past, cutoff)
        seen = past.units[:, :cutoff]
        self.squares = forecast_error.naive_error(seen, past.start, 2)
        self.steps = forecast_error.naive_error(seen, past.start, 1)
        self.unit = np.maximum(self.steps, LEAST_SCALE) * past.horizon
        self.judged = past.valid(cutoff) & np.isfinite(self.squares)

    def score(self, made: Floats) -> Scores:
        """Judge the forecasts `made` (origins, products, horizon) of one method."""
        forecast = made[self.row]
        total = forecast.sum(axis=1)
        spread = self.brought.fit(made[self.earlier].sum(axis=2))
        bounds = np.array([spread.quantile(total, level) for level in LEVELS])
        losses = [
            forecast_error.pinball(self.sold, bound, level) / self.unit
            for bound, level in zip(bounds, LEVELS, strict=True)
        ]
        return Scores(
            squared=((self.actual - forecast) ** 2).mean(axis=1) / self.squares,
            scaled=forecast_error.mase(self.actual, forecast, self.steps),
            absolute=np.abs(self.actual - forecast).sum(axis=1),
            error=total - self.sold,
            sold=self.sold,
            pinball=np.array(losses),
            covered=((self.sold >= bounds[0]) & (self.sold <= bounds[-1])).astype(np.float64),
        ).take(self.judged)
