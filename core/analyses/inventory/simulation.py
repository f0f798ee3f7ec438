"""Proof in money: the last year again, with lost sales, under three ways of ordering.

Week by week, with only what was known then: goods ordered L weeks ago arrive, demand is served as
far as stock reaches (the rest is lost), then each policy orders.

    forecast         order when stock + on order < s = Q_p(demand over L + 1 weeks), up to
                     s + demand over the order cycle; Q_p as in `quantiles`, refitted every month,
                     of the combination of methods, so that none is chosen in hindsight (of a
                     product's own season where the year before the replay spoke for it)
    seasonal_naive   the same with seasonal naive as the forecast: the same service is asked for
    rule_of_thumb    order up to w + 4 weeks' average demand when stock + on order covers fewer
                     than w weeks (w = 2 is the usual rule), average of the last eight weeks

    fill rate   units sold / units asked for        cost   holding rate x stock x unit cost + margin
                                                           lost + order cost x orders, per year

A product takes part from its ninth week; each policy starts with what it would order up to. What
is taken for demand is what was sold: sales lost to real stock-outs are not known.
Source: Petropoulos, Wang & Disney (2019), Int. J. of Forecasting 35(1) (forecasts judged by stock).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.analyses.inventory import backtest, demand, methods, policy, stock
from core.analyses.inventory.backtest import History
from core.analyses.inventory.config import NEEDS, Config
from core.analyses.inventory.demand import Demand
from core.analyses.inventory.quantiles import Spread
from core.dataset import Dataset
from core.errors import NotEnoughDataError
from core.finding import Finding

Floats = NDArray[np.float64]
#: week -> (reorder points, order-up-to levels), each (settings, products)
Rule = Callable[[int], tuple[Floats, Floats]]

YEAR, WARM_UP, REFIT = 52, 16, 4
FEWEST_WEEKS = 12
LEVELS = (0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99)
TRIGGERS = (1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0)
FORECAST, SEASONAL, THUMB = "forecast", "seasonal_naive", "rule_of_thumb"
USUAL_TRIGGER, BATCH, AVERAGED = 2.0, 4, 8
#: Cost as a share of the price, where it is not known.
USUAL_COST = 0.5


@dataclass(frozen=True, eq=False)
class Simulation:
    """How three policies would have done.

    frontier: one row per policy and setting (service level, or weeks left) - fill_rate,
        stock_units (mean), stock_value (mean, at cost), stockouts (product-weeks with lost demand),
        orders, lost_revenue, cost (per year), chosen (the setting in force, or the usual rule).
    saved: rival -> share of stock value that the forecast saves against it at the forecast's own
        fill rate; None where the rival never reaches it.
    """

    frontier: pl.DataFrame
    weeks: int
    products: int
    saved: Mapping[str, float | None]

    def explain(self) -> list[Finding]:
        """What the forecast would have brought against the rules a shop uses."""
        rows = {row["policy"]: row for row in self.frontier.filter("chosen").to_dicts()}
        ours, rule = rows[FORECAST], rows[THUMB]
        found = [
            Finding(
                "Over the last {weeks:integer} weeks ordering by forecast would have filled "
                "{fill:percent} of the units asked for, with {stock:money} of stock on average; "
                "the usual rule of thumb {rule_fill:percent} with {rule_stock:money}.",
                {
                    "weeks": self.weeks,
                    "fill": ours["fill_rate"],
                    "stock": ours["stock_value"],
                    "rule_fill": rule["fill_rate"],
                    "rule_stock": rule["stock_value"],
                },
            )
        ]
        return found + [_saving(rival, saved) for rival, saved in self.saved.items()]


def _saving(rival: str, saved: float | None) -> Finding:
    if saved is None:
        return Finding("{rival:label} reaches no such fill rate here.", {"rival": rival})
    if saved > 0:
        return Finding(
            "To fill as many units, {rival:label} would have needed more stock: the forecast saves "
            "{saved:percent}.",
            {"rival": rival, "saved": saved},
        )
    return Finding(
        "To fill as many units, {rival:label} would have done with {more:percent} less stock.",
        {"rival": rival, "more": -saved / (1 - saved)},
        "caution",
    )


@dataclass(frozen=True, eq=False)
class Shop:
    """What the simulated weeks share. lead: whole weeks; cost, price: (products,) per unit."""

    demand: Demand
    first: int
    lead: int
    cost: Floats
    price: Floats

    def active(self, week: int) -> NDArray[np.bool_]:
        """(products,) on sale long enough to be ordered by any policy."""
        return np.asarray(week - self.demand.start >= backtest.MIN_AGE)


def simulate(dataset: Dataset, config: Config) -> Simulation:
    """Replay the last year of `dataset` under the three policies."""
    dataset.require(NEEDS.columns)
    as_of = dataset.day(config.as_of)
    known = demand.weekly(dataset.until(config.as_of), as_of, infer=config.infer_stockouts)
    shop = _shop(known, stock.join(known.products, dataset, config), config)
    if known.weeks - shop.first < FEWEST_WEEKS:
        raise NotEnoughDataError(
            "Replaying the past needs {need} weeks of sales; there are {have}.",
            need=FEWEST_WEEKS + WARM_UP,
            have=known.weeks,
        )
    frontier = pl.concat(
        _replay(shop, rule, settings, config).with_columns(
            policy=pl.lit(name),
            setting=pl.Series(settings),
            chosen=pl.Series(settings)
            == (USUAL_TRIGGER if name == THUMB else config.service_level),
        )
        for name, (settings, rule) in _rules(shop, config).items()
    )
    return Simulation(
        frontier=frontier.select("policy", "setting", pl.exclude("policy", "setting")),
        weeks=known.weeks - shop.first,
        products=len(known.products),
        saved={rival: compare(frontier, rival) for rival in (SEASONAL, THUMB)},
    )


def _rules(shop: Shop, config: Config) -> dict[str, tuple[tuple[float, ...], Rule]]:
    """Policy -> its settings and what it does in a week."""
    known, span, cycle = shop.demand, shop.lead + 1, config.order_cycle_days / 7
    past = backtest.history(
        known,
        max(span, int(np.ceil(cycle))),
        methods.compared("usual", SEASONAL, shop.first),
        reach=known.weeks - shop.first + backtest.LOOK_BACK + span,
    )
    levels = tuple(sorted({*LEVELS, config.service_level}))
    combined = np.full(len(known.units), "combination", dtype="U24")
    chosen = backtest.seasonal_choice(past.within(span), shop.first, combined)
    naive = np.full(len(known.units), SEASONAL, dtype="U24")
    return {
        FORECAST: (levels, _quantile_rule(past, chosen, span, cycle, levels)),
        SEASONAL: (levels, _quantile_rule(past, naive, span, cycle, levels)),
        THUMB: (TRIGGERS, _thumb_rule(known)),
    }


def _shop(known: Demand, products: pl.DataFrame, config: Config) -> Shop:
    price = products["price"].fill_null(1.0).to_numpy()
    cost = products.select(pl.coalesce("unit_cost", pl.col("price") * USUAL_COST)).to_series()
    return Shop(
        demand=known,
        first=max(known.weeks - YEAR, WARM_UP),
        lead=max(1, round(config.lead_time_days / 7)),
        cost=cost.fill_null(USUAL_COST).to_numpy(),
        price=price,
    )


def _quantile_rule(
    past: History,
    chosen: NDArray[np.str_],
    span: int,
    cycle: float,
    levels: tuple[float, ...],
) -> Rule:
    """Reorder points from the forecast's quantiles, its spread refitted every month."""
    window = past.within(span)
    made = past.following(chosen)
    total = made[:, :, :span].sum(axis=2)
    kept: dict[int, Spread] = {}

    def rule(week: int) -> tuple[Floats, Floats]:
        month = week // REFIT
        if month not in kept:
            kept.clear()
            kept[month] = backtest.spread(window, total, week)
        row = past.origins.index(week)
        spread = kept[month]
        weekly = made[row]
        ahead = policy.demand_over(weekly, np.full(len(weekly), 7 * cycle))
        points = np.array([spread.quantile(total[row], level) for level in levels])
        points = np.where(total[row] > backtest.LEAST_DEMAND, points, 0.0)
        return points, np.ceil(points + ahead)

    return rule


