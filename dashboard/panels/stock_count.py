"""The stock count that a reader types, or loads beside the orders, on the inventory page."""

from datetime import date
from secrets import token_hex
from typing import Any

import polars as pl
import streamlit as st

from core.analyses.inventory import Result
from core.dataset import Dataset
from core.errors import CoreError
from core.intake.counts import stock_count
from core.intake.load import Upload
from core.schema import TABLES
from dashboard import export, state, ui
from dashboard.charts.style import label
from dashboard.i18n import clean, safe, t, term_help
from dashboard.reading import COUNTED

#: Products to type counts for, most revenue first; a longer list is loaded as a file.
TYPED = 500
#: Pixels: so that the units to type stand beside the name on a telephone.
NAME_WIDTH = 170
PAGE = "inventory"
KINDS = ["csv", "txt", "tsv", "xlsx", "xls"]
FIELDS = tuple(name for name in TABLES["stock"] if name != "product_id")


def panel(dataset: Dataset, result: Result) -> None:
    """Type or load the stock count; open while there is none."""
    if said := state.remembered("stock said"):
        state.remember("stock said", None)
        st.success(said, icon=":material/check_circle:")
    with st.expander(
        t("Type or load your stock count"),
        expanded=not result.has_stock,
        icon=":material/inventory:",
    ):
        rows = _rows(dataset, result)
        _saved(dataset, rows)
        _load(dataset, rows)
        _type(dataset, rows)


def _rows(dataset: Dataset, result: Result) -> pl.DataFrame:
    """One row per product, most money first, with what its stock table says."""
    known = result.outlook.products
    names = [name for name in ("product_name", "product_id") if name in known.columns]
    ranked = known.with_columns(product_name=pl.coalesce(names)).sort(
        "revenue", "units", "product_id", descending=[True, True, False], nulls_last=True
    )
    stock = dataset.tables.get("stock", pl.DataFrame(schema={"product_id": pl.String}))
    missing = [
        pl.lit(None, dtype).alias(name)
        for name, dtype in TABLES["stock"].items()
        if name not in stock.columns
    ]
    both = ranked.select("product_id", "product_name").join(
        stock.with_columns(missing), on="product_id", how="left", maintain_order="left"
    )
    return both.select("product_name", *FIELDS, "product_id")


def _saved(dataset: Dataset, rows: pl.DataFrame) -> None:
    """Offer the count of an earlier session, with its day: only the owner knows if it holds."""
    kept = state.work().kept("stock").get(PAGE)
    if kept is None or state.remembered(COUNTED) is not None:
        return
    day = date.fromisoformat(kept.saved_at[:10])
    if st.button(safe("Use the count saved on {day:date}", day=day), icon=":material/history:"):
        columns = {name: TABLES["stock"][name] for name in kept.value}
        _take(dataset, pl.DataFrame(kept.value, schema=columns), rows, keep=False)


def _load(dataset: Dataset, rows: pl.DataFrame) -> None:
    file = st.file_uploader(
        t("A stock list: product code and units in stock, the rest if you have it"),
        type=KINDS,
        key=f"stock.{state.remembered('stock generation', 0)}",
    )
    st.download_button(
        t("Template with your products"),
        lambda: export.csv(rows),
        "stock.csv",
        "text/csv",
        on_click="ignore",
        type="tertiary",
        icon=":material/download:",
        key="stock.template",
    )
    if file is None:
        return
    path = state.workspace() / token_hex(8)
    path.write_bytes(file.getvalue())
    try:
        counted = stock_count(Upload(clean(file.name), path))
    except CoreError as error:
        ui.error(error)
        return
    finally:
        path.unlink()
    _take(dataset, counted, rows)


def _type(dataset: Dataset, rows: pl.DataFrame) -> None:
    shown = rows.head(TYPED)
    with st.form("stock.typed", border=False):
        typed = st.data_editor(
            shown,
            column_config={name: _column(name, shown.schema[name]) for name in shown.columns},
            disabled=["product_id", "product_name"],
            hide_index=True,
            height=320,
            placeholder="",
            key="stock.editor",
        )
        if st.form_submit_button(t("Use these counts"), type="primary"):
            counted = typed.drop("product_name").filter(pl.col("on_hand").is_not_null())
            if counted.is_empty():
                st.warning(t("Type how many units of at least one product are in stock."))
            else:
                _take(dataset, counted, rows)
    if len(rows) > TYPED:
        st.caption(
            safe("The {shown:integer} products that earn most; load a file for all.", shown=TYPED)
        )


def _column(name: str, dtype: pl.DataType) -> Any:  # noqa: ANN401
    if dtype.is_numeric():
        return st.column_config.NumberColumn(label(name), help=term_help(name), min_value=0)
    width = NAME_WIDTH if name == "product_name" else None
    return st.column_config.TextColumn(label(name), help=term_help(name), width=width)


def _take(
    dataset: Dataset, counted: pl.DataFrame, rows: pl.DataFrame, *, keep: bool = True
) -> None:
    """Make the count part of the data that every page reads, and of the saved work."""
    known = pl.col("on_hand").is_not_null()
    matched = counted.filter(known).join(rows, on="product_id", how="semi").height
    if not matched:
        st.warning(
            t("None of these products was ever sold here: compare the codes with your orders."),
            icon=":material/info:",
        )
        return
    state.remember("stock generation", state.remembered("stock generation", 0) + 1)
    with_count = dataset.with_stock(counted)
    state.keep(with_count)
    state.remember(COUNTED, with_count.tables["stock"])
    if keep:
        state.work().put("stock", PAGE, with_count.tables["stock"].to_dict(as_series=False))
    state.remember("stock said", _said(matched, len(counted) - matched))
    st.rerun()


def _said(matched: int, left: int) -> str:
    """How many products sold here were counted, and how many rows of the list are none."""
    if not left:
        return safe("{count:integer} products counted.", count=matched)
    return safe(
        "{count:integer} products counted; {left:integer} rows of the list name no product sold "
        "here, or no number.",
        count=matched,
        left=left,
    )
