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
    with state.speaking("en"):
        assert ("further down" in charts._first_place(rates, 28)) == tail


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
