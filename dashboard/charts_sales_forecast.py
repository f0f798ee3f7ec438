"""What the sales forecast page draws."""

import plotly.graph_objects as go
import polars as pl

from core.analyses.sales_forecast import Result
from dashboard import charts
from dashboard.i18n import t, term

SHOWN_WEEKS, YEAR = 104, 52


def known(frame: pl.DataFrame) -> pl.DataFrame:
    """The weeks ahead without columns of which nothing is known."""
    return frame.select(c for c in frame.columns if frame[c].null_count() < len(frame))


def ahead_chart(result: Result) -> go.Figure:
    """The last two years, the weeks ahead with their range, and the same weeks of last year."""
    past, ahead = result.history.tail(SHOWN_WEEKS), result.forecast
    drawn = charts.figure(
        t("The weeks ahead: {low:integer} to {high:integer} a week in eight weeks of ten",
          low=ahead["p10"].mean(), high=ahead["p90"].mean())
        if ahead["p10"].null_count() == 0
        else t("The weeks ahead: about {mean:integer} a week", mean=ahead["mean"].mean())
    )  # fmt: skip
    drawn.add_scatter(
        x=past["period_start"].to_list(),
        y=past["sold"].to_list(),
        mode="lines",
        line={"color": charts.MUTED, "width": 2},
        name=charts.text(term("sold")),
    )
    drawn.add_traces(_band(ahead))
    if ahead["year_before"].null_count() < len(ahead):
        drawn.add_scatter(
            x=ahead["period_start"].to_list(),
            y=ahead["year_before"].to_list(),
            mode="lines",
            line={"color": charts.MUTED, "width": 2, "dash": "dot"},
            name=charts.text(term("year_before")),
        )
    return drawn.update_layout(yaxis=_axis(result))


def hindsight_chart(result: Result) -> go.Figure:
    """What was sold in the last four weeks, and what the forecast made before them said."""
    month = result.hindsight
    title = t(
        "Forecast four weeks ago: {mean:integer}; sold: {sold:integer}",
        mean=result.past["mean"],
        sold=result.past["sold"],
    )
    drawn = charts.figure(title)
    drawn.add_bar(
        x=month["period_start"].to_list(),
        y=month["sold"].to_list(),
        marker_color=charts.MUTED,
        name=charts.text(term("sold")),
    )
    drawn.add_traces(_band(month))
    return drawn.update_layout(yaxis=_axis(result))


def season_chart(result: Result) -> go.Figure:
    """Each week of the coming year against an average week."""
    best = result.season.sort("season_index", descending=True).row(0, named=True)
    title = t("The strongest week begins {day:date}", day=best["period_start"])
    return charts.lines(result.season, "period_start", "season_index", title)


def level_chart(result: Result) -> go.Figure:
    """Sales with the season taken out: whether the shop grows."""
    rows = result.history.tail(SHOWN_WEEKS)
    now, then = rows["without_season"][-1], rows["without_season"][max(len(rows) - 1 - YEAR, 0)]
    change = now / then - 1 if then else 0.0
    title = (
        t("Without the season, sales stand {change:percent} above a year ago", change=change)
        if change >= 0
        else t("Without the season, sales stand {change:percent} below a year ago", change=-change)
    )
    drawn = charts.figure(title)
    for column, colour in (("sold", charts.MUTED), ("without_season", charts.ACCENT)):
        drawn.add_scatter(
            x=rows["period_start"].to_list(),
            y=rows[column].to_list(),
            mode="lines",
            line={"color": colour, "width": 2},
            name=charts.text(term(column)),
        )
    return drawn.update_layout(yaxis=_axis(result))


def _axis(result: Result) -> dict[str, object]:
    return charts.axis(result.config.measure) | {"rangemode": "tozero"}


def _band(rows: pl.DataFrame) -> list[go.Scatter]:
    days = rows["period_start"].to_list()
    edge = {"width": 0, "color": charts.ACCENT}
    mean = go.Scatter(
        x=days, y=rows["mean"].to_list(), mode="lines+markers",
        line={"color": charts.ACCENT, "width": 2.5}, name=charts.text(t("Expected")),
    )  # fmt: skip
    if rows["p10"].null_count():
        return [mean]
    return [
        go.Scatter(x=days, y=rows["p90"].to_list(), mode="lines", line=edge, showlegend=False,
                   name=charts.text(term("p90"))),
        go.Scatter(
            x=days, y=rows["p10"].to_list(), mode="lines", line=edge, fill="tonexty",
            fillcolor=charts.rgba(charts.ACCENT, 0.25), name=charts.text(t("Eight weeks in ten")),
        ),
        mean,
    ]  # fmt: skip
