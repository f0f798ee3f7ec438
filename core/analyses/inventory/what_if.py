"""What if: a promotion, a price change, growth, a late supplier - the plan before and after.

Nothing is fitted again: expected demand, prices and lead times are changed, the spread of demand
about them is kept, and the plan is made anew.

    growth          demand x (1 + g), all weeks ahead
    price change    price x (1 + c), demand x (1 + c)^e; e is the price elasticity: the one set, the
                    shop's own where its price changes show one, or ELASTICITY
    promotion       demand x (1 + u) in the weeks it runs
    delay           lead time + d days, of all suppliers or of those named

Source: Bijmolt, van Heerde & Pieters (2005), J. of Marketing Research 42(2): the mean of 1,851
published price elasticities is -2.62.
"""

from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.analyses.inventory import plan, policy
from core.analyses.inventory.config import Config
from core.analyses.inventory.plan import Outlook
from core.finding import Finding
from core.options import Options, Range

#: Assumed where the shop's own past shows none.
ELASTICITY = -2.6
#: What is compared, before and after.
COMPARED = ("demand_ahead", "reorder_point", "order_quantity", "order_value", "lost_sales")


@dataclass(frozen=True, kw_only=True)
class Scenario(Options):
    """What might happen. products: whom growth, price and promotion concern; empty: all.

    suppliers: who is late by delay_days; empty: all. promotion_starts_in_weeks: 0 is the coming
    week.
    """

    growth: Annotated[float, Range(-0.9, 3.0, 0.05)] = 0.0
    price_change: Annotated[float, Range(-0.5, 0.5, 0.05)] = 0.0
    price_elasticity: Annotated[float | None, Range(-6.0, 0.0, 0.1)] = None
    promotion_uplift: Annotated[float, Range(0.0, 9.0, 0.1)] = 0.0
    promotion_starts_in_weeks: Annotated[int, Range(0, 12, 1)] = 0
    promotion_weeks: Annotated[int, Range(1, 12, 1)] = 2
    delay_days: Annotated[int, Range(0, 90, 1)] = 0
    products: tuple[str, ...] = ()
    suppliers: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Answer:
    """The plan under a scenario beside the plan without it.

    products: one row per product that changes - product_id, product_name, supplier, and of each
    of COMPARED the value before and `.._after`, status and stockout_date too; the largest change
    of order value (or reorder point) first. suppliers: one row each - products to order, units,
    money, before and after. ahead_days: what demand_ahead (units) reaches over. elasticity: the one
    in force; learned: whether it is the shop's own.
    """

    scenario: Scenario
    products: pl.DataFrame
    suppliers: pl.DataFrame
    ahead_days: int
    elasticity: float
    learned: bool

    def explain(self) -> list[Finding]:
        """The difference in a sentence or two."""
        before, after = (self.products[c].sum() for c in ("demand_ahead", "demand_ahead_after"))
        found = [
            Finding(
                "Demand over the next {days:integer} days: {after:integer} units instead of "
                "{before:integer}, for the {count:integer} products that change.",
                {
                    "days": self.ahead_days,
                    "before": before,
                    "after": after,
                    "count": len(self.products),
                },
            )
        ]
        return [*self._orders(), *found, *self._price()] if len(self.products) else [NO_CHANGE]

    def _price(self) -> list[Finding]:
        if not self.scenario.price_change:
            return []
        values = {"elasticity": self.elasticity}
        if self.learned:
            return [
                Finding("The price elasticity of {elasticity:ratio} is your shop's own.", values)
            ]
        return [
            Finding(
                "The price elasticity of {elasticity:ratio} is an assumption, not learned from "
                "your shop.",
                values,
                "caution",
            )
        ]

    def _orders(self) -> list[Finding]:
        if self.products["order_quantity"].is_null().all():
            points = [self.products[c].sum() for c in ("reorder_point", "reorder_point_after")]
            return [
                Finding(
                    "Their reorder points add up to {after:integer} units instead of "
                    "{before:integer}.",
                    {"before": points[0], "after": points[1]},
                )
            ]
        total = {name: self.suppliers[name].sum() for name in self.suppliers.columns[1:]}
        if not total["order_value"] and not total["order_value_after"]:
            return [
                Finding(
                    "Order {products_to_order_after:integer} products instead of "
                    "{products_to_order:integer} now: {order_quantity_after:integer} units "
                    "instead of {order_quantity:integer}.",
                    total,
                )
            ]
        return [
            Finding(
                "Order {products_after:integer} products instead of {products_to_order:integer} "
                "now: {order_quantity_after:integer} units instead of {order_quantity:integer}, "
                "{order_value_after:money} instead of {order_value:money}.",
                {"products_after": total["products_to_order_after"], **total},
            )
        ]


