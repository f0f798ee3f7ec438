"""The page of saved work: turn saving on, see what is kept, delete it."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

import polars as pl
import streamlit as st

from core.dataset import Dataset
from core.errors import CoreError
from core.intake import profile
from core.measures import uplift
from dashboard import saved_work, state, ui
from dashboard.i18n import safe, t, term
from dashboard.navigation import MENU
from dashboard.panels import recommendation_findings as words
from dashboard.saved_work import Entry, Shop


def switch(dataset: Dataset | None) -> None:
    """Turn saving on for this shop, or go on with one whose work is saved."""
    known = saved_work.shops()
    if known:
        with st.form("saved.open", border=True):
            name = st.selectbox(t("Shops whose work is saved"), list(known))
            sealed = any(saved_work.is_sealed(path) for path in known.values())
            phrase = st.text_input(t("Passphrase"), type="password") if sealed else ""
            if st.form_submit_button(t("Open"), icon=":material/folder_open:"):
                _begin(lambda: Shop(known[name], phrase))
    with st.form("saved.create", border=True):
        name = st.text_input(
            t("Name of the shop"), value=dataset.name if dataset else "", max_chars=80
        )
        phrase = st.text_input(
            t("Passphrase (optional)"),
            type="password",
            help=t("Without it nobody opens the file again, you included: write it down."),
        )
        if st.form_submit_button(t("Save my work from now on"), icon=":material/save:"):
            if name.strip():
                _begin(lambda: _created(name.strip(), phrase))
            else:
                st.warning(t("Give the shop a name."))
    st.caption(safe("It is kept on this machine only, in {folder}.", folder=saved_work.folder()))


def _created(name: str, phrase: str) -> Shop:
    """A new shop, with what the session made so far."""
    shop = saved_work.create(name, phrase)
    shop.add(state.work().entries())
    return shop


def _begin(opened: Callable[[], Shop]) -> None:
    try:
        state.keep_work(opened())
    except CoreError as error:
        ui.error(error)
        return
    st.rerun()


def opened(shop: Shop, dataset: Dataset | None) -> None:
    """What is kept of the shop that is open, each entry with a way to let it go."""
    entries = shop.entries()
    st.markdown(
        safe(
            "The work of **{shop}** is saved as you go. Entries: {n:integer}.",
            shop=shop.name,
            n=len(entries),
        )
    )
    rows = [(term(e.kind), _named(e), e.saved_at.replace("T", " ")) for e in reversed(entries)]
    ui.table(
        pl.DataFrame(rows, schema=["kind", "entry", "saved_at"], orient="row"),
        "saved_entries",
        download=False,
    )
    if entries:
        _drop_one(shop)
    with st.container(horizontal=True):
        st.button(t("Close this shop"), on_click=state.keep_work, args=(None,))
        _sure(t("Delete everything of this shop"), partial(_erase, shop))
    st.subheader(t("Lists you took away"), anchor=False)
    lists(shop, dataset)


def _named(entry: Entry) -> str:
    """An entry's name; what belongs to a page goes by the page's title."""
    titles = {page: t(title) for page, title, _ in MENU}
    return next((titles[part] for part in entry.name.split(".") if part in titles), entry.name)


def _drop_one(shop: Shop) -> None:
    with st.popover(t("Delete one entry"), icon=":material/delete:"):
        entries = shop.entries()
        chosen = st.selectbox(
            t("Entry"),
            range(len(entries)),
            format_func=lambda n: f"{term(entries[n].kind)} · {_named(entries[n])}",
            key="saved.entry",
        )
        st.button(
            t("Delete"), on_click=shop.drop, args=(entries[chosen].kind, entries[chosen].name)
        )


def _sure(label: str, then: Callable[[], None]) -> None:
    with st.popover(label, icon=":material/delete_forever:"):
        st.markdown(t("This cannot be undone."))
        st.button(t("Yes, delete it"), key=f"sure.{label}", on_click=then, type="primary")


def _erase(shop: Shop) -> None:
    shop.erase()
    state.keep_work(None)


def _erase_all() -> None:
    saved_work.erase_all()
    for path in _profiles():
        path.unlink(missing_ok=True)
    state.keep_work(None)


def _profiles() -> list[Path]:
    """Every way of reading that is remembered, also where it cannot be read."""
    return list(profile.folder().glob("*.toml"))


def everything() -> None:
    """All that this program keeps on this machine, and one click to delete it."""
    known, profiles = saved_work.shops(), profile.kept()
    st.subheader(t("Everything on this machine"), anchor=False)
    st.markdown(
        t(
            "Shops saved: {shops:integer}. Ways of reading an export remembered: "
            "{profiles:integer}. Your exports themselves are never kept.",
            shops=len(known),
            profiles=len(profiles),
        )
    )
    if saved_work.files() or _profiles():
        _sure(t("Delete everything"), _erase_all)


def lists(shop: Shop, dataset: Dataset | None) -> None:
    """Lists taken away, and what a message to one of them added since."""
    kept = shop.kept("list")
    if not kept:
        st.caption(t("None yet: a list of customers that you download is noted here with its day."))
        return
    name = st.selectbox(t("List"), list(reversed(kept)), key="saved.list")
    days = st.slider(t("Days that count"), 7, 180, 28, key="saved.days")
    listed, sent = (
        pl.DataFrame(kept[name].value),
        datetime.fromisoformat(kept[name].saved_at).date(),
    )
    if dataset is None or dataset.last_day <= sent:
        st.info(t("Load an export that reaches beyond the day of the list to see what came of it."))
    elif uplift.GROUP not in listed.columns:
        st.info(
            t("The list has no group that was left out, so nobody can say what the message did.")
        )
    else:
        mailed = listed.with_columns(pl.col(uplift.KEY).cast(pl.String))
        ui.findings(words.effect_found(uplift.measured(dataset.lines, mailed, sent, days)))
