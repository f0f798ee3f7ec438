"""The parts of the data page: what to load, how it was read, what was set aside."""

import shutil
from collections.abc import Sequence
from secrets import token_hex
from typing import Any

import polars as pl
import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.dataset import Dataset
from core.intake.load import Upload
from core.intake.reasons import REASONS
from core.intake.request import ENDINGS
from core.reconciliation import FileRead, Reconciliation
from dashboard import export, i18n, start, state, ui
from dashboard.i18n import plain, safe, t, term, term_help
from dashboard.reading import COUNTED, GENERATION, MAPPING, READ, UNSEEN, UPLOADS, choose

KINDS = [ending.removeprefix(".") for ending in ENDINGS]
PREVIEW_ROWS = 200
#: Reasons of rows without money of the shop's own: remarks, totals, amounts that cannot be added.
NO_MONEY = ("not_a_line", "summary_row", "other_currency")
#: Reason or note -> the option that turns it round, to what, and the reason it is about.
SWITCHES = {
    "repeat": ("keep_repeats", True, "repeat"),
    "outdated": ("keep_outdated", True, "outdated"),
    "unpaid": ("include_unpaid", True, "unpaid"),
    "wholesale_line": ("wholesale_apart", False, "wholesale_line"),
    "repeats_kept": ("keep_repeats", False, "repeat"),
    "outdated_kept": ("keep_outdated", False, "outdated"),
    "unpaid_kept": ("include_unpaid", False, "unpaid"),
    "wholesale_kept": ("wholesale_apart", True, "wholesale_line"),
}


def choose_files() -> None:
    """The upload and, beside it, the demo shops."""
    own, demo = st.columns([3, 2])
    with own.container(border=True, height="stretch"):
        st.markdown(f"**{t('Your shop')}**")
        _uploader()
        st.caption(
            t(
                "Order exports as your shop system writes them: CSV, Excel, Parquet, zipped or "
                "not; several at once, also a stock list. Nothing leaves this computer."
            )
        )
    with demo.container(border=True, height="stretch"):
        st.markdown(f"**{t('No file at hand?')}**")
        demos()


def _uploader() -> None:
    generation = state.remembered(GENERATION, 0)
    folder = st.toggle(t("A whole folder, such as one of monthly exports"), key="upload.folder")
    key = f"upload.{generation}.{folder}"
    files = st.file_uploader(
        t("Order exports"),
        type=KINDS,
        accept_multiple_files="directory" if folder else True,
        key=key,
        label_visibility="collapsed",
    )
    if not files:
        return
    by_name = sorted(files, key=lambda file: file.name)
    for before in state.remembered(UPLOADS, []):
        before.data.unlink(missing_ok=True)
    state.remember(UPLOADS, [_spooled(file) for file in by_name])
    state.remember(MAPPING, ())
    state.remember(READ, None)
    state.remember("demo", None)
    state.remember(COUNTED, None)  # other orders: the count belonged to the ones before
    state.remember(UNSEEN, True)
    state.remember(GENERATION, generation + 1)  # another key: an empty uploader
    state.forget(key)  # at once: a run that is stopped would hold the bytes until the next
    st.rerun()


def _spooled(file: Any) -> Upload:  # noqa: ANN401
    """Write an upload to the session's folder and let Streamlit forget its bytes.

    Its name is the reader's own and never becomes a path.
    """
    path = state.workspace() / token_hex(8)
    with path.open("wb") as copy:
        shutil.copyfileobj(file, copy, 1 << 20)
    context = get_script_run_ctx()
    if context is not None and hasattr(context.uploaded_file_mgr, "remove_file"):
        context.uploaded_file_mgr.remove_file(context.session_id, file.file_id)
    return Upload(i18n.clean(file.name), path)


def demos() -> None:
    """A button per demo shop."""
    for size, label in (
        ("medium", t("Open the demo shop")),
        ("small", t("Open a small demo shop")),
    ):
        st.button(
            label,
            key=f"demo.{size}",
            on_click=start.open_demo,
            args=(size,),
            icon=":material/storefront:",
            type="primary" if size == "medium" else "secondary",
            width="stretch",
        )
    st.caption(t("A made-up coffee and kitchen shop: three years of orders, or one small year."))
    if start.has_journey():
        st.button(
            t("Open The Complete Journey"),
            key="demo.journey",
            on_click=start.open_journey,
            width="stretch",
        )
        st.caption(
            t(
                "The Complete Journey: groceries of 2,469 households. For educational use; its "
                "package describes the data as simulated."
            )
        )


def summary(dataset: Dataset) -> None:
    """What there is, in one row of figures and a sentence."""
    st.success(safe("Loaded: {name}", name=dataset.name), icon=":material/check_circle:")
    facts = dict(dataset.facts)
    names = ("orders", "customers", "products", "lines")
    figures: dict[str, object] = {name: facts[name] for name in names if name in facts}
    if "revenue" in dataset.columns:
        figures["revenue"] = dataset.lines.select(pl.col("revenue").sum()).collect().item()
    ui.metrics(figures)
    first, last = (
        dataset.lines.select(first=pl.col("ordered_at").min(), last=pl.col("ordered_at").max())
        .collect()
        .row(0)
    )
    if first is not None:
        st.markdown(safe("Orders from {first:date} to {last:date}.", first=first, last=last))


