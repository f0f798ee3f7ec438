"""The week's most valuable actions: every analysis is asked, and none can break the page."""

import logging
from datetime import date

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import actions
from core.analyses import MODULES, Result, load
from core.dataset import Dataset
from core.errors import CoreError
from core.finding import Action
from dashboard import navigation, ui
from dashboard.cache import cached
from dashboard.i18n import plain, safe, t, write
from dashboard.readiness import title

log = logging.getLogger("shopscope")
#: The overview itself proposes nothing.
ASKED = tuple(name for name in MODULES if name != "overview")


def panel(place: DeltaGenerator, dataset: Dataset, as_of: date | None) -> None:
    """Fill `place` with the three most valuable actions, once every analysis has answered."""
    with place.container(border=True):
        st.subheader(t("This week's three most valuable actions"), anchor=False)
        progress = st.empty()
        results, silent = ask(dataset, as_of, progress)
        progress.empty()
        chosen = actions.top(results)
        for rank, action in enumerate(chosen, start=1):
            _show(rank, action)
        ui.findings(actions.nothing(chosen))
        if silent:
            names = t("; ").join(f"{title(name)} – {reason}" for name, reason in silent)
            st.caption(t("Not heard: {names}", names=names))


def ask(
    dataset: Dataset, as_of: date | None = None, progress: DeltaGenerator | None = None
) -> tuple[list[Result], list[tuple[str, str]]]:
    """(results, what the others said instead) of every analysis at its default options."""
    results: list[Result] = []
    silent: list[tuple[str, str]] = []
    for done, name in enumerate(ASKED):
        if progress:
            progress.progress(done / len(ASKED), text=t("Asking: {name} …", name=title(name)))
        try:
            analysis = load(name)
            results.append(cached(analysis.run, dataset, analysis.Config(as_of=as_of)))
        except CoreError as error:
            silent.append((name, write(error.text, error.values, plain)))
        except Exception as error:  # one analysis that fails must not take the page with it
            log.error("%s in %s", type(error).__name__, name)
            silent.append((name, t("it failed; open its page to see why")))
    return results, silent


def worth(action: Action) -> str:
    """What an action is worth, with its interval, as Markdown."""
    return safe(
        "worth about {value:money} in {days:integer} days (95%: {low:money} to {high:money})",
        value=action.value,
        days=action.days,
        low=action.low,
        high=action.high,
    )


def _show(rank: int, action: Action) -> None:
    """One action: what to do, what it is worth, and where to do it."""
    st.markdown(f"**{rank}.** {ui.sentence(action.finding)}  \n:gray[{worth(action)}]")
    titles = {file: title for file, title, _ in navigation.pages()}
    if action.page in titles:
        st.page_link(
            navigation.page_file(action.page),
            label=t(titles[action.page]),
            icon=":material/arrow_forward:",
        )
