"""Churn: who may stay away, how sure that is, why, and who is worth writing to."""

from functools import partial

import polars as pl
import streamlit as st

from core.analyses import churn
from dashboard import ui
from dashboard.cache import cached, derived
from dashboard.charts import churn as charts_churn
from dashboard.i18n import t
from dashboard.panels import churn as churn_panels
from dashboard.panels import churn_proof

SHOWN = [
    "customer_id",
    "churn_probability",
    "value_at_risk",
    "value_at_risk_low",
    "value_at_risk_high",
    "top_reason_1",
    "top_reason_2",
    "top_reason_3",
    "probability_low",
    "probability_high",
    "risk",
    "expected_revenue",
    "recency_days",
    "orders",
    "average_order",
]


def ranked(result: churn.Result) -> None:
    """Who is at risk, and how risk and money go together."""
    ui.part(partial(listed, result))
    ui.beside(
        {
            "churn.distribution": charts_churn.distribution(result),
            "churn.value": charts_churn.value_by_risk(result),
        }
    )


def listed(result: churn.Result) -> None:
    """The list: the good customers who are overdue first, or all by risk, with the reasons."""
    late = derived(result.overdue)
    offered = {
        "overdue": (t("Good and overdue"), late),
        "at_risk": (t("Medium and high risk"), result.customers.filter(pl.col("risk") != "low")),
        "everyone": (t("Everyone"), result.customers),
    }
    titles = {code: title for code, (title, _) in offered.items()}
    default = "at_risk" if late.is_empty() else "overdue"
    shown = ui.choice(t("Show customers"), titles, "churn.shown", default)
    rows = offered[shown][1].join(
        churn_panels.sentences(result), on="customer_id", how="left", maintain_order="left"
    )
    ui.table(rows.select(SHOWN), "churn_list")
    st.caption(churn_panels.levels())


def one(result: churn.Result) -> None:
    """One customer, and what the model goes by."""
    churn_panels.what_if(result)
    churn_panels.shapes(result)


def saving(result: churn.Result) -> None:
    """Who is worth writing to, and what an earlier list did."""
    churn_panels.saving(result)
    churn_panels.measured(dataset.lines)


dataset = ui.open_page(
    "churn",
    t("Churn risk"),
    t("Which customers may stay away, how sure is that, and who is worth writing to?"),
    churn.NEEDS,
)
result = cached(churn.run, dataset, ui.controls(churn.Config))
customers = result.customers

ui.findings(derived(result.explain))
ui.metrics(
    {
        "good_overdue": derived(result.overdue).height,
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

ui.views(
    "churn",
    {
        "saving": (t("Worth writing to"), lambda: saving(result)),
        "ranked": (t("Who is at risk"), lambda: ranked(result)),
        "customer": (t("One customer"), lambda: one(result)),
        "weeks": (t("Week by week"), lambda: churn_proof.warning(result)),
        "proof": (t("How sure is this?"), lambda: churn_proof.proof(result)),
    },
)
ui.closing("churn", result)
