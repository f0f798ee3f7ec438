"""What the inventory page lists: the columns read on screen, and the rows."""

from collections.abc import Sequence
from typing import get_args

import polars as pl
import streamlit as st

from core.analyses.inventory import Result, Simulation
from core.analyses.inventory.ahead import By
from core.measures.periods import Period
from dashboard import ui
from dashboard.i18n import clean, t, term

#: Products the picker offers, most revenue first: a browser's list slows down beyond.
PICKED_FROM = 2000
#: What is read on screen; the files to take away have every column.
ORDER = (
    "product_name",
    "order_quantity",
    "order_value",
    "on_hand",
    "reorder_point",
    "stockout_date",
    "lost_sales",
)
PURCHASE = (
    "supplier",
    "product_id",
    "product_name",
    "order_quantity",
    "unit_cost",
    "order_value",
    "pack_size",
    "minimum_order",
    "supplier_minimum",
    "on_hand",
    "on_order",
    "reorder_point",
    "stockout_date",
    "stockout_earliest",
    "stockout_latest",
)
POINTS = (
    "product_name",
    "status",
    "on_hand",
    "reorder_point",
    "order_up_to",
    "days_of_cover",
    "reorder_point_days",
    "demand_per_day",
    "abc",
    "xyz",
    "product_id",
)
ANSWERED = (
    "product_name",
    "demand_ahead",
    "demand_ahead_after",
    "order_quantity",
    "order_quantity_after",
    "order_value_after",
    "stockout_date_after",
)
RESTOCKED = (*ANSWERED[:3], "reorder_point", "reorder_point_after")
CARD = (
    "status",
    "on_hand",
    "on_order",
    "days_of_cover",
    "stockout_earliest",
    "stockout_date",
    "stockout_latest",
    "demand_per_day",
    "lead_time_days",
    "reorder_point",
    "safety_stock",
    "order_up_to",
    "economic_quantity",
    "order_quantity",
    "abc",
    "xyz",
    "pattern",
    "method",
)


def to_order(result: Result) -> pl.DataFrame:
    """What to order now: most lost sales first, last what fills up a supplier's order."""
    rows = result.inventory.filter(pl.col("order_quantity") > 0)
    return rows.sort("lost_sales", "product_id", descending=[True, False], nulls_last=True)


def known(frame: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """Those of `columns` of which anything is known."""
    picked = frame.select(columns)
    return picked.select(c for c in picked.columns if picked[c].null_count() < max(len(picked), 1))


def tied_up(result: Result) -> pl.DataFrame:
    """Dead stock and overstock, most money first."""
    rows = result.inventory.filter(pl.col("status").is_in(["dead", "overstock"]))
    columns = (
        "product_name",
        "status",
        "excess_value",
        "on_hand",
        "stock_value",
        "days_of_cover",
        "last_sale",
        "product_id",
    )
    ranked = rows.sort(
        "excess_value", "on_hand", "product_id", descending=[True, True, False], nulls_last=True
    )
    return known(ranked, columns)


def overview(result: Result) -> pl.DataFrame:
    """Every product's reorder point, most demand first."""
    rows = result.inventory.sort("abc", "demand_per_day", descending=[False, True])
    if result.has_stock:
        return known(rows, [c for c in POINTS if c in rows.columns])
    lasts = pl.when(pl.col("demand_per_day") > 0).then(
        pl.col("reorder_point") / pl.col("demand_per_day")
    )
    return known(rows.with_columns(reorder_point_days=lasts), POINTS)


def main_scores(result: Result) -> pl.DataFrame:
    """The measures that decide, and whether the range holds; the files have all of them."""
    return result.evidence.filter(pl.col("metric").is_in(["rmsse", "pinball", "coverage_80"]))


def pick_level(result: Result) -> By:
    """A product, or what groups of them the reader wants to see."""
    return st.selectbox(
        t("What to look at"),
        list(result.outlook.ahead),
        format_func=term,
        key="inventory.level",
        persist_state="session",
    )


def pick(result: Result, by: By) -> tuple[str | None, str]:
    """(key, name) of what the reader wants to see; what matters most to begin with."""
    if by == "shop":
        return "", t("Whole shop")
    names = _products(result) if by == "product" else _groups(result, by)
    key = st.selectbox(
        term("product_name" if by == "product" else by),
        list(names),
        format_func=lambda key: names.get(key, clean(str(key))),
        key=f"inventory.seen.{by}",
        persist_state="session",
    )
    return key, names[key].rsplit(" · ", 1)[0] if by == "product" else names[key]


def _products(result: Result) -> dict[str | None, str]:
    sold = result.inventory.filter(pl.col("last_sale").is_not_null())
    ranked = sold.sort(
        "lost_sales", "abc", "demand_per_day", descending=[True, False, True], nulls_last=True
    ).head(PICKED_FROM)
    rows = ranked.select("product_id", "product_name").iter_rows()
    return {key: clean(f"{name} · {key}") for key, name in rows}


def _groups(result: Result, by: By) -> dict[str | None, str]:
    ahead = result.outlook.ahead[by]
    ranked = ahead.keys.with_columns(units=ahead.weekly.sum(axis=1)).sort("units", by)[::-1]
    return {key: t("Not known") if key is None else clean(key) for key in ranked[by]}


def pick_period(result: Result) -> Period:
    """By day, week or month; as the options say to begin with."""
    offered: dict[Period, str] = {period: term(f"by_{period}") for period in get_args(Period)}
    return ui.choice(t("By"), offered, "inventory.period", result.config.period)


def card(result: Result, product: str) -> pl.DataFrame:
    """One product's figures, in one row."""
    return known(result.inventory.filter(pl.col("product_id") == product), CARD)


def chosen_policies(simulation: Simulation) -> pl.DataFrame:
    """Each policy at its usual setting; without prices and costs in units alone."""
    chosen = simulation.frontier.filter("chosen")
    if not simulation.priced:
        return chosen.select("policy", "fill_rate", "stock_units", "stockouts", "orders")
    columns = ("policy", "fill_rate", "stock_value", "cost", "stockouts", "lost_revenue", "orders")
    return chosen.select(columns)
