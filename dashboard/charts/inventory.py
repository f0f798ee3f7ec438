"""What the inventory page draws and lists."""

from datetime import timedelta

import plotly.graph_objects as go
import polars as pl

from core.analyses.inventory import Result, Simulation
from core.analyses.inventory.what_if import Answer
from core.measures.periods import DAYS
from dashboard import charts
from dashboard.charts.sales_forecast import band
from dashboard.i18n import t


def history_chart(past: pl.DataFrame, ahead: pl.DataFrame, period: str, name: str) -> go.Figure:
    """Demand so far, what is expected, and the range that holds eight periods in ten."""
    drawn = charts.figure(
        _expected(ahead, period, name), yaxis=charts.axis("units") | {"rangemode": "tozero"}
    )
    drawn.add_bar(
        x=past["period_start"].to_list(),
        y=past["units"].to_list(),
        name=charts.text(t("Sold")),
        marker_color=charts.MUTED,
    )
    drawn.add_traces(band(ahead))
    return drawn


def _expected(ahead: pl.DataFrame, period: str, name: str) -> str:
    """What is expected of a day, week or month; of the longest part where none is whole."""
    whole = _whole(ahead, period)
    if whole.is_empty():
        days = pl.col("period_end") - pl.col("period_start")
        part = ahead.sort(days, "period_start", descending=[True, False]).row(0, named=True)
        return t(
            "{name}: about {units:number} expected from {first:date} to {last:date}, most likely "
            "between {low:integer} and {high:integer}",
            name=name,
            units=part["mean"],
            first=part["period_start"],
            last=part["period_end"],
            low=part["p10"],
            high=part["p90"],
        )
    values = {
        "name": name,
        "units": whole["mean"].mean(),
        "low": whole["p10"].mean(),
        "high": whole["p90"].mean(),
    }
    titles = {
        "day": t("{name}: about {units:number} a day expected, most likely between {low:integer} "
                 "and {high:integer}", **values),
        "week": t("{name}: about {units:number} a week expected, most likely between "
                  "{low:integer} and {high:integer}", **values),
        "month": t("{name}: about {units:number} a month expected, most likely between "
                   "{low:integer} and {high:integer}", **values),
    }  # fmt: skip
    return titles[period]


def _whole(ahead: pl.DataFrame, period: str) -> pl.DataFrame:
    """The days, weeks or months that lie ahead from their first to their last day."""
    if period == "month":
        ends = pl.col("period_end") == pl.col("period_end").dt.month_end()
        return ahead.filter(pl.col("period_start").dt.day() == 1, ends)
    length = pl.col("period_end") - pl.col("period_start")
    return ahead.filter(length == timedelta(days=DAYS[period] - 1))


def status_chart(result: Result) -> go.Figure:
    """The money in stock by status; the number of products where costs are not known."""
    order = ["order_now", "order_soon", "ok", "overstock", "dead"]
    counted = (
        result.inventory.drop_nulls("status")
        .group_by("status")
        .agg(pl.col("stock_value", "excess_value").sum(), products=pl.len())
    )
    rows = pl.DataFrame({"status": order}).join(counted, on="status", how="left").fill_null(0)
    total, excess = float(rows["stock_value"].sum()), float(rows["excess_value"].sum())
    if not total:
        title, value = t("Where the stock stands"), "products"
    else:
        value = "stock_value"
        title = t(
            "{excess:money} of the {total:money} in stock is more than you need",
            excess=excess,
            total=total,
        )
    return charts.bars(
        rows,
        "status",
        value,
        title,
        highlight=["order_now", "dead", "overstock"],
        more=[] if value == "products" else ["products"],
    )


