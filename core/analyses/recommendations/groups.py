"""The tournament by customer group, and what new customers got.

no_order     not known at the cut: the bestsellers, scored on the customer's first order
one_order    known by one order only
few_orders   two to FEW orders
many_orders  more
"""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.analyses.recommendations.tournament import DEPTH, TASKS, Outcome, Split, scored
from core.evidence import table

FEW = 5
#: What says how good a method is; the other measures describe its lists.
QUALITY = ("hit_rate", "precision_at_k", "recall_at_k", "ndcg_at_k", "map_at_k", "mrr")


def by_group(
    outcomes: Sequence[Outcome],
    splits: Sequence[Split],
    k: int,
    chosen: Mapping[str, str],
    seed: int,
) -> pl.DataFrame:
    """Every measure of every method, by task and group - task, group, then as evidence."""
    frames = []
    for task in TASKS:
        same = [one for one in outcomes if one.task == task]
        frames.append(_named(scored(same, k, chosen[task], seed), task, "all"))
        for group, kept in _groups(same).items():
            part = scored([one.among(kept) for one in same], k, chosen[task], seed)
            frames.append(_named(part.filter(pl.col("metric").is_in(QUALITY)), task, group))
    if strangers := [one for split in splits if (one := _strangers(split)) is not None]:
        part = pl.concat(scored([one], k, "popularity", seed) for one in strangers[:1])
        quality = part.filter(pl.col("metric").is_in(QUALITY))
        frames.append(_named(quality, "next_basket", "no_order"))
    return pl.concat(frames)


def _groups(same: Sequence[Outcome]) -> dict[str, NDArray[np.bool_]]:
    if not same:
        return {}
    orders = same[0].orders
    groups = {
        "one_order": orders == 1,
        "few_orders": (orders > 1) & (orders <= FEW),
        "many_orders": orders > FEW,
    }
    return {name: kept for name, kept in groups.items() if kept.any()}


def _strangers(split: Split) -> Outcome | None:
    """How the bestsellers did for customers who were not known at the cut."""
    first = split.first_orders
    if first.is_empty():
        return None
    ids, row = np.unique(first["customer"].to_numpy(), return_inverse=True)
    item = first["i"].to_numpy().astype(np.int64)
    hits = np.zeros((len(ids), DEPTH), bool)
    shown = item < DEPTH
    hits[row[shown], item[shown]] = True
    nothing = np.zeros(len(ids))
    return Outcome(
        "popularity",
        "next_basket",
        hits,
        np.bincount(row).astype(np.int64),
        np.zeros_like(hits),
        nothing,
        nothing.astype(np.int64),
        ids.astype(np.int64),
        0.0,
    )


def _named(scores: pl.DataFrame, task: str, group: str) -> pl.DataFrame:
    return scores.select(pl.lit(task).alias("task"), pl.lit(group).alias("group"), pl.all())


def evidence(
    outcomes: Sequence[Outcome], k: int, task: str, method: str, seed: int
) -> pl.DataFrame:
    """The measures of quality of every method in one task."""
    same = [one for one in outcomes if one.task == task]
    if not same:
        return table([])
    return scored(same, k, method, seed).filter(pl.col("metric").is_in(QUALITY))
