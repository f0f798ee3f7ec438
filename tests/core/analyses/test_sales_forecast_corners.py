"""The sales forecast of odd shops: closed for months, a day that hardly sells, few tests."""

from datetime import date, datetime, time, timedelta

import numpy as np
import polars as pl
import pytest

from core.analyses import sales_forecast
from core.analyses.sales_forecast import rolling, series, views
from core.analyses.sales_forecast.config import Config
from core.dataset import Dataset
from core.measures.forecast_error import ratio_interval

AS_OF = date(2025, 12, 31)


def daily(sold, *, category=None) -> Dataset:
    """One line a day, oldest first; the last day is AS_OF."""
    days = [AS_OF - timedelta(days=ago) for ago in range(len(sold))][::-1]
    lines = pl.DataFrame(
        {
            "ordered_at": [datetime.combine(day, time()) for day in days],
            "quantity": np.asarray(sold, dtype=float),
            "revenue": 10 * np.asarray(sold, dtype=float),
            **({"category": category} if category is not None else {}),
        }
    )
    return Dataset("daily", "daily", lines.lazy())


def open_in_winter(days=800, until=60):
    """Some five a day in three months of the year, nothing in the other nine."""
    sold = np.random.default_rng(0).poisson(5, days).astype(float)
    at = (np.arange(days) - days + until) % 365
    return np.where(at < 90, sold, 0.0)


@pytest.mark.parametrize("method", ["naive", "moving_average", "exponential_smoothing"])
@pytest.mark.parametrize("until", [60, 300])
def test_a_forecast_of_nothing_is_no_measure_of_a_miss(method, until):
    """Out of months of nothing a sale is no infinite miss: ranges were in the quadrillions."""
    data = daily(open_in_winter(until=until))
    result = sales_forecast.run(data, Config(method=method))
    best = result.history["sold"].max()
    assert result.forecast["p90"].max() < 10 * best
    assert result.days["p90"].max() < 10 * result.past_days["sold"].max()
    assert result.total["high"] < 10 * best * result.forecast.height
    assert (result.forecast["p10"] >= 0).all()
    assert (result.months["p90"] < 50 * best).all()
    assert "000,000" not in " ".join(map(str, result.explain()))


def test_a_closed_shop_may_open_again():
    """Nothing is forecast after months of nothing, but not for certain."""
    result = sales_forecast.run(daily(open_in_winter(until=340)), Config(method="moving_average"))
    assert result.forecast["mean"].max() == 0
    assert result.forecast["p90"].max() > 0


def test_a_day_that_hardly_sells_does_not_widen_the_others():
    """One sale on a Sunday in a year: the other days sell a hundred, always."""
    sold = np.array([100.0 if (AS_OF - timedelta(days=ago)).weekday() < 6 else 0.0
                     for ago in range(420)])[::-1]  # fmt: skip
    sunday = [n for n in range(420) if sold[n] == 0][-2]
    sold[sunday] = 3.0
    days = sales_forecast.run(daily(sold), Config()).days
    weekday = days["day"].dt.weekday() < 7
    assert days.filter(weekday)["p10"].min() > 900


def test_days_far_ahead_are_as_unsure_as_they_turned_out_to_be():
    """Sales that wander: days 26 weeks ahead had the range of days of the first week, 46% held."""
    inside = []
    for seed in range(25):
        rng = np.random.default_rng(seed)
        level = 1000 * np.exp(np.cumsum(0.08 * rng.standard_normal(146)))
        sold = level[:, None] / 7 * np.exp(0.2 * rng.standard_normal((146, 7)))
        known = sold[:130]
        week = series.Weekly(values=known.sum(axis=1), daily=known.ravel(), as_of=AS_OF)
        days = views.days(week, rolling.trial(week.values, 16), "exponential_smoothing")
        low, high = (days[name].to_numpy().reshape(16, 7)[8:] for name in ("p10", "p90"))
        inside.append(((low <= sold[138:]) & (sold[138:] <= high)).mean())
    assert np.mean(inside) > 0.66


def test_groups_add_up_to_the_shop_after_a_break():
    """Closed for the last nine weeks as a year ago; the season says that it opens again."""
    sold = np.full(7 * 130, 5.0)
    for year in (0, 364):
        sold[len(sold) - year - 63 : len(sold) - year] = 0.0
    names = ["a", "b", "b"] * len(sold)
    result = sales_forecast.run(
        daily(sold, category=names[: len(sold)]), Config(method="seasonal_naive")
    )
    total = result.forecast["mean"].sum()
    assert total > 0
    assert result.groups["mean"].sum() == pytest.approx(total)
    assert result.groups["p90"].max() < 10 * total


def test_two_stretches_claim_nothing():
    """By chance alone a method leads on two of two in a case of four: that is no proof."""
    claims = 0
    for seed in range(30):
        sold = 100 * np.exp(0.3 * np.random.default_rng(seed).standard_normal(110))
        tried = sales_forecast.run(
            daily(np.repeat(sold / 7, 7)),
            Config(method="exponential_smoothing", horizon_days=182),
        )
        assert tried.stretches == 2
        said = [one for one in tried.explain() if "stretches" in one.text]
        claims += any(one.kind == "fact" for one in said)
        assert all("interval" not in one.text for one in said)
        assert tried.evidence["low"].null_count() == tried.evidence.height
    assert claims == 0


def test_chance_leads_reliably_no_more_often_than_promised():
    """Two methods of equal worth, four stretches: one in forty may lie above 0 by chance."""
    rng = np.random.default_rng(0)
    above, below = rng.gamma(4, size=(2, 1500, 4))
    intervals = [ratio_interval(a, b) for a, b in zip(above, below, strict=True)]
    assert np.mean([high < 1 for _, high in intervals]) < 0.045
    assert np.mean([low <= 1 <= high for low, high in intervals]) > 0.9
