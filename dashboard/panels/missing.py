"""What is done with empty cells: how many there are in each field, and the rule, to be changed."""

import streamlit as st

from core.intake.missing import CONSTANT, RULES
from core.reconciliation import Reconciliation
from dashboard import i18n, state, ui
from dashboard.i18n import safe, t, term
from dashboard.reading import MISSING

PER_ROW = 3


def missing(found: Reconciliation, *, own: bool) -> None:
    """The fields that lack values, with the rule of each; `own` files can have another rule."""
    if found.missing.is_empty():
        return
    st.markdown(f"**{t('Empty cells')}**")
    st.markdown(t("A rule of yours can fill them; left alone, no sale is invented."))
    if not own:
        ui.table(found.missing, "missing", download=False)
        return
    chosen = dict(pair.split("=", 1) for pair in state.remembered(MISSING, ()))
    counts = dict(found.missing.select("field", "missing").iter_rows())
    columns = st.columns(PER_ROW)
    for place, field in enumerate(counts):
        with columns[place % PER_ROW]:
            _rule(field, counts[field], chosen)
    pairs = tuple(f"{field}={rule}" for field, rule in sorted(chosen.items()))
    if pairs != tuple(sorted(state.remembered(MISSING, ()))):
        state.remember(MISSING, pairs)
        st.rerun()


def _rule(field: str, count: int, chosen: dict[str, str]) -> None:
    """Draw one field's rule; what differs from the default is put into `chosen`."""
    before, _, value = chosen.get(field, RULES[field][0]).partition(":")
    rule = st.selectbox(
        f"{term(field)} · {safe('{count:integer} empty', count=count)}",
        RULES[field],
        index=RULES[field].index(before),
        format_func=lambda code: i18n.code(code, "rule"),
        disabled=len(RULES[field]) == 1,
        key=f"missing.{field}",
    )
    chosen.pop(field, None)
    if rule == CONSTANT:
        value = st.text_input(t("Value"), value=value, key=f"missing.{field}.value").strip()
        if value:
            chosen[field] = f"{rule}:{value}"
    elif rule != RULES[field][0]:
        chosen[field] = rule
