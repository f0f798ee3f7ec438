"""What cohorts need and what the reader may set."""

from dataclasses import dataclass
from typing import Annotated, Literal

from core.needs import Needs
from core.options import Options, Range

NEEDS = Needs(
    columns=frozenset({"customer_id", "order_id", "ordered_at", "quantity", "revenue"}),
    optional=frozenset({"product_id", "product_name", "category", "country", "channel", "coupon"}),
    at_least={"customers": 100, "orders": 200, "days": 120},
)
By = Literal["first_order", "product", "category", "country", "channel", "coupon"]
DAYS = {"month": 30, "week": 7}
OTHER, NONE = "other", "none"


@dataclass(frozen=True, kw_only=True)
class Config(Options):
    """How cohorts are made.

    by: what makes a cohort. period: the window; windows: how many. largest: how many cohorts of
    one kind are shown, the rest becomes `other`.
    """

    by: By = "first_order"
    period: Literal["month", "week"] = "month"
    windows: Annotated[int, Range(3, 36, 1)] = 12
    largest: Annotated[int, Range(2, 20, 1)] = 8
