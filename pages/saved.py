"""Saved work: segments, options, notes and lists of one shop, kept only if the reader says so."""

import streamlit as st

from dashboard import state, ui
from dashboard.i18n import t
from dashboard.panels import saved as panel
from dashboard.saved_work import Shop

dataset, work = state.dataset(), state.work()

st.title(t("Saved work"), anchor=False)
st.markdown(
    t(
        "Nothing outlives the session unless you turn it on here: then segments, options, notes "
        "and the lists you take away are there when you come back. How an export is read is kept "
        "by itself, if you say so on the Data page."
    )
)
if isinstance(work, Shop):
    panel.opened(work, dataset)
else:
    panel.switch(dataset)
panel.everything()
ui.method_note("saved")
