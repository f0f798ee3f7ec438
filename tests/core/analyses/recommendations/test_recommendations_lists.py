"""The protocol: what is known when, what counts as a hit, who wins, who gets what."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from core.analyses import recommendations
from core.analyses.recommendations import choice
from core.analyses.recommendations.choice import led
from core.analyses.recommendations.events import events
from core.analyses.recommendations.tournament import Outcome, split
from core.errors import NotEnoughDataError

START = date(2024, 1, 1)


def test_history_counts_orders_and_drops_what_was_sent_back(shop, past):
    dataset = shop(
        [
            ("1", "a", "kettle", 0, 2.0),
            ("2", "a", "kettle", 5, -2.0),
            ("3", "a", "beans", 0, 9.0),
            ("3", "a", "beans", 0, 1.0),
            ("4", "a", "beans", 30),
            ("5", None, "kettle", 30),
        ]
    )
    known = past(dataset)
    assert known.products["product_id"].to_list() == ["beans", "kettle"]
    assert known.orders.toarray().tolist() == [[2.0, 0.0]]
    assert known.recent.toarray()[0, 0] == pytest.approx(1.5)
    assert known.products["popularity"].to_list() == pytest.approx([1.5, 1.5])


def test_truth_is_the_next_order_and_what_is_new(shop):
    dataset = shop(
        [
            ("1", "a", "beans", 0),
            ("2", "b", "filter", 0),
            ("3", "a", "beans", 12),
            ("3", "a", "filter", 12),
            ("4", "a", "filter", 13),
            ("5", "a", "mug", 12),
        ]
    )
    cut = split(events(dataset), START + timedelta(days=10), 28, 30.0)
    names = cut.past.products["product_id"].to_list()
    said = {task: [names[i] for i in rows["i"].to_list()] for task, rows in cut.truth.items()}
    assert said == {"next_basket": ["beans", "filter"], "new_products": ["filter"]}
    assert cut.repeat_share == 0.5


def test_new_products_leaves_out_what_was_bought(random_shop):
    result = recommendations.run(
        random_shop(), recommendations.Config(task="new_products", list_length=5)
    )
    assert result.config.task == "new_products"
    assert not result.recommendations["bought_before"].any()
    owned = result.history.purchases.height
    assert owned
    assert result.recommendations.group_by("customer_id").len()["len"].max() <= 5


def test_lists_beat_popularity_where_customers_have_favourites(found):
    scores = dict(
        found.decisive(["popularity", found.config.method])
        .filter(pl.col("task") == "next_basket")
        .select("method", "value")
        .iter_rows()
    )
    assert found.config.method != "popularity"
    assert scores[found.config.method] > 1.5 * scores["popularity"]


def test_the_lead_is_paired_and_said(random_shop):
    result = recommendations.run(
        random_shop(customers=150), recommendations.Config(method="hybrid")
    )
    values = dict(
        result.decisive().filter(task="next_basket").select("method", "value").iter_rows()
    )
    assert result.lead["rival"] == "own_history"
    assert result.lead["difference"] == pytest.approx(values["hybrid"] - values["own_history"])
    assert result.lead["low"] <= result.lead["difference"] <= result.lead["high"]
    assert any("simple rule" in str(finding) for finding in result.explain())
    chosen = result.evidence.filter("chosen")
    told = chosen.filter(metric="recall_at_k").select("lead", "lead_low", "lead_high").row(0)
    assert told == pytest.approx([result.lead[name] for name in ("difference", "low", "high")])
    assert result.evidence["lead"].count() == chosen.height
    assert (
        recommendations.run(random_shop(), recommendations.Config(method="own_history")).lead
        is None
    )


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0.01, 0.03, "it beats"),
        (-0.01, 0.02, "is not better"),
        (-0.12, -0.05, "rule “own history” beats"),
    ],
)
def test_a_simple_rule_that_is_surely_better_is_said(low, high, said):
    lead = {"rival": "own_history", "relative": 0.1, "difference": 0.01, "low": low, "high": high}
    assert said in str(led(lead))


def test_a_method_ahead_that_is_not_taken_is_named():
    values = {"popularity": [0.1, 0.4], "own_history": [0.3, 0.5], "hybrid": [0.6, 0.3]}
    outcomes = [outcome(method, shares) for method, shares in values.items()]
    assert choice.choose(outcomes, 10, 0) == "popularity"
    best = choice.ahead(outcomes, 10, "popularity", 0)
    assert (best["method"], best["rival"]) == ("hybrid", "popularity")
    assert best["difference"] == pytest.approx(0.2)
    assert best["low"] <= 0 <= best["high"]
    assert choice.ahead(outcomes, 10, "hybrid", 0) is None


def outcome(method, shares):
    """Two lists of ten; so many tenths of the ten relevant products stand in each."""
    hits = np.arange(10) < 10 * np.array(shares)[:, None] - 1e-9
    ones, none = np.ones(2, np.int64), np.zeros(hits.shape, bool)
    return Outcome(
        method, "next_basket", hits, 10 * ones, none, 0.0 * ones, ones, np.arange(2), 1.0
    )


def test_the_null_shop_ends_with_popularity(shop):
    """Every order picks products by popularity alone: nothing personal is there to be found."""
    rng = np.random.default_rng(3)
    weight = 1 / np.arange(1, 41)
    lines = [
        (f"o{n}", f"c{rng.integers(200):03}", f"p{product:02}", int(rng.integers(150)))
        for n in range(1500)
        for product in rng.choice(40, 3, replace=False, p=weight / weight.sum())
    ]
    result = recommendations.run(shop(lines), recommendations.Config())
    assert result.config.method == "popularity"
    assert any("No personal list did surely better" in str(finding) for finding in result.explain())


def test_registered_customers_without_a_purchase_get_bestsellers_and_are_marked(random_shop):
    newcomers = pl.DataFrame({"customer_id": ["new one"]})
    dataset = replace(random_shop(), tables={"customers": newcomers})
    result = recommendations.run(dataset, recommendations.Config())
    rows = result.for_customer("new one")
    best = result.products["product_id"].head(10).to_list()
    assert rows["product_id"].to_list() == best
    assert rows["reason_code"].unique().to_list() == ["new_customer"]
    assert rows["method"].unique().to_list() == ["popularity"]
    assert result.for_customer("never heard of")["product_id"].to_list() == best


def test_guests_alone_are_refused_in_words(shop):
    with pytest.raises(NotEnoughDataError, match="known customers"):
        recommendations.run(shop([("1", None, "a", 0)]), recommendations.Config())


def test_one_day_of_orders_gives_lists_without_evidence_and_says_so(shop):
    lines = [(f"{n}", f"c{n}", f"p{n % 3}", 0) for n in range(9)]
    result = recommendations.run(shop(lines), recommendations.Config())
    assert result.evidence.is_empty()
    assert result.recommendations.height
    assert result.explain()[0].kind == "caution"
    assert result.actions() == []


def test_groups_add_up_to_everybody(answer):
    shares = answer.tournament.filter(
        pl.col("task") == "next_basket", pl.col("metric") == "hit_rate", method="own_history"
    )
    assert shares.filter(pl.col("group") == "all").height == 1
    assert set(shares["group"]) <= {"all", "one_order", "few_orders", "many_orders", "no_order"}


def test_new_customers_are_scored_on_their_first_order(shop):
    lines = [(f"{n}", f"c{n}", "mug", 0) for n in range(30)]
    lines += [(f"again{n}", f"c{n}", "mug", 60) for n in range(10)]
    lines += [(f"new{n}", f"n{n}", "mug" if n < 3 else "lamp", 61) for n in range(4)]
    lines += [("lamp", "c1", "lamp", 1), ("late", "c29", "lamp", 63)]
    result = recommendations.run(shop(lines), recommendations.Config(list_length=1, test_days=10))
    rows = result.tournament.filter(group="no_order", metric="hit_rate").rows(named=True)
    scores = {row["method"]: row["value"] for row in rows}
    assert scores == {"popularity": 0.75, "newcomers_first": 0.75}
    assert [row["method"] for row in rows if row["baseline"] and row["chosen"]] == ["popularity"]


def test_the_demo_shop_without_taste_ends_with_popularity(medium):
    """Products shuffled over the lines of a third of the customers: nobody has a taste."""
    lines = medium.lines.collect().sort("line_id")
    third = lines["customer_id"].drop_nulls().unique().sort().gather_every(3).implode()
    lines = lines.filter(pl.col("customer_id").is_in(third))
    mixed = pl.Series("product_id", np.random.default_rng(1).permutation(lines["product_id"]))
    null = replace(medium, lines=lines.with_columns(mixed, product_name=mixed).lazy())
    result = recommendations.run(null, recommendations.Config())
    assert result.config.method == "popularity"
