"""What stands around every page: language, privacy, the menu, and what happens on an error."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import streamlit as st

from core import analyses
from core.errors import CoreError
from dashboard import gate, start, state, story, ui
from dashboard.cache import answers, compute_ahead
from dashboard.i18n import LANGUAGES, t
from dashboard.navigation import menu
from dashboard.panels.note import note

if TYPE_CHECKING:
    from streamlit.navigation.page import StreamlitPage

ASSETS = Path(__file__).parent / "assets"
ICON, LOGO, STYLE = ASSETS / "icon.png", ASSETS / "logo.svg", ASSETS / "app.css"

#: Tells the page its language (see `dashboard.front`).
SPOKEN = '<style lang="%s">%s</style>'
#: Over Streamlit's own words on an uploader, which it has in English only.
UPLOADER = """
[data-testid="stFileUploaderDropzone"] [data-testid="stMarkdownContainer"] p,
[data-testid="stFileUploaderDropzoneInstructions"] span { font-size: 0; }
[data-testid="stFileUploaderDropzone"] [data-testid="stMarkdownContainer"] p::after {
    content: "%s"; font-size: 0.875rem;
}
[data-testid="stFileUploaderDropzoneInstructions"] span::after {
    content: "%s"; font-size: 0.875rem;
}
"""


def run() -> None:
    """Draw the shell and the page that is open."""
    st.set_page_config(page_title="Shopscope", page_icon=str(ICON), layout="wide")
    st.html(STYLE)
    state.start(_preferred())
    words = "" if state.language() == "en" else _uploader()
    st.html(SPOKEN % (state.language(), words or ":root {}"))
    gate.guard()
    problem = _begin()
    state.settle()
    presenting = story.is_on()
    position: Literal["hidden", "sidebar"] = "hidden" if presenting else "sidebar"
    page = st.navigation(menu(start.home()), position=position, expanded=True)
    if not presenting:
        st.logo(str(LOGO), icon_image=str(ICON))
        with st.sidebar:
            _settings()
    with ui.told(page.url_path):
        if problem is not None:
            ui.error(problem)
        _draw(page, presenting=presenting)
        _ahead()


def _uploader() -> str:
    return UPLOADER % (t("Choose a file"), t("Up to 1 GB a file"))


def _begin() -> CoreError | None:
    try:
        start.begin()
    except CoreError as error:
        return error
    return None


def _draw(page: "StreamlitPage", *, presenting: bool) -> None:
    dataset = state.dataset()
    if presenting and dataset is not None:
        story.present(dataset)
    else:
        page.run()
        note(page.url_path)


def _ahead() -> None:
    if (dataset := state.dataset()) is not None:
        compute_ahead(dataset)


def _settings() -> None:
    with st.container(horizontal=True):
        st.segmented_control(
            "Language / 语言",
            list(LANGUAGES),
            format_func=LANGUAGES.__getitem__,
            key="language",
            persist_state="session",
            on_change=state.say_again,
            label_visibility="collapsed",
            required=True,
        )
    st.toggle(
        t("Hide customer names"),
        key="pseudonyms",
        help=t("Shows made-up keys in place of your customers' on every page and in every file."),
        persist_state="session",
    )
    story.switch()
    _report_button()
    if state.dataset() is not None:
        ui.choice(t("Save charts as"), {name: name.upper() for name in ui.PICTURES}, "picture")


def _report_button() -> None:
    dataset = state.dataset()
    if dataset is None:
        return
    results, voice, work = answers(dataset), state.voice(), state.work()

    def written() -> str:
        from dashboard.reports import of_shop  # Plotly is imported with the first chart

        return of_shop(dataset, results, voice, analyses.MODULES, work)

    st.download_button(
        t("Report to keep (HTML)"),
        written,
        "shopscope-report.html",
        "text/html",
        key="report",
        on_click="ignore",
        type="tertiary",
        icon=":material/description:",
        help=t("One file with every chart and table, in both languages; opens without a network."),
    )


def _preferred() -> str:
    asked = st.query_params.get("lang") or (st.context.locale or "en")[:2]
    return asked if asked in LANGUAGES else "en"
