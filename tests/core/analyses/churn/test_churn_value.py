"""What customers bring, what is at risk of it, and what a message earns."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from core.analyses import churn
from core.analyses.churn import folds, saving, value
from core.analyses.churn.history import Past, compact

START = date(2025, 1, 1)


def test_value_at_risk_is_probability_times_expected_revenue(result):
    table = result.customers
    assert np.allclose(
        table["value_at_risk"],
        table["churn_probability"] * table["expected_revenue"],
        atol=0.01,
    )
    assert np.allclose(
        table["expected_revenue"],
        (1 - table["churn_probability"]) * table["revenue_if_active"],
        atol=0.02,
    )
    low, high = result.interval(table)
    assert low < table["value_at_risk"].sum() < high


def test_expected_totals_come_closer_than_going_on_as_before(result):
    bias = result.evidence.filter(pl.col("metric").str.ends_with("_bias"))
    for metric in ("orders_bias", "revenue_bias"):
        part = bias.filter(pl.col("metric") == metric)
        ours, naive = (part.filter(pl.col("baseline") == b)["value"][0] for b in (False, True))
        assert abs(ours) < abs(naive)
        assert abs(ours) < 0.15


def test_an_order_of_a_year_ago_is_worth_its_season(dataset):
    """Orders of one month are twice as large each year: half of that (as an exponent) is expected.

    The shop has one order a week of 10, and of 20 in the weeks after the day of the question.
    """
    day = START + timedelta(days=760)
    season = pl.col("ordered_at").dt.ordinal_day().is_between(31, 60)
    rows = [(f"c{i}", at + i * 0.01, 10.0) for i in range(60) for at in range(0, 760, 7)]
    lines = dataset(rows).lines.with_columns(revenue=pl.when(season).then(20.0).otherwise(10.0))
    past = Past(compact(lines), START, day, 30, 730)
    asked = folds.Fold(START + timedelta(days=728 + 31), START + timedelta(days=728), ())
    known = value.valued(past, asked, "shrinkage").level
    window = past.labelled(asked.calibrate)
    plain = value.worth(window, window).level
    assert known / plain == pytest.approx(2**0.5, rel=0.15)


def brought(said, came):
    """The windows of customers alike but for their mean order, who all came back."""
    n = len(said)
    facts = {"order_days": 9, "orders": 9, "recency_days": 10, "tenure_days": 100, "origin": START}
    return pl.DataFrame({"average_order": said, "future_revenue": came}).with_columns(
        *(pl.lit(value).alias(name) for name, value in facts.items()),
        revenue=9 * pl.col("average_order"), returned=1.0, horizon_days=30,
        future_orders=pl.Series(np.ones(n)),
    )  # fmt: skip


@pytest.mark.parametrize("power", [0.7, 1.3])
def test_how_much_more_large_orders_bring_is_learned(power):
    """What came is a power of what the shrunken order says, and noise."""
    rng = np.random.default_rng(1)
    windows = brought(rng.lognormal(3, 1, 2000), np.ones(2000))
    middle = value.mean_order(windows)
    _, said = value.Worth(0.0, gap_days=10.0, mean_order=middle).if_active(windows)
    came = middle * (said / middle) ** power * rng.lognormal(0, 0.5, 2000)
    windows = windows.with_columns(future_revenue=pl.Series(came))
    found = value.worth(windows, windows)
    assert found.exponent == pytest.approx(power, abs=0.08)
    assert found.if_active(windows)[1].sum() == pytest.approx(came.sum())


def test_the_interval_of_a_value_at_risk_is_the_quantiles_of_what_may_be():
    """Revenue alone in doubt: log-normal about the value; nothing in doubt: no width."""
    churn, revenue, none = np.array([0.5, 0.5]), np.array([100.0, 100.0]), np.zeros(2)
    low, high = value.at_risk_between(churn, revenue, none, np.array([0.0, 0.4]), 0)
    assert (low[0], high[0]) == pytest.approx((25, 25))
    exact = 25 * np.exp(0.4 * np.array([-1.96, 1.96]) - 0.08)
    assert (low[1], high[1]) == pytest.approx(tuple(exact), rel=0.12)
    low, high = value.at_risk_between(churn, revenue, np.array([0.3, 0.6]), none, 0)
    assert low[1] < low[0] < 25 == high[0], "on the fence it can only be less"


def test_a_burst_of_orders_in_the_first_days_is_no_habit():
    """Six order days in the first ten, and sixty in a hundred and fifty: not the same rate."""
    found = value.Worth(1.0, gap_days=50.0, mean_order=50.0)
    facts = pl.DataFrame(
        {"order_days": [6, 60], "tenure_days": [10, 150], "average_order": [50.0, 50.0]}
    ).with_columns(horizon_days=pl.lit(30))
    orders, _ = found.if_active(facts)
    assert orders.tolist() == pytest.approx([1 + 30 * 6 / 60, 1 + 30 * 60 / 200])


def test_one_huge_order_says_little_and_a_steady_large_buyer_is_believed():
    found = value.Worth(1.0, gap_days=30.0, mean_order=50.0, spread=1.0)
    facts = pl.DataFrame({"order_days": [1, 92], "average_order": [5000.0, 5000.0]})
    assert found.order_value(facts) == pytest.approx([(5000 + 400) / 9, (460_000 + 400) / 100])
    assert found.doubt(facts) == pytest.approx([1 / 3, 1 / 10])


def test_lists_of_the_past_are_compared_with_what_they_brought(made, result):
    row = result.tested_lists.row(-1, named=True)
    past = Past(compact(made.lines), START, made.last_day, result.horizon_days, 730)
    came = past.labelled(row["origin"])["future_revenue"]
    assert row["customers"] <= 50
    assert 0 < row["future_revenue"] <= came.filter(came > 0).sum()
    assert row["expected_revenue"] == pytest.approx(row["future_revenue"], rel=0.5)


def test_profit_by_hand():
    customers = pl.DataFrame(
        {
            "customer_id": ["a", "b", "c"],
            "churn_probability": [0.5, 0.05, 0.9],
            "risk": ["medium", "low", "high"],
            "value_at_risk": [50.0, 5.0, 2.0],
        }
    )
    offer = saving.Offer(message_cost=1, offer_value=2, save_rate=0.1, margin=0.5)
    found = saving.worth_saving(customers, offer)
    assert found.select("customer_id", "suggestion").rows() == [
        ("a", "write"),
        ("c", "not_worth_it"),
        ("b", "leave_alone"),
    ]
    profit = 0.1 * 0.5 * 50 - 1 - 2 * 0.5 * 1.05
    assert found["expected_profit"][0] == pytest.approx(profit, abs=1e-4)
    curve = saving.profit_curve(found)
    assert curve["total_profit"].to_list() == pytest.approx(
        [0, *found["expected_profit"].cum_sum()], abs=0.01
    )


def test_gamma_gamma_values_orders_and_keeps_the_total(made, result):
    """Selectable; the level is set on the same window, so that the totals agree."""
    config = churn.Config(value_model="gamma_gamma", method=result.config.method)
    found = churn.run(made, config)
    ours, theirs = (one.customers["expected_revenue"].sum() for one in (result, found))
    assert theirs == pytest.approx(ours, rel=0.05)
    both = result.customers.join(found.customers, on="customer_id", suffix="_gamma")
    assert not np.allclose(both["revenue_if_active"], both["revenue_if_active_gamma"], rtol=0.01)
