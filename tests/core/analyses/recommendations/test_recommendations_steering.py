"""Own rules: what they leave out, how they reorder, what each costs on held-back time."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from core.analyses import recommendations
from core.analyses.recommendations.steering import Steering, wheel


def named(frame):
    return set(frame["product_id"])


@pytest.mark.parametrize(
    ("wanted", "gone"),
    [
        ({"exclude_products": ("p03",)}, {"p03"}),
        ({"exclude_categories": ("k1",)}, {f"p{n:02}" for n in range(1, 25, 3)}),
        ({"minimum_stock": 1}, {"p04"}),
        ({"minimum_price": 10.0}, {f"p{n:02}" for n in range(9)}),
        ({"minimum_margin": 0.6}, {f"p{n:02}" for n in range(5, 25)}),
    ],
)
def test_steering_leaves_out_what_it_says(answer, wanted, gone):
    lists, cost = answer.steered(Steering(**wanted))
    assert gone & named(answer.recommendations)
    assert not gone & named(lists)
    change = cost.filter(pl.col("metric") == "recall_at_k").row(0, named=True)
    assert change["difference"] == pytest.approx(change["with_rules"] - change["without_rules"])
    assert change["low"] <= change["difference"] <= change["high"]
    assert change["difference"] < 0


def test_steering_by_nothing_changes_nothing(answer):
    lists, cost = answer.steered(Steering())
    assert lists.equals(answer.recommendations)
    assert cost["difference"].to_list() == [0, 0, 0, 0]
    assert Steering(of="x").neutral
    assert not Steering(diversity=0.1).neutral


def test_every_rule_has_a_price_of_its_own(answer):
    """Alone it costs what it costs alone; all of them together stand first."""
    both = Steering(exclude_categories=("k1",), minimum_price=10.0)
    _, cost = answer.steered(both)
    assert cost["own_rule"].unique(maintain_order=True).to_list() == [
        "all_rules",
        "minimum_price",
        "exclude_categories",
    ]
    _, alone = answer.steered(Steering(minimum_price=10.0))
    told = cost.filter(own_rule="minimum_price").drop("own_rule")
    assert told.equals(alone.drop("own_rule"))
    together = cost.filter(own_rule="all_rules", metric="recall_at_k")["difference"][0]
    assert together <= told.filter(metric="recall_at_k")["difference"][0] < 0


def test_skipping_recent_purchases_follows_the_days(answer):
    lists, _ = answer.steered(Steering(skip_recent_days=30))
    again = lists.filter("bought_before")
    assert again.height
    assert (again["because_day"] <= answer.history.day - timedelta(days=30)).all()


def test_leaving_out_what_was_bought_and_what_is_not_new(answer):
    lists, cost = answer.steered(Steering(exclude_bought=True))
    assert lists.height
    assert not lists["bought_before"].any()
    assert cost.row(by_predicate=pl.col("metric") == "recall_at_k", named=True)["difference"] < 0
    ages = answer.history.products.select("product_id", "first_age")
    days = int(ages["first_age"].max())
    new, _ = answer.steered(Steering(newer_than_days=days))
    kept = ages.filter(pl.col("first_age") < days)
    assert 0 < kept.height < ages.height
    assert named(new) <= named(kept)


def test_boosting_margin_earns_more_per_list_and_is_priced(answer):
    lists, cost = answer.steered(Steering(margin_boost=0.8))
    value = answer.products.select("product_id", "value")
    plain, boosted = (
        frame.join(value, on="product_id")["value"].mean()
        for frame in (answer.recommendations, lists)
    )
    assert boosted > plain
    assert set(cost["metric"]) == {"hits", "hit_rate", "recall_at_k", "hit_value"}


def test_diversity_is_greedy_mmr(answer):
    """Against the definition, by loops, for a few customers."""
    model, history, d = answer.model, answer.history, 0.6
    alike = history.cosine.toarray()
    turned = wheel(Steering(diversity=d), history, answer.products)
    rows = np.arange(8, dtype=np.int64)
    ranked, _ = turned.lists(model, rows, "next_basket", 5)
    scores = model.scores(rows)
    for row, got in zip(scores, ranked, strict=True):
        relevance = (row - row.min()) / (row.max() - row.min())
        taken = []
        for _ in range(5):
            gain = [
                (1 - d) * relevance[i] - d * max((alike[j, i] for j in taken), default=0)
                if i not in taken
                else -np.inf
                for i in range(len(row))
            ]
            taken.append(int(np.argmax(np.round(gain, 6))))
        assert got.tolist() == taken


def test_the_margin_takes_the_cost_of_the_line_else_of_stock_else_of_products(shop):
    dataset = shop([(f"{n}", f"c{n}", product, n) for n, product in enumerate("abcd" * 3)])
    cost = pl.when(product_id="a").then(1.0)
    costs = {"stock": ["b"], "products": ["b", "c"]}
    costed = {"stock": 2.0, "products": 4.0}
    tables = {
        name: pl.DataFrame({"product_id": ids}).with_columns(unit_cost=pl.lit(costed[name]))
        for name, ids in costs.items()
    }
    lines = dataset.lines.with_columns(unit_cost=cost)
    listed = recommendations.run(
        replace(dataset, lines=lines, tables=tables), recommendations.Config(method="popularity")
    ).products
    margins = dict(listed.select("product_id", "margin").iter_rows())
    assert margins == {"a": 0.8, "b": 0.6, "c": 0.2, "d": None}
    values = dict(listed.select("product_id", "value").iter_rows())
    assert values == {"a": 4.0, "b": 3.0, "c": 1.0, "d": 5.0}
