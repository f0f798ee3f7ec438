"""Which methods to believe, per demand pattern, from how they did at earlier cut-offs.

    behind(method) = max over (RMSSE, pinball) of loss(method) / loss(better baseline)

A method is a candidate if it beat both baselines (seasonal naive and moving average) by both
measures: behind <= 1. The combination of all kinds is taken, if it is a candidate, unless another
did clearly better (by 1 %): a small lead at a few cut-offs is chance. Then, or if it is none, the
three best candidates are averaged. So nothing is picked that lost to a simple rule while anything
beat it; where one baseline leads by one measure and the other by the other, and nothing beats both,
what is least behind stands, be it a baseline. Products with a strong season of their own go by
their own record.
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

#: How many of the best are averaged, and the lead that it takes to leave the combination.
FEW, CLEAR = 3, 0.01
COMBINATION = "combination"
#: Products that a demand pattern needs for a choice of its own.
FEWEST_PRODUCTS = 100
OWN_SEASON = "own_season"
#: The pattern of products that have no say in what is best for the others.
NO_SAY = -1


def picked(past: History, cutoff: int, scores: Mapping[str, Sequence[Scores]]) -> NDArray[np.str_]:
    """(products,) the method, or methods joined by methods.AND, of each product at `cutoff`.

    scores: how every method did at the cut-offs before. Products with a strong season of their own
    go by their own record, and have no say in what suits the others: out of season their errors
    tell of the season alone.
    """
    own = by_own_record(past, cutoff)
    pattern = classes.pattern(past.units[:, :cutoff], past.start)
    others = choose(scores, np.where(own == "", pattern, NO_SAY))
    return np.where(own == "", others, own)


def choose(scores: Mapping[str, Sequence[Scores]], pattern: NDArray[np.intp]) -> NDArray[np.str_]:
    """(products,) the best methods of each demand pattern; the moving average without evidence.

    A pattern of fewer than FEWEST_PRODUCTS takes what is best over all products but those of
    NO_SAY.
    """
    everywhere = _losses(scores, pattern != NO_SAY)
    chosen = np.full(len(pattern), _winners(everywhere), dtype="U96")
    for number in range(len(classes.PATTERNS)):
        inside = pattern == number
        if inside.sum() >= FEWEST_PRODUCTS and (loss := _losses(scores, inside)):
            chosen[inside] = _winners(loss)
    return chosen


def by_own_record(past: History, cutoff: int) -> NDArray[np.str_]:
    """(products,) of products with a strong season what had the least squared error, over the
    horizon, from every origin of the year before `cutoff`: a few cut-offs before the season say
    nothing of it. "" for the others, or without most of that year.
    """
    first = cutoff - past.horizon - seasonal.YEAR
    rows = [n for n, origin in enumerate(past.origins) if first <= origin <= cutoff - past.horizon]
    strong = seasonal.strong(past.units[:, :cutoff], past.start)
    if OWN_SEASON not in past.forecasts or len(rows) < seasonal.YEAR // 2 or not strong.any():
        return np.full(len(strong), "")
    actual = np.array([past.actual(past.origins[row]).sum(axis=1) for row in rows])
    names = np.array([OWN_SEASON, *methods.BASELINES])
    errors = [((past.mean(name)[rows] - actual) ** 2).mean(axis=0) for name in names]
    return np.where(strong, names[np.argmin(errors, axis=0)], "")


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
    """The few least behind, among what beat both baselines by both measures."""
    if not losses:
        return "moving_average"
    bars = [min(losses[name][measure] for name in methods.BASELINES) or 1 for measure in (0, 1)]

    def behind(name: str) -> float:
        """The worse of a method's two losses, by the better baseline's: beyond 1 it lost."""
        return max(loss / bar for loss, bar in zip(losses[name], bars, strict=True))

    rivals = sorted(losses.keys() - set(methods.BASELINES), key=lambda name: (behind(name), name))
    able = [name for name in rivals if behind(name) <= 1]
    if COMBINATION in able and behind(COMBINATION) <= behind(able[0]) + CLEAR:
        return COMBINATION
    return methods.AND.join(able[:FEW]) or min(losses, key=behind)


def _root_mean(squared: Floats) -> Floats:
    """(cut-offs, products) -> root mean per product that was judged at least once."""
    judged = np.isfinite(squared).any(axis=0)
    return np.asarray(np.sqrt(np.nanmean(squared[:, judged], axis=0)))
