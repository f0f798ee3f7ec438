"""Remembering how a shop's export is read, so that its next export is read alike by itself."""

from collections.abc import Sequence

import streamlit as st

from core.errors import CoreError
from core.intake import profile
from core.intake.load import Cleaning, Upload, inspect
from dashboard import state, ui
from dashboard.i18n import t

USED = "cleaning in force"


def remembered(uploads: Sequence[Upload], cleaning: Cleaning) -> Cleaning:
    """The cleaning asked for, or, where nothing was asked, what is remembered of such files."""
    try:
        used = profile.applied(uploads, cleaning, [*_saved(), *profile.kept().values()])
    except CoreError:
        used = cleaning  # reading the files says why
    state.remember(USED, used)
    if used != cleaning:
        st.caption(t("These columns were seen before: they are read as you remembered them."))
    return used


def _saved() -> list[profile.Profile]:
    """What the work of the shop that is open says about reading its exports."""
    kept = state.work().kept("mapping")
    return [profile.parsed(entry.value, name) for name, entry in kept.items()]


def keep(uploads: Sequence[Upload]) -> None:
    """Offer to remember how these files are read, and the profile as a file to take away."""
    used = state.remembered(USED, Cleaning())
    try:
        columns = inspect(uploads[:1], used)[0].file.columns
    except (CoreError, IndexError) as error:
        if isinstance(error, CoreError):
            ui.error(error)
        return
    made = profile.of(columns, used)
    remember, take = st.columns(2)
    if remember.button(t("Remember this for the next export"), icon=":material/bookmark:"):
        name = uploads[0].name.partition(".")[0]
        profile.remember(made, name)
        state.work().put("mapping", name, profile.written(made))
        st.toast(t("Remembered: the next export with these columns is read alike."))
    take.download_button(
        t("Take the profile away"),
        profile.written(made),
        file_name="shopscope-profile.toml",
        mime="text/plain",
        icon=":material/download:",
        on_click="ignore",
    )
