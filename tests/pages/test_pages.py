"""Each page, run as the app runs it: without data, on the demo shops, in each language."""

import json
import re
from functools import lru_cache
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.analyses import MODULES, load
from core.options import fields
from dashboard.i18n import LANGUAGES
from dashboard.navigation import MENU, PAGES, pages

APP = Path(__file__).parents[2] / "dashboard" / "app.py"
NAMES = [file for file, _, _ in pages()]
#: page -> the codes of its views, in order.
SCRIPTS = {name: (PAGES / f"{name}.py").read_text("utf-8") for name in NAMES}
#: page -> its views; where a page has none of its own, whatever it offers.
VIEWS = {
    name: re.findall(r'"(\w+)": \(?\s*t\(', script.rpartition("ui.views(")[2])
    for name, script in SCRIPTS.items()
}
ANALYSES = {module: name for name, module in MODULES.items() if module in NAMES}
#: The parts of all pages that are drawn when they are opened.
FOLDS = [
    *(f"fold.{page}.{part}" for page in NAMES for part in ("evidence", "take")),
    "fold.churn.alone",
    "fold.churn.curves",
    "fold.cohorts.compared",
    "fold.inventory.ahead",
    "fold.overview.sales",
    "fold.rules.itemsets",
    "fold.rules.pictures",
    "fold.sales_forecast.events",
    "fold.segments.lines",
    "fold.segments.map",
]


@pytest.fixture(autouse=True)
def _strict(monkeypatch):
    """An unexpected error must reach the test; every AppTest is the same session to the cache."""
    monkeypatch.setenv("SHOPSCOPE_DEBUG", "1")
    st.cache_resource.clear()


def open_page(name, **state) -> AppTest:
    app = AppTest.from_file(str(APP), default_timeout=300)
    for key, value in state.items():
        app.session_state[key] = value
    app.run()
    app.switch_page(f"../pages/{name}.py").run()
    assert not app.exception, app.exception
    assert not app.error, [error.value for error in app.error]
    return app


@lru_cache(maxsize=4)
def walked(name, **state):
    """The page in each of its views, every fold open; not to be clicked.

    tests/conftest.py has all tests of one page run one after the other, so few are kept.

    Opened anew for each: AppTest writes the choices of a rerun outside of the session, in English.
    """
    state |= dict.fromkeys(FOLDS, True)
    page = open_page(name, **state)
    keys = [group.key for group in page.button_group if group.key.endswith(".view")]
    others = [open_page(name, **state, **{key: view}) for key in keys for view in VIEWS[name][1:]]
    for shown in (page, *others):
        folds = [fold for fold in shown.expander if fold.proto.id]
        assert all(fold.proto.expanded and fold.children for fold in folds), "not in FOLDS"
    return [page, *others]


def texts(app: AppTest) -> str:
    kinds = (app.title, app.markdown, app.caption, app.warning, app.info, app.subheader)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def test_menu_lists_every_page_file():
    assert sorted(file for file, _, _ in MENU) == sorted(path.stem for path in PAGES.glob("*.py"))


@pytest.mark.parametrize(("language", "ours"), [("en", False), ("zh", True)])
def test_the_uploader_speaks_the_language_that_streamlit_does_not(language, ours):
    styles = [element.proto.body for element in open_page("data", language=language).get("html")]
    assert any('content: "选择文件"' in style for style in styles) == ours


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_page_without_data_says_where_to_get_some(name, language):
    page = open_page(name, language=language)
    assert page.title
    assert name in ("data", "saved", "help") or len(page.get("page_link")) == 1


@pytest.mark.parametrize("size", ["small", "medium"])
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_page_on_the_demo_shop(name, language, size, shops, results):
    shop = {"language": language, "dataset": shops(size), "results": results}
    for shown in walked(name, **shop):
        assert shown.title
        assert "{" not in texts(shown).replace("\\{", "")
        # Plotly fills in what such an axis lacks, takes that for a change and draws it wrongly.
        assert not [c for c in shown.get("plotly_chart") if '"dtick":"D' in c.proto.spec]


TABBED = ("overview", "segments", "association_rules", "recommendations", "churn")


@pytest.mark.parametrize("name", TABBED)
def test_only_the_open_view_is_drawn(name, medium, results):
    """Each view brings charts, tables or words that no other view of the page has drawn."""
    drawn = []
    for shown in walked(name, language="en", dataset=medium, results=results):
        charts = {chart.proto.id for chart in shown.get("plotly_chart")}
        drawn.append(charts | {str(table.value) for table in shown.dataframe} | {texts(shown)})
    assert len(drawn) == len(VIEWS[name]) >= 4
    for here, view in enumerate(drawn):
        assert view - set.union(*drawn[:here], *drawn[here + 1 :])
        assert len(view) < len(set.union(*drawn))


