"""What to order: reorder point, safety stock, quantity and status of every product.

Stock is looked at every R days and an order takes L days (mean; standard deviation s_L), so what
is on hand and on order now must last L + R days. With D the demand over L + R days, m its mean, p
the chance of no stock-out in an order cycle, from what the shop promises (see `target`):

    reorder point    s = Q_p(D), the p-quantile        order when on hand + on order < s
    safety stock     s - m
    order up to      S = s + demand over the order cycle (or the economic quantity)
    order quantity   S - on hand - on order, at least the minimum, in whole packs
    lost sales       price x (E[(D - stock)+] - E[(D_L - stock)+]): what ordering today, not at
                     the next review, keeps from being lost; D_L is the demand over L days
    stock-out day    the day by which demand as expected uses up the stock; its range: the days t
                     with P(D_t < stock) = 0.9 and 0.1, D_t spread as the demand over L + R days

A lead time that varies adds (s_L / (L + R))^2 to the dispersion of D.
Source: Silver, Pyke & Thomas (2017), Inventory and Production Management in Supply Chains, ch. 6-7.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.analyses.inventory import purchase, quantiles, target
from core.analyses.inventory.config import Config
from core.analyses.inventory.quantiles import Grouped
from core.analyses.inventory.rest import Rest
from core.analyses.inventory.target import Stake

Floats = NDArray[np.float64]

DAY_RATE, DAYS = 28, 365
LONGEST_COVER, FOREVER = 730, 3650
SERVICE_LEVELS = (0.7, 0.8, 0.85, 0.9, 0.95, 0.975, 0.99)


@dataclass(frozen=True, eq=False)
class Needed:
    """Demand to be covered, per product. protection, lead: mean units over L + R and L days.

    quantiles at the service level, 10 % and 90 % over L + R and L days; dispersion over L + R, and
    of demand alone, in a time that is certain; by_level: (levels, products) reorder points at each
    of SERVICE_LEVELS.
    """

    protection: Floats
    lead: Floats
    reorder_point: Floats
    low: Floats
    high: Floats
    lead_low: Floats
    lead_high: Floats
    dispersion: Floats
    of_demand: Floats
    by_level: Floats


def demand_over(weekly: Floats, days: Floats) -> Floats:
    """(products,) mean units over the next `days` days of (products, weeks) forecasts."""
    total = np.concatenate([np.zeros((len(weekly), 1)), weekly.cumsum(axis=1)], axis=1)
    whole = np.minimum((days // 7).astype(np.intp), weekly.shape[1] - 1)
    rows = np.arange(len(weekly))
    return np.asarray(total[rows, whole] + weekly[rows, whole] * (days / 7 - whole))


def needed(
    weekly: Floats, lead: Floats, lead_sd: Floats, spread: Grouped, at: Stake, config: Config
) -> Needed:
    """What the products must have in stock until an order placed at the next review arrives."""
    days = lead + config.review_days
    wider = spread.widened((lead_sd / days) ** 2)
    protection, during = demand_over(weekly, days), demand_over(weekly, lead)

    def point(config: Config, setting: float) -> Floats:
        levels = target.levels(config, setting, protection, wider.dispersion, at)
        return np.where(protection > 0, wider.quantile(protection, levels), 0.0)

    by_service = target.by_service(config)
    return Needed(
        protection=protection,
        lead=during,
        reorder_point=point(config, target.in_force(config)),
        low=wider.quantile(protection, 0.1),
        high=wider.quantile(protection, 0.9),
        lead_low=wider.quantile(during, 0.1),
        lead_high=wider.quantile(during, 0.9),
        dispersion=wider.dispersion,
        of_demand=spread.dispersion,
        by_level=np.array([point(by_service, level) for level in SERVICE_LEVELS]),
    )


def trade_off(need: Needed, at: Stake, worth: Floats) -> pl.DataFrame:
    """One row per service level: the safety stock it takes and the share of demand it serves.

    at: what one order brings and a year takes. worth: (products,) value of one unit, nan where
    unknown. Columns: service_level, safety_stock (units), safety_stock_value, fill_rate.
    """
    rows = []
    for level, point in zip(SERVICE_LEVELS, need.by_level, strict=True):
        safety = np.maximum(point - need.protection, 0.0)
        short = quantiles.expected_excess(need.protection, need.dispersion, point)
        rows.append(
            {
                "service_level": level,
                "safety_stock": float(safety.sum()),
                "safety_stock_value": float((safety * np.nan_to_num(worth)).sum()),
                "fill_rate": _served(short, at),
            }
        )
    return pl.DataFrame(rows)


def _served(short: Floats, at: Stake) -> float:
    """Share of a year's units that is served where `short` are lost with each order."""
    asked = np.maximum(at.order + short, 1e-9)
    return 1 - float((at.year * short / asked).sum()) / max(float(at.year.sum()), 1e-9)


