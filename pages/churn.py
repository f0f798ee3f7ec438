"""Churn: who may stay away, how sure that is, why, and who is worth writing to."""

import polars as pl
import streamlit as st

from core.analyses import churn
from core.analyses.churn.saving import with_hold_out, worth_saving
from dashboard import charts_churn, ui
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
SAVING = [
    "customer_id",
    "suggestion",
    "expected_profit",
    "churn_probability",
    "value_at_risk",
    "expected_revenue",
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

ranked, one, saving, proof = st.tabs(
    [t("Who is at risk"), t("One customer"), t("Worth saving"), t("How sure is this?")]
)
with ranked:
    left, right = st.columns(2)
    with left:
        ui.chart(charts_churn.distribution(result), "churn.distribution")
    with right:
        ui.chart(charts_churn.value_by_risk(result), "churn.value")
    st.caption(charts_churn.levels())
    listed = customers.join(
        result.sentences(charts_churn.words), on="customer_id", how="left", maintain_order="left"
    )
    if st.toggle(t("At risk only"), value=True, key="churn.at_risk", persist_state="session"):
        listed = listed.filter(pl.col("risk") != "low")
    ui.table(charts_churn.shown(listed.select(SHOWN)), "churn_list")
with one:
    charts_churn.what_if(result)
with saving:
    st.warning(
        t(
            "The save rate is an assumption: nothing in your orders says how many customers a "
            "message keeps. Leave out the random hold-out group, and your next export will tell."
        ),
        icon=":material/warning:",
    )
    worth = worth_saving(customers, charts_churn.offer_controls())
    to_write = worth.filter(pl.col("suggestion") == "write")
    ui.chart(charts_churn.profit(worth), "churn.profit")
    ui.metrics(
        {
            "customers_to_write": to_write.height,
            "expected_profit": to_write["expected_profit"].sum(),
            "leave_alone": worth.filter(pl.col("suggestion") == "leave_alone").height,
        }
    )
    ui.table(
        with_hold_out(to_write, result.config.seed).select(*SAVING, "message_group"), "worth_saving"
    )
with proof:
    if result.by_day.is_empty():
        st.info(t("The history is too short to test anything on days held back."))
    else:
        left, right = st.columns(2)
        with left:
            ui.chart(charts_churn.calibration(result), "churn.calibration")
        with right:
            ui.chart(charts_churn.gains(result), "churn.gains")
        ui.chart(charts_churn.by_day(result), "churn.by_day")
    ui.evidence(result.evidence)
ui.downloads(result.files())
ui.method_note("churn")
