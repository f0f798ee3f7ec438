"""Remembering how a shop's export is read, so that its next export is read alike by itself."""

from collections.abc import Sequence

import streamlit as st

from core.errors import CoreError
from core.intake import profile
from core.intake.load import Cleaning, Upload
from dashboard import state
from dashboard.i18n import t

USED = "cleaning in force"


def remembered(uploads: Sequence[Upload]) -> Cleaning:
    """How files like these were read before; the default where they were never seen."""
    try:
        used = profile.applied(uploads, Cleaning(), [*_saved(), *profile.kept().values()])
    except CoreError:
        return Cleaning()  # reading the files says why
    if used != Cleaning():
        st.caption(t("These columns were seen before: they are read as you remembered them."))
    return used


def _saved() -> list[profile.Profile]:
    """What the work of the shop that is open says about reading its exports."""
    kept = state.work().kept("mapping")
    return [profile.parsed(entry.value, name) for name, entry in kept.items()]


def keep(name: str, columns: Sequence[str]) -> None:
    """Offer to remember how a file of these columns is read, and the profile to take away."""
    made = profile.of(columns, state.remembered(USED, Cleaning()))
    remember, take = st.columns(2)
    if remember.button(t("Remember this for the next export"), icon=":material/bookmark:"):
        name = name.partition(".")[0]
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
