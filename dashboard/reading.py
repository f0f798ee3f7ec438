"""Reading what was uploaded: the options, the rows counted as they come, a way to stop."""

from collections.abc import Callable, Sequence
from typing import Any
from zoneinfo import available_timezones

import streamlit as st

from core.errors import CoreError
from core.intake.load import Cleaning, Inspection, Upload, inspect, load
from dashboard import state, ui
from dashboard.i18n import safe, t, term, term_help
from dashboard.panels import profile as profile_panel

UPLOADS, READ, MAPPING, COUNTED = "uploads", "read", "columns by hand", "stock count"
ZONE, MISSING, STOPPED, REFUSED, SEEN = (
    "time zone", "missing values", "reading stopped", "reading refused", "inspected",
)  # fmt: skip


def read_uploads() -> None:
    """Read what was uploaded, with the options chosen; say what went wrong. Each once only."""
    uploads: list[Upload] = state.remembered(UPLOADS, [])
    if not uploads:
        return
    asked = (tuple(upload.data for upload in uploads), cleaning_options())
    if state.remembered(READ) == asked:
        return
    if state.remembered(STOPPED) == asked:
        st.info(t("Reading was stopped."), icon=":material/info:")
        st.button(t("Read after all"), on_click=state.remember, args=(STOPPED, None))
        return
    refused = state.remembered(REFUSED)
    if refused is not None and refused[0] == asked:
        ui.error(refused[1])
        return
    try:
        _read(uploads, asked)
    except CoreError as error:
        state.remember(REFUSED, (asked, error))
        ui.error(error)


def _read(uploads: Sequence[Upload], asked: tuple[Any, Cleaning]) -> None:
    place = st.empty()
    with place.container(border=True):
        bar = st.progress(0.0, t("Reading your files …"))
        st.button(t("Stop"), on_click=state.remember, args=(STOPPED, asked), key="reading.stop")
    cleaning = profile_panel.remembered(uploads, asked[1])
    try:
        read = load(uploads, cleaning, state.workspace(), _told(bar))
        counted = state.remembered(COUNTED)
        state.keep(read if counted is None else read.with_stock(counted))
    finally:
        place.empty()
    state.remember(READ, asked)


def _told(bar: Any) -> Callable[[int, int | None], None]:  # noqa: ANN401
    """Shows the rows read; drawing is where Streamlit ends the run if the reader pressed Stop."""

    def told(rows: int, about: int | None) -> None:
        share = min(1.0, rows / about) if about else 0.0
        bar.progress(share, safe("{rows:integer} rows read …", rows=rows))

    return told


def cleaning_options() -> Cleaning:
    """How to read: the sidebar's options, and what was corrected by hand."""
    chosen = ui.controls(Cleaning, hide=("mapping", "as_of", "time_zone", "missing"))
    return chosen.with_values(
        mapping=state.remembered(MAPPING, ()),
        time_zone=state.remembered(ZONE),
        missing=state.remembered(MISSING, ()),
    )


def choose(option: str, value: object) -> None:
    """Set an option of the sidebar from elsewhere on the page."""
    state.remember(f"{Cleaning.__module__}.{option}", value)


def time_zone() -> None:
    """The shop's zone; a change is applied at once."""
    chosen = state.remembered(ZONE)
    zones = [None, *sorted(zone for zone in available_timezones() if "/" in zone), "UTC"]
    picked = st.selectbox(
        term("time_zone"),
        zones,
        index=zones.index(chosen),
        format_func=lambda zone: t("As the file writes it") if zone is None else zone,
        help=term_help("time_zone"),
        key="mapping.time_zone",
    )
    if picked != chosen:
        state.remember(ZONE, picked)
        st.rerun()


def inspected(uploads: Sequence[Upload], cleaning: Cleaning) -> tuple[Inspection, ...]:
    """What the files look like, looked at once."""
    asked = (tuple(upload.data for upload in uploads), cleaning)
    before, seen = state.remembered(SEEN) or (None, ())
    if before != asked:
        seen = inspect(uploads, cleaning)
        state.remember(SEEN, (asked, seen))
    found: tuple[Inspection, ...] = seen
    return found
