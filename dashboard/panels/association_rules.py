"""The panels of "Bought together" that the reader steers: test plan, sequences, cross-shop."""

import math
from typing import Any

import numpy as np
import polars as pl
import streamlit as st

from core.analyses.association_rules import categories
from core.analyses.association_rules.bundles import RECENT_DAYS, orders_to_test
from core.analyses.association_rules.result import Result
from core.dataset import Dataset
from dashboard import charts, ui
from dashboard.cache import derived
from dashboard.charts import association_rules as pictures
from dashboard.charts import network
from dashboard.i18n import safe, t, term

#: Options that the page offers as what the data hold.
PARTS = ("country", "channel")
FOLLOWING, MOST_CATEGORIES, MOST_PARTS = 15, 3, 50
SEQUENCE_HOVER = (
    *("first_product_name", "next_product_name", "first_customers", "followers"),
    "followers_by_chance",
)
CHANGED = [
    *("antecedent_names", "consequent_names", "over_time", "earlier_confidence"),
    *("later_confidence", "earlier_orders", "later_orders", "change_q_value", "season_only"),
]
CODES = ("first_product", "next_product")
PLACED = [
    *("product_name", "other_product_name", "orders", "extra_orders_together", "adjusted_lift"),
    *("kulczynski", "imbalance_ratio", "replicated"),
]


def part(dataset: Dataset) -> dict[str, str | None]:
    """The country and channel whose orders alone are wanted, as options of the analysis."""
    with st.sidebar:
        return {column: _one_of(dataset, column) for column in PARTS if column in dataset.columns}


def _one_of(dataset: Dataset, column: str) -> str | None:
    counted = (
        dataset.lines.filter(pl.col(column).is_not_null())
        .group_by(column)
        .agg(lines=pl.len())
        .sort("lines", column, descending=[True, False])
        .head(MOST_PARTS)
        .collect()
    )
    if counted.height < 2:
        return None
    chosen: str | None = st.selectbox(
        term(column),
        [None, *counted[column]],
        format_func=lambda value: t("All") if value is None else str(value),
        key=f"rules.{column}",
        persist_state="session",
    )
    return chosen


def network_panel(result: Result) -> str | None:
    """The network, and the product that the reader clicked on, if any."""
    if (drawn := network.picture(derived(result.network))) is None:
        return None
    points = ui.chart(drawn, "rules.network", select=True)
    st.caption(t("Click on a product to see its rules alone; double-click to see all again."))
    chosen = points[0].get("customdata") if points else None
    if isinstance(chosen, list):
        chosen = chosen[0] if chosen else None
    return str(chosen) if chosen else None


def test_plan(result: Result) -> None:
    """How long a fair test of one bundle takes, for the uplift that the reader hopes for."""
    bundles = result.bundles
    if bundles.is_empty():
        return
    st.subheader(t("Plan a test"), anchor=False)
    left, right = st.columns(2)
    labels = pair_labels(bundles)
    with left:
        row = st.selectbox(
            t("Pair to test"), range(len(labels)), format_func=labels.__getitem__, key="rules.test"
        )
    with right:
        uplift = st.slider(
            t("Smallest uplift worth finding (%)"),
            5,
            100,
            20,
            5,
            key="rules.uplift",
            persist_state="session",
        )
    for sentence in planned(bundles.row(row or 0, named=True), uplift / 100):
        st.markdown(sentence)


def pair_labels(bundles: pl.DataFrame) -> list[str]:
    """The pairs by name, and by code, too, where several have the same names."""
    names = pl.format("{} → {}", "antecedent_names", "consequent_names")
    codes = pl.format("{} · {} → {}", names, "antecedent", "consequent")
    told = bundles.select(pl.when(names.is_duplicated()).then(codes).otherwise(names))
    return told.to_series().to_list()


def planned(bundle: dict[str, Any], uplift: float) -> list[str]:
    """What a fair test of one of `Result.bundles` takes, in sentences."""
    names = {"antecedent": bundle["antecedent_names"], "consequent": bundle["consequent_names"]}
    before = bundle["confidence"]
    orders = float(orders_to_test(np.array([before]), uplift)[0])
    if math.isnan(orders):
        return [
            safe(
                "Nearly every order with {antecedent} holds {consequent} already: there is nothing"
                " to raise.",
                **names,
            )
        ]
    plan = safe(
        "Show {consequent} to every other order with {antecedent} and leave the rest alone. To"
        " see {before:percent} rise to {after:percent}, each group needs {orders:integer}"
        " orders with {antecedent}.",
        **names,
        before=before,
        after=min(before * (1 + uplift), 0.999),
        orders=orders,
    )
    return [plan, _duration(int(orders), bundle["recent_orders"] / 28 / max(before, 1e-9))]


def _duration(orders: int, daily: float) -> str:
    if daily <= 0:
        return safe(
            "Nobody bought this pair in the last {days:integer} days: there is nothing to test.",
            days=RECENT_DAYS,
        )
    days = math.ceil(2 * orders / daily)
    if days > 365:
        return safe(
            "At the present pace that takes {days:integer} days. That is too long: test a pair"
            " that sells more, or look for a larger uplift.",
            days=days,
        )
    return safe("At the present pace that takes about {days:integer} days.", days=days)