@pytest.mark.parametrize("name", ANALYSES)
def test_page_answers_in_words_charts_and_tables(name, medium, results):
    charts, tables = [], []
    for shown in walked(name, language="en", dataset=medium, results=results):
        charts += shown.get("plotly_chart")
        tables += shown.dataframe
        assert shown.get("download_button")
    assert len(charts) >= 2
    assert tables
    assert all(chart.proto.alt for chart in charts)


@pytest.mark.parametrize("name", ANALYSES)
def test_charts_send_what_a_screen_can_show(name, medium, results):
    for shown in walked(name, language="en", dataset=medium, results=results):
        for chart in shown.get("plotly_chart"):
            for trace in json.loads(chart.proto.spec)["data"]:
                assert max(len(trace.get(axis) or []) for axis in "xyz") <= 2000


@pytest.mark.parametrize("name", ANALYSES)
def test_chinese_pages_speak_chinese(name, medium, results):
    """No finding, title or label is left in English."""
    for shown in walked(name, language="zh", dataset=medium, results=results):
        said = [*shown.title, *shown.subheader, *shown.warning, *shown.info, *shown.caption]
        labels = [fold.label for fold in shown.expander]
        for words in labels + [element.value for element in said]:
            assert any("\u4e00" <= letter <= "\u9fff" for letter in words), words


@pytest.mark.parametrize("name", ANALYSES)
def test_every_option_is_drawn(name, medium, results):
    page = open_page(name, dataset=medium, results=results)
    module = load(ANALYSES[name])
    drawn = {
        widget.key
        for kind in ("slider", "number_input", "selectbox", "multiselect", "toggle", "text_input")
        for widget in page.get(kind)
    }
    keys = {f"{module.Config.__module__}.{field.name}": field for field in fields(module.Config)}
    missing = {k for k, f in keys.items() if k not in drawn and f"{k}.auto" not in drawn}
    drawn_by_the_page = {"association_rules": {"channel", "country"}}.get(name, set())
    assert not {key.rpartition(".")[2] for key in missing} - drawn_by_the_page


@pytest.mark.parametrize("name", ANALYSES)
def test_as_of_survives_a_visit_to_another_page(name, small, results):
    module = load(ANALYSES[name])
    key = f"{module.Config.__module__}.as_of.auto"
    page = open_page(name, dataset=small, results=results)
    page.toggle(key=key).set_value(False).run()
    page.switch_page("../pages/data.py").run()
    page.switch_page(f"../pages/{name}.py").run()
    assert page.toggle(key=key).value is False


def test_customer_page_gives_its_reasons_in_chinese(medium, results):
    page = open_page("customer", language="zh", dataset=medium, results=results)
    (reasons,) = [t.value["because"] for t in page.dataframe if "because" in t.value]
    assert all(any("\u4e00" <= letter <= "\u9fff" for letter in said) for said in reasons)


def test_demo_shop_in_one_click():
    page = open_page("data")
    page.button(key="demo.small").click().run()
    assert not page.exception
    assert page.session_state["dataset"].facts["orders"] > 100


CSV = b"""order,date,client,sku,item,qty,price
1,2024-01-05,a,t1,Tea,1,5.00
1,2024-01-05,a,m1,Mug,2,7.50
2,2024-02-07,b,t1,Tea,3,5.00
3,2024-03-09,a,t1,<b>Tea</b>,1,5.00
"""


def test_an_upload_is_read_and_its_bytes_let_go():
    page = open_page("data")
    page.file_uploader[0].upload("../orders.csv", CSV, "text/csv").run()
    assert not page.exception
    loaded = page.session_state["dataset"]
    assert loaded.facts["lines"] == 4
    assert page.file_uploader[0].value in (None, [])


def test_another_upload_takes_the_place_of_the_one_before():
    page = open_page("data")
    for name in ("orders.csv", "again.csv"):
        page.file_uploader[0].upload(name, CSV, "text/csv").run()
        assert not page.exception
    (kept,) = page.session_state["uploads"]
    files = [path for path in kept.data.parent.iterdir() if path.name != ".held"]
    assert [path for path in files if path.suffix != ".parquet"] == [kept.data]
    assert page.session_state["dataset"].name == "again.csv"


