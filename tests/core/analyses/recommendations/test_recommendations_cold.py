"""Customers and products without a past, and tuning: each looks back only, each is scored."""

from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from core.analyses import recommendations
from core.analyses.recommendations import tuning
from core.analyses.recommendations.events import events
from core.analyses.recommendations.history import history
from core.analyses.recommendations.models import METHODS, fit
from core.analyses.recommendations.tournament import split
from core.dataset import Dataset

START = date(2024, 1, 1)


def shop(lines, tables=None, **more) -> Dataset:
    """lines: (order, customer, product, day number); more: columns as expressions."""
    frame = pl.DataFrame(
        lines, schema=["order_id", "customer_id", "product_id", "day"], orient="row"
    ).with_columns(
        quantity=pl.lit(1.0), ordered_at=pl.lit(datetime(2024, 1, 1)) + pl.duration(days="day")
    )
    return Dataset("shop", "shop", frame.with_columns(**more).drop("day").lazy(), tables or {})


def two_countries(tables=None) -> Dataset:
    """Customers of the two countries never buy the same; each week new ones come."""
    rng = np.random.default_rng(0)
    lines = [
        (f"{n}", f"{'de' if n % 2 else 'fr'}{n}", f"{'de' if n % 2 else 'fr'}-{product:02}", n // 6)
        for n in range(600)
        for product in rng.choice(20, 2, replace=False)
    ]
    lines += [(f"again{n}", f"de{2 * n + 1}", f"de-{n % 20:02}", 90) for n in range(30)]
    country = pl.col("customer_id").str.slice(0, 2).str.to_uppercase()
    return shop(lines, tables, country=country)


def test_new_customers_get_what_sells_in_their_country_where_that_is_surely_better():
    registered = pl.DataFrame({"customer_id": ["x", "y", "z"], "country": ["DE", "FR", None]})
    result = recommendations.run(
        two_countries({"customers": registered}), recommendations.Config(list_length=10)
    )
    assert result.newcomers.method == "by_country"
    lists = {key: set(result.for_customer(key)["product_id"].str.slice(0, 2)) for key in "xyz"}
    assert lists["x"] <= {"de"}
    assert lists["y"] <= {"fr"}
    assert {"de", "fr"} <= lists["z"]
    rows = result.tournament.filter(group="no_order", metric="recall_at_k")
    chosen = rows.row(by_predicate=pl.col("chosen"), named=True)
    assert chosen["method"] == "by_country"
    assert chosen["lead_low"] > 0
    said = result.files()["recommendations"].filter(customer_id="x")
    assert set(said["method"]) == {"by_country"}
    assert said["because"][0] == "Many customers like you buy this at the moment."


def test_a_basket_begun_is_completed_for_new_customers_too():
    lines = [
        (f"{n}", f"c{n}", product, n // 8)
        for n in range(600)
        for product in (f"cup {n % 25}", f"saucer {n % 25}")
    ]
    lines += [(f"again{n}", f"c{n}", "cup 1", 74) for n in range(20)]
    result = recommendations.run(shop(lines), recommendations.Config(list_length=3))
    rows = result.tournament.filter(group="first_basket", metric="hit_rate")
    scores = dict(rows.select("method", "value").iter_rows())
    assert scores["first_basket"] > 0.95
    assert scores["popularity"] < 0.4


def test_a_new_product_goes_to_who_bought_what_reads_like_it(launched):
    rows = launched.tournament.filter(group="new_product", metric="recall_at_k")
    scores = dict(rows.select("method", "value").iter_rows())
    assert scores["content"] > 0.7
    assert scores["most_active"] < 0.6
    assert launched.launch_method == "content"
    assert "t9" in launched.fresh["product_id"]
    listed = launched.launch("t9", 20)
    assert listed.height == 20
    assert all(key[0] == "n" or int(key[1:]) % 2 for key in listed["customer_id"])
    assert listed["because_product_name"].str.starts_with("tea").all()
    assert launched.launch("nothing of the kind").is_empty()


def test_who_bought_a_new_product_is_not_offered_it():
    lines = [(f"{n}", f"c{n}", f"tea {n % 3}", n) for n in range(60)]
    lines += [("new", "c0", "tea 9", 59)]
    result = recommendations.run(shop(lines), recommendations.Config())
    assert "tea 9" in result.fresh["product_id"]
    listed = result.launch("tea 9")
    assert listed.height
    assert "c0" not in listed["customer_id"]


def test_new_products_are_tested_while_a_shop_has_few_customers():
    """30 more customers with every window, and two new products that all of them buy."""
    lines = []
    for window in range(4):
        for n in range(30 * window + 30):
            for order in range(2):
                day, product = 28 * window + (n + 14 * order) % 28, f"tea {(n + order) % 9}"
                lines.append((f"{window}-{n}-{order}", f"c{n:03}", product, day))
            lines.append(
                (f"{window}-{n}-new", f"c{n:03}", f"new {window} {n % 2}", 28 * window + 9)
            )
    lines.append(("last", "c000", "tea 1", 111))
    result = recommendations.run(shop(lines), recommendations.Config(test_days=28))
    rows = result.tournament.filter(group="new_product", metric="recall_at_k")
    assert rows["method"].sort().to_list() == ["content", "most_active"]


def taste(days=160) -> Dataset:
    """What sells changes every week, so that a short half-life is right."""
    rng = np.random.default_rng(2)
    return shop(
        [
            (f"{n}", f"c{n % 80:02}", f"p{(day // 7 * 3 + rng.integers(4)) % 40:02}", day)
            for n, day in enumerate(rng.integers(days, size=1000).tolist())
            for _ in range(2)
        ]
    )


def test_tuning_finds_the_half_life_that_is_right():
    bought = events(taste())
    found = tuning.settings(history(bought, bought.last_day, 60.0), 14, ["popularity"], 3, 0)
    assert found["popularity", "next_basket"]["half_life_days"] <= 14


def test_tuning_sees_nothing_after_the_cut():
    cut = START + timedelta(days=120)
    dataset = taste()
    methods = ["popularity", "own_history", "ease"]
    before = history(events(dataset.until(cut)), cut, 30.0)
    planted = split(events(dataset), cut, 28, 30.0).past
    assert planted.events.last_day > cut
    told = [tuning.settings(past, 28, methods, 10, 0) for past in (before, planted)]
    assert told[0] == told[1]
    assert {method for method, _ in told[0]} == set(methods)


def test_a_tuned_run_says_what_it_changed_and_uses_it():
    plain, tuned = (
        recommendations.run(taste(), recommendations.Config(method="popularity", tuned=wanted))
        for wanted in (False, True)
    )
    assert plain.settings.is_empty()
    changed = tuned.settings.filter(method="popularity", hyperparameter="half_life_days")
    assert changed.height
    assert (tuned.model.popularity != plain.model.popularity).any()
    row = tuned.tuning_gain.filter(task=changed["task"][0], method="popularity").row(0, named=True)
    scores = [one.decisive(["popularity"]).filter(task=row["task"]) for one in (plain, tuned)]
    told = [row["usual_settings"], row["tuned_settings"]]
    assert told == pytest.approx([one["value"][0] for one in scores])
    assert row["low"] <= row["difference"] <= row["high"]
    assert plain.tuning_gain.is_empty()


@pytest.mark.parametrize("method", [m for m in METHODS if m in tuning.GRIDS])
def test_what_is_tried_changes_the_scores(method):
    """A grid of settings that do nothing would be tuning in name only."""
    known = history(events(taste()), START + timedelta(days=100), 30.0)
    rows = np.arange(5, dtype=np.int64)
    usual = fit(method, known, 0).scores(rows)
    tried = [tuning.GRIDS[method][n] for n in (0, -1)]
    scores = [fit(method, known, 0, settings).scores(rows) for settings in tried]
    assert not all(np.allclose(one, usual, rtol=1e-3) for one in scores)
