"""What the analysis of segments needs and what the reader may set."""

from dataclasses import dataclass
from typing import Annotated, Literal

from core.needs import Needs
from core.options import Options, Range

NEEDS = Needs(
    columns=frozenset({"customer_id", "order_id", "ordered_at", "quantity", "revenue"}),
    optional=frozenset({"product_id", "category", "discount", "channel", "country", "coupon"}),
    tables=frozenset({"customers"}),
    at_least={"customers": 100, "orders": 200, "days": 90},
)
#: The most clusters that can be asked for.
MOST_CLUSTERS = 12
Scheme = Literal["bands", "quantiles", "custom"]
Feature = Literal[
    "recency_days", "orders", "revenue", "average_order", "tenure_days", "days_between_orders",
    "median_gap_days", "sd_gap_days", "regularity", "order_days", "units", "products",
    "categories", "top_category_share", "price_level", "discount_share", "return_share",
    "spending_trend", "weekend_share", "usual_weekday", "usual_hour",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Config(Options):
    """How customers are scored and clustered.

    scheme: how R, F and M are cut; bins: scores of `quantiles`; *_cuts: cut points of `custom`,
    ascending. features: what clusters are made of, any numbers of the profile. window_days: count
    orders and money of the last so many days only. clusters: how many; None: chosen (hdbscan
    always finds its own number). compare_days: length of the held-back period, and how far back
    the earlier day of the movement lies; None: a quarter of the history.
    """

    scheme: Scheme = "bands"
    cluster_method: Literal["kmeans", "ward", "gaussian_mixture", "hdbscan"] = "kmeans"
    clusters: Annotated[int | None, Range(2, MOST_CLUSTERS, 1)] = None
    features: tuple[Feature, ...] = ("recency_days", "orders", "revenue")
    compare_days: Annotated[int | None, Range(7, 730, 1)] = None
    window_days: Annotated[int | None, Range(30, 3650, 1)] = None
    bins: Annotated[int, Range(2, 10, 1)] = 5
    recency_cuts: Annotated[tuple[float, ...], Range(0, 36500)] = (30.0, 60.0, 120.0, 240.0)
    frequency_cuts: Annotated[tuple[float, ...], Range(0, 1e9)] = (2.0, 3.0, 5.0, 10.0)
    monetary_cuts: Annotated[tuple[float, ...], Range(-1e12, 1e12)] = (50.0, 100.0, 250.0, 500.0)
    seed: Annotated[int, Range(0, 1_000_000, 1)] = 0
