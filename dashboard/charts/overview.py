"""What the overview draws: figures with their change, sales over time, who buys, what sells."""

import plotly.graph_objects as go
import polars as pl
import streamlit as st

from core.analyses.overview import Result
from dashboard import charts, i18n
from dashboard.i18n import plain, t, term, term_format, term_help

#: The figures at the top, in order; those that the export does not carry are left out.
SHOWN = ("revenue", "orders", "average_order", "customers", "period_repeat_rate")
GRAINS = {"by_day": "1d", "by_week": "1w", "by_month": "1mo"}
KINDS = ("new", "returning", "guest")
KIND_COLOURS = dict(zip(KINDS, (charts.PALETTE[2], charts.PALETTE[0], charts.MUTED), strict=True))
#: Bars of each grain on a chart, products on one, and characters that it shows of a name.
MOST_BARS, TOP, LONGEST = {"by_day": 120, "by_week": 60, "by_month": 60}, 12, 40
#: Metrics of the customers that are drawn from period to period.
TRENDS = ("period_repeat_rate", "new_customers", "customers", "average_order")


def trends(result: Result) -> list[str]:
    """Those of TRENDS that the data can tell of any period."""
    known = result.history
    return [m for m in TRENDS if m in known.columns and known[m].null_count() < known.height]


def figures_row(result: Result) -> None:
    """The period's figures, each with its change against the period before."""
    shown = [name for name in SHOWN if result.figure(name)]
    place = st.container(horizontal=True)
    for name in shown:
        row = result.figure(name)
        spec = term_format(name)
        place.metric(
            term(name),
            plain(i18n.value(row["value"], spec)),
            _delta(name, row),
            delta_color="off" if _as_usual(row) else "normal",
            help=term_help(name),
            border=True,
        )


def any_usual(result: Result) -> bool:
    """Whether a figure at the top changed no more than is usual."""
    return any(_as_usual(row) for name in SHOWN if (row := result.figure(name)))


def _as_usual(row: dict[str, float | None]) -> bool:
    """Whether the change lies where changes between neighbouring periods usually do."""
    low, change, high = row["usual_low"], row["change"], row["usual_high"]
    if low is None or change is None or high is None:
        return False
    return low <= change <= high


def _delta(name: str, row: dict[str, float | None]) -> str | None:
    """The change as text: rates in percentage points, everything else in percent."""
    value, before, change = row["value"], row["before"], row["change"]
    if value is None or before is None:
        return None
    if term_format(name) == "percent":
        return t("{points:+.1f} points", points=(value - before) * 100)
    return None if change is None else f"{change:+.1%}"


def compared(result: Result) -> str:
    """Which days the figures cover and what they are compared with."""
    spans = {name: (start, end) for name, start, end in result.periods.iter_rows()}
    start, end = spans["this"]
    if "before" not in spans:
        return t("{start:date} to {end:date}", start=start, end=end)
    return t(
        "{start:date} to {end:date}, beside {before:date} to {until:date}",
        start=start,
        end=end,
        before=spans["before"][0],
        until=spans["before"][1],
    )


def over_time(daily: pl.DataFrame, grain: str) -> pl.DataFrame:
    """`daily` added up by day, week or month; complete: whether all of its days are there."""
    sums = pl.exclude("day", "expected", "unusual").sum()
    table = daily.group_by_dynamic("day", every=GRAINS[grain]).agg(sums, present=pl.len())
    following = pl.col("day").dt.offset_by(GRAINS[grain])
    wanted = (following - pl.col("day")).dt.total_days()
    return table.with_columns(complete=pl.col("present") == wanted)


def sales_table(result: Result, grain: str) -> pl.DataFrame:
    """Sales over time, the latest first."""
    money = ["revenue", "sales", "returned"] if result.money else []
    kinds = [f"{kind}_orders" for kind in KINDS]
    table = over_time(result.daily, grain).select("day", *money, "orders", *kinds)
    named = table if grain == "by_day" else table.rename({"day": "start"})
    return named.reverse()


