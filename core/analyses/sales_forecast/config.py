"""What the sales forecast needs and the options it takes."""

from dataclasses import dataclass
from typing import Annotated, Literal

from core.needs import Needs
from core.options import Options, Range

NEEDS = Needs(
    columns=frozenset({"ordered_at", "quantity"}),
    optional=frozenset({"revenue"}),
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
    "combination",
]


@dataclass(frozen=True, kw_only=True)
class Config(Options):
    """What is forecast, how far ahead and how.

    measure: revenue, or units where the data has no money. horizon_days: whole weeks; None: eight
    weeks, fewer on a short history. method: auto takes what did best.
    """

    measure: Literal["revenue", "units"] = "revenue"
    horizon_days: Annotated[int | None, Range(7, 182, 7)] = None
    method: Method = "auto"
