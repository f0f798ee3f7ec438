"""Churn: the past alone, the models, the answer as a whole, a shop whose customers are alike."""

import sys
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from core.analyses import churn
from core.analyses.churn import evaluation, folds, models, overdue
from core.analyses.churn.history import Past, compact, default_horizon
from core.dataset import Dataset
from core.errors import BadOptionError, NotEnoughDataError
from core.measures import classification

START = date(2025, 1, 1)


def test_windows_learned_from_end_before_the_test_begins():
    found = folds.folds(START, START + timedelta(days=400), 30)
    assert len(found) == 3
    for fold in found:
        assert fold.calibrate + timedelta(days=30) <= fold.test
        assert max(fold.learn) + timedelta(days=30) <= fold.calibrate
        assert min(fold.learn) > START


def test_an_open_window_cannot_be_labelled(made, past):
    with pytest.raises(ValueError, match="not closed"):
        past.labelled(made.last_day - timedelta(days=29))


def test_labels_are_what_came_within_the_horizon(dataset):
    rows = [("a", 0, 10.0), ("a", 50, 20.0), ("b", 1, 5.0), ("b", 80, 7.0), ("c", 100, 1.0)]
    past = Past(compact(dataset(rows).lines), START, START + timedelta(days=100), 30, 730)
    found = past.labelled(START + timedelta(days=30))
    assert found.select("customer_id", "returned", "future_orders", "future_revenue").rows() == [
        ("a", 1.0, 1.0, 20.0),
        ("b", 0.0, 0.0, 0.0),
    ]


def test_facts_do_not_see_the_future(made, past):
    day = START + timedelta(days=200)
    whole = past.facts(day)
    cut = Past(compact(made.until(day).lines), START, day, 30, 730).facts(day)
    assert whole.equals(cut)


def test_same_day_orders_are_one_repeat_and_returns_are_none(dataset):
    rows = [("a", 0.1, 10.0), ("a", 0.4, 10.0), ("a", 9.0, -10.0)]
    lines = dataset(rows).lines.with_columns(quantity=pl.col("revenue").sign())
    found = Past(compact(lines), START, START + timedelta(days=20), 7, 730).facts(
        START + timedelta(days=20)
    )
    assert found.select("order_days", "orders", "recency_days", "revenue").rows() == [
        (1, 2, 20, 10.0)
    ]


def test_horizon_follows_the_shops_own_gaps(dataset):
    weekly = dataset([(f"c{i}", week * 7 + i * 0.01, 1.0) for i in range(9) for week in range(40)])
    monthly = dataset([(f"c{i}", m * 29 + i * 0.01, 1.0) for i in range(9) for m in range(12)])
    assert default_horizon(compact(weekly.lines), 280) == 7
    assert default_horizon(compact(monthly.lines), 330) == 30


def test_customers_silent_for_too_long_are_not_scored(made):
    found = churn.run(made, churn.Config(bought_within_days=60, method="recency_rule"))
    assert found.customers["recency_days"].max() <= 60
    assert found.gone > 0
    assert any("taken as gone" in str(finding) for finding in found.explain())


def test_auto_beats_the_baselines_on_a_shop_with_drop_out(result):
    scores = {(row["method"], row["metric"]): row for row in result.evidence.iter_rows(named=True)}
    chosen = result.config.method
    assert chosen not in models.BASELINES
    for metric in ("brier", "log_loss"):
        assert scores[chosen, metric]["high"] < scores["base_rate", metric]["low"]
        assert scores[chosen, metric]["value"] < scores["recency_rule", metric]["value"]
    assert scores[chosen, "roc_auc"]["low"] > 0.7


def test_a_shop_where_all_are_alike_is_said_to_be_so(shop):
    """No drop-out and one rate for all: the time since the last order says nothing."""
    same = churn.run(shop(dropout=0, rate=1 / 30, seed=3), churn.Config(horizon_days=30))
    assert same.config.method == "base_rate"
    assert same.customers["churn_probability"].n_unique() == 1
    assert same.reasons.is_empty()
    assert any("No model tells" in str(finding) for finding in same.explain())
    assert same.actions() == []
    assert same.sentences()["top_reason_1"].unique().to_list() == [
        "Not known: everyone gets the shop's average."
    ]


def test_the_total_level_is_right_on_held_back_days(result):
    days = result.by_day
    assert ((days["predicted"] - days["observed"]).abs() < 0.08).all()


def test_probabilities_follow_who_has_left_in_truth(dataset):
    """Half of the customers stop for good on day 200: they must carry the higher risk."""
    rng = np.random.default_rng(5)
    rows = [
        (f"{'gone' if i % 2 else 'here'}{i}", at + rng.uniform(0, 3), 20.0)
        for i in range(300)
        for at in np.arange(rng.uniform(0, 20), 200 if i % 2 else 420, 20.0)
    ]
    config = churn.Config(horizon_days=30, method="logistic_regression")
    found = churn.run(dataset(rows), config).customers
    gone = pl.col("customer_id").str.starts_with("gone")
    assert found.filter(gone)["churn_probability"].min() > 0.9
    assert found.filter(~gone)["churn_probability"].max() < 0.1


def test_equal_customers_get_equal_scores(dataset):
    rows = [
        (f"{twin}{i}", at, 20.0)
        for twin in "ab"
        for i, rng in ((i, np.random.default_rng(i)) for i in range(80))
        for at in np.cumsum(rng.exponential(20, 30))
        if at < 400
    ]
    config = churn.Config(method="hist_gradient_boosting")
    found = churn.run(dataset(rows), config).customers.with_columns(
        twin=pl.col("customer_id").str.slice(1)
    )
    assert (
        found.group_by("twin")
        .agg(pl.col("churn_probability").n_unique())["churn_probability"]
        .to_list()
        == [1] * 80
    )


