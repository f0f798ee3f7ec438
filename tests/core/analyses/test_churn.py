"""Churn: the past alone, level, reasons, value, and what is said of small and of random shops."""

import sys
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.analyses import churn
from core.analyses.churn import (
    evaluation,
    folds,
    insight,
    level,
    models,
    overdue,
    proof,
    reasons,
    saving,
    uncertainty,
    value,
)
from core.analyses.churn.history import Past, compact, default_horizon, possible
from core.analyses.churn.small import rule
from core.dataset import Dataset
from core.errors import BadOptionError, NotEnoughDataError
from core.measures import classification

START = date(2025, 1, 1)


def shop(customers=600, days=420, seed=0, dropout=0.15, rate=1 / 25) -> Dataset:
    """Gamma-Poisson customers who leave after an order with probability `dropout`."""
    rng = np.random.default_rng(seed)
    rows = []
    for customer in range(customers):
        own, at = rate if dropout == 0 else rate * rng.gamma(1.5) / 1.5, rng.uniform(0, 200)
        while at < days:
            rows.append((f"c{customer:04d}", at, float(np.round(rng.lognormal(3.5, 0.5), 2))))
            if rng.random() < dropout:
                break
            at += rng.exponential(1 / own)
    return dataset(rows)


def dataset(rows) -> Dataset:
    lines = pl.DataFrame(rows, schema=["customer_id", "at", "revenue"], orient="row").select(
        order_id=pl.int_range(pl.len()).cast(pl.String),
        customer_id="customer_id",
        ordered_at=pl.lit(datetime(2025, 1, 1)) + pl.duration(seconds=(pl.col("at") * 86400)),
        quantity=pl.lit(1.0),
        revenue="revenue",
    )
    return Dataset("made", "made", lines.lazy())


@pytest.fixture(scope="module")
def made():
    return shop()


@pytest.fixture(scope="module")
def result(made):
    return churn.run(made, churn.Config())


def test_windows_learned_from_end_before_the_test_begins():
    found = folds.folds(START, START + timedelta(days=400), 30)
    assert len(found) == 3
    for fold in found:
        assert fold.calibrate + timedelta(days=30) <= fold.test
        assert max(fold.learn) + timedelta(days=30) <= fold.calibrate
        assert min(fold.learn) > START


def test_an_open_window_cannot_be_labelled(made):
    past = Past(compact(made.lines), START, made.last_day, 30, 730)
    with pytest.raises(ValueError, match="not closed"):
        past.labelled(made.last_day - timedelta(days=29))


def test_labels_are_what_came_within_the_horizon():
    rows = [("a", 0, 10.0), ("a", 50, 20.0), ("b", 1, 5.0), ("b", 80, 7.0), ("c", 100, 1.0)]
    past = Past(compact(dataset(rows).lines), START, START + timedelta(days=100), 30, 730)
    found = past.labelled(START + timedelta(days=30))
    assert found.select("customer_id", "returned", "future_orders", "future_revenue").rows() == [
        ("a", 1.0, 1.0, 20.0),
        ("b", 0.0, 0.0, 0.0),
    ]


def test_facts_do_not_see_the_future(made):
    day = START + timedelta(days=200)
    whole = Past(compact(made.lines), START, made.last_day, 30, 730).facts(day)
    cut = Past(compact(made.until(day).lines), START, day, 30, 730).facts(day)
    assert whole.equals(cut)


def test_same_day_orders_are_one_repeat_and_returns_are_none():
    rows = [("a", 0.1, 10.0), ("a", 0.4, 10.0), ("a", 9.0, -10.0)]
    lines = dataset(rows).lines.with_columns(quantity=pl.col("revenue").sign())
    found = Past(compact(lines), START, START + timedelta(days=20), 7, 730).facts(
        START + timedelta(days=20)
    )
    assert found.select("order_days", "orders", "recency_days", "revenue").rows() == [
        (1, 2, 20, 10.0)
    ]


