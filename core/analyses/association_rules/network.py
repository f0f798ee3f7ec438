"""The strongest pairs as a network: who belongs together, and where to draw it.

Weight of an edge: log2 of the adjusted lift. Clusters: greedy modularity, merging the two groups
whose union raises it most until none does. Places: forces, attraction d^2 / k along edges (more of
it the greater the weight), repulsion k^2 / d between all, from a circle in fixed order: the same
rules give the same picture.
Source: Newman (2004), Physical Review E 69:066133; Fruchterman & Reingold (1991), Software:
Practice and Experience 21(11).
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]
STEPS = 300


@dataclass(frozen=True, eq=False)
class Network:
    """nodes: product_id, product_name, orders, cluster (0 the largest), x, y.
    edges: antecedent, consequent, orders, confidence, adjusted_lift (the surer direction)."""

    nodes: pl.DataFrame
    edges: pl.DataFrame


def network(pairs: pl.DataFrame, products: pl.DataFrame, most: int = 60) -> Network:
    """The first `most` of `pairs` (one row per pair, strongest first)."""
    pairs = pairs.head(most).select(
        "antecedent", "consequent", "orders", "confidence", "adjusted_lift"
    )
    ids = pl.concat([pairs["antecedent"], pairs["consequent"].alias("antecedent")]).unique().sort()
    nodes = pl.DataFrame({"product_id": ids}).join(
        products.select("product_id", "product_name", "orders"),
        on="product_id",
        how="left",
        maintain_order="left",
    )
    weights = np.zeros((len(ids), len(ids)))
    a, b = ids.search_sorted(pairs["antecedent"]), ids.search_sorted(pairs["consequent"])
    weights[a, b] = weights[b, a] = np.log2(np.maximum(pairs["adjusted_lift"].to_numpy(), 1.1))
    place = _places(weights)
    nodes = nodes.with_columns(
        cluster=pl.Series(_clusters(weights), dtype=pl.Int64),
        x=pl.Series(place[:, 0], dtype=pl.Float64),
        y=pl.Series(place[:, 1], dtype=pl.Float64),
    )
    return Network(nodes, pairs)


def _clusters(weights: Floats) -> list[int]:
    """Cluster of each node; 0 is the largest."""
    groups = [[node] for node in range(len(weights))]
    share = weights / max(weights.sum(), 1e-300)
    while len(groups) > 1:
        ends = share.sum(axis=1)
        gain = share - np.outer(ends, ends)
        np.fill_diagonal(gain, -np.inf)
        i, j = sorted(divmod(int(gain.argmax()), len(groups)))
        if gain[i, j] <= 1e-12:
            break
        groups[i] += groups.pop(j)
        share[i] += share[j]
        share[:, i] += share[:, j]
        share = np.delete(np.delete(share, j, axis=0), j, axis=1)
    ordered = sorted(groups, key=lambda group: (-len(group), min(group)))
    label = {node: rank for rank, group in enumerate(ordered) for node in group}
    return [label[node] for node in range(len(weights))]


def _places(weights: Floats) -> Floats:
    """(nodes, 2) in the unit square."""
    n = len(weights)
    if n == 0:
        return np.zeros((0, 2))
    pull = np.where(weights > 0, 0.3 + 0.7 * weights / max(weights.max(), 1e-9), 0.0)
    angle = 2 * np.pi * np.arange(n) / n
    place, ideal = np.stack([np.cos(angle), np.sin(angle)], axis=1), 1.6 / np.sqrt(n)
    for step in range(STEPS):
        gap = place[:, None] - place[None]
        distance = np.maximum(np.sqrt((gap**2).sum(axis=2)), 1e-3)
        force = ideal**2 / distance**2 - pull * distance / ideal
        move = (gap * force[:, :, None]).sum(axis=1) - 0.15 * place
        length = np.maximum(np.sqrt((move**2).sum(axis=1, keepdims=True)), 1e-9)
        place = place + move / length * np.minimum(length, 0.15 * (1 - step / STEPS))
    span = np.maximum(np.ptp(place, axis=0), 1e-9)
    return np.asarray((place - place.min(axis=0)) / span, dtype=np.float64)
