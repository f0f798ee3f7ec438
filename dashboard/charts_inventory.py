"""What the inventory page draws and lists."""

import plotly.graph_objects as go
import polars as pl
import streamlit as st

from core.analyses.inventory import Result, Simulation
from dashboard import charts
from dashboard.i18n import clean, t, term

#: Products the picker offers, most revenue first: a browser's list slows down beyond.
PICKED_FROM = 2000
SHOWN_WEEKS = 104
ORDER = (
    "supplier",
    "product_id",
    "product_name",
    "on_hand",
    "on_order",
    "reorder_point",
    "order_quantity",
    "order_value",
    "lost_sales",
    "stockout_date",
    "stockout_earliest",
    "stockout_latest",
)
POINTS = (
    "product_id",
    "product_name",
    "abc",
    "xyz",
    "status",
    "on_hand",
    "demand_per_day",
    "reorder_point",
    "safety_stock",
    "order_quantity",
    "days_of_cover",
    "lead_time_days",
    "method",
)


def to_order(result: Result) -> pl.DataFrame:
    """What to order now, what would lose most sales first."""
    return _known(result.by_status("order_now").sort("lost_sales", descending=True).select(ORDER))


def tied_up(result: Result) -> pl.DataFrame:
    """Dead stock and overstock, most money first."""
    rows = result.inventory.filter(pl.col("status").is_in(["dead", "overstock"]))
    columns = ("product_id", "product_name", "status", "on_hand", "stock_value", "last_sale")
    return _known(rows.sort("stock_value", "on_hand", descending=True).select(columns))


def overview(result: Result) -> pl.DataFrame:
    """Every product's reorder point, most demand first."""
    rows = result.inventory.sort("abc", "demand_per_day", descending=[False, True])
    return _known(rows.select(POINTS))


def main_scores(result: Result) -> pl.DataFrame:
    """The measures that decide, and whether the range holds; the files have all of them."""
    return result.evidence.filter(pl.col("metric").is_in(["rmsse", "pinball", "coverage_80"]))


def _known(frame: pl.DataFrame) -> pl.DataFrame:
    """Without the columns that nothing is known of."""
    return frame.select(c for c in frame.columns if frame[c].null_count() < max(len(frame), 1))


def one_supplier(orders: pl.DataFrame) -> pl.DataFrame:
    """The rows of the supplier the reader picks; all of them where suppliers are not known."""
    if "supplier" not in orders.columns:
        return orders
    names = orders["supplier"].drop_nulls().unique().sort().to_list()
    picked = st.selectbox(
        t("Purchase order for"),
        [None, *names],
        format_func=lambda name: t("All suppliers") if name is None else clean(name),
        key="inventory.supplier",
        persist_state="session",
    )
    return orders if picked is None else orders.filter(pl.col("supplier") == picked)


def pick_product(result: Result) -> str:
    """The product the reader wants to see; the one that matters most to begin with."""
    ranked = result.inventory.sort(
        "lost_sales", "abc", "demand_per_day", descending=[True, False, True], nulls_last=True
    ).head(PICKED_FROM)
    names = dict(ranked.select("product_id", "product_name").iter_rows())
    return str(
        st.selectbox(
            term("product_name"),
            list(names),
            format_func=lambda key: clean(f"{names.get(key, key)} · {key}"),
            key="inventory.product",
            persist_state="session",
        )
    )


def card(result: Result, product: str) -> pl.DataFrame:
    """One product's row."""
    row = result.inventory.filter(pl.col("product_id") == product)
    return _known(row.select(*POINTS[2:], *ORDER[-3:]))


