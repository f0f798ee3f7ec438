"""The parts of the segment builder: conditions, saved segments, comparison, take-away lists."""

from collections.abc import Sequence
from typing import Any, Literal

import polars as pl
import streamlit as st

from core import spreadsheet
from core.dataset import Dataset
from core.errors import CoreError
from core.intake.addresses import addresses
from core.intake.load import Upload
from core.measures import audiences, customer_lists
from core.measures.audiences import Between, Bought, Condition, Dated, Mask, OneOf, Purchases
from core.options import Options
from dashboard import i18n, state, ui
from dashboard.charts.segments import named, spoken
from dashboard.i18n import t, term

#: Products to choose from: the ones that most customers bought.
MOST_PRODUCTS = 1000
MOST_CONDITIONS = 6
#: Rows of a list that are shown before it is downloaded.
PREVIEW = 5
#: Pixels of a widget in a row of them; what names products takes what is left.
WIDTH = 215
ROWS = "segment_builder.rows"
KINDS = ("number", "dated", "group", "bought", "not_bought")
DAYS = ("first_order", "last_order")
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
        found.append(
            table.select(
                pl.lit(column).alias("column"), "value", "product_name", "customers"
            ).collect()
        )
    return pl.concat(found) if found else pl.DataFrame()


def conditions(customers: pl.DataFrame, products: Names) -> tuple[Condition, ...]:
    """A row of widgets per condition; those that are complete."""
    rows = int(state.remembered(ROWS, 1))
    kinds = [k for k in KINDS if "bought" not in k or products]
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
        kind = st.selectbox(
            t("Condition"), kinds, format_func=term, key=f"builder.kind.{row}",
            persist_state="session", width=WIDTH,
        )  # fmt: skip
        if kind == "number":
            return _number(row, customers)
        if kind == "group":
            return _group(row, customers)
        if kind == "dated":
            return _day(row)
        return _bought(row, products, no=kind == "not_bought")


def _number(row: int, customers: pl.DataFrame) -> Condition | None:
    present = [name for name in NUMBERS if name in customers.columns]
    feature = st.selectbox(
        t("What"), present, format_func=term, key=f"builder.number.{row}", persist_state="session",
        width=WIDTH,
    )  # fmt: skip
    key = f"builder.{{}}.{row}.{feature}"
    step = 1 if customers.schema[str(feature)].is_integer() else None
    shared: dict[str, Any] = {
        "value": None, "step": step, "persist_state": "session", "width": WIDTH,
    }  # fmt: skip
    least = st.number_input(t("At least"), key=key.format("low"), **shared)
    most = st.number_input(t("At most"), key=key.format("high"), **shared)
    if least is None and most is None:
        return None
    return Between(str(feature), least, most)


def _day(row: int) -> Condition | None:
    feature = st.selectbox(
        t("What"), DAYS, format_func=term, key=f"builder.dated.{row}", persist_state="session",
        width=WIDTH,
    )  # fmt: skip
    shared: dict[str, Any] = {
        "value": None, "format": "YYYY-MM-DD", "persist_state": "session", "width": WIDTH,
    }  # fmt: skip
    first = st.date_input(t("From"), key=f"builder.first.{row}", **shared)
    last = st.date_input(t("To"), key=f"builder.last.{row}", **shared)
    return Dated(str(feature), first, last) if first or last else None


def _group(row: int, customers: pl.DataFrame) -> Condition | None:
    present = [n for n in LABELS if n in customers.columns and customers[n].drop_nulls().len()]
    feature = str(
        st.selectbox(
            t("What"), present, format_func=term, key=f"builder.label.{row}",
            persist_state="session", width=WIDTH,
        )
    )  # fmt: skip
    counts = customers[feature].drop_nulls().value_counts().sort("count", feature, descending=True)
    coded = feature in CODED
    values = st.multiselect(
        t("Is one of"),
        counts[feature].head(MOST_PRODUCTS).to_list(),
        format_func=spoken if coded else str,
        key=f"builder.values.{row}.{feature}",
        placeholder=t("Choose"),
        persist_state="session",
    )
    return OneOf(feature, tuple(values)) if values else None