def grid_chart(result: Result) -> go.Figure:
    """How many products there are in each cell of ABC by XYZ."""
    letters = pl.DataFrame({"abc": list("ABC")}).join(
        pl.DataFrame({"xyz": list("XYZ")}), how="cross"
    )
    counted = result.inventory.group_by("abc", "xyz").agg(products=pl.len())
    cells = letters.join(counted, on=["abc", "xyz"], how="left", maintain_order="left")
    steady = int(result.inventory["xyz"].is_in(["X"]).sum())
    best = int((result.inventory["abc"] == "A").sum())
    if result.outlook.products["revenue"].is_null().all():
        title = t(
            "{a:integer} products make 80% of the units sold; {steady:integer} of all sell "
            "steadily",
            a=best,
            steady=steady,
        )
    else:
        title = t(
            "{a:integer} products earn 80% of the money; {steady:integer} of all sell steadily",
            a=best,
            steady=steady,
        )
    return charts.heatmap(
        cells.with_columns(pl.col("products").fill_null(0)), "xyz", "abc", "products", title
    )


def service_chart(result: Result) -> go.Figure:
    """What each service level costs in safety stock."""
    curve = result.trade_off
    value = "safety_stock_value" if curve["safety_stock_value"].sum() > 0 else "safety_stock"
    below, top = curve.head(-1), curve.row(-1, named=True)
    above = below.filter(pl.col("service_level") >= result.config.service_level)
    chosen = above.row(0, named=True) if above.height else below.row(-1, named=True)
    if chosen[value] > 0:
        title = t(
            "From {from_level:percent} to {to_level:percent} service takes {times:number} times "
            "the safety stock",
            from_level=chosen["service_level"],
            to_level=top["service_level"],
            times=top[value] / chosen[value],
        )
    else:
        title = t("What each service level takes in safety stock")
    return charts.lines(curve, "service_level", value, title)


def frontier_chart(simulation: Simulation) -> go.Figure:
    """Service against stock: each policy at each of its settings, the ones in force set off."""
    chosen = simulation.frontier.filter("chosen")
    ours = chosen.filter(pl.col("policy") == "forecast").row(0, named=True)
    rows = simulation.frontier.filter(
        pl.col("fill_rate") >= min(0.8, chosen["fill_rate"].min()) - 0.02,  # type: ignore[type-var,operator]
        pl.col("stock_value") <= 3 * ours["stock_value"],
    ).sort("policy", "stock_value")
    stock = "stock_value" if simulation.priced else "stock_units"
    drawn = charts.lines(rows, stock, "fill_rate", _verdict(simulation), group="policy", zero=False)
    return drawn.add_scatter(
        x=chosen[stock].to_list(),
        y=chosen["fill_rate"].to_list(),
        mode="markers",
        marker={"size": 13, "symbol": "circle-open", "color": charts.MUTED, "line": {"width": 3}},
        name=charts.text(t("In force")),
        hoverinfo="skip",
    )


def _verdict(simulation: Simulation) -> str:
    """What the frontier says, in a line."""
    saved = simulation.saved["rule_of_thumb"]
    if saved is None or abs(saved) < 0.005:
        return t("The higher and the further left, the better: more units filled with less stock")
    if saved > 0:
        return t(
            "For the same service, ordering by forecast takes {saved:percent} less stock than the "
            "rule of thumb",
            saved=saved,
        )
    return t(
        "For the same service, ordering by forecast takes {more:percent} more stock than the rule "
        "of thumb",
        more=-saved,
    )


def before_after(answer: Answer) -> go.Figure:
    """The order of each supplier, as planned and under the scenario."""
    total = answer.suppliers["order_value_after"].sum() > 0
    value = "order_value" if total else "order_quantity"
    rows = answer.suppliers.sort(f"{value}_after", descending=True).head(12)
    names = pl.col("supplier").fill_null(t("Supplier not known"))
    long = pl.concat(
        rows.select(names, pl.col(column).alias(value), plan=pl.lit(plan))
        for column, plan in ((value, "as_planned"), (f"{value}_after", "what_if"))
    )
    before, after = (answer.suppliers[c].sum() for c in (value, f"{value}_after"))
    if total:
        title = t(
            "The order costs {after:money} instead of {before:money}", before=before, after=after
        )
    else:
        title = t(
            "The order is {after:integer} units instead of {before:integer}",
            before=before,
            after=after,
        )
    return charts.bars(long, "supplier", value, title, group="plan")