def sales(result: Result, grain: str) -> go.Figure:
    """Sales over time; periods that are not over are pale, unusual days are marked."""
    measure = "revenue" if result.money else "orders"
    every = over_time(result.daily, grain)
    table = every.tail(MOST_BARS[grain])
    vertical = charts.axis(measure) | {"rangemode": "tozero"}
    drawn = charts.figure(_sales_title(table, measure, grain), yaxis=vertical, bargap=0.15)
    drawn.add_bar(
        x=table["day"].to_list(),
        y=table[measure].to_list(),
        marker_color=[charts.ACCENT if done else charts.MUTED for done in table["complete"]],
        hovertext=charts.hover(table, ["day", measure, *(["orders"] if result.money else [])]),
        hoverinfo="text",
        showlegend=False,
    )
    _add_year_earlier(drawn, every, table, measure, grain)
    if grain == "by_day":
        _mark_unusual(drawn, result.daily.tail(MOST_BARS[grain]), measure)
    return drawn


def _add_year_earlier(
    drawn: go.Figure, every: pl.DataFrame, table: pl.DataFrame, measure: str, grain: str
) -> None:
    """A line of the same weekdays (or month) a year before, where there are any."""
    year = "12mo" if grain == "by_month" else "364d"
    past = every.select(pl.col("day").dt.offset_by(year), measure, "complete").filter("complete")
    past = past.filter(pl.col("day").is_between(table["day"][0], table["day"][-1]))
    if past.height < 4:
        return
    drawn.add_scatter(
        x=past["day"].to_list(),
        y=past[measure].to_list(),
        mode="lines",
        line={"color": charts.PALETTE[1], "width": 1.5},
        name=t("A year earlier"),
        hovertext=charts.hover(past, [measure]),
        hoverinfo="text",
        showlegend=True,
    )


def _sales_title(table: pl.DataFrame, measure: str, grain: str) -> str:
    full = table.filter("complete", pl.col(measure) > 0)
    if full.is_empty():
        return t("Sales over time")
    best = full.sort(measure, "day", descending=[True, False]).row(0, named=True)
    values = {"day": best["day"], "value": i18n.value(best[measure], term_format(measure))}
    if grain == "by_day":
        return t("The best day was {day:date}, with {value}", **values)
    if grain == "by_week":
        return t("The best week began on {day:date}, with {value}", **values)
    return t("The best month began on {day:date}, with {value}", **values)


def _mark_unusual(drawn: go.Figure, daily: pl.DataFrame, measure: str) -> None:
    odd = daily.drop_nulls("unusual")
    drawn.add_scatter(
        x=odd["day"].to_list(),
        y=odd[measure].to_list(),
        mode="markers",
        marker={"symbol": "diamond", "size": 11, "color": charts.BAD},
        name=t("Unusual day"),
        hovertext=charts.hover(odd, ["day", "orders", "expected"]),
        hoverinfo="text",
        showlegend=not odd.is_empty(),
    )


def who_buys(result: Result, grain: str) -> go.Figure:
    """Sales by new customers, returning ones and guests, stacked over time."""
    what = "sales" if result.money else "orders"
    table = over_time(result.daily, grain).tail(MOST_BARS[grain])
    drawn = charts.figure(
        _who_title(table, what), barmode="stack", bargap=0.15, yaxis=charts.axis(what)
    )
    for kind in KINDS:
        column = f"{kind}_{what}"
        if table[column].sum() == 0:
            continue
        drawn.add_bar(
            x=table["day"].to_list(),
            y=table[column].to_list(),
            name=term(column),
            marker_color=KIND_COLOURS[kind],
            hovertext=charts.hover(table, ["day", column]),
            hoverinfo="text",
        )
    return drawn


def _who_title(table: pl.DataFrame, what: str) -> str:
    """The share of the returning, of those who are known."""
    fresh, known, guests = (float(table[f"{kind}_{what}"].sum()) for kind in KINDS)
    if fresh + known <= 0:
        return t("Sales over time")
    share = known / (fresh + known)
    if guests > 0:
        return t(
            "Of the sales to known customers, returning ones bring {share:percent}", share=share
        )
    return t("Returning customers bring {share:percent} of the sales", share=share)


def trend(result: Result, metric: str) -> go.Figure:
    """One metric of the customers, period by period."""
    table = result.history.select("end", metric)
    value = i18n.value(table[metric][-1], term_format(metric))
    usual = i18n.value(table[metric].median(), term_format(metric))
    title = t(
        "{metric:label}: {value} now, {usual} in a usual period",
        metric=metric,
        value=value,
        usual=usual,
    )
    return charts.lines(table.drop_nulls(), "end", metric, title)


