"""When the shop sells: by weekday and hour, and day by day over the year."""

from collections.abc import Sequence
from datetime import date, timedelta

import plotly.graph_objects as go
import polars as pl

from core.analyses.overview import Result
from dashboard import charts, i18n
from dashboard.i18n import t, term, term_format


def weekdays() -> list[str]:
    """Monday to Sunday."""
    return [
        t("Monday"),
        t("Tuesday"),
        t("Wednesday"),
        t("Thursday"),
        t("Friday"),
        t("Saturday"),
        t("Sunday"),
    ]


def hours(result: Result) -> go.Figure:
    """Orders by weekday and hour, in the past year."""
    days = weekdays()
    grid: list[list[float | None]] = [[0] * 24 for _ in days]
    for weekday, hour, orders in result.hours.iter_rows():
        grid[weekday - 1][hour] = orders
    best = result.hours.sort("orders", "weekday", "hour", descending=[True, False, False])
    title = t(
        "Most orders come in on {weekday} from {hour}:00",
        weekday=days[best["weekday"][0] - 1],
        hour=best["hour"][0],
    )
    across = [f"{hour}:00" for hour in range(24)]
    said = [[f"{day} {hour}" for hour in across] for day in days]
    return _grid(title, across, grid, said, "orders", {"type": "category", "dtick": 3})


def calendar(result: Result) -> go.Figure:
    """One cell per day of the past year, weeks across, weekdays down."""
    measure = "revenue" if result.money else "orders"
    year = result.daily.tail(53 * 7)
    start = year["day"][0]
    monday = start - timedelta(days=start.weekday())
    weeks = -(-((year["day"][-1] - monday).days + 1) // 7)
    grid: list[list[float | None]] = [[None] * weeks for _ in range(7)]
    for day, value in year.select("day", measure).iter_rows():
        grid[day.weekday()][(day - monday).days // 7] = value
    days = weekdays()
    sums = year.group_by(pl.col("day").dt.weekday().alias("weekday")).agg(pl.col(measure).mean())
    best, most = sums.sort(measure, "weekday", descending=[True, False]).row(0)
    title = t("Sales over time")
    if most > 0:
        title = t("{weekday} is the best day of the week", weekday=days[best - 1])
    across = [monday + timedelta(weeks=week) for week in range(weeks)]
    said = [
        [f"{name} {i18n.value(week + timedelta(days=at), 'date')}" for week in across]
        for at, name in enumerate(days)
    ]
    return _grid(title, across, grid, said, measure, {})


def _grid(
    title: str,
    across: Sequence[str | date],
    grid: list[list[float | None]],
    said: list[list[str]],
    value: str,
    horizontal: dict[str, object],
) -> go.Figure:
    """Weekdays down; `said`: what the hover calls each cell."""
    spec = term_format(value)
    down = {"type": "category", "autorange": "reversed"}
    drawn = charts.figure(title, height=330, xaxis=horizontal, yaxis=down)
    drawn.add_heatmap(
        x=across,
        y=weekdays(),
        z=grid,
        text=[["" if v is None else i18n.value(v, spec) for v in row] for row in grid],
        colorscale=charts.SEQUENTIAL,
        customdata=said,
        hovertemplate=f"%{{customdata}}<br>{charts.text(term(value))}: %{{text}}<extra></extra>",
        colorbar=charts.scale(value),
        xgap=1,  # a week is four pixels wide on a phone
        ygap=2,
    )
    return drawn
