"""Customer segments: who is worth what, who is slipping, and what to do about each group."""

from functools import partial

import polars as pl
import streamlit as st

from core.analyses.segments import NEEDS, Config, Result, run
from dashboard import ui
from dashboard.cache import cached, derived
from dashboard.charts import segments as charts
from dashboard.i18n import t, term
from dashboard.panels import learned as panels_learned
from dashboard.panels import segments as panels_segments

LISTED = [
    *("customer_id", "rfm_segment", "cluster_name", "recency_days", "orders", "revenue"),
    *("average_order", "days_between_orders", "last_order", "r_score", "f_score", "m_score"),
    "wholesale",
]


def groups(result: Result) -> None:
    """What the groups are worth and what they did next."""
    rfm = result.segments.filter(pl.col("scheme") == "rfm")
    ui.chart(charts.shares(rfm), "shares")
    ui.table(charts.advised(rfm), "segments")
    if (days := result.config.compare_days) and not result.next_period.is_empty():
        ui.chart(charts.came_back(result.next_period, days), "came_back")
    if not result.cuts.is_empty():
        st.caption(
            t(
                "Cut points: a score begins at 1 and gains one for each that is reached; for days"
                " since the last order it begins at the best and loses one for each that is passed"
            )
        )
        ui.table(charts.cut_points(result.cuts), "cuts", download=False)


def people(result: Result) -> None:
    """The customers behind a square of the map, or of a group."""
    left, right = st.columns(2)
    with left:
        across = ui.choice(t("Recency against"), ["f_score", "m_score"], "segments.across")
    with right:
        value = ui.choice(t("Colour by"), ["customers", "revenue"], "segments.colour")
    chosen = panels_segments.picked(result, across, value)
    names = result.customers["rfm_segment"].unique().sort().to_list()
    wanted = st.pills(
        t("Groups"),
        names,
        selection_mode="multi",
        format_func=term,
        key="segments.groups",
        persist_state="session",
    )
    best = derived(result.best_first)
    table = best.select(column for column in LISTED if column in best.columns)
    if chosen is not None:
        table = table.filter(chosen)
    if wanted:
        table = table.filter(pl.col("rfm_segment").is_in(wanted))
    st.caption(t("{shown:integer} customers, best first", shown=table.height))
    ui.table(charts.named(table, "cluster_name", "rfm_segment"), "customers")


def movement(result: Result) -> None:
    """Who moved from one group to another since the earlier day."""
    if result.moves.is_empty():
        st.info(t("There is no earlier day to compare with yet."))
        return
    ui.part(partial(flows, result))
    ui.table(charts.named(result.moves, "from_segment", "to_segment"), "segment_moves")


def flows(result: Result) -> None:
    """The moves as ribbons, as wide as the reader chooses."""
    value = ui.choice(t("Width by"), ["customers", "spend_before", "spend_since"], "moves.width")
    ui.chart(charts.flows(result.moves, value), "flows")


data = ui.open_page(
    "segments",
    t("Customer segments"),
    t("Who are my best customers, who is slipping away, and what do I say to each group?"),
    NEEDS,
)
config = ui.controls(Config)
answer = cached(run, data, config)
ui.findings(derived(answer.explain))
ui.views(
    "segments",
    {
        "groups": (t("Groups"), lambda: groups(answer)),
        "customers": (t("Customers"), lambda: people(answer)),
        "movement": (t("Movement"), lambda: movement(answer)),
        "profiles": (t("Profiles"), lambda: panels_segments.profile_view(answer)),
        "clusters": (t("Clusters"), lambda: panels_segments.cluster_view(answer)),
        "learned": (t("Learned profile"), lambda: panels_learned.learned_view(data)),
    },
)
ui.closing("segments", answer, answer.evidence)
