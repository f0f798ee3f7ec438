"""Rolling origin: every method's forecasts at past cut-offs, judged on the weeks that followed.

At each cut-off only the weeks before it are seen: forecasts, their quantiles, the choice of
methods (`choice`) and whether to reconcile (`hierarchy`) all come from earlier weeks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.analyses.inventory.choice import by_own_record, picked, reconciled
from core.analyses.inventory.history import (
    LEAST_DEMAND,
    LOOK_BACK,
    MIN_AGE,
    History,
    history,
    spread,
)
from core.analyses.inventory.scores import LEVELS, Scores, Stretch

__all__ = [
    "AUTO",
    "LEAST_DEMAND",
    "LEVELS",
    "LOOK_BACK",
    "MIN_AGE",
    "Backtest",
    "History",
    "Scores",
    "automatic",
    "backtest",
    "by_own_record",
    "history",
    "spread",
]

Floats = NDArray[np.float64]

JUDGED = 3
AUTO = "auto"


@dataclass(frozen=True, eq=False)
class Backtest:
    """Every method's scores at every cut-off, latest first, and what auto chose there.

    scores: method -> one Scores per cut-off; "auto" for the judged ones only. chosen: (products,)
    the method, or methods joined by methods.AND, that auto takes now; level: what its forecasts
    are drawn to, "" if nothing.
    """

    cutoffs: Sequence[int]
    scores: Mapping[str, Sequence[Scores]]
    chosen: NDArray[np.str_]
    level: str

    @property
    def judged(self) -> int:
        """How many cut-offs the evidence rests on."""
        return len(self.scores[AUTO])


def backtest(past: History) -> Backtest:
    """Score all methods at all cut-offs; choose for each from the earlier ones."""
    cutoffs = past.cutoffs()
    stretches = [Stretch(past, cutoff) for cutoff in cutoffs]
    scores = {
        name: [stretch.score(made) for stretch in stretches]
        for name, made in past.forecasts.items()
    }
    auto = []
    for place in range(min(JUDGED, len(cutoffs) - 1)):
        earlier = {name: rows[place + 1 :] for name, rows in scores.items()}
        _, _, made = automatic(past, cutoffs[place], earlier)
        auto.append(stretches[place].score(made))
    chosen, level, _ = automatic(past, past.units.shape[1], scores)
    return Backtest(cutoffs=cutoffs, scores={**scores, AUTO: auto}, chosen=chosen, level=level)


def automatic(
    past: History, cutoff: int, earlier: Mapping[str, Sequence[Scores]]
) -> tuple[NDArray[np.str_], str, Floats]:
    """What auto takes at `cutoff`: the methods, the level agreed with, and their forecasts."""
    chosen = picked(past, cutoff, earlier)
    made, level = reconciled(past, cutoff, past.following(chosen))
    return chosen, level, made
