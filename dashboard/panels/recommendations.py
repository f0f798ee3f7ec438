"""The panels of the recommendations page."""

from datetime import date, timedelta
from typing import Any

import polars as pl
import streamlit as st

from core.analyses.recommendations import Config, Result
from core.analyses.recommendations.steering import Steering
from core.dataset import Dataset
from core.errors import CoreError, IntakeError
from core.finding import Finding
from core.measures import uplift
from core.options import fields
from dashboard import export, ui
from dashboard.cache import cached, derived
from dashboard.charts import recommendations as charts
from dashboard.controls import draw
from dashboard.i18n import t
from dashboard.panels import recommendation_findings as words

PREFIX = "recommendations.steering."
#: Share of a campaign list that a reader may hold out.
HOLD_OUTS = (0.0, 0.1, 0.2, 0.3, 0.5)
Kept = dict[str, Any]


def product(
    result: Result,
    label: str,
    key: str,
    place: Any = st,  # noqa: ANN401
    *,
    fresh: bool = False,
) -> str:
    """A product that the reader picks, best sellers first."""
    labels = charts.product_labels(result, fresh=fresh)
    chosen: str = place.selectbox(
        label,
        list(labels),
        format_func=labels.__getitem__,
        key=f"recommendations.{key}",
        persist_state="session",
    )
    return chosen


def customers(result: Result) -> None:
    """One customer's list, with reasons."""
    chosen = st.selectbox(
        t("Customer"),
        derived(result.regulars, charts.PICKED),
        format_func=lambda key: str(export.pseudonym(key)),
        key="recommendations.customer",
        persist_state="session",
    )
    if len(result.registered) > charts.PICKED:
        st.caption(
            t(
                "{shown:integer} of {all:integer} customers can be picked here; the download "
                "has them all.",
                shown=charts.PICKED,
                all=len(result.registered),
            )
        )
    if (drawn := charts.likely(result, chosen)) is not None:
        ui.chart(drawn, "likely")
        st.caption(
            t(
                "Measured on the days held back, by place in the list and by how lately a customer "
                "had ordered; nobody was written to."
            )
        )
    listed = result.for_customer(chosen, 50)
    if listed.is_empty():
        st.info(t("This customer has bought every product there is: none would be new."))
        return
    ui.table(charts.reasons(listed), "for_customer", download=False)
    grounds(result, chosen, named(listed))


def named(listed: pl.DataFrame) -> dict[str, str]:
    """Product id -> name, told apart where several have one."""
    told = listed.with_columns(charts.told_apart("product_id"))
    return dict(told.select("product_id", "product_name").iter_rows())


def grounds(result: Result, customer: str, listed: dict[str, str]) -> None:
    """What one of the recommendations rests on. listed: product id -> name."""
    chosen = st.selectbox(
        t("What does this recommendation rest on?"),
        list(listed),
        format_func=listed.__getitem__,
        key="recommendations.grounds",
    )
    found = result.contributions(customer, chosen)
    ui.findings(words.grounds(result, customer, chosen, found))
    if not found.is_empty():
        ui.table(charts.contributions(found), "contributions", download=False)


def products(result: Result) -> None:
    """What goes with one product, and what could stand in for it."""
    chosen = product(result, t("Product"), "product")
    left, right = st.columns(2)
    with left:
        ui.chart(charts.similar(result, chosen), "similar")
    with right:
        st.markdown(f"**{t('Bought in the same order')}**")
        ui.table(charts.together(result, chosen), "together", download=False)
        st.markdown(f"**{t('Could stand in for it: reads alike, seldom in the same order')}**")
        ui.table(charts.substitutes(result, chosen), "substitutes", download=False)


def basket(result: Result) -> None:
    """What completes a basket, and how often that is right."""
    labels = charts.product_labels(result)
    chosen = st.multiselect(
        t("Products in the basket"),
        list(labels),
        default=list(labels)[:1],
        format_func=labels.__getitem__,
        placeholder=t("Choose"),
        key="recommendations.basket",
        persist_state="session",
    )
    found = result.complete(chosen)
    if found.is_empty():
        st.info(t("Put a product in the basket that stands in orders with others."))
        return
    ui.table(found.drop("score"), "completions", download=False)
    if st.button(t("How often is this right?"), key="recommendations.basket.test"):
        ui.findings(words.completion_verdict(result.completion_test(), result.config.list_length))


def campaign(result: Result, data: Dataset) -> None:
    """The customers to offer a product to, with the purchases to expect."""
    left, middle, right = st.columns([3, 1, 1])
    chosen = product(result, t("Offer this product"), "offer", left, fresh=True)
    n = middle.number_input(
        t("How many customers"),
        10,
        100_000,
        100,
        10,
        key="recommendations.n",
        persist_state="session",
    )
    share = right.selectbox(
        t("Write to nobody in"),
        HOLD_OUTS,
        index=1,
        format_func=lambda value: t("{share:percent} of them", share=value),
        help=t("Drawn at random; only against them can you see what the mailing added."),
        key="recommendations.hold_out",
        persist_state="session",
    )
    found, said = _campaign(result, chosen, int(n))
    if found.is_empty():
        st.info(t("Nobody has this product in a list that could be tested."))
    else:
        ui.findings(said)
        drawn = uplift.with_hold_out(found, share, result.config.seed)
        told = drawn.with_columns(product_id=pl.lit(chosen), listed_on=result.history.day)
        ui.table(told if share else found, "campaign")
    with st.expander(t("What did an earlier mailing add?"), icon=":material/science:"):
        effect(data)


