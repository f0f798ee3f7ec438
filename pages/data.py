"""Data: load a shop's export, or the demo shop."""

import streamlit as st

from dashboard import state
from dashboard.i18n import t

st.title(t("Data"), anchor=False)
if dataset := state.dataset():
    st.write(dataset.name)
