"""The pictures and panels of the page "Bought together"."""

import plotly.graph_objects as go
import polars as pl
import streamlit as st

from core.analyses.association_rules.network import Network, network
from core.analyses.association_rules.result import Result
from dashboard import charts, i18n, ui
from dashboard.charts import MUTED, PALETTE
from dashboard.i18n import t, term

SHORT = [
    *("antecedent_names", "consequent_names", "orders", "confidence", "adjusted_lift"),
    *("orders_by_chance", "lift", "q_value", "season_only", "replicated", "over_time"),
]
OFFERED = [
    *("antecedent_names", "consequent_names", "confidence", "orders", "extra_revenue"),
    *("extra_revenue_high", "extra_orders", "recent_orders", "orders_to_test", "days_to_test"),
]
#: Fewer points than WebGL is used for: a projector's machine may have none.
PATHS, SCATTERED, SIZED, NUMBERED, LABELLED = 12, 900, 200, 6, 30


def network_panel(result: Result) -> str | None:
    """The network, and the product that the reader clicked on, if any."""
    drawn = network(result.rules, result.products)
    if drawn.nodes.is_empty():
        return None
    st.markdown(f"**{i18n.plain(_network_title(drawn))}**")
    picked = st.plotly_chart(
        network_chart(drawn),
        key="rules.network",
        on_select="rerun",
        selection_mode="points",
        config=ui.CHART_CONFIG,
        alt=_network_title(drawn),
    )
    st.caption(t("Click on a product to see its rules alone; double-click to see all again."))
    points = picked["selection"]["points"]
    chosen = points[0].get("customdata") if points else None
    if isinstance(chosen, list):
        chosen = chosen[0] if chosen else None
    return str(chosen) if chosen else None


def _network_title(drawn: Network) -> str:
    return t(
        "The {pairs:integer} strongest pairs tie {products:integer} products into"
        " {clusters:integer} groups",
        pairs=drawn.edges.height,
        products=drawn.nodes.height,
        clusters=drawn.nodes["cluster"].n_unique(),
    )


def network_chart(drawn: Network) -> go.Figure:
    """Products as points, coloured by cluster, pairs as lines."""
    figure = charts.figure("", height=560, hovermode="closest", showlegend=False)
    nodes = drawn.nodes
    where = {row["product_id"]: (row["x"], row["y"]) for row in nodes.to_dicts()}
    ends = [(where[a], where[c]) for a, c in drawn.edges.select("antecedent", "consequent").rows()]
    figure.add_scatter(
        x=[x for (x1, _), (x2, _) in ends for x in (x1, x2, None)],
        y=[y for (_, y1), (_, y2) in ends for y in (y1, y2, None)],
        mode="lines",
        line={"color": charts.rgba(MUTED, 0.6), "width": 1.5},
        hoverinfo="skip",
    )
    largest = nodes["orders"].max() or 1
    figure.add_scatter(
        x=nodes["x"].to_list(),
        y=nodes["y"].to_list(),
        mode="markers+text",
        text=_labels(nodes),
        textposition=_above_or_below(drawn),
        textfont={"size": 11},
        customdata=nodes["product_id"].to_list(),
        hovertext=charts.hover(nodes, ["product_name", "orders"]),
        hoverinfo="text",
        marker={
            "size": ((nodes["orders"] / largest).sqrt() * 22 + 8).to_list(),
            "color": [PALETTE[cluster % len(PALETTE)] for cluster in nodes["cluster"]],
            "opacity": 1.0,
        },
    )
    hidden = {"visible": False, "range": [-0.08, 1.08]}
    return figure.update_layout(xaxis=hidden, yaxis=hidden)


def _labels(nodes: pl.DataFrame) -> list[str]:
    """Every name while there are few; else the most ordered of each cluster, the rest on hover."""
    order = pl.col("orders").rank("ordinal", descending=True).over("cluster")
    shown = nodes.select(pl.lit(nodes.height <= LABELLED) | (order == 1)).to_series()
    names = zip(nodes["product_name"], shown, strict=True)
    return [charts.text(name, 26) if show else "" for name, show in names]


def _above_or_below(drawn: Network) -> list[str]:
    """Each label on the side away from the product's partners."""
    height = dict(drawn.nodes.select("product_id", "y").iter_rows())
    pairs = drawn.edges.select("antecedent", "consequent").rows()
    partners: dict[str, list[float]] = {name: [] for name in height}
    for a, c in pairs:
        partners[a].append(height[c])
        partners[c].append(height[a])
    return [
        "top center" if y >= sum(partners[name]) / len(partners[name]) else "bottom center"
        for name, y in height.items()
    ]