def test_horizon_follows_the_shops_own_gaps():
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


def test_a_shop_where_all_are_alike_is_said_to_be_so():
    """No drop-out and one rate for all: the time since the last order says nothing."""
    same = churn.run(shop(dropout=0, rate=1 / 30, seed=3), churn.Config(horizon_days=30))
    assert same.config.method == "base_rate"
    assert same.customers["churn_probability"].n_unique() == 1
    assert same.reasons.is_empty()
    assert any("No model tells" in str(finding) for finding in same.explain())


def test_the_total_level_is_right_on_held_back_days(result):
    days = result.by_day
    assert ((days["predicted"] - days["observed"]).abs() < 0.08).all()


def test_probabilities_follow_who_has_left_in_truth():
    """Half of the customers stop for good on day 200: they must carry the higher risk."""
    rng = np.random.default_rng(5)
    rows = [
        (f"{'gone' if i % 2 else 'here'}{i}", at + rng.uniform(0, 3), 20.0)
        for i in range(300)
        for at in np.arange(rng.uniform(0, 20), 200 if i % 2 else 420, 20.0)
    ]
    found = churn.run(dataset(rows), churn.Config(horizon_days=30)).customers
    gone = pl.col("customer_id").str.starts_with("gone")
    assert found.filter(gone)["churn_probability"].min() > 0.9
    assert found.filter(~gone)["churn_probability"].max() < 0.1


def test_equal_customers_get_equal_scores():
    rows = [
        (f"{twin}{i}", at, 20.0)
        for twin in "ab"
        for i, rng in ((i, np.random.default_rng(i)) for i in range(150))
        for at in np.cumsum(rng.exponential(20, 30))
        if at < 400
    ]
    found = churn.run(dataset(rows), churn.Config()).customers.with_columns(
        twin=pl.col("customer_id").str.slice(1)
    )
    assert (
        found.group_by("twin")
        .agg(pl.col("churn_probability").n_unique())["churn_probability"]
        .to_list()
        == [1] * 150
    )


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


def test_where_nothing_raises_the_risk_there_is_no_reason(made):
    """A model that gets surer of an order the longer the silence: silence is no reason then."""
    facts = Past(compact(made.lines), START, made.last_day, 30, 730).facts(made.last_day)

    def fonder(rows):
        return 1 - 1 / (2 + rows["recency_days"].to_numpy())

    stated = reasons.reasons(facts, fonder, reasons.typical(facts))
    assert "silence" not in stated["reason"].to_list()


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


def test_a_logistic_contribution_is_the_coefficient_times_the_distance(made):
    """Order value is one column of the design, so its contribution is known in closed form."""
    past = Past(compact(made.lines), START, made.last_day, 30, 730)
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
def fitted(made):
    past = Past(compact(made.lines), START, made.last_day, 30, 730)
    labelled, facts = past.labelled(START + timedelta(days=300)), past.facts(made.last_day)
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


class Windows(Past):
    """A past whose windows are given: day -> share that ordered, of customers said to be 0.3."""

    def labelled(self, day):
        share = self.seen[day]
        returned = (np.arange(10_000) < share * 10_000).astype(float)
        return pl.DataFrame({"returned": returned, "said": np.full(10_000, 0.3)})


def level_after(first, **shares):
    """What becomes of 0.3, given the share that ordered on each of the days named."""
    days = {"calibrate": START, "before": START - folds.YEAR,
            "after": START + timedelta(days=60) - folds.YEAR}  # fmt: skip
    seen = {days[name]: share for name, share in shares.items()}
    past = Windows(pl.DataFrame(), first, START, 60, 730, seen)
    one = folds.Fold(START + timedelta(days=60), START, (START - timedelta(days=60),))
    said = level.recalibrated(lambda facts: facts["said"].to_numpy(), past, one)
    return float(said(past.labelled(START))[0])


def odds(p):
    return np.log(p / (1 - p))


