"""The data page's quality view: what each column holds, and the rows that look wrong."""

import polars as pl
import streamlit as st

from core.dataset import Dataset
from core.errors import CoreError
from core.intake import quality as report
from dashboard import export, state, ui
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
    ui.table(_unnamed(found.columns), "columns")


def _unnamed(columns: pl.DataFrame) -> pl.DataFrame:
    """The least and the greatest key name a customer each: without them, if names are hidden."""
    if state.secret() is None:
        return columns
    others = ~pl.col("column").is_in(list(export.CUSTOMER_KEYS))
    return columns.with_columns(
        pl.when(others).then(name).alias(name) for name in ("least", "greatest")
    )
