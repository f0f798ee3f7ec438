"""Recommendations: what each customer will buy next, why, and who to offer a product to."""

import streamlit as st

from core.analyses.recommendations import NEEDS, Config, run
from core.errors import CoreError
from dashboard import panels_recommendations as panels
from dashboard import ui
from dashboard.cache import cached
from dashboard.i18n import t

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
by_customer, by_product, what_if, offer, rules, which = st.tabs(
    [
        t("For a customer"),
        t("For a product"),
        t("Complete a basket"),
        t("Campaign list"),
        t("Your own rules"),
        t("Which method"),
    ]
)
with by_customer:
    panels.customers(answer)
with by_product:
    panels.products(answer)
with what_if:
    panels.basket(answer)
with offer:
    panels.campaign(answer, data)
with rules:
    panels.steering(answer, data, config)
with which:
    panels.tournament(answer)
ui.downloads(answer.files())
ui.evidence(answer.evidence)
ui.method_note("recommendations")
