"""One forecast judged on the weeks that followed its cut-off, product by product."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.analyses.inventory.history import History, spread
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


def score(past: History, made: Floats, cutoff: int) -> Scores:
    """Judge the forecasts `made` (origins, products, horizon) on the weeks after `cutoff`."""
    row = past.origins.index(cutoff)
    forecast, actual = made[row], past.actual(cutoff)
    total = made.sum(axis=2)
    seen = past.units[:, :cutoff]
    squares = forecast_error.naive_error(seen, past.start, 2)
    steps = forecast_error.naive_error(seen, past.start, 1)
    unit = np.maximum(steps, LEAST_SCALE) * past.horizon
    scatter = spread(past, total, cutoff)
    bounds = np.array([scatter.quantile(total[row], level) for level in LEVELS])
    sold = actual.sum(axis=1)
    losses = np.array(
        [
            forecast_error.pinball(sold, bound, level) / unit
            for bound, level in zip(bounds, LEVELS, strict=True)
        ]
    )
    return Scores(
        squared=((actual - forecast) ** 2).mean(axis=1) / squares,
        scaled=forecast_error.mase(actual, forecast, steps),
        absolute=np.abs(actual - forecast).sum(axis=1),
        error=total[row] - sold,
        sold=sold,
        pinball=losses,
        covered=((sold >= bounds[0]) & (sold <= bounds[-1])).astype(np.float64),
    ).take(past.valid(cutoff) & np.isfinite(squares))
