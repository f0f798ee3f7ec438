"""The columns of each uploaded file: what was recognised, to be corrected by hand."""

from collections.abc import Sequence

import streamlit as st

from core.errors import CoreError
from core.intake.load import Cleaning, FieldChoice, Inspection, Upload
from dashboard import export, i18n, state
from dashboard.i18n import plain, t, term, term_help
from dashboard.panels import profile as profile_panel
from dashboard.reading import GENERATION, MAPPING, inspected


def mapping(uploads: Sequence[Upload]) -> None:
    """The column chosen for each field, with examples; each can be corrected."""
    kept: tuple[str, ...] = state.remembered(MAPPING, ())
    try:
        used: Cleaning = state.remembered(profile_panel.USED, Cleaning())
        found = inspected(uploads, Cleaning(mapping=kept, encoding=used.encoding))
    except CoreError:
        return  # reading them said why
    st.markdown(t("Which column of your file is what? Correct what was recognised wrongly."))
    changed = [pair for number, file in enumerate(found) for pair in _file(number, file)]
    if (asked := (*(pair for pair in kept if pair not in changed), *changed)) != kept:
        state.remember(MAPPING, asked)
        st.rerun()


def _file(number: int, found: Inspection) -> list[str]:
    """Draw one file's fields and first rows; COLUMN=FIELD for each field that was changed."""
    st.markdown(f"**{plain(found.file.name)}** · {plain(term(found.file.format))}")
    if found.file.table not in ("lines", "orders"):
        _listed(found)
        return []
    changed, columns = [], st.columns(3)
    key = f"mapping.{state.remembered(GENERATION, 0)}.{number}"
    for place, choice in enumerate(found.fields):
        with columns[place % 3]:
            picked = _field(choice, found, f"{key}.{choice.field}")
        if picked != choice.column:
            changed.append(f"{picked or ''}={choice.field}")
    _first_rows(found)
    return changed


def _listed(found: Inspection) -> None:
    """How a stock, product or customer list is read: its columns go by name, nothing is asked."""
    there = {field: column for field, column in found.file.mapping.items() if column}
    st.markdown(" · ".join(f"{plain(term(f))}: {plain(column)}" for f, column in there.items()))
    _first_rows(found)


def _first_rows(found: Inspection) -> None:
    if state.secret() is None:
        first = found.sample.head(5).fill_null("")
        st.dataframe(first, hide_index=True, alt=t("First rows of the file"))


def _field(choice: FieldChoice, found: Inspection, key: str) -> str | None:
    """The column picked for one field; likelier columns come first."""
    likely = [column for column in (choice.column, *choice.alternatives) if column]
    options = [None, *dict.fromkeys([*likely, *found.file.columns])]
    picked = st.selectbox(
        term(choice.field),
        options,
        index=options.index(choice.column),
        format_func=lambda column: "–" if column is None else i18n.clean(column),
        help=term_help(choice.field),
        key=key,
    )
    st.caption(_certainty(choice) if picked == choice.column else "\u00a0")
    return picked


def _certainty(choice: FieldChoice) -> str:
    if choice.column is None:
        return t("not in the file")
    hidden = choice.field in export.CUSTOMER_KEYS and state.secret() is not None
    shown = "" if hidden else " · ".join(plain(value, 24) for value in choice.examples)
    return f"{shown} ({plain(i18n.value(choice.confidence, 'percent'))})".lstrip()
