"""Held-back time: what each model expected of each customer, against what came.

Models and naive rules see the lines up to a day; the orders (distinct days) of the period after it
judge them. Naive rules: `past_rate` goes on as before (repeat orders per day so far, times the
period), `nothing` expects no order. `seen_before` (`fallback.py`) takes over where the model fails:
where its total is off by more than OFF beyond chance, and in squared error it does not beat the
best of the simple rules.

    orders_error   mean |expected - actual| orders per customer; rewards expecting too little
    orders_rmse    root of the mean squared error of orders
    total_error    |expected total / actual total - 1|
    basket_error   mean |expected - actual| average order of those who ordered
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from core.analyses.lifetime_value import fallback
from core.analyses.lifetime_value.valuing import People, basket_values
from core.evidence import Score
from core.measures import buy_till_you_die as btyd
from core.measures import customers
from core.measures.btyd_likelihoods import Floats

MODELS = ("mbg_nbd", "bg_nbd", "pareto_nbd")
RULES = ("past_rate", "nothing")
DECILES = 10
Z = 1.959964
#: A total this far off, beyond chance, is a model that does not fit.
OFF = 0.3
#: Customers needed to test by, and the least number of order days that came.
MIN_HELD = 100


@dataclass(frozen=True, eq=False)
class Held:
    """One row per customer of the earlier day, and what came after.

    expected: method -> expected orders; values: method -> expected average order; people: the
    models fitted on what was known then, and `seen_before` where there was enough before.
    """

    profile: pl.DataFrame
    days: int
    actual: Floats
    actual_value: Floats
    expected: dict[str, Floats]
    values: dict[str, Floats]
    people: dict[str, People | fallback.Expected]

    def coverage(self, model: str) -> float:
        """Share of the customers whose orders lay within the range given for them."""
        low, high = self.people[model].orders_range(self.days)
        return float(((low <= self.actual) & (self.actual <= high)).mean())

    def fails(self, model: str) -> bool:
        """Whether the model was plainly off, and a simple rule at least as close."""
        if model not in self.expected:
            return True
        error = {name: expected - self.actual for name, expected in self.expected.items()}
        _, least_off, _ = _total(error[model], self.actual)
        squared = {name: float(np.square(e).mean()) for name, e in error.items()}
        rules = [squared[name] for name in (*RULES, fallback.NAME) if name in squared]
        return least_off > OFF and squared[model] >= min(rules)


def _after(lines: pl.LazyFrame, earlier: date, days: int, profile: pl.DataFrame) -> pl.DataFrame:
    """actual (order days), spent, placed in the `days` after, of each customer of `profile`."""
    end = earlier + timedelta(days=days)
    after = (
        lines.filter(
            pl.col("quantity") > 0,
            pl.col("ordered_at").dt.date().is_between(earlier, end, closed="right"),
        )
        .group_by("customer_id")
        .agg(
            actual=pl.col("ordered_at").dt.date().n_unique(),
            spent=pl.col("revenue").sum().round(6),
            placed=pl.col("order_id").n_unique(),
        )
        .collect()
    )
    return (
        profile.select("customer_id")
        .join(after, on="customer_id", how="left", maintain_order="left")
        .with_columns(pl.col("actual").fill_null(0).cast(pl.Float64))
    )


def seen(lines: pl.LazyFrame, earlier: date, days: int) -> fallback.Seen | None:
    """What customers of an earlier day did in the `days` after it; None: too few to tell."""
    profile = customers.profile(lines, earlier).collect()
    if profile.height < MIN_HELD:
        return None
    actual = _after(lines, earlier, days, profile)["actual"].to_numpy()
    return fallback.learned(profile, actual, days)


def hold_back(lines: pl.LazyFrame, earlier: date, days: int) -> Held:
    """Fit on the lines up to `earlier`, look at the `days` after it."""
    profile = customers.profile(lines, earlier).collect()
    joined = _after(lines, earlier, days, profile)
    x, t_x, age = btyd.histories(profile)
    people: dict[str, People | fallback.Expected] = {
        name: People(btyd.fit(name, x, t_x, age), profile) for name in MODELS
    }
    if (known := seen(lines, earlier - timedelta(days=days), days)) is not None:
        people[fallback.NAME] = known.people(profile)
    expected = {name: each.expected_orders(float(days)) for name, each in people.items()}
    # A fit that ran off to the edge has no finite answer.
    expected = {name: orders for name, orders in expected.items() if np.isfinite(orders).all()}
    people = {name: each for name, each in people.items() if name in expected}
    expected["past_rate"] = x / np.maximum(age, 1.0) * days
    expected["nothing"] = np.zeros(len(x))
    return Held(
        profile=profile,
        days=days,
        actual=joined["actual"].to_numpy(),
        actual_value=(joined["spent"] / joined["placed"]).fill_null(np.nan).to_numpy(),
        expected=expected,
        values={
            "shrinkage": basket_values(profile, "shrinkage"),
            "gamma_gamma": basket_values(profile, "gamma_gamma"),
            "customer_mean": profile["average_order"].to_numpy(),
        },
        people=people,
    )


def scores(held: Held, model: str, basket_value: str) -> list[Score]:
    """Every method by every measure, with 95 % intervals of the mean over customers."""
    found = []
    for method, expected in held.expected.items():
        error = expected - held.actual
        for metric, measure in MEASURES.items():
            value, low, high = measure(error, held.actual)
            found.append(Score(method, metric, value, low, high, method in RULES, method == model))
    bought = np.isfinite(held.actual_value)
    for method, value_each in held.values.items():
        error = (value_each - held.actual_value)[bought]
        value, low, high = _absolute(error, error)
        naive, chosen = method == "customer_mean", method == basket_value
        found.append(Score(method, "basket_error", value, low, high, naive, chosen))
    return found


Interval = tuple[float, float, float]


def _absolute(error: Floats, actual: Floats) -> Interval:  # noqa: ARG001
    size = np.abs(error)
    mean, half = float(size.mean()), Z * float(size.std()) / len(size) ** 0.5
    return mean, max(0.0, mean - half), mean + half


def _rmse(error: Floats, actual: Floats) -> Interval:
    mean, low, high = (end**0.5 for end in _absolute(np.square(error), actual))
    return mean, low, high


def _total(error: Floats, actual: Floats) -> Interval:
    """Of a ratio of sums; Source: Cochran (1977), Sampling Techniques, 6.4."""
    whole = max(float(actual.sum()), 1e-9)
    off = float(error.sum()) / whole
    half = Z * float(np.sqrt(np.square(error - off * actual).sum())) / whole
    return abs(off), max(0.0, abs(off) - half), abs(off) + half


MEASURES: dict[str, Callable[[Floats, Floats], Interval]] = {
    "orders_error": _absolute,
    "orders_rmse": _rmse,
    "total_error": _total,
}


def calibration(held: Held, model: str) -> pl.DataFrame:
    """decile (of expected orders, 1 lowest), customers, expected_orders, actual_orders, low, high.

    Means per customer; low and high: the actual mean's 95 % interval. Equal expectations stay
    together, so that deciles may be fewer than ten.
    """
    table = pl.DataFrame({"expected": held.expected[model], "actual": held.actual})
    decile = ((pl.col("expected").rank("max") / pl.len()) * DECILES).ceil().cast(pl.Int64)
    actual, n = pl.col("actual"), pl.len()
    half = Z * actual.std().fill_null(0.0) / n.sqrt()
    return (
        table.group_by(decile=decile)
        .agg(
            customers=n.cast(pl.Int64),
            expected_orders=pl.col("expected").mean(),
            actual_orders=actual.mean(),
            actual_low=(actual.mean() - half).clip(0),
            actual_high=actual.mean() + half,
        )
        .sort("decile")
    )
