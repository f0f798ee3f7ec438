"""Segment builder: pick customers by conditions, compare them, take the list away."""

import polars as pl
import streamlit as st

from core.analyses.segments import NEEDS, Config, run
from core.measures import audiences
from core.measures.audiences import Audience, Mask, Match
from dashboard import ui
from dashboard.cache import cached
from dashboard.charts.segments import named
from dashboard.i18n import t
from dashboard.panels import customer_lists
from dashboard.panels import learned as panels_learned
from dashboard.panels import saved_segments as saved
from dashboard.panels import segment_builder as panels
from dashboard.panels.saved_segments import Segments

LISTED = ["customer_id", "rfm_segment", "recency_days", "orders", "revenue", "average_order"]
#: Customers that a click draws.
SHOWN = 100

data = ui.open_page(
    "segment_builder",
    t("Segment builder"),
    t("Which customers meet exactly these conditions, and how do I reach them?"),
    NEEDS,
)
config = Config()
answer = cached(run, data, config)
bought = cached(panels.purchases, data, config)
products = panels.said(cached(panels.names, data, config))
customers, as_of = answer.customers, data.day(config.as_of)
revenue = float(customers["revenue"].sum())


def build() -> None:
    """Conditions, live count, list, comparison: a click runs this part only."""
    offered: dict[Match, str] = {"all": t("all conditions"), "any": t("any condition")}
    match = ui.choice(t("Customers who meet"), offered, "builder.match")
    conditions = panels.conditions(customers, products)
    audience = Audience("", conditions, match)
    members = segments_now().meets(audience)
    count, spent = int(members.sum()), float(customers["revenue"].filter(members).sum())
    ui.metrics(
        {
            "customers": count,
            "share_customers": count / customers.height,
            "revenue": spent,
            "share_revenue": spent / revenue if revenue > 0 else None,
        }
    )
    if not count:
        st.info(t("Nobody meets these conditions: widen one of them or take it away."))
    views = {
        "customers": (t("Customers"), lambda: listed(audience, members)),
        "compare": (t("Compare"), lambda: compare(members, segments_now())),
        "overlap": (t("Overlap"), lambda: saved.overlapping(segments_now(), members)),
        "alike": (t("Look-alikes"), lambda: panels_learned.look_alikes(data, of(members))),
        "saved": (t("Saved"), lambda: saved.listing(segments_now(), products)),
        "take": (t("Take away"), lambda: customer_lists.take_away(of(members), "segment")),
    }
    ui.views("builder", views)


def segments_now() -> Segments:
    """What can be looked at: a click in a view draws that view alone, and may save or delete."""
    return Segments(customers, bought, as_of)


def of(members: Mask) -> pl.DataFrame:
    """The rows of the members."""
    return customers.select(LISTED).filter(members)


def listed(audience: Audience, members: Mask) -> None:
    """The best of the segment; the downloads hold all."""
    saved.saving(audience)
    everyone = of(members)
    best = everyone.top_k(SHOWN, by=["revenue", "customer_id"], reverse=[False, True])
    best = best.sort("revenue", "customer_id", descending=[True, False])
    shown = named(best, "rfm_segment")
    st.caption(t("The best {shown:integer}; the downloads have all.", shown=shown.height))
    ui.table(shown, "segment", take=everyone)


def compare(members: Mask, segments: Segments) -> None:
    """The segment beside another one."""
    other = st.selectbox(t("Compare with"), segments.names, key="builder.other")
    other = other or segments.names[0]
    this = saved.unlike(t("This segment"), segments.names)
    chosen = {this: members, other: segments.members(other)}
    ui.table(audiences.side_by_side(customers, chosen), "side_by_side", download=False)
    if members.all():
        st.caption(t("Everybody is in this segment: choose conditions to tell what sets it apart."))
        return
    found = panels.compared(chosen, bought, products)
    if found.is_empty():
        few = audiences.FEW
        st.caption(t("Nothing that {few:integer} of them buy is bought more here.", few=few))
        return
    st.markdown(t("What they buy more than the others, surest first"))
    if found["lift_low"][0] <= 1:
        st.caption(t("None of it is sure: every interval reaches down to 1 (no difference)."))
    ui.table(found, "over_bought")


ui.part(build)
ui.method_note("segment_builder")
