"""Recommendations: what each customer will buy next, why, and who to offer a product to."""

import polars as pl
import streamlit as st

from core.analyses.recommendations import NEEDS, Config, Result, run
from core.errors import CoreError
from dashboard import charts_recommendations as charts
from dashboard import export, ui
from dashboard.cache import cached
from dashboard.i18n import t


def customers(result: Result) -> None:
    """One customer's list, with reasons."""
    ids = result.recommendations["customer_id"].unique(maintain_order=True)
    chosen = st.selectbox(
        t("Customer"),
        ids.head(charts.PICKED).to_list(),
        format_func=lambda key: str(export.pseudonym(key)),
        key="recommendations.customer",
        persist_state="session",
    )
    st.caption(
        t(
            "{shown:integer} of {all:integer} customers can be picked here; the download has "
            "them all.",
            shown=min(charts.PICKED, len(ids)),
            all=len(ids),
        )
    )
    ui.table(charts.reasons(result.for_customer(chosen, 50)), "for_customer", download=False)


def products(result: Result) -> None:
    """What goes with one product, and who to offer it to."""
    labels = charts.product_labels(result)
    chosen = st.selectbox(
        t("Product"),
        list(labels),
        format_func=labels.__getitem__,
        key="recommendations.product",
        persist_state="session",
    )
    left, right = st.columns(2)
    with left:
        ui.chart(charts.similar(result, chosen), "similar")
    with right:
        st.markdown(f"**{t('Bought in the same order')}**")
        ui.table(charts.together(result, chosen), "together", download=False)


def campaign(result: Result) -> None:
    """The customers to offer a product to, with the purchases to expect."""
    labels = charts.product_labels(result)
    left, right = st.columns([3, 1])
    chosen = left.selectbox(
        t("Offer this product"),
        list(labels),
        format_func=labels.__getitem__,
        key="recommendations.offer",
        persist_state="session",
    )
    n = right.number_input(t("How many customers"), 10, 100_000, 100, 10, key="recommendations.n")
    listed = result.campaign(chosen, int(n))
    if listed is None or listed.customers.is_empty():
        st.info(t("Nobody has this product in a list that could be tested."))
        return
    ui.findings(charts.expectation(listed))
    ui.table(listed.customers, "campaign")


def tournament(result: Result) -> None:
    """Which method did best on held-back time."""
    tasks = result.tournament["task"].unique(maintain_order=True).to_list()
    if not tasks:
        st.info(t("There is no held-back time to test on."))
        return
    for task in tasks:
        ui.chart(charts.tournament(result, task), f"tournament.{task}")
    ui.chart(charts.conversion(result), "conversion")
    everyone = result.tournament.filter(pl.col("group") == "all")
    ui.table(charts.methods(everyone), "tournament_measures")


data = ui.open_page(
    "recommendations",
    t("Recommendations"),
    t("What will each customer buy next, and who should I offer a product to?"),
    NEEDS,
)
config = ui.controls(Config)
try:
    answer = cached(run, data, config)
except CoreError as error:
    ui.error(error)
    st.stop()
ui.findings(answer.explain())
for tab, draw in zip(
    st.tabs([t("For a customer"), t("For a product"), t("Campaign list"), t("Which method")]),
    (customers, products, campaign, tournament),
    strict=True,
):
    with tab:
        draw(answer)
ui.downloads(answer.files())
ui.evidence(answer.evidence)
ui.method_note("recommendations")