def _thumb_rule(known: Demand) -> Rule:
    """Order four weeks' average when fewer than w weeks are left."""

    def rule(week: int) -> tuple[Floats, Floats]:
        average = known.units[:, max(week - AVERAGED, 0) : week].mean(axis=1)
        points = np.asarray(TRIGGERS)[:, None] * average
        return points, np.ceil(points + BATCH * average)

    return rule


def _replay(shop: Shop, rule: Rule, settings: tuple[float, ...], config: Config) -> pl.DataFrame:
    """One row per setting: what the year would have brought."""
    units, shape = shop.demand.units, (len(settings), len(shop.demand.units))
    on_hand, started = np.zeros(shape), np.zeros(shape[1], dtype=bool)
    arriving = np.zeros((shop.lead, *shape))
    totals = {name: np.zeros(len(settings)) for name in TOTALS}
    for week in range(shop.first, shop.demand.weeks):
        points, up_to = rule(week)
        active = shop.active(week)
        on_hand[:, active & ~started] = up_to[:, active & ~started]
        started |= active
        asked = np.where(active, units[:, week], 0.0)
        on_hand += arriving[0]
        arriving = np.concatenate([arriving[1:], np.zeros((1, *shape))])
        position = on_hand + arriving.sum(axis=0)
        order = np.where((position < points) & active, up_to - position, 0.0)
        arriving[-1] += np.maximum(order, 0.0)
        served = np.minimum(on_hand, asked)
        on_hand -= served
        lost = asked - served
        _add(totals, shop, (asked, served, lost, on_hand, order))
    return _summary(totals, shop, config)


TOTALS = ("asked", "served", "lost_revenue", "lost_margin", "units", "value", "stockouts", "orders")


def _add(totals: dict[str, Floats], shop: Shop, week: tuple[Floats, ...]) -> None:
    asked, served, lost, on_hand, order = week
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


def compare(frontier: pl.DataFrame, rival: str) -> float | None:
    """Share of stock value saved against `rival` set so that it fills as many units.

    The rival's stock is read between its settings; None where it never fills as many, or so few.
    """
    ours = frontier.filter(pl.col("policy") == FORECAST, "chosen").row(0, named=True)
    theirs = frontier.filter(pl.col("policy") == rival).sort("fill_rate")
    fill = theirs["fill_rate"].to_numpy()
    if not fill[0] <= ours["fill_rate"] <= fill[-1]:
        return None
    needed = float(np.interp(ours["fill_rate"], fill, theirs["stock_value"].to_numpy()))
    return 1 - ours["stock_value"] / needed if needed > 0 else None
