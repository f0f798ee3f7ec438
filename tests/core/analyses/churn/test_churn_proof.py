"""What the held-back days show, the weeks and the last list."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from core.analyses.churn import evaluation, folds, proof, reasons, watch
from core.analyses.churn.history import Past, compact
from core.measures import classification

START = date(2025, 1, 1)


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


def test_by_day_covers_every_method_on_every_test_day(result):
    days, methods = result.by_day["origin"].n_unique(), result.by_day["method"].n_unique()
    assert result.by_day.height == days * methods
    assert days >= 2
    every = result.stability
    assert every.height == days * methods * len(classification.MEASURES)
    area = every.filter(pl.col("metric") == "roc_auc", pl.col("method") == result.config.method)
    assert area["value"].is_between(area["low"], area["high"]).all()


def test_groups_are_the_same_rows_cut_another_way(past):
    tests, method = folds.folds(START, past.last, 30), "recency_frequency_score"
    test = evaluation.backtest(past, tests, [method], 0)
    customers = test.rows["customer_id"].unique()
    countries = pl.DataFrame({"customer_id": customers}).with_columns(
        country=pl.when(customers.str.ends_with("7")).then(pl.lit("B")).otherwise(pl.lit("A"))
    )
    groups = proof.by_group(test, method, countries)
    totals = groups.group_by("scheme").agg(pl.col("customers").sum())["customers"]
    assert totals.to_list() == [test.rows.height] * 2
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


def test_weeks_without_a_customer_are_left_out(dataset):
    """The shop rested longer than the window looks back."""
    rows = [(f"c{n}", day, 10) for n in range(5) for day in (0, 20, 330)]
    made = dataset(rows)
    past = Past(compact(made.lines), made.first_day, made.last_day, 30, 60)
    found = watch.weeks(past, lambda facts: np.full(facts.height, 0.5))
    assert found["customers"].to_list() == [5]
    assert found["week_end"].to_list() == [made.last_day]
