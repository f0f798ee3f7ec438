"""The parts of the segment builder: conditions, saved segments, comparison, take-away lists."""

from collections.abc import Sequence
from typing import Any, Literal

import polars as pl
import streamlit as st

from core import spreadsheet
from core.dataset import Dataset
from core.measures import audiences, customer_lists
from core.measures.audiences import Between, Bought, Condition, Dated, OneOf
from core.options import Options
from dashboard import i18n, state
from dashboard.charts.segments import spoken
from dashboard.i18n import t, term

#: Products to choose from: the ones that most customers bought.
MOST_PRODUCTS = 1000
MOST_CONDITIONS = 6
ROWS = "segment_builder.rows"
KINDS = ("number", "dated", "group", "bought", "not_bought")
DAYS = ("first_order", "last_order")
NUMBERS = (
    "recency_days", "orders", "revenue", "average_order", "tenure_days", "days_between_orders",
    "median_gap_days", "sd_gap_days", "regularity", "products", "categories", "top_category_share",
    "units", "order_days", "discount_share", "return_share", "price_level", "spending_trend",
    "weekend_share", "usual_weekday", "usual_hour", "r_score", "f_score", "m_score", "fm_score",
)  # fmt: skip
_COLUMNS: dict[str, Literal["product_id", "category"]] = {
    "product_id": "product_id",
    "category": "category",
}
CODED = ("rfm_segment", "cluster_name")
LABELS = (
    "rfm_segment", "cluster_name", "first_country", "first_channel", "first_coupon",
    "first_product", "top_category",
)  # fmt: skip


def purchases(dataset: Dataset, config: Options) -> pl.DataFrame:
    """Who bought what last when, up to the day asked about; as `cached` wants it."""
    return audiences.purchases(dataset.until(config.as_of).lines).collect()


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


def conditions(customers: pl.DataFrame, products: pl.DataFrame) -> tuple[Condition, ...]:
    """A row of widgets per condition; those that are complete."""
    rows = int(state.remembered(ROWS, 1))
    kinds = [k for k in KINDS if "bought" not in k or not products.is_empty()]
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
    row: int,
    kinds: Sequence[str],
    customers: pl.DataFrame,
    products: pl.DataFrame,
) -> Condition | None:
    with st.container(border=True):
        first, second, third = st.columns([1, 1.3, 2])
        kind = first.selectbox(
            t("Condition"), kinds, format_func=term, key=f"builder.kind.{row}",
            persist_state="session",
        )  # fmt: skip
        if kind == "number":
            return _number(row, second, third, customers)
        if kind == "group":
            return _group(row, second, third, customers)
        if kind == "dated":
            return _day(row, second, third)
        return _bought(row, second, third, products, no=kind == "not_bought")


def _number(row: int, second: Any, third: Any, customers: pl.DataFrame) -> Condition | None:  # noqa: ANN401
    present = [name for name in NUMBERS if name in customers.columns]
    feature = second.selectbox(
        t("What"), present, format_func=term, key=f"builder.number.{row}", persist_state="session"
    )
    low, high = third.columns(2)
    key = f"builder.{{}}.{row}.{feature}"
    least = low.number_input(
        t("At least"), value=None, key=key.format("low"), persist_state="session"
    )
    most = high.number_input(
        t("At most"), value=None, key=key.format("high"), persist_state="session"
    )
    if least is None and most is None:
        return None
    return Between(str(feature), least, most)


def _day(row: int, second: Any, third: Any) -> Condition | None:  # noqa: ANN401
    feature = second.selectbox(
        t("What"), DAYS, format_func=term, key=f"builder.dated.{row}", persist_state="session"
    )
    shared: dict[str, Any] = {"value": None, "format": "YYYY-MM-DD", "persist_state": "session"}
    left, right = third.columns(2)
    first = left.date_input(t("From"), key=f"builder.first.{row}", **shared)
    last = right.date_input(t("To"), key=f"builder.last.{row}", **shared)
    return Dated(str(feature), first, last) if first or last else None


