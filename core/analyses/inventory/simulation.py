"""Proof in money: the last year again, with lost sales, under three ways of ordering.

Week by week, with only what was known then, but for today's costs, prices and lead times, and for
returns, which come off the sales they undo (the books are kept in `replay`):

    forecast         order when stock + on order < s = Q_p(demand over L + R weeks), up to
                     s + demand over the order cycle; L of each product, p by the shop's promise
                     (`target`); spread, seasons and p anew every month, of the method set, or of
                     the combination of all kinds, so that none is chosen in hindsight (of a
                     product's own season where the year before spoke for it)
    seasonal_naive   the same with seasonal naive as the forecast: the same promise
    rule_of_thumb    order up to w + 4 weeks' average demand when stock + on order covers fewer
                     than w weeks (w = 2 is the usual rule), average of the last eight weeks

    fill rate   units sold / units asked for        cost   holding rate x stock x unit cost + margin
                                                           lost + order cost x orders, per year

A product takes part from its ninth week; each policy starts with what it would order up to. What
is taken for demand is what was sold: sales lost to real stock-outs are not known.
Source: Petropoulos, Wang & Disney (2019), Int. J. of Forecasting 35(1) (forecasts judged by stock).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.analyses.inventory import backtest, demand, methods, plan, policy, replay, stock, target
from core.analyses.inventory.backtest import History
from core.analyses.inventory.config import NEEDS, Config
from core.analyses.inventory.demand import Demand
from core.analyses.inventory.replay import WARM_UP, Rule, Shop
from core.dataset import Dataset
from core.errors import NotEnoughDataError
from core.finding import Finding

Floats = NDArray[np.float64]

REFIT = 4
#: The members of the combination, and what a season of a product's own is chosen among.
REPLAYED = {*methods.COMBINED[0], *methods.COMBINED[1], *methods.BASELINES, "own_season"}
FEWEST_WEEKS = 12
TIMES = (0.02, 0.05, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
LEVELS = (0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99)
TRIGGERS = (1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0)
FORECAST, SEASONAL, THUMB = "forecast", "seasonal_naive", "rule_of_thumb"
USUAL_TRIGGER, BATCH, AVERAGED = 2.0, 4, 8


@dataclass(frozen=True, eq=False)
class Simulation:
    """How three policies would have done.

    frontier: one row per policy and setting (service level, or weeks left) - fill_rate,
        stock_units (mean), stock_value (mean, at cost), stockouts (product-weeks with lost demand),
        orders, lost_revenue, cost (per year), chosen (the setting in force, or the usual rule).
    priced: whether a price or a cost is known: without any, money says nothing.
    saved: rival -> share of stock value that the forecast saves against it at the forecast's own
        fill rate; None where the rival never reaches it.
    """

    frontier: pl.DataFrame
    weeks: int
    products: int
    saved: Mapping[str, float | None]
    priced: bool

    def explain(self) -> list[Finding]:
        """What the forecast would have brought against the rules a shop uses."""
        rows = {row["policy"]: row for row in self.frontier.filter("chosen").to_dicts()}
        ours, rule = rows[FORECAST], rows[THUMB]
        stock = "stock_value" if self.priced else "stock_units"
        values = {
            "weeks": self.weeks,
            "fill": ours["fill_rate"],
            "stock": ours[stock],
            "rule_fill": rule["fill_rate"],
            "rule_stock": rule[stock],
        }
        found = [_filled_for(values) if self.priced else _filled_with(values)]
        found += [_paid(ours["cost"], rule["cost"])] if self.priced else []
        lowest = {rival: self._least_fill(rival) for rival in self.saved}
        return found + [
            _always_more(rival) if lowest[rival] > ours["fill_rate"] else _saving(rival, saved)
            for rival, saved in self.saved.items()
        ]

    def _least_fill(self, rival: str) -> float:
        rows = self.frontier.filter(pl.col("policy") == rival)
        return float(rows.select(pl.col("fill_rate").min()).item())


def _filled_for(values: Mapping[str, float]) -> Finding:
    return Finding(
        "Over the last {weeks:integer} weeks ordering by forecast would have filled "
        "{fill:percent} of the units asked for, with {stock:money} of stock on average; "
        "the usual rule of thumb {rule_fill:percent} with {rule_stock:money}.",
        values,
    )


def _filled_with(values: Mapping[str, float]) -> Finding:
    return Finding(
        "Over the last {weeks:integer} weeks ordering by forecast would have filled "
        "{fill:percent} of the units asked for, with {stock:integer} units in stock on average; "
        "the usual rule of thumb {rule_fill:percent} with {rule_stock:integer}.",
        values,
    )


def _paid(ours: float, rule: float) -> Finding:
    values = {"ours": ours, "rule": rule}
    if ours < rule:
        return Finding(
            "The stock kept, the margin lost to stock-outs and the orders placed come to "
            "{ours:money} a year, against {rule:money} with the rule of thumb: it would have paid.",
            values,
        )
    return Finding(
        "The stock kept, the margin lost to stock-outs and the orders placed come to {ours:money} "
        "a year, against {rule:money} with the rule of thumb: at this service level it would not "
        "have paid.",
        values,
        "caution",
    )


def _always_more(rival: str) -> Finding:
    return Finding("{rival:label} fills more units than that at every setting.", {"rival": rival})


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


def simulate(dataset: Dataset, config: Config) -> Simulation:
    """Replay the last year of `dataset` under the three policies."""
    dataset.require(NEEDS.columns)
    as_of = dataset.day(config.as_of)
    known = demand.weekly(
        dataset.until(config.as_of), as_of, infer=config.infer_stockouts, netted=config.returns_on
    )
    products = stock.join(known.products, dataset, config)
    shop = replay.shop(known, products, config)
    if known.weeks - shop.first < FEWEST_WEEKS:
        raise NotEnoughDataError(
            "Replaying the past needs {need} weeks of sales; there are {have}.",
            need=FEWEST_WEEKS + WARM_UP,
            have=known.weeks,
        )
    in_force = target.in_force(config)
    frontier = pl.concat(
        replay.replay(shop, rule, tried, config).with_columns(
            policy=pl.lit(name),
            setting=pl.Series(tried),
            chosen=pl.Series(tried) == (USUAL_TRIGGER if name == THUMB else in_force),
        )
        for name, (tried, rule) in _rules(shop, config).items()
    )
    return Simulation(
        frontier=frontier.select("policy", "setting", pl.exclude("policy", "setting")),
        weeks=known.weeks - shop.first,
        products=len(known.products),
        saved={rival: compare(frontier, rival) for rival in (SEASONAL, THUMB)},
        priced=any(products[name].count() > 0 for name in ("price", "unit_cost")),
    )


def _rules(shop: Shop, config: Config) -> dict[str, tuple[tuple[float, ...], Rule]]:
    """Policy -> its settings and what it does in a week."""
    known, longest = shop.demand, int(shop.span.max())
    past = backtest.history(
        known,
        max(longest, int(np.ceil(config.order_cycle_days / 7))),
        _replayed(config.method, shop.first),
        reach=known.weeks - shop.first + backtest.LOOK_BACK + longest,
    )
    offered = TIMES if config.service_measure == "cost_of_being_out" else LEVELS
    asked = tuple(sorted({*offered, target.in_force(config)}))
    return {
        FORECAST: (asked, QuantileRule(past, shop, config, asked, config.method)),
        SEASONAL: (asked, QuantileRule(past, shop, config, asked, SEASONAL)),
        THUMB: (TRIGGERS, _thumb_rule(known)),
    }


def _replayed(method: str, weeks: int) -> list[str]:
    """The methods to forecast with: `method`, and what the combination and the rivals need."""
    names = methods.compared("usual", method, weeks)
    return [name for name in names if name in REPLAYED or name == method]


class QuantileRule:
    """Reorder points from a forecast's quantiles; spread, targets and seasons anew every month."""

    def __init__(
        self, past: History, shop: Shop, config: Config, settings: tuple[float, ...], method: str
    ) -> None:
        self.past, self.shop, self.config, self.settings = past, shop, config, settings
        self.method = method
        self.month = -1

    def __call__(self, week: int) -> tuple[Floats, Floats]:
        """(reorder points, order-up-to levels) with what was known before `week`."""
        if week // REFIT != self.month:
            self.month = week // REFIT
            self._refit(week)
        weekly = self.made[self.past.origins.index(week)]
        total = policy.demand_over(weekly, self.shop.days)
        points = np.array([self.spread.quantile(total, level) for level in self.levels])
        points = np.where(total > backtest.LEAST_DEMAND, points, 0.0)
        return points, np.ceil(points + self._order(weekly))

    def _order(self, weekly: Floats) -> Floats:
        cost = self.shop.terms.cost
        return policy.order_cycle(weekly, policy.daily(weekly), cost, self.config)

    def _refit(self, week: int) -> None:
        shop, past = self.shop, self.past
        by_auto = self.method == backtest.AUTO
        chosen = np.full(len(past.units), "combination" if by_auto else self.method, dtype="U32")
        if by_auto:
            own = backtest.by_own_record(past.within(int(shop.span.max())), week)
            chosen = np.where(own == "", chosen, own)
        self.made = past.following(chosen)
        found = plan.spreads(past, self.made, shop.span, week)
        self.spread = found.widened((shop.lead_sd / shop.days) ** 2)
        weekly = self.made[past.origins.index(week)]
        order = self._order(weekly)
        year = policy.DAYS * policy.daily(weekly)
        at = target.stake(order, year, shop.price, shop.cost, self.config)
        mean = policy.demand_over(weekly, shop.days)
        self.levels = [
            target.levels(self.config, setting, mean, self.spread.dispersion, at)
            for setting in self.settings
        ]


