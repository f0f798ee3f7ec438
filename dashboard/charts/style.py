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


#: Pixels of a margin that hold a legend or a scale above; ticks below, a year under a month or an
#: axis title more; and beside the labels, of which a Latin letter or a figure takes so much, a
#: Chinese one so much. Labels that lean rise so much for each pixel of their length.
LEGEND, SCALE, TICKS, YEAR, TITLE, BESIDE, NARROW, WIDE = 43, 87, 34, 16, 13, 24, 6, 13
LEANING, RISE = -40, 0.7


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
            "margin": {"l": 8, "r": 36, "t": 20, "b": 8},
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


def local_ticks(traces: Sequence[Any], layout: dict[str, Any]) -> None:
    """Numbers as everywhere else, and days without "Jan" where the reader speaks no English."""
    for letter in "xy":
        first = _first(traces, letter)
        for drawn in axes(layout, letter):
            if isinstance(first, date):
                if state.language() != "en":
                    drawn["tickformatstops"] = DAYS
            elif isinstance(first, int | float):
                drawn.setdefault("tickformat", NUMBERS)


def axes(layout: dict[str, Any], letter: str) -> list[dict[str, Any]]:
    """The axes of a layout that run along `letter`, of which there is always one."""
    layout.setdefault(f"{letter}axis", {})
    return [drawn for name, drawn in layout.items() if name.startswith(f"{letter}axis")]


def _first(traces: Sequence[Any], letter: str) -> object:
    """The first value along `letter` of any trace."""
    for trace in traces:
        values = getattr(trace, letter, None)
        if values is not None and len(values):
            return values[0].item() if isinstance(values[0], np.generic) else values[0]
    return None


def drawable(figure: go.Figure) -> go.Figure:
    """The figure without its title, which the page writes above it, in ink and ticks of this page.

    Streamlit hands a chart to Plotly twice when it appears: with a template, without a revision of
    the data or with another `autosize` it would be drawn twice (see also app.css). The layout is
    set as a whole: one option at a time takes six times as long.
    """
    layout = figure.layout.to_plotly_json()
    font = {"family": FONT, "color": ink(), "size": layout.get("font", {}).get("size", 13)}
    told = {"bgcolor": ground(), "bordercolor": RULE, "font": font}
    layout |= {"title": None, "font": font, "autosize": True, "datarevision": 1}
    layout |= {"paper_bgcolor": ground(), "plot_bgcolor": ground()}
    layout["hoverlabel"] = layout.get("hoverlabel", {}) | told
    across, down = axes(layout, "x"), axes(layout, "y")
    sideways = any(drawn.get("type") == "category" for drawn in down)
    for drawn in across:
        drawn["zeroline"] = False
        drawn.setdefault("showgrid", sideways and drawn.get("type") != "category")
    for drawn in down:
        drawn["showgrid"] = drawn.get("showgrid", True) and drawn.get("type") != "category"
    for drawn in (*across, *down):
        drawn |= {"tickfont": font, "automargin": True, "ticks": ""}
        drawn |= dict.fromkeys(("gridcolor", "zerolinecolor", "linecolor"), RULE)
        drawn["title"] = drawn.get("title", {}) | {"font": font}
    _make_room(figure.data, layout)
    local_ticks(figure.data, layout)
    figure.layout = layout
    return figure


def _make_room(traces: Sequence[Any], layout: dict[str, Any]) -> None:
    """Margins that will hold labels, legend and scale: where one must grow Plotly draws twice."""
    margin, across, down = layout["margin"], layout["xaxis"], layout["yaxis"]
    scaled = [drawn for drawn in traces if "colorbar" in drawn and drawn.colorbar.orientation]
    keys = [drawn.showlegend for drawn in traces if "showlegend" in drawn]
    keyed = any(keys) or len([key for key in keys if key is not False]) > 1
    if scaled and scaled[0].showscale is not False:
        margin["t"] = max(margin["t"], SCALE)
    elif keyed and layout.get("showlegend", True):
        margin["t"] = max(margin["t"], LEGEND)
    one = "xaxis2" not in layout and any("y" in drawn for drawn in traces)
    if not one or not down.get("visible", True):
        return
    below = TICKS + (TITLE if across["title"].get("text") else 0)
    if across.get("tickangle") == LEANING:
        below += int(RISE * _widest(traces, "x"))
    elif isinstance(_first(traces, "x"), date) and state.language() == "en":
        below += YEAR
    margin["b"] = max(margin["b"], below)
    if down.get("showticklabels", True):
        titled = TITLE if down["title"].get("text") else 0
        margin["l"] = max(margin["l"], BESIDE + _widest(traces, "y") + titled)


def _widest(traces: Sequence[Any], letter: str) -> int:
    """Pixels that an axis's widest label takes, about; figures a letter more."""
    written = ["1000%0"]
    for drawn in traces:
        values = drawn[letter] if letter in drawn and drawn[letter] is not None else ()
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
