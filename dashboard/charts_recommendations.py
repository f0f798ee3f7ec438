"""The pictures and words of the recommendations page."""

import plotly.graph_objects as go
import polars as pl

from core.analyses.recommendations import Campaign, Result
from core.finding import Finding
from dashboard import charts, i18n
from dashboard.charts import ACCENT, MUTED
from dashboard.i18n import t

#: Customers and products that the pickers offer at most.
PICKED = 2000


def tournament(result: Result, task: str) -> go.Figure:
    """Every method's score in one task with its interval, best on top, the chosen one set off."""
    rows = (
        result.decisive()
        .filter(pl.col("task") == task)
        .sort("value", "method", descending=[False, True])
    )
    drawn = charts.figure(_headline(rows, task), height=max(240, 34 * rows.height + 90))
    chosen = rows["chosen"].to_list()
    drawn.add_scatter(
        x=rows["value"].to_list(),
        y=charts.shown(rows["method"]),
        mode="markers",
        marker={"size": 11, "color": [ACCENT if one else MUTED for one in chosen]},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": (rows["high"] - rows["value"]).to_list(),
            "arrayminus": (rows["value"] - rows["low"]).to_list(),
            "color": MUTED,
        },
        hovertext=charts.hover(rows, ["method", "value", "low", "high"]),
        hoverinfo="text",
        showlegend=False,
    )
    title = t("Share of the products bought later that stood in the list")
    horizontal = {"title": {"text": charts.text(title, 80)}, "tickformat": ".0%"}
    return drawn.update_layout(
        xaxis=horizontal | {"rangemode": "tozero"}, yaxis={"type": "category", "automargin": True}
    )


def _headline(rows: pl.DataFrame, task: str) -> str:
    best = rows.filter("chosen").row(0, named=True)
    return t(
        "{task:label}: “{method:label}” is used; its lists held {value:percent} of what was bought",
        task=task,
        method=best["method"],
        value=best["value"],
    )


def conversion(result: Result) -> go.Figure:
    """Chance that a recommendation is bought, by place in the list and recency of the customer."""
    rows = result.conversion.rename({"rank_to": "list_rank", "rate": "conversion"})
    first = rows.row(0, named=True)
    drawn = charts.lines(
        rows,
        "list_rank",
        "conversion",
        t(
            "First place, customer bought lately: {rate:percent} bought it within {days:integer} "
            "days; further down and longer ago it is less",
            rate=first["conversion"],
            days=result.config.test_days,
        ),
        group="recency_group",
        low="low",
        high="high",
    )
    return drawn.update_xaxes(type="log", tickvals=rows["list_rank"].unique().sort().to_list())


def reasons(frame: pl.DataFrame) -> pl.DataFrame:
    """Recommendations as they are read: place, product, reason in the reader's language."""
    said = pl.Series("because", [reason(row) for row in frame.iter_rows(named=True)], pl.String)
    return frame.select("rank", "product_name", said, "bought_before", "product_id", "score")


def reason(row: dict[str, object]) -> str:
    """Why one product is recommended, in the reader's language."""
    match row["reason_code"]:
        case "bought_before":
            return t(
                "Bought in {orders:integer} orders, last on {day:date}",
                orders=row["because_orders"],
                day=row["because_day"],
            )
        case "bought_with":
            return t(
                "Because of “{product}”, bought on {day:date}: {share:percent} of its buyers "
                "also bought this",
                product=row["because_product_name"],
                day=row["because_day"],
                share=row["because_share"],
            )
        case "similar_customers":
            return t("Customers who buy the same things also bought this")
        case "new_customer":
            return t("No purchase yet: what the shop sells most at the moment")
        case _:
            return t("Sells well in the whole shop at the moment")


def similar(result: Result, product_id: str) -> go.Figure:
    """The products that the same customers buy."""
    names = result.products.select(similar_product_id="product_id", product_name="product_name")
    rows = result.for_product(product_id).join(
        names, on="similar_product_id", maintain_order="left"
    )
    return charts.bars(
        rows.rename({"score": "similarity"}),
        "product_name",
        "similarity",
        t("Bought by the same customers"),
    )


def together(result: Result, product_id: str) -> pl.DataFrame:
    """The products in the same orders, by name."""
    names = result.products.select(together_product_id="product_id", product_name="product_name")
    rows = result.together.filter(pl.col("product_id") == product_id)
    return rows.join(names, on="together_product_id", maintain_order="left").select(
        "rank", "product_name", "orders", "confidence", "lift"
    )


def product_labels(result: Result) -> dict[str, str]:
    """Product id -> what the picker shows, best sellers first."""
    listed = result.products.head(PICKED)
    pairs = zip(listed["product_id"], listed["product_name"], strict=True)
    return {key: i18n.clean(f"{name} · {key}" if name != key else key, 60) for key, name in pairs}


def methods(frame: pl.DataFrame) -> pl.DataFrame:
    """The tournament as a table: one row per method, one column per measure."""
    wide = frame.pivot("metric", index=["task", "method"], values="value")
    order = ["recall_at_k", "hit_rate", "precision_at_k", "ndcg_at_k", "map_at_k", "mrr"]
    rest = ["catalogue_coverage", "novelty", "repeat_share"]
    return wide.select("task", "method", *order, *rest).sort(
        "task", "recall_at_k", descending=[False, True]
    )


def expectation(campaign: Campaign) -> list[Finding]:
    """What a mailing to these customers can expect, and what it cannot tell."""
    return [
        Finding(
            "Of these {customers:integer} customers, about {expected:number} buy it within "
            "{days:integer} days (95% interval {low:number} to {high:number}); of as many picked "
            "at random about {untargeted:number}.",
            {
                "customers": campaign.customers.height,
                "expected": campaign.expected,
                "days": campaign.days,
                "low": campaign.low,
                "high": campaign.high,
                "untargeted": campaign.untargeted,
            },
        ),
        Finding(
            "They would buy that much without being written to: what the mailing itself adds shows "
            "only against a group that was left out.",
            {},
            "caution",
        ),
    ]
