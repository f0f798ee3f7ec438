"""What the page "Bought together" says about a test of two products."""

import polars as pl
import pytest

from dashboard import state
from dashboard.panels import association_rules as panels


def said(confidence, recent_orders, uplift=0.2) -> list[str]:
    bundle = {
        "antecedent_names": "Pen",
        "consequent_names": "Ink",
        "confidence": confidence,
        "recent_orders": recent_orders,
    }
    with state.speaking("en"):
        return panels.planned(bundle, uplift)


def test_a_test_says_how_many_orders_and_days_it_takes():
    """Fleiss, Levin & Paik: 10 % against 12 %: 3,841 orders per group; 10 of Pen's a day."""
    orders, days = said(0.10, 28.0)
    assert "10% rise to 12%" in orders
    assert "3,841" in orders
    assert "769 days" in days


@pytest.mark.parametrize("confidence", [1.0, 0.9995])
def test_what_everybody_adds_already_cannot_be_raised(confidence):
    (only,) = said(confidence, 10.0)
    assert "nothing to raise" in only


def test_pairs_of_the_same_names_are_told_apart():
    """A picker takes an option by what is shown: two of one label would be one pair."""
    bundles = pl.DataFrame(
        {
            "antecedent": ["p1", "p1", "p2"],
            "consequent": ["i1", "i2", "i3"],
            "antecedent_names": ["Pen", "Pen", "Pencil"],
            "consequent_names": ["Ink", "Ink", "Pad"],
        }
    )
    assert panels.pair_labels(bundles) == [
        "Pen → Ink · p1 → i1",
        "Pen → Ink · p1 → i2",
        "Pencil → Pad",
    ]


def test_a_pair_that_nobody_bought_lately_is_not_tested():
    assert "there is nothing to test" in said(0.5, 0.0)[1]
