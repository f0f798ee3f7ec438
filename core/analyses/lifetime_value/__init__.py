"""Lifetime value: what each customer will still bring, and how far such forecasts were right.

Orders come at each customer's own rate until the customer stops, unseen (`core.measures.
buy_till_you_die`: MBG/NBD, BG/NBD, Pareto/NBD); an order's value is the customer's own mean drawn
towards the shop's, or Gamma-Gamma (`valuing.py`). With `auto` the model of highest likelihood is
taken (all three have four parameters) and the order value of the lower error on held-back time.
Every model is shown beside two naive rules on held-back time (`backtest.py`).

A customer's range is what that one customer may really do (80 %), not the error of a mean. The
total's interval joins the spread of models fitted again to resampled customers with how far the
total was off on held-back time, whichever side.

Source: see the modules named above; Wuebben & v. Wangenheim (2008), Journal of Marketing 72(3), on
how hard simple rules are to beat.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from core import evidence
from core.analyses.lifetime_value import backtest, valuing
from core.analyses.lifetime_value.options import FEW_REPEAT, MIN_REPEAT, NEEDS, Config
from core.dataset import Dataset
from core.errors import NotEnoughDataError
from core.finding import Action, Finding
from core.measures import buy_till_you_die as btyd
from core.measures import customers
from core.measures.buy_till_you_die import Floats, Model

__all__ = ["NEEDS", "Config", "Result", "run"]

REFITS = 8
SHORTEST, LONGEST = 28, 180
MIN_HELD = 100


@dataclass(frozen=True, eq=False)
class Result:
    """What each customer is expected to bring within the horizon.

    customers: one row per customer, most valuable first - customer_id, future_value (discounted)
        with its 80 % range future_low to future_high, expected_orders, basket_value, p_active (an
        order within the horizon), p_alive (has not stopped), next_order (day by which an order is
        as likely as not; null: not within two years), orders, revenue, recency_days, tenure_days.
    calibration: see `backtest.calibration`; empty where too little is held back.
    parameters: model, parameter, value, error.
    total: expected value of all customers with its interval: value, low, high.
    coverage: share of the customers whose held-back orders lay within their range.
    """

    config: Config
    customers: pl.DataFrame
    calibration: pl.DataFrame
    parameters: pl.DataFrame
    total: tuple[float, float, float]
    repeat_customers: int
    held_days: int
    coverage: float | None
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
        found = []
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
        if not scores:
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


def run(dataset: Dataset, config: Config) -> Result:
    """Fit, test on held-back time, and value every customer."""
    dataset.require(NEEDS.columns)
    dataset = dataset.until(config.as_of)
    as_of = dataset.day(config.as_of)
    profile = customers.profile(dataset.lines, as_of).collect()
    x, t_x, age = btyd.histories(profile) if profile.height else (np.zeros(0),) * 3
    repeat = int((x > 0).sum())
    if repeat < MIN_REPEAT:
        raise NotEnoughDataError(
            "Only {have:integer} customers ordered on more than one day; {need:integer} are needed"
            " to learn how customers come and go.",
            have=repeat,
            need=MIN_REPEAT,
        )
    days = dataset.facts["days"]
    held_days = max(SHORTEST, min(LONGEST, days // 4))
    horizon = config.horizon_days or min(365, max(30, days))
    model = _fitted(config.model, x, t_x, age)
    held = _held(dataset, as_of - timedelta(days=held_days), held_days)
    basket_value = _basket_value(config, held)
    config = config.with_values(
        as_of=as_of, model=model.name, horizon_days=horizon, basket_value=basket_value
    )
    scores = backtest.scores(held, model.name, basket_value, config.seed) if held else []
    off = next((s.high for s in scores if s.chosen and s.metric == "total_error"), None)
    table = _valued(model, profile, config)
    return Result(
        config=config,
        customers=table,
        calibration=backtest.calibration(held, model.name) if held else pl.DataFrame(),
        parameters=_parameters(model, x, t_x, age),
        total=_total(model, profile, config, off),
        repeat_customers=repeat,
        held_days=held_days,
        coverage=held.coverage(model.name) if held else None,
        evidence=evidence.table(scores),
    )


def _fitted(name: str, x: Floats, t_x: Floats, age: Floats) -> Model:
    """The model asked for, or the likeliest of all."""
    names = backtest.MODELS if name == "auto" else (name,)
    return max((btyd.fit(n, x, t_x, age) for n in names), key=lambda m: m.log_likelihood)


def _held(dataset: Dataset, earlier: date, days: int) -> backtest.Held | None:
    """What was held back, if there was enough before and after the earlier day."""
    before = dataset.lines.filter(
        pl.col("ordered_at").dt.date() <= earlier,
        pl.col("quantity") > 0,
        pl.col("customer_id").is_not_null(),
    )
    days_each = before.group_by("customer_id").agg(pl.col("ordered_at").dt.date().n_unique())
    seen = days_each.select(pl.len(), repeat=(pl.col("ordered_at") > 1).sum()).collect().row(0)
    if seen[0] < MIN_HELD or seen[1] < MIN_REPEAT:
        return None
    held = backtest.hold_back(dataset.lines, earlier, days)
    return held if held.actual.sum() >= MIN_REPEAT else None


def _basket_value(config: Config, held: backtest.Held | None) -> str:
    """The order value asked for, or the one of the lower error on held-back time."""
    if config.basket_value != "auto":
        return config.basket_value
    if held is None:
        return "shrinkage"
    error = {
        name: float(np.nanmean(np.abs(held.values[name] - held.actual_value)))
        for name in ("shrinkage", "gamma_gamma")
    }
    return min(error, key=lambda name: (error[name], name))


def _valued(model: Model, profile: pl.DataFrame, config: Config) -> pl.DataFrame:
    """The customers with what they are worth, most valuable first."""
    assert config.horizon_days is not None
    x, t_x, age = btyd.histories(profile)
    horizon = config.horizon_days
    worth = valuing.basket_values(profile, config.basket_value)
    discounted = valuing.discounted_orders(model, profile, horizon, config.discount_rate)
    orders = model.expected_orders(x, t_x, age, float(horizon))
    factor = discounted / np.maximum(orders, 1e-12)
    fewest, most = valuing.orders_range(model, profile, horizon)
    wait = pl.Series("wait", valuing.median_wait(model, profile)).fill_nan(None).round()
    table = profile.with_columns(wait.cast(pl.Int64)).select(
        "customer_id",
        future_value=pl.Series(discounted * worth),
        future_low=pl.Series(np.minimum(fewest * factor, discounted) * worth),
        future_high=pl.Series(np.maximum(most * factor, discounted) * worth),
        expected_orders=pl.Series(orders),
        basket_value=pl.Series(worth),
        p_active=pl.Series(model.active(x, t_x, age, float(horizon))),
        p_alive=pl.Series(model.alive(x, t_x, age)),
        next_order=pl.lit(config.as_of) + pl.duration(days="wait"),
        orders="orders",
        revenue="revenue",
        recency_days="recency_days",
        tenure_days="tenure_days",
    )
    return table.sort(pl.col("future_value").round(6), "customer_id", descending=[True, False])


def _total(
    model: Model, profile: pl.DataFrame, config: Config, off: float | None
) -> tuple[float, float, float]:
    """(value, low, high) of all customers; off: how far the total was off on held-back time."""
    assert config.horizon_days is not None
    worth = valuing.basket_values(profile, config.basket_value)

    def value(of: Model) -> float:
        orders = valuing.discounted_orders(
            of, profile, config.horizon_days or 0, config.discount_rate
        )
        return float(orders @ worth)

    refits = valuing.resampled(model, profile, config.seed, REFITS)
    spread = 1.959964 * float(np.std([value(refit) for refit in refits], ddof=1))
    total = value(model)
    half = float(np.hypot(spread, (off or 0.0) * total))
    return total, max(0.0, total - half), total + half


def _parameters(model: Model, x: Floats, t_x: Floats, age: Floats) -> pl.DataFrame:
    errors = btyd.standard_errors(model, x, t_x, age)
    rows = [(model.name, name, value, errors[name]) for name, value in model.parameters.items()]
    schema = {"method": pl.String, "parameter": pl.String, "value": pl.Float64, "error": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(
        pl.col("error").fill_nan(None)
    )