def _campaign(result: Result, product_id: str, n: int) -> tuple[pl.DataFrame, list[Finding]]:
    """(the customers to write to, what to expect of them)."""
    if product_id in result.fresh["product_id"]:
        return derived(result.launch, product_id, n), words.launched(result)
    listed = derived(result.campaign, product_id, n)
    if listed is None or listed.customers.is_empty():
        return pl.DataFrame(), []
    return listed.customers, words.expectation(listed)


def effect(data: Dataset) -> None:
    """Measure a mailing by the list that was taken away for it."""
    st.markdown(t("Load newer orders on the Data page, then the list that you had downloaded."))
    uploaded = ui.upload(t("The campaign list"), ["csv", "parquet"], "recommendations.up")
    if uploaded is None:
        return
    try:
        mailed = read_list(*uploaded)
    except CoreError as error:
        ui.error(error)
        return
    listed = mailed["listed_on"][0]
    left, right = st.columns(2)
    sent = left.date_input(
        t("Sent on"),
        value=listed + timedelta(days=1),
        key=f"recommendations.sent.{listed}",
        persist_state="session",
    )
    days = right.number_input(
        t("Days that count"), 1, 180, 14, key="recommendations.days", persist_state="session"
    )
    if isinstance(sent, date):
        ui.findings(said_of(data, mailed, sent, int(days)))


def read_list(name: str, content: bytes) -> pl.DataFrame:
    """A campaign list as it was downloaded - customer_id, message_group, product_id, listed_on."""
    needed = (uplift.KEY, uplift.GROUP, "product_id", "listed_on")
    listed = export.read(name, content)
    if missing := [column for column in needed if column not in listed.columns]:
        raise IntakeError(
            "This is no list from this page: the columns {missing:names} are absent.",
            missing=missing,
        )
    day = pl.col("listed_on").cast(pl.String).str.slice(0, 10).str.to_date(strict=False)
    listed = listed.select(needed).with_columns(day).drop_nulls()
    if listed.is_empty():
        raise IntakeError("This file cannot be read as a list.")
    return listed


def said_of(data: Dataset, mailed: pl.DataFrame, sent: date, days: int) -> list[Finding]:
    """What a mailing added to the orders of its product."""
    if not uplift.known(data.lines, mailed):
        return words.nobody_known(mailed.height)
    found = uplift.measured(data.lines, mailed, sent, days, mailed["product_id"][0])
    return [*words.effect_found(found), *words.too_early(sent, days, data.last_day)]


def steering(result: Result, data: Dataset, config: Config) -> None:
    """Rules of the shop owner on top of the model, and what they cost."""
    st.markdown(
        t("Your own rules on top of the method. What they cost is measured on the days held back.")
    )
    hidden = {"as_of", "of", *charts.unknown_here(result)}
    drawn = [field for field in fields(Steering) if field.name not in hidden]
    places = st.columns(2)
    values: Kept = {}
    for n, field in enumerate(drawn):
        with places[n % 2]:
            values[field.name] = draw(field, PREFIX)
    wanted = Steering(**values, of=repr(config))
    if wanted.neutral:
        st.info(t("Move a control to see what changes."))
        return
    ui.findings(words.not_found(result.products, wanted))
    lists, cost = cached(lambda dataset, wish: result.steered(wish), data, wanted)  # noqa: ARG005
    if not cost.is_empty():
        ui.findings(words.price_of(cost))
        ui.table(cost.rename({"difference": "rules_change"}), "steering_cost", download=False)
    ui.table(charts.exported(lists), "recommendations_steered")


def tournament(result: Result) -> None:
    """Which method did best on held-back time."""
    tasks = result.decisive()["task"].unique(maintain_order=True).to_list()
    if not tasks:
        st.info(t("There is no held-back time to test on."))
        return
    for task in tasks:
        ui.chart(charts.tournament(result, task), f"tournament.{task}")
    ui.chart(charts.conversion(result), "conversion")
    ui.chart(charts.by_group(result), "by_group")
    if cold := words.cold_start(result):
        st.markdown(f"**{t('Customers without a past')}**")
        ui.findings(cold)
    if result.config.tuned:
        st.markdown(f"**{t('What tuning changed, chosen on the days before the test')}**")
        ui.findings(words.tuning_gain(result))
        ui.table(
            result.tuning_gain.rename({"difference": "rules_change"}), "tuning_gain", download=False
        )
        ui.table(result.settings, "hyperparameters", download=False)
    everyone = result.tournament.filter(pl.col("group") == "all")
    ui.table(charts.methods(everyone), "tournament_measures")
