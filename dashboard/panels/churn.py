"""The panels of the churn page that the reader plays with: one customer, the offer, the list."""

from collections.abc import Callable, Mapping
from functools import cache

import polars as pl
import streamlit as st

from core.analyses.churn.effect import Effect, effect
from core.analyses.churn.reasons import HIGH_FROM, MEDIUM_FROM
from core.analyses.churn.result import WIN_BACK, Result
from core.analyses.churn.saving import Offer, worth_saving
from core.analyses.churn.value import PRIOR_ORDERS
from core.errors import CoreError
from core.finding import Finding
from core.measures import uplift
from dashboard import export, i18n, state, ui
from dashboard.cache import derived
from dashboard.charts import churn as charts_churn
from dashboard.i18n import t, term

#: Customers that the picker offers.
PICKED = 500
#: One fact per slider of the what-if: fact -> widest value offered.
WHAT_IF: Mapping[str, int] = {"recency_days": 365, "order_days": 30, "average_order": 0}
SAVING = [
    "customer_id",
    "message_group",
    "expected_profit",
    "value_at_risk",
    "churn_probability",
    "top_reason_1",
    "value_at_risk_low",
    "value_at_risk_high",
    "expected_revenue",
    "orders",
    "average_order",
    "listed_on",
    "horizon_days",
]
ALONE = ["customer_id", "churn_probability", "expected_revenue", "recency_days", "orders"]


def sentences(result: Result) -> pl.DataFrame:
    """The reasons of every customer in the session's language."""
    return derived(result.sentences, _words(state.language()))


@cache
def _words(language: str) -> Callable[[str], str]:
    """A sentence's template in that language."""
    spoken = {} if language == "en" else i18n.sentences(language)
    return lambda template: spoken.get(template, template)


def offer_controls() -> Offer:
    """The assumptions, as sliders: changing them never computes a model again."""
    columns, usual = st.columns(4), Offer()
    values = [
        columns[0].number_input(term("message_cost"), 0.0, 100.0, usual.message_cost, 0.1,
                                key="churn.k", help=i18n.term_help("message_cost"),
                                persist_state="session"),
        columns[1].number_input(term("offer_value"), 0.0, 1000.0, usual.offer_value, 0.5,
                                key="churn.o", help=i18n.term_help("offer_value"),
                                persist_state="session"),
        columns[2].slider(term("save_rate"), 0, 50, round(100 * usual.save_rate), 1,
                          format="%d%%", key="churn.s",
                          help=i18n.term_help("save_rate"), persist_state="session"),
        columns[3].slider(term("margin"), 5, 100, round(100 * usual.margin), 5,
                          format="%d%%", key="churn.m",
                          help=i18n.term_help("margin"), persist_state="session"),
    ]  # fmt: skip
    return Offer(
        message_cost=values[0],
        offer_value=values[1],
        save_rate=values[2] / 100,
        margin=values[3] / 100,
    )


def what_if(result: Result) -> None:
    """One customer: probability, reasons, and what it would be were some facts different."""
    at_risk_first = pl.col("risk") == "low"
    picked = result.customers.sort(at_risk_first, maintain_order=True).head(PICKED)
    ids = picked["customer_id"].to_list()
    names = dict(zip(ids, export.masked(picked)["customer_id"], strict=True))
    chosen = st.selectbox(
        term("customer_id"),
        ids,
        format_func=lambda key: names[key],
        key="churn.customer",
        persist_state="session",
    )
    row = result.customers.filter(pl.col("customer_id") == chosen).row(0, named=True)
    reasons(result, chosen)
    told = {}
    for column, (fact, widest) in zip(st.columns(len(WHAT_IF)), WHAT_IF.items(), strict=True):
        least = 1 if fact == "order_days" else 0
        now = max(round(row[fact] or 0), least)
        most = max(widest, 2 * now, 10)
        value = column.slider(
            term(fact), least, most, now, key=f"churn.{fact}.{export.pseudonym(chosen)}"
        )
        if value != now:
            told[fact] = value
    before = float(row["churn_probability"])
    after = result.what_if(chosen, **told) if told else before
    st.metric(
        term("churn_probability"),
        ui.plain(i18n.value(after, "percent")),
        i18n.value(after - before, "percent") if told else None,  # by its minus it points down
        delta_color="inverse",
        border=True,
    )
    st.caption(
        t(
            "As things are: {low:percent} to {high:percent}. {value:money} of expected revenue is "
            "at risk with this customer, {least:money} to {most:money} (95%).",
            low=row["probability_low"],
            high=row["probability_high"],
            value=row["value_at_risk"],
            least=row["value_at_risk_low"],
            most=row["value_at_risk_high"],
        )
    )


def reasons(result: Result, customer_id: str) -> None:
    """What raises the risk of one customer, as a list."""
    rows = sentences(result).filter(pl.col("customer_id") == customer_id)
    for reason in rows.row(0)[1:]:
        if reason:
            st.markdown(f"- {ui.plain(reason)}")


def levels() -> str:
    """What low, medium and high mean, in a sentence."""
    return t(
        "Medium risk begins at a probability of {medium:percent}, high risk at {high:percent}.",
        medium=MEDIUM_FROM,
        high=HIGH_FROM,
    )


