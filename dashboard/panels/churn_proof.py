"""The panels of the churn page that show how sure it all is, and how it changes week by week."""

from functools import partial

import polars as pl
import streamlit as st

from core.analyses.churn.result import Result
from dashboard import ui
from dashboard.charts import churn as charts_churn
from dashboard.charts import churn_proof as charts_churn_proof
from dashboard.i18n import t, term


def warning(result: Result) -> None:
    """Early warning: week by week, and what the last list's customers did since."""
    if result.weeks.is_empty() or result.last_list.is_empty():
        st.info(t("Too few repeat customers, or too short a history, to look back week by week."))
        return
    ui.chart(charts_churn.weeks(result), "churn.weeks")
    st.markdown(
        t(
            "**The list of {day:date}, and what its customers did in the {days:integer} days "
            "since**",
            day=result.last_list["listed_on"][0],
            days=result.tested_days,
        )
    )
    ui.table(result.last_list.drop("listed_on"), "churn_last_list")
    st.markdown(t("**Week by week**"))
    ui.table(result.weeks.reverse(), "churn_weeks")


def proof(result: Result) -> None:
    """How sure all this is, on days held back."""
    if result.by_day.is_empty():
        st.info(t("Too few repeat customers, or too short a history, to test on days held back."))
        return
    ui.beside(
        {
            "churn.calibration": charts_churn_proof.calibration(result),
            "churn.gains": charts_churn_proof.gains(result),
        }
    )
    at_cut(result)
    ui.fold(
        t("More curves, test days, groups of customers, and every method on every test day"),
        partial(curves, result),
        "churn.curves",
    )
    ui.evidence("churn", result.evidence)


def at_cut(result: Result) -> None:
    """Precision, recall and F1, were everyone named whose probability is at least the cut."""
    cut = st.select_slider(
        t("Name customers from a probability of"),
        result.cuts["cut"].unique(maintain_order=True).to_list(),
        0.5,
        format_func=lambda value: f"{value:.0%}",
        key="churn.cut",
    )
    rows = result.cuts.filter(pl.col("cut") == cut).drop("cut")
    ui.table(rows, "churn_cuts")


def curves(result: Result) -> None:
    """The chosen method's curves, by day and by group, and every method day by day."""
    ui.beside(
        {
            "churn.by_day": charts_churn_proof.by_day(result),
            "churn.by_group": charts_churn_proof.by_group(result),
            "churn.roc": charts_churn_proof.curve(result, "roc"),
            "churn.pr": charts_churn_proof.curve(result, "precision_recall"),
        }
    )
    steady(result)


def steady(result: Result) -> None:
    """One measure day by day as a picture, and every method's as a table."""
    metrics = result.stability["metric"].unique(maintain_order=True).to_list()
    metric = st.selectbox(
        t("Measure"), metrics, metrics.index("roc_auc"), format_func=term, key="churn.metric"
    )
    ui.chart(charts_churn_proof.stability(result, metric), "churn.stability")
    ui.table(result.stability.filter(pl.col("metric") == metric), "churn_stability")
