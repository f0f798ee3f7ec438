"""The inventory page: without a stock count, with one, and when asked what if."""

from datetime import timedelta

import polars as pl
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.dataset import Dataset
from dashboard.navigation import PAGES
from dashboard.saved_work import Memory
from sample_data.generate import shop

APP = PAGES.parent / "dashboard" / "app.py"


@pytest.fixture(scope="module")
def bare() -> Dataset:
    """The last year of twenty products of the demo shop, no stock list."""
    lines = shop("medium").lines
    kept = lines["product_id"].value_counts(sort=True).head(20)["product_id"]
    since = lines["ordered_at"].max() - timedelta(days=365)
    few = lines.filter(pl.col("product_id").is_in(kept.to_list()), pl.col("ordered_at") > since)
    return Dataset("few", "few", few.lazy())


def page(dataset: Dataset, **state) -> AppTest:
    st.cache_resource.clear()
    app = AppTest.from_file(str(APP), default_timeout=120)
    for key, value in {"dataset": dataset, **state}.items():
        app.session_state[key] = value
    app.run()
    app.switch_page("../pages/inventory.py").run()
    assert not app.exception, app.exception
    return app


def said(app: AppTest) -> str:
    return "\n".join(str(part.value) for kind in (app.markdown, app.warning) for part in kind)


def test_without_a_count_it_says_when_to_order_and_how_to_add_one(bare):
    app = page(bare)
    assert "when fewer than" in said(app)
    assert "No stock count came with the data" in said(app)
    assert app.expander[0].label == "Type or load your stock count"
    shown = [frame.value for frame in app.dataframe if "reorder_point" in frame.value.columns]
    assert len(shown[0]) == 20
    assert "reorder_point_days" in shown[0].columns


def test_a_count_turns_it_into_orders(bare):
    stock = pl.DataFrame({"product_id": ["COF-01", "COF-03"], "on_hand": [1.0, 4000.0]})
    app = page(bare.with_stock(stock.with_columns(unit_cost=pl.lit(4.0))))
    assert "**Order 1 products now" in said(app)
    assert "1 products would last longer than 180 days" in said(app)
    orders = next(f.value for f in app.dataframe if "order_quantity" in f.value.columns)
    assert orders["order_quantity"].tolist()[0] > 0


def test_what_if_answers_before_and_after(bare):
    asked = {"inventory.view": "scenario", "inventory.what_if.growth": 0.5}
    app = page(bare, **asked)
    assert "Their reorder points add up to" in said(app)
    table = next(f.value for f in app.dataframe if "reorder_point_after" in f.value.columns)
    assert (table["reorder_point_after"] >= table["reorder_point"]).all()


@pytest.mark.parametrize(
    ("level", "name", "period", "rows"),
    [("shop", "Whole shop", "day", 56), ("supplier", "Roaster", "month", 2)],
)
def test_products_and_groups_are_planned_by_day_week_or_month(bare, level, name, period, rows):
    stock = pl.DataFrame({"product_id": ["COF-01"], "on_hand": [1.0], "supplier": ["Roaster"]})
    asked = {"inventory.period": period, "inventory.level": level, "inventory.supplier": None}
    app = page(bare.with_stock(stock), **asked, **{"inventory.view": "product"})
    if level == "supplier":
        app.selectbox(key="inventory.seen.supplier").set_value("Roaster").run()
    table = next(f.value for f in app.dataframe if "expected_units" in f.value.columns)
    assert len(table) == rows
    assert name in said(app)


def test_a_saved_count_is_offered_with_its_day_and_used_when_asked(bare):
    work = Memory()
    counted = {"product_id": ["COF-01"], "on_hand": [1.0], "unit_cost": [4.0]}
    work.put("stock", "inventory", counted)
    app = page(bare, work=work)
    assert "No stock count" in said(app)
    offer = next(button for button in app.button if "count saved on" in button.label)
    offer.click().run()
    assert not app.exception
    assert "**Order 1 products now" in said(app)
    assert work.kept("stock")["inventory"].value == counted
