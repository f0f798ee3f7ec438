"""What the analysis of segments answers with."""

from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.analyses.segments import advice, backtest, described, movement, rfm, story
from core.analyses.segments.described import Clustered
from core.analyses.segments.question import Config
from core.finding import Action, Finding

CUSTOMERS = [
    "customer_id",
    "first_order",
    "last_order",
    "recency_days",
    "orders",
    "units",
    "revenue",
    "average_order",
    "days_between_orders",
    "products",
    "r_score",
    "f_score",
    "m_score",
    "rfm_segment",
    "cluster",
    "cluster_name",
]


@dataclass(frozen=True, eq=False)
class Past:
    """Customers of an earlier day and what they spent in the period after it.

    profile: as known then, with the groups that would have been given then; spend and `sales`:
    net revenue of the period; buyers: how many ordered in it; by_todays_cuts: their groups then,
    by the cut points of today.
    """

    day: date
    profile: pl.DataFrame
    spend: NDArray[np.float64]
    buyers: int
    by_todays_cuts: pl.DataFrame
    sales: pl.DataFrame

    @property
    def tells(self) -> bool:
        """Whether there is enough held back to judge a segmentation by."""
        enough = len(self.spend) >= backtest.MIN_CUSTOMERS and self.buyers >= backtest.MIN_BUYERS
        return enough and float(np.ptp(backtest.capped(self.spend))) > 0


@dataclass(frozen=True, eq=False)
class Result:
    """Every customer's group and cluster, and what the groups are worth.

    customers: one row per customer, by customer_id - the profile, r/f/m_score (1 worst), fm_score,
        rfm_segment, wholesale, cluster (1: highest average spend), cluster_name (codes).
    cuts: one row per cut point - measure, cut, value; empty for quantiles.
    notes: guest_orders, guest_revenue, revenue, prospects.
    """

    config: Config
    customers: pl.DataFrame
    cuts: pl.DataFrame
    clustered: Clustered
    past: Past | None
    evidence: pl.DataFrame
    notes: dict[str, float] = field(default_factory=dict)

    def cut(self, k: int) -> "Result":
        """The same with Ward's tree cut into k clusters by hand."""
        clustered = self.clustered.cut(self.customers, k)
        bare = self.customers.drop("cluster", "cluster_name")
        return replace(self, clustered=clustered, customers=clustered.placed(bare))

    @cached_property
    def segments(self) -> pl.DataFrame:
        """One row per scheme and segment, best group first; see docs/outputs.md.

        recency_days: median; orders: mean per customer; average_order: revenue per order; advice:
        a group, for a cluster the one that most of it are in, else null.
        """
        parts = [self._summary("rfm", "rfm_segment")]
        if self.clustered.k is not None:
            parts.append(self._summary("cluster", "cluster_name"))
        return pl.concat(parts)

    def _summary(self, scheme: str, column: str) -> pl.DataFrame:
        everyone = self.customers
        whole, total = everyone.height, float(everyone["revenue"].sum())
        order = {group: number for number, group in enumerate(rfm.GROUPS)}
        usual = pl.col("rfm_segment").mode().sort().first()
        # What is said to a few of a cluster would contradict what most of it are.
        mostly = pl.when((pl.col("rfm_segment") == usual).mean() > 0.5).then(usual)
        revenue = pl.col("revenue").sum().round(6)
        table = everyone.group_by(segment=column).agg(
            customers=pl.len().cast(pl.Int64),
            share_customers=pl.len() / whole,
            revenue=revenue,
            share_revenue=revenue / total if total > 0 else pl.lit(None, pl.Float64),
            recency_days=pl.col("recency_days").median(),
            average_order=revenue / pl.col("orders").sum(),
            orders=pl.col("orders").mean(),
            advice=pl.col("rfm_segment").first() if scheme == "rfm" else mostly,
        )
        if scheme == "rfm" and self.notes.get("prospects"):
            table = pl.concat([table, self._prospects(table)], how="diagonal")
        place = pl.col("segment").replace_strict(order, default=None, return_dtype=pl.Int64)
        return (
            table.with_columns(scheme=pl.lit(scheme))
            .sort(place, -pl.col("revenue") / pl.col("customers"), "segment", nulls_last=True)
            .select(
                "scheme",
                "segment",
                "customers",
                "share_customers",
                "revenue",
                "share_revenue",
                "recency_days",
                "orders",
                "average_order",
                "advice",
            )
        )

    def _prospects(self, table: pl.DataFrame) -> pl.DataFrame:
        row = {
            "segment": "prospects",
            "customers": int(self.notes["prospects"]),
            "revenue": 0.0,
            "share_revenue": 0.0,
            "orders": 0.0,
            "advice": "prospects",
        }
        schema = {name: kind for name, kind in table.schema.items() if name in row}
        return pl.DataFrame([row], schema=schema)

    def best_first(self) -> pl.DataFrame:
        """The customers, biggest spenders first."""
        return self.customers.sort("revenue", "customer_id", descending=[True, False])

    def traits(self, column: str) -> pl.DataFrame:
        """What sets the groups of `column` (cluster or rfm_segment) apart; see `advice.traits`."""
        if column == "cluster":
            return self.clustered.traits
        order = pl.col("cluster").replace_strict({g: n for n, g in enumerate(rfm.GROUPS)})
        return described.traits(self.customers, self.customers[column]).sort(
            order, maintain_order=True
        )

    @cached_property
    def moves(self) -> pl.DataFrame:
        """One row per pair of groups; see `movement.moved`; empty without an earlier day."""
        if self.past is None:
            return pl.DataFrame()
        sales = self.past.sales.drop("came_back")
        return movement.moved(self.past.by_todays_cuts, self.customers, sales)

    @cached_property
    def next_period(self) -> pl.DataFrame:
        """One row per group of the earlier day: what it did next; see `movement.next_period`."""
        if self.past is None:
            return pl.DataFrame()
        return movement.next_period(self.past.by_todays_cuts, self.past.sales, self.config.seed)

    def explain(self) -> list[Finding]:
        """Who brings the money, who is slipping, how far to trust the groups."""
        return story.explain(self)

    def actions(self) -> list[Action]:
        """Win back who is slipping; win the second order."""
        return story.actions(self)

    def files(self) -> dict[str, pl.DataFrame]:
        """customers, segments, and the movement between the two days."""
        missing = [pl.lit(None, pl.Int64).alias("products")]
        customers = self.customers
        customers = (
            customers if "products" in customers.columns else customers.with_columns(missing)
        )
        first = customers.select(
            *CUSTOMERS, *(c for c in ("fm_score", "wholesale") if c in customers.columns)
        )
        files = {
            "customers": first.with_columns(_english("cluster_name", self.clustered.names)),
            "segments": self.segments.with_columns(
                pl.col("advice").replace_strict({g: str(a) for g, a in advice.ADVICE.items()}),
                _english("segment", self.clustered.names),
            ),
        }
        return files if self.moves.is_empty() else files | {"segment_moves": self.moves}


def _english(column: str, names: dict[int, str]) -> pl.Expr:
    return pl.col(column).replace({name: advice.english(name) for name in names.values()})
