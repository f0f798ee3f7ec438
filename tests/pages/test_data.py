"""The data page as an owner uses it: corrections, questions, what is remembered of an export."""

from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.intake import profile
from core.intake.load import Cleaning

APP = Path(__file__).parents[2] / "dashboard" / "app.py"
CSV = b"""order,date,client,sku,item,qty,price
1,2024-01-05,a,t1,Tea,1,5.00
1,2024-01-05,a,m1,Mug,2,7.50
2,2024-02-07,b,t1,Tea,3,5.00
3,2024-03-09,a,t1,Tea,1,5.00
"""


@pytest.fixture(autouse=True)
def _strict(monkeypatch):
    """An unexpected error must reach the test; no profile of this machine is looked at."""
    monkeypatch.setenv("SHOPSCOPE_DEBUG", "1")
    monkeypatch.setattr(profile, "kept", lambda *_: {})
    st.cache_resource.clear()


def uploaded(*files) -> AppTest:
    app = AppTest.from_file(str(APP), default_timeout=120)
    app.run()
    app.switch_page("../pages/data.py").run()
    app.file_uploader[0].set_value([(name, data, "text/csv") for name, data in files]).run()
    assert not app.exception, app.exception
    return app


def codes(page):
    return page.session_state["dataset"].lines.collect()["product_id"].to_list()


def test_a_column_can_be_corrected_there_and_back_again():
    page = uploaded(("orders.csv", CSV))
    page.button_group(key="data.view").set_value("columns").run()
    for column, has_mug in (("item", True), ("sku", False), ("item", True)):
        page.selectbox(key="mapping.1.0.product_id").set_value(column).run()
        assert ("Mug" in codes(page)) is has_mug, column


def test_what_is_remembered_of_such_files_is_shown_and_outlives_another_choice(monkeypatch):
    """It is in force, so the page shows it, and one more choice does not undo the others."""
    columns = ("order", "date", "client", "sku", "item", "qty", "price")
    made = profile.of(columns, Cleaning(mapping=("item=product_id",), time_zone="Asia/Tokyo"))
    monkeypatch.setattr(profile, "kept", lambda *_: {Path("shop.toml"): made})
    page = uploaded(("orders.csv", CSV))
    page.toggle(key="core.intake.request.keep_repeats").set_value(True).run()
    page.button_group(key="data.view").set_value("columns").run()
    assert page.selectbox(key="mapping.1.0.product_id").value == "item"
    assert page.selectbox(key="mapping.1.time_zone").value == "Asia/Tokyo"
    assert "Mug" in codes(page)


def test_where_day_and_month_cannot_be_told_the_page_asks():
    unclear = b"order,date,client,sku,qty,price\n1,02/03/2024,a,t,1,5\n2,04/05/2024,b,t,1,5\n"
    page = uploaded(("orders.csv", unclear))
    assert len(page.warning) == 1
    page.button(key="ask.dmy").click().run()
    assert not page.exception
    assert page.session_state["dataset"].last_day.isoformat() == "2024-05-04"


def test_files_without_prices_are_not_called_worthless():
    bare = b"order,date,client,sku,qty\n1,2024-01-05,a,t,1\n2,2024-01-06,b,t,1\n"
    page = uploaded(("orders.csv", bare))
    (said,) = [shown.value for shown in page.markdown if "rows were read" in shown.value]
    assert "no price, no total" in said
    assert "worth" not in said


def test_the_orders_are_remembered_not_the_list_beside_them(monkeypatch):
    kept = []
    monkeypatch.setattr(profile, "remember", lambda made, name: kept.append((name, made)))
    stock = b"sku,on hand\nt1,5\nm1,3\n"
    page = uploaded(("a_stock.csv", stock), ("orders.csv", CSV))
    assert page.session_state["dataset"].tables["stock"].height == 2
    page.button_group(key="data.view").set_value("columns").run()
    next(b for b in page.button if "Remember this" in b.label).click().run()
    assert not page.exception
    ((name, made),) = kept
    assert name == "orders"
    assert "client" in made.columns


def test_money_that_is_not_the_shops_is_not_added_up():
    """Neither what a totals row says nor amounts in another currency."""
    rows = b"order,date,client,sku,qty,price,currency\n" + b"".join(
        b"%d,2024-01-05,a,t%d,1,5,%s\n" % (i, i, b"EUR" if i else b"USD") for i in range(4)
    )
    page = uploaded(("orders.csv", rows + b"Total,,,,4,20,\n"))
    (said,) = [shown.value for shown in page.markdown if "rows were read" in shown.value]
    assert "3 kept, worth €15\\.00, and 2 set aside, worth €0\\.00" in said
    assert any("another currency" in shown.value for shown in page.caption)


def test_where_a_file_is_refused_the_page_says_that_the_data_before_are_still_there():
    page = uploaded(("orders.csv", CSV))
    page.file_uploader[0].set_value([("other.csv", b"a,b\n1,2\n", "text/csv")]).run()
    assert len(page.warning) == 1
    assert "What was loaded before is still there." in [shown.value for shown in page.caption]
