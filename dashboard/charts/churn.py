"""The pictures of the churn page."""

import numpy as np
import plotly.graph_objects as go
import polars as pl

from core.analyses.churn.result import Result
from core.analyses.churn.saving import profit_curve
from dashboard import charts
from dashboard.charts import BAD, GOOD, MUTED
from dashboard.i18n import code, t, term

RISK_COLOURS = {"low": GOOD, "medium": MUTED, "high": BAD}
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
        xaxis=charts.axis("churn_probability") | {"range": [0, 1]},
        yaxis=charts.axis("customers"),
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
    return drawn


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
        xaxis={"type": "category"},
        yaxis=charts.axis("revenue"),
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
    return drawn


def profit(ranked: pl.DataFrame, budget: int) -> go.Figure:
    """Expected profit by how many customers are written to, best first, and the budget's place."""
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
            "Half of the profit lies with the first {few:integer} of the list; after "
            "{best:integer}, a further message costs more than it keeps",
            few=half,
            best=best,
        ),
        zero=False,
    )
    said = charts.text(t("Messages I can send"))
    drawn.add_vline(x=budget, line={"color": charts.ACCENT}, annotation_text=said)
    return drawn.add_vline(x=best, line={"color": BAD, "dash": "dot"})


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
    ends = result.weeks["week_end"]
    title = t(
        "At high risk: {last:percent} of the customers now, {first:percent} {weeks:integer} "
        "weeks ago",
        first=first,
        last=last,
        weeks=(ends[-1] - ends[0]).days // 7,
    )
    return charts.lines(result.weeks, "week_end", "share_high", title)