def reconciliation(found: Reconciliation) -> None:
    """Every row read, kept or set aside, with its money where the files tell any."""
    shown = _own_money(found.reasons)
    kept = shown.filter(pl.col("reason") == "kept")
    aside = shown.filter(pl.col("reason") != "kept")
    counts = {
        "read": shown["rows"].sum(),
        "kept": kept["rows"].sum(),
        "aside": aside["rows"].sum(),
    }
    if shown["money"].abs().sum() > 0:
        said = safe(
            "{read:integer} rows were read: {kept:integer} kept, worth {money:cents}, and "
            "{aside:integer} set aside, worth {lost:cents}. Nothing is dropped silently.",
            money=kept["money"].sum(),
            lost=aside["money"].sum(),
            **counts,
        )
    else:
        said = safe(
            "{read:integer} rows were read: {kept:integer} kept and {aside:integer} set aside. "
            "Nothing is dropped silently. There is no money in them: no price, no total.",
            **counts,
        )
        shown = shown.drop("money")
    st.markdown(said)
    ui.table(shown, "reconciliation")
    if "other_currency" in shown["reason"]:
        st.caption(t("Amounts in another currency are not added up with yours."))
    if not found.kept_with_note.is_empty():
        st.markdown(f"**{t('Kept, but worth knowing')}**")
        ui.table(found.kept_with_note, "kept_with_note", download=False)


def _own_money(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows or reasons; those without money of the shop's own show none."""
    own = ~pl.col("reason").cast(pl.String).is_in(NO_MONEY)
    return rows.with_columns(money=pl.when(own).then("money"))


def set_aside(found: Reconciliation) -> None:
    """The rows that were set aside, reason by reason, to look at, take away or count after all."""
    counts = dict(
        found.reasons.filter(pl.col("reason") != "kept")
        .group_by("reason")
        .agg(pl.col("rows").sum())
        .sort("rows", descending=True)
        .iter_rows()
    )
    if not counts:
        st.markdown(t("No row was set aside."))
    else:
        chosen = st.pills(
            t("Reason"),
            list(counts),
            format_func=lambda code: term(code) + t(" ({more:integer})", more=counts[code]),
            key="set_aside.reason",
        )
        if chosen and (help := term_help(chosen)):
            st.caption(help)
        rows = _own_money(_unnamed(found.set_aside, found.files))
        shown = rows.filter(pl.col("reason") == chosen) if chosen else rows
        ui.table(
            shown.select(c for c in shown.columns if shown[c].null_count() < shown.height),
            "set_aside",
        )
    _switches([*counts, *found.kept_with_note["note"].unique()])


def _unnamed(rows: pl.DataFrame, files: Sequence[FileRead]) -> pl.DataFrame:
    """Rows as the files wrote them; without the column that names customers, if that is hidden."""
    if state.secret() is None:
        return rows
    keys = {file.mapping.get(field) for file in files for field in export.CUSTOMER_KEYS}
    return rows.select(column for column in rows.columns if column not in keys)


def _switches(there: Sequence[str]) -> None:
    """A button per choice that is the reader's: what to count, and what to leave out."""
    offered = [(code, *SWITCHES[code]) for code in SWITCHES if code in there]
    if not offered:
        return
    st.markdown(f"**{t('Your choice')}**")
    with st.container(horizontal=True):
        for code, option, value, reason in offered:
            words = (
                t("Count after all: {reason:label}", reason=reason)
                if code in REASONS
                else t("Set aside: {reason:label}", reason=reason)
            )
            if st.button(words, key=f"switch.{code}", on_click=choose, args=(option, value)):
                st.rerun()  # the whole page: the lines are others now


def files(found: Sequence[FileRead]) -> None:
    """How each file was read: its format, how sure that is, its encoding."""
    read = pl.DataFrame(
        {
            "file": [file.name for file in found],
            "source_format": [file.format for file in found],
            "confidence_of_format": [file.confidence for file in found],
            "runner_up": [file.runner_up for file in found],
            "table": [f"{file.table}_table" for file in found],
            "encoding": [file.encoding for file in found],
            "delimiter": [_visible(file.delimiter) for file in found],
            "date_format": [file.date_format for file in found],
            "rows_read": [file.rows_read for file in found],
        }
    )
    told = [column for column in read.columns if read[column].null_count() < read.height]
    ui.table(read.select(told), "files", download=False)


def _visible(delimiter: str | None) -> str | None:
    return "TAB" if delimiter == "\t" else delimiter


def preview(dataset: Dataset) -> None:
    """The first lines as they were understood, and the optional tables beside them."""
    ui.table(dataset.lines.head(PREVIEW_ROWS).collect(), "order_lines", download=False)
    for name, frame in dataset.tables.items():
        st.markdown(f"**{plain(term(name))}**")
        ui.table(frame.head(PREVIEW_ROWS), name, download=False)
