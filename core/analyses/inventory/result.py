"""The inventory forecast's answer: tables, evidence, and what they mean in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from core.analyses.inventory import demand_words, what_if, words
from core.analyses.inventory.ahead import By
from core.analyses.inventory.config import Config
from core.analyses.inventory.demand import Demand
from core.analyses.inventory.judgement import judge
from core.analyses.inventory.plan import Outlook, Plan
from core.analyses.inventory.what_if import Answer, Scenario
from core.finding import Action, Finding
from core.measures.periods import Period


@dataclass(frozen=True, eq=False)
class Result:
    """What to order, and how well demand can be foreseen.

    config: the options in force. demand: weekly units per product that sold. inventory: one row per
    product, also of the stock count's that never sold (without last_sale, method and pattern) - the
    contract's columns, then stockout_earliest, stockout_latest, order_up_to, economic_quantity,
    on_order, supplier, pack_size, minimum_order, supplier_minimum, price, unit_cost, order_value,
    stock_value, excess_value (money in dead stock and beyond plenty), lost_sales (with low and
    high: money that waiting one review would lose), method, pattern, last_sale. forecast: one row
    per product and week - units. trade_off: one row per service level - safety_stock,
    safety_stock_value, fill_rate. evidence: what each method scored at the latest cut-offs. gain:
    share by which the method in use is better than the better baseline, (value, low, high) by
    measure. outlook: what the plan rests on, to ask `what_if` of.
    """

    config: Config
    demand: Demand
    inventory: pl.DataFrame
    forecast: pl.DataFrame
    trade_off: pl.DataFrame
    evidence: pl.DataFrame
    gain: Mapping[str, tuple[float, float, float]]
    cutoffs: int
    test_weeks: int
    outlook: Outlook

    @cached_property
    def has_stock(self) -> bool:
        """Whether a stock count came with the data."""
        return self.inventory["on_hand"].null_count() < len(self.inventory)

    def by_status(self, status: str) -> pl.DataFrame:
        """The rows of `inventory` in one status."""
        return self.inventory.filter(pl.col("status") == status)

    def sold(self, by: By, key: str | None, period: Period) -> pl.DataFrame:
        """What a product, or a group of them, sold: one row per period - period_start, units."""
        column = "product_id" if by == "product" else by
        known = self.outlook.products
        names = known[column] if column in known.columns else pl.repeat("", len(known), eager=True)
        return self.demand.past(names.eq_missing(pl.Series([key], dtype=pl.String)), period)

    def ahead(self, by: By, key: str | None, period: Period) -> pl.DataFrame:
        """What it will sell: one row per period - period_start, period_end, mean, p10, p50, p90."""
        days = self.config.horizon_days or 0
        return self.outlook.ahead[by].of(key).table(period, days)

    def what_if(self, scenario: Scenario) -> Answer:
        """The plan before and after `scenario`, in milliseconds: nothing is fitted again."""
        return what_if.answer(self.outlook, self.config, scenario)

    def answer(self) -> list[Finding]:
        """What to order first and what lies dead, or at what stock to order."""
        found = words.stock_findings(self) if self.has_stock else words.no_stock_findings(self)
        return [*found, *words.season_findings(self)]

    def grounds(self) -> list[Finding]:
        """What the forecast rests on, and how far to trust it."""
        return [*demand_words.demand_findings(self), *words.trust_findings(self)]

    def explain(self) -> list[Finding]:
        """The answer and its grounds."""
        return [*self.answer(), *self.grounds()]

    def actions(self) -> list[Action]:
        """Order what would run out; sell off what lies dead."""
        return [action for action in (words.order_now(self), words.sell_off(self)) if action]

    def files(self) -> dict[str, pl.DataFrame]:
        """The contract's tables."""
        return {"forecast": self.forecast, "inventory": self.inventory}


def assemble(demand: Demand, plan: Plan) -> Result:
    """The result of a plan, with its evidence."""
    table, gain = judge(plan.tested, plan.config.method)
    return Result(
        config=plan.config,
        demand=demand,
        inventory=plan.inventory,
        forecast=plan.forecast,
        trade_off=plan.trade_off,
        evidence=table,
        gain=gain,
        cutoffs=plan.tested.judged,
        test_weeks=plan.test_weeks,
        outlook=plan.outlook,
    )
