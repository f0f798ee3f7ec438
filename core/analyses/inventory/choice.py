"""Which methods to believe, per demand pattern, from how they did at earlier cut-offs.

A method is a candidate if it beat both baselines (seasonal naive and moving average) by RMSSE and
by pinball loss. The combination of all kinds is taken, if it is a candidate, unless others did
clearly better (by 2 % of the baseline's loss): a small lead at a few cut-offs is chance. Then, or
if it is none, the three best candidates are averaged; without any, the better baseline stands. So
nothing is ever picked that lost to a simple rule.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from core.analyses.inventory import classes, methods, seasonal
from core.analyses.inventory.history import History
from core.analyses.inventory.scores import Scores
from core.measures import forecast_error

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: How many of the best are averaged, and the lead (in the two relative losses together) that it
#: takes to leave the combination.
FEW, CLEAR = 3, 0.02
COMBINATION = "combination"
#: Products that a demand pattern needs for a choice of its own.
FEWEST_PRODUCTS = 100
OWN_SEASON = "own_season"


def choose(scores: Mapping[str, Sequence[Scores]], pattern: NDArray[np.intp]) -> NDArray[np.str_]:
    """(products,) the best methods of each demand pattern, joined by methods.AND; the moving
    average without evidence.

    A pattern of fewer than FEWEST_PRODUCTS judged products takes what is best over all of them.
    """
    everywhere = _losses(scores, np.ones(len(pattern), dtype=bool))
    chosen = np.full(len(pattern), _winners(everywhere), dtype="U96")
    for number in range(len(classes.PATTERNS)):
        inside = pattern == number
        if inside.sum() >= FEWEST_PRODUCTS and (loss := _losses(scores, inside)):
            chosen[inside] = _winners(loss)
    return chosen


def seasonal_choice(past: History, cutoff: int, chosen: NDArray[np.str_]) -> NDArray[np.str_]:
    """`chosen`, but products with a strong season of their own by their own record of a year.

    A few cut-offs before the season say nothing of it; so each such product takes what had the
    least squared error, over the horizon, from every origin of the year before `cutoff`.
    """
    first = cutoff - past.horizon - seasonal.YEAR
    rows = [n for n, origin in enumerate(past.origins) if first <= origin <= cutoff - past.horizon]
    strong = seasonal.strong(past.units[:, :cutoff], past.start)
    if OWN_SEASON not in past.forecasts or len(rows) < seasonal.YEAR // 2 or not strong.any():
        return chosen
    actual = np.array([past.actual(past.origins[row]).sum(axis=1) for row in rows])
    names = np.array([OWN_SEASON, *methods.BASELINES])
    errors = [((past.mean(name)[rows] - actual) ** 2).mean(axis=0) for name in names]
    return np.where(strong, names[np.argmin(errors, axis=0)], chosen)


def reconciled(past: History, cutoff: int, made: Floats) -> tuple[Floats, str]:
    """`made` drawn to the forecasts of the total or the categories, and which; "" if that did not
    lower the scaled error at the cut-offs before.
    """
    known = [c for c in past.cutoffs() if c + past.horizon <= cutoff]
    tried = {"": made} | {level.name: level.agreeing(made) for level in past.levels}
    if not known:
        return made, ""
    errors = {name: _scaled_error(past, forecast, known) for name, forecast in tried.items()}
    best = min(errors, key=lambda name: errors[name])
    return tried[best], best


def _scaled_error(past: History, made: Floats, cutoffs: Sequence[int]) -> float:
    """Mean RMSSE over products and cut-offs."""
    found = []
    for cutoff in cutoffs:
        row = past.origins.index(cutoff)
        scale = forecast_error.naive_error(past.units[:, :cutoff], past.start, 2)
        error = forecast_error.rmsse(past.actual(cutoff), made[row], scale)
        found.append(error[past.valid(cutoff) & np.isfinite(error)])
    every = np.concatenate(found)
    return float(every.mean()) if len(every) else 0.0


def _losses(
    scores: Mapping[str, Sequence[Scores]], inside: Flags
) -> dict[str, tuple[float, float]]:
    """method -> (RMSSE, pinball) over the products `inside`; empty if nothing was judged."""
    losses = {}
    for name, rows in scores.items():
        squared = np.array([row.squared[inside] for row in rows])
        pinball = np.array([row.pinball[:, inside] for row in rows])
        if not np.isfinite(squared).any():
            return {}
        losses[name] = (float(_root_mean(squared).mean()), float(np.nanmean(pinball)))
    return losses


def _winners(losses: Mapping[str, tuple[float, float]]) -> str:
    """The few with the least RMSSE and pinball, among what beat both baselines by both."""
    if not losses:
        return "moving_average"
    rmsse, pinball = (
        min(losses[baseline][measure] for baseline in methods.BASELINES) for measure in (0, 1)
    )

    def loss(name: str) -> float:
        return losses[name][0] / (rmsse or 1) + losses[name][1] / (pinball or 1)

    able = [
        name
        for name, (root, mean) in losses.items()
        if name not in methods.BASELINES and root <= rmsse and mean <= pinball
    ]
    best = sorted(able, key=loss)[:FEW]
    if COMBINATION in able and loss(COMBINATION) <= loss(best[0]) + CLEAR:
        return COMBINATION
    return methods.AND.join(best) or min(methods.BASELINES, key=loss)


def _root_mean(squared: Floats) -> Floats:
    """(cut-offs, products) -> root mean per product that was judged at least once."""
    judged = np.isfinite(squared).any(axis=0)
    return np.asarray(np.sqrt(np.nanmean(squared[:, judged], axis=0)))
