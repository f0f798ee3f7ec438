"""Tuning: the settings of each model, taken from the days before those it is tested or used on.

At a cut the past is cut once more, `days` earlier. Every entry of GRIDS is fitted on what was
known then and scored on the days between the two cuts; for each task the settings with the highest
mean recall@k are kept, the usual ones if none is better. Nothing after the cut is looked at.

Source: nested time split, as Ferrari Dacrema et al. (2021), ACM TOIS 39(2), demand of a baseline
as of a new model.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any

import polars as pl

from core.analyses.recommendations.history import History
from core.analyses.recommendations.models import fit
from core.analyses.recommendations.tournament import DECIDES, TASKS, Split, outcomes, split

Settings = dict[str, Any]


def _every(**values: Iterable[Any]) -> tuple[Settings, ...]:
    """Every combination of the values of each hyper-parameter."""
    return tuple(
        dict(zip(values, combination, strict=True)) for combination in product(*values.values())
    )


#: method -> what is tried beside the usual settings.
GRIDS: Mapping[str, tuple[Settings, ...]] = {
    "popularity": _every(half_life_days=(3, 7, 14, 60, 180)),
    "own_history": (
        *_every(half_life_days=(7, 14, 90)),
        *_every(memory_days=(60, 120, 240), half_life_days=(14, 30)),
    ),
    "own_rhythm": _every(late=(0.5, 1.0, 4.0, 16.0)),
    "item_knn": _every(neighbours=(20, 100, 200), shrinkage=(0, 5, 20)),
    "item_pearson": _every(neighbours=(20, 100, 200)),
    "tfidf": _every(neighbours=(20, 100, 200)),
    "bm25": _every(k1=(1.2, 10, 100), b=(0.0, 0.25, 0.6), neighbours=(50, 200)),
    "rp3beta": _every(alpha=(0.6, 1.0, 1.5), beta=(0.2, 0.4, 0.8), neighbours=(50, 200)),
    "item_rules": _every(few_orders=(2, 5, 10)),
    "content": _every(neighbours=(5, 15, 150), priced=(0.0, 0.4, 0.8)),
    "user_knn": _every(neighbours=(25, 50, 200, 400)),
    "user_pearson": _every(neighbours=(25, 50, 200, 400)),
    "tifu_knn": _every(alpha=(0.4, 0.9), between=(0.7, 0.95), neighbours=(50, 300)),
    "ease": _every(penalty=(50, 100, 1000)),
    "als": _every(factors=(16, 32, 64), regularization=(3, 10, 30), alpha=(2, 5, 15)),
    "bpr": _every(factors=(32, 64), iterations=(60, 200), learning_rate=(0.05, 0.15)),
    "lmf": _every(factors=(16, 32), iterations=(12, 24, 60), regularization=(1.0, 5.0)),
    "autoencoder": _every(epochs=(12, 50)),
}


def tuned(split: Split, methods: Iterable[str], k: int, seed: int) -> Split:
    """`split`, its models set to what did best on the days before its cut."""
    return replace(split, settings=settings(split.past, split.days, methods, k, seed))


def settings(
    past: History, days: int, methods: Iterable[str], k: int, seed: int
) -> dict[tuple[str, str], Settings]:
    """(method, task) -> the settings that did best in the last `days` of `past`."""
    inner = split(past.events, past.day - timedelta(days=days), days, past.half_life_days)
    if inner is None:
        return {}
    return {
        (method, task): best
        for method in methods
        for task, best in _best(inner, method, k, seed).items()
    }


def table(chosen: Mapping[tuple[str, str], Mapping[str, Any]]) -> pl.DataFrame:
    """What was changed - task, method, hyperparameter, value."""
    rows = [
        (task, method, name, float(value))
        for (method, task), kept in sorted(chosen.items())
        for name, value in kept.items()
    ]
    columns = ["task", "method", "hyperparameter", "value"]
    schema = dict.fromkeys(columns[:3], pl.String) | {"value": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row").sort(columns[:3])


def _best(inner: Split, method: str, k: int, seed: int) -> dict[str, Settings]:
    """Task -> the settings with the highest mean recall; of equal ones the first."""
    best: dict[str, tuple[float, Settings]] = {}
    for tried in ({}, *GRIDS.get(method, ())):
        model = fit(method, inner.past, seed, tried)
        for found in outcomes(method, dict.fromkeys(TASKS, model), inner, k):
            score = float(found.measures(k)[DECIDES].mean()) if len(found.relevant) else 0.0
            if found.task not in best or score > best[found.task][0]:
                best[found.task] = score, tried
    return {task: tried for task, (_, tried) in best.items()}