def history_chart(result: Result, product: str) -> go.Figure:
    """Weekly demand so far, what is expected, and the range that holds eight weeks in ten."""
    own = pl.col("product_id") == product
    past = result.demand.one(product).tail(SHOWN_WEEKS)
    ahead = result.forecast.filter(own)
    drawn = charts.figure(
        t(
            "{name}: about {units:number} a week expected, most likely between {low:integer} and "
            "{high:integer}",
            name=result.inventory.filter(own)["product_name"].item(),
            units=ahead["mean"].mean(),
            low=ahead["p10"].mean(),
            high=ahead["p90"].mean(),
        )
    )
    drawn.add_bar(
        x=past["period_start"].to_list(),
        y=past["units"].to_list(),
        name=charts.text(t("Sold")),
        marker_color=charts.MUTED,
    )
    drawn.add_traces(_band(ahead))
    return drawn.update_layout(yaxis=charts.axis("units") | {"rangemode": "tozero"})


def _band(ahead: pl.DataFrame) -> list[go.Scatter]:
    days = ahead["period_start"].to_list()
    edge = {"width": 0, "color": charts.ACCENT}
    return [
        go.Scatter(x=days, y=ahead["p90"].to_list(), mode="lines", line=edge, showlegend=False,
                   name=charts.text(term("p90"))),
        go.Scatter(
            x=days, y=ahead["p10"].to_list(), mode="lines", line=edge, fill="tonexty",
            fillcolor=charts.rgba(charts.ACCENT, 0.25), name=charts.text(t("Eight weeks in ten")),
        ),
        go.Scatter(
            x=days, y=ahead["mean"].to_list(), mode="lines+markers",
            line={"color": charts.ACCENT, "width": 2.5}, name=charts.text(t("Expected")),
        ),
    ]  # fmt: skip


def status_chart(result: Result) -> go.Figure:
    """How many products are in each status."""
    order = ["order_now", "order_soon", "ok", "overstock", "dead"]
    counted = result.inventory.drop_nulls("status").group_by("status").agg(products=pl.len())
    rows = pl.DataFrame({"status": order}).join(counted, on="status", how="left")
    return charts.bars(
        rows.with_columns(pl.col("products").fill_null(0)),
        "status",
        "products",
        t("Where the stock stands"),
        highlight=["order_now", "dead"],
    )


def grid_chart(result: Result) -> go.Figure:
    """How many products there are in each cell of ABC by XYZ."""
    letters = pl.DataFrame({"abc": list("ABC")}).join(
        pl.DataFrame({"xyz": list("XYZ")}), how="cross"
    )
    counted = result.inventory.group_by("abc", "xyz").agg(products=pl.len())
    cells = letters.join(counted, on=["abc", "xyz"], how="left", maintain_order="left")
    steady = int(result.inventory["xyz"].is_in(["X"]).sum())
    title = t(
        "{a:integer} products earn 80% of the money; {steady:integer} of all sell steadily",
        a=int((result.inventory["abc"] == "A").sum()),
        steady=steady,
    )
    return charts.heatmap(
        cells.with_columns(pl.col("products").fill_null(0)), "xyz", "abc", "products", title
    )


def service_chart(result: Result) -> go.Figure:
    """What each service level costs in safety stock."""
    curve = result.trade_off
    value = "safety_stock_value" if curve["safety_stock_value"].sum() > 0 else "safety_stock"
    chosen = curve.filter(pl.col("service_level") >= result.config.service_level).head(1)
    top = curve.tail(1)
    title = t(
        "From {from_level:percent} to {to_level:percent} service takes {times:number} times the "
        "safety stock",
        from_level=chosen["service_level"].item(),
        to_level=top["service_level"].item(),
        times=top[value].item() / max(chosen[value].item(), 1e-9),
    )
    return charts.lines(curve, "service_level", value, title)


def frontier_chart(simulation: Simulation) -> go.Figure:
    """Service against stock: each policy at each of its settings."""
    rows = simulation.frontier.filter(pl.col("fill_rate") >= 0.5).sort("policy", "stock_value")
    title = t("The higher and the further left, the better: more units filled with less stock")
    return charts.lines(rows, "stock_value", "fill_rate", title, group="policy", zero=False)


def chosen_policies(simulation: Simulation) -> pl.DataFrame:
    """Each policy at its usual setting."""
    return simulation.frontier.filter("chosen").drop("chosen")