def stake(products: pl.DataFrame, weekly: Floats, config: Config) -> Stake:
    """What is at stake with each of `products`."""
    price, cost = (
        products[name].cast(pl.Float64).fill_null(np.nan).to_numpy()
        for name in ("price", "unit_cost")
    )
    per_day = daily(weekly)
    order = order_cycle(weekly, per_day, cost, config)
    return target.stake(order, DAYS * per_day, price, cost, config)


def daily(weekly: Floats) -> Floats:
    """(products,) mean units a day over the next four weeks."""
    return demand_over(weekly, np.full(len(weekly), float(DAY_RATE))) / DAY_RATE


def order_cycle(weekly: Floats, per_day: Floats, cost: Floats, config: Config) -> Floats:
    """(products,) units that one order brings beyond the reorder point: the economic quantity
    where there is one, demand over the order cycle elsewhere.
    """
    usual = demand_over(weekly, np.full(len(weekly), float(config.order_cycle_days)))
    economic = economic_quantity(per_day, cost, config)
    return np.where(np.isnan(economic), usual, economic)


def economic_quantity(per_day: Floats, cost: Floats, config: Config) -> Floats:
    """(products,) sqrt(2 x demand x order cost / holding cost); nan without an order cost or a unit
    cost. Source: Harris (1913).
    """
    holding = config.holding_rate * cost
    priced = (config.order_cost > 0) & (holding > 0)
    economic = np.sqrt(2 * DAYS * per_day * config.order_cost / np.where(priced, holding, 1.0))
    return np.where(priced, economic, np.nan)


def table(
    products: pl.DataFrame, weekly: Floats, need: Needed, season: Rest, config: Config
) -> pl.DataFrame:
    """One row per product: `products` (with its stock, null where unknown) and what to order.

    Out of season nothing is ordered, and stock is too much only beyond what the season takes.
    """
    on_hand, on_order = (products[name].to_numpy() for name in ("on_hand", "on_order"))
    position = on_hand + np.nan_to_num(on_order)
    per_day = daily(weekly)
    cost = products["unit_cost"].to_numpy()
    cycle = order_cycle(weekly, per_day, cost, config)
    idle = _idle(products, config) & ~season.awaited
    still = idle | season.resting
    reorder_point = np.where(still, 0.0, need.reorder_point)
    up_to = np.ceil(reorder_point + np.where(still, 0.0, cycle))
    plenty = per_day * config.overstock_days
    plenty = np.where(season.awaited | season.resting, np.maximum(plenty, season.coming), plenty)
    wanted = np.where(season.resting, 0.0, per_day)
    status = _status(position, on_hand, wanted, reorder_point, up_to, plenty, idle, config)
    terms = purchase.terms(products)
    quantity = terms.rounded(np.where(status == "order_now", up_to - position, 0.0))
    spare = position + quantity - reorder_point
    active = np.where(idle, 0.0, wanted)
    quantity = purchase.topped_up(
        quantity, spare=spare, room=plenty - position, per_day=active, terms=terms
    )
    if config.order_budget is not None:
        quantity = purchase.within_budget(
            quantity, position, need.protection, need.dispersion, terms, config.order_budget
        )
    lost, low, high = _lost(need, position, status == "order_now")
    return products.with_columns(
        demand_per_day=pl.Series(per_day.round(6)),
        safety_stock=pl.Series(np.maximum(reorder_point - need.protection, 0.0).round(6)),
        reorder_point=pl.Series(reorder_point),
        order_up_to=pl.Series(up_to),
        economic_quantity=_known(np.ceil(economic_quantity(per_day, cost, config))),
        order_quantity=_known(np.where(np.isnan(position), np.nan, quantity)),
        **_cover(on_hand, weekly, need),
        status=pl.Series(status, dtype=pl.String).replace("", None),
        excess_units=_known(_excess(status, on_hand, plenty)),
        lost_units=_known(lost),
        lost_units_low=_known(low),
        lost_units_high=_known(high),
    )


