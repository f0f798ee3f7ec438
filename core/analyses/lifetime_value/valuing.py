"""Expected orders, order value and discounted value of each customer.

    order value   shrinkage: (n m + 2 M) / (n + 2), n orders of mean m, M the shop's mean;
                  gamma_gamma: the conditional mean of the Gamma-Gamma model
    value         sum over STEPS equal steps of the horizon: expected orders of the step x order
                  value / (1 + rate)^(years to the middle of the step)

Source: Fader, Hardie & Lee (2005), JMR 42(4), on discounted expected value.
"""

from itertools import pairwise

import numpy as np
import polars as pl

from core.measures import buy_till_you_die as btyd
from core.measures.buy_till_you_die import Floats, Model

STEPS = 12
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
    if method == "gamma_gamma":
        fitted = btyd.fit_gamma_gamma(orders, mean)
        value = fitted.mean_value(orders, np.maximum(mean, 0.0))
    else:
        usual = float((orders * mean).sum() / orders.sum())
        value = (orders * mean + PRIOR_ORDERS * usual) / (orders + PRIOR_ORDERS)
    return np.maximum(value, 0.0)


def discounted_orders(model: Model, profile: pl.DataFrame, horizon: int, rate: float) -> Floats:
    """Expected orders within `horizon` days, each discounted to today."""
    x, t_x, age = btyd.histories(profile)
    edges = np.linspace(0, horizon, STEPS + 1)
    total, before = np.zeros(len(x)), np.zeros(len(x))
    for start, end in pairwise(edges.tolist()):
        upto = model.expected_orders(x, t_x, age, float(end))
        total += np.maximum(upto - before, 0.0) / (1 + rate) ** ((start + end) / 2 / 365)
        before = upto
    return total


def orders_range(model: Model, profile: pl.DataFrame, horizon: int) -> tuple[Floats, Floats]:
    """Fewest and most orders within the horizon, at 80 %, of what one customer may really do.

    With P(alive) the customer is still there and orders a negative-binomial number: Poisson at a
    rate that is Gamma(r + x, .) given the history; otherwise none.
    """
    from scipy.stats import nbinom

    x, t_x, age = btyd.histories(profile)
    alive = np.clip(model.alive(x, t_x, age), 1e-9, 1.0)
    size = model.parameters["r"] + x
    mean = np.maximum(model.expected_orders(x, t_x, age, float(horizon)) / alive, 1e-12)
    ends = []
    for share in (TAIL, 1 - TAIL):
        inside = np.clip((share - (1 - alive)) / alive, 0.0, 1.0)
        count = nbinom.ppf(inside, size, size / (size + mean))
        ends.append(np.where(inside > 0, np.maximum(count, 0.0), 0.0))
    return ends[0], ends[1]


def median_wait(model: Model, profile: pl.DataFrame) -> Floats:
    """Days until the chance of having ordered again reaches one half; NaN: not in two years."""
    x, t_x, age = btyd.histories(profile)
    chance = np.stack([model.active(x, t_x, age, float(days)) for days in LOOK_AHEAD])
    reached = chance >= 0.5
    after = np.argmax(reached, axis=0)
    rows = np.arange(len(x))
    before = np.maximum(after - 1, 0)
    low, high = chance[before, rows], chance[after, rows]
    days = np.array(LOOK_AHEAD, dtype=np.float64)
    step = (0.5 - low) / np.maximum(high - low, 1e-12)
    wait: Floats = np.where(
        reached.any(axis=0), days[before] + step * (days[after] - days[before]), np.nan
    )
    return wait


def resampled(model: Model, profile: pl.DataFrame, seed: int, refits: int) -> list[Model]:
    """The model fitted again to customers drawn with replacement, blind to their order."""
    x, t_x, age = btyd.histories(profile)
    order = np.lexsort((age, t_x, x))
    rng = np.random.default_rng(seed)
    drawn = [order[rng.integers(0, len(x), len(x))] for _ in range(refits)]
    return [btyd.fit(model.name, x[rows], t_x[rows], age[rows]) for rows in drawn]
