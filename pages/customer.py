"""One customer: orders in time, groups, value, risk, what to recommend."""

from functools import partial
from typing import Any

import polars as pl
import streamlit as st

from core import analyses
from core.analyses.segments import NEEDS, Config, Result, run
from core.analyses.segments.advice import ADVICE
from core.dataset import Dataset
from core.errors import CoreError
from dashboard import ui
from dashboard.cache import cached, derived
from dashboard.charts import customer as charts
from dashboard.charts import recommendations as charts_recommendations
from dashboard.charts.segments import spoken
from dashboard.i18n import safe, t
from dashboard.panels import churn as churn_panels
from dashboard.panels.customer import picked

#: The figures at the top, which the tables below need not repeat.
FACTS = ("revenue", "orders", "average_order", "recency_days", "days_between_orders")
#: In English in the file of churn; said above its table in the session's language.
WORDED = ["top_reason_1", "top_reason_2", "top_reason_3"]


def page(data: Dataset, answer: Result) -> None:
    """Choose a customer; everything below follows."""
    row = picked(answer)
    if row.is_empty():
        st.info(t("No customer of that key has ordered."))
        return
    customer = row.row(0, named=True)
    who_they_are(customer)
    orders = charts.orders_of(data.lines, customer["customer_id"])
    figure = charts.timeline(orders, data.last_day, customer)
    ui.chart(figure, "timeline")
    what_is_said(data, customer["customer_id"])
    st.markdown(f"**{t('Orders')}**")
    ui.table(orders.sort("ordered_at", "order_id", descending=True), "orders_of_one")


def who_they_are(customer: dict[str, Any]) -> None:
    """Group, scores, what to do about it, and the figures that matter."""
    group = customer["rfm_segment"]
    st.markdown(
        safe(
            "{group}: R {r:integer}, F {f:integer}, M {m:integer}. {advice}",
            group=spoken(group),
            r=customer["r_score"],
            f=customer["f_score"],
            m=customer["m_score"],
            advice=t(ADVICE[group].text),
        )
    )
    ui.metrics({name: customer[name] for name in FACTS})


def what_is_said(data: Dataset, key: str) -> None:
    """Value, risk and recommendations, of the analyses that can answer."""
    left, right = st.columns(2)
    parts = {"lifetime_value": (left, to_come), "churn": (right, at_risk)}
    parts["recommendations"] = (st.container(), to_recommend)
    for name, (place, draw) in parts.items():
        module = analyses.load(name)
        try:
            result = cached(module.run, data, module.Config())
        except CoreError:
            continue
        # The file of an analysis that has rows for one customer is called as the analysis is.
        mine = derived(result.files)[name].filter(pl.col("customer_id") == key)
        if mine.is_empty():
            continue
        with place:
            draw(result, mine.drop(FACTS, strict=False))


def to_come(result: Any, mine: pl.DataFrame) -> None:  # noqa: ANN401
    """Expected orders and value."""
    days = result.config.horizon_days
    st.markdown(f"**{t('What is to come within {days:integer} days', days=days)}**")
    ui.facts_table(mine.drop("customer_id"), "lifetime_value_of_one")


def at_risk(result: Any, mine: pl.DataFrame) -> None:  # noqa: ANN401
    """What raises the risk, in the session's language, and its figures."""
    days = result.horizon_days
    st.markdown(f"**{t('Risk of no order within {days:integer} days', days=days)}**")
    churn_panels.reasons(result, mine["customer_id"][0])
    ui.facts_table(mine.drop("customer_id", *WORDED), "churn_of_one")


def to_recommend(result: Any, mine: pl.DataFrame) -> None:  # noqa: ANN401
    """The list with its reasons: the file holds English sentences, the screen the reader's."""
    st.markdown(f"**{t('What to recommend')}**")
    said = charts_recommendations.reasons(result.for_customer(mine["customer_id"][0]))
    ui.table(said, "recommendations_of_one", download=False)


data = ui.open_page(
    "customer",
    t("Customer page"),
    t("Who is this customer, what are they worth, and what do I do next?"),
    NEEDS,
)
ui.part(partial(page, data, cached(run, data, Config())))
ui.method_note("customer")
