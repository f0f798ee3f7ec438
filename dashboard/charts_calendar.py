"""When the shop sells: weekday and hour, the calendar of the year, and customers by cohort."""

from collections.abc import Callable
from datetime import timedelta

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
    return _grid(title, [f"{hour}:00" for hour in range(24)], days, grid, "orders")


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
    best = sums.sort(measure, "weekday", descending=[True, False])["weekday"][0]
    title = t("{weekday} is the best day of the week", weekday=days[best - 1])
    across = [(monday + timedelta(weeks=week)).isoformat() for week in range(weeks)]
    return _grid(title, across, days, grid, measure)


def _grid(
    title: str, across: list[str], down: list[str], grid: list[list[float | None]], value: str
) -> go.Figure:
    spec = term_format(value)
    drawn = charts.figure(title, height=300)
    drawn.add_heatmap(
        x=across,
        y=down,
        z=grid,
        text=[["" if v is None else i18n.value(v, spec) for v in row] for row in grid],
        colorscale=charts.SEQUENTIAL,
        hovertemplate=f"%{{y}} %{{x}}<br>{charts.text(term(value))}: %{{text}}<extra></extra>",
        colorbar={"thickness": 12},
        xgap=2,
        ygap=2,
    )
    return drawn.update_layout(
        xaxis={"type": "category", "nticks": 13}, yaxis={"autorange": "reversed"}
    )


def cohorts(result: Result, value: str) -> go.Figure:
    """Customers by month of their first order: how many are back, or what they have spent."""
    table = result.cohorts.filter(pl.col("customers") > 0)
    months = table["cohort"].unique().sort().to_list()[-18:]
    table = table.filter(pl.col("cohort").is_in(months), pl.col("months") <= 17)
    if value == "share_active":
        table = table.filter(pl.col("months") > 0)
    shown = table.with_columns(pl.col("cohort").dt.strftime("%Y-%m"))
    return charts.heatmap(shown, "months", "cohort", value, COHORT_TITLES[value](table))


def _title_active(table: pl.DataFrame) -> str:
    first = table.filter(pl.col("months") == 1)
    back = float(first["active"].sum()) / float(first["customers"].sum()) if first.height else 0.0
    return t("{share:percent} of new customers are back in the month after", share=back)


def _title_spent(table: pl.DataFrame) -> str:
    half = table.filter(pl.col("months") == 6)
    if half.is_empty():
        return t("What a new customer has spent so far, by month of the first order")
    total = float((half["revenue_per_customer"] * half["customers"]).sum())
    worth = total / float(half["customers"].sum())
    return t("After six months a new customer has spent {value:money} on average", value=worth)


COHORT_TITLES: dict[str, Callable[[pl.DataFrame], str]] = {
    "share_active": _title_active,
    "revenue_per_customer": _title_spent,
}