def _thumb_rule(known: Demand) -> Rule:
    """Order four weeks' average when fewer than w weeks are left."""

    def rule(week: int) -> tuple[Floats, Floats]:
        average = known.units[:, max(week - AVERAGED, 0) : week].mean(axis=1)
        points = np.asarray(TRIGGERS)[:, None] * average
        return points, np.ceil(points + BATCH * average)

    return rule


def compare(frontier: pl.DataFrame, rival: str) -> float | None:
    """Share of stock value saved against `rival` set so that it fills as many units.

    The rival's stock is read between its settings, of each the least that fills as many or more;
    None where it never fills as many, or so few.
    """
    ours = frontier.filter(pl.col("policy") == FORECAST, "chosen").row(0, named=True)
    theirs = frontier.filter(pl.col("policy") == rival).group_by("fill_rate")
    least = theirs.agg(pl.col("stock_value").min()).sort("fill_rate")
    fill, stock = least["fill_rate"].to_numpy(), least["stock_value"].to_numpy()
    if not fill[0] <= ours["fill_rate"] <= fill[-1]:
        return None
    stock = np.minimum.accumulate(stock[::-1])[::-1]
    needed = float(np.interp(ours["fill_rate"], fill, stock))
    return 1 - ours["stock_value"] / needed if needed > 0 else None