def saving(result: Result) -> None:
    """Who is worth writing to under the assumptions set here, and the list to take away."""
    st.warning(
        t(
            "The save rate is an assumption: nothing in your orders says how many customers a "
            "message keeps. Leave out the random hold-out group, and your next export will tell."
        ),
        icon=":material/warning:",
    )
    offer = offer_controls()
    worth = worth_saving(result.customers, offer)
    to_write, alone = (
        worth.filter(pl.col("suggestion") == advice) for advice in ("write", "leave_alone")
    )
    if to_write.is_empty():
        st.info(t("Under these assumptions no message pays: each costs more than it keeps."))
    else:
        others = worth.filter(pl.col("suggestion") == "not_worth_it")
        written(result, to_write, others, offer)
    ui.fold(
        t("{customers:integer} who come anyway: leave them alone", customers=alone.height),
        lambda: ui.table(
            alone.sort("churn_probability", "customer_id").select(ALONE), "leave_alone"
        ),
        "churn.alone",
    )


def written(result: Result, to_write: pl.DataFrame, others: pl.DataFrame, offer: Offer) -> None:
    """The list within the budget, why it is in this order, and how such a list did before."""
    most = to_write.height
    chosen = st.slider(
        t("Messages I can send"), 1, max(most, 2), min(most, WIN_BACK), key="churn.budget"
    )
    ui.chart(charts_churn.profit(pl.concat([to_write, others]), chosen), "churn.profit")
    to_write = to_write.head(chosen)
    ui.metrics(
        {
            "customers_to_write": to_write.height,
            "budget": to_write.height * offer.message_cost,
            "expected_profit": to_write["expected_profit"].sum(),
        }
    )
    st.caption(ranking(result, to_write))
    drawn = uplift.with_hold_out(to_write, uplift.SHARE, result.config.seed)
    listed = drawn.with_columns(
        listed_on=pl.lit(result.config.as_of), horizon_days=pl.lit(result.horizon_days)
    ).join(sentences(result), on="customer_id", how="left", maintain_order="left")
    ui.table(listed.select(SAVING), "worth_saving")


def ranking(result: Result, to_write: pl.DataFrame) -> str:
    """What the order of the list rests on, and what such lists brought on days held back."""
    low, high = result.interval(to_write)
    said = t(
        "{value:money} of expected revenue is at risk with them ({low:money} to {high:money}). "
        "First comes who has most of it: chance of an order x chance of none x what the orders "
        "would bring. One large order alone does not lead the list: a customer's mean order is "
        "blended with {prior:integer} orders of the shop's mean.",
        value=to_write["value_at_risk"].sum(),
        low=low,
        high=high,
        prior=PRIOR_ORDERS,
    )
    tested = result.tested_lists
    if tested.is_empty():
        return said
    return f"{said} " + t(
        "On {days:integer} days held back, the first {customers:integer} of such a list were "
        "expected to bring {expected:money} in all and brought {came:money}.",
        customers=tested["customers"].max(),
        days=tested.height,
        expected=tested["expected_revenue"].sum(),
        came=tested["future_revenue"].sum(),
    )


def measured(lines: pl.LazyFrame) -> None:
    """What an earlier list did: uploaded again, it is read against the orders since."""
    with st.expander(t("Measure what an earlier list did")):
        st.markdown(
            t(
                "Load an export from some weeks after you sent the messages, then drop the list "
                "that you downloaded here, CSV or Parquet."
            )
        )
        file = ui.upload(t("The list"), ["csv", "parquet"], "churn.list", named=False)
        if file is None:
            return
        try:
            listed = export.read(*file).with_columns(
                pl.col("^horizon_days$").cast(pl.Int64, strict=False)
            )
            found = effect(listed, lines)
        except CoreError as error:
            ui.error(error)
            return
        ui.findings([_effect(found)])
        ui.table(found.groups, "churn_effect")


def _effect(found: Effect) -> Finding:
    share, revenue = found.orders, found.revenue
    values = {
        "share": share[0], "low": share[1], "high": share[2], "days": found.days,
        "revenue": revenue[0], "least": revenue[1], "most": revenue[2],
    }  # fmt: skip
    if share[1] <= 0 <= share[2]:
        return Finding(
            "{days:integer} days on, the messages made a difference of {share:percent} in who "
            "ordered ({low:percent} to {high:percent}) and of {revenue:money} per customer "
            "({least:money} to {most:money}): it may be chance.",
            values,
            kind="caution",
        )
    return Finding(
        "{days:integer} days on, the messages changed the share that ordered by {share:percent} "
        "({low:percent} to {high:percent}) and revenue per customer by {revenue:money} "
        "({least:money} to {most:money}).",
        values,
    )


def shapes(result: Result) -> None:
    """What the model goes by, over all customers."""
    if result.importance.is_empty():
        st.info(t("This method looks at no facts of the customer, or the shop is too small."))
        return
    left, right = st.columns(2)
    with left:
        ui.chart(charts_churn.importance(result), "churn.importance")
    with right:
        facts = result.dependence["fact"].unique(maintain_order=True).to_list()
        fact = st.selectbox(
            t("Show"), facts, format_func=term, key="churn.shape", persist_state="session"
        )
        ui.chart(charts_churn.dependence(result, fact), "churn.dependence")
