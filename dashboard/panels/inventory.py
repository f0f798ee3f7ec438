"""The views of the inventory page."""

from functools import partial

import polars as pl
import streamlit as st

from core.analyses import inventory
from core.analyses.inventory import Config, Result, Scenario
from core.analyses.inventory.ahead import By
from core.dataset import Dataset
from core.errors import CoreError
from core.options import fields
from dashboard import controls, ui
from dashboard.cache import cached
from dashboard.charts import inventory as charts
from dashboard.i18n import clean, t, term
from dashboard.panels import inventory_tables as tables

#: Products that a choice offers, most demand first.
OFFERED = 1000
#: Periods of the past that the chart shows.
SHOWN = {"day": 84, "week": 104, "month": 24}


def orders(result: Result) -> None:
    """What to order now, all or of one supplier, and the purchase order to take away."""
    if not result.has_stock:
        st.markdown(
            t(
                "When stock and what is on its way fall below the **reorder point**, order up to "
                "the second figure. What would run out first shows once the stock is counted."
            )
        )
        ui.table(tables.overview(result), "reorder_points")
        return
    rows, supplier = _one_supplier(tables.to_order(result))
    name = "purchase_order" if supplier is None else f"purchase_order_{clean(supplier)}"
    ui.table(tables.known(rows, tables.ORDER), name, take=tables.known(rows, tables.PURCHASE))
    ui.chart(charts.status_chart(result), "status")


def _one_supplier(rows: pl.DataFrame) -> tuple[pl.DataFrame, str | None]:
    """The rows of the supplier the reader picks; all of them where suppliers are not known."""
    names = rows["supplier"].drop_nulls().unique().sort().to_list()
    if not names:
        return rows, None
    sums = dict(rows.group_by("supplier").agg(pl.len()).iter_rows())
    picked = st.selectbox(
        t("Purchase order for"),
        [None, *names],
        format_func=lambda name: (
            t("All suppliers") if name is None else f"{clean(name)} ({sums[name]})"
        ),
        key="inventory.supplier",
        persist_state="session",
    )
    return (rows, None) if picked is None else (rows.filter(supplier=picked), str(picked))


def idle(result: Result) -> None:
    """Dead stock and overstock, most money first."""
    if not result.has_stock:
        st.markdown(t("This needs a stock count: type or load it above."))
        return
    rows = tables.tied_up(result)
    if rows.is_empty():
        st.markdown(t("Nothing lies dead, and nothing is stocked for too long."))
        return
    ui.chart(charts.status_chart(result), "idle_status")
    ui.table(rows, "tied_up")


def product(result: Result) -> None:
    """One product, category or supplier, or the shop: sales and what is expected."""
    left, right = st.columns([1, 2])
    with left:
        by = tables.pick_level(result)
    with right:
        key, name = tables.pick(result, by)
    ui.part(partial(by_period, result, by, key, name))
    if by == "product" and key is not None:
        ui.facts_table(tables.card(result, key), "product")


def by_period(result: Result, by: By, key: str | None, name: str) -> None:
    """What was sold and what is expected, by day, week or month."""
    period = tables.pick_period(result)
    ahead = result.ahead(by, key, period)
    past = result.sold(by, key, period).tail(SHOWN[period])
    ui.chart(charts.history_chart(past, ahead, period, name), "history")
    figures = ahead.drop(ahead.columns[0]).rename({"mean": "expected_units"})
    listed = partial(ui.table, figures, "ahead")
    ui.fold(t("The figures ahead"), listed, "inventory.ahead", expanded=by != "product")


def scenario(result: Result) -> None:
    """What if: the plan before and after."""
    asked = _scenario(result)
    if not (asked.growth or asked.price_change or asked.promotion_uplift or asked.delay_days):
        st.markdown(t("Set what might happen: the plan answers at once, before and after."))
        return
    answer = result.what_if(asked)
    ui.findings(answer.explain())
    if answer.products.is_empty():
        return
    if result.has_stock:
        ui.chart(charts.before_after(answer), "before_after")
        ui.table(tables.known(answer.suppliers, answer.suppliers.columns), "what_if_suppliers")
    columns = tables.ANSWERED if result.has_stock else tables.RESTOCKED
    ui.table(tables.known(answer.products, columns), "what_if_products", take=answer.products)


def _scenario(result: Result) -> Scenario:
    """The reader's scenario."""
    drawn = {field.name: field for field in fields(Scenario)}
    prefix = "inventory.what_if."
    values: dict[str, object] = {}
    for names in (
        ("growth", "price_change", "price_elasticity"),
        ("promotion_uplift", "promotion_starts_in_weeks", "promotion_weeks"),
    ):
        for column, name in zip(st.columns(len(names)), names, strict=True):
            with column:
                values[name] = controls.draw(drawn[name], prefix)
    whom, late, days = st.columns(3)
    with whom:
        values["products"] = _concerned(result, prefix)
    suppliers = result.inventory["supplier"].drop_nulls().unique().sort().to_list()
    with late:
        values["suppliers"] = tuple(
            st.multiselect(
                term("suppliers"),
                suppliers,
                format_func=clean,
                placeholder=t("All suppliers"),
                disabled=not suppliers,
                key=f"{prefix}suppliers",
                persist_state="session",
            )
        )
    with days:
        values["delay_days"] = controls.draw(drawn["delay_days"], prefix)
    return Scenario(**values)  # type: ignore[arg-type]


def _concerned(result: Result, prefix: str) -> tuple[str, ...]:
    """The products of the categories and the products that the reader picks; none: all."""
    table = result.demand.products
    ranked = result.inventory.sort("demand_per_day", "product_id", descending=[True, False])
    names = dict(ranked.head(OFFERED).select("product_id", "product_name").iter_rows())
    groups = (
        table["category"].drop_nulls().unique().sort().to_list()
        if "category" in table.columns
        else []
    )
    picked = st.multiselect(
        t("Growth, price and promotion concern"),
        [("category", group) for group in groups] + [("product", key) for key in names],
        format_func=lambda one: clean(one[1] if one[0] == "category" else f"{names[one[1]]}"),
        placeholder=t("All products"),
        key=f"{prefix}products",
        persist_state="session",
    )
    chosen = [key for kind, key in picked if kind == "category"]
    inside = (
        table.filter(pl.col("category").is_in(chosen))["product_id"].to_list() if chosen else []
    )
    return tuple(dict.fromkeys([*inside, *(key for kind, key in picked if kind == "product")]))


def proof(dataset: Dataset, config: Config) -> None:
    """The last year again, under three ways of ordering."""
    st.markdown(
        t(
            "The last year again, week by week, with only what was known then: ordering by this "
            "plan, by the rule of thumb, and by last year's weeks. The options beside this page "
            "apply: try your own; only the budget and what a supplier's order must be worth are "
            "left out."
        )
    )
    try:
        replay = cached(inventory.simulate, dataset, config)
    except CoreError as error:
        ui.error(error)
        return
    ui.findings(replay.explain())
    ui.chart(charts.frontier_chart(replay), "frontier")
    ui.table(tables.chosen_policies(replay), "replay", take=replay.frontier)


def everything(result: Result) -> None:
    """All products, the ABC by XYZ grid, and what service costs."""
    ui.beside({"grid": charts.grid_chart(result), "service": charts.service_chart(result)})
    ui.table(tables.overview(result), "all_products", take=result.inventory)
