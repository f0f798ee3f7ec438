"""Presentation mode: the shop in eight slides, one sentence and one chart each, by arrow keys.

Everything a slide shows was computed in the background beforehand; no menu, larger type.
"""

import logging
from collections.abc import Callable, Mapping

import polars as pl
import streamlit as st

from core import actions, analyses
from core.analyses import Result
from core.dataset import Dataset
from core.errors import CoreError
from core.finding import Finding
from dashboard import actions as week
from dashboard import state, ui
from dashboard.cache import cached, derived
from dashboard.i18n import plain, safe, t
from dashboard.navigation import MENU, SLIDES

log = logging.getLogger("shopscope")

#: Larger type for the back row; static, nothing from the data enters it.
STYLE = """<style>
html {font-size: clamp(18px, 2.6vh, 30px)}
[data-testid="stHeader"], [data-testid="stSidebar"] {display: none}
[data-testid="stMainBlockContainer"] {max-width: 88rem; padding: 1rem 2.5rem 0}
[data-testid="stLayoutWrapper"]:has(> .st-key-stage) {height: calc(100vh - 5rem); flex: none}
.st-key-stage {overflow: hidden auto}
.st-key-stage [data-testid="stCaptionContainer"] {margin-bottom: 0}
.st-key-turn {position: fixed; left: 0; right: 0; bottom: .6rem; z-index: 9}
</style>"""
#: Pixels that a chart has on the lowest stage; it fills what there is.
LEAST = 260
AT = "slide"


def switch() -> None:
    """The button that starts the presentation."""
    if state.dataset() is not None:
        st.button(
            t("Present"),
            key="present",
            type="tertiary",
            icon=":material/co_present:",
            on_click=state.remember,
            args=("presenting", True),
            help=t("Full page, larger type, one answer per slide; arrow keys turn the pages."),
        )


def is_on() -> bool:
    """Whether the presentation is running."""
    return bool(state.remembered("presenting")) and state.dataset() is not None


def present(dataset: Dataset) -> None:
    """Draw the slide that is open, and the buttons that turn to the others."""
    slides = _slides()
    at = min(int(state.remembered(AT, 0)), len(slides) - 1)
    st.html(STYLE)
    title, draw = list(slides.items())[at]
    with st.container(key="stage"):
        st.markdown(f":gray[{plain(title)}]")
        _draw(draw, dataset)
    _turn(at, len(slides))


def _draw(draw: Callable[[Dataset], None], dataset: Dataset) -> None:
    """On stage a slide that fails must not take the others with it."""
    try:
        draw(dataset)
    except CoreError as error:
        ui.error(error)
    except Exception as error:
        log.error("%s on a slide", type(error).__name__)
        st.info(t("There is nothing to show on this slide."))


def _slides() -> Mapping[str, Callable[[Dataset], None]]:
    titles = {file: title for file, title, _ in MENU}
    middle = {t(titles[analyses.MODULES[name]]): _answer(name) for name in SLIDES}
    return {t("The shop"): _shop, **middle, t("What to do this week"): _todo}


def _turn(at: int, slides: int) -> None:
    with st.container(
        key="turn",
        horizontal=True,
        horizontal_alignment="center",
        vertical_alignment="center",
    ):
        st.button(
            t("Back"), key="slide.back", shortcut="Left", disabled=at == 0,
            on_click=state.remember, args=(AT, at - 1),
        )  # fmt: skip
        st.markdown(f"{at + 1} / {slides}", width="content")
        st.button(
            t("Next"), key="slide.next", shortcut="Right", type="primary",
            disabled=at == slides - 1, on_click=state.remember, args=(AT, at + 1),
        )  # fmt: skip
        st.button(t("End"), key="slide.end", shortcut="Esc", type="tertiary", on_click=_end)


def _end() -> None:
    state.remember("presenting", False)
    state.remember(AT, 0)


def _headline(finding: Finding) -> None:
    st.markdown(f"## {ui.sentence(finding, brief=True)}")


def _shop(dataset: Dataset) -> None:
    """Where the numbers come from: every row read is accounted for."""
    facts = dataset.facts
    first, last = dataset.lines.select(
        first=pl.col("ordered_at").min(), last=pl.col("ordered_at").max()
    ).collect().row(0)  # fmt: skip
    names = [name for name in ("orders", "customers", "products", "lines") if name in facts]
    st.markdown(
        "## "
        + safe(
            "{orders:integer} orders from {first:date} to {last:date}, on this computer only.",
            orders=facts.get("orders"),
            first=first,
            last=last,
        )
    )
    ui.metrics({name: facts[name] for name in names})
    if (found := dataset.reconciliation) is not None:
        aside = found.reasons.filter(pl.col("reason") != "kept")
        st.markdown(
            safe(
                "{read:integer} rows were read; {aside:integer} of them are no sales (cancelled, "
                "unpaid, repeated …) and are set aside with their reason.",
                read=found.reasons["rows"].sum(),
                aside=aside["rows"].sum(),
            )
        )
        if not aside.is_empty():
            ui.table(aside, "story.aside", download=False)


def _answer(name: str) -> Callable[[Dataset], None]:
    """The slide of one analysis: its first finding and the chart that proves it."""

    def draw(dataset: Dataset) -> None:
        from dashboard import figures  # and Plotly with them

        result = _result(name, dataset)
        found = derived(result.explain)
        if found:
            _headline(found[0])
        if (figure := next(figures.of(name, result), None)) is not None:
            figure.update_layout(height=LEAST, font={"size": 17})
            ui.chart(figure, f"slide.{name}", fill=True)
        caution = next((finding for finding in found if finding.kind == "caution"), None)
        if caution is not None:
            st.caption(ui.sentence(caution))

    return draw


def _result(name: str, dataset: Dataset) -> Result:
    analysis = analyses.load(name)
    return cached(analysis.run, dataset, analysis.Config())


def _todo(dataset: Dataset) -> None:
    """The three most valuable actions."""
    results, _ = week.ask(dataset)
    chosen = actions.top(results)
    ui.findings(actions.nothing(chosen))
    for rank, action in enumerate(chosen, start=1):
        st.markdown(f"### {rank}. {ui.sentence(action.finding)}")
        st.markdown(week.worth(action))
