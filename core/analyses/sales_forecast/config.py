"""What the sales forecast needs and the options it takes."""

from dataclasses import dataclass
from typing import Annotated, Literal

from core.needs import Needs
from core.options import Options, Range

NEEDS = Needs(
    columns=frozenset({"ordered_at", "quantity"}),
    optional=frozenset({"revenue", "category", "country", "product_id"}),
    tables=frozenset({"stock", "products"}),
    at_least={"days": 365},
)

Method = Literal[
    "auto",
    "naive",
    "seasonal_naive",
    "moving_average",
    "exponential_smoothing",
    "damped_trend",
    "season_of_the_year",
    "season_and_holidays",
    "combination",
]

Country = Literal[
    "from_data", "none", "AT", "AU", "BE", "BR", "CA", "CH", "CN", "DE", "ES", "FR", "GB", "HK",
    "IE", "IN", "IT", "JP", "KR", "NL", "PL", "SE", "SG", "TW", "US",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Config(Options):
    """What is forecast, how far ahead and how.

    measure: revenue, or units where the data has no money. horizon_days: whole weeks; None: eight
    weeks; either way at most a quarter of the history. method: auto takes what did best.
    split_over: what the forecast is divided among. country: whose public holidays count; by default
    the one that most orders name.
    """

    measure: Literal["revenue", "units"] = "revenue"
    horizon_days: Annotated[int | None, Range(7, 182, 7)] = None
    method: Method = "auto"
    split_over: Literal["category", "supplier"] = "category"
    country: Country = "from_data"