def named(products: pl.DataFrame) -> pl.DataFrame:
    """Products under their name, with their code where LONGEST characters leave names alike."""
    name, code = pl.col("product_name"), pl.col("product_id")
    clear = name.is_not_null() & name.str.head(LONGEST - 1).is_unique()
    room = (LONGEST - 3 - code.str.len_chars().cast(pl.Int64)).clip(8)
    both = pl.coalesce(pl.format("{} ({})", name.str.head(room), code), code)
    return products.with_columns(product_name=pl.when(clear).then(name).otherwise(both))


def top_products(result: Result) -> go.Figure:
    """The products with the most revenue in the period."""
    best = named(result.products).filter(pl.col("revenue") > 0).head(TOP)
    title = t("Nothing was sold in this period")
    if not best.is_empty():
        title = t("{product} brings the most", product=best["product_name"][0])
    more = ["before", "change", "units", "orders"]
    return charts.bars(best, "product_name", "revenue", title, more=more)


def movers(result: Result) -> go.Figure:
    """The products whose revenue changed most against the period before, up and down."""
    moved = named(result.products).with_columns(gain=pl.col("revenue") - pl.col("before"))
    ends = moved.filter(pl.col("gain") != 0).sort("gain", "product_id", descending=[True, False])
    table = ends if ends.height <= TOP else pl.concat([ends.head(TOP // 2), ends.tail(TOP // 2)])
    up = table.filter(pl.col("gain") > 0)["product_name"].to_list()
    title = t("What sold more, and what sold less, than in the period before")
    drawn = charts.bars(table, "product_name", "gain", title, more=["revenue", "before"])
    colours = [charts.GOOD if name in up else charts.BAD for name in table["product_name"]]
    drawn.data[0].marker.color, drawn.layout.xaxis.nticks = colours, 5
    return drawn


def pareto(result: Result) -> go.Figure:
    """The year's revenue added up from the best product down, in ABC classes."""
    year = result.products.sort("revenue_year", "product_id", descending=[True, False])
    year = year.with_row_index("rank", offset=1).with_columns(pl.col("rank").cast(pl.Int64))
    best = year.filter(pl.col("abc") == "A")
    share = best["share_year"].sum()
    title = t(
        "Class A: {n:integer} products bring {share:percent} of the year's revenue",
        n=best.height,
        share=share,
    )
    vertical = charts.axis("cumulative_share") | {"range": [0, 1.02]}
    drawn = charts.figure(title, xaxis=charts.axis("rank"), yaxis=vertical)
    for part, colour in zip("ABC", (charts.ACCENT, charts.PALETTE[4], charts.MUTED), strict=True):
        rows = thinned(named(year.filter(pl.col("abc") == part)))
        drawn.add_scatter(
            x=rows["rank"].to_list(),
            y=rows["cumulative_share"].to_list(),
            mode="lines+markers" if rows.height <= 60 else "lines",
            fill="tozeroy",
            line={"color": colour, "width": 2.5},
            name=t("Class {name}", name=part),
            hovertext=charts.hover(
                rows, ["rank", "product_name", "revenue_year", "cumulative_share"]
            ),
            hoverinfo="text",
        )
    return drawn


def thinned(frame: pl.DataFrame, points: int = 200) -> pl.DataFrame:
    """Every nth row, so that a line stays light; the last one is kept."""
    step = max(1, frame.height // points)
    return pl.concat([frame.gather_every(step), frame.tail(1)]).unique(maintain_order=True)


def by(result: Result, dimension: str) -> go.Figure:
    """Revenue by channel, country or category."""
    table = result.shares.filter(pl.col("dimension") == dimension, pl.col("revenue") > 0).head(TOP)
    title = t("Nothing was sold in this period")
    if not table.is_empty():
        first = table.row(0, named=True)
        title = t(
            "{name}: {share:percent} of revenue", name=first["name"], share=first["share_revenue"]
        )
    more = ["share_revenue", "orders", "before", "change"]
    return charts.bars(table, "name", "revenue", title, more=more)
