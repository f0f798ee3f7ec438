"""Lifetime value: what each customer will still bring, and how far such forecasts were right."""

import streamlit as st

from core.analyses.lifetime_value import NEEDS, Config, run
from dashboard import ui
from dashboard.cache import cached, derived
from dashboard.charts import lifetime_value as charts
from dashboard.i18n import t

data = ui.open_page(
    "lifetime_value",
    t("Lifetime value"),
    t("What will the customers I have still bring, and who brings it?"),
    NEEDS,
)
config = ui.controls(Config)
answer = cached(run, data, config)
ui.findings(derived(answer.explain))
ui.chart(charts.concentration(answer.customers), "concentration")
ui.chart(charts.chances(answer.customers, answer.config.horizon_days), "chances")
ui.table(answer.customers, "lifetime_value")
if not answer.calibration.is_empty():
    ui.chart(charts.calibration(answer.calibration, answer.held_days), "calibration")
if not answer.parameters.is_empty():
    st.caption(ui.plain(charts.spoken(answer.parameters), 500))
    st.caption(ui.plain(charts.figures(answer.parameters), 500))
ui.closing("lifetime_value", answer, answer.evidence)
