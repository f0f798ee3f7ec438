"""Churn: who may stay away, how sure that is, why, and who is worth writing to."""

import polars as pl
import streamlit as st

from core.analyses import churn
from dashboard import charts_churn, churn_panels, ui
from dashboard.cache import cached
from dashboard.i18n import t

SHOWN = [
    "customer_id",
    "churn_probability",
    "risk",
    "expected_revenue",
    "value_at_risk",
    "top_reason_1",
    "top_reason_2",
    "top_reason_3",
    "recency_days",
    "orders",
    "average_order",
]

dataset = ui.open_page(
    "churn",
    t("Churn risk"),
    t("Which customers may stay away, how sure is that, and who is worth writing to?"),
    churn.NEEDS,
)
result = cached(churn.run, dataset, ui.controls(churn.Config))
customers = result.customers

ui.findings(result.explain())
ui.metrics(
    {
        "customers_at_risk": customers.filter(pl.col("risk") != "low").height,
        "value_at_risk": customers["value_at_risk"].sum(),
        "expected_revenue": customers["expected_revenue"].sum(),
        "horizon_days": result.horizon_days,
    }
)
st.caption(
    t(
        "Three of four re-orders in this shop come within {gap:integer} days of the order before; "
        "the horizon follows from that unless you choose one.",
        gap=result.usual_gap_days,
    )
)

ranked, one, saving, warning, proof = st.tabs(
    [
        t("Who is at risk"),
        t("One customer"),
        t("Worth saving"),
        t("Week by week"),
        t("How sure is this?"),
    ]
)
with ranked:
    left, right = st.columns(2)
    with left:
        ui.chart(charts_churn.distribution(result), "churn.distribution")
    with right:
        ui.chart(charts_churn.value_by_risk(result), "churn.value")
    st.caption(churn_panels.levels())
    listed = customers.join(
        result.sentences(churn_panels.words), on="customer_id", how="left", maintain_order="left"
    )
    if st.toggle(t("At risk only"), value=True, key="churn.at_risk", persist_state="session"):
        listed = listed.filter(pl.col("risk") != "low")
    interval = ["probability_low", "probability_high"] if result.small else []
    ui.table(charts_churn.shown(listed.select(*SHOWN, *interval)), "churn_list")
with one:
    churn_panels.what_if(result)
    churn_panels.shapes(result)
with saving:
    churn_panels.saving(result)
    churn_panels.measured(dataset.lines)
with warning:
    churn_panels.warning(result)
with proof:
    churn_panels.proof(result)
ui.downloads(result.files())
ui.method_note("churn")
