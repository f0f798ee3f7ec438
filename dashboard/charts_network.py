"""The network of products that are bought together, with names that do not lie on each other."""

import plotly.graph_objects as go
import polars as pl
import streamlit as st

from core.analyses.association_rules.network import Network, network
from core.analyses.association_rules.result import Result
from dashboard import charts, i18n, ui
from dashboard.charts import MUTED, PALETTE
from dashboard.i18n import t

#: The drawing in pixels on a usual screen, a letter's width there, and the longest name.
WIDE, HIGH, LETTER, WIDE_LETTER, LINE, LONGEST = 800, 480, 7, 12, 15, 26
#: How far a name stands from the middle of its point.
APART = 22

Box = tuple[float, float, float, float]


def network_panel(result: Result) -> str | None:
    """The network, and the product that the reader clicked on, if any."""
    drawn = network(result.rules, result.products)
    if drawn.nodes.is_empty():
        return None
    st.markdown(f"**{i18n.plain(_title(drawn))}**")
    picked = st.plotly_chart(
        network_chart(drawn),
        key="rules.network",
        on_select="rerun",
        selection_mode="points",
        config=ui.chart_config(),
        alt=_title(drawn),
    )
    st.caption(t("Click on a product to see its rules alone; double-click to see all again."))
    points = picked["selection"]["points"]
    chosen = points[0].get("customdata") if points else None
    if isinstance(chosen, list):
        chosen = chosen[0] if chosen else None
    return str(chosen) if chosen else None


def _title(drawn: Network) -> str:
    return t(
        "The {pairs:integer} strongest pairs tie {products:integer} products into"
        " {clusters:integer} groups",
        pairs=drawn.edges.height,
        products=drawn.nodes.height,
        clusters=drawn.nodes["cluster"].n_unique(),
    )


def network_chart(drawn: Network) -> go.Figure:
    """Products as points, coloured by cluster, pairs as lines."""
    figure = charts.figure("", height=560, hovermode="closest", showlegend=False)
    nodes = drawn.nodes
    where = {row["product_id"]: (row["x"], row["y"]) for row in nodes.to_dicts()}
    ends = [(where[a], where[c]) for a, c in drawn.edges.select("antecedent", "consequent").rows()]
    figure.add_scatter(
        x=[x for (x1, _), (x2, _) in ends for x in (x1, x2, None)],
        y=[y for (_, y1), (_, y2) in ends for y in (y1, y2, None)],
        mode="lines",
        line={"color": charts.rgba(MUTED, 0.6), "width": 1.5},
        hoverinfo="skip",
    )
    largest = nodes["orders"].max() or 1
    figure.add_scatter(
        x=nodes["x"].to_list(),
        y=nodes["y"].to_list(),
        mode="markers",
        customdata=nodes["product_id"].to_list(),
        hovertext=charts.hover(nodes, ["product_name", "orders"]),
        hoverinfo="text",
        marker={
            "size": ((nodes["orders"] / largest).sqrt() * 22 + 8).to_list(),
            "color": [PALETTE[cluster % len(PALETTE)] for cluster in nodes["cluster"]],
            "opacity": 1.0,
        },
    )
    names = placed_names(nodes)
    figure.add_scatter(
        x=[x for x, _, _ in names],
        y=[y for _, y, _ in names],
        mode="text",
        text=[name for _, _, name in names],
        textfont={"size": 11},
        hoverinfo="skip",
    )
    hidden = {"visible": False, "range": [-0.08, 1.08]}
    return figure.update_layout(xaxis=hidden, yaxis=hidden)


def placed_names(nodes: pl.DataFrame) -> list[tuple[float, float, str]]:
    """(x, y, name) of the names that find a free place; the others are read by hovering.

    First the most ordered product of each cluster, then by orders; above, below, right or left.
    """
    rank = pl.col("orders").rank("ordinal", descending=True).over("cluster")
    ordered = nodes.with_columns(leads=rank == 1).sort(
        "leads", "orders", "product_id", descending=[True, True, False]
    )
    taken = [_box(x * WIDE, y * HIGH, 2 * 14, 2 * 14) for x, y in nodes.select("x", "y").rows()]
    names: list[tuple[float, float, str]] = []
    for x, y, name in ordered.select("x", "y", "product_name").rows():
        shown = charts.text(name, LONGEST)
        width = sum(WIDE_LETTER if ord(letter) > 0x2E80 else LETTER for letter in name[:LONGEST])
        for across, up in ((0, 1), (0, -1), (1, 0), (-1, 0)):
            side = APART + width / 2 - 4
            middle = x * WIDE + across * side, y * HIGH + up * APART
            box = _box(*middle, width, LINE)
            if _inside(box) and not any(_meet(box, other) for other in taken):
                taken.append(box)
                names.append((middle[0] / WIDE, middle[1] / HIGH, shown))
                break
    return names


def _box(x: float, y: float, width: float, height: float) -> Box:
    return x - width / 2, x + width / 2, y - height / 2, y + height / 2


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[1] and other[0] < one[1] and one[2] < other[3] and other[2] < one[3]


def _inside(box: Box) -> bool:
    return box[0] > -0.07 * WIDE and box[1] < 1.07 * WIDE
