"""What churn asks of the data, and what can be chosen."""

from dataclasses import dataclass
from typing import Annotated, Literal

from core.needs import Needs
from core.options import Options, Range

NEEDS = Needs(
    columns=frozenset({"order_id", "customer_id", "ordered_at", "quantity", "revenue"}),
    at_least={"customers": 100, "orders": 300, "days": 180},
)

Method = Literal[
    "auto",
    "base_rate",
    "recency_rule",
    "recency_frequency_score",
    "logistic_regression",
    "hist_gradient_boosting",
]


@dataclass(frozen=True, kw_only=True)
class Config(Options):
    """What can be chosen.

    horizon_days: churn is "no order within this many days after as_of". None: the shop's own
        re-order gap that three of four re-orders stay under.
    bought_within_days: customers silent for longer are taken as gone and are not scored.
    method: auto takes the simplest model that nothing else beats by more than chance.
    """

    horizon_days: Annotated[int | None, Range(7, 365, 1)] = None
    bought_within_days: Annotated[int, Range(30, 1825, 5)] = 730
    method: Method = "auto"
    seed: Annotated[int, Range(0, 1_000_000, 1)] = 0
