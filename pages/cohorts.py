"""Cohorts: what becomes of customers after their first order."""

import streamlit as st

from core.analyses.cohorts import NEEDS, Config, run
from core.analyses.cohorts.options import DAYS
from dashboard import ui
from dashboard.cache import cached, derived
from dashboard.charts import cohorts as charts
from dashboard.i18n import t, term

MEASURES = ["repeat_rate", "retention", "cumulative_revenue", "revenue_per_customer"]

data = ui.open_page(
    "cohorts",
    t("Cohorts"),
    t("Do new customers come back, how soon, and what are they worth by then?"),
    NEEDS,
)
config = ui.controls(Config)
answer = cached(run, data, config)
ui.findings(derived(answer.explain))
days = DAYS[config.period]
if answer.overall.filter("enough").is_empty():
    st.stop()
chosen = st.segmented_control(
    t("Measure shown"), MEASURES, default="repeat_rate", format_func=term, key="cohorts.measure"
)
measure = chosen or "repeat_rate"
# Everyone ordered in the window of the first order: nothing to see there.
start = 1 if measure == "retention" else 0
cells = answer.cells.filter(answer.cells["age"] >= start)
overall = answer.overall.filter(answer.overall["age"] >= start)
if not overall.filter("enough").is_empty():
    ui.chart(charts.curve(overall, measure, days), f"curve.{measure}")
if not cells.is_empty():
    title = t("{measure:label} by cohort; grey: fewer than 20 customers", measure=measure)
    ui.chart(charts.grid(cells, measure, title), f"grid.{measure}")
if not cells.filter("enough").is_empty():
    ui.chart(charts.compared(cells, answer.sizes, measure, days), f"compared.{measure}")
ui.table(charts.labelled(answer.cells), "cohorts")
ui.closing("cohorts", answer)