def test_the_level_of_the_latest_window_is_carried_to_the_next():
    assert level_after(START - timedelta(days=200), calibrate=0.15) == pytest.approx(0.15, abs=2e-3)


def test_where_the_year_before_is_known_half_of_its_turn_is_added():
    found = level_after(START - timedelta(days=800), calibrate=0.3, before=0.3, after=0.4)
    assert odds(found) == pytest.approx(odds(0.3) + 0.5 * (odds(0.4) - odds(0.3)), abs=0.01)


def test_an_order_of_a_year_ago_is_worth_its_season():
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


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("churn_probability", "probability_low", "probability_high"),
        ("value_at_risk", "value_at_risk_low", "value_at_risk_high"),
    ],
)
def test_every_customer_has_intervals_and_the_files_carry_them(result, name, low, high):
    table = result.customers
    assert table.select(pl.col(name).is_between(low, high).all()).item()
    assert table.filter(pl.col(low) < pl.col(high)).height > 0.9 * table.height
    assert {low, high} <= set(result.files()["churn"].columns)


def test_the_interval_of_a_value_at_risk_is_the_quantiles_of_what_may_be():
    """Revenue alone in doubt: log-normal about the value; nothing in doubt: no width."""
    churn, revenue, none = np.array([0.5, 0.5]), np.array([100.0, 100.0]), np.zeros(2)
    low, high = value.at_risk_between(churn, revenue, none, np.array([0.0, 0.4]), 0)
    assert (low[0], high[0]) == pytest.approx((25, 25))
    exact = 25 * np.exp(0.4 * np.array([-1.96, 1.96]) - 0.08)
    assert (low[1], high[1]) == pytest.approx(tuple(exact), rel=0.12)
    low, high = value.at_risk_between(churn, revenue, np.array([0.3, 0.6]), none, 0)
    assert low[1] < low[0] < 25 == high[0], "on the fence it can only be less"


def test_fewer_customers_and_a_moving_level_widen_the_intervals(made):
    past = Past(compact(made.lines), START, made.last_day, 30, 730)
    labelled = past.labelled(START + timedelta(days=250))
    some = labelled.filter(pl.col("customer_id").str.ends_with("7"))
    many, few = (
        uncertainty.spread("logistic_regression", rows, labelled, 0) for rows in (labelled, some)
    )
    assert np.median(few) > 1.5 * np.median(many)
    p = np.array([0.5])
    calm, moving = (uncertainty.interval(p, np.zeros(1), drift) for drift in (0.1, 0.4))
    assert moving[0][0] < calm[0][0] < 0.5 < calm[1][0] < moving[1][0]


def test_the_drift_is_what_the_test_days_missed_drawn_to_what_shops_usually_miss():
    right = level.drift(np.full(3, 0.4), np.full(3, 0.4))
    wrong = level.drift(np.full(3, 0.4), np.full(3, 0.6))
    assert right == pytest.approx(0.2 * np.sqrt(2 / 5))
    assert wrong == pytest.approx(np.sqrt((3 * (odds(0.6) - odds(0.4)) ** 2 + 2 * 0.04) / 5))


def test_no_customer_is_left_without_a_word(result):
    """What raises the risk, or that nothing does; of the overdue nearly all have a reason."""
    said = result.sentences()
    assert said["customer_id"].sort().equals(result.customers["customer_id"].sort())
    assert said["top_reason_1"].null_count() == 0
    late = result.overdue().join(result.reasons, on="customer_id", how="semi")
    assert late.height > 0.9 * result.overdue().height


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


def test_cuts_measure_the_naming_at_each_probability(result):
    rows = result.cuts.filter(pl.col("method") == result.config.method)
    recall = rows.filter(pl.col("metric") == "recall")
    assert recall["value"].is_sorted(descending=True)
    assert recall["named"].is_sorted(descending=True)
    assert rows.select(pl.col("value").is_between("low", "high").all()).item()
    at_half = rows.filter(pl.col("cut") == 0.5)
    ours = result.evidence.filter(pl.col("method") == result.config.method)
    both = at_half.join(ours, on="metric", suffix="_evidence")
    assert both.height == 3
    assert both["value"].to_list() == pytest.approx(both["value_evidence"].to_list())


