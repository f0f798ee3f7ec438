"""The parts of the segment builder: conditions, what they say, what a segment buys more."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Literal

import polars as pl
import streamlit as st

from core.dataset import Dataset
from core.measures import audiences
from core.measures.audiences import Between, Bought, Condition, Dated, Mask, OneOf, Purchases
from core.options import Options
from dashboard import i18n, state
from dashboard.charts.segments import spoken
from dashboard.i18n import t, term

#: Products to choose from: the ones that most customers bought.
MOST_PRODUCTS = 1000
MOST_CONDITIONS = 6
#: Pixels of a widget in a row of them; what names products takes what is left.
WIDTH = 215
ROWS = "segment_builder.rows"
KINDS = ("number", "dated", "group", "bought", "not_bought")
DAYS = ("first_order", "last_order")
#: Else only days within ten years of today could be chosen.
CALENDAR = {"min_value": date(1900, 1, 1), "max_value": date(2199, 12, 31)}
NUMBERS = (
    "recency_days", "orders", "revenue", "average_order", "tenure_days", "days_between_orders",
    "median_gap_days", "sd_gap_days", "regularity", "products", "categories", "top_category_share",
    "units", "order_days", "discount_share", "return_share", "price_level", "spending_trend",
    "weekend_share", "usual_weekday", "usual_hour", "r_score", "f_score", "m_score", "fm_score",
)  # fmt: skip
#: (column, value) of every category and product to choose from -> what it is called.
Names = dict[tuple[str, str], str]
_COLUMNS: dict[str, Literal["product_id", "category"]] = {
    "product_id": "product_id",
    "category": "category",
}
CODED = ("rfm_segment", "cluster_name")
LABELS = (
    "rfm_segment", "cluster_name", "first_country", "first_channel", "first_coupon",
    "first_product", "top_category",
)  # fmt: skip


def purchases(dataset: Dataset, config: Options) -> dict[str, Purchases]:
    """Who bought what last when, up to the day asked about; as `cached` wants it."""
    return audiences.purchases(dataset.until(config.as_of).lines)


def names(dataset: Dataset, config: Options) -> pl.DataFrame:
    """column, value, product_name, customers: categories, then products, most bought first."""
    sold = dataset.until(config.as_of).lines.filter(pl.col("quantity") > 0)
    found = []
    for column in ("category", "product_id"):
        if column not in dataset.columns:
            continue
        named = column == "product_id" and "product_name" in dataset.columns
        table = (
            sold.drop_nulls(column)
            .group_by(value=column)
            .agg(
                product_name=pl.col("product_name").min() if named else pl.col(column).first(),
                customers=pl.col("customer_id").drop_nulls().n_unique(),
            )
            .sort("customers", "value", descending=[True, False])
            .head(MOST_PRODUCTS)
        )
        name = pl.coalesce("product_name", "value").alias("product_name")
        found.append(
            table.select(pl.lit(column).alias("column"), "value", name, "customers").collect()
        )
    return pl.concat(found) if found else pl.DataFrame()


def conditions(customers: pl.DataFrame, products: Names) -> tuple[Condition, ...]:
    """A row of widgets per condition; those that are complete."""
    rows = int(state.remembered(ROWS, 1))
    kinds = [k for k in KINDS if "bought" not in k or products]
    with st.container():  # one more row leaves all that follows in its place, nothing is made anew
        found = [_condition(row, kinds, customers, products) for row in range(rows)]
    buttons = st.container(horizontal=True)
    buttons.button(
        t("Add a condition"),
        on_click=state.remember,
        args=(ROWS, min(MOST_CONDITIONS, rows + 1)),
        disabled=rows >= MOST_CONDITIONS,
        icon=":material/add:",
    )
    buttons.button(
        t("Remove the last"),
        on_click=state.remember,
        args=(ROWS, max(1, rows - 1)),
        disabled=rows <= 1,
        icon=":material/remove:",
    )
    return tuple(condition for condition in found if condition is not None)


def _condition(
    row: int, kinds: Sequence[str], customers: pl.DataFrame, products: Names
) -> Condition | None:
    with st.container(border=True, horizontal=True, vertical_alignment="bottom"):
        kind = st.selectbox(t("Condition"), kinds, format_func=term, **_kept("kind", row))
        if kind == "number":
            return _number(row, customers)
        if kind == "group":
            return _group(row, customers)
        if kind == "dated":
            return _day(row)
        return _bought(row, products, no=kind == "not_bought")


def _kept(name: str, row: int, feature: str = "") -> dict[str, Any]:
    """What the widgets of a row share: a key of their own, and that it outlives the page."""
    key = f"builder.{name}.{row}" + (f".{feature}" if feature else "")
    return {"key": key, "persist_state": "session", "width": WIDTH}


def _feature(name: str, row: int, present: Sequence[str]) -> str:
    return str(st.selectbox(t("What"), present, format_func=term, **_kept(name, row)))


def _number(row: int, customers: pl.DataFrame) -> Condition | None:
    feature = _feature("number", row, [name for name in NUMBERS if name in customers.columns])
    shared: dict[str, Any] = {
        "value": None,
        "step": 1 if customers.schema[feature].is_integer() else None,
    }
    unit, whole = (" (%)", 100) if _is_share(feature) else ("", 1)
    asked = (
        st.number_input(t("At least") + unit, **shared, **_kept("low", row, feature)),
        st.number_input(t("At most") + unit, **shared, **_kept("high", row, feature)),
    )
    if asked == (None, None):
        return None
    low, high = (end if end is None or whole == 1 else end / whole for end in asked)
    return Between(feature, low, high)


def _is_share(feature: str) -> bool:
    """Whether the tables show it in percent, so that it is asked for and told in percent too."""
    return i18n.term_format(feature) == "percent"


def _day(row: int) -> Condition | None:
    feature = _feature("dated", row, DAYS)
    shared: dict[str, Any] = {"value": None, "format": "YYYY-MM-DD"} | CALENDAR
    first = st.date_input(t("From"), **shared, **_kept("first", row))
    last = st.date_input(t("To"), **shared, **_kept("last", row))
    return Dated(feature, first, last) if first or last else None


def _group(row: int, customers: pl.DataFrame) -> Condition | None:
    present = [n for n in LABELS if n in customers.columns and customers[n].drop_nulls().len()]
    feature = _feature("label", row, present)
    counts = customers[feature].drop_nulls().value_counts().sort("count", feature, descending=True)
    values = st.multiselect(
        t("Is one of"),
        counts[feature].head(MOST_PRODUCTS).to_list(),
        format_func=spoken if feature in CODED else str,
        placeholder=t("Choose"),
        **_kept("values", row, feature) | {"width": "stretch"},
    )
    return OneOf(feature, tuple(values)) if values else None


def _bought(row: int, products: Names, *, no: bool) -> Condition | None:
    chosen = st.selectbox(
        t("Which product or category"),
        list(products),
        index=None,
        format_func=products.__getitem__,
        placeholder=t("Choose"),
        **_kept("product", row) | {"width": "stretch"},
    )
    days = st.number_input(
        t("Within the last days (empty: ever)"), min_value=1, value=None, **_kept("days", row)
    )
    return None if chosen is None else Bought(_COLUMNS[chosen[0]], chosen[1], days, no)


def said(products: pl.DataFrame) -> Names:
    """What `names` found, in the reader's language; no two alike: a picker takes what is shown."""
    if products.is_empty():
        return {}
    listed = products.select("column", "value", "product_name").iter_rows()
    category = t("Category") + t(": ")
    full = {
        (column, value): category + name if column == "category" else name
        for column, value, name in listed
    }
    called = Counter(i18n.clean(name, 60) for name in full.values())
    return {key: _told_apart(name, key[1], called) for key, name in full.items()}


