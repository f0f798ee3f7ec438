"""What a message really did: a list with its hold-out group, read against the orders since.

The groups were drawn at random, so their difference is the effect, with the 95 % intervals of
`core.measures.uplift`. Source: Gerber & Green (2012), Field Experiments.
"""

from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from core.errors import IntakeError, NotEnoughDataError
from core.measures import uplift
from core.measures.customers import KEY

COLUMNS = (KEY, "message_group", "listed_on", "horizon_days")
GROUPS = ("message", "hold_out")
#: The days that a list may speak of.
HORIZON = (1, 365)


@dataclass(frozen=True, eq=False)
class Effect:
    """groups: message_group, customers, share_ordered, revenue_per_customer.

    orders, revenue: (message minus hold-out, low, high), per customer of the list.
    days: how much of the horizon the orders cover by now.
    """

    groups: pl.DataFrame
    orders: tuple[float, float, float]
    revenue: tuple[float, float, float]
    days: int


def effect(listed: pl.DataFrame, lines: pl.LazyFrame) -> Effect:
    """The list as it was downloaded, against order lines that reach beyond its day."""
    listed = _checked(listed)
    if not uplift.known(lines, listed):
        raise IntakeError(
            "None of the {listed:integer} customers on this list is in the orders: it may be from "
            "another shop, or it was downloaded with the names hidden.",
            listed=listed.height,
        )
    day, horizon = listed["listed_on"][0], listed["horizon_days"][0]
    end = day + timedelta(days=horizon)
    ordered = pl.col("ordered_at").dt.date()
    since = (
        lines.filter(ordered > day, ordered <= end, pl.col("quantity") > 0)
        .group_by(KEY)
        .agg(revenue=pl.col("revenue").sum())
        .collect()
    )
    last = lines.select(ordered.max()).collect().item()
    days = min((last - day).days, horizon)
    if days <= 0:
        raise NotEnoughDataError(
            "The orders end before the list of {day:date}: load an export from after it.", day=day
        )
    rows = listed.join(since, on=KEY, how="left").with_columns(
        ordered=pl.col("revenue").is_not_null().cast(pl.Float64),
        revenue=pl.col("revenue").fill_null(0.0),
    )
    groups = (
        rows.group_by("message_group")
        .agg(
            customers=pl.len().cast(pl.Int64),
            share_ordered=pl.col("ordered").mean(),
            revenue_per_customer=pl.col("revenue").sort().mean(),
        )
        .sort("message_group", descending=True)
    )
    sent, held = (rows.filter(pl.col("message_group") == group) for group in GROUPS)
    counts = [(int(part["ordered"].sum()), part.height) for part in (sent, held)]
    revenue = uplift.welch(sent["revenue"].to_numpy(), held["revenue"].to_numpy())
    # `_checked` has seen to two customers in each group.
    return Effect(groups, uplift.newcombe(*counts[0], *counts[1]), revenue or (0.0,) * 3, days)


def _checked(listed: pl.DataFrame) -> pl.DataFrame:
    if missing := [name for name in COLUMNS if name not in listed.columns]:
        raise IntakeError(
            "This is no list from this page: the columns {missing:names} are absent.",
            missing=missing,
        )
    day = pl.col("listed_on")
    if listed.schema["listed_on"] != pl.Date:
        day = day.cast(pl.String).str.slice(0, 10).str.to_date(strict=False)
    horizon = pl.col("horizon_days").cast(pl.Int64, strict=False)
    table = listed.select(pl.col(KEY).cast(pl.String), "message_group", day, horizon)
    found = uplift.once(table.drop_nulls(KEY))
    counts = [found.filter(pl.col("message_group") == group).height for group in GROUPS]
    if min(counts) < 2 or table["listed_on"].null_count():
        raise IntakeError(
            "The list needs a date and at least two customers in each group; it has {message} with "
            "a message and {hold_out} held out.",
            message=counts[0],
            hold_out=counts[1],
        )
    if not table["horizon_days"].is_between(*HORIZON).fill_null(value=False).all():
        raise IntakeError(
            "The list needs a number of days from {least} to {most} in every row of horizon_days.",
            least=HORIZON[0],
            most=HORIZON[1],
        )
    if table.n_unique(["listed_on", "horizon_days"]) > 1:
        raise IntakeError("The file holds several lists, of different days: load one at a time.")
    return found
