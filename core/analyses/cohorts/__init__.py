"""Cohorts: what becomes of customers after their first order, by when or with what they began.

Time runs from each customer's own first order in windows of 30 days (or 7). A window counts for a
customer only once it has passed completely, so every cell compares like with like; with n customers
observed in window k:

    retention          customers who ordered in window k / n; Wilson interval
    revenue_per_customer   net revenue in window k / n
    cumulative_revenue     the sum of revenue_per_customer up to k; interval from the customers
                           observed throughout, normal
    repeat_rate        1 - prod_j<=k (1 - h_j), h_j: second orders in window j / customers who had
                       none before it; Kaplan-Meier, Greenwood's interval on the log-log scale
                       (where none or all came back: Wilson interval over n)

Source: Kaplan & Meier (1958), JASA 53(282); Greenwood (1926); Wilson (1927), JASA 22(158).
"""

from dataclasses import dataclass
from statistics import NormalDist

import polars as pl

from core import evidence
from core.analyses.cohorts.began import began, truncated
from core.analyses.cohorts.cells import FEW, cells, windows
from core.analyses.cohorts.options import DAYS, NEEDS, Config
from core.dataset import Dataset
from core.errors import NotEnoughDataError
from core.finding import Action, Finding
from core.measures.intervals import Z95

__all__ = ["NEEDS", "Config", "Result", "run"]


@dataclass(frozen=True, eq=False)
class Result:
    """The cells of every cohort, and of all customers together.

    cells: one row per cohort and window (age 0: from the first order on), by cohort and age -
        cohort, age, customers, active, retention (+ _low, _high), revenue_per_customer,
        cumulative_revenue (+ _low, _high; null for one customer), repeat_rate (+ _low, _high),
        enough.
    overall: the same for cohort `all_customers`.
    sizes: cohort, customers (all who began, however short a time ago).
    opens_amid: the file begins amid business, so that its first customers are not new; they are
        then left out of `overall`, and `old` names the cohorts by first order that hold them.
    """

    config: Config
    cells: pl.DataFrame
    overall: pl.DataFrame
    sizes: pl.DataFrame
    opens_amid: bool
    old: frozenset[str]
    evidence: pl.DataFrame

    def explain(self) -> list[Finding]:
        """How many come back, what a customer is worth by then, which cohorts differ."""
        seen = self.overall.filter(pl.col("enough"))
        if seen.is_empty():
            return [
                Finding(
                    "No window has passed for {few:integer} customers yet: too early for cohorts.",
                    {"few": FEW},
                    "caution",
                )
            ]
        last = seen.row(-1, named=True) | {"days": self._days(int(seen["age"][-1]))}
        return [
            Finding(
                "Of 100 new customers, {hundred:integer} order again within {days:integer} days"
                " ({repeat_rate_low:percent} to {repeat_rate_high:percent}); a new customer has"
                " brought {cumulative_revenue:money} by then ({cumulative_revenue_low:money} to"
                " {cumulative_revenue_high:money}).",
                last | {"hundred": 100 * last["repeat_rate"]},
            ),
            *self._soon(seen),
            *self._differing(),
            *self._amid(),
        ]

    def _days(self, age: int) -> int:
        return (age + 1) * DAYS[self.config.period]

    def _amid(self) -> list[Finding]:
        if not self.opens_amid:
            return []
        return [
            Finding(
                "The file begins amid business: most customers of its first {days:integer} days are"
                " old ones who look new. They are left out of the figures for all customers.",
                {"days": DAYS[self.config.period]},
                "caution",
            )
        ]

    def _soon(self, seen: pl.DataFrame) -> list[Finding]:
        """When half of those who come back have done so; nothing if that is still under way."""
        whole = float(seen["repeat_rate"][-1])
        half = int((seen["repeat_rate"] < whole / 2).sum())
        if whole <= 0 or seen.height < 3 or half == seen.height - 1:
            return []
        if half > 0:
            return [
                Finding(
                    "Half of those who come back have done so after {start:integer} to"
                    " {days:integer} days: ask for the second order by then.",
                    {"start": self._days(half - 1), "days": self._days(half)},
                )
            ]
        values = {"days": self._days(0), "share": float(seen["repeat_rate"][0]) / whole}
        return [
            Finding(
                "{share:percent} of those who come back do so within the first {days:integer} days:"
                " that is when to ask for the second order.",
                values,
            )
        ]

    def _differing(self) -> list[Finding]:
        """The cohort whose repeat rate lies furthest from the rest, if that is not chance."""
        age = min(2, int(self.cells["age"].max() or 0))  # type: ignore[arg-type]
        row = self.cells.filter(pl.col("age") == age, pl.col("enough"))
        row = row.filter(~pl.col("cohort").is_in(list(self.old)))
        everyone = self.overall.filter(pl.col("age") == age)
        if row.height < 2 or everyone.is_empty():
            return []
        usual = float(everyone["repeat_rate"][0])
        row = row.with_columns(z=_apart(usual))
        found = row.filter(pl.col("z") > _bonferroni(row.height)).sort("z", descending=True)
        if found.is_empty():
            return [self._alike(self._days(age))]
        top = found.row(0, named=True)
        values = top | {"usual": usual, "days": self._days(age)}
        return [
            Finding(
                "“{cohort:label}” stands out: {repeat_rate:percent} order again within"
                " {days:integer} days, against {usual:percent} of all.",
                values,
            )
        ]

    def _alike(self, days: int) -> Finding:
        """No cohort stands out: of which ones, and by when."""
        if self.old:
            return Finding(
                "Apart from the cohorts that hold old customers, none's repeat rate within"
                " {days:integer} days differs from the rest by more than chance would make it.",
                {"days": days},
            )
        return Finding(
            "No cohort's repeat rate within {days:integer} days differs from the rest by more than"
            " chance would make it.",
            {"days": days},
        )

    def actions(self) -> list[Action]:
        """Nothing by itself: the pages on segments and churn name the customers."""
        return []

    def files(self) -> dict[str, pl.DataFrame]:
        """cohorts: the cells."""
        return {"cohorts": self.cells}


