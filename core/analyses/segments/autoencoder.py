"""A learned profile of customers beside the plain one: is it worth having?

The vectors of `core.measures.embedding` are judged like any other way to describe customers: by
k-means on them, with the same number of clusters for each of

    plain_features      the behaviours that the clusters use
    all_behaviour       every behaviour that the network sees, without a network
    autoencoder         the network's vectors

stability: mean adjusted Rand index between refits on redrawn customers; spend_explained: next
period's spend explained by clusters made before it (network included: it never sees the period).
`lead`: the autoencoder's less the plain features', customer by customer.

Look-alikes of a segment are the customers nearest to one of at most SEEDS centres of its members.
Tested by hiding every other member: the share of the hidden that is among as many nearest.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core import evidence
from core.analyses.segments import backtest, clusters
from core.analyses.segments.methods import Matrix, kmeans, nearest
from core.analyses.segments.question import NEEDS
from core.dataset import Dataset
from core.errors import NotEnoughDataError
from core.evidence import Score
from core.finding import Finding
from core.measures import customers, embedding
from core.measures.embedding import Baskets, Encoder
from core.options import Options, Range

PLAIN = ("recency_days", "orders", "revenue")
BEHAVIOUR = (
    "recency_days", "orders", "revenue", "average_order", "tenure_days", "days_between_orders",
    "regularity", "products", "units", "price_level", "discount_share", "return_share",
    "weekend_share",
)  # fmt: skip
METHODS = ("plain_features", "all_behaviour", "autoencoder")
Z = 1.959964
MIN_CUSTOMERS, SEEDS, STABILITY_ROWS = 200, 20, 3_000


@dataclass(frozen=True, kw_only=True)
class Config(Options):
    """d: how many numbers describe a customer; clusters: how many, the same for every profile."""

    dimensions: Annotated[int, Range(2, 16, 1)] = 6
    clusters: Annotated[int, Range(2, 12, 1)] = 6
    seed: Annotated[int, Range(0, 1_000_000, 1)] = 0


@dataclass(frozen=True, eq=False)
class Result:
    """vectors: method -> (customers, numbers), in the order of `customers`.

    customers: customer_id, revenue, cluster (of the autoencoder, 1: highest average spend), and
    x, y: the first two principal axes of its vectors. evidence: per method stability and
    spend_explained. lead: autoencoder less plain features in spend explained, low, high.
    """

    config: Config
    customers: pl.DataFrame
    vectors: Mapping[str, Matrix]
    evidence: pl.DataFrame
    lead: tuple[float, float, float] | None

    def explain(self) -> list[Finding]:
        """Whether the network earns its place."""
        if self.lead is None:
            return [
                Finding("Too little history is held back to compare the profiles.", kind="caution")
            ]
        _, low, high = self.lead
        told = {"low": low, "high": high}
        if low > 0:
            return [
                Finding(
                    "Clusters on the learned profile explain more of next spend than clusters on"
                    " plain features do (difference {low:percent} to {high:percent}).",
                    told,
                )
            ]
        if high < 0:
            return [
                Finding(
                    "The learned profile explains less of next spend than plain features do"
                    " (difference {low:percent} to {high:percent}): stay with the plain ones.",
                    told,
                    "caution",
                )
            ]
        return [
            Finding(
                "The learned profile explains next spend no better than plain features do"
                " (difference {low:percent} to {high:percent}): stay with the plain ones.",
                told,
                "caution",
            )
        ]

    def look_alikes(self, members: Collection[str], method: str = "autoencoder") -> pl.DataFrame:
        """customer_id, distance of everybody else, nearest first; equal ones by customer_id."""
        inside = self.customers["customer_id"].is_in(list(members))
        apart = distances(self.vectors[method], inside.to_numpy(), self.config.seed)
        table = self.customers.select("customer_id", "revenue", distance=pl.Series(apart).round(9))
        return table.filter(~inside).sort("distance", "customer_id")

    def hidden_found(self, members: Collection[str]) -> pl.DataFrame:
        """method, recovered: share of every other member that is nearest to the rest; chance."""
        ids = self.customers["customer_id"]
        inside = ids.is_in(list(members)).to_numpy()
        at = np.flatnonzero(inside)
        hidden = np.zeros(len(ids), dtype=bool)
        hidden[at[::2]] = True
        rows = [{"method": "chance", "recovered": float(hidden.sum() / (~inside | hidden).sum())}]
        for method, points in self.vectors.items():
            apart = distances(points, inside & ~hidden, self.config.seed)
            apart[inside & ~hidden] = np.inf
            taken = np.argsort(apart, kind="stable")[: hidden.sum()]
            rows.append({"method": method, "recovered": float(hidden[taken].mean())})
        return pl.DataFrame(rows)


def distances(points: Matrix, inside: NDArray[np.bool_], seed: int) -> Matrix:
    """Of each point to the nearest of at most SEEDS centres of those inside."""
    own = points[inside]
    own = own[np.lexsort(own.T[::-1])]
    centres, _ = kmeans(own, SEEDS, seed, 1)
    found: Matrix = np.linalg.norm(points - centres[nearest(points, centres)], axis=1)
    return found


def run(dataset: Dataset, config: Config) -> Result:
    """Train, describe everybody, and compare with plain features on a held-back period."""
    dataset.require(NEEDS.columns)
    dataset = dataset.until(config.as_of)
    as_of = dataset.day(config.as_of)
    profile = customers.profile(dataset.lines, as_of).collect()
    if profile.height < MIN_CUSTOMERS:
        raise NotEnoughDataError(
            "A learned profile needs {need:integer} customers; there are {have:integer}.",
            need=MIN_CUSTOMERS,
            have=profile.height,
        )
    vectors = _vectors(dataset.lines, profile, config)
    scores, lead = _compared(dataset, as_of, config)
    return Result(
        config=config.with_values(as_of=as_of),
        customers=_placed(profile, vectors["autoencoder"], config),
        vectors=vectors,
        evidence=evidence.table(scores),
        lead=lead,
    )


def _vectors(lines: pl.LazyFrame, profile: pl.DataFrame, config: Config) -> dict[str, Matrix]:
    """method -> (customers, numbers)."""
    seen = tuple(name for name in BEHAVIOUR if name in profile.columns)
    behaviour = np.clip(clusters.scale(profile, seen).matrix(profile), -4, 4)
    known = lines.filter(pl.col("customer_id").is_not_null())
    baskets: Baskets | None = embedding.fit_baskets(known, profile["customer_id"], config.seed)
    points = behaviour
    if baskets is not None:
        points = np.hstack([behaviour, baskets.of(known, profile["customer_id"])])
    encoder: Encoder = embedding.train(points, config.dimensions, config.seed)
    return {
        "plain_features": clusters.scale(profile, PLAIN).matrix(profile),
        "all_behaviour": behaviour,
        "autoencoder": encoder.of(points),
    }


def _compared(
    dataset: Dataset, as_of: date, config: Config
) -> tuple[list[Score], tuple[float, float, float] | None]:
    """Every method on a period that it did not see, and the autoencoder's lead."""
    days = backtest.horizon(dataset.facts["days"])
    earlier = as_of - timedelta(days=days)
    lines = dataset.lines.filter(pl.col("ordered_at").dt.date() <= earlier)
    profile = customers.profile(lines, earlier).collect()
    if profile.height < MIN_CUSTOMERS:
        return [], None
    after = backtest.spend(dataset.lines, earlier, days).collect()
    spend = profile.select("customer_id").join(after, on="customer_id", how="left")["spend"]
    values = backtest.capped(spend.fill_null(0.0).to_numpy())
    if np.ptp(values) == 0:
        return [], None
    scores, left = [], {}
    for method, points in _vectors(lines, profile, config).items():
        redrawn = clusters.sample(points, STABILITY_ROWS, config.seed)
        (agreement,) = clusters.stability(redrawn, [config.clusters], config.seed)
        some = clusters.sample(points, clusters.FIT_ROWS, config.seed)
        groups = pl.Series(nearest(points, kmeans(some, config.clusters, config.seed)[0]))
        naive = method == "plain_features"
        scores += [
            backtest.score(method, values, groups, baseline=naive, chosen=method == "autoencoder"),
            Score(method, "stability", agreement, None, None, naive, method == "autoencoder"),
        ]
        left[method] = backtest.errors(values, groups)
    whole = backtest.errors(values, None)
    gained = left["plain_features"] - left["autoencoder"]
    value = float(gained.sum() / whole.sum())
    half = Z * float(np.sqrt(np.square(gained - value * whole).sum()) / whole.sum())
    return scores, (value, value - half, value + half)


def _placed(profile: pl.DataFrame, vectors: Matrix, config: Config) -> pl.DataFrame:
    """customer_id, revenue, cluster, x, y."""
    some = clusters.sample(vectors, clusters.FIT_ROWS, config.seed)
    labels = nearest(vectors, kmeans(some, config.clusters, config.seed)[0])
    centred = vectors - some.mean(axis=0)
    _, _, axes = np.linalg.svd(some - some.mean(axis=0), full_matrices=False)
    # The sign of an axis is free: the larger part points right.
    axes = axes[:2] * np.sign(axes[:2].sum(axis=1, keepdims=True))
    x, y = (centred @ axes.T).T
    mean = (
        pl.DataFrame({"label": labels, "revenue": profile["revenue"]})
        .group_by("label")
        .agg(pl.col("revenue").mean().round(6))
        .sort("revenue", "label", descending=[True, False])
    )
    order = {label: number for number, label in enumerate(mean["label"].to_list(), 1)}
    return profile.select("customer_id", "revenue").with_columns(
        cluster=pl.Series(labels).replace_strict(order, return_dtype=pl.Int64),
        x=pl.Series(x),
        y=pl.Series(y),
    )
