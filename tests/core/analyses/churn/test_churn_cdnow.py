"""Churn on CDNOW, 1/10 sample: 2,357 customers, 39 weeks to learn, 39 weeks to test.

The same split as Fader, Hardie & Lee (2005); the shop's own history is as short as the horizon.
"""

import numpy as np
import polars as pl
import pytest

from benchmarks import cdnow
from core.measures import buy_till_you_die as btyd
from core.measures import classification

pytest.importorskip("lifetimes")


@pytest.fixture(scope="module")
def truth():
    return cdnow.truth()


@pytest.fixture(scope="module")
def churned():
    """method -> predicted churn of the customers of `truth`."""
    return {name: cdnow.predicted(name)[1].to_numpy() for name in ("auto", "recency_rule")}


def test_the_split_is_the_published_one(truth):
    assert truth.height == 2357
    assert truth["returned"].mean() == pytest.approx(0.290, abs=0.001)


@pytest.mark.parametrize("loss", [classification.brier, classification.log_loss])
def test_the_chosen_model_beats_the_recency_rule_by_more_than_the_interval(truth, churned, loss):
    actual = 1 - truth["returned"].to_numpy()
    draws = classification.drawn(np.arange(len(actual)))
    (_, _, high), (_, low, _) = (
        classification.intervals(actual, churned[method], draws, {"loss": loss})["loss"]
        for method in ("auto", "recency_rule")
    )
    assert high < low


def test_it_ranks_no_worse_than_the_simple_score_and_bg_nbd(truth, churned):
    returned = truth["returned"].to_numpy()
    x, t_x, age = btyd.histories(truth)
    score = (x + 1) / (truth["recency_days"].to_numpy() + 28)
    expected = btyd.fit("bg_nbd", x, t_x, age).expected_orders(x, t_x, age, cdnow.DAYS)
    ours, simple, bg = (
        classification.roc_auc(classification.tally(returned, ranked))
        for ranked in (1 - churned["auto"], score, expected)
    )
    assert ours >= simple - 5e-4
    assert ours > bg


def test_the_total_of_active_customers_is_within_ten_percent(truth, churned):
    assert (1 - churned["auto"]).sum() == pytest.approx(truth["returned"].sum(), rel=0.10)


def test_nine_of_ten_bins_lie_within_the_binomial_interval(truth, churned):
    bins = classification.calibration(1 - truth["returned"].to_numpy(), churned["auto"])
    inside = bins.select(pl.col("observed").is_between("low", "high").sum()).item()
    assert bins.height == 10
    assert inside >= 9
