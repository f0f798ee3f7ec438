"""The segment builder and the customer page, on shops whose files are odd."""

from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.dataset import Dataset
from core.measures import customers
from core.measures.audiences import Audience, Between, Bought
from dashboard import export, state
from dashboard.panels import segment_builder as panels
from dashboard.saved_work import Memory

APP = Path(__file__).parents[2] / "dashboard" / "app.py"
DAY = datetime(2011, 12, 9)


@pytest.fixture(autouse=True)
def _strict(monkeypatch):
    monkeypatch.setenv("SHOPSCOPE_DEBUG", "1")
    st.cache_resource.clear()


def shop(**more) -> Dataset:
    """Nine customers of two to four orders; `more`: expressions for further columns."""
    rows = [(f"c{n}", ago) for n in range(9) for ago in range(n, 120, 30 + 10 * (n % 3))]
    lines = pl.DataFrame(rows, schema=["customer_id", "ago"], orient="row").select(
        "customer_id",
        order_id=pl.format("o{}", pl.int_range(pl.len())),
        ordered_at=pl.lit(DAY) - pl.duration(days=pl.col("ago")),
        quantity=pl.lit(1.0),
        revenue=10.0 + pl.col("ago"),
        **more,
    )
    return Dataset("made", f"made {sorted(more)}", lines.lazy())


def open_page(name, data, **state) -> AppTest:
    app = AppTest.from_file(str(APP), default_timeout=120)
    for key, value in {"language": "en", "dataset": data, **state}.items():
        app.session_state[key] = value
    app.run()
    app.switch_page(f"../pages/{name}.py").run()
    assert not app.exception, app.exception
    return app


def select(page, label):
    return next(box for box in page.selectbox if box.label == label)


def work(*names) -> Memory:
    """Segments of these names, all of one condition."""
    kept = Memory()
    for name in names:
        kept.put("segment", name, Audience(name, (Between("orders", low=4),)).to_json())
    return kept


NAMED = {"product_id": pl.format("p{}", pl.int_range(pl.len()) % 4)}


def test_a_file_without_products_and_categories_can_be_segmented():
    page = open_page("segment_builder", shop())
    assert page.metric[0].value == "9"
    assert not any("bought" in option for option in select(page, "Condition").options)


@pytest.mark.parametrize("name", [None, "Tea", "A very long name of a product " * 4])
def test_products_of_one_name_or_none_are_all_to_be_chosen(name):
    """A picker takes an option by what is shown: two of one label would be one product."""
    data = shop(**NAMED, product_name=pl.lit(name, pl.String), category=pl.lit("Tea"))
    page = open_page("segment_builder", data, **{"builder.kind.0": "bought"})
    offered = select(page, "Which product or category").options
    assert len(offered) == len(set(offered)) == 5
    assert not any("None" in label for label in offered)


def test_any_day_of_an_old_file_can_be_asked_for():
    page = open_page("segment_builder", shop(), **{"builder.kind.0": "dated"})
    first, last = page.date_input
    assert first.min <= date(2009, 12, 1)
    first.set_value(date(2011, 11, 1))
    last.set_value(date(2011, 12, 31)).run()
    assert not page.exception
    assert first.max >= date.today() + timedelta(days=365)


def test_more_days_than_the_calendar_has_are_ever():
    page = open_page("segment_builder", shop(**NAMED), **{"builder.kind.0": "bought"})
    select(page, "Which product or category").select_index(0)
    page.number_input[0].set_value(10_000_000).run()
    assert not page.exception
    assert int(page.metric[0].value) > 0


@pytest.mark.parametrize("view", ["compare", "overlap"])
def test_a_segment_saved_under_a_name_of_the_page_stays_its_own(view):
    kept = work("Everybody", "This segment", "Active")
    page = open_page("segment_builder", shop(**NAMED), work=kept, **{"builder.view": view})
    offered = (page.selectbox if view == "compare" else page.multiselect)[-1].options
    assert len(offered) == len(set(offered))
    assert {"Everybody", "This segment", "Active"} <= set(offered)
    if view == "compare":
        for name in offered:
            select(page, "Compare with").select(name).run()
            assert not page.exception
            table = page.dataframe[0].value
            assert table["audience"].nunique() == table.shape[0] == 2
        assert "(Everybody)" in offered


def test_a_saved_segment_that_makes_no_sense_is_left_out():
    kept = work("mine")
    kept.put("segment", "odd", Audience("odd", (Bought("category", "x", days="soon"),)).to_json())
    kept.put("segment", "worse", Audience("worse", (Between("orders", low="few"),)).to_json())
    data = shop(category=pl.lit("Tea"))
    page = open_page("segment_builder", data, work=kept, **{"builder.view": "saved"})
    assert select(page, "Saved segment").options == ["mine"]


def test_a_customer_is_found_by_the_pseudonym_that_is_shown():
    secret = b"kept"
    with state.speaking("en", secret=secret):
        shown = export.pseudonym("c4")
    hidden = {"pseudonyms": True, "secret": secret}
    page = open_page("customer", shop(), **hidden, **{"customer.typed": shown})
    assert not page.info
    assert page.metric
    assert open_page("customer", shop(), **hidden, **{"customer.typed": "C-0"}).info


def test_a_share_is_asked_for_as_the_tables_show_it():
    """A fifth stands as 20% in every table: whoever types 20 means that."""
    page = open_page("segment_builder", shop(), **{"builder.number.0": "weekend_share"})
    least, most = page.number_input
    assert (least.label, most.label) == ("At least (%)", "At most (%)")
    shares = customers.profile(shop().lines, DAY.date()).collect()["weekend_share"]
    least.set_value(20.0).run()
    assert int(page.metric[0].value) == int((shares >= 0.2).sum()) > 0
    with state.speaking("en"):
        assert panels.told(Between("weekend_share", 0.2, None), {}).endswith("20% – ")
        assert panels.told(Between("orders", 2, 5), {}).endswith("2 – 5")


def test_a_shop_too_small_for_look_alikes_is_not_told_that_the_segment_is():
    lines = shop().lines.collect()
    many = [lines.with_columns(customer_id=pl.format("{}-{}", "customer_id", n)) for n in range(3)]
    data = Dataset("many", "many", pl.concat(many).lazy())
    page = open_page("segment_builder", data, **{"builder.view": "alike"})
    assert page.metric[0].value == "27"
    assert any("200 customers" in one.value for one in page.warning)
    assert not any("segment of 20" in one.value for one in page.caption)


def test_conditions_that_nobody_meets_are_said_to_be_so():
    low = {"builder.low.0.recency_days": 5000}
    app = open_page("segment_builder", shop(), **low)
    assert any("Nobody meets these conditions" in info.value for info in app.info)