def placement(result: Result) -> None:
    """Pairs to put side by side, whichever is bought first."""
    pairs = result.placement()
    if pairs.is_empty():
        return
    st.subheader(t("Put side by side"), anchor=False)
    st.caption(
        t(
            "Pairs that share most orders beyond chance, whichever comes first: neighbours on a"
            " shelf, on a page or where orders are packed. The nearer Kulczynski is to 1 and the"
            " imbalance to 0, the more each calls for the other."
        )
    )
    names = {"antecedent_names": "product_name", "consequent_names": "other_product_name"}
    ui.table(pairs.rename(names).select(PLACED), "placement")


def changes(result: Result) -> None:
    """The rules whose confidence differs between the earlier and the later part of time."""
    if result.facts.split is None:
        st.caption(t("There are too few orders to compare an earlier with a later part of time."))
        return
    st.subheader(t("What changed over time"), anchor=False)
    changed = result.rules.filter(pl.col("over_time") != "steady").sort(
        "change_q_value", "antecedent", "consequent"
    )
    st.markdown(
        safe(
            "Rules that became stronger from {split:date} on: {stronger:integer}; weaker:"
            " {weaker:integer}; steady: {steady:integer}.",
            split=result.facts.split,
            stronger=changed.filter(pl.col("over_time") == "stronger").height,
            weaker=changed.filter(pl.col("over_time") == "weaker").height,
            steady=result.rules.height - changed.height,
        )
    )
    ui.table(changed.select(CHANGED), "rules_changed")


def following(result: Result) -> None:
    """What customers buy after their first order."""
    found = result.sequences
    if found.is_empty():
        st.info(
            t(
                "After a first order, nothing is bought within {days:integer} days more often than"
                " chance explains, or too few customers have come back yet.",
                days=result.config.follow_up_days,
            )
        )
        return
    repeated = pl.col("first_product") == pl.col("next_product")
    other = found.filter(~repeated)
    shown = (other if not other.is_empty() else found).head(FOLLOWING)
    path = pl.format(
        "{}. {} → {}",
        pl.int_range(1, pl.len() + 1),
        _shortened("first_product_name"),
        _shortened("next_product_name"),
    )
    top = shown.row(0, named=True)
    ui.chart(
        charts.bars(
            shown.with_columns(path_shown=path),
            "path_shown",
            "follow_share",
            t(
                "Of those who began with {first_product_name}, {follow_share:percent} bought"
                " {next_product_name} within {days:integer} days; chance would give"
                " {chance:percent}",
                **top,
                days=result.config.follow_up_days,
                chance=top["followers_by_chance"] / top["first_customers"],
            ),
            more=[*SEQUENCE_HOVER],
        ),
        "rules.sequences",
    )
    ui.table(found.drop("p_value").select(pl.exclude(CODES), *CODES), "sequences")


def _shortened(column: str) -> pl.Expr:
    """Both ends of a long name: shops tell variants apart by the last word."""
    name = pl.col(column)
    ends = pl.concat_str(name.str.head(8), pl.lit("…"), name.str.tail(8))
    return pl.when(name.str.len_chars() > 18).then(ends).otherwise(name)


def apart(result: Result) -> None:
    """Products that avoid each other, and why."""
    found = result.substitutes
    if found.is_empty():
        st.info(t("No two products avoid each other beyond chance, as far as these orders tell."))
        return
    instead = found.filter(pl.col("avoidance") == "instead_of")
    if not instead.is_empty():
        st.markdown(
            safe(
                "Pairs that look like one instead of the other: {pairs:integer}. The clearest:"
                " {product_name} and {other_product_name} share {orders:integer} orders, chance"
                " would give {orders_by_chance:integer}, yet {shared_customers:integer} customers"
                " bought both.",
                pairs=instead.height,
                **instead.row(0, named=True),
            )
        )
        st.caption(t("If one runs out, offer the other. A set of both would sell badly."))
    codes = ("product_id", "other_product_id")
    empty = ["same_category"] if found["same_category"].null_count() == found.height else []
    told = found.drop("p_value", *empty)
    ui.table(told.select(pl.exclude(codes), *codes), "substitutes")


def cross_shop(result: Result) -> None:
    """How customers shop across up to three categories."""
    combinations = result.cross_shop
    names = [name for name in combinations.columns if name not in ("customers", "revenue")]
    if len(names) < 2:
        return
    st.subheader(t("Who buys across categories"), anchor=False)
    chosen = st.multiselect(
        t("Up to three categories"),
        names,
        default=names[:MOST_CATEGORIES],
        max_selections=MOST_CATEGORIES,
        key="rules.cross_shop",
        persist_state="session",
        placeholder=t("Choose"),
    )
    if chosen:
        overlap = categories.overlap(combinations, chosen)
        ui.chart(pictures.upset(overlap, chosen), "rules.upset")
        ui.table(overlap, "cross_shop")
