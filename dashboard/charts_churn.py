"""The pictures and panels of the churn page."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
import polars as pl
import streamlit as st

from core.analyses.churn.reasons import HIGH_FROM, MEDIUM_FROM
from core.analyses.churn.result import Result
from core.analyses.churn.saving import Offer, profit_curve
from dashboard import charts, export, i18n, state, ui
from dashboard.charts import BAD, GOOD, MUTED, PALETTE
from dashboard.i18n import t, term

RISK_COLOURS = {"low": GOOD, "medium": PALETTE[4], "high": BAD}
#: Customers that the pickers and the profit curve show at most.
PICKED, CURVE_POINTS = 500, 300
#: One fact per slider of the what-if: fact -> widest value offered.
WHAT_IF: Mapping[str, int] = {"recency_days": 365, "order_days": 30, "average_order": 0}


def words(template: str) -> str:
    """A sentence's template in the session's language."""
    if state.language() == "en":
        return template
    return i18n.sentences(state.language()).get(template, template)


def shown(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with the risk as a code of its own: "low" alone is the end of an interval."""
    return frame.with_columns(risk="risk_" + pl.col("risk"))


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
            name=charts.text(term(f"risk_{risk}")),
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
            "Most of the {value:money} at risk lies with customers at {risk:label} risk",
            value=total,
            risk=f"risk_{most}",
        ),
        barmode="group",
    )
    for column, colour in (("expected_revenue", MUTED), ("value_at_risk", BAD)):
        drawn.add_bar(
            x=charts.shown(shown(table)["risk"]),
            y=table[column].to_list(),
            name=charts.text(term(column)),
            marker_color=colour,
            hovertext=charts.hover(shown(table), ["risk", column]),
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
    long = result.by_day.unpivot(
        on=["predicted", "observed"], index=["origin", "customers"], variable_name="series",
        value_name="share_churned",
    )  # fmt: skip
    missed = (result.by_day["predicted"] - result.by_day["observed"]).abs().max()
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
    drawn = charts.lines(
        curve[kept],
        "customers",
        "total_profit",
        t(
            "Under these assumptions, writing to the first {best:integer} customers pays most",
            best=best,
        ),
        zero=False,
    )
    return drawn.add_vline(x=best, line={"color": BAD, "dash": "dot"})


def offer_controls() -> Offer:
    """The assumptions, as sliders: changing them never computes a model again."""
    columns = st.columns(4)
    values = [
        columns[0].number_input(term("message_cost"), 0.0, 100.0, 0.5, 0.1, key="churn.k",
                                help=i18n.term_help("message_cost"), persist_state="session"),
        columns[1].number_input(term("offer_value"), 0.0, 1000.0, 0.0, 0.5, key="churn.o",
                                help=i18n.term_help("offer_value"), persist_state="session"),
        columns[2].slider(term("save_rate"), 0, 50, 10, 1, format="%d%%", key="churn.s",
                          help=i18n.term_help("save_rate"), persist_state="session"),
        columns[3].slider(term("margin"), 5, 100, 40, 5, format="%d%%", key="churn.m",
                          help=i18n.term_help("margin"), persist_state="session"),
    ]  # fmt: skip
    return Offer(
        message_cost=values[0],
        offer_value=values[1],
        save_rate=values[2] / 100,
        margin=values[3] / 100,
    )


def what_if(result: Result) -> None:
    """One customer: probability, reasons, and what it would be were some facts different."""
    ids = result.customers["customer_id"].head(PICKED).to_list()
    names = dict(zip(ids, export.masked(result.customers.head(PICKED))["customer_id"], strict=True))
    chosen = st.selectbox(
        term("customer_id"), ids, format_func=lambda key: names[key], key="churn.customer"
    )
    row = result.customers.filter(pl.col("customer_id") == chosen).row(0, named=True)
    for reason in _reasons(result, chosen):
        st.markdown(f"- {ui.plain(reason)}")
    changed = {}
    for column, (fact, widest) in zip(st.columns(len(WHAT_IF)), WHAT_IF.items(), strict=True):
        now = round(max(0.0, float(row[fact] or 0)))
        least = 1 if fact == "order_days" else 0
        most = max(widest, 2 * now, 10)
        changed[fact] = column.slider(
            term(fact), least, most, max(now, least), key=f"churn.{fact}.{chosen}"
        )
    told = {fact: value for fact, value in changed.items() if value != round(row[fact] or 0)}
    before = float(row["churn_probability"])
    after = result.what_if(chosen, **told) if told else before
    st.metric(
        term("churn_probability"),
        ui.plain(i18n.value(after, "percent")),
        ui.plain(i18n.value(after - before, "percent")) if told else None,
        delta_color="inverse",
        border=True,
    )


def _reasons(result: Result, customer_id: str) -> list[str]:
    rows = result.sentences(words).filter(pl.col("customer_id") == customer_id)
    names = [name for name in rows.columns if name != "customer_id"]
    return [rows[name][0] for name in names if not rows.is_empty() and rows[name][0]]


def levels() -> str:
    """What low, medium and high mean, in a sentence."""
    return t(
        "Medium risk begins at a probability of {medium:percent}, high risk at {high:percent}.",
        medium=MEDIUM_FROM,
        high=HIGH_FROM,
    )
