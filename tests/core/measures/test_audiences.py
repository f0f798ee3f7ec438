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
    meets,
    over_bought,
    overlap,
    purchases,
    side_by_side,
)
from core.measures.customers import profile

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


def lines(**columns):
    """Lines of one unit each, on 1 January 2023 unless said otherwise."""
    rows = len(columns["customer_id"])
    usual = {"ordered_at": [date(2023, 1, 1)] * rows, "quantity": [1.0] * rows}
    return pl.DataFrame(usual | columns).cast({"ordered_at": pl.Datetime("us")}).lazy()


@pytest.fixture
def bought():
    """What a to c bought when; d bought something without a number."""
    return purchases(
        lines(
            customer_id=["b", "b", "a", "a", "c", "d"],
            product_id=["pot", "cup", "cup", "cup", "pot", None],
            ordered_at=[
                date(2025, 5, 1), date(2024, 1, 1), date(2025, 6, 1), date(2024, 6, 1),
                date(2023, 1, 1), date(2025, 6, 1),
            ],
        )
    )  # fmt: skip


def members(audience, customers, bought):
    return customers["customer_id"].filter(meets(audience, customers, bought, TODAY)).to_list()


CONDITIONS = {
    "a few orders": (Between("orders", 1, 3), "ab"),
    "many orders": (Between("orders", low=3), "bc"),
    "more than half a zero": (Between("revenue", 29.5, 30.5), "b"),
    "open on both ends": (Between("orders"), "abc"),
    "loyal": (OneOf("rfm_segment", ("loyal",)), "bc"),
    "bought a cup": (Bought("product_id", "cup"), "ab"),
    "bought a cup lately": (Bought("product_id", "cup", days=90), "a"),
    "no pot lately": (Bought("product_id", "pot", days=90, no=True), "acd"),
    "no such product": (Bought("product_id", "nothing"), ""),
}


@pytest.mark.parametrize(("condition", "wanted"), CONDITIONS.values(), ids=CONDITIONS)
def test_one_condition(customers, bought, condition, wanted):
    assert "".join(members(Audience("x", (condition,)), customers, bought)) == wanted


@pytest.mark.parametrize("pair", list(product(CONDITIONS, CONDITIONS)))
def test_all_is_the_intersection_and_any_the_union(customers, bought, pair):
    (first, ours), (second, theirs) = (CONDITIONS[name] for name in pair)
    both = members(Audience("x", (first, second), "all"), customers, bought)
    either = members(Audience("x", (first, second), "any"), customers, bought)
    assert set(both) == set(ours) & set(theirs)
    assert set(either) == set(ours) | set(theirs)


def test_no_condition_is_everybody(customers, bought):
    assert members(Audience("x"), customers, bought) == ["a", "b", "c", "d"]


def test_purchases_keep_the_last_day_of_a_sale():
    """Guests and returns are no purchase; customers are numbered as the profile sorts them."""
    found = purchases(
        lines(
            customer_id=["b", "a", "a", "a", None, "c"],
            product_id=["cup", "cup", "cup", "cup", "cup", "cup"],
            ordered_at=[date(2025, month, 1) for month in range(1, 7)],
            quantity=[1.0, 1.0, 2.0, -1.0, 1.0, -1.0],
        )
    )["product_id"]
    assert list(found.values) == ["cup"]
    assert found.buyers("cup", None).tolist() == [0, 1]
    assert found.buyers("cup", date(2025, 1, 31)).tolist() == [0]
    assert found.buyers("cup", date(2025, 3, 1)).tolist() == []


def test_customers_are_numbered_as_in_the_profile():
    shop = lines(
        customer_id=["b", "z", "a", None, "q"], order_id=["1", "2", "3", "4", "5"],
        product_id=["b", "z", "a", "g", "q"], quantity=[1.0, 2.0, 1.0, 1.0, -1.0],
    )  # fmt: skip
    found = purchases(shop)["product_id"]
    keys = profile(shop, TODAY).collect()["customer_id"]
    assert {v: keys[found.buyers(v, None)].to_list() for v in "abz"} == {v: [v] for v in "abz"}


def test_lift_by_hand():
    """12 of 20 against 10 of 80, with half a buyer added on both sides."""
    inside = np.arange(100) < 20
    rows = [*range(12), *range(20, 30)]
    every = [f"{n:02}" for n in range(100)]
    cups = [*["cup" if n in rows else "pot" for n in range(100)]]
    bought = purchases(lines(customer_id=every, product_id=cups))["product_id"]
    found = over_bought(inside, np.ones(100, dtype=bool), bought)
    row = found.filter(pl.col("value") == "cup").row(0, named=True)
    lift = (12.5 / 20.5) / (10.5 / 80.5)
    spread = (1 / 12.5 - 1 / 20.5 + 1 / 10.5 - 1 / 80.5) ** 0.5
    assert (row["buyers"], row["share"], row["share_others"]) == (12, 0.6, 0.125)
    assert row["lift"] == pytest.approx(lift)
    assert row["lift_low"] == pytest.approx(lift * np.exp(-1.959964 * spread))


def test_intervals_of_independent_products_hold_one():
    """Audiences drawn at random: 95 % intervals leave out 1 in about 5 % of the cases."""
    rng = np.random.default_rng(0)
    missed = total = 0
    for _ in range(20):
        inside = rng.permutation(np.arange(2000) < 400)
        buys = rng.random((2000, 10)) < 0.15
        who, what = np.nonzero(np.column_stack([buys, np.ones(2000, dtype=bool)]))
        shop = lines(customer_id=[f"{n:04}" for n in who], product_id=[f"p{n:02}" for n in what])
        found = over_bought(inside, np.ones(2000, dtype=bool), purchases(shop)["product_id"])
        found = found.filter(pl.col("value") != "p10")  # everybody bought it
        outside = (found["lift_low"] > 1) | (found["lift_high"] < 1)
        missed, total = missed + int(outside.sum()), total + found.height
    assert 0.01 <= missed / total <= 0.09


def mask(*rows):
    return np.isin(range(4), rows)


def test_overlap_counts_everyone_once():
    found = overlap({"x": mask(0, 1, 2), "y": mask(1, 2, 3), "z": mask(1)})
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
    assert members(kept, table, {}) == ["b"]


def test_side_by_side(customers):
    table = side_by_side(customers, {"all": mask(0, 1, 2, 3), "loyal": mask(1, 2)})
    assert table["customers"].to_list() == [4, 2]
    assert table["revenue"].to_list() == [90.0, 80.0]
    assert table["mean_revenue"].to_list() == [22.5, 40.0]
