"""What all charts share: palette, axes, hover texts, escaping, the empty figure in house style."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import plotly.graph_objects as go
import plotly.io as pio
import polars as pl
import streamlit as st

from dashboard import export, i18n, state
from dashboard.i18n import clean, label, term, term_format

__all__ = ["label"]
# The look is set by `drawable` and by the report: a template would be made to be thrown away.
pio.templates.default = None

#: Near Okabe & Ito's, moved until each stands 3:1 on white and on the dark page, and any two are
#: told apart with each kind of colour-blindness (Machado et al. 2009); a test computes it.
PALETTE = (
    "#016baa", "#df6200", "#0ea867", "#b67ba7", "#985321", "#6091de", "#8d52f7", "#7e6f72",
)  # fmt: skip
ACCENT, MUTED = PALETTE[0], "#8896a3"
GOOD, BAD = PALETTE[2], PALETTE[1]
SEQUENTIAL = ["#e8f1f8", "#b3d3e8", "#74add1", "#3886b8", "#0a5c8f", "#04395b"]
#: Behind figures: so pale that one ink reads on all of it.
PALE, INK = SEQUENTIAL[:3], "#10202c"
#: The page's font, and the colour of lines that only guide the eye, on white and on dark.
FONT, RULE = '"Source Sans", sans-serif', "rgba(128,140,155,0.3)"
#: Points that one trace may hold before WebGL draws it, and before it is thinned.
WEBGL_POINTS, MAX_POINTS = 1000, 2000


#: Pixels of a margin that hold a legend or a scale above, ticks below, an axis title more; and
#: beside the labels, of which a Latin letter or a figure takes so much, a Chinese one so much.
LEGEND, SCALE, TICKS, TITLE, BESIDE, NARROW, WIDE = 43, 87, 34, 13, 18, 6, 13


class Escaped(str):
    """Text that Plotly will show as it is."""

    __slots__ = ()


def text(value: object, longest: int = 40) -> Escaped:
    """Text from the data, escaped for any label of Plotly; escaping twice changes nothing."""
    if isinstance(value, Escaped):
        return value
    line = clean(value, longest)
    return Escaped(line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))


def axis(name: str) -> dict[str, Any]:
    """Title with unit, and tick format, of an axis that shows column `name`."""
    spec = term_format(name)
    settings: dict[str, Any] = {"title": {"text": text(label(name))}, "automargin": True}
    if spec == "percent":
        settings["tickformat"] = ".3~p"
    elif spec in {"integer", "money", "number"}:
        settings["tickformat"] = NUMBERS
    return settings


def scale(name: str) -> dict[str, Any]:
    """The legend of a coloured grid: what its colours mean, with the unit.

    Above the grid: beside it, it would leave a narrow screen no room for the cells.
    """
    return {
        "title": {"text": text(label(name)), "font": {"size": 13}},
        "orientation": "h",
        "y": 1,
        "yanchor": "bottom",
        "thickness": 12,
        "outlinewidth": 0,
        "nticks": 5,
        "tickformat": axis(name).get("tickformat", NUMBERS),
    }


def shown(values: pl.Series, column: str | None = None) -> list[Any]:
    """A column's values as a chart shows them: codes as terms, customers as pseudonyms."""
    column = column or values.name
    if column in export.CUSTOMER_KEYS:
        values = export.masked(values.to_frame(column))[column]
    if term_format(column) == "label":
        return [text(i18n.code(value, column)) for value in values]
    if values.dtype in (pl.String, pl.Categorical, pl.Enum):
        return [text(value) if value is not None else "–" for value in values]
    return list(values.to_list())


def hover(frame: pl.DataFrame, columns: Sequence[str]) -> list[str]:
    """One text per row: each column's label and value, written by locale."""
    written = [
        [f"{text(term(name))}: {_written(value, name)}" for value in _masked(frame, name)]
        for name in dict.fromkeys(columns)
    ]
    return ["<br>".join(row) for row in zip(*written, strict=True)]


def _masked(frame: pl.DataFrame, name: str) -> pl.Series:
    return export.masked(frame.select(name))[name]


def _written(value: object, name: str) -> str:
    spec = term_format(name)
    if spec is None and isinstance(value, float):
        spec = "number"
    written = i18n.code(value, name) if spec == "label" else i18n.value(value, spec)
    return text(written, 120)


def figure(title: str, *, height: int = 360, **layout: Any) -> go.Figure:  # noqa: ANN401
    """An empty figure in the house style."""
    return go.Figure(
        layout={
            "title": {"text": text(title, 300)},
            "height": height,
            # To the right, half of a last tick's label: Plotly leaves out one that does not fit.
            "margin": {"l": 8, "r": 32, "t": 16, "b": 8},
            "colorway": list(PALETTE),
            "legend": {
                "orientation": "h",
                "traceorder": "normal",
                "yanchor": "bottom",
                "y": 1.0,
                "x": 0,
                "title": None,
            },
            "hoverlabel": {"align": "left"},
            "font": {"size": 13},
            "dragmode": False,
            "barcornerradius": 3,
            **layout,
        }
    )


