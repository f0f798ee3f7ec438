"""Tuning: the settings of each model, taken from the days before those it is tested or used on.

At a cut the past is cut once more, `days` earlier. Every entry of GRIDS is fitted on what was
known then and scored on the days between the two cuts; for each task the settings with the highest
mean recall@k are kept if they lead the usual ones by more than chance. Nothing after the cut is
looked at.

Source: nested time split, as Ferrari Dacrema et al. (2021), ACM TOIS 39(2), demand of a baseline
as of a new model.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.analyses.recommendations.history import History
from core.analyses.recommendations.intervals import resampled
from core.analyses.recommendations.models import fit
from core.analyses.recommendations.tournament import (
    DECIDES,
    TASKS,
    Outcome,
    Split,
    outcomes,
    play,
    split,
)

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
    """Task -> the settings that are surely better than the usual ones, else the usual ones."""
    scores: dict[str, list[NDArray[np.float64]]] = {task: [] for task in TASKS}
    grid: tuple[Settings, ...] = ({}, *GRIDS.get(method, ()))
    for tried in grid:
        model = fit(method, inner.past, seed, tried)
        for found in outcomes(method, dict.fromkeys(TASKS, model), inner, k):
            scores[found.task].append(found.measures(k)[DECIDES])
    return {task: grid[_surely(np.column_stack(each), seed)] for task, each in scores.items()}


def _surely(scores: NDArray[np.float64], seed: int) -> int:
    """The column with the highest mean, if it leads the first by more than chance; else 0."""
    if not len(scores):
        return 0
    best = int(scores.mean(axis=0).argmax())
    low = resampled((scores[:, [best]] - scores[:, [0]]), seed)[0, 0]
    return best if low > 0 else 0


def gain(
    usual: Sequence[Split], found: Iterable[Outcome], tuned: Sequence[Split], k: int, seed: int
) -> pl.DataFrame:
    """What tuning brought on the days held back: one row per task and method that it changed.

    task, method, usual_settings, tuned_settings (recall@k), difference, low, high (paired).
    found: the outcomes of the splits `tuned`.
    """
    changed = {key for one in tuned for key, settings in one.settings.items() if settings}
    methods = dict.fromkeys(method for method, _ in changed)
    before = {(one.method, one.task): one for one in play(usual, methods, TASKS, k, seed)}
    rows = []
    for after in found:
        if (after.method, after.task) not in changed:
            continue
        was, now = (one.measures(k)[DECIDES] for one in (before[after.method, after.task], after))
        low, high = resampled((now - was)[:, None], seed, after.customer)[:, 0]
        told = (float(was.mean()), float(now.mean()), float((now - was).mean()))
        rows.append((after.task, after.method, *told, float(low), float(high)))
    columns = ["usual_settings", "tuned_settings", "difference", "low", "high"]
    schema = {"task": pl.String, "method": pl.String} | dict.fromkeys(columns, pl.Float64)
    return pl.DataFrame(rows, schema=schema, orient="row").sort("task", "method")