def run(dataset: Dataset, config: Config) -> Result:
    """Follow every customer's windows from the first order on."""
    dataset.require(NEEDS.columns)
    dataset = dataset.until(config.as_of)
    as_of = dataset.day(config.as_of)
    days = DAYS[config.period]
    everyone = began(dataset, config, as_of)
    if everyone.is_empty():
        raise NotEnoughDataError("No order names its customer: there are no cohorts to follow.")
    passed = windows(dataset, everyone, days)
    amid = truncated(everyone, days)
    age = (pl.col("first_order") - pl.col("first_order").min()).dt.total_days()
    fresh = everyone.filter(age >= days) if amid else everyone
    by_time = config.by == "first_order"
    old = everyone.filter(age < days)["cohort"] if amid and by_time else ()
    together = fresh.with_columns(cohort=pl.lit("all_customers"))
    return Result(
        config=config.with_values(as_of=as_of),
        cells=_by_cohort(passed, everyone if by_time else fresh),
        overall=_by_cohort(passed, together),
        sizes=everyone.group_by("cohort").agg(customers=pl.len().cast(pl.Int64)).sort("cohort"),
        opens_amid=amid,
        old=frozenset(old),
        evidence=evidence.table([]),
    )


def _by_cohort(passed: pl.DataFrame, began: pl.DataFrame) -> pl.DataFrame:
    return cells(passed.join(began.select("customer_id", "cohort"), on="customer_id"), began)


def _apart(usual: float) -> pl.Expr:
    """How many standard errors a repeat rate lies from `usual`: the side of its interval there."""
    rate = pl.col("repeat_rate")
    above, below = pl.col("repeat_rate_high") - rate, rate - pl.col("repeat_rate_low")
    side = pl.when(rate < usual).then(above).otherwise(below)
    # At a rate of 0 that is the usual one as well, both are 0.
    return ((rate - usual).abs() * Z95 / side).fill_nan(0.0)


def _bonferroni(comparisons: int) -> float:
    """The two-sided z beyond which one of so many comparisons is notable at 5 %."""
    return NormalDist().inv_cdf(1 - 0.05 / (2 * comparisons))