#: Thousands apart, never "k": as the tables and sentences write them.
NUMBERS = ",~f"
#: Numbers only, so that they read alike in every language.
DAYS = [
    {"dtickrange": [None, "M1"], "value": "%Y-%m-%d"},
    {"dtickrange": ["M1", None], "value": "%Y-%m"},
]


def local_ticks(drawn: go.Figure) -> go.Figure:
    """Numbers as everywhere else, and days without "Jan" where the reader speaks no English."""
    for axis_of, update in (("x", drawn.update_xaxes), ("y", drawn.update_yaxes)):
        first = next(
            (v for trace in drawn.data for v in _some(getattr(trace, axis_of, None))), None
        )
        if isinstance(first, date):
            if state.language() != "en":
                update(tickformatstops=DAYS)
        elif isinstance(first, int | float):
            update(tickformat=NUMBERS, selector=lambda axis: axis.tickformat is None)
    return drawn


def _some(values: Any) -> list[Any]:  # noqa: ANN401
    found = list(values[:20]) if values is not None else []
    return [value.item() if isinstance(value, np.generic) else value for value in found]


def drawable(figure: go.Figure) -> go.Figure:
    """The figure without its title, which the page writes above it, in ink and ticks of this page.

    Streamlit hands a chart to Plotly twice when it appears: with a template, without a revision of
    the data or with another `autosize` it would be drawn twice (see also app.css). Each option is
    set by itself: that takes a fifth of what Plotly's own updating takes.
    """
    layout, size = figure.layout, figure.layout.font.size or 13
    font = {"family": FONT, "color": ink(), "size": size}
    layout.title = None
    layout.font, layout.autosize, layout.datarevision = font, True, 1
    layout.paper_bgcolor = layout.plot_bgcolor = layout.hoverlabel.bgcolor = ground()
    layout.hoverlabel.bordercolor, layout.hoverlabel.font = RULE, font
    sideways = any(drawn.type == "category" for drawn in figure.select_yaxes())
    for drawn in figure.select_xaxes():
        drawn.zeroline = False
        if drawn.showgrid is None:
            drawn.showgrid = sideways and drawn.type != "category"
    for drawn in figure.select_yaxes():
        drawn.showgrid = drawn.showgrid is not False and drawn.type != "category"
    for drawn in (*figure.select_xaxes(), *figure.select_yaxes()):
        drawn.tickfont, drawn.title.font, drawn.automargin, drawn.ticks = font, font, True, ""
        drawn.gridcolor = drawn.zerolinecolor = drawn.linecolor = RULE
    _make_room(figure)
    return local_ticks(figure)


def _make_room(figure: go.Figure) -> None:
    """Margins that will hold labels, legend and scale: where one must grow Plotly draws twice."""
    layout, across, down = figure.layout, figure.layout.xaxis, figure.layout.yaxis
    scaled = [drawn for drawn in figure.data if "colorbar" in drawn and drawn.colorbar.orientation]
    keys = [drawn.showlegend for drawn in figure.data if "showlegend" in drawn]
    keyed = any(keys) or len([key for key in keys if key is not False]) > 1
    if scaled and scaled[0].showscale is not False:
        layout.margin.t = max(layout.margin.t, SCALE)
    elif keyed and layout.showlegend is not False:
        layout.margin.t = max(layout.margin.t, LEGEND)
    one = "xaxis2" not in layout and any("y" in drawn for drawn in figure.data)
    if not one or down.visible is False:
        return
    layout.margin.b = max(layout.margin.b, TICKS + (TITLE if across.title.text else 0))
    if down.showticklabels is not False:
        titled = TITLE if down.title.text else 0
        layout.margin.l = max(layout.margin.l, BESIDE + _widest(figure) + titled)


def _widest(figure: go.Figure) -> int:
    """Pixels that the vertical axis's widest label takes, about; figures a letter more."""
    written = ["1000%0"]
    for drawn in figure.data:
        values = drawn.y if "y" in drawn and drawn.y is not None else ()
        for value in values:
            written += value.split("<br>") if isinstance(value, str) else []
        numbers = [abs(value) for value in values if isinstance(value, int | float)]
        written.append(f"{max(numbers, default=0):,.0f}0")
    return max(sum(WIDE if ord(sign) > 0x2E80 else NARROW for sign in line) for line in written)


def ink() -> str:
    """The colour of axis text: readable from the back row, in light and in dark."""
    return "#dde3e9" if st.context.theme.type == "dark" else "#30363d"


def ground() -> str:
    """The colour of the page, as config.toml has it."""
    return "#12161b" if st.context.theme.type == "dark" else "#ffffff"


def groups(frame: pl.DataFrame, column: str | None) -> list[tuple[str, str, pl.DataFrame]]:
    """(name as shown, colour, rows) of each value of `column`, in order of appearance."""
    if column is None:
        return [("", ACCENT, frame)]
    parts = frame.partition_by(column, maintain_order=True)
    return [
        (shown(part[column].head(1), column)[0], PALETTE[n % len(PALETTE)], part)
        for n, part in enumerate(parts)
    ]
