"""The sentence of the evidence panel says what the scores say, in words that fit any method."""

import polars as pl
import pytest

from core.evidence import Score, table
from dashboard import state, verdict


def said(chosen, rival, metric="recall"):
    scores = table(
        [
            Score("hybrid", metric, *chosen, chosen=True),
            Score("popularity", metric, *rival, baseline=True),
        ]
    )
    with state.speaking("en"):
        return verdict._verdict(scores, metric).replace("\\", "")


@pytest.mark.parametrize(
    ("chosen", "rival", "ends"),
    [
        ((0.5, 0.45, 0.55), (0.1, 0.05, 0.15), "The two intervals do not overlap."),
        ((0.5, 0.3, 0.7), (0.4, 0.2, 0.6), "The two intervals overlap."),
        ((0.1, 0.05, 0.15), (0.5, 0.45, 0.55), "The simple rule is not beaten."),
        ((0.5,), (0.4,), "”."),
    ],
    ids=["ahead", "overlapping", "behind", "no intervals"],
)
def test_the_verdict_is_what_the_intervals_are(chosen, rival, ends):
    assert said(chosen, rival).endswith(ends)


@pytest.mark.parametrize(
    ("lead", "ends"),
    [((0.05, 0.15), "is more than chance."), ((-0.05, 0.25), "may be chance.")],
)
def test_where_cases_were_paired_their_difference_decides(lead, ends):
    scores = table(
        [
            Score("hybrid", "recall", 0.5, 0.3, 0.7, False, True, 0.1, *lead),
            Score("popularity", "recall", 0.4, 0.2, 0.6, baseline=True),
        ]
    )
    with state.speaking("en"):
        assert verdict._verdict(scores, "recall").endswith(f"the difference {ends}")


def test_both_values_are_said():
    assert "0.5 with" in said((0.5, 0.3, 0.7), (0.4, 0.2, 0.6))
    assert "0.4 with the simple rule" in said((0.5, 0.3, 0.7), (0.4, 0.2, 0.6))


def test_without_a_choice_there_is_no_verdict():
    scores = table([Score("popularity", "recall", 0.1, baseline=True)])
    assert verdict._verdict(scores.filter(pl.col("metric") == "recall"), "recall") is None
