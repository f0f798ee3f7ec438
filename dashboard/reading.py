"""Reading what was uploaded: the options, the rows counted as they come, a way to stop."""

from collections.abc import Callable, Sequence
from typing import Any
from zoneinfo import available_timezones

import streamlit as st

from core.errors import AmbiguousDatesError, CoreError
from core.intake.load import Cleaning, Inspection, Upload, inspect, load
from core.options import fields
from dashboard import state, ui
from dashboard.i18n import safe, t, term, term_help
from dashboard.panels import profile as profile_panel

UPLOADS, READ, MAPPING, COUNTED = "uploads", "read", "columns by hand", "stock count"
#: How many uploads there were; whether the last one is still to be looked up among the profiles.
GENERATION, UNSEEN = "generation", "unseen"
ZONE, MISSING, STOPPED, REFUSED, SEEN = (
    "time zone", "missing values", "reading stopped", "reading refused", "inspected",
)  # fmt: skip
#: Options that the page asks for itself, not in the sidebar.
OWN = ("mapping", "as_of", "time_zone", "missing")


def read_uploads() -> None:
    """Read what was uploaded, with the options chosen; say what went wrong. Each once only."""
    uploads: list[Upload] = state.remembered(UPLOADS, [])
    if not uploads:
        return
    if state.remembered(UNSEEN):
        state.remember(UNSEEN, False)
        _recall(profile_panel.remembered(uploads))
    asked = (tuple(upload.data for upload in uploads), cleaning_options())
    if state.remembered(READ) == asked:
        return
    if state.remembered(STOPPED) == asked:
        st.info(t("Reading was stopped."), icon=":material/info:")
        st.button(t("Read after all"), on_click=state.remember, args=(STOPPED, None))
        return
    refused = state.remembered(REFUSED)
    if refused is not None and refused[0] == asked:
        _refused(refused[1])
        return
    try:
        _read(uploads, asked)
    except CoreError as error:
        state.remember(REFUSED, (asked, error))
        _refused(error)


def _recall(used: Cleaning) -> None:
    """Set every choice as it is remembered of such files: what is in force is what is shown."""
    if used == Cleaning():
        return
    state.remember(MAPPING, used.mapping)
    state.remember(ZONE, used.time_zone)
    state.remember(MISSING, used.missing)
    for field in fields(Cleaning):
        value = getattr(used, field.name, None)
        if field.name not in OWN and field.optional:
            choose(f"{field.name}.auto", value is None)
        if field.name not in OWN and value is not None:
            choose(field.name, value)


def _refused(error: CoreError) -> None:
    """Say why nothing was read; where only the order of day and month is open, ask."""
    ui.error(error)
    if state.dataset() is not None:
        st.caption(t("What was loaded before is still there."))
    if not isinstance(error, AmbiguousDatesError):
        return
    with st.container(horizontal=True):
        for order in ("dmy", "mdy"):
            st.button(term(order), key=f"ask.{order}", on_click=choose, args=("date_order", order))


def _read(uploads: Sequence[Upload], asked: tuple[Any, Cleaning]) -> None:
    state.remember(profile_panel.USED, asked[1])
    place = st.empty()
    with place.container(border=True):
        bar = st.progress(0.0, t("Reading your files …"))
        st.button(t("Stop"), on_click=state.remember, args=(STOPPED, asked), key="reading.stop")
    try:
        read = load(uploads, asked[1], state.workspace(), _told(bar))
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
    chosen = ui.controls(Cleaning, hide=OWN)
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
        key=f"mapping.{state.remembered(GENERATION, 0)}.time_zone",
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
