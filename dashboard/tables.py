"""Tables on screen, with the standard labels, formats and help, and their downloads."""

from datetime import date
from functools import partial
from typing import Any

import polars as pl
import streamlit as st

from core.analyses import Result
from dashboard import export, i18n, state
from dashboard.cache import derived
from dashboard.i18n import label, plain, t, term, term_format, term_help
from dashboard.locales import decimals

#: Rows that one table shows, the downloads have them all; and above which it sends them by pages,
#: as the reader scrolls (such a table cannot be searched).
TABLE_ROWS, PAGED = 5000, 2000
#: Pixels of one row, and of a column of sentences: it would keep the width of the first it held.
ROW_HEIGHT, SENTENCES = 35, {"because": 560}


def table(
    frame: pl.DataFrame,
    name: str,
    *,
    download: bool = True,
    height: int | None = None,
    take: pl.DataFrame | None = None,
) -> None:
    """A table with the standard labels, formats and help, and its downloads.

    name: of the file, and key of the table on this page. take: what the downloads hold, where that
    is more than is shown.
    """
    if frame.is_empty():
        st.caption(t("Nothing to show here."))
        return
    shown = displayed(frame.head(TABLE_ROWS))
    st.dataframe(
        shown.to_arrow(),  # as Arrow it goes to the browser at once, else by way of pandas
        column_config={column: _column(frame, column) for column in frame.columns},
        hide_index=True,
        height=height or "auto",
        key=f"table.{name}",
        lazy=shown.height > PAGED,
        placeholder="–",
        alt=term(name),
    )
    if frame.height > TABLE_ROWS:
        st.caption(
            t(
                "The first {shown:integer} of {all:integer} rows; the downloads have them all.",
                shown=TABLE_ROWS,
                all=frame.height,
            )
        )
    if download:
        _buttons(frame if take is None else take, name)


def facts(row: pl.DataFrame) -> pl.DataFrame:
    """A frame of one row as a list to read: fact, value."""
    values = row.row(0, named=True)
    said = [_said(name, value) for name, value in values.items()]
    return pl.DataFrame({"fact": list(values), "value": said})


def facts_table(row: pl.DataFrame, name: str) -> None:
    """A frame of one row, its figures below each other, all in sight."""
    listed = facts(row)
    table(listed, name, download=False, height=ROW_HEIGHT * (listed.height + 1) + 3)


def _said(name: str, value: object) -> str:
    if isinstance(value, date):
        return i18n.value(value, "date")
    spec = term_format(name)
    if spec == "number" and isinstance(value, float) and value.is_integer():
        spec = "integer"
    return i18n.code(value, name) if spec in (None, "label") else i18n.value(value, spec)


def displayed(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame as it is read: codes as terms, customers as pseudonyms, numbers rounded."""
    written = [expr for column in frame.columns if (expr := _display(frame, column)) is not None]
    return export.masked(frame).with_columns(written)


def _display(frame: pl.DataFrame, column: str) -> pl.Expr | None:
    spec, dtype = term_format(column), frame.schema[column]
    if spec == "label" and dtype in (pl.String, pl.Categorical, pl.Enum):
        codes = frame[column].cast(pl.String).drop_nulls().unique()
        words = pl.Series([i18n.code(code, column) for code in codes], dtype=pl.String)
        return pl.col(column).cast(pl.String).replace_strict(codes, words, default=None)
    if isinstance(dtype, pl.List):
        return pl.col(column).cast(pl.List(pl.String)).list.join(" + ")
    if spec == "percent" and dtype.is_numeric():
        return pl.col(column) * 100
    digits = {"number": 1, "integer": 0}.get(spec or "")
    return pl.col(column).round(digits) if digits is not None and dtype.is_float() else None


def _column(frame: pl.DataFrame, column: str) -> Any:  # noqa: ANN401
    dtype, spec = frame.schema[column], term_format(column)
    words: dict[str, Any] = {"label": label(column), "help": term_help(column)}
    words["width"] = SENTENCES.get(column)
    if dtype.is_temporal():
        return st.column_config.DateColumn(**words, format="YYYY-MM-DD")
    if not dtype.is_numeric():
        return st.column_config.Column(**words)
    return st.column_config.NumberColumn(**words, format=_number_format(frame, column, spec))


def _number_format(frame: pl.DataFrame, column: str, spec: str | None) -> str:
    # Not "localized": that follows the browser, whatever language the page speaks.
    return f"%,.{decimals(frame[column], spec)}f" + ("%%" if spec == "percent" else "")


def take_away(page: str, result: Result) -> None:
    """A result to take away: its tables, the same that the command line writes, and its report."""
    _report(page, result)
    for name, frame in derived(result.files).items():
        st.markdown(f"{plain(term(name))} · {plain(i18n.value(frame.height, 'integer'))}")
        _buttons(frame, name, key="file")


def _report(page: str, result: Result) -> None:
    dataset, voice = state.dataset(), state.voice()
    assert dataset is not None

    def written() -> str:
        from dashboard.reports import of_page

        return of_page(dataset, page, result, voice)

    st.download_button(
        t("This page as one file (HTML)"),
        written,
        f"shopscope-{page}.html",
        "text/html",
        key=f"page.{page}",
        on_click="ignore",
        type="tertiary",
        icon=":material/description:",
        help=t("Charts stay interactive without a network; print it to have a PDF."),
    )


def _buttons(frame: pl.DataFrame, name: str, key: str = "table") -> None:
    with st.container(horizontal=True):
        for kind, (ending, mime) in export.FORMATS.items():
            st.download_button(
                kind,
                partial(export.write, frame, kind, state.secret()),
                f"{name}.{ending}",
                mime,
                key=f"{key}.{name}.{ending}",
                on_click=export.on_take(frame, name),
                type="tertiary",
                icon=":material/download:",
            )
