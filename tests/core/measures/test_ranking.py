"""Ranking measures against naive loops."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from core.measures import ranking


def naive(hits, relevant):
    """One customer's measures, word for word."""
    k, found, gain, precisions, first = len(hits), 0, 0.0, 0.0, 0.0
    for rank, hit in enumerate(hits, start=1):
        if hit:
            found += 1
            gain += 1 / math.log2(rank + 1)
            precisions += found / rank
            first = first or 1 / rank
    ideal = sum(1 / math.log2(rank + 1) for rank in range(1, min(k, relevant) + 1))
    return {
        "hit_rate": float(found > 0),
        "precision_at_k": found / k,
        "recall_at_k": found / relevant,
        "ndcg_at_k": gain / ideal,
        "map_at_k": precisions / min(k, relevant),
        "mrr": first,
    }


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.booleans(), min_size=6, max_size=6), min_size=1, max_size=5), st.data())
def test_measures_equal_the_naive_loop(hits, data):
    relevant = [data.draw(st.integers(max(1, sum(row)), 12)) for row in hits]
    measured = ranking.per_customer(np.array(hits), np.array(relevant))
    for n, (row, wanted) in enumerate(zip(hits, relevant, strict=True)):
        for name, value in naive(row, wanted).items():
            assert measured[name][n] == pytest.approx(value), name


def test_recall_divides_by_everything_relevant():
    """Not by min(k, relevant): published tables differ in this."""
    hits = np.array([[True, True]])
    assert ranking.per_customer(hits, np.array([8]))["recall_at_k"][0] == 0.25


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.lists(
            st.sampled_from([-2.0, -1.5, 0.0, 0.5, 1.0, 3.0, -math.inf]), min_size=5, max_size=5
        ),
        min_size=1,
        max_size=4,
    ),
    st.integers(1, 7),
)
def test_top_is_a_stable_sort(scores, k):
    ranked = ranking.top(np.array(scores, np.float32), k)
    for row, got in zip(scores, ranked, strict=True):
        order = sorted(range(5), key=lambda i: (-row[i], i))[:k]
        assert [i if row[i] > -math.inf else -1 for i in order] == got.tolist()


@pytest.mark.parametrize("levels", [3, 40, 100_000])
@pytest.mark.parametrize("k", [1, 7, 50])
def test_top_of_long_rows_is_a_stable_sort(levels, k):
    """Few levels: nearly everything is tied. Some rows hold fewer than k scores at all."""
    rng = np.random.default_rng(levels + k)
    scores = (rng.integers(-levels, levels, (60, 900)) / levels).astype(np.float32)
    scores[::7, 20:] = -np.inf
    order = np.argsort(-np.round(scores, 5), axis=1, kind="stable")[:, :k]
    wanted = np.where(np.take_along_axis(scores, order, axis=1) > -np.inf, order, -1)
    assert (ranking.top(scores, k) == wanted).all()


@pytest.mark.parametrize("levels", [2, 40, 100_000])
@pytest.mark.parametrize("share", [0.0, 0.02, 0.9])
@pytest.mark.parametrize("k", [1, 7])
def test_top_entries_are_those_of_top(levels, share, k):
    """Long and short rows, empty ones, ties and negative entries: as the dense rows say."""
    rng = np.random.default_rng(levels + k)
    scores = (rng.integers(-levels // 4, levels, (40, 900)) / levels).astype(np.float32)
    scores[rng.random(scores.shape) >= share] = 0
    scores[::5, 30:] = 0
    best = ranking.top(scores, k)
    wanted = np.zeros_like(scores)
    np.put_along_axis(wanted, best, np.take_along_axis(scores, best, axis=1), axis=1)
    found = ranking.top_entries(csr_matrix(scores), k).toarray()
    assert (found == np.maximum(wanted, 0)).all()


def test_the_last_bits_decide_nothing():
    noise = np.float32(0.3) + np.float32(3e-8) * np.arange(4, dtype=np.float32)
    assert ranking.top(noise[None], 4).tolist() == [[0, 1, 2, 3]]


def test_coverage_and_novelty():
    ranked = np.array([[0, 1], [0, -1]])
    assert ranking.coverage(ranked, 4) == 0.5
    surprise = ranking.novelty(ranked, np.array([8.0, 2.0, 1.0, 1.0]), 8)
    assert surprise.tolist() == [1.0, 0.0]
