"""The pictures and panels of the page "Bought together"."""

import math

import plotly.graph_objects as go
import polars as pl
import streamlit as st

from core.analyses.association_rules.result import Result
from dashboard import charts
from dashboard.charts import ACCENT, MUTED, PALETTE
from dashboard.charts import overlap as charts_overlap
from dashboard.i18n import t

SHORT = [
    *("antecedent_names", "consequent_names", "orders", "confidence", "adjusted_lift"),
    *("orders_by_chance", "lift", "q_value", "season_only", "replicated", "over_time"),
]
EVERY = [
    *("antecedent_names", "consequent_names", "orders", "antecedent_orders", "consequent_orders"),
    *("support", "confidence", "confidence_low", "confidence_high"),
    *("adjusted_lift", "adjusted_lift_low", "adjusted_lift_high", "orders_by_chance", "lift"),
    *("leverage", "conviction", "zhang", "jaccard", "cosine", "kulczynski", "imbalance_ratio"),
    *("hyper_lift", "p_value", "q_value", "season_q_value", "replicated", "over_time"),
]
OFFERED = [
    *("antecedent_names", "consequent_names", "confidence", "orders", "extra_revenue"),
    *("extra_revenue_high", "extra_orders", "recent_orders", "orders_to_test", "days_to_test"),
]
#: Fewer points than WebGL is used for: a projector's machine may have none.
PATHS, SCATTERED, SIZED, NUMBERED = 6, 450, 200, 12
#: Orders that chance must give before a title says how many times as many there are.
FEW = 5


def support_confidence(rules: pl.DataFrame) -> go.Figure:
    """Each rule by how often it occurs and how sure it is; size: adjusted lift."""
    nth = pl.int_range(pl.len()).over("length")
    steady = rules.filter(~pl.col("season_only")).filter(nth < SCATTERED)
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
    figure.layout.xaxis.tickformat = ".2~%"
    figure.layout.xaxis.tickvals = _one_two_five(steady["support"])
    return figure


def _one_two_five(values: pl.Series) -> list[float]:
    """Ticks of a logarithmic axis: 1, 2 and 5 times each power of ten among the values.

    Plotly's own way to them, dtick "D2", labels the axis wrongly where a chart is drawn twice.
    """
    low, high = values.quantile(0.0) or 1.0, values.quantile(1.0) or 1.0
    powers = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 1)
    found = [digit * 10.0**power for power in powers for digit in (1, 2, 5)]
    return [tick for tick in found if low / 2 <= tick <= high * 2]


def rule_paths(result: Result) -> go.Figure | None:
    """How the chance of a product climbs with each product that is in the order already."""
    found = _climbing(result)
    if found.is_empty():
        return None
    steps = {
        "share": (t("In any order"), MUTED),
        "shorter": (t("With one product less"), PALETTE[1]),
        "confidence": (t("With all of them"), ACCENT),
    }
    title = t(
        "{consequent_names}: in {share:percent} of all orders, {shorter:percent} with one product"
        " less, {confidence:percent} with {antecedent_names}",
        **found.select(*steps, "antecedent_names", "consequent_names").row(0, named=True),
    )
    ends = [found.height - 0.35, -0.65]  # room for a name of three lines above and below
    kinds = {"type": "category", "automargin": True, "title": None, "range": ends}
    across = charts.axis("confidence") | {"rangemode": "tozero"}
    figure = charts.figure(title, height=70 * found.height + 130, xaxis=across, yaxis=kinds)
    names = [
        "<br>".join([*(charts.text(name, 26) for name in before.split(" + ")), f"→ {after}"])
        for before, after in zip(
            found["antecedent_names"],
            [charts.text(name, 26) for name in found["consequent_names"]],
            strict=True,
        )
    ]
    said = charts.hover(
        found, ["antecedent_names", "consequent_names", "orders", "antecedent_orders", "confidence"]
    )
    for row, name in zip(found.select(*steps).rows(), names, strict=True):
        line = {"color": charts.rgba(MUTED, 0.6), "width": 2}
        figure.add_scatter(
            x=row, y=[name] * 3, mode="lines", line=line, hoverinfo="skip", showlegend=False
        )
    for column, (label, colour) in steps.items():
        figure.add_scatter(
            x=found[column].to_list(),
            y=names,
            mode="markers",
            cliponaxis=False,
            name=charts.text(label),
            marker={"color": colour, "size": 12},
            hovertext=said,
            hoverinfo="text",
        )
    return figure


