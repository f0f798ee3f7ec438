"""Rolling origins: learn on earlier days, set the level on a later one, test on the latest.

With horizon H and a test on day t, the window (t - H, t] sets the level, and every window learned
from ends by t - H: nothing that is learned from overlaps in time with what is tested on.

Source: Tashman (2000), International Journal of Forecasting 16(4), on rolling-origin evaluation.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import takewhile

#: Test days, and days learned from per test day, at most.
TESTS, LEARNED = 3, 6
#: A year, in whole weeks; a shop's first half year is no season of it.
YEAR, GROWING_UP = timedelta(days=364), timedelta(days=182)
#: Least history before the first day that is learned from, in days.
LEAST_HISTORY = 14


@dataclass(frozen=True)
class Fold:
    """Days on which questions are asked. test: of the answer; calibrate, learn: before it."""

    test: date
    calibrate: date
    learn: tuple[date, ...]


def least_days(horizon_days: int, windows: int) -> int:
    """Days of history that `windows` closed windows need."""
    return windows * horizon_days + _lead(horizon_days)


def fold(first: date, test: date, horizon_days: int) -> Fold | None:
    """The fold that answers on `test`; None where the history is too short for it."""
    horizon = timedelta(days=horizon_days)
    start = first + timedelta(days=_lead(horizon_days))
    # Half a horizon apart, so that two steps are one: the folds share most days they learn from.
    steps = (timedelta(days=horizon_days * i // 2) for i in range(LEARNED))
    days = (test - 2 * horizon - step for step in steps)
    learn = tuple(takewhile(lambda day: day >= start, days))
    return Fold(test, test - horizon, learn) if learn else None


def folds(first: date, as_of: date, horizon_days: int) -> tuple[Fold, ...]:
    """The folds whose test windows are closed on `as_of`, latest first."""
    tests = (as_of - timedelta(days=horizon_days * (i + 1)) for i in range(TESTS))
    found = (fold(first, test, horizon_days) for test in tests)
    return tuple(one for one in found if one is not None)


def year_before(first: date, fold: Fold) -> tuple[date, date] | None:
    """The days that set the level and test a year before; None where they are not known."""
    days = fold.calibrate - YEAR, fold.test - YEAR
    return days if days[0] >= first + GROWING_UP else None


def _lead(horizon_days: int) -> int:
    return max(LEAST_HISTORY, horizon_days // 2)