def test_a_column_can_be_corrected():
    page = open_page("data")
    page.file_uploader[0].upload("orders.csv", CSV, "text/csv").run()
    page.button_group(key="data.view").set_value("columns").run()
    page.selectbox(key="mapping.1.0.product_id").set_value("item").run()
    assert not page.exception
    codes = page.session_state["dataset"].lines.collect()["product_id"].to_list()
    assert "Mug" in codes


def test_choices_are_applied_at_once_and_shown():
    page = open_page("data")
    gap = CSV + b"4,2024-03-10,a,t1,Tea,1,\n"
    page.file_uploader[0].upload("orders.csv", gap, "text/csv").run()
    assert page.session_state["dataset"].facts["lines"] == 4
    page.selectbox(key="missing.unit_price").set_value("median").run()
    assert page.session_state["dataset"].facts["lines"] == 5
    page.selectbox(key="missing.unit_price").set_value("drop").run()
    page.button_group(key="data.view").set_value("columns").run()
    page.selectbox(key="mapping.1.time_zone").set_value("Asia/Shanghai").run()
    assert not page.exception
    assert page.session_state["cleaning in force"].time_zone == "Asia/Shanghai"
    assert page.session_state["dataset"].facts["lines"] == 4


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x89PNG\r\n\x1a\n0000",
        b"order,date\n",
        b"<html><table></table></html>",
        b"\x1f\x8bxx",
    ],
    ids=["empty", "image", "header only", "web page", "truncated gz"],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_bad_input_is_one_sentence(data, language):
    page = open_page("data", language=language)
    page.file_uploader[0].upload("orders.csv", data, "text/csv").run()
    assert not page.exception
    assert len(page.warning) == 1
    assert "orders\\.csv" in page.warning[0].value
    assert page.session_state["dataset"] is None if "dataset" in page.session_state else True


def test_an_unexpected_error_is_a_sentence_without_traceback(monkeypatch, medium, caplog):
    monkeypatch.delenv("SHOPSCOPE_DEBUG")
    monkeypatch.setattr("dashboard.ui.open_page", _fail)
    app = AppTest.from_file(str(APP), default_timeout=60)
    app.session_state["dataset"] = medium
    app.run()
    app.switch_page(f"../pages/{next(iter(ANALYSES))}.py").run()
    assert not app.exception
    assert len(app.error) == 1
    assert "secret@customer" not in app.error[0].value + caplog.text
    assert "ZeroDivisionError" in caplog.text


def _fail(*_args, **_kwargs):
    raise ZeroDivisionError("secret@customer")


def test_pseudonyms_leave_no_customer_key_on_any_page(medium, results):
    keys = set(medium.lines.select("customer_id").unique().collect()["customer_id"].drop_nulls())
    for name in ANALYSES:
        for shown in walked(name, language="en", dataset=medium, results=results, pseudonyms=True):
            seen = " ".join([texts(shown), *(c.proto.spec for c in shown.get("plotly_chart"))])
            tables = [table.value for table in shown.dataframe]
            seen += " ".join(str(value) for frame in tables for value in frame.to_numpy().ravel())
            chosen = [o for box in shown.get("selectbox") for o in box.options]
            words = set(seen.replace("\\", "").split()) | set(chosen)
            assert not words & keys, name


def test_pseudonyms_leave_no_customer_key_on_the_data_page():
    page = open_page("data", pseudonyms=True)
    named = CSV.replace(b",a,", b",anna@shop.example,").replace(b",b,", b",zoe@shop.example,")
    again = named + b"5,2024-03-11,zoe@shop.example,t1,Tea,0,5.00\n"
    page.file_uploader[0].upload("orders.csv", again, "text/csv").run()
    for view in ("reconciliation", "columns", "set_aside", "quality", "preview"):
        page.button_group(key="data.view").set_value(view).run()
        assert not page.exception
        seen = texts(page)
        seen += " ".join(str(v) for frame in page.dataframe for v in frame.value.to_numpy().ravel())
        assert "example" not in seen.replace("\\", ""), view
    assert page.session_state["dataset"].reconciliation.set_aside.height == 1


def test_what_cannot_be_answered_is_one_sentence_and_the_method_note(tmp_path):
    from core.intake.load import Upload, load

    file = tmp_path / "orders.csv"
    file.write_bytes(CSV)
    few = load([Upload(file.name, file)])
    page = open_page("association_rules", dataset=few)
    assert "need at least" in page.warning[-1].value
    assert page.expander
