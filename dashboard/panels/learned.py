"""The learned profile of customers beside plain features, and look-alikes of a segment."""

from functools import partial

import plotly.graph_objects as go
import polars as pl
import streamlit as st

from core.analyses.segments import autoencoder
from core.analyses.segments.autoencoder import Config, Result
from core.dataset import Dataset
from core.errors import CoreError
from dashboard import charts, ui
from dashboard.cache import cached, derived
from dashboard.i18n import t, term

#: Points that the map draws (more would need WebGL); nearest customers that are listed.
MAP_POINTS, NEAREST, SHOWN = 500, 500, 100
FEWEST = 20
#: Found again by chance: above this, the segment is too large to have look-alikes.
MOSTLY = 0.5


def answer(data: Dataset) -> Result | None:
    """The learned profile; None, and a sentence, where the data cannot carry it."""
    try:
        return cached(autoencoder.run, data, Config())
    except CoreError as error:
        ui.error(error)
        return None


def learned_view(data: Dataset) -> None:
    """Is a network's description of customers better than a few plain figures?"""
    if (result := answer(data)) is None:
        return
    ui.findings(result.explain())
    if result.evidence.is_empty():
        return
    spend = result.evidence.filter(pl.col("metric") == "spend_explained")
    ui.chart(compared(spend), "learned_compared")
    ui.table(result.evidence.select("method", "metric", "value", "low", "high"), "learned_evidence")
    more = partial(mapped, result.customers)
    ui.fold(t("The network's map of customers, and its clusters"), more, "segments.map")


def mapped(customers: pl.DataFrame) -> None:
    """The network's map, and the cluster of every customer."""
    ui.chart(pictured(customers), "learned_map")
    listed = customers.drop("x", "y").sort("cluster", "customer_id")
    ui.table(listed.head(SHOWN), "learned_clusters", take=listed)


def compared(spend: pl.DataFrame) -> go.Figure:
    """Next spend explained by clusters on each profile, with intervals."""
    ordered = spend.sort("value", descending=True)
    title = t(
        "Of these, clusters on “{method:label}” explain next spend best",
        method=ordered["method"][0],
    )
    figure = charts.bars(ordered, "method", "value", title, interval=("low", "high"))
    figure.layout.xaxis.title.text = term("spend_explained")
    figure.layout.xaxis.tickformat = ".0%"
    return figure


def pictured(customers: pl.DataFrame) -> go.Figure:
    """The customers as the network sees them: near is alike."""
    drawn = customers.sort("cluster", "customer_id").gather_every(
        max(1, -(-customers.height // MAP_POINTS))
    )
    title = t("The network's map of customers: who is near is alike; colours are its clusters")
    named = drawn.with_columns(cluster=pl.format("{}", "cluster"))
    figure = charts.scatter(named, "x", "y", title, group="cluster", more=["revenue"])
    figure.layout.xaxis.visible = figure.layout.yaxis.visible = False
    return figure


def look_alikes(data: Dataset, members: pl.DataFrame) -> None:
    """Customers outside the segment who are most like its members."""
    if members.height < FEWEST:
        st.caption(t("Look-alikes need a segment of {need:integer} customers.", need=FEWEST))
        return
    if (result := answer(data)) is None:
        return
    ids = tuple(members["customer_id"].sort())
    found = derived(result.hidden_found, ids).sort("recovered", "method", descending=[True, False])
    best = found.filter(pl.col("method") != "chance")["method"][0]
    share = dict(found.iter_rows())
    method = ui.choice(t("Alike by"), result.vectors, "builder.alike", best)
    st.caption(
        t(
            "Tested by hiding every other member: {share:percent} of the hidden are found among as"
            " many nearest customers; by chance {chance:percent}.",
            share=share[method],
            chance=share["chance"],
        )
    )
    if share["chance"] > MOSTLY:
        st.caption(t("Most customers are in this segment: being like them says little."))
    ui.table(found, "hidden_found", download=False)
    nearest = derived(result.look_alikes, ids, method).head(NEAREST)
    ui.table(nearest.head(SHOWN), "look_alikes", take=nearest)
