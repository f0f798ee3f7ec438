"""Rolling origin: every method's forecasts at past cut-offs, judged on the weeks that followed.

At each cut-off only the weeks before it are seen: forecasts, their quantiles and the choice of
method all come from earlier weeks. `auto` picks, per demand pattern, the method with the least
RMSSE and pinball loss (each relative to seasonal naive) at the cut-offs before; a method that did
not beat both baselines there by either measure is no candidate.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.analyses.inventory import classes, methods, quantiles, seasonal
from core.analyses.inventory.demand import Demand
from core.measures import forecast_error

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

MIN_TRAINING = 8
MIN_AGE = 8
CUTOFFS, JUDGED = 6, 3
LOOK_BACK = 26
MOST_ORIGINS = 78
#: Units a week: the scale of pinball loss is no smaller, or one sale of a product that hardly ever
#: sells would outweigh a hundred others.
LEAST_SCALE = 0.5
#: Products that a demand pattern needs for a choice of its own.
FEWEST_PRODUCTS = 100
#: Units a week below which a product counts as no longer asked for.
LEAST_DEMAND = 1e-3
LEVELS = (0.1, 0.5, 0.9)
AUTO, OWN_SEASON = "auto", "own_season"


@dataclass(frozen=True, eq=False)
class History:
    """Forecasts from past origins. origins: rising numbers of weeks seen, the last is now."""

    units: Floats
    start: NDArray[np.intp]
    horizon: int
    origins: tuple[int, ...]
    forecasts: Mapping[str, Floats]
    censored: Flags

    def within(self, horizon: int) -> "History":
        """The same forecasts, looked at over a shorter horizon."""
        short = {name: made[:, :, :horizon] for name, made in self.forecasts.items()}
        return replace(self, horizon=horizon, forecasts=short)

    def following(self, chosen: NDArray[np.str_]) -> Floats:
        """(origins, products, horizon) forecasts, each product by its `chosen` method."""
        made = np.zeros(next(iter(self.forecasts.values())).shape)
        for name in np.unique(chosen):
            made[:, chosen == name] = self.forecasts[name][:, chosen == name]
        return np.where(made < LEAST_DEMAND, 0.0, made)

    def mean(self, method: str) -> Floats:
        """(origins, products) forecast demand over the whole horizon."""
        return np.asarray(self.forecasts[method].sum(axis=2))

    def actual(self, origin: int) -> Floats:
        """(products, horizon) what was sold in the weeks after `origin`."""
        return self.units[:, origin : origin + self.horizon]

    def valid(self, origin: int) -> Flags:
        """(products,) which have been on sale long enough, and sold at all, to be judged.

        Not where the weeks ahead, or the one just seen, were out of stock.
        """
        known = (origin - self.start >= MIN_AGE) & (self.units[:, :origin].sum(axis=1) > 0)
        return np.asarray(known & ~self.censored[:, origin - 1 : origin + self.horizon].any(axis=1))

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
    weeks, units = demand.weeks, demand.learned
    furthest = weeks - (reach or min(horizon * (CUTOFFS + 1) + LOOK_BACK, MOST_ORIGINS))
    origins = (*range(max(MIN_TRAINING, furthest), weeks), weeks)
    made = methods.forecasts(units, demand.start, origins, horizon, demand.groups, names)
    return History(
        units=units,
        start=demand.start,
        horizon=horizon,
        origins=origins,
        forecasts=made,
        censored=demand.censored,
    )


def spread(past: History, mean: Floats, cutoff: int) -> quantiles.Spread:
    """How demand scattered about forecasts `mean` (origins, products), as known at `cutoff`."""
    origins = past.earlier(cutoff)
    shape = (0, past.units.shape[0])
    if not origins:
        return quantiles.fit(np.zeros(shape), np.zeros(shape), np.zeros(shape, dtype=bool), 1)
    rows = [past.origins.index(origin) for origin in origins]
    actual = np.array([past.actual(origin).sum(axis=1) for origin in origins])
    valid = np.array([past.valid(origin) for origin in origins])
    return quantiles.fit(mean[rows], actual, valid, past.horizon / past.step)


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


FIELDS = ("squared", "scaled", "absolute", "error", "sold", "pinball", "covered")


def score(past: History, method: str, cutoff: int) -> Scores:
    """Judge `method` on the weeks after `cutoff`."""
    row = past.origins.index(cutoff)
    forecast, actual = past.forecasts[method][row], past.actual(cutoff)
    total = past.mean(method)
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


@dataclass(frozen=True, eq=False)
class Backtest:
    """Every method's scores at every cut-off, latest first, and what auto chose there.

    scores: method -> one Scores per cut-off; "auto" for the judged ones only. chosen: (products,)
    the method that auto takes now.
    """

    cutoffs: Sequence[int]
    scores: Mapping[str, Sequence[Scores]]
    chosen: NDArray[np.str_]

    @property
    def judged(self) -> int:
        """How many cut-offs the evidence rests on."""
        return len(self.scores[AUTO])


def backtest(past: History) -> Backtest:
    """Score all methods at all cut-offs; choose for each from the earlier ones."""
    cutoffs = past.cutoffs()
    names = list(past.forecasts)
    scores = {name: [score(past, name, cutoff) for cutoff in cutoffs] for name in names}
    auto = []
    for place in range(min(JUDGED, len(cutoffs) - 1)):
        earlier = {name: scores[name][place + 1 :] for name in names}
        cutoff = cutoffs[place]
        picked = choose(earlier, classes.pattern(past.units[:, :cutoff], past.start))
        picked = seasonal_choice(past, cutoff, picked)
        auto.append(_picked({name: scores[name][place] for name in names}, picked))
    chosen = choose(scores, classes.pattern(past.units, past.start))
    chosen = seasonal_choice(past, past.units.shape[1], chosen)
    return Backtest(cutoffs=cutoffs, scores={**scores, AUTO: auto}, chosen=chosen)


def choose(scores: Mapping[str, Sequence[Scores]], pattern: NDArray[np.intp]) -> NDArray[np.str_]:
    """(products,) the best method of each demand pattern; the moving average without evidence.

    A pattern of fewer than FEWEST_PRODUCTS judged products takes what is best over all of them.
    """
    everywhere = _losses(scores, np.ones(len(pattern), dtype=bool))
    chosen = np.full(len(pattern), _winner(everywhere), dtype="U24")
    for number in range(len(classes.PATTERNS)):
        inside = pattern == number
        if inside.sum() >= FEWEST_PRODUCTS and (loss := _losses(scores, inside)):
            chosen[inside] = _winner(loss)
    return chosen


def seasonal_choice(past: History, cutoff: int, chosen: NDArray[np.str_]) -> NDArray[np.str_]:
    """`chosen`, but products with a strong season of their own by their own record of a year.

    A few cut-offs before the season say nothing of it; so each such product takes what had the
    least squared error, over the horizon, from every origin of the year before `cutoff`.
    """
    first = cutoff - past.horizon - seasonal.YEAR
    rows = [n for n, origin in enumerate(past.origins) if first <= origin <= cutoff - past.horizon]
    strong = seasonal.strong(past.units[:, :cutoff], past.start)
    if OWN_SEASON not in past.forecasts or len(rows) < seasonal.YEAR // 2 or not strong.any():
        return chosen
    actual = np.array([past.actual(past.origins[row]).sum(axis=1) for row in rows])
    names = np.array([OWN_SEASON, *methods.BASELINES])
    errors = [((past.mean(name)[rows] - actual) ** 2).mean(axis=0) for name in names]
    return np.where(strong, names[np.argmin(errors, axis=0)], chosen)


def _losses(
    scores: Mapping[str, Sequence[Scores]], inside: Flags
) -> dict[str, tuple[float, float]]:
    """method -> (RMSSE, pinball) over the products `inside`; empty if nothing was judged."""
    losses = {}
    for name, rows in scores.items():
        squared = np.array([row.squared[inside] for row in rows])
        pinball = np.array([row.pinball[:, inside] for row in rows])
        if not np.isfinite(squared).any():
            return {}
        losses[name] = (float(_root_mean(squared).mean()), float(np.nanmean(pinball)))
    return losses


def _winner(losses: Mapping[str, tuple[float, float]]) -> str:
    """Least RMSSE and pinball relative to seasonal naive, among what beat both baselines."""
    if not losses:
        return "moving_average"
    rmsse, pinball = (
        min(losses[baseline][measure] for baseline in methods.BASELINES) for measure in (0, 1)
    )
    able = [
        name
        for name, (root, loss) in losses.items()
        if name in methods.BASELINES or (root <= rmsse and loss <= pinball)
    ]
    return min(
        able, key=lambda name: losses[name][0] / (rmsse or 1) + losses[name][1] / (pinball or 1)
    )


def _root_mean(squared: Floats) -> Floats:
    """(cut-offs, products) -> root mean per product that was judged at least once."""
    judged = np.isfinite(squared).any(axis=0)
    return np.asarray(np.sqrt(np.nanmean(squared[:, judged], axis=0)))


def _picked(scores: Mapping[str, Scores], picked: NDArray[np.str_]) -> Scores:
    names = list(scores)
    index = np.array([names.index(name) for name in picked])
    every = np.arange(len(picked))
    fields = {
        name: np.array([getattr(scores[method], name) for method in names]) for name in FIELDS
    }
    return Scores(
        *(
            fields[name][index, :, every].T if name == "pinball" else fields[name][index, every]
            for name in FIELDS
        )
    )
