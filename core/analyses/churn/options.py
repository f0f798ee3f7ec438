"""What churn asks of the data, and what can be chosen."""

from dataclasses import dataclass
from typing import Annotated, Literal

from core.needs import Needs
from core.options import Options, Range

NEEDS = Needs(
    columns=frozenset({"order_id", "customer_id", "ordered_at", "quantity", "revenue"}),
    optional=frozenset({"country"}),
    at_least={"customers": 100, "orders": 300, "days": 180},
)

Candidate = Literal[
    "base_rate",
    "recency_rule",
    "recency_frequency_score",
    "rfm_cell_rate",
    "mbg_nbd",
    "bg_nbd",
    "pareto_nbd",
    "logistic_regression",
    "logistic_regression_mbg_nbd",
    "logistic_regression_bg_nbd",
    "logistic_regression_pareto_nbd",
    "linear_svm",
    "decision_tree",
    "random_forest",
    "ada_boost",
    "hist_gradient_boosting",
    "mlp",
    "xgboost",
    "lightgbm",
]
Method = Literal["auto", Candidate]


@dataclass(frozen=True, kw_only=True)
class Config(Options):
    """What can be chosen.

    horizon_days: churn is "no order within this many days after as_of". None: the shop's own
        re-order gap that three of four re-orders stay under.
    bought_within_days: customers silent for longer are taken as gone and are not scored.
    method: auto takes the simplest of the candidates that nothing beats by more than chance.
    value_model: how an order is valued; see `value`.
    candidates: what auto tries, and what the evidence compares, beside the two baselines.
    """

    horizon_days: Annotated[int | None, Range(7, 365, 1)] = None
    bought_within_days: Annotated[int, Range(30, 1825, 5)] = 730
    method: Method = "auto"
    value_model: Literal["shrinkage", "gamma_gamma"] = "shrinkage"
    seed: Annotated[int, Range(0, 1_000_000, 1)] = 0
    candidates: tuple[Candidate, ...] = (
        "recency_frequency_score",
        "mbg_nbd",
        "logistic_regression",
        "logistic_regression_mbg_nbd",
        "hist_gradient_boosting",
    )
