"""Inventory: what to order, how much and when, and how sure that is."""

from functools import partial

import streamlit as st

from core.analyses import inventory
from dashboard import ui
from dashboard.cache import cached, derived
from dashboard.i18n import t
from dashboard.panels import inventory as panels
from dashboard.panels import inventory_tables as tables_inventory
from dashboard.panels import stock_count

dataset = ui.open_page(
    "inventory",
    t("Inventory"),
    t("What should I order now, how much, and what lies dead?"),
    inventory.NEEDS,
)
config = ui.controls(inventory.Config)
result = cached(inventory.run, dataset, config)

ui.findings(derived(result.answer))
stock_count.panel(dataset, result)
ui.views(
    "inventory",
    {
        "orders": (
            t("Order now") if result.has_stock else t("Reorder points"),
            partial(panels.orders, result),
        ),
        "idle": (t("Too much stock"), partial(panels.idle, result)),
        "product": (t("Product or group"), partial(panels.product, result)),
        "scenario": (t("What if …"), partial(panels.scenario, result)),
        "proof": (t("Would it have paid?"), partial(panels.proof, dataset, config)),
        "everything": (t("All products"), partial(panels.everything, result)),
    },
)
st.subheader(t("What this rests on"), anchor=False)
ui.findings(derived(result.grounds))
ui.closing("inventory", result, tables_inventory.main_scores(result))