def _told_apart(name: str, code: str, called: Mapping[str, int]) -> str:
    """The name in 60 letters; with the code, where several would be `called` so."""
    label = i18n.clean(name, 60)
    if called[label] == 1:
        return label
    return f"{i18n.clean(name, max(60 - len(code), 20))} · {i18n.clean(code)}"


def told(condition: Condition, products: Names) -> str:
    """A condition in the reader's language."""
    if isinstance(condition, OneOf):
        coded = condition.feature in CODED
        values = [spoken(value) if coded else value for value in condition.values]
        return term(condition.feature) + t(": ") + i18n.listed(values)
    if isinstance(condition, Bought):
        what = term("not_bought" if condition.no else "bought")
        name = products.get((condition.column, condition.value), condition.value)
        within = t("last {days:integer} days", days=condition.days) if condition.days else ""
        return what + t(": ") + name + (t(" ({more})", more=within) if within else "")
    share = _is_share(condition.feature)
    shown = [_end(end, share=share) for end in audiences.ends(condition)]
    return term(condition.feature) + t(": ") + " – ".join(shown)


def _end(end: float | date | None, *, share: bool) -> str:
    if isinstance(end, int | float) and share:
        return f"{100 * end:g}%"
    return "" if end is None else f"{end:g}" if isinstance(end, float) else str(end)


def compared(
    chosen: dict[str, Mask], bought: dict[str, Purchases], products: Names
) -> pl.DataFrame:
    """What the first of two segments buys more than the second, with names."""
    inside, outside = list(chosen.values())[:2]
    if "product_id" not in bought:
        return pl.DataFrame()
    found = audiences.over_bought(inside, outside, bought["product_id"])
    if found.is_empty():
        return found
    found = found.filter(pl.col("lift") > 1)
    called = [products.get(("product_id", value), value) for value in found["value"]]
    return found.select(pl.Series("product_name", called), pl.exclude("value"))
