"""The pictures of the churn page."""

import numpy as np
import plotly.graph_objects as go
import polars as pl

from core.analyses.churn.result import Result
from core.analyses.churn.saving import profit_curve
from dashboard import charts
from dashboard.charts import BAD, GOOD, MUTED, PALETTE
from dashboard.i18n import code, t, term

RISK_COLOURS = {"low": GOOD, "medium": PALETTE[4], "high": BAD}
#: Points of the profit curve at most.
CURVE_POINTS = 300


def distribution(result: Result) -> go.Figure:
    """How many customers at which probability, coloured by risk."""
    churn = result.customers["churn_probability"]
    more = (churn > 0.5).mean()
    drawn = charts.figure(
        t(
            "{share:percent} of the customers are more likely to stay away than to come back",
            share=more,
        ),
        barmode="stack",
        bargap=0.05,
    )
    edges = np.linspace(0, 1, 31)
    for risk, colour in RISK_COLOURS.items():
        part = result.customers.filter(pl.col("risk") == risk)["churn_probability"].to_numpy()
        counts, _ = np.histogram(part, edges)
        drawn.add_bar(
            x=(edges[:-1] + edges[1:]) / 2,
            y=counts,
            name=charts.text(code(risk, "risk")),
            marker_color=colour,
            hovertemplate="%{x:.0%}: %{y}",
        )
    return drawn.update_layout(
        xaxis=charts.axis("churn_probability") | {"range": [0, 1]}, yaxis=charts.axis("customers")
    )


def value_by_risk(result: Result) -> go.Figure:
    """Expected revenue by risk, and the part of it that hangs."""
    amounts = result.customers.group_by("risk").agg(
        pl.col("expected_revenue", "value_at_risk").sum()
    )
    order = pl.DataFrame({"risk": list(RISK_COLOURS)})
    table = order.join(amounts, on="risk", how="left", maintain_order="left").fill_null(0)
    total = table["value_at_risk"].sum()
    most = table.sort("value_at_risk")["risk"][-1]
    drawn = charts.figure(
        t(
            "{risk:label}: the largest part of the {value:money} at stake lies with these "
            "customers",
            value=total,
            risk=f"risk_{most}",
        ),
        barmode="group",
    )
    for column, colour in (("expected_revenue", MUTED), ("value_at_risk", BAD)):
        drawn.add_bar(
            x=charts.shown(table["risk"]),
            y=table[column].to_list(),
            name=charts.text(term(column)),
            marker_color=colour,
            hovertext=charts.hover(table, ["risk", column]),
            hoverinfo="text",
        )
    return drawn.update_layout(
        xaxis={"type": "category"}, yaxis=charts.axis("value_at_risk") | {"title": None}
    )


def calibration(result: Result) -> go.Figure:
    """Predicted against observed shares, with what chance allows."""
    bins = result.calibration
    inside = bins.select(pl.col("observed").is_between("low", "high").sum()).item()
    off = (bins["predicted"] - bins["observed"]).abs().mean()
    drawn = charts.figure(
        t(
            "On days held back the probabilities were off by {off:percent} on average; "
            "{inside:integer} of {bins:integer} groups lie within chance",
            off=off,
            inside=inside,
            bins=bins.height,
        )
    )
    drawn.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", line={"color": MUTED, "dash": "dot"},
        name=charts.text(t("As predicted")), hoverinfo="skip",
    )  # fmt: skip
    drawn.add_scatter(
        x=bins["predicted"].to_list(),
        y=bins["observed"].to_list(),
        error_y={
            "type": "data",
            "symmetric": False,
            "array": (bins["high"] - bins["predicted"]).to_list(),
            "arrayminus": (bins["predicted"] - bins["low"]).to_list(),
            "color": charts.rgba(charts.ACCENT, 0.5),
        },
        mode="markers+lines",
        name=charts.text(term("observed")),
        marker={"size": 8, "color": charts.ACCENT},
        line={"color": charts.ACCENT},
        hovertext=charts.hover(bins, ["customers", "predicted", "observed", "low", "high"]),
        hoverinfo="text",
    )
    both = {"range": [0, 1]}
    return drawn.update_layout(
        xaxis=charts.axis("predicted") | both, yaxis=charts.axis("observed") | both
    )


def gains(result: Result) -> go.Figure:
    """Customers taken by risk -> share of the rarer outcome found among them."""
    chosen = result.gains.filter(pl.col("method") == result.config.method)
    found = chosen.filter((pl.col("share_contacted") - 0.2).abs() < 1e-9)["share_found"][0]
    away = result.gains["finds"][0] == "stayed_away"
    title = (
        t(
            "The riskiest 20% of the customers held {found:percent} of those who stayed away; "
            "20% would be chance",
            found=found,
        )
        if away
        else t(
            "The safest 20% of the customers held {found:percent} of those who came back; "
            "20% would be chance",
            found=found,
        )
    )
    drawn = charts.lines(result.gains, "share_contacted", "share_found", title, group="method")
    return drawn.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", line={"color": MUTED, "dash": "dot"},
        name=charts.text(t("At random")), hoverinfo="skip",
    )  # fmt: skip


