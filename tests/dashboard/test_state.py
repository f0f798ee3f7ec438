"""What a session forgets when another export is opened."""

from dataclasses import replace
from datetime import datetime

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from core.dataset import Dataset

DAY, WIDE = "core.analyses.churn.as_of", "core.analyses.churn.as_of.auto"


def export(name: str, last: datetime) -> Dataset:
    lines = pl.LazyFrame({"order_id": ["1"], "ordered_at": [last], "customer_id": ["a"]})
    return Dataset(name, name, lines)


def page() -> None:
    from datetime import date

    import streamlit as st

    from dashboard import state

    state.keep(st.session_state["next"])
    st.toggle("auto", value=True, key="core.analyses.churn.as_of.auto", persist_state="session")
    st.date_input("day", date(2026, 5, 1), key="core.analyses.churn.as_of", persist_state="session")
    st.slider("days", 1, 90, 30, key="core.analyses.churn.horizon_days", persist_state="session")


@pytest.mark.parametrize(
    ("name", "last", "kept"),
    [("a.csv", 1, True), ("b.csv", 1, False), ("a.csv", 2, False)],
)
def test_the_day_asked_about_and_the_lists_beside_it_belong_to_one_export(name, last, kept):
    first = export("a.csv", datetime(2026, 6, 1))
    app = AppTest.from_function(page)
    app.session_state["next"] = first
    app.session_state["file of churn.list"] = ("list.csv", b"customer_id")
    app.run()
    app.toggle[0].set_value(False)
    app.date_input[0].set_value(datetime(2026, 3, 1).date())
    app.slider[0].set_value(45).run()
    later = replace(export(name, datetime(2026, 6, last)), fingerprint="another")
    app.session_state["next"] = later
    app.run()
    assert not app.exception
    assert app.toggle[0].value is not kept
    assert (app.date_input[0].value.month == 3) is kept
    assert ("file of churn.list" in app.session_state) is kept
    assert app.slider[0].value == 45


def switching() -> None:
    import streamlit as st

    from dashboard import state

    state.start("en")
    st.session_state["said"] = [*st.session_state.get("said", []), state.language()]
    state.settle()
    if state.language() == "en":
        state.remember("language", "zh")
        st.rerun()  # in the same thread, as a click in the middle of a run does


def test_a_run_that_follows_in_the_same_thread_speaks_the_language_chosen_since():
    assert AppTest.from_function(switching).run().session_state["said"] == ["en", "zh"]
