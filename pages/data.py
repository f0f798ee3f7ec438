"""Data: load a shop's exports or the demo shop, see how they were read, correct it."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from core.reconciliation import Reconciliation
from dashboard import reading, state, ui
from dashboard.i18n import t
from dashboard.panels import intake as panels
from dashboard.panels import mapping as mapping_panel
from dashboard.panels import missing as missing_panel
from dashboard.panels import profile as profile_panel
from dashboard.panels import quality as quality_panel


def columns(found: Reconciliation) -> None:
    """Which column is what, to be corrected."""
    if not uploads:
        st.markdown(t("The demo shop's columns are known: there is nothing to correct."))
        return
    reading.time_zone()
    mapping_panel.mapping(uploads)
    orders = next(file for file in found.files if file.table == "lines")
    profile_panel.keep(orders.name, orders.columns)


def rows(found: Reconciliation) -> None:
    """What became of every row."""
    panels.reconciliation(found)
    missing_panel.missing(found, own=bool(uploads))
    panels.files(found.files)


st.title(t("Data"), anchor=False)
reading.read_uploads()
dataset, uploads = state.dataset(), state.remembered(reading.UPLOADS, [])

if dataset is None:
    st.markdown(t("Drop your shop's order export here, and five questions are answered."))
    panels.choose_files()
    if uploads:
        mapping_panel.mapping(uploads)
    ui.method_note("data")
    st.stop()

panels.summary(dataset)
with st.expander(t("Load other files")):
    panels.choose_files()

views: dict[str, tuple[str, Callable[[], object]]] = {
    "quality": (t("Quality"), partial(quality_panel.quality, dataset)),
    "preview": (t("Preview"), partial(panels.preview, dataset)),
}
if (found := dataset.reconciliation) is not None:
    views = {
        "reconciliation": (t("What became of every row"), partial(rows, found)),
        "columns": (t("Columns"), partial(columns, found)),
        "set_aside": (t("Set aside"), partial(panels.set_aside, found)),
        **views,
    }
ui.views("data", views)
ui.method_note("data")
