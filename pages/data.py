"""Data: load a shop's exports or the demo shop, see how they were read, correct it."""

import streamlit as st

from dashboard import reading, state, ui
from dashboard.i18n import t
from dashboard.panels import intake as panels
from dashboard.panels import missing as missing_panel
from dashboard.panels import profile as profile_panel
from dashboard.panels import quality as quality_panel

VIEWS = {
    "reconciliation": t("What became of every row"),
    "columns": t("Columns"),
    "set_aside": t("Set aside"),
    "quality": t("Quality"),
    "preview": t("Preview"),
}

st.title(t("Data"), anchor=False)
reading.read_uploads()
dataset, uploads = state.dataset(), state.remembered(reading.UPLOADS, [])

if dataset is None:
    st.markdown(t("Drop your shop's order export here, and five questions are answered."))
    panels.choose_files()
    if uploads:
        panels.mapping(uploads)
    ui.method_note("data")
    st.stop()

panels.summary(dataset)
with st.expander(t("Load other files")):
    panels.choose_files()

view = st.segmented_control(
    t("Show"),
    list(VIEWS),
    default="reconciliation",
    required=True,
    format_func=VIEWS.__getitem__,
    key="data.view",
    label_visibility="collapsed",
    persist_state="session",
)
found = dataset.reconciliation
if view == "reconciliation" and found is not None:
    panels.reconciliation(found)
    missing_panel.missing(found, own=bool(uploads))
    panels.files(found.files)
elif view == "columns" and uploads and found is not None:
    reading.time_zone()
    panels.mapping(uploads)
    profile_panel.keep(found.files[0].name, found.files[0].columns)
elif view == "columns":
    st.markdown(t("The demo shop's columns are known: there is nothing to correct."))
elif view == "set_aside" and found is not None:
    panels.set_aside(found)
elif view == "quality":
    quality_panel.quality(dataset)
else:
    panels.preview(dataset)
ui.method_note("data")