def test_lists_of_the_past_are_compared_with_what_they_brought(made, result):
    row = result.tested_lists.row(-1, named=True)
    past = Past(compact(made.lines), START, made.last_day, result.horizon_days, 730)
    came = past.labelled(row["origin"])["future_revenue"]
    assert row["customers"] <= 50
    assert 0 < row["future_revenue"] <= came.filter(came > 0).sum()
    assert row["expected_revenue"] == pytest.approx(row["future_revenue"], rel=0.5)


def test_a_small_shop_gets_the_rule_with_a_beta_interval():
    found = churn.run(shop(customers=60, seed=2), churn.Config())
    assert found.small
    assert found.config.method == "recency_rule"
    table = found.customers
    assert (table["probability_low"] < table["churn_probability"]).all()
    assert (table["churn_probability"] < table["probability_high"]).all()
    assert any("few repeat customers" in str(finding) for finding in found.explain())


def test_a_beta_interval_is_the_quantiles_of_the_posterior():
    from scipy.stats import beta

    labelled = pl.DataFrame(
        {"recency_days": [1] * 10 + [90] * 10, "returned": [1.0] * 8 + [0.0] * 11 + [1.0]}
    )
    found = rule(labelled)
    low, high = found.interval(labelled)
    assert found.predict(labelled)[[0, -1]] == pytest.approx([9 / 12, 2 / 12])
    assert (low[0], high[0]) == pytest.approx(tuple(beta.ppf([0.025, 0.975], 9, 3)))


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (lambda: shop(customers=5), "customers could be watched"),
        (lambda: shop(days=12), "orders span"),
        (lambda: shop().until(START + timedelta(days=20)), "orders span"),
    ],
)
def test_too_little_says_what_is_missing(data, match):
    with pytest.raises(NotEnoughDataError, match=match):
        churn.run(data(), churn.Config(horizon_days=60))


@pytest.mark.parametrize(
    "method",
    [
        name
        for name in models.MODELS
        if name not in ("base_rate", "recency_rule", "xgboost", "lightgbm")
    ],
)
def test_every_method_ranks_better_than_the_rule_and_keeps_the_level(made, method):
    past = Past(compact(made.lines), START, made.last_day, 30, 730)
    fold = folds.fold(START, made.last_day - timedelta(days=30), 30)
    test = past.labelled(fold.test)
    predict, simple = (evaluation.fitted(past, fold, name, 0) for name in (method, "recency_rule"))
    returned = test["returned"].to_numpy()
    assert classification.roc_auc(returned, predict(test)) > classification.roc_auc(
        returned, simple(test)
    )
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
    ours = classification.roc_auc(returned, 1 - both["churn_probability"].to_numpy())
    assert ours > classification.roc_auc(returned, score) - 0.02


def test_without_customer_numbers_there_is_no_churn(made):
    guests = Dataset("g", "g", made.lines.with_columns(customer_id=pl.lit(None, pl.String)))
    with pytest.raises(NotEnoughDataError, match="who bought"):
        churn.run(guests, churn.Config())


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


def test_actions_are_ranked_by_money_and_name_the_assumption(result):
    (action,) = result.actions()
    assert 0 < action.low <= action.value <= action.high
    assert "assumes" in str(action.finding)
    assert not {"value", "low", "high"} & set(action.finding.values), "the panel writes the money"


def test_by_day_covers_every_method_on_every_test_day(result):
    days, methods = result.by_day["origin"].n_unique(), result.by_day["method"].n_unique()
    assert result.by_day.height == days * methods
    assert days >= 2
    every = result.stability
    assert every.height == days * methods * len(classification.MEASURES)
    area = every.filter(pl.col("metric") == "roc_auc", pl.col("method") == result.config.method)
    assert area["value"].is_between(area["low"], area["high"]).all()


