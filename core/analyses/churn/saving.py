"""Who is worth saving: what a message with an offer earns from each customer, under assumptions.

With c the churn probability, e the expected revenue, value at risk w = c · e, and assumed
m margin, s save rate, k cost of a message, o value of the offer, given on the next order:

    kept      s · w · m                        the message keeps a share s of the value at risk
    given     o · (1 - c) · (1 + s · c)        the offer is also taken by those who come anyway
    profit    kept - k - given

The save rate is not measured by anything in the order history: hold a random group back, and the
next export tells.
"""

from dataclasses import dataclass

import polars as pl

from core.finding import ASSUMED_EFFECT
from core.measures.customers import KEY

#: Churn probability below which nobody is written to, whatever hangs on the customer.
COMES_ANYWAY = 0.2


@dataclass(frozen=True, kw_only=True)
class Offer:
    """The assumptions: amounts in the shop's currency, shares in 0..1."""

    message_cost: float = 0.5
    offer_value: float = 0.0
    save_rate: float = ASSUMED_EFFECT
    margin: float = 0.4


def worth_saving(customers: pl.DataFrame, offer: Offer) -> pl.DataFrame:
    """`customers` with expected_profit, and suggestion; most profit first, then by id.

    suggestion: leave_alone (will most likely come anyway), write (profit is expected),
    not_worth_it.
    """
    churn = pl.col("churn_probability")
    given = offer.offer_value * (1 - churn) * (1 + offer.save_rate * churn)
    kept = offer.save_rate * offer.margin * pl.col("value_at_risk")
    suggestion = (
        pl.when(churn < COMES_ANYWAY)
        .then(pl.lit("leave_alone"))
        .when(pl.col("expected_profit") > 0)
        .then(pl.lit("write"))
        .otherwise(pl.lit("not_worth_it"))
    )
    return (
        customers.with_columns(expected_profit=(kept - offer.message_cost - given).round(4))
        .with_columns(suggestion=suggestion)
        .sort(["expected_profit", KEY], descending=[True, False])
    )


def profit_curve(ranked: pl.DataFrame) -> pl.DataFrame:
    """customers written to, in the order of `ranked` -> expected_profit in all."""
    zero = pl.DataFrame({"customers": [0], "total_profit": [0.0]})
    curve = ranked.select(
        customers=pl.int_range(1, pl.len() + 1, dtype=pl.Int64),
        total_profit=pl.col("expected_profit").cum_sum().round(2),
    )
    return pl.concat([zero, curve])
