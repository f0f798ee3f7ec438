"""The pictures and words of the recommendations page."""

import plotly.graph_objects as go
import polars as pl

from core.analyses.recommendations import Result
from dashboard import charts, i18n
from dashboard.charts import ACCENT, MUTED
from dashboard.i18n import t

#: Customers and products that the pickers offer at most.
PICKED = 2000
#: Purchases behind a recommendation that are named, and the columns in which all others add up.
SHOWN, ADDED = 9, ("contribution", "contribution_share")


def tournament(result: Result, task: str) -> go.Figure:
    """Every method's score in one task with its interval, best on top, the chosen one set off."""
    rows = (
        result.decisive()
        .filter(pl.col("task") == task)
        .sort("value", "method", descending=[False, True])
    )
    title = charts.text(t("Found in the list"), 80)
    drawn = charts.figure(
        _headline(rows, task),
        height=max(240, 34 * rows.height + 90),
        xaxis={"title": {"text": title}, "tickformat": ".0%", "rangemode": "tozero"},
        yaxis={"type": "category"},
    )
    chosen = rows["chosen"].to_list()
    drawn.add_scatter(
        x=rows["value"].to_list(),
        y=charts.shown(rows["method"]),
        mode="markers",
        marker={"size": 11, "color": [ACCENT if one else MUTED for one in chosen]},
        error_x=charts.whiskers(rows, "value", "low", "high"),
        hovertext=charts.hover(rows, ["method", "value", "low", "high"]),
        hoverinfo="text",
        showlegend=False,
    )
    return drawn


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
    drawn = charts.lines(
        rows,
        "list_rank",
        "conversion",
        _first_place(rows, result.config.test_days),
        group="recency_group",
        low="low",
        high="high",
    )
    drawn.layout.xaxis.type = "log"
    drawn.layout.xaxis.tickvals = rows["list_rank"].unique().sort().to_list()
    return drawn


def _first_place(rows: pl.DataFrame, days: int | None) -> str:
    """The chance at the first place of who bought lately, and that all others are less, where they
    are."""
    rates = rows["conversion"].to_list()
    if rows["recency_group"][0] != "bought_lately":
        return i18n.term("conversion")
    if max(rates[1:], default=0.0) < rates[0]:
        return t(
            "First place, customer bought lately: {rate:percent} bought it within {days:integer} "
            "days; further down and longer ago it is less",
            rate=rates[0],
            days=days,
        )
    return t(
        "First place, customer bought lately: {rate:percent} bought it within {days:integer} days",
        rate=rates[0],
        days=days,
    )


def likely(result: Result, customer_id: str) -> go.Figure | None:
    """How likely one customer is to buy each recommendation; None where it was not tested."""
    found = result.likely(customer_id, 50)
    if found is None or found.products.is_empty():
        return None
    rows = found.products.with_columns(told_apart("product_id"))
    title = t(
        "Of these {products:integer} products, customers who had ordered as lately bought "
        "{expected:number} on average within {days:integer} days (95% interval of the average "
        "{low:number} to {high:number})",
        products=rows.height,
        expected=found.expected,
        days=found.days,
        low=found.low,
        high=found.high,
    )
    ends = ("low", "high")
    return charts.bars(rows, "product_name", "conversion", title, interval=ends, more=["rank"])


def told_apart(key: str) -> pl.Expr:
    """Product names, those of several products with the code in the column `key`."""
    name = pl.col("product_name")
    return pl.when(name.is_duplicated()).then(pl.format("{} · {}", name, key)).otherwise(name)


def reasons(frame: pl.DataFrame) -> pl.DataFrame:
    """Recommendations as they are read: place, product, reason in the reader's language."""
    said = pl.Series("because", [reason(row) for row in frame.iter_rows(named=True)], pl.String)
    return frame.select("rank", "product_name", said, "product_id", "score")


def contributions(parts: pl.DataFrame) -> pl.DataFrame:
    """The strongest SHOWN purchases behind a recommendation, all others in one row."""
    shown = parts.head(SHOWN).with_columns(pl.col("because_orders").cast(pl.Int64))
    rest = parts.tail(-SHOWN)
    if rest.height and not parts["contribution"].null_count():
        named = pl.lit(t("{n:integer} others", n=rest.height))
        sums = rest.select(named.alias("because_product_name"), pl.col(ADDED).sum())
        shown = pl.concat([shown, sums], how="diagonal")
    renamed = shown.select(
        bought_product="because_product_name",
        orders="because_orders",
        last_bought="because_day",
        contribution="contribution",
        contribution_share="contribution_share",
        similarity="similarity",
        buyers_share="because_share",
    )
    return renamed.select(c for c in renamed.iter_columns() if c.null_count() < len(c))


