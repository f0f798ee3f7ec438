"""Help: first steps, each shop system's export, what the words mean, the demo's story."""

import polars as pl
import streamlit as st

from dashboard import ui
from dashboard.i18n import LANGUAGES, prose, t, terms
from dashboard.state import language


def glossary() -> None:
    """Every word that has an explanation, beside the same word in the other language."""
    here = language()
    other = next(code for code in LANGUAGES if code != here)
    rows = [
        (entry[here], entry[other], entry["help"][here])
        for entry in terms().values()
        if "help" in entry
    ]
    words = pl.DataFrame(sorted(set(rows)), schema=["word", "other_word", "meaning"], orient="row")
    wanted = st.text_input(t("Find a word"), key="help.word").strip().casefold()
    if wanted:
        text = pl.concat_str(pl.all(), separator=" ").str.to_lowercase()
        words = words.filter(text.str.contains(wanted, literal=True))
    ui.table(words, "glossary")


st.title(t("Help"), anchor=False)
ui.views(
    "help",
    {
        "start": (t("First steps"), lambda: st.markdown(prose("help_start"))),
        "platforms": (t("Get your export"), lambda: st.markdown(prose("help_platforms"))),
        "glossary": (t("What the words mean"), glossary),
        "demo": (t("The demo shop's story"), lambda: st.markdown(prose("help_demo"))),
    },
)
