"""Sales forecast: what the whole shop will sell in the weeks ahead."""

import streamlit as st

from core.analyses import sales_forecast
from dashboard import ui
from dashboard.cache import cached, derived
from dashboard.charts import sales_forecast as drawn
from dashboard.i18n import t, term

dataset = ui.open_page(
    "sales_forecast",
    t("Sales forecast"),
    t("How much will the shop sell in the coming weeks, and how sure is that?"),
    sales_forecast.NEEDS,
)
config = ui.controls(sales_forecast.Config)
result = cached(sales_forecast.run, dataset, config)

ui.findings(derived(result.explain))
grains = ["by_week", "by_day", *(["by_month"] if result.months.height else [])]
grain = st.segmented_control(
    t("By"), grains, default="by_week", format_func=term, key="sales_forecast.grain"
)
ui.chart(drawn.ahead_chart(result, grain or "by_week"), "ahead")
ui.table(drawn.listed(drawn.by_grain(result, grain or "by_week")[1]), "sales_forecast")
if result.events.height:
    with st.expander(t("Holidays and sales days ahead")):
        ui.table(drawn.upcoming(result), "upcoming", download=False)

if result.groups.height:
    st.subheader(t("Divided up"), anchor=False)
    ui.chart(drawn.groups_chart(result), "groups")
    ui.table(drawn.listed(result.groups), "groups", download=False)

st.subheader(t("Last month's forecast against what happened"), anchor=False)
ui.chart(drawn.hindsight_chart(result), "hindsight")

st.subheader(t("What the sales are made of"), anchor=False)
if result.season.height:
    left, right = st.columns(2)
    with left:
        ui.chart(drawn.season_chart(result), "season")
    with right:
        ui.chart(drawn.level_chart(result), "level")
ui.chart(drawn.weekday_chart(result), "weekdays")

ui.closing("sales_forecast", result, result.evidence)
