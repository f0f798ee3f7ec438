"""Sales forecast: what the whole shop will sell in the weeks ahead."""

import streamlit as st

from core.analyses import sales_forecast
from core.errors import CoreError
from dashboard import charts_sales_forecast as drawn
from dashboard import ui
from dashboard.cache import cached
from dashboard.i18n import t

dataset = ui.open_page(
    "sales_forecast",
    t("Sales forecast"),
    t("How much will the shop sell in the coming weeks, and how sure is that?"),
    sales_forecast.NEEDS,
)
config = ui.controls(sales_forecast.Config)
try:
    result = cached(sales_forecast.run, dataset, config)
except CoreError as error:
    ui.error(error)
    ui.method_note("sales_forecast")
    st.stop()

ui.findings(result.explain())
ui.chart(drawn.ahead_chart(result), "ahead")
ui.table(drawn.known(result.forecast), "sales_forecast")

st.subheader(t("Last month's forecast against what happened"), anchor=False)
ui.chart(drawn.hindsight_chart(result), "hindsight")

if result.season.height:
    st.subheader(t("What the sales are made of"), anchor=False)
    left, right = st.columns(2)
    with left:
        ui.chart(drawn.season_chart(result), "season")
    with right:
        ui.chart(drawn.level_chart(result), "level")

ui.take_away("sales_forecast", result)
ui.evidence(result.evidence)
ui.method_note("sales_forecast")
