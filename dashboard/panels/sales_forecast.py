"""The views of the sales forecast page."""

import streamlit as st

from core.analyses.sales_forecast import Result
from dashboard import ui
from dashboard.charts import sales_forecast as drawn
from dashboard.i18n import t


def ahead(result: Result) -> None:
    """What will be sold by day, week or month, and the holidays on the way."""
    grains = ["by_day", "by_week", *(["by_month"] if result.months.height else [])]
    grain = ui.choice(t("By"), grains, "sales_forecast.grain", "by_week")
    ui.chart(drawn.ahead_chart(result, grain), "ahead")
    ui.table(drawn.listed(drawn.by_grain(result, grain)[1]), "sales_forecast")
    if result.events.height:
        ui.fold(
            t("Holidays and sales days ahead"),
            lambda: ui.table(drawn.upcoming(result), "upcoming", download=False),
            "sales_forecast.events",
        )


def groups(result: Result) -> None:
    """The same, divided among categories or suppliers."""
    ui.chart(drawn.groups_chart(result), "groups")
    ui.table(drawn.listed(result.groups), "groups", download=False)


def hindsight(result: Result) -> None:
    """Last month's forecast against what happened."""
    st.markdown(t("Last month's forecast against what happened"))
    ui.chart(drawn.hindsight_chart(result), "hindsight")
    ui.table(drawn.listed(result.hindsight), "hindsight", download=False)


def made_of(result: Result) -> None:
    """The season, the level without it, the weekdays."""
    if result.season.height:
        ui.beside({"season": drawn.season_chart(result), "level": drawn.level_chart(result)})
    ui.chart(drawn.weekday_chart(result), "weekdays")
