"""Expected orders, order value and discounted value of each customer.

    order value   shrinkage: (n m + 2 M) / (n + 2), n orders of mean m, M the shop's mean;
                  gamma_gamma: the conditional mean of the Gamma-Gamma model, where it can be
                  fitted; shrinkage otherwise
    value         sum over STEPS equal steps of the horizon: expected orders of the step x order
                  value / (1 + rate)^(years to the middle of the step)

Source: Fader, Hardie & Lee (2005), JMR 42(4), on discounted expected value.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.measures import buy_till_you_die as btyd
from core.measures.btyd_likelihoods import Floats
from core.measures.buy_till_you_die import Model, Standing

STEPS, REFITS = 6, 8
#: How many orders of the shop's mean value every customer starts with.
PRIOR_ORDERS = 2.0
#: What lies below and above the range given for one customer.
TAIL = 0.1
#: Days at which the chance of an order is looked up, to find when it reaches one half.
LOOK_AHEAD = (0, 3, 7, 14, 21, 30, 45, 60, 90, 120, 180, 270, 365, 545, 730)


def basket_values(profile: pl.DataFrame, method: str) -> Floats:
    """Expected value of a further order of each customer; never negative."""
    orders = profile["orders"].to_numpy().astype(np.float64)
    mean = profile["average_order"].to_numpy().astype(np.float64)
    fitted = btyd.fit_gamma_gamma(orders, mean) if method == "gamma_gamma" else None
    if fitted is not None:
        value = fitted.mean_value(orders, np.maximum(mean, 0.0))
    else:
        usual = float((orders * mean).sum() / orders.sum())
        value = (orders * mean + PRIOR_ORDERS * usual) / (orders + PRIOR_ORDERS)
    return np.maximum(value, 0.0)


@dataclass(frozen=True, eq=False)
class People:
    """The customers of a profile under a model, computed once per distinct history."""

    model: Model
    profile: pl.DataFrame

    @cached_property
    def _places(self) -> tuple[Standing, NDArray[np.int64]]:
        """The distinct histories, and the place of each customer's among them."""
        names = ["x", "t_x", "age"]
        columns = dict(zip(names, btyd.histories(self.profile), strict=True))
        table = pl.DataFrame(columns)
        distinct = table.unique().sort(names).with_row_index("place")
        places = table.join(distinct, on=names, how="left", maintain_order="left")["place"]
        return self.model.of(*(distinct[name].to_numpy() for name in names)), places.to_numpy()

    @property
    def standing(self) -> Standing:
        """The distinct histories."""
        return self._places[0]

    @property
    def alive(self) -> Floats:
        """P(has not stopped), of each customer."""
        return self.each(self.standing.alive)

    def active(self, horizon: float) -> Floats:
        """P(an order within the horizon), of each customer."""
        return self.each(self.standing.active(horizon))

    def expected_orders(self, horizon: float) -> Floats:
        """Expected orders within the horizon, of each customer."""
        return self.each(self.standing.expected_orders(horizon))

    def each(self, values: Floats) -> Floats:
        """Values of the distinct histories as one per customer."""
        found: Floats = values[self._places[1]]
        return found

    def discounted_orders(self, horizon: int, rate: float) -> Floats:
        """Expected orders within `horizon` days, each discounted to today."""
        edges = np.linspace(0, horizon, STEPS + 1)
        total = before = np.zeros(len(self.standing.x))
        for start, end in pairwise(edges.tolist()):
            upto = self.standing.expected_orders(end)
            years = (start + end) / 2 / 365
            total = total + np.maximum(upto - before, 0.0) / (1 + rate) ** years
            before = upto
        return self.each(total)

    def orders_range(self, horizon: int) -> tuple[Floats, Floats]:
        """Fewest and most orders within the horizon, at 80 %, of what a customer may really do.

        With P(alive) the customer is still there and orders a negative-binomial number: Poisson at
        a rate that is Gamma(r + x, .) given the history; otherwise none.
        """
        from scipy.stats import nbinom

        alive, size, mean = self._drawn(horizon)
        ends = []
        for share in (TAIL, 1 - TAIL):
            inside = np.clip((share - (1 - alive)) / alive, 0.0, 1.0)
            count = np.zeros(len(inside))
            some = inside > 0
            chance = size / (size + mean)
            count[some] = nbinom.ppf(inside[some], size[some], chance[some])
            ends.append(self.each(np.maximum(count, 0.0)))
        return ends[0], ends[1]

    def orders_variance(self, horizon: int) -> Floats:
        """Variance of the orders within the horizon, of each customer; see `orders_range`."""
        alive, size, mean = self._drawn(horizon)
        squares = alive * (mean + mean**2 / size + mean**2)
        return self.each(squares - (alive * mean) ** 2)

    def _drawn(self, horizon: int) -> tuple[Floats, Floats, Floats]:
        """P(alive), and size and mean of the orders of those who are; of the distinct histories."""
        alive: Floats = np.clip(self.standing.alive, 1e-9, 1.0)
        size = self.model.parameters["r"] + self.standing.x
        mean = np.maximum(self.standing.expected_orders(horizon) / alive, 1e-12)
        return alive, size, mean

    def median_wait(self) -> Floats:
        """Days until the chance of having ordered again is one half; NaN: not in two years."""
        chance = np.stack([self.standing.active(float(days)) for days in LOOK_AHEAD])
        reached = chance >= 0.5
        after = np.argmax(reached, axis=0)
        rows = np.arange(chance.shape[1])
        before = np.maximum(after - 1, 0)
        low, high = chance[before, rows], chance[after, rows]
        days = np.array(LOOK_AHEAD, dtype=np.float64)
        step = (0.5 - low) / np.maximum(high - low, 1e-12)
        wait: Floats = np.where(
            reached.any(axis=0), days[before] + step * (days[after] - days[before]), np.nan
        )
        return self.each(wait)


def total_spread(
    model: Model, profile: pl.DataFrame, worth: Floats, horizon: int, rate: float, seed: int
) -> float:
    """Standard error of the total value as a share of it, from REFITS models fitted again.

    Each is fitted to Poisson(count) of every distinct history, and values an even sample.
    """
    *distinct, n = btyd.grouped(*btyd.histories(profile))
    rng = np.random.default_rng(seed)
    every = max(1, profile.height // btyd.FIT_ROWS)
    order = np.lexsort((worth, *btyd.histories(profile)[::-1]))[::every]
    part, part_worth = profile[order.tolist()], worth[order]
    totals = []
    for _ in range(REFITS):
        drawn = rng.poisson(n).astype(np.float64)
        kept = drawn > 0
        refit = btyd.fit_counts(
            model.name, (*(column[kept] for column in distinct), drawn[kept]), near=model
        )
        totals.append(float(People(refit, part).discounted_orders(horizon, rate) @ part_worth))
    # At the edge of what the parameters may be, a refit may have no finite answer.
    known = [total for total in totals if np.isfinite(total)]
    return float(np.std(known, ddof=1)) / max(float(np.mean(known)), 1e-12) if known[1:] else 0.0
