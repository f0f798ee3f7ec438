"""Inventory: what to order, how much and when, and how sure that is."""

import streamlit as st

from core.analyses import inventory
from core.errors import CoreError
from dashboard import charts_inventory, ui
from dashboard.cache import cached
from dashboard.i18n import t

dataset = ui.open_page(
    "inventory",
    t("Inventory"),
    t("What should I order now, how much, and what lies dead?"),
    inventory.NEEDS,
)
config = ui.controls(inventory.Config)
try:
    result = cached(inventory.run, dataset, config)
except CoreError as error:
    ui.error(error)
    ui.method_note("inventory")
    st.stop()

ui.findings(result.explain())

if result.has_stock:
    st.subheader(t("Order now"), anchor=False)
    ui.table(charts_inventory.one_supplier(charts_inventory.to_order(result)), "purchase_order")
    ui.chart(charts_inventory.status_chart(result), "status")
    st.subheader(t("Too much stock"), anchor=False)
    ui.table(charts_inventory.tied_up(result), "tied_up")

st.subheader(t("One product"), anchor=False)
product = charts_inventory.pick_product(result)
ui.chart(charts_inventory.history_chart(result, product), "history")
ui.table(charts_inventory.card(result, product), "product", download=False)

st.subheader(t("Would it have paid?"), anchor=False)
if st.toggle(t("Replay the last year"), key="inventory.replay", persist_state="session"):
    try:
        replay = cached(inventory.simulate, dataset, config)
    except CoreError as error:
        ui.error(error)
    else:
        ui.findings(replay.explain())
        ui.chart(charts_inventory.frontier_chart(replay), "frontier")
        ui.table(charts_inventory.chosen_policies(replay), "replay")

st.subheader(t("All products"), anchor=False)
ui.chart(charts_inventory.grid_chart(result), "grid")
ui.chart(charts_inventory.service_chart(result), "service")
ui.table(charts_inventory.overview(result), "reorder_points", download=False)
ui.downloads(result.files())

ui.evidence(charts_inventory.main_scores(result))
ui.method_note("inventory")
