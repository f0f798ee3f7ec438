"""What lifetime value needs and what the reader may set."""

from dataclasses import dataclass
from typing import Annotated, Literal

from core.needs import Needs
from core.options import Options, Range

NEEDS = Needs(
    columns=frozenset({"customer_id", "order_id", "ordered_at", "quantity", "revenue"}),
    at_least={"customers": 500, "orders": 1000, "days": 180},
)
#: Below this many customers with a second order the models are not fitted at all.
MIN_REPEAT, FEW_REPEAT = 30, 200


@dataclass(frozen=True, kw_only=True)
class Config(Options):
    """How customers are modelled.

    model: of when they order and stop; seen_before: no model (`fallback.py`). basket_value: of
    how much an order is worth.
    discount_rate: per year; future money counts less.
    """

    model: Literal["auto", "mbg_nbd", "bg_nbd", "pareto_nbd", "seen_before"] = "auto"
    basket_value: Literal["auto", "shrinkage", "gamma_gamma"] = "auto"
    horizon_days: Annotated[int | None, Range(30, 1095, 1)] = None
    discount_rate: Annotated[float, Range(0.0, 0.5, 0.01)] = 0.1
    seed: Annotated[int, Range(0, 1_000_000, 1)] = 0