def _cover(on_hand: Floats, weekly: Floats, need: Needed) -> dict[str, pl.Series]:
    """The days that what is on hand lasts, with their range."""
    early, late = (
        lasting(quantiles.lasting_demand(np.nan_to_num(on_hand), need.of_demand, level), weekly)
        for level in (0.9, 0.1)
    )
    counted = np.where(np.isnan(on_hand), np.nan, 1.0)
    return {
        "days_of_cover": _known(lasting(np.maximum(on_hand, 0), weekly).round(3)),
        "days_of_cover_low": _known(np.floor(early) * counted),
        "days_of_cover_high": _known(np.ceil(late) * counted),
    }


def _excess(status: NDArray[np.str_], on_hand: Floats, plenty: Floats) -> Floats:
    """Units beyond what is plenty; of dead stock all of them."""
    beyond = np.where(status == "overstock", np.maximum(on_hand - plenty, 0.0), 0.0)
    return np.where(np.isnan(on_hand), np.nan, np.where(status == "dead", on_hand, beyond))


def lasting(units: Floats, weekly: Floats) -> Floats:
    """Days in which the expected demand of (products, weeks), and then its mean, uses up `units`;
    nan where that is for ever.
    """
    rate = np.column_stack([weekly, weekly.mean(axis=1)]) / 7
    before = np.column_stack([np.zeros(len(weekly)), weekly.cumsum(axis=1)])
    week = (before[:, 1:] < units[:, None]).sum(axis=1)
    rows = np.arange(len(weekly))
    left = np.maximum(units - before[rows, week], 0.0)
    days = 7 * week + np.divide(
        left, rate[rows, week], out=np.zeros_like(left), where=rate[rows, week] > 0
    )
    never = (rate[:, -1] <= 0) | (days > FOREVER) | np.isnan(units)
    return np.where(never, np.nan, days)


def _idle(products: pl.DataFrame, config: Config) -> NDArray[np.bool_]:
    """No sale for `dead_after_days`, and for four times the product's usual gap between sales."""
    silent, days = products["last_days_ago"].to_numpy(), products["sale_days"].to_numpy()
    active = (products["last_sale"] - products["first_sale"]).dt.total_days().to_numpy()
    gap = active / np.maximum(days - 1, 1)
    return np.asarray((silent >= config.dead_after_days) & (silent >= 4 * gap))


def _status(
    position: Floats,
    on_hand: Floats,
    per_day: Floats,
    reorder_point: Floats,
    up_to: Floats,
    plenty: Floats,
    idle: NDArray[np.bool_],
    config: Config,
) -> NDArray[np.str_]:
    """Empty where the stock is not known."""
    soon = np.maximum(position - per_day * config.review_days, 0) < reorder_point
    over = (on_hand > plenty) & (on_hand > up_to)
    return np.select(
        [np.isnan(position), idle & (on_hand > 0), idle, position < reorder_point, soon, over],
        ["", "dead", "ok", "order_now", "order_soon", "overstock"],
        "ok",
    )


def _lost(need: Needed, position: Floats, now: NDArray[np.bool_]) -> tuple[Floats, Floats, Floats]:
    """Units (mean, at the 10 % and at the 90 % quantile of demand) that waiting would lose."""
    stock = np.nan_to_num(np.maximum(position, 0.0))
    beyond = quantiles.expected_excess(need.protection, need.dispersion, stock)
    anyway = quantiles.expected_excess(need.lead, need.dispersion, stock)
    mean = np.maximum(beyond - anyway, 0.0)
    low, high = (
        np.maximum(np.maximum(total - stock, 0.0) - np.maximum(during - stock, 0.0), 0.0)
        for total, during in ((need.low, need.lead_low), (need.high, need.lead_high))
    )
    known = np.where(np.isnan(position), np.nan, np.where(now, 1.0, 0.0))
    return mean * known, np.minimum(low, mean) * known, np.maximum(high, mean) * known


def _known(values: Floats) -> pl.Series:
    return pl.Series(values, nan_to_null=True)
