"""The tournament by customer group, and what new customers got.

no_order     not known at the cut, scored on the customer's first order: see `newcomers`
first_basket of them, one product of that order known, scored on the rest of it
new_product  products first sold in the days held back: see `launch`; rows are products there
one_order    known by one order only
few_orders   two to FEW orders
many_orders  more
"""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.analyses.recommendations.launch import LISTED
from core.analyses.recommendations.newcomers import Newcomers
from core.analyses.recommendations.tournament import TASKS, Outcome, scored
from core.evidence import table

FEW = 5
#: What says how good a method is; the other measures describe its lists.
QUALITY = ("hit_rate", "precision_at_k", "recall_at_k", "ndcg_at_k", "map_at_k", "mrr")


def by_group(
    outcomes: Sequence[Outcome],
    cold: Newcomers,
    launched: tuple[str, Sequence[Outcome]],
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
    strangers = {
        "no_order": (cold.outcomes, cold.method),
        "first_basket": (cold.baskets, "first_basket"),
    }
    for group, (tested, method) in strangers.items():
        part = scored(tested, k, method, seed).filter(pl.col("metric").is_in(QUALITY))
        frames.append(_named(part, "next_basket", group))
    method, lists = launched
    part = scored(lists, LISTED, method, seed, ("most_active",))
    frames.append(_named(part.filter(pl.col("metric").is_in(QUALITY)), "launch", "new_product"))
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
