"""Bought together: which products belong in one order, how sure that is, what to do with it."""

from functools import partial

import streamlit as st

from core.analyses import association_rules
from dashboard import ui
from dashboard.cache import cached, derived
from dashboard.charts import association_rules as pictures
from dashboard.i18n import t
from dashboard.panels import association_rules as panels


def together(result: association_rules.Result) -> None:
    """What belongs together: the network, and every rule."""
    picked = panels.network_panel(result)
    ui.fold(t("More pictures of the rules"), partial(more_pictures, result), "rules.pictures")
    all_rules = st.toggle(
        t("Show also the rules that do not survive the test"),
        key="rules.all",
        persist_state="session",
    )
    measures = st.toggle(t("Show every measure"), key="rules.measures", persist_state="session")
    words = st.text_input(t("Search in the rules"), key="rules.search", persist_state="session")
    listed = result.all_rules if all_rules else result.rules
    wanted = pictures.EVERY if measures else pictures.SHORT
    shown = [column for column in wanted if column in listed.columns]
    ui.table(pictures.matching(listed, words, picked).select(shown), "rules_shown")
    every = partial(ui.table, result.itemsets, "itemsets")
    ui.fold(t("Every combination that occurs often enough"), every, "rules.itemsets")


def more_pictures(result: association_rules.Result) -> None:
    """The rules as points and as paths, and the categories."""
    ui.chart(pictures.support_confidence(result.rules), "rules.scatter")
    if paths := pictures.rule_paths(result):
        ui.chart(paths, "rules.paths")
    if heatmap := pictures.category_heatmap(result):
        ui.chart(heatmap, "rules.categories")


def one(result: association_rules.Result) -> None:
    """What buyers of one product take with it."""
    if (product := pictures.chosen_product(result)) is not None:
        ui.chart(pictures.also_bought(result, product), "rules.also_bought")
        ui.table(result.also_bought(product, 50).select(pictures.SHORT), "also_bought")


def offers(result: association_rules.Result) -> None:
    """Bundles to try, and how long a fair test takes."""
    st.warning(
        t(
            "What a prompt or a bundle would add cannot be read from past orders: the uplift is an"
            " assumption that you can change in the options. Try it on half of the orders first."
        ),
        icon=":material/warning:",
    )
    ui.table(result.bundles.select(pictures.OFFERED), "bundles")
    panels.test_plan(result)
    panels.placement(result)


def apart(result: association_rules.Result) -> None:
    """What stands in for each other, and who buys across categories."""
    panels.apart(result)
    panels.cross_shop(result)


def proof(result: association_rules.Result) -> None:
    """How well the rules held, and what has changed."""
    ui.evidence("association_rules", result.evidence)
    panels.changes(result)


dataset = ui.open_page(
    "association_rules",
    t("Bought together"),
    t("Which products are bought together more often than chance explains, and what to do?"),
    association_rules.NEEDS,
)
config = ui.controls(association_rules.Config, hide=panels.PARTS)
result = cached(association_rules.run, dataset, config.with_values(**panels.part(dataset)))

ui.findings(derived(result.explain))

ui.views(
    "rules",
    {
        "together": (t("What belongs together"), lambda: together(result)),
        "product": (t("Buyers of one product"), lambda: one(result)),
        "bundles": (t("Bundles to try"), lambda: offers(result)),
        "after": (t("What is bought next"), lambda: panels.following(result)),
        "apart": (t("Apart and across"), lambda: apart(result)),
        "proof": (t("Evidence and change"), lambda: proof(result)),
    },
)
ui.closing("association_rules", result)
