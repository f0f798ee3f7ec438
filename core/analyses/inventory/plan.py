"""From demand to plan: choose methods, forecast, and say what each product needs in stock."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.analyses.inventory import (
    ahead,
    backtest,
    classes,
    hierarchy,
    methods,
    policy,
    rest,
    stock,
)
from core.analyses.inventory.ahead import Ahead, By
from core.analyses.inventory.backtest import AUTO, Backtest, History
from core.analyses.inventory.config import Config
from core.analyses.inventory.demand import Demand
from core.analyses.inventory.policy import Needed
from core.analyses.inventory.quantiles import Grouped
from core.analyses.inventory.rest import Rest
from core.dataset import Dataset

Floats = NDArray[np.float64]

USUAL_WEEKS, QUARTER = 8, 13
INVENTORY = (
    "product_id",
    "product_name",
    "abc",
    "xyz",
    "on_hand",
    "lead_time_days",
    "demand_per_day",
    "safety_stock",
    "reorder_point",
    "order_quantity",
    "days_of_cover",
    "stockout_date",
    "status",
)
FURTHER = (
    "stockout_earliest",
    "stockout_latest",
    "order_up_to",
    "economic_quantity",
    "on_order",
    "supplier",
    "pack_size",
    "minimum_order",
    "supplier_minimum",
    "price",
    "unit_cost",
    "order_value",
    "stock_value",
    "excess_value",
    "lost_sales",
    "lost_sales_low",
    "lost_sales_high",
    "method",
    "pattern",
    "last_sale",
)
#: Nothing is expected, ordered or lost of what never sold.
NOTHING = (
    "demand_per_day",
    "safety_stock",
    "reorder_point",
    "order_quantity",
    "order_up_to",
    "order_value",
    "lost_sales",
    "lost_sales_low",
    "lost_sales_high",
)


@dataclass(frozen=True, eq=False)
class Outlook:
    """What planning rests on. products: with their stock. weekly: (products, weeks) expected.

    spread: of demand until an order placed at the next review arrives. season: who rests. ahead:
    demand by day, week and month of products, categories, suppliers and the shop. unsold: what is
    on hand without a sale.
    """

    demand: Demand
    products: pl.DataFrame
    weekly: Floats
    spread: Grouped
    season: Rest
    chosen: NDArray[np.str_]
    ahead: Mapping[By, Ahead]
    unsold: pl.DataFrame


@dataclass(frozen=True, eq=False)
class Plan:
    """What `make` found: the tables of the contract, the backtest, the options in force."""

    inventory: pl.DataFrame
    forecast: pl.DataFrame
    trade_off: pl.DataFrame
    tested: Backtest
    config: Config
    test_weeks: int
    outlook: Outlook


def make(demand: Demand, dataset: Dataset, config: Config) -> Plan:
    """Forecast `demand` and plan the stock."""
    products = stock.join(demand.products, dataset, config)
    lead = products["lead_time_days"].to_numpy()
    weeks = np.maximum(np.ceil((lead + config.review_days) / 7), 1).astype(np.intp)
    days = config.horizon_days or _horizon(weeks, config)
    config = config.with_values(horizon_days=days)
    longest = max(int(weeks.max()), -(-days // 7), -(-config.order_cycle_days // 7))
    names = methods.compared(config.compare, config.method, demand.weeks - longest)
    past = backtest.history(demand, longest, names)
    typical = int(np.median(weeks))
    tested = backtest.backtest(past.within(typical))
    if config.method != AUTO:
        fixed = np.full(len(products), config.method)
        tested = replace(tested, chosen=fixed, level="")
    mean = hierarchy.agreed(past.levels, tested.level, past.following(tested.chosen))
    outlook = Outlook(
        demand=demand,
        products=products,
        weekly=mean[-1],
        spread=spreads(past, mean, weeks, past.origins[-1]),
        season=rest.rest(demand.units, demand.start, weeks, -(-config.overstock_days // 7)),
        chosen=tested.chosen,
        ahead=ahead.ahead(demand, products, past, mean),
        unsold=stock.unsold(products, dataset, config),
    )
    need = needed(outlook, config)
    method = products.select("product_id", method=methods.named(tested.chosen))
    return Plan(
        inventory=inventory(outlook, need, config),
        forecast=outlook.ahead["product"]
        .table(config.period, days)
        .join(method, on="product_id", how="left", maintain_order="left"),
        trade_off=policy.trade_off(
            need, policy.stake(products, outlook.weekly, config), _worth(products)
        ),
        tested=tested,
        config=config,
        test_weeks=typical,
        outlook=outlook,
    )


def spreads(past: History, made: Floats, weeks: NDArray[np.intp], cutoff: int) -> Grouped:
    """The spread of each product's demand over its own number of `weeks` (products,), at most.

    made: (origins, products, horizon) forecasts. Learned from all products, used for those of the
    same number of weeks.
    """
    parts = []
    for length in np.unique(weeks):
        total = made[:, :, :length].sum(axis=2)
        found = backtest.spread(past.within(int(length)), total, cutoff)
        parts.append((weeks == length, found.take(weeks == length)))
    return Grouped(tuple(parts))


def needed(outlook: Outlook, config: Config) -> Needed:
    """What each product must have in stock."""
    products, weekly = outlook.products, outlook.weekly
    lead, lead_sd = (products[name].to_numpy() for name in ("lead_time_days", "lead_time_sd_days"))
    at = policy.stake(products, weekly, config)
    return policy.needed(weekly, lead, lead_sd, outlook.spread, at, config)


def _worth(products: pl.DataFrame) -> Floats:
    """What one unit ties up: its cost, or its price where the cost is not known."""
    worth = pl.coalesce("unit_cost", "price")
    return products.select(worth.fill_null(np.nan)).to_series().to_numpy()


def _horizon(weeks: NDArray[np.intp], config: Config) -> int:
    usual = QUARTER if config.period == "month" else USUAL_WEEKS
    return 7 * max(usual, min(int(weeks.max()), 52))


def inventory(outlook: Outlook, need: Needed, config: Config) -> pl.DataFrame:
    """One row per product that sold or is in stock: the contract's columns and FURTHER."""
    demand = outlook.demand
    planned = policy.table(outlook.products, outlook.weekly, need, outlook.season, config)
    worth = "revenue" if planned["revenue"].null_count() < len(planned) else "units"
    pattern = classes.pattern(demand.units, demand.start)
    names = [name for name in ("product_name", "product_id") if name in planned.columns]
    return (
        planned.with_columns(
            product_name=pl.coalesce(names),
            abc=classes.abc(pl.col(worth)),
            xyz=classes.xyz(demand.units, demand.start),
            method=methods.named(outlook.chosen),
            pattern=pl.Series(np.array(classes.PATTERNS)[pattern], dtype=pl.String),
            stockout_date=_day_after(demand, pl.col("days_of_cover").ceil()),
            stockout_earliest=_day_after(demand, pl.col("days_of_cover_low")),
            stockout_latest=_day_after(demand, pl.col("days_of_cover_high")),
            order_value=pl.col("order_quantity") * pl.col("unit_cost"),
            stock_value=pl.col("on_hand").clip(0) * pl.col("unit_cost"),
            excess_value=pl.col("excess_units") * pl.col("unit_cost"),
            lost_sales=pl.col("lost_units") * pl.col("price"),
            lost_sales_low=pl.col("lost_units_low") * pl.col("price"),
            lost_sales_high=pl.col("lost_units_high") * pl.col("price"),
        )
        .pipe(_beside, outlook.unsold)
        .select(*INVENTORY, *FURTHER)
        .sort("product_id")
    )


def _beside(sold: pl.DataFrame, unsold: pl.DataFrame) -> pl.DataFrame:
    """`sold` and, all of it dead stock of the lowest classes, `unsold`."""
    value = pl.col("on_hand") * pl.col("unit_cost")
    dead = unsold.with_columns(pl.lit(0.0).alias(name) for name in NOTHING).with_columns(
        abc=pl.lit("C"),
        xyz=pl.lit("Z"),
        status=pl.lit("dead"),
        stock_value=value,
        excess_value=value,
    )
    return pl.concat([sold, dead], how="diagonal_relaxed")


def _day_after(demand: Demand, days: pl.Expr) -> pl.Expr:
    """The day so many days ahead; null beyond LONGEST_COVER."""
    day = pl.lit(demand.as_of) + pl.duration(days=days)
    return pl.when(days <= policy.LONGEST_COVER).then(day)
