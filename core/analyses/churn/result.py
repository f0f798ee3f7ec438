"""What churn answers with."""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from core.analyses.churn import doubts, overdue
from core.analyses.churn import reasons as why
from core.analyses.churn.design import Predict
from core.analyses.churn.history import possible
from core.analyses.churn.options import Config
from core.analyses.churn.saving import Offer, worth_saving
from core.analyses.churn.value import lost
from core.finding import ASSUMED_EFFECT, Action, Finding
from core.measures.customers import KEY

#: Customers that one week's message goes to.
WIN_BACK = 50
CONTRACT = (
    KEY,
    "churn_probability",
    "risk",
    "expected_orders",
    "expected_revenue",
    "value_at_risk",
)


@dataclass(frozen=True, eq=False)
class Result:
    """Who may stay away within the horizon, how likely, why, and what it is worth.

    customers: one row per customer at risk - customer_id, churn_probability, probability_low,
        probability_high (95 %, see `uncertainty`), risk,
        expected_orders, expected_revenue, value_at_risk, value_at_risk_low, value_at_risk_high
        (95 %, see `value`), revenue_if_active (all within the horizon), and the facts they rest on;
        most value at risk first.
    reasons: the top reasons of each - customer_id, rank, reason, code, contribution (log-odds).
    calibration: predicted and observed share of churn by tenth of the predictions, on test days.
    by_day, by_group: predicted and observed share per test day and method, and, with ROC AUC and
        Brier score, per group of customers. stability: every measure per test day and method.
        cuts: precision, recall and F1 by the probability that names a customer. gains: of the rarer
        outcome (`finds`: stayed_away or came_back) by the chosen method and by the rule. curves:
        ROC and precision-recall.
    importance, dependence: weight and direction of each reason, and the model's shape.
    weeks: customers at high risk week by week. last_list: what was said one horizon ago, and what
        came. tested_lists: the first customers by value at risk on each test day, and what they
        brought. All of these are empty where the shop is too small for a model.
    drift: sd of what the level misses, in logits. season_known: the history covers the same season
        of the year before. small: the shop is too small for a model.
    tested_days: the horizon of the windows learned from and tested on; shorter than the horizon
        asked for where the history is too short, and then carried further by MBG/NBD.
    """

    config: Config
    evidence: pl.DataFrame
    customers: pl.DataFrame
    reasons: pl.DataFrame
    calibration: pl.DataFrame
    by_day: pl.DataFrame
    stability: pl.DataFrame
    cuts: pl.DataFrame
    by_group: pl.DataFrame
    gains: pl.DataFrame
    curves: pl.DataFrame
    importance: pl.DataFrame
    dependence: pl.DataFrame
    weeks: pl.DataFrame
    last_list: pl.DataFrame
    tested_lists: pl.DataFrame
    usual_gap_days: float
    drift: float
    season_known: bool
    small: bool
    tested_days: int
    gone: int
    predict: Predict

    def explain(self) -> list[Finding]:
        """Whom to look after first, what hangs on it, how well that is known, what to doubt."""
        facts = [*self._good(), self._how_much(), *self._how_many(), *self._how_well()]
        return [*facts, *doubts.level_of(self), *doubts.cautions(self)]

    def actions(self) -> list[Action]:
        """Win back the customers for whom a message pays, most value at risk first.

        What it costs and keeps are the assumptions that the page starts with. None where no model
        tells the customers apart: the page then says not to pick by its list.
        """
        if self.config.method == "base_rate":
            return []
        paying = worth_saving(self._saveable(), Offer()).filter(pl.col("expected_profit") > 0)
        top = paying.head(WIN_BACK)
        if top.is_empty():
            return []
        value = float(top["value_at_risk"].sum())
        low, high = self.interval(top)
        finding = Finding(
            "Write to the {customers:integer} customers on whom the most money hangs, before they "
            "drift away. The worth assumes that a message keeps {save_rate:percent} of what is at "
            "risk; nothing here measures that.",
            {"customers": top.height, "save_rate": ASSUMED_EFFECT},
        )
        kept = [ASSUMED_EFFECT * amount for amount in (value, low, high)]
        return [Action(finding, "churn", kept[0], kept[1], kept[2], self.horizon_days)]

    def files(self) -> dict[str, pl.DataFrame]:
        """`churn`: the contract's columns, then the interval's and the facts."""
        sentences = self.sentences()
        more = (
            "probability_low",
            "probability_high",
            "value_at_risk_low",
            "value_at_risk_high",
            "revenue_if_active",
            "recency_days",
            "orders",
            "median_gap_days",
            "average_order",
        )
        ranked = self.customers.select(*CONTRACT, *more).join(
            sentences, on=KEY, how="left", maintain_order="left"
        )
        return {"churn": ranked.select(*CONTRACT, *_reason_names(), *more)}

    def sentences(self, words: Callable[[str], str] = str) -> pl.DataFrame:
        """customer_id, top_reason_1 ... 3, in the templates that `words` gives, of every customer.

        The first says so where nothing raises the risk, or nothing is known of single customers.
        """
        nothing = why.ALIKE if self.config.method == "base_rate" else why.NOTHING
        found = why.written(self.reasons, words)
        first = pl.col("top_reason_1").fill_null(words(nothing.text))
        everyone = self.customers.select(pl.col(KEY)).sort(KEY)
        return everyone.join(found, on=KEY, how="left", maintain_order="left").with_columns(first)

    def interval(self, customers: pl.DataFrame) -> tuple[float, float]:
        """95 % interval of the revenue that these customers will not bring."""
        churn, revenue = (
            customers[name].to_numpy() for name in ("churn_probability", "expected_revenue")
        )
        return lost(churn, revenue, self.drift, self.config.seed)

    def what_if(self, customer_id: str, **facts: float) -> float:
        """The churn probability of a customer, were some of the facts different."""
        row = self.customers.filter(pl.col(KEY) == customer_id)
        changed = row.with_columns(
            pl.lit(value).cast(row.schema[name]).alias(name) for name, value in facts.items()
        )
        return float(1 - self.predict(possible(changed) if facts else changed)[0])

    @property
    def horizon_days(self) -> int:
        """The horizon in force."""
        return int(self.config.horizon_days or 0)

    def overdue(self) -> pl.DataFrame:
        """Good customers who are silent for long by their own rhythm; most value at risk first."""
        return overdue.good(self.customers).filter("overdue").drop("overdue")

    def _good(self) -> list[Finding]:
        good, late = overdue.good(self.customers).height, self.overdue()
        if late.is_empty():
            return []
        low, high = self.interval(late)
        return [
            Finding(
                "{late:integer} of your {good:integer} good customers are overdue by their own "
                "rhythm: silent for more than twice their usual time between orders. "
                "{value:money} expected from them within {horizon:integer} days hangs on whether "
                "they stay away ({low:money} to {high:money}). Good: among the quarter who spent "
                "most, with orders on at least {days:integer} days.",
                {
                    "late": late.height,
                    "good": good,
                    "value": float(late["value_at_risk"].sum()),
                    "low": low,
                    "high": high,
                    "horizon": self.horizon_days,
                    "days": overdue.RHYTHM,
                },
            )
        ]

    def _saveable(self) -> pl.DataFrame:
        return self.customers.filter(pl.col("risk") != "low")

    def _how_many(self) -> list[Finding]:
        once = self.customers.filter(pl.col("order_days") == 1).height
        counts = {
            level: self.customers.filter(pl.col("risk") == level).height
            for level in ("high", "medium", "low")
        }
        told = Finding(
            "Of all {customers:integer} customers who bought in the {window:integer} days to "
            "{as_of:date}, {low:integer} are at low, {medium:integer} at medium and "
            "{high:integer} at high risk of no order within {horizon:integer} days.",
            {
                "customers": self.customers.height,
                "window": self.config.bought_within_days,
                "as_of": self.config.as_of,
                "horizon": self.horizon_days,
                **counts,
            },
        )
        if not once:
            return [told]
        may_not = Finding(
            "{once:integer} of them have ordered on one day only; many such customers were never "
            "likely to come back so soon: high risk alone is no reason to write.",
            {"once": once},
        )
        return [told, may_not]

    def _how_much(self) -> Finding:
        low, high = self.interval(self.customers)
        return Finding(
            "{value:money} of the {revenue:money} expected from all customers within "
            "{horizon:integer} days hangs on those who may stay away ({low:money} to "
            "{high:money}).",
            {
                "value": float(self.customers["value_at_risk"].sum()),
                "revenue": float(self.customers["expected_revenue"].sum()),
                "horizon": self.horizon_days,
                "low": low,
                "high": high,
            },
        )

    def _how_well(self) -> list[Finding]:
        area = self._score("roc_auc", self.config.method)
        rule = self._score("roc_auc", "recency_rule")
        if area is None or rule is None or self.config.method == "base_rate":
            return []
        if self.config.method == "recency_rule":
            return [
                Finding(
                    "Shown a customer who came back and one who did not, on days held back, the "
                    "recency rule tells which is which in {rule:percent} of cases, a coin in 50%. "
                    "No model does better by more than chance.",
                    {"rule": rule},
                )
            ]
        return [
            Finding(
                "Shown a customer who came back and one who did not, on days held back, "
                "{method:label} tells which is which in {area:percent} of cases; the recency rule "
                "does in {rule:percent}, a coin in 50%.",
                {"method": self.config.method, "area": area, "rule": rule},
            )
        ]

    def _score(self, metric: str, method: str) -> float | None:
        rows = self.evidence.filter(pl.col("metric") == metric, pl.col("method") == method)
        return None if rows.is_empty() else float(rows["value"][0])


def _reason_names() -> list[str]:
    return [f"top_reason_{rank}" for rank in range(1, why.TOP + 1)]