def test_groups_are_the_same_rows_cut_another_way(made):
    lines = made.lines.with_columns(
        country=pl.when(pl.col("customer_id").str.ends_with("7"))
        .then(pl.lit("B"))
        .otherwise(pl.lit("A"))
    )
    config = churn.Config(method="recency_frequency_score")
    groups = churn.run(Dataset("g", "g", lines), config).by_group
    totals = groups.group_by("scheme").agg(pl.col("customers").sum())["customers"]
    assert totals.n_unique() == 1
    assert set(groups["shopper_group"]) == {"new", "established", "A", "B"}


def test_a_group_whose_level_is_missed_is_named():
    groups = pl.DataFrame(
        {
            "shopper_group": ["fine", "off", "uncertain"],
            "predicted": [0.50, 0.50, 0.50],
            "observed": [0.51, 0.70, 0.62],
            "observed_low": [0.48, 0.65, 0.40],
            "observed_high": [0.54, 0.75, 0.80],
        }
    )
    assert proof.missed(groups)["shopper_group"].to_list() == ["off"]


def test_the_list_of_one_horizon_ago_adds_up_to_what_came(made, result):
    table = result.last_list.drop_nulls("customers")
    day = table["listed_on"][0]
    assert day + timedelta(days=result.horizon_days) == made.last_day
    past = Past(compact(made.lines), START, made.last_day, result.horizon_days, 730)
    truth = past.labelled(day)
    assert table["customers"].sum() == truth.height
    assert (table["customers"] * table["observed"]).sum() == pytest.approx(
        (1 - truth["returned"]).sum()
    )
    assert table.sort("predicted")["observed"].is_sorted()


def test_weeks_know_only_what_was_known_then(made, result):
    """The last week is today's list; an earlier week is what a shop cut off then would say."""
    week = result.weeks.row(-1, named=True)
    assert week["week_end"] == made.last_day
    assert week["high_risk"] == result.customers.filter(pl.col("risk") == "high").height
    earlier = result.weeks.row(-5, named=True)
    past = Past(
        compact(made.until(earlier["week_end"]).lines),
        START, earlier["week_end"], result.horizon_days, 730,
    )  # fmt: skip
    churned = 1 - result.predict(past.facts(earlier["week_end"]))
    assert earlier["high_risk"] == (churned >= reasons.HIGH_FROM).sum()


def test_importance_and_shape_agree_on_the_direction(fitted):
    """Order value is one column of the logistic regression: both pictures have its sign."""
    facts, predict, _, usual = fitted["logistic_regression"]
    table = insight.importance(facts, predict, usual)
    value = table.filter(pl.col("reason") == "average_order").row(0, named=True)
    shape = insight.dependence(facts, predict).filter(pl.col("fact") == "average_order")
    falls = shape["churn_probability"][-1] < shape["churn_probability"][0]
    assert value["direction"] == ("more_lowers" if falls else "more_raises")
    assert table["weight"].is_sorted(descending=True)


def test_gamma_gamma_values_orders_and_keeps_the_total(made, result):
    """Selectable; the level is set on the same window, so that the totals agree."""
    config = churn.Config(value_model="gamma_gamma", method=result.config.method)
    found = churn.run(made, config)
    ours, theirs = (one.customers["expected_revenue"].sum() for one in (result, found))
    assert theirs == pytest.approx(ours, rel=0.05)
    both = result.customers.join(found.customers, on="customer_id", suffix="_gamma")
    assert not np.allclose(both["revenue_if_active"], both["revenue_if_active_gamma"], rtol=0.01)


def test_observed_facts_are_possible_and_made_up_ones_become_so(made):
    facts = Past(compact(made.lines), START, made.last_day, 30, 730).facts(made.last_day)
    assert possible(facts).select(facts.columns).equals(facts)
    silent = possible(facts.with_columns(recency_days=pl.lit(400)))
    assert silent["recent_orders"].max() == 0
    assert silent["tenure_days"].min() >= 400
