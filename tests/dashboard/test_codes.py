"""Codes whose word hangs on the column they stand in."""

import polars as pl

from dashboard import charts, i18n, tables


def test_a_code_takes_the_word_of_its_column_before_the_bare_one():
    assert i18n.code("low", "risk") == "Low risk"
    assert i18n.code("low") == i18n.term("low") != "Low risk"
    assert i18n.code(None, "risk") == "–"


def test_tables_and_charts_write_risk_in_words_and_leave_the_data_alone():
    frame = pl.DataFrame({"risk": ["low", "medium", "high", None], "low": [0.1, 0.2, 0.3, 0.4]})
    assert tables.displayed(frame)["risk"].to_list() == [
        "Low risk", "Medium risk", "High risk", None,
    ]  # fmt: skip
    assert charts.shown(frame["risk"])[:2] == ["Low risk", "Medium risk"]
    assert charts.hover(frame, ["risk"])[2].endswith("High risk")
    assert frame["risk"][0] == "low"
