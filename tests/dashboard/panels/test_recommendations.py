"""What the recommendations page says about customers and products without a past."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from core.analyses.recommendations.models import fit
from core.analyses.recommendations.steering import Steering
from core.dataset import Dataset
from core.errors import IntakeError
from core.measures import uplift
from dashboard import export, state
from dashboard.charts import recommendations as charts
from dashboard.panels import recommendation_findings as words
from dashboard.panels import recommendations as panels


def test_a_new_product_is_offered_by_the_way_that_was_tested(launched):
    found, said = panels._campaign(launched, "t9", 30)
    assert found.height == 30
    assert said[0].values["value"] > said[0].values["simple"]
    assert "rank_for_customer" in panels._campaign(launched, "tea blend 1", 30)[0].columns


def test_the_picker_marks_new_products_and_offers_them_only_where_asked(launched):
    with state.speaking("en"):
        assert charts.product_labels(launched, fresh=True)["t9"].endswith("new")
        assert "t9" not in charts.product_labels(launched)


def test_the_picker_tells_long_names_apart(launched):
    """A picker takes an option by what is shown: two of one label would be one product."""
    long = "Loose leaf green tea from the upper slopes, first harvest, in a tin of " * 2
    ids = pl.Series("product_id", [f"{n}" for n in range(launched.products.height)])
    named = launched.products.with_columns(product_name=pl.lit(long), product_id=ids)
    unnamed = launched.products.with_columns(
        product_id=pl.lit(long) + ids, product_name=pl.lit(long) + ids
    )
    fresh = launched.fresh.with_columns(product_name=pl.lit(long))
    with state.speaking("en"):
        for products in (named, unnamed):
            labels = charts.product_labels(replace(launched, products=products), fresh=True)
            assert len(set(labels.values())) == len(labels) >= products.height
        more = charts.product_labels(replace(launched, fresh=fresh), fresh=True)
    assert len(set(more.values())) == len(more)


def test_recommendations_of_one_name_are_told_apart():
    listed = pl.DataFrame({"product_id": ["a", "b", "c"], "product_name": ["Tea", "Tea", "Cup"]})
    assert panels.named(listed) == {"a": "Tea · a", "b": "Tea · b", "c": "Cup"}


def test_newcomers_are_told_what_they_get_and_how_it_did(launched):
    told = words.cold_start(launched)[0]
    row = launched.tournament.filter(group="no_order", metric="hit_rate").filter("chosen")
    assert told.values["value"] == row["value"][0]
    assert str(told)
    with state.speaking("en"):
        reason = charts.reason(launched.for_customer("nobody").row(0, named=True))
    assert reason.startswith("No purchase yet")


def test_what_a_recommendation_rests_on_adds_up_on_screen(launched):
    model, method = (
        fit("item_knn", launched.history, 0),
        launched.config.with_values(method="item_knn"),
    )
    counted = replace(launched, model=model, config=method)
    customer = launched.history.customers["customer_id"][0]
    product = counted.history.products["product_id"][int(model.scores(np.array([0])).argmax())]
    parts = counted.contributions(customer, product)
    (told,) = words.grounds(counted, customer, product, parts)
    assert told.values["sum"] == pytest.approx(parts["contribution"].sum())
    assert "add" in str(told)
    with state.speaking("en"):
        shown = charts.contributions(pl.concat([parts] * 10))
    assert shown.height == charts.SHOWN + 1
    assert shown["contribution"].sum() == pytest.approx(10 * parts["contribution"].sum())
    assert shown["bought_product"][-1] == f"{10 * parts.height - charts.SHOWN} others"
    nothing = words.grounds(launched, "nobody", product, launched.contributions("nobody", product))
    assert "the reason above is all" in str(nothing[0])


def test_a_rule_that_names_nothing_in_the_shop_is_said():
    products = pl.DataFrame({"product_id": ["t1", "t2"], "category": ["tea", None]})
    wanted = Steering(exclude_products=("t1", "t7"), exclude_categories=("tea", "toys"))
    (said,) = words.not_found(products, wanted)
    assert said.values["names"] == "t7, toys"
    assert words.not_found(products.drop("category"), Steering(exclude_products=("t2",))) == []


@pytest.mark.parametrize(
    ("rates", "tail"), [([0.16, 0.14, 0.02], True), ([0.06, 0.07, 0.01], False), ([0.06], True)]
)
def test_that_later_places_convert_less_is_said_where_it_is_so(rates, tail):
    rows = pl.DataFrame({"conversion": rates, "recency_group": "bought_lately"})
    with state.speaking("en"):
        assert ("further down" in charts._first_place(rows, 28)) == tail


def test_where_nobody_had_bought_lately_nothing_is_said_of_them():
    rows = pl.DataFrame({"conversion": [0.1, 0.05], "recency_group": "slowing_down"})
    with state.speaking("en"):
        assert charts._first_place(rows, 28) == "Chance to buy"


def test_what_a_list_brings_is_said_as_the_average_that_its_interval_is_of(launched):
    with state.speaking("en"):
        title = charts.likely(launched, launched.history.customers["customer_id"][0]).layout.title
    assert "interval of the average" in " ".join(title.text.split("<br>"))


@pytest.mark.parametrize(
    ("rates", "better"), [([0.1, 0.2], True), ([0.2, 0.2], False), ([0.2, 0.1], False), ([], False)]
)
def test_lists_are_said_to_get_better_only_where_they_do(rates, better):
    with state.speaking("en"):
        assert ("the better the list" in charts._grown(rates)) == better


def test_similar_products_of_one_name_have_a_bar_each(launched):
    alike = launched.for_product("tea blend 1")["similar_product_id"]
    name = pl.when(pl.col("product_id").is_in(alike.head(2).implode())).then(pl.lit("tea"))
    products = launched.products.with_columns(product_name=name.otherwise("product_name"))
    with state.speaking("en"):
        (bars,) = charts.similar(replace(launched, products=products), "tea blend 1").data
    assert list(bars.y)[:2] == [f"tea · {key}" for key in alike.head(2)]


def test_a_task_that_nothing_could_be_tested_for_is_drawn_without_it(launched):
    """Nobody bought anything new: the pictures of the other task stand."""
    config = launched.config.with_values(task="new_products")
    kept = pl.col("task") != "new_products"
    bare = replace(launched, config=config, tournament=launched.tournament.filter(kept))
    with state.speaking("en"):
        assert not any(trace.x for trace in charts.by_group(bare).data)
        assert charts.tournament(bare, "next_basket").data


def test_a_window_that_is_not_over_is_said():
    assert words.too_early(date(2024, 1, 1), 5, date(2024, 1, 5)) == []
    (caution,) = words.too_early(date(2024, 1, 4), 5, date(2024, 1, 5))
    assert caution.values["there"] == 2
    assert caution.kind == "caution"


def test_a_campaign_taken_away_is_measured_on_a_later_export(launched):
    """From the list on screen to its file and back: 40 points were added to who was written to."""
    product = "tea blend 1"
    found, _ = panels._campaign(launched, product, 100)
    key = pl.format("+86{}", "customer_id")  # as a phone number: the file quotes it
    drawn = uplift.with_hold_out(found.with_columns(customer_id=key), 0.5, 0)
    drawn = drawn.with_columns(product_id=pl.lit(product), listed_on=launched.history.day)
    mailed = panels.read_list("list.csv", export.csv(drawn))
    assert set(mailed["customer_id"]) == set(drawn["customer_id"])
    sent = mailed["listed_on"][0] + timedelta(days=1)
    counted = mailed.with_columns(n=pl.int_range(pl.len()).over("message_group") % 5)
    bought = counted.filter(pl.col("n") < pl.when(message_group="message").then(3).otherwise(1))
    lines = bought.select(
        "customer_id",
        "product_id",
        quantity=pl.lit(1.0),
        revenue=pl.lit(5.0),
        ordered_at=pl.lit(sent).cast(pl.Datetime("us")),
    )
    later = Dataset("later", "later", lines.lazy())
    told = panels.said_of(later, mailed, sent, 1)
    assert told[0].values["added_conversion"] == pytest.approx(0.4, abs=0.02)
    assert told[0].values["added_conversion_low"] > 0
    assert told[2].values["added_revenue"] == pytest.approx(2.0, abs=0.1)
    stranger = mailed.with_columns(customer_id=pl.lit("nobody"))
    assert panels.said_of(later, stranger, sent, 1)[0].kind == "caution"


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"\xff\xfe\x00", b"customer_id\nx\n"])
def test_what_is_no_campaign_list_is_refused_in_words(content):
    with pytest.raises(IntakeError, match="list"):
        panels.read_list("list.csv", content)


def test_a_mailings_range_is_said_to_be_that_of_the_average(launched):
    """It was told as if so many of these very customers would buy: one mailing scatters more."""
    listed = launched.campaign("tea blend 1", 30)
    said = str(words.expectation(listed)[0])
    assert "95% interval of the average" in said
    assert "may do much better or worse" in said