def _group(row: int, second: Any, third: Any, customers: pl.DataFrame) -> Condition | None:  # noqa: ANN401
    present = [n for n in LABELS if n in customers.columns and customers[n].drop_nulls().len()]
    feature = str(
        second.selectbox(
            t("What"), present, format_func=term, key=f"builder.label.{row}",
            persist_state="session",
        )
    )  # fmt: skip
    counts = customers[feature].drop_nulls().value_counts().sort("count", feature, descending=True)
    coded = feature in CODED
    values = third.multiselect(
        t("Is one of"),
        counts[feature].head(MOST_PRODUCTS).to_list(),
        format_func=spoken if coded else str,
        key=f"builder.values.{row}.{feature}",
        placeholder=t("Choose"),
        persist_state="session",
    )
    return OneOf(feature, tuple(values)) if values else None


def _bought(
    row: int,
    second: Any,  # noqa: ANN401
    third: Any,  # noqa: ANN401
    products: pl.DataFrame,
    *,
    no: bool,
) -> Condition | None:
    said = product_names(products)
    chosen = second.selectbox(
        t("Which product or category"), list(said), index=None, format_func=said.__getitem__,
        key=f"builder.product.{row}", placeholder=t("Choose"), persist_state="session",
    )  # fmt: skip
    days = third.number_input(
        t("Within the last days (empty: ever)"), min_value=1, value=None,
        key=f"builder.days.{row}", persist_state="session",
    )  # fmt: skip
    return None if chosen is None else Bought(_COLUMNS[chosen[0]], chosen[1], days, no)


def product_names(products: pl.DataFrame) -> dict[tuple[str, str], str]:
    """(column, value) of every category and product to choose from -> what it is called."""
    listed = products.select("column", "value", "product_name").iter_rows()
    category = t("Category")
    return {
        (column, value): i18n.clean(f"{category}: {name}" if column == "category" else name, 60)
        for column, value, name in listed
    }


def told(condition: Condition, said: dict[tuple[str, str], str]) -> str:
    """A condition in the reader's language."""
    if isinstance(condition, OneOf):
        coded = condition.feature in CODED
        values = [spoken(value) if coded else value for value in condition.values]
        return f"{term(condition.feature)}: {', '.join(values)}"
    if isinstance(condition, Bought):
        what = term("not_bought" if condition.no else "bought")
        name = said.get((condition.column, condition.value), condition.value)
        within = t("last {days:integer} days", days=condition.days) if condition.days else ""
        return f"{what}: {name}" + (f" ({within})" if within else "")
    ends = (condition.first, condition.last) if isinstance(condition, Dated) else (
        condition.low, condition.high
    )  # fmt: skip
    shown = [
        "" if end is None else f"{end:g}" if isinstance(end, float) else str(end) for end in ends
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
    if not customer_lists.has_addresses(members):
        st.caption(
            t("Your file names customers by number, not by e-mail: match the list by that number.")
        )
    group = pl.Series([spoken(code) for code in members["rfm_segment"]], dtype=pl.String)
    table = customer_lists.take_away(members, tool, group, reasons(members), hashed=hashed)
    if table.is_empty():
        st.info(t("Google matches by e-mail only; your file has none."))
        return
    st.dataframe(table.head(5), hide_index=True)
    st.download_button(
        t("Download the list"),
        spreadsheet.safe(table).write_csv().encode(),
        f"{i18n.clean(name, 40) or 'segment'}_{tool}.csv",
        "text/csv",
        on_click="ignore",
        icon=":material/download:",
    )


def compared(
    chosen: dict[str, pl.DataFrame], bought: pl.DataFrame, products: pl.DataFrame
) -> pl.DataFrame:
    """What the first of two segments buys more than the second, with names."""
    inside, outside = list(chosen.values())[:2]
    if "product_id" not in bought.columns:
        return pl.DataFrame()
    found = audiences.over_bought(inside, outside, bought, "product_id")
    if found.is_empty():
        return found
    names_of = products.filter(pl.col("column") == "product_id")
    named = found.join(
        names_of.select("product_name", product_id="value"), on="product_id", how="left"
    )
    first = ["product_name", "buyers", "share", "share_others", "lift", "lift_low", "lift_high"]
    return named.sort(pl.col("lift_low").round(9), "product_id", descending=[True, False]).select(
        first
    )
