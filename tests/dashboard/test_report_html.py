"""The report: one file, nothing loaded from anywhere, no text of the data runs."""

import json
import re
from dataclasses import replace
from datetime import date

import plotly.graph_objects as go
import polars as pl
import pytest

from core.analyses import load
from core.analyses.sales_forecast import Config as SalesForecast
from core.dataset import Dataset
from core.errors import NotEnoughDataError
from core.evidence import Score, table
from core.finding import Finding
from core.options import Options
from dashboard import i18n, report_html, report_tables, reports, state
from dashboard.report_html import Chapter, report
from dashboard.saved_work import Memory
from dashboard.state import Voice

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&"


class Result:
    config = Options()
    evidence = table([Score("als", "recall", 0.5, chosen=True)])

    def explain(self):
        return [Finding("{name} leads.", {"name": HOSTILE})]

    def files(self):
        return {
            "lifetime_value": pl.DataFrame({"customer_id": ["17850"], "product_name": [HOSTILE]})
        }


@pytest.fixture
def dataset():
    lines = pl.DataFrame(
        {"order_id": ["1"], "ordered_at": ["2024-01-05"], "customer_id": ["17850"]}
    ).with_columns(pl.col("ordered_at").str.to_datetime())
    return Dataset(HOSTILE, "0123456789abcdef0", lines.lazy())


@pytest.fixture
def document(dataset, monkeypatch):
    figure = go.Figure(go.Bar(x=[HOSTILE], y=[1])).update_layout(title={"text": "Tea"})
    monkeypatch.setattr(report_html.figures, "of", lambda *_: [figure])
    short = NotEnoughDataError("There are no order lines to work on.")
    return report(dataset, [Chapter("segments", Result()), Chapter("churn", reason=short)])


def test_no_text_of_the_data_becomes_markup(document):
    assert "<script>alert" not in document
    assert "<img" not in document.split("<body>")[1].split("<script>/")[0]


def test_charts_survive_as_json(document):
    blocks = re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', document, re.S)
    assert len(blocks) == 2  # one per language
    assert json.loads(blocks[0])["data"][0]["x"] == [HOSTILE]


def test_both_languages_are_in_it(document):
    assert '<main lang="en">' in document
    assert '<main lang="zh">' in document
    assert "没有可用的订单明细。" in document
    assert "There are no order lines to work on." in document


def test_nothing_is_loaded_from_anywhere(document):
    body = document.split("<body>")[1].split("<script>/")[0]
    assert not re.findall(r"""(?:src|href)=["'](?!#)""", body)
    assert "default-src 'none'" in document


def test_pseudonyms_leave_no_key(dataset, monkeypatch):
    monkeypatch.setattr(report_html.figures, "of", lambda *_: [])
    shown = report(dataset, [Chapter("segments", Result())])
    hidden = report(dataset, [Chapter("segments", Result())], secret=b"x" * 32)
    assert "<td" in shown
    assert ">17850<" in shown
    assert ">17850<" not in hidden


def test_the_same_input_gives_the_same_bytes(dataset, monkeypatch):
    monkeypatch.setattr(report_html.figures, "of", lambda *_: [])
    first, second = (report(dataset, [Chapter("segments", Result())]) for _ in range(2))
    assert first == second


def test_every_analysis_draws_its_charts(answered, analysis):
    """A chart that fails is left out of the report: here it must not fail."""
    from core.analyses import MODULES
    from dashboard import figures, state

    name = next(n for n, m in MODULES.items() if analysis.__name__.endswith(f".{m}"))
    if name not in figures._CHARTS:
        pytest.skip("no charts for the report yet")
    with state.speaking("en"):
        drawn = [draw() for draw in figures._CHARTS[name](answered(analysis))]
    assert len([figure for figure in drawn if figure is not None]) >= 2


def test_a_page_of_its_own_holds_its_result_and_its_method_note(dataset, monkeypatch):
    monkeypatch.setattr(report_html.figures, "of", lambda *_: [])
    page = reports.of_page(dataset, "churn", Result(), Voice("zh", dataset))
    assert page.count("<section") == 2  # one per language
    assert '<html lang="zh"' in page
    for note in ("no order within the horizon", "网店的顾客不会", "<strong>"):
        assert note in page
    assert "<em>" in page


