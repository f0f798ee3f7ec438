"""What was known of each customer on a day, and what the customer did in the horizon after it."""

from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import polars as pl

from core.measures.customers import KEY, profile

#: Horizons offered by default: the next one at or above the shop's own re-order gap.
HORIZONS = (7, 14, 21, 30, 45, 60, 90, 120, 180)
#: Share of re-orders that come within the default horizon.
REORDERS_WITHIN = 0.75
#: Prior gaps, of the shop's usual length, that a customer's own gaps are blended with.
PRIOR_GAPS = 1
FACTS = (
    "recency_days",
    "tenure_days",
    "orders",
    "order_days",
    "median_gap_days",
    "regularity",
    "revenue",
    "average_order",
    "return_share",
)


def compact(lines: pl.LazyFrame) -> pl.DataFrame:
    """Order lines summed to one row per customer, order, day and sign: all that is needed here.

    Rounded, so that the order in which lines are summed cannot show; customers as an Enum and
    orders as numbers, both in the order of their ids, as they are grouped day after day.
    """
    summed = (
        lines.filter(pl.col(KEY).is_not_null(), pl.col("quantity") != 0)
        .group_by(KEY, "order_id", day=pl.col("ordered_at").dt.date(), sale=pl.col("quantity") > 0)
        .agg(
            ordered_at=pl.col("ordered_at").min(),
            quantity=pl.col("quantity").sum().round(4),
            revenue=pl.col("revenue").fill_null(0).sum().round(4),
        )
        .sort(KEY, "ordered_at", "order_id", "sale")
        .collect()
    )
    customers = pl.Enum(summed[KEY].unique(maintain_order=True))
    return summed.with_columns(pl.col(KEY).cast(customers), pl.col("order_id").rank("dense"))


def gaps(history: pl.DataFrame) -> pl.Series:
    """Days between consecutive order days of one customer, over all customers."""
    days = history.filter("sale").select(KEY, "day").unique().sort(KEY, "day")
    return days.select((pl.col("day") - pl.col("day").shift(1).over(KEY)).dt.total_days())[
        "day"
    ].drop_nulls()


def default_horizon(history: pl.DataFrame, span_days: int) -> int:
    """The round number of days within which three of four re-orders come.

    Never more than a quarter of the history: learning, calibrating and testing take a window each.
    """
    usual = gaps(history).quantile(REORDERS_WITHIN, "linear") or 30
    room = [days for days in HORIZONS if days <= span_days / 4] or [HORIZONS[0]]
    return next((days for days in room if days >= usual), room[-1])


@dataclass(frozen=True, eq=False)
class Past:
    """The shop's history, read as of any day.

    history: `compact` lines up to as_of. first, last: its first day, and as_of. seen: what
    `labelled` has answered already.
    """

    history: pl.DataFrame
    first: date
    last: date
    horizon_days: int
    bought_within_days: int
    seen: dict[date, pl.DataFrame] = field(default_factory=dict)

    def facts(self, day: date) -> pl.DataFrame:
        """One row per customer at risk on `day` (bought within the window), sorted by id.

        `FACTS` of `core.measures.customers.profile`, and recent_orders (order days within the
        last horizon) and usual_gap_days (own gaps blended with the shop's usual one).
        """
        known = self.history.filter(pl.col("day") <= day)
        since = day - timedelta(days=self.horizon_days)
        recent = (
            known.filter("sale", pl.col("day") > since)
            .group_by(KEY)
            .agg(recent_orders=pl.col("day").n_unique().cast(pl.Int64))
        )
        return (
            profile(known.lazy(), day)
            .select(KEY, *FACTS)
            .filter(pl.col("recency_days") <= self.bought_within_days)
            .join(recent.lazy(), on=KEY, how="left")
            .with_columns(
                pl.col("recent_orders").fill_null(0),
                pl.col("return_share").fill_null(0),
                pl.col("average_order", "revenue").round(4),
                usual_gap_days=_usual_gap(),
                horizon_days=pl.lit(self.horizon_days, pl.Int64),
            )
            .sort(KEY)
            .with_columns(pl.col(KEY).cast(pl.String))
            .collect()
        )

    def labelled(self, day: date) -> pl.DataFrame:
        """`facts` of `day`, and what came in the horizon after it.

        returned (1.0 if the customer ordered), future_orders, future_revenue, origin (the day).
        """
        if day not in self.seen:
            self.seen[day] = self._labelled(day)
        return self.seen[day]

    def _labelled(self, day: date) -> pl.DataFrame:
        end = day + timedelta(days=self.horizon_days)
        if end > self.last:
            message = f"the window after {day} is not closed on {self.last}"
            raise ValueError(message)
        after = self.history.filter(pl.col("day") > day, pl.col("day") <= end)
        future = (
            after.group_by(KEY)
            .agg(
                future_orders=pl.col("order_id").filter("sale").n_unique().cast(pl.Float64),
                future_revenue=pl.col("revenue").sum().round(4),
            )
            .with_columns(pl.col(KEY).cast(pl.String))
        )
        return (
            self.facts(day)
            .join(future, on=KEY, how="left")
            .with_columns(
                pl.col("future_orders", "future_revenue").fill_null(0.0),
                returned=(pl.col("future_orders").fill_null(0) > 0).cast(pl.Float64),
                origin=pl.lit(day),
            )
            .sort(KEY)
        )

    def labelled_all(self, days: tuple[date, ...]) -> pl.DataFrame:
        """`labelled` of several days, one under the other."""
        return pl.concat([self.labelled(day) for day in days])


def possible(facts: pl.DataFrame) -> pl.DataFrame:
    """Facts of which some were set by hand, made into those of a customer who could exist.

    No order within the horizon of a longer silence, at least one within that of a shorter, never
    more than all; no one silent for longer than a customer. Facts that were observed stay.
    """
    silent = pl.col("recency_days") >= pl.col("horizon_days")
    some = pl.min_horizontal(pl.col("recent_orders").clip(1), "order_days")
    recent = pl.when(silent).then(0).otherwise(some)
    return facts.with_columns(
        recent_orders=recent.cast(pl.Int64),
        tenure_days=pl.max_horizontal("tenure_days", "recency_days"),
    )


def _usual_gap() -> pl.Expr:
    """(days between first and last order + k · shop's gap) / (repeats + k)."""
    repeats, active = pl.col("order_days") - 1, pl.col("tenure_days") - pl.col("recency_days")
    shop = pl.when(repeats.sum() > 0).then(active.sum() / repeats.sum()).otherwise(30.0)
    return ((active + PRIOR_GAPS * shop) / (repeats + PRIOR_GAPS)).round(6)


def outcome(labelled: pl.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """1.0 where the customer ordered within the horizon."""
    return labelled["returned"].to_numpy()
