"""The books of a replayed year: stock, orders on their way, sales lost, week by week.

Goods that arrive are put on the shelf, demand is served as far as stock reaches (the rest is
lost), and in a review week each policy has ordered before. An order takes its product's own lead
time in whole weeks, drawn anew for every order where the stock table gives its spread: the same
draws for every policy. It comes in whole packs, of at least the minimum order; what a supplier's
order must be worth, and a budget, are not replayed.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.analyses.inventory import backtest, purchase
from core.analyses.inventory.config import Config
from core.analyses.inventory.demand import Demand
from core.analyses.inventory.purchase import Terms

Floats = NDArray[np.float64]
Counts = NDArray[np.intp]
#: week -> (reorder points, order-up-to levels), each (settings, products)
Rule = Callable[[int], tuple[Floats, Floats]]

YEAR, WARM_UP = 52, 16
LONGEST_LEAD = 26
#: Cost as a share of the price, where one of them is not known.
USUAL_COST = 0.5


@dataclass(frozen=True, eq=False)
class Shop:
    """What the replayed weeks share. lead: (products,) mean weeks an order takes; taken: (weeks,
    products) weeks that an order placed then took; review: weeks between orders; cost, price:
    (products,) per unit; lead_sd: days; terms: packs and minimum orders.
    """

    demand: Demand
    first: int
    lead: Counts
    taken: Counts
    review: int
    cost: Floats
    price: Floats
    lead_sd: Floats
    terms: Terms

    @property
    def span(self) -> Counts:
        """(products,) weeks that an order must last: lead time and review."""
        return self.lead + self.review

    @property
    def days(self) -> Floats:
        """(products,) the same in days."""
        return np.asarray(self.span * 7.0, dtype=np.float64)

    def active(self, week: int) -> NDArray[np.bool_]:
        """(products,) on sale long enough to be ordered by any policy."""
        return np.asarray(week - self.demand.start >= backtest.MIN_AGE)


def shop(known: Demand, products: pl.DataFrame, config: Config) -> Shop:
    """The shop as its stock table describes it."""
    known_price = pl.coalesce("price", pl.col("unit_cost") / USUAL_COST, 1.0)
    price = products.select(known_price).to_series().to_numpy()
    cost = products.select(pl.coalesce("unit_cost", known_price * USUAL_COST)).to_series()
    days, spread = (products[name].to_numpy() for name in ("lead_time_days", "lead_time_sd_days"))
    drawn = np.random.default_rng(0).standard_normal((known.weeks, len(days)))
    return Shop(
        demand=known,
        first=max(known.weeks - YEAR, WARM_UP),
        lead=_weeks(days),
        taken=_weeks(days + spread * drawn),
        review=int(_weeks(np.array([config.review_days]))[0]),
        cost=cost.to_numpy(),
        price=price,
        lead_sd=spread,
        terms=purchase.terms(products),
    )


def _weeks(days: Floats) -> Counts:
    return np.clip(np.rint(days / 7), 1, LONGEST_LEAD).astype(np.intp)


def replay(shop: Shop, rule: Rule, settings: tuple[float, ...], config: Config) -> pl.DataFrame:
    """One row per setting: what the year would have brought."""
    units, shape = shop.demand.units, (len(settings), len(shop.demand.units))
    every, slots = np.arange(shape[1]), int(shop.taken.max()) + 1
    on_hand, on_way, started = np.zeros(shape), np.zeros(shape), np.zeros(shape[1], dtype=bool)
    arriving = np.zeros((slots, shape[1], shape[0]))
    totals = {name: np.zeros(len(settings)) for name in TOTALS}
    for week in range(shop.first, shop.demand.weeks):
        points, up_to = rule(week)
        active = shop.active(week)
        on_hand[:, active & ~started] = up_to[:, active & ~started]
        started |= active
        arrived = arriving[week % slots].T.copy()
        arriving[week % slots] = 0.0
        on_hand, on_way = on_hand + arrived, on_way - arrived
        order = np.zeros(shape)
        if (week - shop.first) % shop.review == 0:
            position = on_hand + on_way
            wanted = np.where((position < points) & active, up_to - position, 0.0)
            order = shop.terms.rounded(wanted)
            arriving[(week + shop.taken[week]) % slots, every] += order.T
            on_way = on_way + order
        asked = np.where(active, units[:, week], 0.0)
        served = np.minimum(on_hand, asked)
        on_hand = on_hand - served
        _add(totals, shop, (asked, served, on_hand, order))
    return _summary(totals, shop, config)


TOTALS = ("asked", "served", "lost_revenue", "lost_margin", "units", "value", "stockouts", "orders")


def _add(totals: dict[str, Floats], shop: Shop, week: tuple[Floats, ...]) -> None:
    asked, served, on_hand, order = week
    lost = asked - served
    totals["asked"] += asked.sum()
    totals["served"] += served.sum(axis=1)
    totals["lost_revenue"] += lost @ shop.price
    totals["lost_margin"] += lost @ np.maximum(shop.price - shop.cost, 0.0)
    totals["units"] += on_hand.sum(axis=1)
    totals["value"] += on_hand @ shop.cost
    totals["stockouts"] += (lost > 0).sum(axis=1)
    totals["orders"] += (order > 0).sum(axis=1)


def _summary(totals: dict[str, Floats], shop: Shop, config: Config) -> pl.DataFrame:
    weeks = shop.demand.weeks - shop.first
    value, years = totals["value"] / weeks, weeks / YEAR
    running = totals["lost_margin"] + config.order_cost * totals["orders"]
    return pl.DataFrame(
        {
            "fill_rate": totals["served"] / np.maximum(totals["asked"], 1e-9),
            "stock_units": totals["units"] / weeks,
            "stock_value": value,
            "stockouts": totals["stockouts"].astype(np.int64),
            "orders": totals["orders"].astype(np.int64),
            "lost_revenue": totals["lost_revenue"],
            "cost": config.holding_rate * value + running / years,
        }
    )
