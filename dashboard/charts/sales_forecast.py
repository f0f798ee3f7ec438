"""What the sales forecast page draws."""

import plotly.graph_objects as go
import polars as pl

from core.analyses.sales_forecast import Result
from dashboard import charts, state
from dashboard.charts.calendar import weekdays
from dashboard.i18n import t, term

#: Columns whose fractions say nothing.
WHOLE = ("year_before", "sold")
#: Differences below this part are none.
ALIKE = 0.01
SHOWN_WEEKS, SHOWN_DAYS, YEAR, SHOWN_GROUPS = 104, 84, 52, 12


def known(frame: pl.DataFrame) -> pl.DataFrame:
    """The weeks ahead without columns of which nothing is known."""
    return frame.select(c for c in frame.columns if frame[c].null_count() < len(frame))


def listed(ahead: pl.DataFrame) -> pl.DataFrame:
    """What is ahead, as a table: `mean` is what is expected; whole figures."""
    kept = known(ahead).rename({"mean": "expected_sales"})
    return kept.with_columns(pl.col(c).round().cast(pl.Int64) for c in kept.columns if c in WHOLE)


def by_grain(result: Result, grain: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(what was sold: period_start, sold; what is ahead) by day, week or month."""
    if grain == "by_day":
        return result.past_days.tail(SHOWN_DAYS).rename({"day": "period_start"}), known(result.days)
    if grain == "by_month":
        months = result.past_days.group_by(
            pl.col("day").dt.truncate("1mo").alias("period_start"), maintain_order=True
        ).agg(pl.col("sold").sum(), days=pl.len(), last=pl.col("day").dt.month_end().first())
        whole = months.filter(pl.col("days") == pl.col("last").dt.day())
        return whole.select("period_start", "sold"), known(result.months)
    return result.history.tail(SHOWN_WEEKS).select("period_start", "sold"), known(result.forecast)


def ahead_chart(result: Result, grain: str = "by_week") -> go.Figure:
    """What was sold, what is ahead with its range, and the same weeks of last year."""
    past, ahead = by_grain(result, grain)
    if "day" in ahead.columns:
        ahead = ahead.rename({"day": "period_start"})
    ranged = {"p10", "p90"} <= set(ahead.columns)
    title = (
        t("Expected: {low:integer} to {high:integer} a week in eight weeks of ten",
          low=result.forecast["p10"].mean(), high=result.forecast["p90"].mean())
        if ranged and result.forecast["p10"].null_count() == 0
        else t("Expected: about {mean:integer} a week", mean=result.forecast["mean"].mean())
    )  # fmt: skip
    drawn = charts.figure(title, yaxis=_axis(result))
    drawn.add_scatter(
        x=past["period_start"].to_list(),
        y=past["sold"].to_list(),
        mode="lines",
        line={"color": charts.MUTED, "width": 2},
        name=charts.text(term("sold")),
    )
    drawn.add_traces(band(ahead))
    if "year_before" in ahead.columns and ahead["year_before"].null_count() < len(ahead):
        drawn.add_scatter(
            x=ahead["period_start"].to_list(),
            y=ahead["year_before"].to_list(),
            mode="lines",
            line={"color": charts.MUTED, "width": 2, "dash": "dot"},
            name=charts.text(term("year_before")),
        )
    return drawn


def upcoming(result: Result) -> pl.DataFrame:
    """The holidays and sales days ahead, by name: day, event."""
    chinese = state.language() == "zh"
    column = "event_zh" if chinese else "event"
    names = [
        name if public else term(name)
        for name, public in result.events.select(column, "public").iter_rows()
    ]
    return pl.DataFrame({"day": result.events["day"], "event": pl.Series(names, dtype=pl.String)})


def weekday_chart(result: Result) -> go.Figure:
    """Each weekday against an average day."""
    rows = result.weekdays
    names = weekdays()
    best = rows.sort("times_average", descending=True).row(0, named=True)
    title = t("Every day of the week sells about the same")
    if best["times_average"] >= 1 + ALIKE:
        title = t(
            "{day} is the strongest day: {more:percent} above an average one",
            day=names[best["weekday"] - 1],
            more=best["times_average"] - 1,
        )
    drawn = charts.figure(title, yaxis=charts.axis("times_average"))
    drawn.add_bar(
        x=names,
        y=rows["times_average"].to_list(),
        marker_color=charts.ACCENT,
        name=charts.text(term("times_average")),
    )
    return drawn


def groups_chart(result: Result) -> go.Figure:
    """What each category or supplier should sell; the greatest first."""
    split = result.config.split_over
    rows = result.groups.head(SHOWN_GROUPS)
    first = rows.row(0, named=True)
    title = t(
        "{name} should make {share:percent} of it",
        name=first[split] or t("Not known"),
        share=first["mean"] / (float(result.groups["mean"].sum()) or 1.0),
    )
    return charts.bars(listed(rows), split, "expected_sales", title)


def hindsight_chart(result: Result) -> go.Figure:
    """What was sold in the last four weeks, and what the forecast made before them said."""
    month = result.hindsight
    title = t(
        "Forecast four weeks ago: {mean:integer}; sold: {sold:integer}",
        mean=result.past["mean"],
        sold=result.past["sold"],
    )
    drawn = charts.figure(title, yaxis=_axis(result))
    drawn.add_bar(
        x=month["period_start"].to_list(),
        y=month["sold"].to_list(),
        marker_color=charts.MUTED,
        name=charts.text(term("sold")),
    )
    drawn.add_traces(band(month))
    return drawn


def season_chart(result: Result) -> go.Figure:
    """Each week of the coming year against an average week."""
    best = result.season.sort("season_index", descending=True).row(0, named=True)
    title = t("No week of the year stands out")
    if best["season_index"] >= 1 + ALIKE:
        title = t("The strongest week begins {day:date}", day=best["period_start"])
    return charts.lines(result.season, "period_start", "season_index", title)


def level_chart(result: Result) -> go.Figure:
    """Sales with the season taken out: whether the shop grows."""
    rows = result.history.tail(SHOWN_WEEKS)
    now, then = rows["without_season"][-1], rows["without_season"][max(len(rows) - 1 - YEAR, 0)]
    drawn = charts.figure(_growth(now, then), yaxis=_axis(result))
    for column, colour in (("sold", charts.MUTED), ("without_season", charts.ACCENT)):
        drawn.add_scatter(
            x=rows["period_start"].to_list(),
            y=rows[column].to_list(),
            mode="lines",
            line={"color": colour, "width": 2},
            name=charts.text(term(column)),
        )
    return drawn


def _growth(now: float, then: float) -> str:
    """How the level has changed in a year; from next to nothing there is no percentage."""
    if then <= ALIKE * now:
        return t("Sales with the season taken out")
    change = now / then - 1
    if change >= 0:
        return t("Without the season, sales stand {change:percent} above a year ago", change=change)
    return t("Without the season, sales stand {change:percent} below a year ago", change=-change)


def _axis(result: Result) -> dict[str, object]:
    return charts.axis(result.config.measure) | {"rangemode": "tozero"}


def band(rows: pl.DataFrame) -> list[go.Scatter]:
    """What is expected, and, where it is known, the range that holds eight times in ten."""
    days = rows["period_start"].to_list()
    edge = {"width": 0, "color": charts.ACCENT}
    mean = go.Scatter(
        x=days, y=rows["mean"].to_list(), mode="lines+markers",
        line={"color": charts.ACCENT, "width": 2.5}, name=charts.text(t("Expected")),
    )  # fmt: skip
    if "p10" not in rows.columns or rows["p10"].null_count():
        return [mean]
    return [
        go.Scatter(x=days, y=rows["p90"].to_list(), mode="lines", line=edge, showlegend=False,
                   name=charts.text(term("p90"))),
        go.Scatter(
            x=days, y=rows["p10"].to_list(), mode="lines", line=edge, fill="tonexty",
            fillcolor=charts.rgba(charts.ACCENT, 0.25), name=charts.text(t("Eight times in ten")),
        ),
        mean,
    ]  # fmt: skip
