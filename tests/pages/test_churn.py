"""The churn page: display options never compute a model again."""

import functools
from pathlib import Path

import polars as pl
import pytest
import streamlit as st
from streamlit.proto.Metric_pb2 import Metric
from streamlit.testing.v1 import AppTest

from core.analyses import churn
from core.dataset import Dataset

APP = Path(__file__).parents[2] / "dashboard" / "app.py"


@pytest.fixture
def runs(monkeypatch):
    """Every call of churn.run."""
    calls, run = [], churn.run

    @functools.wraps(run)
    def counted(dataset, config):
        calls.append(config)
        return run(dataset, config)

    monkeypatch.setattr(churn, "run", counted)
    monkeypatch.setenv("SHOPSCOPE_DEBUG", "1")
    return calls


@pytest.fixture
def page(small, runs):
    app = AppTest.from_file(str(APP), default_timeout=120)
    app.session_state["language"] = "en"
    app.session_state["dataset"] = small
    app.run()
    app.switch_page("../pages/churn.py").run()
    assert not app.exception
    assert len(runs) == 1
    return app


def test_assumptions_and_what_if_do_not_compute_again(page, runs):
    page.button_group(key="churn.view").set_value("saving").run()
    page.slider(key="churn.s").set_value(30).run()
    page.slider(key="churn.m").set_value(80).run()
    page.number_input(key="churn.k").set_value(1.5).run()
    page.button_group(key="churn.view").set_value("ranked").run()
    page.button_group(key="churn.shown").set_value("everyone").run()
    page.button_group(key="churn.view").set_value("customer").run()
    chosen = page.selectbox(key="churn.customer").value
    page.slider(key=f"churn.recency_days.{chosen}").set_value(300).run()
    page.button_group(key="churn.view").set_value("saving").run()
    assert page.slider(key="churn.s").value == 30
    assert not page.exception
    assert len(runs) == 1


def test_a_model_option_does_compute_again(page, runs):
    page.selectbox(key="core.analyses.churn.options.method").set_value("base_rate").run()
    assert not page.exception
    assert [config.method for config in runs] == ["auto", "base_rate"]


def opened(data, **state) -> AppTest:
    """The churn page of `data`, at one customer."""
    st.cache_resource.clear()
    app = AppTest.from_file(str(APP), default_timeout=120)
    for key, value in {
        "language": "en",
        "dataset": data,
        "churn.view": "customer",
        **state,
    }.items():
        app.session_state[key] = value
    app.run()
    app.switch_page("../pages/churn.py").run()
    assert not app.exception
    return app


def test_a_lower_probability_points_down_and_is_good(small):
    page = opened(small, **{"core.analyses.churn.options.method": "logistic_regression"})
    chosen = page.selectbox(key="churn.customer").value
    for days, direction, colour in ((0, "DOWN", "GREEN"), (365, "UP", "RED")):
        page.slider(key=f"churn.recency_days.{chosen}").set_value(days).run()
        drawn = page.metric[-1].proto
        assert drawn.direction == getattr(Metric.MetricDirection, direction)
        assert drawn.color == getattr(Metric.MetricColor, colour)
        assert "\\" not in drawn.delta


def test_nothing_is_different_where_no_slider_was_moved(small):
    """Also of a customer whose returns outweigh the orders: no slider goes below zero."""
    lines = small.lines.collect()
    last = lines.filter(pl.col("customer_id").is_not_null()).sort("ordered_at", "line_id").tail(1)
    back = last.with_columns(quantity=pl.lit(-1.0), revenue=pl.lit(-90_000.0))
    data = Dataset("made", "made", pl.concat([lines, back], how="vertical_relaxed").lazy())
    page = opened(data, **{"churn.customer": last["customer_id"][0]})
    assert page.selectbox(key="churn.customer").value == last["customer_id"][0]
    assert page.metric[-1].proto.delta == ""


def test_no_widget_is_called_by_a_customer_whose_name_is_hidden(small):
    keys = set(small.lines.select("customer_id").collect()["customer_id"].drop_nulls())
    page = opened(small, pseudonyms=True)
    ids = " ".join(slider.proto.id for slider in page.slider)
    assert "churn.recency_days" in ids
    assert not any(key in ids for key in keys)
