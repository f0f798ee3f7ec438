"""The network of products that are bought together, with names that do not lie on each other."""

from typing import NamedTuple

import plotly.graph_objects as go
import polars as pl

from core.analyses.association_rules.network import Network
from dashboard import charts
from dashboard.charts import MUTED, PALETTE
from dashboard.i18n import t

#: The drawing in pixels on a small projector, a letter's width there, and the longest name.
WIDE, HIGH, LETTER, WIDE_LETTER, LINE, LONGEST = 500, 480, 7, 12, 15, 22
#: How far the middle of a name's line stands from the middle of its point; a point's width.
APART, POINT = 24, 28
#: Where a name may stand: what Plotly calls it, and the direction from the point.
PLACES = {
    "top center": (0, 1),
    "bottom center": (0, -1),
    "middle right": (1, 0),
    "middle left": (-1, 0),
}

Box = tuple[float, float, float, float]


def picture(drawn: Network) -> go.Figure | None:
    """The network, if it has any pair."""
    return None if drawn.nodes.is_empty() else network_chart(drawn)


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
    hidden = {"visible": False, "range": [-0.08, 1.08]}
    figure = charts.figure(
        _title(drawn),
        height=560,
        hovermode="closest",
        showlegend=False,
        xaxis=hidden,
        yaxis=hidden,
    )
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
        x=[name.x for name in names],
        y=[name.y for name in names],
        mode="markers+text",
        cliponaxis=False,
        customdata=[name.product_id for name in names],
        marker={"size": POINT, "color": "rgba(0,0,0,0)"},
        text=[name.text for name in names],
        textposition=[name.place for name in names],
        textfont={"size": 11},
        hoverinfo="skip",
    )
    return figure


class Name(NamedTuple):
    """A name beside its point (x, y); `place` is Plotly's word for the side."""

    product_id: str
    x: float
    y: float
    text: str
    place: str


def placed_names(nodes: pl.DataFrame) -> list[Name]:
    """The names that find a free place; the others are read by hovering.

    First the most ordered product of each cluster, then by orders; above, below, right or left.
    """
    rank = pl.col("orders").rank("ordinal", descending=True).over("cluster")
    ordered = nodes.with_columns(leads=rank == 1).sort(
        "leads", "orders", "product_id", descending=[True, True, False]
    )
    taken = [_box(x * WIDE, y * HIGH, POINT, POINT) for x, y in nodes.select("x", "y").rows()]
    names: list[Name] = []
    for product, x, y, name in ordered.select("product_id", "x", "y", "product_name").rows():
        for place in PLACES:
            box = _name_box(x, y, name[:LONGEST], place)
            if _inside(box) and not any(_meet(box, other) for other in taken):
                taken.append(box)
                names.append(Name(product, x, y, charts.text(name, LONGEST), place))
                break
    return names


def _name_box(x: float, y: float, name: str, place: str) -> Box:
    width = sum(WIDE_LETTER if ord(letter) > 0x2E80 else LETTER for letter in name)
    across, up = PLACES[place]
    return _box(x * WIDE + across * (POINT / 2 + 3 + width / 2), y * HIGH + up * APART, width, LINE)


def _box(x: float, y: float, width: float, height: float) -> Box:
    return x - width / 2, x + width / 2, y - height / 2, y + height / 2


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[1] and other[0] < one[1] and one[2] < other[3] and other[2] < one[3]


def _inside(box: Box) -> bool:
    return box[0] > -0.07 * WIDE and box[1] < 1.07 * WIDE
