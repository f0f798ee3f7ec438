"""What the analysis of lifetime value answers with."""

from dataclasses import dataclass

import polars as pl

from core.analyses.lifetime_value.options import FEW_REPEAT, Config
from core.finding import Action, Finding


@dataclass(frozen=True, eq=False)
class Result:
    """What each customer is expected to bring within the horizon.

    customers: one row per customer, most valuable first - customer_id, future_value (discounted)
        with its 80 % range future_low to future_high, expected_orders, basket_value, p_active (an
        order within the horizon), p_alive (has not stopped), next_order (day by which an order is
        as likely as not; null: not within two years), orders, revenue, recency_days, tenure_days.
    calibration: see `backtest.calibration`; empty where too little is held back.
    parameters: method, parameter, value, error; empty where no model is used.
    total: expected value of all customers with its interval: value, low, high.
    coverage: share of the customers whose held-back orders lay within their range.
    failed: the model, the likeliest or the one asked for, that was left; usable: whether it had a
        finite answer, and was left for not fitting.
    """

    config: Config
    customers: pl.DataFrame
    calibration: pl.DataFrame
    parameters: pl.DataFrame
    total: tuple[float, float, float]
    repeat_customers: int
    held_days: int
    coverage: float | None
    failed: str | None
    usable: bool
    evidence: pl.DataFrame

    def explain(self) -> list[Finding]:
        """What is to come, from whom, and how far to believe it."""
        value, low, high = self.total
        values = {
            "customers": self.customers.height,
            "days": self.config.horizon_days,
            "value": value,
            "low": low,
            "high": high,
        }
        return [
            Finding(
                "The {customers:integer} customers you have are expected to bring {value:money}"
                " ({low:money} to {high:money}) in the next {days:integer} days, new customers not"
                " counted.",
                values,
            ),
            *self._top(),
            *self._trust(),
        ]

    def _top(self) -> list[Finding]:
        worth = self.customers["future_value"]
        tenth = max(1, round(self.customers.height / 10))
        total = float(worth.sum())
        if total <= 0:
            return []
        return [
            Finding(
                "The most valuable tenth ({customers:integer} customers) stand for {share:percent}"
                " of that.",
                {"customers": tenth, "share": float(worth.head(tenth).sum()) / total},
            )
        ]

    def _trust(self) -> list[Finding]:
        found = self._fallen()
        if self.repeat_customers < FEW_REPEAT:
            found.append(
                Finding(
                    "Only {repeat:integer} customers ordered more than once: the model rests on"
                    " little.",
                    {"repeat": self.repeat_customers},
                    "caution",
                )
            )
        scores = {(row["method"], row["metric"]): row for row in self.evidence.to_dicts()}
        if (self.config.model, "total_error") not in scores:
            return [
                *found,
                Finding("Too little history is left over to test the forecast.", kind="caution"),
            ]
        off, naive = (
            scores[method, "total_error"]["value"] for method in (self.config.model, "past_rate")
        )
        values = {
            "days": self.held_days,
            "off": off,
            "naive": naive,
            "coverage": self.coverage,
        }
        told = Finding(
            "Tested on the last {days:integer} days: the total of orders was off by {off:percent};"
            " going on as before would have been off by {naive:percent}. {coverage:percent} of the"
            " customers stayed within the range given for them (80% was promised).",
            values,
        )
        return [*found, told, *self._fits(off, naive)]

    def _fallen(self) -> list[Finding]:
        if self.failed is None:
            return []
        if not self.usable:
            return [
                Finding(
                    "{model:label} gives no usable answer for this shop. Shown instead is what"
                    " customers of the same kind (how often, how long silent) did before.",
                    {"model": self.failed},
                    "caution",
                )
            ]
        return [
            Finding(
                "{model:label}, the likeliest model, does not fit this shop: its total was far off"
                " on held-back time and a simple rule was closer. Shown instead is what customers"
                " of the same kind (how often, how long silent) did before.",
                {"model": self.failed},
                "caution",
            )
        ]

    def _fits(self, off: float, naive: float) -> list[Finding]:
        if off <= 0.3 or off < naive / 2:
            return []
        return [
            Finding(
                "The model does not fit this shop well: use the order of the customers, not the"
                " amounts.",
                kind="caution",
            )
        ]

    def actions(self) -> list[Action]:
        """Nothing by itself: the pages on segments and churn name what to do."""
        return []

    def files(self) -> dict[str, pl.DataFrame]:
        """lifetime_value: the customers."""
        return {"lifetime_value": self.customers}
