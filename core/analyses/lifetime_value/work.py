"""From order lines to lifetime values: fit, test on held-back time, value."""

from datetime import date, timedelta

import numpy as np
import polars as pl

from core import evidence
from core.analyses.lifetime_value import backtest, fallback, valuing
from core.analyses.lifetime_value.answer import Result
from core.analyses.lifetime_value.options import MIN_REPEAT, NEEDS, Config
from core.analyses.lifetime_value.valuing import People
from core.dataset import Dataset
from core.errors import NotEnoughDataError
from core.measures import buy_till_you_die as btyd
from core.measures import customers
from core.measures.btyd_likelihoods import Floats
from core.measures.buy_till_you_die import Model

SHORTEST, LONGEST = 28, 180
#: x, t_x and age of every customer, as the models want them.
Histories = tuple[Floats, Floats, Floats]


def run(dataset: Dataset, config: Config) -> Result:
    """Fit, test on held-back time, and value every customer."""
    dataset.require(NEEDS.columns)
    dataset = dataset.until(config.as_of)
    as_of = dataset.day(config.as_of)
    profile = customers.profile(dataset.lines, as_of).collect(engine="streaming")
    past = _histories(profile)
    days = dataset.facts["days"]
    held_days = max(SHORTEST, min(LONGEST, days // 4))
    earlier = as_of - timedelta(days=held_days)
    held = _held(dataset, earlier, held_days)
    model, failed, usable = _fitted(config.model, held, past)
    config = config.with_values(
        as_of=as_of,
        model=model.name if model else fallback.NAME,
        horizon_days=config.horizon_days or min(365, max(30, days)),
        basket_value=_basket_value(config, held),
    )
    people = People(model, profile) if model else _seen(dataset, earlier, held_days, profile)
    scores = backtest.scores(held, config.model, config.basket_value) if held else []
    off = next((s.high for s in scores if s.chosen and s.metric == "total_error"), None)
    worth = valuing.basket_values(profile, config.basket_value)
    table = _valued(people, worth, profile, config)
    tested = held if held is not None and config.model in held.people else None
    return Result(
        config=config,
        customers=table,
        calibration=backtest.calibration(tested, config.model) if tested else pl.DataFrame(),
        parameters=_parameters(model, past) if model else pl.DataFrame(),
        total=_total(people, profile, worth, config, float(table["future_value"].sum()), off),
        repeat_customers=_repeat(past),
        held_days=held_days,
        coverage=tested.coverage(config.model) if tested else None,
        failed=failed,
        usable=usable,
        evidence=evidence.table(scores),
    )


def _repeat(past: Histories) -> int:
    return int((past[0] > 0).sum())


def _histories(profile: pl.DataFrame) -> Histories:
    """x, t_x and age of every customer; refused where too few of them came back."""
    past = btyd.histories(profile) if profile.height else (np.zeros(0),) * 3
    if _repeat(past) < MIN_REPEAT:
        raise NotEnoughDataError(
            "Only {have:integer} customers ordered on more than one day; {need:integer} are needed"
            " to learn how customers come and go.",
            have=_repeat(past),
            need=MIN_REPEAT,
        )
    return past


def _seen(dataset: Dataset, earlier: date, days: int, profile: pl.DataFrame) -> fallback.Expected:
    """Customers who do what those like them did in the last `days`; refused if few are known."""
    before = backtest.seen(dataset.lines, earlier, days)
    if before is None:
        raise NotEnoughDataError(
            "The history is too short to see what customers did before: {need:integer} customers"
            " who began at least {days:integer} days ago are needed.",
            need=backtest.MIN_HELD,
            days=days,
        )
    return before.people(profile)


def _fitted(
    name: str, held: backtest.Held | None, past: Histories
) -> tuple[Model | None, str | None, bool]:
    """The model asked for, or the likeliest; none, and its name, if it fails on held-back time.

    Last: whether it had a finite answer.
    """
    if name == fallback.NAME:
        return None, None, True
    names = backtest.MODELS if name == "auto" else (name,)
    fits = [btyd.fit(n, *past) for n in names]
    sound = [m for m in fits if np.isfinite(m.expected_orders(*past, 365.0)).all()]
    if not sound:
        return None, fits[0].name, False
    found = max(sound, key=lambda m: m.log_likelihood)
    if name == "auto" and held is not None and held.fails(found.name):
        return None, found.name, True
    return found, None, True


def _held(dataset: Dataset, earlier: date, days: int) -> backtest.Held | None:
    """What was held back, if there was enough before and after the earlier day."""
    before = dataset.lines.filter(
        pl.col("ordered_at").dt.date() <= earlier,
        pl.col("quantity") > 0,
        pl.col("customer_id").is_not_null(),
    )
    days_each = before.group_by("customer_id").agg(pl.col("ordered_at").dt.date().n_unique())
    seen = days_each.select(pl.len(), repeat=(pl.col("ordered_at") > 1).sum()).collect().row(0)
    if seen[0] < backtest.MIN_HELD or seen[1] < MIN_REPEAT:
        return None
    held = backtest.hold_back(dataset.lines, earlier, days)
    return held if held.actual.sum() >= MIN_REPEAT else None


def _basket_value(config: Config, held: backtest.Held | None) -> str:
    """The order value asked for, or the one of the lower error on held-back time.

    Among equals shrinkage, which also stands in where Gamma-Gamma cannot be fitted.
    """
    if config.basket_value != "auto":
        return config.basket_value
    if held is None:
        return "shrinkage"
    error = {
        name: float(np.nanmean(np.abs(held.values[name] - held.actual_value)))
        for name in ("shrinkage", "gamma_gamma")
    }
    return min(error, key=error.__getitem__)


def _valued(
    people: People | fallback.Expected, worth: Floats, profile: pl.DataFrame, config: Config
) -> pl.DataFrame:
    """The customers with what they are worth, most valuable first."""
    assert config.horizon_days is not None
    horizon = config.horizon_days
    discounted = people.discounted_orders(horizon, config.discount_rate)
    orders = people.expected_orders(float(horizon))
    factor = discounted / np.maximum(orders, 1e-12)
    fewest, most = people.orders_range(horizon)
    wait = pl.Series("wait", people.median_wait()).fill_nan(None).round()
    table = profile.with_columns(wait.cast(pl.Int64)).select(
        "customer_id",
        future_value=pl.Series(discounted * worth),
        future_low=pl.Series(np.minimum(fewest * factor, discounted) * worth),
        future_high=pl.Series(np.maximum(most * factor, discounted) * worth),
        expected_orders=pl.Series(orders),
        basket_value=pl.Series(worth),
        p_active=pl.Series(people.active(float(horizon))),
        p_alive=pl.Series(people.alive).fill_nan(None),
        next_order=pl.lit(config.as_of) + pl.duration(days="wait"),
        orders="orders",
        revenue="revenue",
        recency_days="recency_days",
        tenure_days="tenure_days",
    )
    return table.sort(pl.col("future_value").round(6), "customer_id", descending=[True, False])


def _total(
    people: People | fallback.Expected,
    profile: pl.DataFrame,
    worth: Floats,
    config: Config,
    total: float,
    off: float | None,
) -> tuple[float, float, float]:
    """(value, low, high) of all customers; off: how far the total was off on held-back time.

    The interval holds that, what the parameters leave open, and what the customers may really do.
    """
    horizon, rate = config.horizon_days or 0, config.discount_rate
    if isinstance(people, fallback.Expected):
        spread = people.error
    else:
        spread = valuing.total_spread(people.model, profile, worth, horizon, rate, config.seed)
        drawn = float(np.sqrt(people.orders_variance(horizon) @ worth**2))
        expected = float(people.expected_orders(float(horizon)) @ worth)
        spread = float(np.hypot(spread, drawn / max(expected, 1e-12)))
    half = total * float(np.hypot(1.959964 * spread, off or 0.0))
    return total, max(0.0, total - half), total + half


def _parameters(model: Model, past: Histories) -> pl.DataFrame:
    errors = btyd.standard_errors(model, *past)
    rows = [(model.name, name, value, errors[name]) for name, value in model.parameters.items()]
    schema = {"method": pl.String, "parameter": pl.String, "value": pl.Float64, "error": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(
        pl.col("error").fill_nan(None)
    )
