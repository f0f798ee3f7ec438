"""Saved segments: kept under a name with the shop, listed, compared, and how they overlap."""

from collections.abc import Container, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import polars as pl
import streamlit as st

from core.errors import CoreError
from core.measures import audiences
from core.measures.audiences import MOST_OVERLAPPING, Audience, Mask, OneOf, Purchases
from dashboard import state, ui
from dashboard.charts import overlap as charts_overlap
from dashboard.charts.segments import spoken
from dashboard.i18n import clean, t
from dashboard.panels import segment_builder as panels
from dashboard.saved_work import Kind, Shop

KIND: Kind = "segment"


def unlike(name: str, taken: Container[str]) -> str:
    """`name`, in brackets where a saved segment has it already."""
    while name in taken:
        name = f"({name})"
    return name


@dataclass(frozen=True, eq=False)
class Segments:
    """Every segment that can be looked at: everybody, the saved ones, the groups."""

    customers: pl.DataFrame
    bought: Mapping[str, Purchases]
    as_of: date

    def meets(self, audience: Audience) -> Mask:
        """Of each customer: whether the audience has them."""
        return audiences.meets(audience, self.customers, self.bought, self.as_of)

    @cached_property
    def kept(self) -> dict[str, tuple[Audience, Mask]]:
        """Name -> saved segment and who is in it; one that this file cannot answer is left out."""
        found = {}
        for name, entry in state.work().kept(KIND).items():
            with suppress(CoreError, KeyError, TypeError, pl.exceptions.PolarsError):
                audience = Audience.from_json(name, entry.value)
                found[name] = audience, self.meets(audience)
        return found

    @cached_property
    def names(self) -> list[str]:
        """Everybody, the saved segments, then the groups that have customers."""
        return [self.everybody, *self.kept, *self._groups]

    @cached_property
    def everybody(self) -> str:
        """What the segment of all is called."""
        return unlike(t("Everybody"), self.kept)

    @cached_property
    def _groups(self) -> dict[str, str]:
        codes = self.customers["rfm_segment"].drop_nulls().unique().sort().to_list()
        return {unlike(spoken(code), self.kept): code for code in codes}

    def members(self, name: str) -> Mask:
        """Of each customer: whether the segment called `name` has them."""
        if name in self.kept:
            return self.kept[name][1]
        if name in self._groups:
            return self.meets(Audience("", (OneOf("rfm_segment", (self._groups[name],)),)))
        return self.meets(Audience(""))


def saving(audience: Audience) -> None:
    """A name and a button to keep the segment."""
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    name = left.text_input(
        t("Name of the segment"), key="builder.name", max_chars=60, persist_state="session"
    ).strip()
    if right.button(t("Save"), disabled=not (name and audience.conditions), icon=":material/save:"):
        work = state.work()
        work.put(KIND, name, audience.to_json())
        with_shop = isinstance(work, Shop)
        st.toast(t("Saved with this shop.") if with_shop else t("Saved for this session."))
        if not with_shop:
            st.caption(t("To find it again next time, turn saving on, on the page “Saved work”."))


def listing(segments: Segments, products: panels.Names) -> None:
    """The saved segments with what they hold; each can be dropped."""
    if not segments.kept:
        st.caption(t("Nothing saved yet: build a segment and give it a name."))
        return
    joined = {"all": t(" and "), "any": t(" or ")}
    rows = [
        {
            "audience": name,
            "conditions": joined[saved.match].join(
                panels.told(condition, products) for condition in saved.conditions
            ),
            "customers": int(mask.sum()),
            "revenue": float(segments.customers["revenue"].filter(mask).sum()),
        }
        for name, (saved, mask) in segments.kept.items()
    ]
    ui.table(pl.DataFrame(rows), "saved_segments", download=False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox(
            t("Saved segment"), list(segments.kept), format_func=lambda n: clean(n, 60),
            key="builder.drop",
        )  # fmt: skip
        st.button(t("Delete"), on_click=_drop, args=(name,), icon=":material/delete:")


def _drop(name: str) -> None:
    state.work().drop(KIND, name)


def overlapping(segments: Segments, members: Mask) -> None:
    """How up to four segments overlap."""
    mine = unlike(t("This segment"), segments.names)
    offered = [mine, *(name for name in segments.names if name != segments.everybody)]
    chosen = st.multiselect(
        t("Segments to lay over each other (up to four)"), offered,
        default=[mine, *list(segments.kept)[: MOST_OVERLAPPING - 1]],
        max_selections=MOST_OVERLAPPING, format_func=lambda n: clean(n, 60), key="builder.overlap",
        placeholder=t("Choose"),
    )  # fmt: skip
    if len(chosen) < 2:
        st.caption(t("Choose two segments or more."))
        return
    parts = {name: members if name == mine else segments.members(name) for name in chosen}
    found = audiences.overlap(parts)
    if found.is_empty():
        st.caption(t("Nothing to show here."))
        return
    ui.chart(charts_overlap.segments(found, chosen), "overlap")