def test_a_page_of_an_earlier_day_counts_no_later_order(dataset, monkeypatch):
    """What stands above the result is what the result saw."""
    monkeypatch.setattr(report_html.figures, "of", lambda *_: [])
    result = Result()
    result.config = SalesForecast(as_of=date(2024, 1, 6))
    later = replace(dataset, lines=pl.concat([dataset.lines, more()]))
    page = reports.of_page(later, "sales_forecast", result, Voice("en", later))
    assert "1 orders from 5 Jan 2024 to 5 Jan 2024" in page


ENGLISH = ("because", "advice", "cluster_name", "top_reason_1", "top_reason_2", "top_reason_3")


def test_tables_are_in_the_readers_language(answered, analysis):
    result = answered(analysis, "small")
    with state.speaking("zh"):
        tables = list(report_tables.of(result, 20))
        for file, rows, shown in tables:
            assert rows == result.files()[file].height
            assert shown.height == min(rows, 20)
            for column in shown.columns:
                assert column in i18n.terms()
                said = shown[column].drop_nulls() if column in ENGLISH else pl.Series([], dtype=str)
                assert said.str.contains("[\u4e00-\u9fff]").all(), (file, column)
    assert "mail_merge" not in [file for file, _, _ in tables]  # a list for a program


def test_a_count_is_not_written_as_money(answered):
    with state.speaking("en"):
        (_, _, figures), *_ = report_tables.of(answered(load("overview"), "small"), 20)
        assert "(" not in i18n.label("period_before")
    orders = figures.row(by_predicate=pl.col("metric") == "orders", named=True)
    assert "." not in orders["value"] + orders["period_before"]


def test_what_changed_names_the_pages_as_the_menu_does():
    frame = pl.DataFrame({"analysis": ["segments", "rules", "shop"]})
    with state.speaking("en"):
        said = [row[0][0] for row in report_html.cells(frame)]
    assert said == ["Customer segments", "Bought together", "Shop"]


def test_the_next_report_is_held_against_this_one(dataset, monkeypatch):
    monkeypatch.setattr(report_html.figures, "of", lambda *_: [])
    short, work = NotEnoughDataError("There are no order lines to work on."), Memory()

    def refused(_name):
        raise short

    first = reports.of_shop(dataset, refused, Voice("en", dataset), ["churn"], work)
    assert "Since the report" not in first
    later = replace(dataset, fingerprint="f" * 16, lines=pl.concat([dataset.lines, more()]))
    second = reports.of_shop(later, refused, Voice("en", later), ["churn"], work)
    assert "Since the report up to 5 Jan 2024" in second
    assert "与截至" in second
    assert ">100.0%<" in second  # one order then, two now
    assert len(work.kept("report")) == 2
    other = replace(later, name="another shop", fingerprint="a" * 16)
    assert "Since the report" not in reports.of_shop(
        other, refused, Voice("en", other), ["churn"], work
    )


def more():
    return pl.LazyFrame(
        {"order_id": ["2"], "ordered_at": ["2024-01-12"], "customer_id": ["2"]}
    ).with_columns(pl.col("ordered_at").str.to_datetime())


def test_a_report_is_held_against_an_earlier_one_only(dataset, monkeypatch):
    """Not against the same export with a stock count typed, nor against a later export."""
    monkeypatch.setattr(report_html.figures, "of", lambda *_: [])
    work = Memory()

    def told(shop):
        return reports.of_shop(shop, lambda _: Result(), Voice("en", shop), [], work)

    later = replace(dataset, fingerprint="f" * 16, lines=pl.concat([dataset.lines, more()]))
    told(dataset)
    told(later)
    counted = later.with_stock(pl.DataFrame({"product_id": ["t"], "on_hand": [1.0]}))
    assert "Since the report up to 5 Jan 2024" in told(counted)
    assert "Since the report" not in told(replace(dataset, fingerprint="e" * 16))


def test_an_analysis_that_fails_leaves_the_rest_of_the_report(dataset, monkeypatch, caplog):
    monkeypatch.setattr(report_html.figures, "of", lambda *_: [])

    def answers(name):
        if name == "churn":
            raise ValueError("anna@example.com")
        return Result()

    page = reports.of_shop(dataset, answers, Voice("en", dataset), ["churn", "cohorts"], Memory())
    assert "ValueError in churn: please report this." in page
    assert "churn 运行时出现 ValueError" in page
    assert '<section id="cohorts-en">' in page
    assert "ValueError" in caplog.text
    assert "anna" not in page + caplog.text
