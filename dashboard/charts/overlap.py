"""UpSet plot: how many customers are in exactly which segments, or buy in which categories."""

from collections.abc import Sequence

import plotly.graph_objects as go
import polars as pl
from plotly.subplots import make_subplots

from dashboard import charts, i18n
from dashboard.i18n import t, term


def segments(overlap: pl.DataFrame, names: Sequence[str]) -> go.Figure:
    """Which of the segments customers are in. overlap: audiences (list of names), customers."""
    held, customers = overlap["audiences"].to_list(), overlap["customers"].to_list()
    together = sum(
        n for inside, n in zip(held, customers, strict=True) if len(inside) == len(names)
    )
    title = t(
        "{shared:integer} customers are in all {segments:integer} segments, {any:integer} in at"
        " least one",
        shared=together,
        segments=len(names),
        any=sum(customers),
    )
    return upset(held, customers, names, title)


def upset(
    held: Sequence[Sequence[str]], customers: Sequence[int], names: Sequence[str], title: str
) -> go.Figure:
    """A bar per combination over dots that say which of the `names` it holds.

    Source: Lex et al. (2014), IEEE TVCG 20(12).
    """
    drawn = make_subplots(
        rows=2, cols=1, shared_xaxes=True, row_heights=[0.62, 0.38], vertical_spacing=0.04
    )
    drawn.update_layout(charts.figure(title, height=300 + 34 * len(names)).layout)
    said = [" + ".join(charts.text(name) for name in inside) for inside in held]
    drawn.add_bar(
        x=list(range(len(held))),
        y=list(customers),
        text=[i18n.value(n, "integer") for n in customers],
        textposition="outside",
        cliponaxis=False,
        marker_color=charts.ACCENT,
        hovertext=said,
        hoverinfo="text+y",
        row=1,
        col=1,
    )
    for column, inside in enumerate(held):
        at = [names.index(name) for name in inside]
        drawn.add_scatter(
            x=[column] * len(at), y=at, mode="lines+markers", row=2, col=1,
            marker={"size": 13, "color": charts.ACCENT}, line={"color": charts.ACCENT, "width": 3},
            hovertext=said[column], hoverinfo="text",
        )  # fmt: skip
    drawn.update_xaxes(visible=False)
    drawn.update_yaxes(title={"text": term("customers")}, row=1, col=1)
    drawn.update_yaxes(
        tickvals=list(range(len(names))), ticktext=[charts.text(name) for name in names],
        autorange="reversed", automargin=True, row=2, col=1,
    )  # fmt: skip
    return drawn.update_layout(showlegend=False)
