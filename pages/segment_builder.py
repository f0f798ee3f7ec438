"""Segment builder: pick customers by conditions, compare them, take the list away."""

import polars as pl
import streamlit as st

from core.analyses.segments import NEEDS, Config, run
from core.errors import CoreError
from core.measures import audiences
from core.measures.audiences import Audience
from dashboard import charts, ui
from dashboard import panels_segment_builder as panels
from dashboard.cache import cached
from dashboard.charts_segments import named
from dashboard.i18n import t

LISTED = ["customer_id", "rfm_segment", "recency_days", "orders", "revenue", "average_order"]

data = ui.open_page(
    "segment_builder",
    t("Segment builder"),
    t("Which customers meet exactly these conditions, and how do I reach them?"),
    NEEDS,
)
config = Config()
try:
    answer = cached(run, data, config)
    bought = cached(panels.purchases, data, config)
    products = cached(panels.names, data, config)
except CoreError as error:
    ui.error(error)
    st.stop()
customers, as_of = answer.customers, data.day(config.as_of)


@st.fragment
def build() -> None:
    """Conditions, live count, list, comparison: a click runs this part only."""
    match = st.segmented_control(
        t("Customers who meet"), ["all", "any"], default="all", key="builder.match",
        format_func=lambda m: t("all conditions") if m == "all" else t("any condition"),
    )  # fmt: skip
    conditions = panels.conditions(customers, products)
    audience = Audience("", conditions, "any" if match == "any" else "all")
    members = audiences.members(audience, customers, bought, as_of)
    revenue = float(customers["revenue"].sum())
    ui.metrics(
        {
            "customers": members.height,
            "share_customers": members.height / customers.height,
            "revenue": float(members["revenue"].sum()),
            "share_revenue": float(members["revenue"].sum()) / revenue if revenue > 0 else None,
        }
    )
    views = {"customers": t("Customers"), "compare": t("Compare"), "take": t("Take away")}
    # Not tabs: those would draw, and compute, all three on every click.
    view = st.segmented_control(
        t("Look at"), list(views), default="customers", format_func=lambda v: views[v],
        key="builder.view",
    )  # fmt: skip
    if view == "compare":
        compare(members)
    elif view == "take":
        panels.take_away(members, "segment")
    else:
        panels.saving(audience)
        best = members.select(LISTED).sort("revenue", "customer_id", descending=[True, False])
        ui.table(named(best, "rfm_segment"), "segment")


def compare(members: pl.DataFrame) -> None:
    """The segment beside another one, and where the saved ones overlap."""
    others = panels.everyone(customers, bought, as_of)
    other = st.selectbox(t("Compare with"), list(others), key="builder.other") or next(iter(others))
    chosen = {t("This segment"): members, other: others[other]}
    ui.table(audiences.side_by_side(chosen), "side_by_side", download=False)
    found = panels.compared(chosen, bought, products)
    if found.is_empty():
        st.caption(t("Too few customers to tell what they buy more than others."))
    else:
        st.markdown(t("What they buy more than the others, surest first"))
        ui.table(found, "over_bought")
    kept = {name: part for name, part in others.items() if name in panels.saved()}
    if len(kept) >= 2:
        overlap = audiences.overlap(kept)
        title = t("How the saved segments overlap")
        ui.chart(charts.bars(overlap, "audiences", "customers", title), "overlap")


build()
ui.method_note("segment_builder")
