"""A widget for every kind of option a Config can have; what it allows is read from its type."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, TypeVar

import streamlit as st

from core.options import Field, Options, fields
from dashboard import state
from dashboard.i18n import clean, plain, t, term, term_format, term_help

C = TypeVar("C", bound=Options)
V = TypeVar("V", bound=str)
#: More steps than a slider can be aimed at.
SLIDER_STEPS = 400
#: Options shown at once; the rest wait in a fold.
SHOWN = 5


def controls(options: type[C], hide: Sequence[str] = ()) -> C:
    """Draw every option of `options` in the sidebar; the Config the reader chose.

    Values outlive page changes. `hide`: options that the page sets itself.
    """
    drawn = [field for field in fields(options) if field.name not in hide]
    drawn = [f for f in drawn if f.name != "as_of"] + [f for f in drawn if f.name == "as_of"]
    prefix = f"{options.__module__}."
    _recall(options, prefix)
    with st.sidebar:
        st.subheader(t("Options"), anchor=False)
        values = {field.name: draw(field, prefix) for field in drawn[:SHOWN]}
        if rest := drawn[SHOWN:]:
            with st.expander(t("More options")):
                values |= {field.name: draw(field, prefix) for field in rest}
        st.button(
            t("Reset to defaults"),
            key=f"reset.{prefix}",
            on_click=state.forget,
            args=(prefix,),
            type="tertiary",
            icon=":material/restart_alt:",
        )
    chosen = options(**values)
    _keep(chosen, prefix)
    return chosen


def _recall(options: type[Options], prefix: str) -> None:
    """Once for each shop that is opened: set the widgets as its reader left them.

    What an option no longer allows, and what was not kept, is as it comes, whatever it was in the
    shop before; the day asked about belongs to the export.
    """
    work = state.work()
    if state.remembered(f"recalled.{prefix}") is work:
        return
    state.remember(f"recalled.{prefix}", work)
    if (entry := work.kept("options").get(prefix)) is None:
        return
    for field in fields(options):
        if field.name != "as_of":
            state.forget(f"{prefix}{field.name}")
    for field in fields(options):
        value = entry.value.get(field.name)
        value = tuple(value) if isinstance(value, list) else value
        if field.name in entry.value and field.allows(value):
            _set(field, f"{prefix}{field.name}", value)


def _set(field: Field, key: str, value: Any) -> None:  # noqa: ANN401
    if field.optional:
        state.remember(f"{key}.auto", value is None)
    if field.many:
        value = list(value) if field.choices else ", ".join(map(str, value))
    if value is not None:
        state.remember(key, value)


def _keep(chosen: Options, prefix: str) -> None:
    """Keep what differs from the defaults; the day asked about belongs to one export only."""
    values = {
        field.name: value
        for field in fields(type(chosen))
        if field.name != "as_of" and (value := getattr(chosen, field.name)) != field.default
    }
    if values != state.remembered(f"kept.{prefix}", {}):
        state.work().put("options", prefix, values)
        state.remember(f"kept.{prefix}", values)


def draw(field: Field, prefix: str) -> Any:  # noqa: ANN401
    """The widget of one option; an optional one stands behind a switch that leaves it to auto."""
    key = f"{prefix}{field.name}"
    if not field.optional:
        return _widget(field, key, term(field.name), term_help(field.name))
    unset = {"as_of": t("Up to the last order"), "order_budget": t("No limit")}
    auto = unset.get(field.name) or t("Choose automatically")
    chosen = st.toggle(
        term(field.name) + t(": ") + auto,
        value=field.default is None,
        key=f"{key}.auto",
        help=term_help(field.name),
        persist_state="session",
    )
    return None if chosen else _widget(field, key, term(field.name), None)


def _widget(field: Field, key: str, label: str, help: str | None) -> Any:  # noqa: ANN401
    shared: dict[str, Any] = {"key": key, "help": help, "persist_state": "session"}
    if field.many:
        return _many(field, label, shared)
    if field.kind is bool:
        return st.toggle(label, value=bool(field.default), **shared)
    if field.choices:
        first = field.choices.index(field.default) if field.default in field.choices else 0
        return st.selectbox(label, field.choices, index=first, format_func=_choice, **shared)
    if field.kind is date:
        return _day(field, label, shared)
    if field.range:
        return _number(field, label, shared)
    if field.kind in (int, float):
        return st.number_input(label, value=field.kind(field.default or 0), **shared)
    return st.text_input(label, value=str(field.default or ""), **shared)


def _choice(value: object) -> str:
    return term(value) if isinstance(value, str) else str(value)


def _many(field: Field, label: str, shared: dict[str, Any]) -> tuple[Any, ...]:
    if field.choices:
        return tuple(
            st.multiselect(
                label,
                field.choices,
                default=list(field.default or ()),
                format_func=_choice,
                placeholder=t("Choose"),
                **shared,
            )
        )
    written = st.text_input(label, value=", ".join(map(str, field.default or ())), **shared)
    return tuple(_read(part.strip(), field.kind) for part in written.split(",") if part.strip())


def _read(part: str, kind: type) -> Any:  # noqa: ANN401
    try:
        return kind(part)
    except ValueError:
        return part  # Config says in one sentence what is allowed


def _day(field: Field, label: str, shared: dict[str, Any]) -> date | None:
    first, last = _days()
    chosen = st.date_input(
        label,
        value=field.default or last,
        min_value=first,
        max_value=last,
        format="YYYY-MM-DD",
        **shared,
    )
    return chosen if isinstance(chosen, date) else None


def _days() -> tuple[date, date]:
    dataset = state.dataset()
    if dataset is None or dataset.facts["lines"] == 0:
        return date(2000, 1, 1), date(2100, 1, 1)
    return dataset.first_day, dataset.last_day


def _number(field: Field, label: str, shared: dict[str, Any]) -> Any:  # noqa: ANN401
    assert field.range is not None
    whole = field.kind is int
    low, high = (field.kind(field.range.low), field.kind(field.range.high))
    value = field.kind(low if field.default is None else field.default)
    step = field.kind(field.range.step or (1 if whole else (high - low) / 100))
    if (high - low) / step > SLIDER_STEPS:
        shown = None if whole else "%.4g"
        return st.number_input(label, low, high, value, step, format=shown, **shared)
    shown = "percent" if term_format(field.name) == "percent" and not whole else None
    return st.slider(label, low, high, value, step, format=shown, **shared)


def choice(
    label: str,
    offered: Iterable[V],
    key: str,
    default: V | None = None,
    *,
    labelled: bool = True,
) -> V:
    """Which of a few; the reader's choice is kept while other pages are open.

    offered: codes, shown as their terms, or code -> what is shown.
    """
    codes = list(offered)
    return st.segmented_control(
        label,
        codes,
        default=codes[0] if default is None else default,
        required=True,
        format_func=offered.__getitem__ if isinstance(offered, Mapping) else term,
        key=key,
        label_visibility="visible" if labelled else "collapsed",
        persist_state="session",
    )


def upload(
    label: str, kinds: Sequence[str], key: str, *, named: bool = True
) -> tuple[str, bytes] | None:
    """(name, content) of a file to look at; it stays while the reader looks at other views."""
    file = st.file_uploader(
        label, type=kinds, key=key, label_visibility="visible" if named else "collapsed"
    )
    kept = f"file of {key}"
    if file is not None:
        state.remember(kept, (clean(file.name), file.getvalue()))
    found: tuple[str, bytes] | None = state.remembered(kept)
    if found is not None and file is None:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(plain(found[0]), width="content")
            st.button(
                t("Remove this file"),
                key=f"{key}.remove",
                on_click=state.remember,
                args=(kept, None),
                type="tertiary",
                icon=":material/close:",
            )
    return found
