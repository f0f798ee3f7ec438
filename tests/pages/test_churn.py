"""The churn page: display options never compute a model again."""

import functools
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.analyses import churn

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
