"""The pictures of how well churn is known, on days held back."""

import numpy as np
import plotly.graph_objects as go
import polars as pl

from core.analyses.churn.doubts import WITHIN
from core.analyses.churn.proof import OUTSIDE
from core.analyses.churn.result import Result
from dashboard import charts
from dashboard.charts import BAD, MUTED
from dashboard.i18n import t, term


def calibration(result: Result) -> go.Figure:
    """Predicted against observed shares, with what chance allows."""
    bins = result.calibration
    both = {"range": [0, 1]}
    across, down = charts.axis("predicted") | both, charts.axis("observed") | both
    drawn = charts.figure(_how_far_off(bins), xaxis=across, yaxis=down)
    _diagonal(drawn, t("As predicted"))
    drawn.add_trace(_allowed(bins, "level_low", "level_high", t("Level and chance"), 0.12))
    drawn.add_trace(_allowed(bins, "low", "high", t("Chance alone"), 0.3))
    drawn.add_scatter(
        x=bins["predicted"].to_list(),
        y=bins["observed"].to_list(),
        mode="markers+lines",
        name=charts.text(term("observed")),
        marker={"size": 8, "color": charts.ACCENT},
        line={"color": charts.ACCENT},
        hovertext=charts.hover(bins, ["customers", "predicted", "observed", "low", "high"]),
        hoverinfo="text",
    )
    return drawn


def _how_far_off(bins: pl.DataFrame) -> str:
    inside, allowed = bins.select(
        WITHIN.sum(),
        level=pl.col("observed").is_between("level_low", "level_high").sum(),
    ).row(0)
    off = 100 * float(np.abs(bins["predicted"].to_numpy() - bins["observed"].to_numpy()).mean())
    return t(
        "On days held back the probabilities were off by {off:.1f} percentage points on "
        "average; {inside:integer} of {bins:integer} groups lie within chance, {level:integer} "
        "within chance and the level's uncertainty",
        off=off,
        inside=inside,
        level=allowed,
        bins=bins.height,
    )


def _allowed(bins: pl.DataFrame, low: str, high: str, name: str, shade: float) -> go.Scatter:
    """The band between two columns, along what was predicted."""
    return go.Scatter(
        x=[*bins["predicted"], *bins["predicted"].reverse()],
        y=[*bins[high], *bins[low].reverse()],
        fill="toself",
        fillcolor=charts.rgba(MUTED, shade),
        line={"width": 0},
        mode="lines",
        name=charts.text(name),
        hoverinfo="skip",
    )


def _diagonal(drawn: go.Figure, name: str) -> go.Figure:
    return drawn.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", line={"color": MUTED, "dash": "dot"},
        name=charts.text(name), hoverinfo="skip",
    )  # fmt: skip


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
    return _diagonal(drawn, t("At random"))


def by_day(result: Result) -> go.Figure:
    """Predicted and observed share of churn per test day."""
    days = result.by_day.filter(pl.col("method") == result.config.method)
    long = days.unpivot(
        on=["predicted", "observed"], index=["origin", "customers"], variable_name="series",
        value_name="share_churned",
    )  # fmt: skip
    missed = 100 * float(np.abs(days["predicted"].to_numpy() - days["observed"].to_numpy()).max())
    return charts.lines(
        long,
        "origin",
        "share_churned",
        t("On each day it was tested, the overall level was off by at most {missed:.1f} percentage "
          "points", missed=missed),
        group="series",
    )  # fmt: skip


def by_group(result: Result) -> go.Figure:
    """Predicted and observed share of churn per group of customers."""
    groups = result.by_group
    drawn = charts.figure(
        _furthest(groups),
        height=max(260, 36 * groups.height + 110),
        xaxis=charts.axis("share_churned"),
        yaxis={"type": "category", "autorange": "reversed"},
    )
    names = charts.shown(groups["shopper_group"])
    drawn.add_scatter(
        y=names,
        x=groups["observed"].to_list(),
        error_x=charts.whiskers(groups, "observed", "observed_low", "observed_high", charts.ACCENT),
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
    return drawn


def _furthest(groups: pl.DataFrame) -> str:
    """The group furthest off by more than chance, in a sentence; or that there is none."""
    off = groups.filter(OUTSIDE).sort((pl.col("predicted") - pl.col("observed")).abs())
    if off.is_empty():
        return t("In every group, what was predicted lies within what chance allows")
    row = off.row(-1, named=True)
    return t(
        "The group furthest off by more than chance is {group:label}: {predicted:percent} "
        "predicted, {observed:percent} stayed away",
        group=row["shopper_group"],
        predicted=row["predicted"],
        observed=row["observed"],
    )


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


def stability(result: Result, metric: str) -> go.Figure:
    """One measure of the chosen method and of the recency rule, day by day, with intervals."""
    compared = [result.config.method, "recency_rule"]
    days = result.stability.filter(pl.col("metric") == metric, pl.col("method").is_in(compared))
    ours = days.filter(pl.col("method") == result.config.method)["value"]
    title = t(
        "{metric:label} on each day it was tested: {low:ratio} to {high:ratio}",
        metric=metric,
        low=ours.min(),
        high=ours.max(),
    )
    named = days.rename({"value": metric})
    return charts.lines(
        named, "origin", metric, title, group="method", low="low", high="high", zero=False
    )
