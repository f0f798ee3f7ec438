"""Odd shops and options at their ends: no list repeats itself, no sentence says what is not so."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from core.analyses import recommendations
from core.analyses.recommendations import completion
from core.analyses.recommendations.config import Config
from core.analyses.recommendations.events import events
from core.analyses.recommendations.history import history
from core.analyses.recommendations.models import METHODS
from core.analyses.recommendations.steering import Steering, wheel
from core.analyses.recommendations.tournament import split

START = date(2024, 1, 1)


# --- variety --------------------------------------------------------------------------------


@pytest.mark.parametrize("diversity", [0.5, 1.0])
def test_variety_never_shows_a_product_twice(random_shop, diversity):
    """Also where fewer products are left than a list is long."""
    result = recommendations.run(random_shop(), Config(method="own_history", list_length=50))
    wanted = Steering(diversity=diversity, exclude_bought=True)
    lists, _ = result.steered(wanted)
    left = result.history.shape[1] - np.diff(result.history.bought.indptr)
    assert not lists.select("customer_id", "product_id").is_duplicated().any()
    assert lists.group_by("customer_id").len().sort("customer_id")["len"].to_list() == left.tolist()
    assert not lists["bought_before"].any()


def test_variety_alone_takes_what_resembles_least(answer):
    """At its end nothing but the resemblance to those above counts: against loops."""
    history = answer.history
    alike = history.cosine.toarray()
    rows = np.arange(5, dtype=np.int64)
    turned = wheel(Steering(diversity=1.0), history, answer.products)
    ranked, _ = turned.lists(answer.model, rows, "next_basket", 6)
    for got in ranked.tolist():
        for place in range(1, 6):
            worst = alike[got[:place]].max(axis=0)
            worst[got[:place]] = np.inf
            assert worst[got[place]] == pytest.approx(worst.min(), abs=1e-6)


# --- what is said ---------------------------------------------------------------------------


def test_customers_tested_in_several_periods_are_counted_once(random_shop):
    result = recommendations.run(random_shop(), Config(method="own_history", splits=4))
    assert result.tested <= 60
    assert "Tested on 60 customers" in str(result.explain()[0])


def test_bestsellers_chosen_by_hand_are_not_said_to_be_unbeaten(random_shop):
    """Every customer has favourites: the own history is far better than the bestsellers."""
    result = recommendations.run(random_shop(customers=150), Config(method="popularity"))
    assert result.lead["high"] < 0
    assert not any("No personal list" in str(finding) for finding in result.explain())


def test_where_nobody_bought_anything_new_it_is_not_said_that_nobody_came_back(shop):
    lines = [(f"{n}", f"c{n % 20}", f"p{n % 20}", n) for n in range(100)]
    result = recommendations.run(shop(lines), Config(task="new_products"))
    assert result.latest is not None
    (caution, *_) = (finding for finding in result.explain() if finding.kind == "caution")
    assert "new to them" in str(caution)
    assert not any("Nobody ordered again" in str(finding) for finding in result.explain())


def test_who_has_bought_everything_is_no_new_customer(shop):
    lines = [(f"{n}", f"c{n % 10}", f"p{n % 2 if n % 10 else n // 10 % 2}", n) for n in range(90)]
    result = recommendations.run(shop(lines), Config(task="new_products"))
    full = np.flatnonzero(np.diff(result.history.bought.indptr) == 2)
    customer = result.history.customers["customer_id"][int(full[0])]
    assert result.for_customer(customer).is_empty()
    assert result.likely(customer) is None
    assert set(result.for_customer("nobody")["reason_code"]) == {"new_customer"}


def test_newcomers_are_served_as_it_is_said(shop):
    """Bestsellers of the country are best, but no table tells where a newcomer lives."""
    rng = np.random.default_rng(0)
    lines = [
        (f"{n}", f"{'de' if n % 2 else 'fr'}{n}", f"{'de' if n % 2 else 'fr'}-{product:02}", n // 6)
        for n in range(600)
        for product in rng.choice(20, 2, replace=False)
    ]
    lines += [(f"again{n}", f"de{2 * n + 1}", f"de-{n % 20:02}", 90) for n in range(30)]
    dataset = shop(lines)
    country = pl.col("customer_id").str.slice(0, 2).alias("country")
    result = recommendations.run(
        replace(dataset, lines=dataset.lines.with_columns(country)), Config()
    )
    told = result.tournament.filter(pl.col("chosen"), group="no_order", metric="hit_rate")
    assert told["method"].to_list() == [result.for_customer("nobody")["method"][0]]


def test_the_score_of_a_newcomer_is_that_of_the_list(shop):
    """What others begin with is not what sells most: the score falls with the place even so."""
    lines = [(f"{n}", f"c{n:03}", f"first {n % 3}", n // 4) for n in range(320)]
    lines += [
        (f"{n}-{m}", f"c{n:03}", f"next {m}", n // 4 + m + 1) for n in range(280) for m in range(4)
    ]
    lines += [(f"x{n}", f"c{n:03}", "next 1", 84) for n in range(200)]
    result = recommendations.run(shop(lines), Config(test_days=7, list_length=5))
    assert result.newcomers.method == "newcomers_first"
    listed = result.for_customer("nobody")
    assert listed["product_id"].str.starts_with("first").head(3).all()
    assert listed["score"].is_sorted(descending=True)


# --- completing a basket --------------------------------------------------------------------


def test_a_basket_is_tested_as_it_is_completed(shop):
    """Nothing ever stands with the lamp, so nothing completes it: no bestseller is a hit."""
    lines = [(f"{n}", f"c{n % 30}", product, n % 80) for n in range(240) for product in ("a", "b")]
    lines += [(f"l{n}", f"c{n % 30}", "lamp", n % 80) for n in range(60)]
    lines += [(f"x{n}", f"c{n}", product, 95) for n in range(20) for product in ("lamp", "b")]
    cut = split(events(shop(lines)), START + timedelta(days=90), 20, 30.0)
    found = completion.tested(cut, 2, 0)
    scores = dict(found.select("method", "hit_rate").iter_rows())
    assert scores["popularity"] > 0
    assert scores["item_knn"] == 0


def test_a_basket_is_completed_by_as_many_as_were_tested(found, answer):
    for result, most in ((found, 10), (answer, 5)):
        assert result.complete([result.products["product_id"][0]]).height == most


# --- time -----------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["own_history", "own_rhythm", "hybrid"])
def test_long_after_the_last_order_the_lists_are_still_made(random_shop, method):
    """With a half-life of a week a year makes every popularity vanish."""
    known = recommendations.run(random_shop(), Config(method=method, half_life_days=7))
    late = Config(method=method, half_life_days=7, as_of=known.history.day + timedelta(days=400))
    result = recommendations.run(random_shop(), late)
    assert result.recommendations["score"].is_finite().all()
    own = result.recommendations.filter(pl.col("rank") <= 3)
    assert own["bought_before"].all()


def test_what_is_sent_back_after_the_cut_was_bought_at_the_cut(shop):
    """The return carries the number of its order, but its own day: the past cannot know it."""
    lines = [
        ("1", "a", "kettle", 0, 1.0),
        ("1", "a", "kettle", 50, -1.0),
        ("2", "a", "beans", 0, 2.0),
        ("2", "a", "beans", 0, -1.0),
        ("3", "b", "kettle", 5, 1.0),
        ("3", "b", "kettle", 20, -1.0),
        ("4", "a", "mug", 45, 1.0),
        ("4", "a", "mug", 60, -1.0),
        ("5", "a", "beans", 46, 1.0),
        ("6", None, "mug", 1, 1.0),
    ]
    bought = events(shop(lines))
    early, late = (history(bought, START + timedelta(days=day), 30.0) for day in (40, 70))
    owned = [
        cut.purchases.join(cut.products, on="i")["product_id"].sort().to_list()
        for cut in (early, late)
    ]
    assert owned == [["beans", "kettle"], ["beans"]]
    assert early.products.select("product_id", "orders").rows() == [
        ("mug", 1),
        ("beans", 1),
        ("kettle", 1),
    ]
    assert early.placed.sum() == 3
    assert early.popular(30.0).tolist() == pytest.approx(early.popularity.tolist())
    later = split(bought, START + timedelta(days=40), 28, 30.0)
    names = later.past.products["product_id"].to_list()
    assert [names[i] for i in later.truth["next_basket"]["i"]] == ["beans"]


def test_a_gap_in_the_orders_breaks_no_test(random_shop, shop):
    again = [(f"z{n}", f"c{n:03}", f"p{n % 25:02}", 500 + n % 20) for n in range(40)]
    again += [(f"y{n}", f"new{n}", f"p{n % 25:02}", 500 + n % 20) for n in range(40)]
    lines = pl.concat([random_shop().lines, shop(again).lines])
    result = recommendations.run(replace(shop(again), lines=lines), Config(half_life_days=7))
    assert result.evidence.height
    assert result.evidence["value"].is_finite().all()


def test_a_chance_that_nothing_was_measured_for_is_not_stated(shop):
    """At the cut nobody had been away for long; now somebody has: of them nothing is known."""
    lines = [
        (f"{n}-{day}", f"c{n}", f"p{n % 7}", day) for n in range(30) for day in range(0, 60, 5)
    ]
    lines = [line for line in lines if not (line[1] == "c0" and line[3] > 5)]
    result = recommendations.run(shop(lines), Config(test_days=14, method="own_history"))
    assert result.history.silent.max() > 42
    assert result.latest.past.silent.max() <= 42
    assert "long_away" not in result.conversion["recency_group"]
    assert result.likely("c0") is None
    assert "c0" not in result.campaign("p0", 30).customers["customer_id"]
    assert result.likely("c1").products.height


# --- odd shops ------------------------------------------------------------------------------

SHOPS = {
    "one line": [("1", "a", "x", 0)],
    "one customer": [(f"{n}", "a", f"p{n % 3}", n * 3) for n in range(30)],
    "one product": [(f"{n}", f"c{n % 10}", "x", n) for n in range(80)],
    "two products always together": [(f"{n}", f"c{n % 10}", p, n) for n in range(80) for p in "xy"],
    "one huge order": [
        *[("big", "c0", f"p{n}", 30) for n in range(300)],
        *[(f"{n}", f"c{n % 20}", f"p{n % 40}", n) for n in range(100)],
    ],
}


@pytest.mark.parametrize("task", ["next_basket", "new_products"])
@pytest.mark.parametrize("name", SHOPS)
def test_an_odd_shop_is_answered(shop, name, task):
    result = recommendations.run(shop(SHOPS[name]), Config(task=task))
    assert all(str(finding) for finding in result.explain())
    assert all(action.low <= action.value <= action.high for action in result.actions())
    for customer in [*result.regulars(2), "nobody"]:
        listed = result.for_customer(customer)
        assert listed["product_id"].is_unique().all()
        if customer != "nobody" and task == "new_products":
            assert not listed["bought_before"].any()
    everything = tuple(result.products["product_id"])
    lists, _ = result.steered(Steering(exclude_products=everything))
    assert lists.is_empty()
    dearest, _ = result.steered(Steering(margin_boost=1.0, diversity=1.0))
    assert dearest.height == result.recommendations.height


@pytest.mark.parametrize("method", METHODS)
def test_every_method_serves_a_shop_of_one_customer(shop, method):
    result = recommendations.run(shop(SHOPS["one customer"]), Config(method=method))
    assert set(result.for_customer("a")["product_id"]) == {"p0", "p1", "p2"}


@pytest.mark.parametrize("column", ["country", "channel", "tags"])
def test_a_context_that_nobody_has_is_no_context(random_shop, shop, column):
    new = shop([(f"n{n}", f"new{n}", f"p{n % 25:02}", 100 + n % 20) for n in range(40)])
    lines = pl.concat([random_shop().lines, new.lines])
    registered = pl.DataFrame({"customer_id": ["x"]}).with_columns(
        pl.lit(None, pl.String).alias(column)
    )
    for told in (lines, lines.with_columns(pl.lit(None, pl.String).alias(column))):
        dataset = replace(new, lines=told, tables={"customers": registered})
        result = recommendations.run(dataset, Config(method="own_history"))
        assert result.for_customer("x").height == 10
