"""Held-back time: what each model expected of each customer, against what came.

Models and naive rules see the lines up to a day; the orders (distinct days) of the period after it
judge them. Naive rules: `past_rate` goes on as before (repeat orders per day so far, times the
period), `nothing` expects no order.

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

from core.analyses.lifetime_value.valuing import basket_values, orders_range
from core.evidence import Score
from core.measures import buy_till_you_die as btyd
from core.measures import customers
from core.measures.buy_till_you_die import Floats

MODELS = ("mbg_nbd", "bg_nbd", "pareto_nbd")
RULES = ("past_rate", "nothing")
RESAMPLES = 400
DECILES = 10


@dataclass(frozen=True, eq=False)
class Held:
    """One row per customer of the earlier day, and what came after.

    expected: method -> expected orders; values: method -> expected average order; models: those
    fitted on what was known then.
    """

    profile: pl.DataFrame
    days: int
    actual: Floats
    actual_value: Floats
    expected: dict[str, Floats]
    values: dict[str, Floats]
    models: dict[str, btyd.Model]

    def coverage(self, model: str) -> float:
        """Share of the customers whose orders lay within the range given for them."""
        low, high = orders_range(self.models[model], self.profile, self.days)
        return float(((low <= self.actual) & (self.actual <= high)).mean())


def hold_back(lines: pl.LazyFrame, earlier: date, days: int) -> Held:
    """Fit on the lines up to `earlier`, look at the `days` after it."""
    profile = customers.profile(lines, earlier).collect()
    after = (
        lines.filter(
            pl.col("quantity") > 0,
            pl.col("ordered_at")
            .dt.date()
            .is_between(earlier, earlier + timedelta(days=days), closed="right"),
        )
        .group_by("customer_id")
        .agg(
            actual=pl.col("ordered_at").dt.date().n_unique(),
            spent=pl.col("revenue").sum().round(6),
            placed=pl.col("order_id").n_unique(),
        )
        .collect()
    )
    joined = profile.select("customer_id").join(
        after, on="customer_id", how="left", maintain_order="left"
    )
    x, t_x, age = btyd.histories(profile)
    models = {name: btyd.fit(name, x, t_x, age) for name in MODELS}
    expected = {
        name: model.expected_orders(x, t_x, age, float(days)) for name, model in models.items()
    }
    expected["past_rate"] = x / np.maximum(age, 1.0) * days
    expected["nothing"] = np.zeros(len(x))
    return Held(
        profile=profile,
        days=days,
        actual=joined["actual"].fill_null(0).to_numpy().astype(np.float64),
        actual_value=(joined["spent"] / joined["placed"]).fill_null(np.nan).to_numpy(),
        expected=expected,
        values={
            "shrinkage": basket_values(profile, "shrinkage"),
            "gamma_gamma": basket_values(profile, "gamma_gamma"),
            "customer_mean": profile["average_order"].to_numpy(),
        },
        models=models,
    )


def scores(held: Held, model: str, basket_value: str, seed: int) -> list[Score]:
    """Every method by every measure, with intervals from customers resampled."""
    found = []
    for method, expected in held.expected.items():
        error = expected - held.actual
        for metric, measure in MEASURES.items():
            found.append(
                _score(method, metric, measure, error, held.actual, seed)
                | {"baseline": method in RULES, "chosen": method == model}
            )
    bought = np.isfinite(held.actual_value)
    for method, value in held.values.items():
        error = (value - held.actual_value)[bought]
        found.append(
            _score(method, "basket_error", _absolute, error, error, seed)
            | {"baseline": method == "customer_mean", "chosen": method == basket_value}
        )
    return [Score(**fields) for fields in found]  # type: ignore[arg-type]


Measure = Callable[[Floats, Floats, Floats], float]


def _absolute(error: Floats, actual: Floats, weight: Floats) -> float:  # noqa: ARG001
    return float(weight @ np.abs(error) / weight.sum())


def _rmse(error: Floats, actual: Floats, weight: Floats) -> float:  # noqa: ARG001
    return float(np.sqrt(weight @ np.square(error) / weight.sum()))


def _total(error: Floats, actual: Floats, weight: Floats) -> float:
    return abs(float(weight @ error)) / max(float(weight @ actual), 1e-9)


MEASURES: dict[str, Measure] = {
    "orders_error": _absolute,
    "orders_rmse": _rmse,
    "total_error": _total,
}


def _score(
    method: str, metric: str, measure: Measure, error: Floats, actual: Floats, seed: int
) -> dict[str, object]:
    ones: Floats = np.ones(len(error))
    rng = np.random.default_rng(seed)
    drawn = [
        measure(error, actual, rng.poisson(1.0, len(error)).astype(np.float64))
        for _ in range(RESAMPLES)
    ]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return {
        "method": method,
        "metric": metric,
        "value": measure(error, actual, ones),
        "low": float(low),
        "high": float(high),
    }


def calibration(held: Held, model: str) -> pl.DataFrame:
    """decile (of expected orders, 1 lowest), customers, expected_orders, actual_orders, low, high.

    Means per customer; low and high: the actual mean's 95 % interval. Equal expectations stay
    together, so that deciles may be fewer than ten.
    """
    table = pl.DataFrame({"expected": held.expected[model], "actual": held.actual})
    decile = ((pl.col("expected").rank("max") / pl.len()) * DECILES).ceil().cast(pl.Int64)
    actual, n = pl.col("actual"), pl.len()
    half = 1.959964 * actual.std().fill_null(0.0) / n.sqrt()
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
