"""Choosing one customer."""

import polars as pl
import streamlit as st

from core.analyses.segments import Result
from dashboard import export
from dashboard.cache import derived
from dashboard.i18n import t

#: Customers to choose from: the ones who spent most; any other by typing the key.
MOST = 2000


def picked(answer: Result) -> pl.DataFrame:
    """The row of the customer who is chosen or typed; none where nobody is called so."""
    left, right = st.columns(2)
    chosen = left.selectbox(
        t("Customer, biggest spenders first"),
        derived(answer.best_first)["customer_id"].head(MOST).to_list(),
        format_func=lambda key: str(export.pseudonym(key)),
        key="customer.chosen",
        persist_state="session",
    )
    typed = right.text_input(t("or the customer's key"), key="customer.typed").strip()
    if not typed:
        return answer.customers.filter(pl.col("customer_id") == chosen)
    # The key in the file, or what the pages show in its place.
    shown = export.masked(answer.customers.select("customer_id"))["customer_id"]
    return answer.customers.filter((pl.col("customer_id") == typed) | (shown == typed))
