"""What is in each order: tastes, favourites, seasons, companions, the bundle, what was in stock."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sample_data import plan
from sample_data.arrivals import Arrivals, Calendar, Floats, Ints

TASTES = ("espresso", "filter", "tea")


@dataclass(frozen=True, eq=False)
class Demand:
    """`weights`: how much each product is wanted, (week, taste, product); 0 when not on sale."""

    products: pl.DataFrame
    weights: Floats

    @property
    def on_sale(self) -> NDArray[np.bool_]:
        """(week, product): whether it could be bought."""
        return np.asarray(self.weights.sum(axis=1) > 0)

    def index(self, products: tuple[str, ...]) -> Ints:
        """Position of each product id."""
        ids = self.products["product_id"].to_list()
        return np.array([ids.index(p) for p in products], dtype=np.int64)


def demand(products: pl.DataFrame, calendar: Calendar, *, seasons: bool, tastes: bool) -> Demand:
    """How much each product is wanted in each week by each taste."""
    weeks = -(-calendar.days // 7)
    month = calendar.months[np.minimum(np.arange(weeks) * 7 + 3, calendar.days - 1)] - 1
    weights = np.repeat(products["popularity"].to_numpy()[None, :], weeks, axis=0).astype(float)
    if seasons:
        for name, by_month in plan.SEASON.items():
            weights[:, (products["season"] == name).to_numpy()] *= np.array(by_month)[month, None]
    own = products["taste"].to_numpy()
    factor = np.stack([np.where(own == t, 2.2, np.where(own == "", 1.0, 0.45)) for t in TASTES])
    result = Demand(products, weights[:, None, :] * (factor if tastes else factor * 0 + 1)[None])
    _plant_windows(result, calendar, seasons=seasons)
    return result


def _plant_windows(demand: Demand, calendar: Calendar, *, seasons: bool) -> None:
    """The promotion, the stock-out and the ends of the dead products, in place."""
    monday = calendar.first

    def weeks(window: plan.Window) -> slice:
        return slice((window.start - monday).days // 7, (window.end - monday).days // 7 + 1)

    if seasons:
        promoted = demand.index(plan.PROMOTION.products)
        demand.weights[weeks(plan.PROMOTION), :, promoted] *= plan.PROMOTION.uplift
    demand.weights[weeks(plan.STOCK_OUT), :, demand.index(plan.STOCK_OUT.products)] = 0
    gone = (plan.DEAD_SINCE - monday).days // 7 + 1
    demand.weights[gone:, :, demand.index(plan.DEAD)] = 0


def favourites(rng: np.random.Generator, demand: Demand, taste: Ints) -> Ints:
    """Two consumables per customer, by taste: (customer, 2) product positions."""
    steady = (demand.products["consumable"] == 1) & (demand.products["season"] == "")
    usual = demand.weights.mean(axis=0) * steady.to_numpy()
    cumulative = (usual.cumsum(axis=1) / usual.sum(axis=1, keepdims=True)).ravel()
    slots = np.repeat(taste[:, None], 2, axis=1)
    return _draw(rng, cumulative, slots, len(usual[0]))


def baskets(
    rng: np.random.Generator,
    orders: Arrivals,
    demand: Demand,
    taste: Ints,
    favourite: Ints | None,
    *,
    trade: int,
) -> tuple[Ints, Ints]:
    """(order, product), one entry per line, each pair once, sorted.

    taste: per order. favourite: (customer, 2); None plants no affinity at all. trade: the index of
    the trade customer, whose orders are longer.
    """
    week = (orders.moment // 7).astype(np.int64)
    seeds = 1 + rng.poisson(0.95, len(week)) + 3 * (orders.customer == trade)
    order = np.repeat(np.arange(len(week)), seeds)
    products = demand.weights.shape[2]
    totals = demand.weights.sum(axis=2, keepdims=True)
    cumulative = (demand.weights.cumsum(axis=2) / totals).ravel()
    product = _draw(rng, cumulative, (week * len(TASTES) + taste)[order], products)
    if favourite is not None:
        product = _prefer(rng, orders, order, product, favourite)
        order, product = _with_companions(rng, demand, order, product, len(week))
    available = demand.on_sale[week[order], product]
    line = order[available] * products + product[available]
    line.sort()  # several times faster than np.unique on tens of millions
    return np.divmod(line[np.diff(line, prepend=-1) > 0], products)


def _draw(rng: np.random.Generator, cumulative: Floats, slot: Ints, products: int) -> Ints:
    """One product per entry of `slot`, by that slot's weights."""
    rows = len(cumulative) // products
    shifted = cumulative + np.repeat(np.arange(rows), products)
    found = np.searchsorted(shifted, slot + rng.random(slot.shape), side="right")
    return np.asarray(np.minimum(found, slot * products + products - 1) - slot * products)


def _prefer(
    rng: np.random.Generator, orders: Arrivals, order: Ints, product: Ints, favourite: Ints
) -> Ints:
    """On repeat orders, a share of the lines become one of the customer's favourites."""
    chosen = orders.repeat[order] & (rng.random(len(order)) < plan.FAVOURITE)
    which = rng.integers(0, 2, int(chosen.sum()))
    product[chosen] = favourite[orders.customer[order[chosen]], which]
    return product


def _with_companions(
    rng: np.random.Generator, demand: Demand, order: Ints, product: Ints, orders: int
) -> tuple[Ints, Ints]:
    """The lines plus each planted pair's second product and the bundles."""
    more = [(order, product)]
    for pair in plan.PAIRS:
        first, second = demand.index((pair.first, pair.second))
        with_it = order[(product == first) & (rng.random(len(order)) < pair.probability)]
        more.append((with_it, np.full(len(with_it), second)))
    bundled = np.flatnonzero(rng.random(orders) < plan.BUNDLE_SHARE)
    more += [(bundled, np.full(len(bundled), item)) for item in demand.index(plan.BUNDLE)]
    return np.concatenate([o for o, _ in more]), np.concatenate([p for _, p in more])
