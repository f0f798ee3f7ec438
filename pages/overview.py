"""Overview: how the shop is doing, what to do about it this week, and what the data can carry."""

from functools import partial

import streamlit as st

from core.analyses.overview import NEEDS, Config, Result, run
from dashboard import actions, ui
from dashboard.cache import cached, derived
from dashboard.charts import calendar as charts_calendar
from dashboard.charts import overview as charts
from dashboard.i18n import t
from dashboard.readiness import carried


def sales(result: Result) -> None:
    """Sales over time and where they come from."""
    ui.part(partial(over_time, result))
    found = result.shares["dimension"].unique(maintain_order=True).to_list()
    for column, dimension in zip(st.columns(max(1, len(found))), found, strict=False):
        with column:
            ui.chart(charts.by(result, dimension), f"by.{dimension}")


def over_time(result: Result) -> None:
    """Sales by day, week or month."""
    grain = ui.choice(t("By"), charts.GRAINS.keys(), "overview.grain", "by_week")
    ui.chart(charts.sales(result, grain), "sales")
    st.caption(t("Pale bars are not over yet, or began before the data."))
    table = partial(charts.sales_table, result, grain)
    ui.fold(t("The figures"), lambda: ui.table(table(), "sales_over_time"), "overview.sales")


def products(result: Result) -> None:
    """What sells, what moved, and which products carry the shop."""
    if result.products.is_empty():
        st.info(t("The data name no products with revenue."))
        return
    moved = {"movers": charts.movers(result)} if "before" in result.periods["span"] else {}
    ui.beside({"top_products": charts.top_products(result), **moved})
    ui.chart(charts.pareto(result), "pareto")
    ui.table(result.products, "products_abc")


def customers(result: Result) -> None:
    """New and returning customers, and how they have developed from period to period."""
    ui.chart(charts.who_buys(result, "by_month"), "who_buys")
    if result.history.height < 2 or not result.figure("customers"):
        st.info(t("There are too few whole periods with known customers to compare yet."))
        return
    ui.part(partial(trend, result))
    st.caption(t("At the start every customer looks new: older orders are not in the file."))
    ui.table(result.history.sort("end", descending=True), "periods")


def trend(result: Result) -> None:
    """How one figure developed from period to period."""
    metric = ui.choice(t("Show"), charts.trends(result), "overview.trend")
    ui.chart(charts.trend(result, metric), "trend")


def when(result: Result) -> None:
    """Which days and hours sell."""
    ui.chart(charts_calendar.calendar(result), "calendar")
    if not result.hours.is_empty():
        ui.chart(charts_calendar.hours(result), "hours")
    odd = result.daily.drop_nulls("unusual").sort("day", descending=True)
    st.markdown(f"**{t('Unusual days, against the same weekday in the weeks around them')}**")
    ui.table(odd.select("day", "unusual", "orders", "expected", "revenue"), "unusual_days")


data = ui.open_page("overview", t("Overview"), t("How is my shop doing, and what now?"), NEEDS)
config = ui.controls(Config)
answer = cached(run, data, config)
st.caption(charts.compared(answer))
charts.figures_row(answer)
if charts.any_usual(answer):
    st.caption(t("Grey: no more than changes usually are from one period to the next."))
ui.findings(derived(answer.explain))
this_week = st.empty()
ui.views(
    "overview",
    {
        "sales": (t("Sales"), lambda: sales(answer)),
        "products": (t("Products"), lambda: products(answer)),
        "customers": (t("Customers"), lambda: customers(answer)),
        "when": (t("When"), lambda: when(answer)),
        "carried": (t("What your data can carry"), lambda: carried(data)),
    },
)
ui.closing("overview", answer)
actions.panel(this_week, data, config.as_of)
