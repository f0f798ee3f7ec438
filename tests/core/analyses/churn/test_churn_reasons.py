"""Why a customer is at risk: true of the customer, faithful to the model; what counts overall."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.analyses.churn import insight, models, reasons
from core.analyses.churn.history import possible

START = date(2025, 1, 1)


def test_reasons_speak_with_the_customers_own_numbers(result):
    files = result.files()["churn"]
    silent = result.reasons.filter(pl.col("code") == "silence").row(0, named=True)
    said = files.filter(pl.col("customer_id") == silent["customer_id"])
    expected = (
        f"Usually orders every {silent['median_gap_days']:.0f} days, "
        f"silent for {silent['recency_days']}"
    )
    assert expected in said.select(pl.col("^top_reason_.*$")).row(0)
    assert (files["top_reason_1"].is_not_null() | files["top_reason_2"].is_null()).all()


def test_every_reason_raises_the_risk_and_its_comparison_says_so(result):
    stated = result.reasons
    assert stated.height > 0
    assert stated["contribution"].min() >= reasons.LEAST
    assert stated.sort("customer_id", "rank")["rank"].max() <= 3
    smaller = [("silence", "median_gap_days", "recency_days")]
    smaller += [("silence_once", "usual_gap_days", "recency_days")]
    smaller += [("repeats", "order_days", "typical_order_days")]
    smaller += [("rhythm", "typical_gap_days", "median_gap_days")]
    smaller += [("tenure_short", "tenure_days", "typical_tenure_days")]
    for code, less, more in smaller:
        rows = stated.filter(pl.col("code") == code)
        assert (rows[less].round() < rows[more].round()).all(), code
    falling = pl.col("contribution") <= pl.col("contribution").shift(1).over("customer_id")
    assert stated.select(falling.fill_null(value=True).all()).item()


def test_where_nothing_raises_the_risk_there_is_no_reason(past):
    """A model that gets surer of an order the longer the silence: silence is no reason then."""
    facts = past.facts(past.last)

    def fonder(rows):
        return 1 - 1 / (2 + rows["recency_days"].to_numpy())

    stated = reasons.reasons(facts, fonder, reasons.typical(facts))
    assert "silence" not in stated["reason"].to_list()


def test_a_logistic_contribution_is_the_coefficient_times_the_distance(past):
    """Order value is one column of the design, so its contribution is known in closed form."""
    labelled = past.labelled(START + timedelta(days=250))
    predict = models.fit("logistic_regression", labelled, 0)
    usual = reasons.typical(labelled)
    added = reasons.contributions(labelled, predict, usual)["average_order"].to_numpy()
    distance = np.log1p(labelled["average_order"].to_numpy()) - np.log1p(usual["average_order"])
    apart = np.abs(distance) > 0.1
    slopes = added[apart] / distance[apart]
    assert np.allclose(slopes, slopes[0], rtol=1e-4)


@pytest.mark.parametrize("method", ["logistic_regression", "hist_gradient_boosting"])
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_taking_a_stated_reason_away_moves_the_probability_as_stated(fitted, method, data):
    facts, predict, stated, usual = fitted[method]
    row = stated.row(data.draw(st.integers(0, stated.height - 1)), named=True)
    one = facts.filter(pl.col("customer_id") == row["customer_id"])
    with_it, without_it = (
        1 - predict(frame)[0] for frame in (one, reasons.without(one, row["reason"], usual))
    )
    assert with_it > without_it


@pytest.fixture(scope="module")
def fitted(past):
    labelled, facts = past.labelled(START + timedelta(days=300)), past.facts(past.last)
    usual = reasons.typical(facts)
    found = {}
    for method in ("logistic_regression", "hist_gradient_boosting"):
        predict = models.fit(method, labelled, 0)
        found[method] = facts, predict, reasons.reasons(facts, predict, usual), usual
    return found


def test_what_if_a_silent_customer_had_just_ordered(result):
    silent = result.customers.filter(pl.col("recency_days") > 60, pl.col("order_days") > 3)
    row = silent.row(0, named=True)
    now = result.what_if(row["customer_id"])
    assert now == pytest.approx(row["churn_probability"], abs=1e-6)
    assert result.what_if(row["customer_id"], recency_days=1, recent_orders=2) < now


def test_no_customer_is_left_without_a_word(result):
    """What raises the risk, or that nothing does; of the overdue nearly all have a reason."""
    said = result.sentences()
    assert said["customer_id"].sort().equals(result.customers["customer_id"].sort())
    assert said["top_reason_1"].null_count() == 0
    late = result.overdue().join(result.reasons, on="customer_id", how="semi")
    assert late.height > 0.9 * result.overdue().height


def test_importance_and_shape_agree_on_the_direction(fitted):
    """Order value is one column of the logistic regression: both pictures have its sign."""
    facts, predict, _, usual = fitted["logistic_regression"]
    table = insight.importance(facts, predict, usual)
    value = table.filter(pl.col("reason") == "average_order").row(0, named=True)
    shape = insight.dependence(facts, predict).filter(pl.col("fact") == "average_order")
    falls = shape["churn_probability"][-1] < shape["churn_probability"][0]
    assert value["direction"] == ("more_lowers" if falls else "more_raises")
    assert table["weight"].is_sorted(descending=True)


def test_observed_facts_are_possible_and_made_up_ones_become_so(past):
    facts = past.facts(past.last)
    assert possible(facts).select(facts.columns).equals(facts)
    silent = possible(facts.with_columns(recency_days=pl.lit(400)))
    assert silent["recent_orders"].max() == 0
    assert silent["tenure_days"].min() >= 400


def test_several_orders_on_the_only_day_are_not_called_one():
    """The rhythm counts days: who ordered twice within an hour ordered on one day, not once."""
    facts = pl.DataFrame(
        {"customer_id": ["a", "b"], "rank": [1, 1], "code": ["silence_once", "repeats_once"]}
    ).with_columns(
        orders=2, order_days=1, recency_days=40, usual_gap_days=20.0, typical_order_days=3.0,
        **dict.fromkeys(
            ("median_gap_days", "typical_gap_days", "tenure_days", "typical_tenure_days",
             "average_order", "typical_average_order", "return_share", "typical_return_share"), 1.0
        ),
    )  # fmt: skip
    said = reasons.written(facts)["top_reason_1"].to_list()
    assert all("only" in one and "day" in one for one in said)
    assert not any("only order" in one or "once" in one for one in said)


def test_a_shape_stands_at_the_values_that_were_tried(fitted):
    """Half a day and a third of an order day cannot be set: the model never saw them."""
    facts, predict, _, _ = fitted["logistic_regression"]
    shapes = insight.dependence(facts, predict)
    for fact in ("recency_days", "order_days", "tenure_days"):
        values = shapes.filter(pl.col("fact") == fact)["fact_value"]
        assert (values == values.round()).all(), fact
        assert values.is_unique().all()
