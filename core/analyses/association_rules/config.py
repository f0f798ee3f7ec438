"""What the analysis of association rules reads and the options it takes."""

from dataclasses import dataclass
from typing import Annotated, Literal

from core.finding import ASSUMED_EFFECT
from core.needs import Needs
from core.options import Options, Range

NEEDS = Needs(
    columns=frozenset({"order_id", "ordered_at", "product_id", "quantity"}),
    optional=frozenset(
        {"product_name", "category", "customer_id", "country", "channel", "revenue"}
    ),
    tables=frozenset({"products"}),
    at_least={"orders": 200, "products": 5},
)


@dataclass(frozen=True, kw_only=True)
class Config(Options):
    """What counts as a basket, what is mined, and which rules are kept.

    country, channel: everything of a part of the orders alone. which_orders, last_days: what is in
        one order of such a part; the best customers are the fifth with most orders.
    min_support: share of baskets; min_orders: the same as a count, which overrules it. Both None:
        chosen from the data. engine: who finds the itemsets; all give the same.
    null: what co-occurrence to expect by chance. fdr: share of false rules among those kept.
    max_basket: larger baskets are set aside; None: above the 99.9 % quantile (at least 50).
    """

    level: Literal["product", "category", "brand", "mixed"] = "product"
    basket: Literal["order", "customer_day", "customer_window"] = "order"
    visit_days: Annotated[int, Range(1, 90, 1)] = 7
    which_orders: Literal[
        "all_orders", "first_orders", "repeat_orders", "best_customers", "other_customers"
    ] = "all_orders"
    country: str | None = None
    channel: str | None = None
    last_days: Annotated[int | None, Range(14, 3650, 1)] = None
    max_basket: Annotated[int | None, Range(2, 100_000, 1)] = None
    min_support: Annotated[float | None, Range(0.00001, 1, 0.0005)] = None
    min_orders: Annotated[int | None, Range(1, 1_000_000, 1)] = None
    min_confidence: Annotated[float, Range(0, 1, 0.01)] = 0.0
    max_length: Annotated[int, Range(2, 5, 1)] = 4
    max_consequent: Annotated[int, Range(1, 3, 1)] = 1
    engine: Literal["auto", "apriori", "fpgrowth", "fpmax", "eclat"] = "auto"
    null: Literal["auto", "configuration", "size_adjusted", "independence"] = "auto"
    fdr: Annotated[float, Range(0.001, 0.2, 0.001)] = 0.05
    follow_up_days: Annotated[int, Range(7, 365, 1)] = 60
    assumed_uplift: Annotated[float, Range(0.01, 1, 0.01)] = ASSUMED_EFFECT
