"""Which method is taken, and how surely it leads.

A method is beaten when the paired difference to the best one has a 95 % interval above zero; the
simplest method that is not beaten is chosen.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.analyses.recommendations.intervals import resampled
from core.analyses.recommendations.models import BASELINES, METHODS
from core.analyses.recommendations.tournament import DECIDES, Outcome
from core.finding import Finding

Floats = NDArray[np.float64]


def choose(outcomes: Sequence[Outcome], k: int, seed: int, methods: Iterable[str] = METHODS) -> str:
    """The simplest method that no other beats by more than chance, on the measure that decides.

    methods: from the simplest to the most elaborate.
    """
    values = {one.method: one.measures(k)[DECIDES] for one in outcomes}
    simple = [method for method in methods if method in values]
    best = max(simple, key=lambda method: (values[method].mean(), -simple.index(method)))
    leads = np.column_stack([values[best] - values[method] for method in simple])
    low = resampled(leads, seed, outcomes[0].customer)[0]
    return next(method for method, lead in zip(simple, low, strict=True) if lead <= 0)


def lead(outcomes: Sequence[Outcome], k: int, chosen: str, seed: int) -> dict[str, Any] | None:
    """The chosen method's paired lead over the better baseline, on the measure that decides.

    method, rival, difference, low, high, relative; None if it is that baseline, or untested.
    """
    values = {one.method: one.measures(k)[DECIDES] for one in outcomes}
    rival = max(BASELINES, key=lambda name: values[name].mean() if name in values else -1.0)
    if chosen == rival or chosen not in values:
        return None
    return _paired(values, chosen, rival, seed, outcomes[0].customer)


def ahead(outcomes: Sequence[Outcome], k: int, chosen: str, seed: int) -> dict[str, Any] | None:
    """The same lead of the best method over the chosen one; None if that is the best."""
    values = {one.method: one.measures(k)[DECIDES] for one in outcomes}
    best = max(values, key=lambda method: (values[method].mean(), method == chosen))
    if best == chosen:
        return None
    return _paired(values, best, chosen, seed, outcomes[0].customer)


def _paired(
    values: dict[str, NDArray[np.float64]],
    method: str,
    rival: str,
    seed: int,
    customer: NDArray[np.int64],
) -> dict[str, Any]:
    paired = values[method] - values[rival]
    low, high = resampled(paired[:, None], seed, customer)[:, 0]
    difference, base = float(paired.mean()), float(values[rival].mean())
    return {
        "method": method,
        "rival": rival,
        "difference": difference,
        "low": float(low),
        "high": float(high),
        "relative": difference / base if base else None,
    }


def led(lead: dict[str, Any]) -> Finding:
    """The lead over the better simple rule, customer by customer, in points of what was bought."""
    if lead["low"] > 0:
        return Finding(
            "Customer by customer it beats the simple rule “{rival:label}” by more than chance: "
            "its lists held {relative:percent} more of what was bought later (difference "
            "{difference:percent} of the purchases, 95% interval {low:percent} to {high:percent}).",
            lead,
        )
    if lead["high"] < 0:
        return Finding(
            "The simple rule “{rival:label}” beats it by more than chance (difference "
            "{difference:percent} of the purchases, 95% interval {low:percent} to {high:percent}).",
            lead,
            "caution",
        )
    return Finding(
        "It is not better than the simple rule “{rival:label}” by more than chance (difference "
        "{difference:percent} of the purchases, 95% interval {low:percent} to {high:percent}).",
        lead,
        "caution",
    )
