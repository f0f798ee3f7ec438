"""The data page's quality view: what each column holds, and the rows that look wrong."""

import streamlit as st

from core.dataset import Dataset
from core.errors import CoreError
from core.intake import quality as report
from dashboard import ui
from dashboard.cache import cached
from dashboard.i18n import t


def quality(dataset: Dataset) -> None:
    """Say what to check, then show the rows and the columns."""
    try:
        found = cached(report.run, dataset, report.Config())
    except CoreError as error:
        ui.error(error)
        return
    ui.findings(found.explain())
    if not found.rows.is_empty():
        st.markdown(f"**{t('Rows to check')}**")
        ui.table(found.rows, "doubtful_rows")
    if not found.price_changes.is_empty():
        st.markdown(f"**{t('Prices that changed for good')}**")
        ui.table(found.price_changes, "price_changes")
    st.markdown(f"**{t('What each column holds')}**")
    ui.table(found.columns, "columns")
