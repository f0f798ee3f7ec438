"""Classification measures against scikit-learn and naive loops."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from core.measures import classification as c


def cases(seed, n=400, tied=False):
    rng = np.random.default_rng(seed)
    score = rng.random(n)
    score = np.round(score, 1) if tied else score
    outcome = (rng.random(n) < 0.2 + 0.6 * score).astype(float)
    return outcome, score


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (c.roc_auc, metrics.roc_auc_score),
        (c.pr_auc, metrics.average_precision_score),
        (c.brier, metrics.brier_score_loss),
        (c.log_loss, metrics.log_loss),
    ],
)
def test_equals_scikit_learn(ours, theirs, tied):
    outcome, score = cases(1, tied=tied)
    score = np.clip(score, 0.01, 0.99)
    assert ours(c.tally(outcome, score)) == pytest.approx(theirs(outcome, score))


def repeated(measure, outcome, score, draws):
    """Each resample written out, row by row."""
    times = draws.times[draws.groups].astype(int).T
    return [measure(c.tally(np.repeat(outcome, n), np.repeat(score, n))) for n in times]


@pytest.mark.parametrize("name", [name for name in c.MEASURES if name != "ece"])
def test_a_resample_repeats_rows(name):
    outcome, score = cases(2, n=120, tied=True)
    score, measure = np.clip(score, 0.01, 0.99), c.MEASURES[name]
    draws = c.drawn(np.arange(120) // 2, seed=3, resamples=5)
    found = measure(c.tally(outcome, score, draws))
    assert found == pytest.approx(repeated(measure, outcome, score, draws), rel=1e-6)


def test_neighbours_taken_as_tied_move_the_replicates_far_less_than_chance_does():
    outcome, score = cases(3, n=3000)
    draws = c.drawn(np.arange(3000), resamples=100)
    exact, near = (c.tally(outcome, score, draws, cells) for cells in (3000, 1000))
    assert near.score.size == 1000
    for measure in c.MEASURES.values():
        one, other = measure(exact), measure(near)
        assert np.abs(one - other).mean() < 0.05 * one.std()


def test_equal_scores_are_never_parted():
    outcome, score = cases(4, n=3000, tied=True)
    found = c.tally(outcome, score, c.drawn(np.arange(3000), resamples=2), cells=4)
    assert set(found.score) <= set(score)
    assert len(found.score) <= 5


def test_some_of_the_rows_keep_their_draws():
    outcome, score = cases(5, n=200)
    draws, some = c.drawn(np.arange(200) // 2, resamples=10), score > 0.4
    alone = c.brier(c.tally(outcome[some], score[some], draws.of(some)))
    assert alone == pytest.approx(draws.of(some).means((outcome - score)[some] ** 2), rel=1e-5)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2, max_size=40))
def test_roc_auc_equals_counting_pairs(rows):
    outcome = np.array([float(yes) for yes, _ in rows])
    score = np.array([float(s) for _, s in rows])
    pairs = [(p > q) + 0.5 * (p == q) for p in score[outcome == 1] for q in score[outcome == 0]]
    ours = c.roc_auc(c.tally(outcome, score))
    assert np.isnan(ours) if not pairs else ours == pytest.approx(np.mean(pairs))


def test_lift_without_ties_is_the_top_tenth_by_hand():
    outcome, score = cases(4, n=200)
    top = np.argsort(-score)[:20]
    assert c.lift(c.tally(outcome, score)) == pytest.approx(outcome[top].mean() / outcome.mean())


def test_lift_of_a_constant_score_is_one():
    outcome, _ = cases(5)
    assert c.lift(c.tally(outcome, np.full(len(outcome), 0.3))) == pytest.approx(1.0)


def test_at_cut_equals_scikit_learn():
    outcome, score = cases(6)
    named = (score >= c.CUT).astype(int)
    assert c.precision(c.tally(outcome, score)) == pytest.approx(
        metrics.precision_score(outcome, named)
    )
    assert c.recall(c.tally(outcome, score)) == pytest.approx(metrics.recall_score(outcome, named))
    assert c.f1(c.tally(outcome, score)) == pytest.approx(metrics.f1_score(outcome, named))


def test_nothing_named_has_no_precision():
    assert c.precision(c.tally(np.array([1.0, 0.0]), np.array([0.2, 0.1]))) == 0


def test_calibration_bins_by_a_naive_loop():
    outcome, score = cases(7, n=100)
    order = np.argsort(score)
    bins = c.calibration(outcome, score)
    naive = [(score[b].mean(), outcome[b].mean()) for b in np.split(order, 10)]
    found = list(zip(bins["predicted"], bins["observed"], strict=True))
    assert np.allclose(found, naive)
    assert c.ece(c.tally(outcome, score)) == pytest.approx(np.mean([abs(p - o) for p, o in naive]))


def test_calibration_intervals_hold_the_truth_in_nineteen_of_twenty_bins():
    rng = np.random.default_rng(8)
    score = rng.random(40_000)
    bins = c.calibration((rng.random(40_000) < score).astype(float), score, bins=200)
    held = bins.select(c.pl.col("observed").is_between("low", "high").mean()).item()
    assert 0.92 <= held <= 0.99


def test_equal_scores_share_a_calibration_bin():
    outcome, _ = cases(9)
    assert c.calibration(outcome, np.full(len(outcome), 0.4)).height == 1


def test_interval_covers_the_truth_about_as_often_as_it_says():
    """Brier of p = 0.3 against Bernoulli(0.3) is 0.21 in truth."""
    rng, score = np.random.default_rng(10), np.full(150, 0.3)
    covered = 0
    for trial in range(200):
        outcome = (rng.random(150) < 0.3).astype(float)
        draws = c.drawn(np.arange(150), seed=trial)
        _, low, high = c.intervals(outcome, score, draws, {"brier": c.brier})["brier"]
        covered += low <= 0.21 <= high
    assert 0.88 <= covered / 200 <= 0.99


def test_resampling_keeps_a_customers_rows_together():
    draws = c.drawn(np.array([0, 1, 0, 2, 1]), seed=1, resamples=50)
    assert draws.times.shape == (3, 50)
    assert draws.totals(np.array([1.0, 0, 0, 0, 0])) == pytest.approx(draws.times[0])
    assert draws.totals(np.array([0, 0, 1.0, 0, 0])) == pytest.approx(draws.times[0])
    assert not (draws.times[0] == draws.times[1]).all()


def test_curves_end_in_the_corners_and_agree_with_the_areas():
    outcome, score = cases(11)
    curve, gain = c.roc(outcome, score, points=500), c.gains(outcome, score)
    area = np.trapezoid(curve["true_positive_rate"], curve["false_positive_rate"])
    assert area == pytest.approx(c.roc_auc(c.tally(outcome, score)), abs=1e-9)
    assert curve.row(-1) == (1.0, 1.0)
    assert gain.row(0) == (0.0, 0.0)
    assert gain.row(-1) == (1.0, 1.0)
    assert c.precision_recall(outcome, score).row(-1)[0] == 1.0
