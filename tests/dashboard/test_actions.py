"""The week's actions on the overview: no analysis that fails takes the page with it."""

from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.errors import NotEnoughDataError
from core.finding import Action, Finding
from dashboard import actions
from dashboard.i18n import prose

APP = Path(__file__).parents[2] / "dashboard" / "app.py"


class Speaks:
    """Stands in for an analysis: proposes one action."""

    Config = staticmethod(lambda as_of=None: as_of)

    def __init__(self, value: float) -> None:
        self.value = value

    def run(self, _dataset, _config):
        return self

    def actions(self):
        text = Finding("Returns of the period: {returns:money}, {share:percent} of what was sold.",
                       {"returns": 12, "share": 0.5})  # fmt: skip
        return [Action(text, "churn", self.value, self.value / 2, self.value * 2, 7)]


class Fails:
    """Stands in for an analysis that breaks: a programming error, or too little data."""

    Config = staticmethod(lambda as_of=None: as_of)

    def __init__(self, error: Exception) -> None:
        self.error = error

    def run(self, _dataset, _config):
        raise self.error


@pytest.fixture
def open_overview(monkeypatch, small):
    def opened(stand_ins: dict[str, object], language: str = "en") -> AppTest:
        st.cache_resource.clear()
        monkeypatch.setenv("SHOPSCOPE_DEBUG", "1")
        monkeypatch.setattr(actions, "ASKED", tuple(stand_ins))
        monkeypatch.setattr(actions, "load", stand_ins.__getitem__)
        monkeypatch.setattr(actions, "cached", lambda run, data, config: run(data, config))
        app = AppTest.from_file(str(APP), default_timeout=60)
        app.session_state["dataset"] = small
        app.session_state["language"] = language
        app.run()
        app.switch_page("../pages/overview.py").run()
        assert not app.exception
        return app

    return opened


def written(app: AppTest) -> str:
    kinds = (app.markdown, app.caption, app.subheader)
    return "\n".join(element.value for kind in kinds for element in kind)


def test_a_failing_analysis_is_named_and_the_others_speak(open_overview):
    few = NotEnoughDataError("There are no order lines to work on.")
    page = open_overview({"rules": Fails(ZeroDivisionError("x")), "churn": Speaks(80.0),
                          "inventory": Fails(few)})  # fmt: skip
    said = written(page)
    assert "worth about" in said
    assert "it failed" in said
    assert "There are no order lines to work on" in said.replace("\\", "")
    assert len(page.get("plotly_chart")) >= 2


def test_nothing_worth_doing_is_said(open_overview):
    page = open_overview({"churn": Speaks(0.0)})
    assert "Nothing stands out this week" in written(page)


def test_the_panel_speaks_chinese(open_overview):
    page = open_overview({"churn": Speaks(80.0)}, language="zh")
    assert "本周最值得做的三件事" in written(page)
    assert "天内约值" in written(page)


@pytest.mark.parametrize("view", ["products", "customers", "when", "carried"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_view_draws(open_overview, view, language):
    page = open_overview({}, language=language)
    page.button_group(key="overview.view").set_value(view).run()
    assert not page.exception
    assert len(page.get("plotly_chart")) >= 2 or view == "carried"
    assert prose("overview")