def _climbing(result: Result) -> pl.DataFrame:
    """The longer rules that add most to the best rule with one product less, one per combination.

    share: of all orders, those with the consequent. shorter: confidence of that best rule.
    """
    longer = result.rules.filter(pl.col("length") > 2).with_row_index("rule")
    parts = longer.select("rule", "consequent", part=pl.col("antecedent").str.split(" + "))
    fewer = [
        parts.filter(pl.col("part").list.len() > leave).select(
            "rule",
            "consequent",
            antecedent=pl.concat_list(
                pl.col("part").list.head(leave), pl.col("part").list.slice(leave + 1)
            ).list.join(" + "),
        )
        for leave in range(result.config.max_length if longer.height else 0)
    ]
    if not fewer:
        return longer
    best = (
        pl.concat(fewer)
        .join(result.all_rules, on=["antecedent", "consequent"])
        .group_by("rule")
        .agg(shorter=pl.col("confidence").max())
    )
    return (
        longer.join(best, on="rule")
        .with_columns(share=pl.col("confidence") / pl.col("lift"))
        .sort(pl.col("confidence") - pl.col("shorter"), "rule", descending=[True, False])
        .unique("set", keep="first", maintain_order=True)
        .head(PATHS)
    )


def category_heatmap(result: Result) -> go.Figure | None:
    """How much more often than chance two categories meet in an order."""
    return None if result.category_pairs.is_empty() else category_picture(result.category_pairs)


def category_picture(pairs: pl.DataFrame) -> go.Figure:
    """The same of `Result.category_pairs`; its title is of a pair that chance brings together often
    enough to compare, if there is any."""
    often = pairs.filter(pl.col("orders_by_chance") >= FEW)
    top = (
        (pairs if often.is_empty() else often)
        .sort("adjusted_lift", "category", "other_category", descending=[True, False, False])
        .row(0, named=True)
    )
    both = pl.concat(
        [pairs, pairs.rename({"category": "other_category", "other_category": "category"})],
        how="diagonal",
    ).sort("category", "other_category")
    title = t(
        "{category} and {other_category} meet {adjusted_lift:ratio} times as often as chance gives",
        **top,
    )
    few = both["category"].n_unique() <= NUMBERED
    drawn = charts.heatmap(both, "other_category", "category", "adjusted_lift", title, numbers=few)
    grid, across = drawn.data[0], drawn.layout.xaxis
    across.categoryorder, across.categoryarray = "array", grid.y
    grid.showscale = not few
    return drawn


def upset(overlap: pl.DataFrame, chosen: list[str]) -> go.Figure:
    """Customers per combination of the chosen categories that they buy in."""
    every = int(overlap.filter(pl.col("categories_bought") == len(chosen))["customers"].sum())
    title = t(
        "{share:percent} of these customers buy in all of the chosen categories",
        share=every / max(int(overlap["customers"].sum()), 1),
    )
    held = [
        [name for name in chosen if f" + {name} + " in f" + {bought} + "]
        for bought in overlap["bought_in"]
    ]
    return charts_overlap.upset(held, overlap["customers"].to_list(), chosen, title)


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
    said = pl.col("consequent_names")
    found = result.also_bought(product).with_columns(
        pl.when(said.is_duplicated()).then(pl.format("{} · {}", said, "consequent")).otherwise(said)
    )
    name = result.products.filter(pl.col("product_id") == product)["product_name"][0]
    return charts.bars(
        found,
        "consequent_names",
        "confidence",
        t("Who buys {name} also takes", name=name),
        interval=("confidence_low", "confidence_high"),
        more=["orders", "orders_by_chance"],
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
