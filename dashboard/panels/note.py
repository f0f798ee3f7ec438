"""The reader's own note, at the end of every page."""

import streamlit as st

from dashboard import state
from dashboard.i18n import t
from dashboard.saved_work import Shop


def note(page: str) -> None:
    """A note of the reader's on this page, while a shop is open."""
    shop = state.work()
    if not isinstance(shop, Shop):
        return
    held, seen = shop.kept("note").get(page), f"note seen.{page}"
    before = held.value if held else ""
    with st.expander(t("Your note on this page"), icon=":material/edit_note:", expanded=bool(held)):
        written = st.text_area(
            t("Your note on this page"),
            value=before,
            key=f"note.{page}",
            label_visibility="collapsed",
            max_chars=5000,
        )
    if written not in (before, state.remembered(seen, before)):  # else another window's doing
        shop.put("note", page, written) if written else shop.drop("note", page)
    state.remember(seen, written)
