"""What the lists are used for: one customer, one product, a basket, a campaign, a mail merge."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from core.analyses import recommendations
from core.analyses.recommendations.conversion import BANDS, falling


def test_a_customers_list_says_what_the_held_back_time_saw(answer):
    customer = answer.history.customers["customer_id"][0]
    found = answer.likely(customer, 10)
    rates = answer.conversion.select("rate", "low", "high").rows()
    assert found.products.height == min(10, answer.for_customer(customer).height)
    assert set(found.products.select("conversion", "low", "high").rows()) <= set(rates)
    assert found.expected == pytest.approx(found.products["conversion"].sum())
    assert found.low <= found.expected <= found.high
    assert answer.likely("nobody") is None


def test_where_nothing_was_bought_the_chance_still_has_an_upper_end(shop):
    """Everybody buys one product again and again, and is shown eight others."""
    lines = [
        (f"{n}-{day}", f"c{n}", f"p{n % 9}", day) for n in range(40) for day in range(0, 90, 9)
    ]
    result = recommendations.run(shop(lines), recommendations.Config(method="own_history"))
    empty = result.conversion.filter(rate=0)
    assert empty["rank_from"].to_list() == [2, 3, 4, 6]
    assert (empty["high"] > 0).all()
    assert (empty["low"] == 0).all()


def test_a_chance_never_rises_with_the_place(found, answer):
    for result in (found, answer):
        for _, cells in result.conversion.group_by("recency_group"):
            for column in ("rate", "low", "high"):
                assert cells.sort("rank_from")[column].is_sorted(descending=True)


def test_bands_that_would_rise_are_pooled_by_what_was_shown():
    rates, shown = np.zeros(3 * len(BANDS)), np.full(3 * len(BANDS), 10)
    rates[:3], shown[:2] = (0.2, 0.5, 0.1), (20, 10)
    assert falling(rates, shown)[:4] == pytest.approx([0.3, 0.3, 0.1, 0])
    assert falling(rates, shown) @ shown == pytest.approx(rates @ shown)


def test_bought_together_counts_orders(shop):
    lines = [(f"{n}", f"c{n}", product, n) for n in range(4) for product in ("cup", "saucer")]
    lines += [("9", "c9", "cup", 9), ("8", "c8", "lid", 9)]
    result = recommendations.run(shop(lines), recommendations.Config())
    row = result.together.filter(pl.col("product_id") == "cup").row(0, named=True)
    assert (row["together_product_id"], row["orders"]) == ("saucer", 4)
    assert row["confidence"] == pytest.approx(0.8)
    assert row["lift"] == pytest.approx(0.8 / (4 / 6))


def test_a_campaign_expects_what_the_held_back_time_saw(found):
    listed = found.campaign("p03", 50)
    assert listed.customers.height <= 50
    assert listed.low <= listed.expected <= listed.high
    assert listed.expected == pytest.approx(listed.customers["conversion"].sum())
    assert found.campaign("no such product") is None
    (action,) = found.actions()
    assert action.low <= action.value <= action.high


def test_a_campaign_that_only_rounding_tells_from_chance_is_not_proposed(found, monkeypatch):
    """Bestsellers for all: the same product, the same chance, the same money as at random."""
    listed = found.campaign("p03", 50)
    alike = replace(listed, expected=0.92 + 1e-13, low=0.5, high=1.5, untargeted=0.92)
    monkeypatch.setattr(type(found), "campaign", lambda *_: alike)
    assert found.actions() == []


def test_a_campaign_to_everyone_gains_nothing_on_chance(found):
    for product in found.products["product_id"].head(5):
        everyone = found.campaign(product, 10_000)
        assert everyone.untargeted >= everyone.customers.height / found.history.shape[0] * (
            everyone.expected - 1e-9
        )
        few = found.campaign(product, 20)
        assert few.untargeted / 20 == pytest.approx(everyone.untargeted / everyone.customers.height)


def test_the_campaign_rank_is_the_rank_in_the_customers_own_list(found):
    product = found.recommendations["product_id"][0]
    told = found.campaign(product, 1000).customers.select("customer_id", "rank_for_customer")
    own = found.recommendations.filter(pl.col("product_id") == product)
    both = own.join(told, on="customer_id")
    assert both.height
    assert (both["rank"] == both["rank_for_customer"]).all()


def test_a_basket_is_completed_by_what_stands_in_the_same_orders(shop):
    rng = np.random.default_rng(5)
    lines = []
    for n in range(300):
        pair = [("cup", "saucer"), ("pen", "ink"), ("lamp", "bulb")][n % 3]
        extra = f"x{rng.integers(30)}"
        lines += [(f"{n}", f"c{n % 80}", p, int(rng.integers(120))) for p in (*pair, extra)]
    result = recommendations.run(shop(lines), recommendations.Config(list_length=3))
    found = result.complete(["cup", "no such product"])
    assert found["product_id"][0] == "saucer"
    assert found["because_product_name"][0] == "cup"
    assert found["confidence"][0] == pytest.approx(1.0)
    assert "cup" not in found["product_id"]
    assert result.complete(["no such product"]).is_empty()
    scores = dict(result.completion_test().select("method", "hit_rate").iter_rows())
    assert scores["item_knn"] > scores["popularity"] + 0.2


def test_substitutes_read_alike_and_are_not_bought_together(shop):
    names = ["Brazil beans 1 kg", "Brazil beans 250 g", "Brazil beans filter set", "Milk jug"]
    lines = [(f"{n}", f"c{n % 20}", names[n % 2], n % 50) for n in range(100)]
    lines += [(f"{n}", f"c{n % 20}", names[2], n % 50) for n in range(0, 100, 2)]
    lines += [(f"m{n}", f"c{n}", names[3], n) for n in range(20)]
    result = recommendations.run(shop(lines), recommendations.Config())
    found = result.substitutes(names[0])
    assert found["substitute_product_id"].to_list() == [names[1]]
    assert (found["lift"] <= 1).all()


def test_the_mail_merge_holds_the_first_five_of_every_list(answer):
    merged = answer.files()["mail_merge"]
    lists = answer.files()["recommendations"]
    assert merged["customer_id"].to_list() == lists["customer_id"].unique().sort().to_list()
    one = lists.filter(customer_id=merged["customer_id"][3])
    row = merged.row(3, named=True)
    assert [row[f"product_{n}"] for n in range(1, 6)] == one["product_name"].to_list()
    assert [row[f"because_{n}"] for n in range(1, 6)] == one["because"].to_list()