def support_confidence(rules: pl.DataFrame) -> go.Figure:
    """Each rule by how often it occurs and how sure it is; size: adjusted lift."""
    steady = rules.filter(~pl.col("season_only")).head(SCATTERED)
    best = steady.sort("confidence", "antecedent", "consequent", descending=[True, False, False])
    title = t("No rule to draw")
    if not best.is_empty():
        title = t(
            "The surest rule: {share:percent} of the orders with {antecedent} also hold"
            " {consequent}",
            share=best["confidence"][0],
            antecedent=best["antecedent_names"][0],
            consequent=best["consequent_names"][0],
        )
    figure = charts.scatter(
        steady.with_columns(rule_kind="products_" + pl.col("length").cast(pl.String)),
        "support",
        "confidence",
        title,
        group="rule_kind",
        size="adjusted_lift" if steady.height <= SIZED else None,
        more=["antecedent_names", "consequent_names", "orders"],
        log="x",
    )
    return figure.update_xaxes(tickformat=".2~%", dtick="D2")


def rule_paths(rules: pl.DataFrame) -> go.Figure | None:
    """The surest rules of three products and more, each a path to what is bought as well."""
    longer = rules.filter(pl.col("length") > 2).head(PATHS)
    if longer.is_empty():
        return None
    figure = charts.figure(
        t("Paths: who has all but the last product of a line often adds the last"),
        height=max(320, 26 * longer.height + 160),
    )
    rows = longer.select("antecedent_names", "consequent_names", "confidence", "orders").rows()
    for rank, (antecedent, consequent, confidence, orders) in enumerate(rows):
        names = [*antecedent.split(" + "), consequent]
        said = t(
            "{antecedent} → {consequent}: {share:percent}, {orders:integer} orders",
            antecedent=antecedent,
            consequent=consequent,
            share=confidence,
            orders=orders,
        )
        figure.add_scatter(
            x=list(range(1, len(names) + 1)),
            y=[charts.text(name) for name in names],
            mode="lines+markers",
            line={"color": PALETTE[rank % len(PALETTE)], "width": 1 + 4 * confidence},
            hovertext=charts.text(said, 200),
            hoverinfo="text",
            showlegend=False,
        )
    return figure.update_layout(
        xaxis={"dtick": 1, "title": {"text": charts.text(term("position"))}},
        yaxis={"type": "category", "automargin": True, "title": None},
    )


def category_heatmap(result: Result) -> go.Figure | None:
    """How much more often than chance two categories meet in an order."""
    pairs = result.category_pairs
    if pairs.is_empty():
        return None
    top = pairs.sort(
        "adjusted_lift", "category", "other_category", descending=[True, False, False]
    ).row(0, named=True)
    both = pl.concat(
        [pairs, pairs.rename({"category": "other_category", "other_category": "category"})],
        how="diagonal",
    ).sort("category", "other_category")
    title = t(
        "{category} and {other_category} meet {adjusted_lift:ratio} times as often as chance gives",
        **top,
    )
    few = both["category"].n_unique() <= NUMBERED
    return charts.heatmap(both, "other_category", "category", "adjusted_lift", title, numbers=few)


def chosen_product(result: Result) -> str | None:
    """The product that the reader searched for, by name or code."""
    inside = set(result.rules["antecedent"]) | set(result.rules["consequent"])
    offered = result.products.filter(pl.col("product_id").is_in(inside)).sort(
        "orders", "product_id", descending=[True, False]
    )
    names = dict(offered.select("product_id", "product_name").iter_rows())
    chosen: str | None = st.selectbox(
        t("Search a product by name or code"),
        list(names),
        format_func=lambda code: f"{names[code]} ({code})",
        key="rules.product",
        persist_state="session",
    )
    return chosen


def also_bought(result: Result, product: str) -> go.Figure:
    """What buyers of `product` add, with the share that does."""
    found = result.also_bought(product)
    name = result.products.filter(pl.col("product_id") == product)["product_name"][0]
    return charts.bars(
        found,
        "consequent_names",
        "confidence",
        t("Who buys {name} also takes", name=name),
        more=["orders", "orders_by_chance", "confidence_low", "confidence_high"],
    )


def matching(rules: pl.DataFrame, words: str, product: str | None) -> pl.DataFrame:
    """The rules whose products match every word of a search, or that hold `product`."""
    text = pl.concat_str(
        *("antecedent", "consequent", "antecedent_names", "consequent_names"), separator=" "
    ).str.to_lowercase()
    for word in words.lower().split():
        rules = rules.filter(text.str.contains(word, literal=True))
    if product is None:
        return rules
    holds = [pl.col(side).str.split(" + ").list.contains(product) for side in SIDES]
    return rules.filter(pl.any_horizontal(holds))


SIDES = ("antecedent", "consequent")
