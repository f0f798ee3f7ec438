"""What the inventory forecast needs and the options it takes."""

from dataclasses import dataclass
from typing import Annotated, Literal

from core.measures.periods import Period
from core.needs import Needs
from core.options import Options, Range

NEEDS = Needs(
    columns=frozenset({"ordered_at", "product_id", "quantity"}),
    optional=frozenset({"product_name", "category", "revenue", "unit_price", "unit_cost"}),
    tables=frozenset({"stock", "products"}),
    at_least={"days": 180, "products": 5},
)

Method = Literal[
    "auto",
    "naive",
    "seasonal_naive",
    "moving_average",
    "exponential_smoothing",
    "croston",
    "tsb",
    "pooled_season",
    "own_season",
    "combination",
    "sba",
    "holt",
    "damped_trend",
    "theta",
    "holt_winters",
    "adida",
    "imapa",
    "arima",
    "ridge",
    "gradient_boosting",
    "neural_network",
]


@dataclass(frozen=True, kw_only=True)
class Config(Options):
    """How demand is forecast and what the shop promises its customers.

    compare: the methods that auto chooses from; "every_method" takes a minute on thousands of
    products. service_measure: what the shop promises (see `target`). service_level: the chance of
    not running out between one order's arrival and the next, or the share of units served.
    out_of_stock_cost: what a unit not served costs, in selling prices; None: the margin.
    lead_time_days, lead_time_sd_days: from order to arrival, and how that varies, where the stock
    table is silent. review_days: how often the shop orders. order_cycle_days: how many days of
    sales one order should cover. holding_rate: what keeping stock for a year costs, as a share of
    its cost. order_cost: what one order of one product costs; above nothing, the economic quantity
    sqrt(2 x demand x order cost / holding cost) takes the place of the order cycle. order_budget:
    what the order may cost at most. supplier_minimum: what an order to one supplier must be worth
    at least, where the stock table is silent. infer_stockouts: whether regular sellers that sold
    nothing for weeks count as out of stock. returns_on: the day that returns are taken off. period:
    what the forecast table is by. horizon_days: how far ahead the forecast table reaches; None:
    eight weeks, or a quarter by month, or as far as the longest lead time asks. dead_after_days: no
    sale for so long makes stock dead. overstock_days: stock that lasts longer is too much.
    """

    service_level: Annotated[float, Range(0.5, 0.995, 0.005)] = 0.95
    lead_time_days: Annotated[int, Range(0, 180, 1)] = 14
    review_days: Annotated[int, Range(1, 60, 1)] = 7
    order_cycle_days: Annotated[int, Range(1, 180, 1)] = 28
    order_budget: Annotated[float | None, Range(0.0, 10_000_000.0, 100.0)] = None
    supplier_minimum: Annotated[float, Range(0.0, 1_000_000.0, 50.0)] = 0.0
    service_measure: Literal["cycle_service", "fill_rate", "cost_of_being_out"] = "cycle_service"
    out_of_stock_cost: Annotated[float | None, Range(0.0, 10.0, 0.05)] = None
    lead_time_sd_days: Annotated[int, Range(0, 60, 1)] = 0
    holding_rate: Annotated[float, Range(0.0, 1.0, 0.01)] = 0.25
    order_cost: Annotated[float, Range(0.0, 500.0, 1.0)] = 0.0
    method: Method = "auto"
    compare: Literal["usual", "every_method"] = "usual"
    infer_stockouts: bool = True
    returns_on: Literal["own_day", "sale_day"] = "own_day"
    plan_by: Literal["by_day", "by_week", "by_month"] = "by_week"
    horizon_days: Annotated[int | None, Range(7, 365, 7)] = None
    dead_after_days: Annotated[int, Range(14, 730, 1)] = 90
    overstock_days: Annotated[int, Range(30, 730, 10)] = 180

    @property
    def period(self) -> Period:
        """What the forecast table has a row of."""
        periods: dict[str, Period] = {"by_day": "day", "by_week": "week", "by_month": "month"}
        return periods[self.plan_by]
