"""One customer's orders in time."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import plotly.graph_objects as go
import polars as pl

from dashboard import charts
from dashboard.i18n import t

#: Orders shown at most; the latest ones.
MOST_ORDERS = 500


def orders_of(lines: pl.LazyFrame, customer: str) -> pl.DataFrame:
    """One row per order of the customer, oldest first: ordered_at, order_id, units, revenue."""
    return (
        lines.filter(pl.col("customer_id") == customer)
        .group_by("order_id")
        .agg(
            ordered_at=pl.col("ordered_at").min(),
            units=pl.col("quantity").sum(),
            revenue=pl.col("revenue").sum(),
        )
        .sort("ordered_at", "order_id")
        .select("ordered_at", "order_id", "units", "revenue")
        .collect()
    )


def timeline(orders: pl.DataFrame, as_of: date, customer: Mapping[str, Any]) -> go.Figure:
    """A bar per order, returns below the line; the dotted line is the day asked about.

    customer: the row of the profile; a return is no order, one that cost nothing is.
    """
    silent, usual_gap = customer["recency_days"], customer["median_gap_days"]
    title = (
        t(
            "Orders: {orders:integer}; days since the last: {silent:integer}, usually between"
            " orders: {usual:integer}",
            orders=customer["orders"],
            silent=silent,
            usual=usual_gap,
        )
        if usual_gap
        else t("One order day so far; days since then: {silent:integer}", silent=silent)
    )
    shown = orders.tail(MOST_ORDERS)
    figure = charts.figure(title, height=300, yaxis=charts.axis("revenue"))
    figure.add_bar(
        x=shown["ordered_at"].to_list(),
        y=shown["revenue"].to_list(),
        width=86_400_000 * 2.0,
        marker_color=[charts.BAD if value < 0 else charts.ACCENT for value in shown["revenue"]],
        hovertext=charts.hover(shown, shown.columns),
        hoverinfo="text",
        showlegend=False,
    )
    figure.add_vline(x=as_of.isoformat(), line={"dash": "dot", "color": charts.MUTED})
    return figure
