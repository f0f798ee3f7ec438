"""UpSet plot: how many customers are in exactly which segments."""

from collections.abc import Sequence

import plotly.graph_objects as go
import polars as pl
from plotly.subplots import make_subplots

from dashboard import charts, i18n
from dashboard.i18n import t, term


def upset(overlap: pl.DataFrame, names: Sequence[str]) -> go.Figure:
    """A bar per combination, largest first, over dots that say which segments it is of.

    overlap: audiences (list of names), customers. Source: Lex et al. (2014), IEEE TVCG 20(12).
    """
    rows = list(overlap.iter_rows(named=True))
    together = sum(row["customers"] for row in rows if len(row["audiences"]) == len(names))
    title = t(
        "{shared:integer} customers are in all {segments:integer} segments, {any:integer} in at"
        " least one",
        shared=together,
        segments=len(names),
        any=int(overlap["customers"].sum()),
    )
    drawn = make_subplots(
        rows=2, cols=1, shared_xaxes=True, row_heights=[0.62, 0.38], vertical_spacing=0.04
    )
    drawn.update_layout(charts.figure(title, height=300 + 34 * len(names)).layout)
    at = list(range(len(rows)))
    said = [" + ".join(charts.text(name) for name in row["audiences"]) for row in rows]
    drawn.add_bar(
        x=at,
        y=[row["customers"] for row in rows],
        text=[i18n.value(row["customers"], "integer") for row in rows],
        textposition="outside",
        cliponaxis=False,
        marker_color=charts.ACCENT,
        hovertext=said,
        hoverinfo="text+y",
        row=1,
        col=1,
    )
    for column, row in enumerate(rows):
        inside = [names.index(name) for name in row["audiences"]]
        drawn.add_scatter(
            x=[column] * len(inside), y=inside, mode="lines+markers", row=2, col=1,
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