def _bought(row: int, products: Names, *, no: bool) -> Condition | None:
    chosen = st.selectbox(
        t("Which product or category"), list(products), index=None,
        format_func=products.__getitem__,
        key=f"builder.product.{row}", placeholder=t("Choose"), persist_state="session",
    )  # fmt: skip
    days = st.number_input(
        t("Within the last days (empty: ever)"), min_value=1, value=None,
        key=f"builder.days.{row}", persist_state="session", width=WIDTH,
    )  # fmt: skip
    return None if chosen is None else Bought(_COLUMNS[chosen[0]], chosen[1], days, no)


def said(products: pl.DataFrame) -> Names:
    """What `names` found, in the reader's language."""
    listed = products.select("column", "value", "product_name").iter_rows()
    category = t("Category")
    return {
        (column, value): i18n.clean(f"{category}: {name}" if column == "category" else name, 60)
        for column, value, name in listed
    }


def told(condition: Condition, products: Names) -> str:
    """A condition in the reader's language."""
    if isinstance(condition, OneOf):
        coded = condition.feature in CODED
        values = [spoken(value) if coded else value for value in condition.values]
        return f"{term(condition.feature)}: {', '.join(values)}"
    if isinstance(condition, Bought):
        what = term("not_bought" if condition.no else "bought")
        name = products.get((condition.column, condition.value), condition.value)
        within = t("last {days:integer} days", days=condition.days) if condition.days else ""
        return f"{what}: {name}" + (f" ({within})" if within else "")
    shown = [
        "" if end is None else f"{end:g}" if isinstance(end, float) else str(end)
        for end in audiences.ends(condition)
    ]
    return f"{term(condition.feature)}: {' – '.join(shown)}"


def reasons(members: pl.DataFrame) -> pl.Series:
    """Why each customer is on the list, in the reader's language: days, orders, revenue."""
    parts = [
        pl.concat_str(pl.lit(f"{term(name)}: "), pl.col(name).round(0).cast(pl.Int64))
        for name in ("recency_days", "orders", "revenue")
    ]
    return members.select(reason=pl.concat_str(parts, separator=" · ")).to_series()


def take_away(members: pl.DataFrame, name: str) -> None:
    """The list of the segment for a mailing or advertising tool."""
    if state.secret() is not None:
        st.info(t("Customer names are hidden: show them to take a list away."))
        return
    left, right = st.columns(2, vertical_alignment="bottom")
    tool = left.selectbox(
        t("For"), customer_lists.TOOLS, format_func=term, key="builder.tool",
        persist_state="session",
    )  # fmt: skip
    advertising = tool in customer_lists.ADVERTISING
    hashed = right.toggle(
        t("Hash the addresses (SHA-256)"), value=True, disabled=not advertising, key="builder.hash"
    )
    known = None if customer_lists.has_addresses(members) else _asked(members)
    if tool == "google" and known is None and not customer_lists.has_addresses(members):
        st.info(t("Google matches by e-mail only; your file has none."))
        return
    groups = named(members, "rfm_segment")["rfm_segment"]
    why = reasons(members)

    def table(rows: int) -> pl.DataFrame:
        return customer_lists.take_away(
            members.head(rows), tool, groups.head(rows), why.head(rows), hashed=hashed,
            addresses=known,
        )  # fmt: skip

    st.dataframe(table(PREVIEW).to_arrow(), hide_index=True)
    st.download_button(
        t("Download the list"),
        lambda: spreadsheet.safe(table(members.height)).write_csv().encode(),
        f"{i18n.clean(name, 40) or 'segment'}_{tool}.csv",
        "text/csv",
        on_click="ignore",
        icon=":material/download:",
    )


def _asked(members: pl.DataFrame) -> pl.DataFrame | None:
    """Addresses from a list that the reader loads; it goes when this view is left."""
    st.caption(
        t("Your file names customers by number, not by e-mail: match the list by that number.")
    )
    file = st.file_uploader(
        t("Or load a list of these numbers and their e-mail addresses: used here, not kept"),
        type=["csv", "txt", "tsv", "xlsx"],
        key="builder.addresses",
    )
    if file is None:
        return None
    try:
        found = addresses(Upload(i18n.clean(file.name), file.getvalue()), members["customer_id"])
    except CoreError as error:
        ui.error(error)
        return None
    st.caption(
        t(
            "E-mail addresses for {found:integer} of {all:integer} customers",
            found=found.height,
            all=members.height,
        )
    )
    return found


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
    called = [products.get(("product_id", value), value) for value in found["value"]]
    return found.select(pl.Series("product_name", called), pl.exclude("value"))