NO_CHANGE = Finding("This scenario changes nothing in the plan.")


def answer(outlook: Outlook, config: Config, scenario: Scenario) -> Answer:
    """Plan `outlook` as it is and as `scenario` has it."""
    own = outlook.demand.elasticity
    learned = scenario.price_elasticity is None and own is not None
    elasticity = scenario.price_elasticity
    if elasticity is None:
        elasticity = ELASTICITY if own is None else round(own[0], 2)
    days = config.horizon_days or plan.USUAL_WEEKS * 7
    changed = _changed(outlook, scenario, elasticity)
    before, after = (_planned(world, config, days) for world in (outlook, changed))
    both = before.join(after.drop("product_name", "supplier"), on="product_id", suffix="_after")
    moved = pl.any_horizontal(pl.col(c).ne_missing(pl.col(f"{c}_after")) for c in COMPARED)
    weight = (pl.col("order_value_after") - pl.col("order_value")).abs()
    points = (pl.col("reorder_point_after") - pl.col("reorder_point")).abs()
    return Answer(
        scenario=scenario,
        products=both.filter(moved).sort(
            weight, points, "product_id", descending=[True, True, False], nulls_last=True
        ),
        suppliers=_by_supplier(both),
        ahead_days=days,
        elasticity=elasticity,
        learned=learned,
    )


def _planned(outlook: Outlook, config: Config, days: int) -> pl.DataFrame:
    need = plan.needed(outlook, config)
    ahead = policy.demand_over(outlook.weekly, np.full(len(outlook.weekly), float(days)))
    expected = outlook.products.select("product_id", demand_ahead=pl.Series(ahead.round(6)))
    return (
        plan.inventory(outlook, need, config)
        .join(expected, on="product_id")
        .select("product_id", "product_name", "supplier", *COMPARED, "status", "stockout_date")
        .sort("product_id")
    )


def _changed(outlook: Outlook, scenario: Scenario, elasticity: float) -> Outlook:
    """The outlook as `scenario` has it."""
    whom = _among(outlook.products["product_id"], scenario.products)
    late = _among(outlook.products["supplier"], scenario.suppliers)
    last = scenario.promotion_starts_in_weeks + scenario.promotion_weeks
    weekly = _longer(outlook.weekly, last)
    factor = np.ones(weekly.shape[1])
    factor[scenario.promotion_starts_in_weeks : last] += scenario.promotion_uplift
    price = 1 + scenario.price_change
    factor *= (1 + scenario.growth) * price**elasticity
    return replace(
        outlook,
        weekly=weekly * np.where(whom[:, None], factor, 1.0),
        products=outlook.products.with_columns(
            pl.col("lead_time_days") + pl.Series(late * float(scenario.delay_days)),
            price=pl.col("price") * pl.Series(np.where(whom, price, 1.0)),
        ),
    )


def _among(column: pl.Series, names: tuple[str, ...]) -> NDArray[np.bool_]:
    """Who is named; everybody where nobody is."""
    return column.is_in(list(names)).fill_null(not names).to_numpy() | (not names)


def _longer(weekly: plan.Floats, weeks: int) -> plan.Floats:
    """At least one week more than `weeks`; beyond the forecast its last week stands."""
    more = max(weeks + 1 - weekly.shape[1], 0)
    return np.concatenate([weekly, np.repeat(weekly[:, -1:], more, axis=1)], axis=1)


def _by_supplier(both: pl.DataFrame) -> pl.DataFrame:
    ordered = [
        part
        for ending in ("", "_after")
        for part in (
            (pl.col(f"order_quantity{ending}") > 0).sum().alias(f"products_to_order{ending}"),
            pl.col(f"order_quantity{ending}").sum(),
            pl.col(f"order_value{ending}").sum(),
        )
    ]
    return both.group_by("supplier").agg(ordered).sort("supplier", nulls_last=True)
