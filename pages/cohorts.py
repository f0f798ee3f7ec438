"""Cohorts: what becomes of customers after their first order."""

from functools import partial

import polars as pl
import streamlit as st

from core.analyses.cohorts import NEEDS, Config, Result, run
from core.analyses.cohorts.options import DAYS
from dashboard import ui
from dashboard.cache import cached, derived
from dashboard.charts import cohorts as charts
from dashboard.i18n import t, term

MEASURES = ("repeat_rate", "retention", "cumulative_revenue", "revenue_per_customer")


def draw(result: Result, measure: str) -> None:
    """Everybody's curve and the cohorts' cells; the largest cohorts in a fold."""
    days = DAYS[result.config.period]
    # Everyone ordered in the window of the first order: nothing to see there.
    start = 1 if measure == "retention" else 0
    cells = result.cells.filter(result.cells["age"] >= start)
    overall = result.overall.filter(result.overall["age"] >= start)
    if not overall.filter("enough").is_empty():
        ui.chart(charts.curve(overall, measure, days), f"curve.{measure}")
    if not cells.is_empty() and not overall.is_empty():
        ui.chart(charts.grid(cells, overall, measure, days), f"grid.{measure}")
        st.caption(t("Second line of a cell: how many customers it rests on; grey: fewer than 20."))
    if not cells.filter("enough").is_empty():
        beside = partial(compared, result, cells, measure)
        ui.fold(t("The largest cohorts beside each other"), beside, "cohorts.compared")


def compared(result: Result, cells: pl.DataFrame, measure: str) -> None:
    """The largest cohorts beside each other."""
    drawn = charts.compared(cells, result.sizes, measure, DAYS[result.config.period])
    ui.chart(drawn, f"compared.{measure}")


data = ui.open_page(
    "cohorts",
    t("Cohorts"),
    t("Do new customers come back, how soon, and what are they worth by then?"),
    NEEDS,
)
config = ui.controls(Config)
answer = cached(run, data, config)
ui.findings(derived(answer.explain))
if not answer.overall.filter("enough").is_empty():
    ui.views("cohorts", {m: (term(m), partial(draw, answer, m)) for m in MEASURES})
    ui.table(charts.labelled(answer.cells), "cohorts")
ui.closing("cohorts", answer)
