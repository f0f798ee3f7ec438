"""What the shop promises: how safe each product's reorder point must be.

With D the demand over lead time and review (negative binomial: mean m, dispersion d), Q the units
of one order, A the units of a year, h the holding cost of a unit and year, b the cost of a unit
not served, the reorder point is the p-quantile of D:

    cycle service   p as set: the chance that an order cycle passes without a stock-out
    fill rate       E[(D - s)+] = Q (1 - f) / f, p = P(D <= s): the share f of units is served
    cost            p = b A / (b A + h Q): one more unit in stock costs what it saves (newsvendor,
                    lost sales; b is the margin where both price and cost are known)

Source: Silver, Pyke & Thomas (2017), Inventory and Production Management in Supply Chains, ch. 6.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.analyses.inventory import quantiles
from core.analyses.inventory.config import Config

Floats = NDArray[np.float64]

LEAST, HIGHEST = 0.05, 0.9995
#: Margin as a share of the price where the cost is not known.
USUAL_MARGIN = 0.5
STEPS = 8


@dataclass(frozen=True, eq=False)
class Stake:
    """Per product. order: units one order brings. year: units a year. holding: money that keeping
    one unit for a year costs. out: money that one unit not served costs.
    """

    order: Floats
    year: Floats
    holding: Floats
    out: Floats


def stake(order: Floats, year: Floats, price: Floats, cost: Floats, config: Config) -> Stake:
    """What is at stake; a price or cost that is not known (nan) counts as the usual margin."""
    price = np.where(np.isnan(price), np.where(np.isnan(cost), 1.0, cost / USUAL_MARGIN), price)
    cost = np.where(np.isnan(cost), price * USUAL_MARGIN, cost)
    margin = np.maximum(price - cost, 0.0)
    set_by_hand = config.out_of_stock_cost
    out = margin if set_by_hand is None else set_by_hand * price
    return Stake(order, year, config.holding_rate * cost, out)


def in_force(config: Config) -> float:
    """The setting that `config` asks for."""
    return 1.0 if config.service_measure == "cost_of_being_out" else config.service_level


def by_service(config: Config) -> Config:
    """`config`, but with a service level to vary."""
    if config.service_measure == "cost_of_being_out":
        return config.with_values(service_measure="cycle_service")
    return config


def levels(config: Config, setting: float, mean: Floats, dispersion: Floats, at: Stake) -> Floats:
    """(products,) p of the reorder point.

    setting: the service level; for the cost of being out, the times that being out counts.
    """
    if config.service_measure == "cycle_service":
        return np.full(len(mean), setting)
    if config.service_measure == "fill_rate":
        return _filling(setting, mean, dispersion, at)
    saved = setting * at.out * at.year
    spent = np.maximum(at.holding * at.order, 1e-9)
    return np.clip(saved / (saved + spent), LEAST, HIGHEST)


def _filling(share: float, mean: Floats, dispersion: Floats, at: Stake) -> Floats:
    """Newton's method on the convex E[(D - s)+], from below."""
    allowed = at.order * (1 - share) / share
    stock = np.maximum(mean - allowed, 0.0)
    for _ in range(STEPS):
        excess, beyond = quantiles.excess(mean, dispersion, stock)
        stock = np.maximum(stock + (excess - allowed) / np.maximum(beyond, 1e-9), 0.0)
    return np.clip(1 - quantiles.excess(mean, dispersion, stock)[1], LEAST, HIGHEST)
