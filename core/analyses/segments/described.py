"""Clusters described: who is in which, by what name, and what sets each apart."""

from dataclasses import dataclass, replace
from functools import cached_property

import polars as pl

from core.analyses.segments import advice, clusters
from core.analyses.segments.clusters import Clustering
from core.analyses.segments.methods import MICRO, Labels, brackets

#: Shown for every cluster, beside the features that made it.
DESCRIBED = (
    "recency_days",
    "orders",
    "revenue",
    "average_order",
    "tenure_days",
    "days_between_orders",
    "products",
    "price_level",
    "discount_share",
    "return_share",
)


@dataclass(frozen=True, eq=False)
class Clustered:
    """The clusters: how many, whether they are stable, who is in which, and what sets them apart.

    choices: one row per k considered; see `clusters.choices`.
    traits: one row per cluster and feature - cluster, feature, difference, typical, typical_of_all.
    fitted: what places customers; of Ward with its tree, which can be cut again.
    too_few: where there are no clusters, how many customers differ.
    """

    k: int | None
    stable: bool
    choices: pl.DataFrame
    labels: pl.Series | None
    traits: pl.DataFrame
    fitted: Clustering | None = None
    too_few: int | None = None

    @classmethod
    def none(cls, differing: int) -> "Clustered":
        """No clusters: too few customers, or too few who differ. differing: how many do."""
        empty = pl.DataFrame()
        return cls(None, stable=False, choices=empty, labels=None, traits=empty, too_few=differing)

    @cached_property
    def names(self) -> dict[int, str]:
        """cluster -> its name, as codes joined by `+`."""
        return {} if self.traits.is_empty() else advice.names(self.traits)

    @property
    def tested(self) -> pl.DataFrame:
        """The row of `choices` for as many clusters as were fitted; none where not tried."""
        assert self.fitted is not None
        return self.choices.filter(pl.col("clusters") == self.fitted.partition.clusters)

    @property
    def heights(self) -> list[float]:
        """Of Ward's tree, the height of each merger, highest first; empty for other methods."""
        if self.fitted is None or self.fitted.partition.tree is None:
            return []
        found: list[float] = self.fitted.partition.tree[::-1, 2].tolist()
        return found

    @cached_property
    def tree(self) -> list[tuple[list[float], list[float]]]:
        """Ward's tree, (x, y) of each bracket; empty for other methods."""
        if self.fitted is None or self.fitted.partition.tree is None:
            return []
        return brackets(self.fitted.partition.tree)

    @property
    def micro(self) -> int | None:
        """How many micro-clusters Ward's tree was grown on; None: on the customers themselves."""
        found = len(self.heights) + 1
        return found if self.heights and found == MICRO else None

    def cut(self, profile: pl.DataFrame, k: int) -> "Clustered":
        """Ward's tree cut into k clusters by hand."""
        assert self.fitted is not None
        fitted = replace(self.fitted, partition=self.fitted.partition.cut(k))
        return described(profile, fitted, self.choices)

    def placed(self, profile: pl.DataFrame) -> pl.DataFrame:
        """`profile` with cluster and cluster_name."""
        if self.labels is None:
            empty = {"cluster": pl.lit(None, pl.Int64), "cluster_name": pl.lit(None, pl.String)}
            return profile.with_columns(**empty)
        name = self.labels.replace_strict(self.names, return_dtype=pl.String)
        return profile.with_columns(cluster=self.labels, cluster_name=name)


def described(profile: pl.DataFrame, fitted: Clustering, choices: pl.DataFrame) -> Clustered:
    """The customers of `profile` in their clusters."""
    labels = _by_revenue(fitted.assign(profile), profile)
    return Clustered(
        k=labels.n_unique(),
        stable=clusters.is_stable(choices, fitted.partition.clusters),
        choices=choices,
        labels=labels,
        traits=traits(profile, labels, fitted.scale.features),
        fitted=fitted,
    )


def traits(
    profile: pl.DataFrame, labels: pl.Series, features: tuple[str, ...] = ()
) -> pl.DataFrame:
    """What sets groups apart, on scaled behaviour, in DESCRIBED and `features`: `advice.traits`.

    typical, typical_of_all: the mean on the scale that is compared, back in the feature's own unit
    (the geometric mean of 1 + x where that scale is logarithmic), so that it lies where the
    difference says. A weekday or an hour is neither high nor low and is left out.
    """
    asked = dict.fromkeys((*DESCRIBED, *features))
    shown = tuple(f for f in asked if f in profile.columns and f not in clusters.CYCLES)
    scale = clusters.scale(profile, shown)
    z = pl.DataFrame(scale.scaled(profile), schema=list(shown), orient="row").fill_nan(None)
    places = pl.DataFrame({"feature": shown, "centre": scale.centre, "width": scale.width})

    def own_unit(scaled: pl.Expr) -> pl.Expr:
        plain = pl.col("feature").is_in(list(clusters.PLAIN))
        return pl.when(plain).then(scaled).otherwise(scaled.exp() - 1)

    return (
        advice.traits(z, labels)
        .join(places, on="feature", how="left", maintain_order="left")
        .with_columns(
            typical=own_unit(pl.col("centre") + pl.col("width") * pl.col("difference")),
            typical_of_all=own_unit(pl.col("centre")),
        )
        .drop("centre", "width")
    )


def _by_revenue(labels: Labels, profile: pl.DataFrame) -> pl.Series:
    """Clusters numbered from 1 in the order of what their customers spend on average."""
    rank = (
        pl.DataFrame({"label": labels, "revenue": profile["revenue"]})
        .group_by("label")
        .agg(pl.col("revenue").mean().round(6))
        .sort("revenue", "label", descending=[True, False])
        .with_row_index("cluster", 1)
    )
    return pl.Series("cluster", labels).replace_strict(
        rank["label"], rank["cluster"].cast(pl.Int64), return_dtype=pl.Int64
    )
