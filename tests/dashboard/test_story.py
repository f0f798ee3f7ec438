"""Presentation mode: keys turn the slides, no slide fails, the page comes back."""

from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard.i18n import LANGUAGES

APP = Path(__file__).parents[2] / "dashboard" / "app.py"


@pytest.fixture(autouse=True)
def _strict(monkeypatch):
    monkeypatch.setenv("SHOPSCOPE_DEBUG", "1")
    st.cache_resource.clear()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_slide_has_a_sentence_and_something_to_see(language, medium, results):
    app = AppTest.from_file(str(APP), default_timeout=120)
    app.session_state["language"] = language
    app.session_state["dataset"] = medium
    app.session_state["results"] = results
    app.run()
    app.button(key="present").click().run()
    seen = 0
    while True:
        assert not app.exception
        assert not app.info, [info.value for info in app.info]
        assert any(text.value.startswith("##") for text in app.markdown)
        assert app.get("plotly_chart") or app.metric or seen == 7
        seen += 1
        if app.button(key="slide.next").disabled:
            break
        app.button(key="slide.next").click().run()
    assert seen == 8
    app.button(key="slide.end").click().run()
    assert app.title


def test_there_is_nothing_to_present_without_data():
    app = AppTest.from_file(str(APP), default_timeout=60).run()
    assert "present" not in [button.key for button in app.button]
