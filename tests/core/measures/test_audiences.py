"""Audiences: each condition against plain Python, lift against published numbers."""

import json
from datetime import date
from itertools import product

import numpy as np
import polars as pl
import pytest

from core.errors import CoreError
from core.measures.audiences import (
    Audience,
    Between,
    Bought,
    Dated,
    OneOf,
    members,
    over_bought,
    overlap,
    purchases,
    side_by_side,
)

TODAY = date(2025, 6, 30)


@pytest.fixture
def customers():
    return pl.DataFrame(
        {
            "customer_id": ["a", "b", "c", "d"],
            "orders": [1, 3, 5, None],
            "revenue": [10.0, 30.0, 50.0, 0.0],
            "rfm_segment": ["new", "loyal", "loyal", None],
        }
    )


@pytest.fixture
def bought():
    return pl.DataFrame(
        {
            "customer_id": ["a", "b", "b", "c"],
            "product_id": ["cup", "cup", "pot", "pot"],
            "last_day": [date(2025, 6, 1), date(2024, 1, 1), date(2025, 5, 1), date(2023, 1, 1)],
        }
    )


CONDITIONS = {
    "a few orders": (Between("orders", 1, 3), "ab"),
    "many orders": (Between("orders", low=3), "bc"),
    "open on both ends": (Between("orders"), "abc"),
    "loyal": (OneOf("rfm_segment", ("loyal",)), "bc"),
    "bought a cup": (Bought("product_id", "cup"), "ab"),
    "bought a cup lately": (Bought("product_id", "cup", days=90), "a"),
    "no pot lately": (Bought("product_id", "pot", days=90, no=True), "acd"),
    "no such product": (Bought("product_id", "nothing"), ""),
}


@pytest.mark.parametrize(("condition", "wanted"), CONDITIONS.values(), ids=CONDITIONS)
def test_one_condition(customers, bought, condition, wanted):
    found = members(Audience("x", (condition,)), customers, bought, TODAY)
    assert "".join(found["customer_id"]) == wanted


@pytest.mark.parametrize("pair", list(product(CONDITIONS, CONDITIONS)))
def test_all_is_the_intersection_and_any_the_union(customers, bought, pair):
    (first, ours), (second, theirs) = (CONDITIONS[name] for name in pair)
    both = members(Audience("x", (first, second), "all"), customers, bought, TODAY)
    either = members(Audience("x", (first, second), "any"), customers, bought, TODAY)
    assert set(both["customer_id"]) == set(ours) & set(theirs)
    assert set(either["customer_id"]) == set(ours) | set(theirs)


def test_no_condition_is_everybody(customers, bought):
    assert members(Audience("x"), customers, bought, TODAY).height == 4


def test_purchases_keep_the_last_day_of_a_sale():
    lines = pl.DataFrame(
        {
            "customer_id": ["a", "a", "a", None],
            "product_id": ["cup"] * 4,
            "ordered_at": [date(2025, 1, 1), date(2025, 2, 1), date(2025, 3, 1), date(2025, 4, 1)],
            "quantity": [1.0, 2.0, -1.0, 1.0],
        },
        schema_overrides={"ordered_at": pl.Datetime("us")},
    )
    assert purchases(lines.lazy()).collect().rows() == [("a", "cup", date(2025, 2, 1))]


def test_lift_by_hand():
    """12 of 20 against 10 of 80, with half a buyer added on both sides."""
    everybody = pl.DataFrame({"customer_id": [str(n) for n in range(100)]})
    inside = everybody.head(20)
    rows = [str(n) for n in range(12)] + [str(n) for n in range(20, 30)]
    bought = pl.DataFrame({"customer_id": rows, "product_id": ["cup"] * 22})
    row = over_bought(inside, everybody, bought, "product_id").row(0, named=True)
    lift = (12.5 / 20.5) / (10.5 / 80.5)
    spread = (1 / 12.5 - 1 / 20.5 + 1 / 10.5 - 1 / 80.5) ** 0.5
    assert (row["buyers"], row["share"], row["share_others"]) == (12, 0.6, 0.125)
    assert row["lift"] == pytest.approx(lift)
    assert row["lift_low"] == pytest.approx(lift * np.exp(-1.959964 * spread))


def test_intervals_of_independent_products_hold_one():
    """Audiences drawn at random: 95 % intervals leave out 1 in about 5 % of the cases."""
    rng = np.random.default_rng(0)
    keys = np.array([str(n) for n in range(2000)])
    everybody = pl.DataFrame({"customer_id": keys})
    missed = total = 0
    for _ in range(20):
        inside = pl.DataFrame({"customer_id": rng.choice(keys, 400, replace=False)})
        pairs = [(key, f"p{p}") for p in range(10) for key in keys[rng.random(2000) < 0.15]]
        bought = pl.DataFrame(pairs, schema=["customer_id", "product_id"], orient="row")
        found = over_bought(inside, everybody, bought, "product_id")
        outside = (found["lift_low"] > 1) | (found["lift_high"] < 1)
        missed, total = missed + int(outside.sum()), total + found.height
    assert 0.01 <= missed / total <= 0.09


def test_overlap_counts_everyone_once(customers):
    parts = {"x": customers.head(3), "y": customers.tail(3), "z": customers.slice(1, 1)}
    found = overlap(parts)
    counted = {" + ".join(names): customers for names, customers in found.rows()}
    assert counted == {"x": 1, "y": 1, "x + y": 1, "x + y + z": 1}


@pytest.mark.parametrize("match", ["all", "any"])
def test_a_saved_segment_reads_back_as_it_was(match):
    every = (
        *(condition for condition, _ in CONDITIONS.values()),
        Dated("first_order", date(2025, 1, 2)),
        Dated("last_order", date(2024, 1, 1), date(2025, 1, 1)),
        Bought("category", "Tea", days=30, no=True),
    )
    kept = Audience("mine", every, match)
    assert Audience.from_json("mine", json.loads(json.dumps(kept.to_json()))) == kept


@pytest.mark.parametrize("broken", [{}, {"match": "all", "conditions": [{"kind": "spell"}]}])
def test_a_damaged_segment_is_refused_in_words(broken):
    with pytest.raises(CoreError, match="cannot be read"):
        Audience.from_json("mine", broken)


def test_days_include_both_ends():
    table = pl.DataFrame(
        {"customer_id": ["a", "b", "c"], "first_order": [TODAY, date(2025, 6, 1), None]}
    )
    kept = Audience("x", (Dated("first_order", date(2025, 6, 1), date(2025, 6, 29)),))
    assert members(kept, table, pl.DataFrame(), TODAY)["customer_id"].to_list() == ["b"]


def test_side_by_side(customers):
    table = side_by_side({"all": customers, "loyal": customers.slice(1, 2)})
    assert table["customers"].to_list() == [4, 2]
    assert table["revenue"].to_list() == [90.0, 80.0]
    assert table["mean_revenue"].to_list() == [22.5, 40.0]