def by_day(result: Result) -> go.Figure:
    """Predicted and observed share of churn per test day."""
    days = result.by_day.filter(pl.col("method") == result.config.method)
    long = days.unpivot(
        on=["predicted", "observed"], index=["origin", "customers"], variable_name="series",
        value_name="share_churned",
    )  # fmt: skip
    missed = (days["predicted"] - days["observed"]).abs().max()
    return charts.lines(
        long,
        "origin",
        "share_churned",
        t("On each day it was tested, the overall level was off by at most {missed:percent}",
          missed=missed),
        group="series",
    )  # fmt: skip


def profit(ranked: pl.DataFrame) -> go.Figure:
    """Expected profit by how many customers are written to, best first."""
    best = ranked.filter(pl.col("expected_profit") > 0).height
    curve = profit_curve(ranked).head(max(100, 3 * best))
    kept = np.unique(np.linspace(0, curve.height - 1, CURVE_POINTS).astype(int))
    enough = pl.col("total_profit") >= pl.col("total_profit").max() / 2
    half = curve.filter(enough)["customers"][0]
    drawn = charts.lines(
        curve[kept],
        "customers",
        "total_profit",
        t(
            "The first {few:integer} customers bring half of the profit; from {best:integer} on, a "
            "further message costs more than it keeps",
            few=half,
            best=best,
        ),
        zero=False,
    )
    return drawn.add_vline(x=best, line={"color": BAD, "dash": "dot"})


def by_group(result: Result) -> go.Figure:
    """Predicted and observed share of churn per group of customers."""
    groups = result.by_group.with_columns(off=(pl.col("predicted") - pl.col("observed")).abs())
    worst = groups.sort("off").row(-1, named=True)
    drawn = charts.figure(
        t(
            "The group the model knows least is {group:label}: {predicted:percent} predicted, "
            "{observed:percent} stayed away",
            group=worst["shopper_group"],
            predicted=worst["predicted"],
            observed=worst["observed"],
        ),
        height=max(260, 36 * groups.height + 110),
    )
    names = charts.shown(groups["shopper_group"])
    drawn.add_scatter(
        y=names,
        x=groups["observed"].to_list(),
        error_x={
            "type": "data",
            "symmetric": False,
            "array": (groups["observed_high"] - groups["observed"]).to_list(),
            "arrayminus": (groups["observed"] - groups["observed_low"]).to_list(),
        },
        mode="markers",
        marker={"size": 10, "color": charts.ACCENT},
        name=charts.text(term("observed")),
        hovertext=charts.hover(groups, ["shopper_group", "customers", "observed", "roc_auc"]),
        hoverinfo="text",
    )
    drawn.add_scatter(
        y=names,
        x=groups["predicted"].to_list(),
        mode="markers",
        marker={"size": 10, "symbol": "diamond-open", "color": BAD, "line": {"width": 2}},
        name=charts.text(term("predicted")),
        hovertext=charts.hover(groups, ["shopper_group", "customers", "predicted"]),
        hoverinfo="text",
    )
    kinds = {"type": "category", "autorange": "reversed", "automargin": True}
    return drawn.update_layout(xaxis=charts.axis("share_churned"), yaxis=kinds)


def curve(result: Result, which: str) -> go.Figure:
    """The ROC or the precision-recall curve, of the method and of the recency rule."""
    points = result.curves.filter(pl.col("curve") == which)
    if which == "roc":
        names = "false_positive_rate", "true_positive_rate"
        title = t("ROC: the further above the diagonal, the better customers are told apart")
    else:
        names = "recall", "precision"
        title = t("Precision and recall: how pure the list is when it catches so many")
    points = points.rename({"across": names[0], "up": names[1]})
    return charts.lines(points, *names, title, group="method")


def importance(result: Result) -> go.Figure:
    """The weight of each reason over all customers, with its direction."""
    table = result.importance
    return charts.bars(
        table,
        "reason",
        "weight",
        t("What weighs most is {reason:label}", reason=table["reason"][0]),
        group="direction",
        more=["direction"],
    )


def dependence(result: Result, fact: str) -> go.Figure:
    """The mean churn probability, were this fact of every customer set to one value."""
    points = result.dependence.filter(pl.col("fact") == fact)
    first, last = points["churn_probability"][0], points["churn_probability"][-1]
    title = t(
        "{fact:label}: from {first:percent} at the lowest to {last:percent} at the highest",
        fact=fact,
        first=first,
        last=last,
    )
    return charts.lines(points.rename({"fact_value": fact}), fact, "churn_probability", title)


def weeks(result: Result) -> go.Figure:
    """The share of customers at high risk, week by week."""
    first, last = result.weeks["share_high"][0], result.weeks["share_high"][-1]
    title = t(
        "At high risk: {last:percent} of the customers now, {first:percent} {weeks:integer} "
        "weeks ago",
        first=first,
        last=last,
        weeks=result.weeks.height - 1,
    )
    return charts.lines(result.weeks, "week_end", "share_high", title)