def reason(row: dict[str, object]) -> str:
    """Why one product is recommended, in the reader's language."""
    match row["reason_code"]:
        case "bought_before" if row["because_orders"] == 1:
            return t("Bought on {day:date}", day=row["because_day"])
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
            return _for_newcomers(str(row["method"]))
        case _:
            return t("Sells well in the whole shop at the moment")


def _for_newcomers(method: str) -> str:
    if method == "popularity":
        return t("No purchase yet: what the shop sells most at the moment")
    if method == "newcomers_first":
        return t("No purchase yet: what others bought in their first order")
    return t("No purchase yet: what similar customers buy most ({method:label})", method=method)


def similar(result: Result, product_id: str) -> go.Figure:
    """The products that the same customers buy."""
    names = result.products.select(similar_product_id="product_id", product_name="product_name")
    rows = result.for_product(product_id).join(
        names, on="similar_product_id", maintain_order="left"
    )
    rows = rows.with_columns(told_apart("similar_product_id"))
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


def product_labels(result: Result, *, fresh: bool = False) -> dict[str, str]:
    """Product id -> what the picker shows, best sellers first; then new products, if asked for."""
    listed = result.products.head(PICKED).select("product_id", "product_name")
    mark = f" · {t('new')}"
    labels = {key: _labelled(name, key) for key, name in listed.iter_rows()}
    if fresh:
        new = result.fresh.select("product_id", "product_name").head(PICKED)
        labels |= {key: _labelled(name, key) + mark for key, name in new.iter_rows()}
    return labels


def _labelled(name: str, key: str) -> str:
    """Name and code of a product, the name cut short: the code tells variants apart."""
    if name == key:
        return i18n.clean(key)
    return f"{i18n.clean(name, max(60 - len(key), 20))} · {i18n.clean(key)}"


def methods(frame: pl.DataFrame) -> pl.DataFrame:
    """The tournament as a table: one row per method, one column per measure."""
    wide = frame.pivot("metric", index=["task", "method"], values="value")
    order = ["recall_at_k", "hit_rate", "precision_at_k", "ndcg_at_k", "map_at_k", "mrr"]
    rest = ["catalogue_coverage", "novelty", "repeat_share"]
    return wide.select("task", "method", *order, *rest).sort(
        "task", "recall_at_k", descending=[False, True]
    )


def substitutes(result: Result, product_id: str) -> pl.DataFrame:
    """The products that could stand in for one, by name."""
    names = result.products.select(substitute_product_id="product_id", product_name="product_name")
    rows = result.substitutes(product_id)
    if rows.is_empty():
        return rows
    joined = rows.join(names, on="substitute_product_id", maintain_order="left")
    return joined.select("rank", "product_name", "similarity", "lift")


def unknown_here(result: Result) -> set[str]:
    """The rules that this shop's data cannot serve."""
    wants = {
        "exclude_categories": "category",
        "minimum_stock": "on_hand",
    }
    missing = {rule for rule, column in wants.items() if column not in result.products.columns}
    if result.products["value"].null_count() == result.products.height:
        missing |= {"minimum_price", "margin_boost"}
    if result.products["margin"].null_count() == result.products.height:
        missing.add("minimum_margin")
    return missing


def exported(lists: pl.DataFrame) -> pl.DataFrame:
    """Lists as the file has them, without the parts that `because` is made of."""
    shown = ["customer_id", "rank", "product_id", "product_name", "score", "bought_before"]
    return lists.select(*shown)


def by_group(result: Result) -> go.Figure:
    """The chosen method against the bestsellers, for customers who ordered rarely and often."""
    chosen = result.tournament.filter(
        pl.col("task") == result.config.task,
        pl.col("metric") == "hit_rate",
        pl.col("group").is_in(["no_order", "one_order", "few_orders", "many_orders"]),
        pl.col("method").is_in(["popularity", result.config.method]),
    )
    order = {"no_order": 0, "one_order": 1, "few_orders": 2, "many_orders": 3}
    rows = chosen.sort(pl.col("group").replace_strict(order), "method").rename(
        {"group": "customer_group", "value": "hit_rate"}
    )
    return charts.bars(
        rows,
        "customer_group",
        "hit_rate",
        _grown(rows.filter(pl.col("method") == result.config.method)["hit_rate"].to_list()),
        group="method",
        interval=("low", "high"),
    )


def _grown(rates: list[float]) -> str:
    if len(rates) > 1 and rates == sorted(rates) and rates[0] < rates[-1]:
        return t("The more a customer has ordered, the better the list")
    return t("Customers with a hit, by how much they had ordered before")