def test_the_first_finding_counts_good_customers_overdue_by_their_own_rhythm():
    customers = pl.DataFrame(
        {
            "customer_id": list("abcdefgh"),
            "revenue": [900.0, 800.0, 700.0, 10.0, 9.0, 8.0, 7.0, 6.0],
            "order_days": [5, 2, 4, 9, 1, 1, 1, 1],
            "recency_days": [61, 300, 60, 300, 9, 9, 9, 9],
            "median_gap_days": [30.0, 10.0, 30.0, 2.0, None, None, None, None],
        }
    )
    found = overdue.good(customers)
    assert found.select("customer_id", "overdue").rows() == [("a", True)]
    in_time = customers.with_columns(recency_days=pl.col("recency_days") - 1)
    assert overdue.good(in_time)["overdue"].to_list() == [False]


def test_the_first_finding_says_how_many_good_customers_are_overdue(result):
    first, late = result.explain()[0], result.overdue()
    assert first.values["late"] == late.height > 0
    assert first.values["good"] >= late.height
    assert (late["recency_days"] > 2 * late["median_gap_days"]).all()
    assert first.values["value"] == pytest.approx(late["value_at_risk"].sum())


@pytest.mark.parametrize(
    "method",
    [
        name
        for name in models.MODELS
        if name not in ("base_rate", "recency_rule", "xgboost", "lightgbm")
    ],
)
def test_every_method_ranks_better_than_the_rule_and_keeps_the_level(past, method):
    fold = folds.fold(START, past.last - timedelta(days=30), 30)
    test = past.labelled(fold.test)
    predict, simple = (evaluation.fitted(past, fold, name, 0) for name in (method, "recency_rule"))
    returned = test["returned"].to_numpy()
    ours, rule = (
        classification.roc_auc(classification.tally(returned, said(test)))
        for said in (predict, simple)
    )
    assert ours > rule
    assert predict(test).mean() == pytest.approx(returned.mean(), abs=0.07)
    assert predict(test)[:5] == pytest.approx(predict(test.head(5)))


def test_a_method_that_is_not_installed_is_refused_in_words(made, monkeypatch):
    monkeypatch.setitem(sys.modules, "xgboost", None)
    with pytest.raises(BadOptionError, match="install it"):
        churn.run(made, churn.Config(method="xgboost"))


def test_a_horizon_longer_than_the_history_can_test_is_carried_and_said(made):
    """Learned at 50 days after 200 days of history, carried to 100: the truth is known here."""
    early = START + timedelta(days=200)
    config = churn.Config(as_of=early, horizon_days=100, method="logistic_regression")
    found = churn.run(made, config)
    assert found.tested_days == 50
    assert any("carries it further" in str(finding) for finding in found.explain())
    truth = Past(compact(made.lines), START, made.last_day, 100, 730).labelled(early)
    both = found.customers.join(truth.select("customer_id", "returned"), on="customer_id")
    expected = (1 - both["churn_probability"]).mean()
    assert expected == pytest.approx(both["returned"].mean(), abs=0.08)
    returned = both["returned"].to_numpy()
    score = both["order_days"].to_numpy() / (both["recency_days"].to_numpy() + 14)
    ours, simple = (
        classification.roc_auc(classification.tally(returned, ranked))
        for ranked in (1 - both["churn_probability"].to_numpy(), score)
    )
    assert ours > simple - 0.02


def test_without_customer_numbers_there_is_no_churn(made):
    guests = Dataset("g", "g", made.lines.with_columns(customer_id=pl.lit(None, pl.String)))
    with pytest.raises(NotEnoughDataError, match="who bought"):
        churn.run(guests, churn.Config())


def test_actions_are_ranked_by_money_and_name_the_assumption(result):
    (action,) = result.actions()
    assert 0 < action.low <= action.value <= action.high
    assert "assumes" in str(action.finding)
    assert not {"value", "low", "high"} & set(action.finding.values), "the panel writes the money"


@pytest.mark.parametrize("at_risk", [0.0, 12.0])
def test_nobody_is_to_be_written_to_for_whom_a_message_costs_more_than_it_keeps(result, at_risk):
    poor = result.customers.with_columns(value_at_risk=pl.lit(at_risk))
    assert replace(result, customers=poor).actions() == []


def test_the_action_names_those_for_whom_a_message_pays(result):
    customers = result.customers.filter(pl.col("risk") != "low").head(8)
    some = customers.with_columns(value_at_risk=pl.Series([40.0, 30, 20, 12, 5, 1, 0, 0]))
    (action,) = replace(result, customers=some).actions()
    assert action.finding.values["customers"] == 3
    assert action.value == pytest.approx(0.1 * 90)


def test_who_bought_once_is_counted_not_supposed(result):
    """Of a shop where everybody came again nothing is said of those who bought once."""
    customers = result.customers
    once = customers.filter(pl.col("order_days") == 1).height
    said = [str(finding) for finding in result.explain()]
    assert any(f"{once} of them have ordered on one day only" in one for one in said)
    again = replace(result, customers=customers.filter(pl.col("order_days") > 1))
    assert not any("once" in str(one) or "one day only" in str(one) for one in again.explain())
