"""Charts of lifetime value: who carries it, and whether the forecast came true."""

import plotly.graph_objects as go
import polars as pl

from dashboard import charts, i18n
from dashboard.i18n import joined, listed, t

POINTS = 200
YEAR = 365
#: Share that stops after an order below which no share is written.
HARDLY = 0.005


def concentration(customers: pl.DataFrame) -> go.Figure:
    """Share of the expected value that the most valuable customers carry."""
    worth = customers["future_value"]
    total = max(float(worth.sum()), 1e-9)
    share = worth.cum_sum() / total
    n = customers.height
    at = sorted({min(n, max(1, round(n * k / POINTS))) for k in range(1, POINTS + 1)})
    frame = pl.DataFrame(
        {
            "share_customers": [0.0, *(k / n for k in at)],
            "share_value": [0.0, *(float(share[k - 1]) for k in at)],
        }
    )
    half = next((k for k in range(n) if share[k] >= 0.5), n - 1) + 1
    title = t(
        "Half of the expected value comes from {customers:integer} customers"
        " ({share:percent} of all)",
        customers=half,
        share=half / n,
    )
    if worth.sum() <= 0:
        title = t("No value is expected from these customers")
    figure = charts.lines(frame, "share_customers", "share_value", title)
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", line={"dash": "dot", "color": charts.MUTED},
        hoverinfo="skip", showlegend=False,
    )  # fmt: skip
    return figure


def calibration(table: pl.DataFrame, days: int) -> go.Figure:
    """Expected against actual orders of the held-back period, by tenth of the customers."""
    top = table.row(-1, named=True)
    title = t(
        "The tenth expected to order most: {expected:number} orders each expected,"
        " {actual:number} came, in the last {days:integer} days",
        expected=top["expected_orders"],
        actual=top["actual_orders"],
        days=days,
    )
    across, down = charts.axis("expected_orders"), charts.axis("actual_orders")
    figure = charts.figure(title, height=380, xaxis=across, yaxis=down)
    largest = float(table.select(pl.max_horizontal("expected_orders", "actual_high").max()).item())
    figure.add_scatter(
        x=[0, largest], y=[0, largest], mode="lines", name=t("As expected"),
        line={"dash": "dot", "color": charts.MUTED}, hoverinfo="skip",
    )  # fmt: skip
    figure.add_scatter(
        x=table["expected_orders"].to_list(),
        y=table["actual_orders"].to_list(),
        mode="markers",
        name=t("A tenth of the customers"),
        marker={"size": 10, "color": charts.ACCENT},
        error_y=charts.whiskers(table, "actual_orders", "actual_low", "actual_high", charts.ACCENT),
        hovertext=charts.hover(table, ["customers", "expected_orders", "actual_orders"]),
        hoverinfo="text",
    )
    return figure


def chances(customers: pl.DataFrame, days: int | None) -> go.Figure:
    """How many customers are likely to order within the horizon of `days`, by likelihood."""
    likely = int((customers["p_active"] >= 0.5).sum())
    title = t(
        "{likely:integer} of {all:integer} customers are more likely than not to order again"
        " within {days:integer} days",
        likely=likely,
        all=customers.height,
        days=days,
    )
    return charts.histogram(customers, "p_active", title, "customers", bins=20)


def spoken(parameters: pl.DataFrame) -> str:
    """What the fitted parameters say of the customers, in a sentence."""
    fitted = dict(parameters.select("parameter", "value").iter_rows())
    every = fitted["alpha"] / fitted["r"]
    if "s" in fitted:
        stays = (fitted["beta"] / (fitted["beta"] + YEAR)) ** fitted["s"]
        return t(
            "What the model has learned: a customer who has not stopped orders once every"
            " {every:integer} days on average; {share:percent} of all stop for good within a year.",
            every=every,
            share=1 - stays,
        )
    stop = fitted["a"] / (fitted["a"] + fitted["b"])
    if stop < HARDLY:
        return t(
            "What the model has learned: a customer orders once every {every:integer} days on"
            " average; in this history hardly anyone is seen to stop for good.",
            every=every,
        )
    return t(
        "What the model has learned: a customer who has not stopped orders once every"
        " {every:integer} days on average; after an order, {share:percent} stop for good.",
        every=every,
        share=stop,
    )


def figures(parameters: pl.DataFrame) -> str:
    """The fitted parameters with their standard errors, and what each stands for."""
    rows = parameters.iter_rows(named=True)
    parts = [
        f"{row['parameter']} {row['value']:.3f} ± {i18n.value(row['error'], 'ratio')}"
        for row in rows
    ]
    spread = t(
        "r and alpha: how the customers' rates of ordering spread (mean r / alpha a day; the"
        " smaller r, the more they differ)."
    )
    stop = t("s and beta: how the rates of stopping spread (mean s / beta a day).")
    if "a" in parameters["parameter"]:
        stop = t("a and b: how the chances of stopping spread (mean a / (a + b)).")
    fitted = t("{method:label}: {figures}.", method=parameters["method"][0], figures=listed(parts))
    return joined([fitted, spread, stop])
