"""The week's most valuable actions, out of those that all analyses propose.

Each action is worth `value` over `days`, so waiting a week costs value · 7 / days: that ranks it.
Actions that may well be worth nothing (their interval reaches zero) come after those that are not,
and no page speaks twice before every other page with something to say has spoken once.
"""

import math
from collections.abc import Iterable, Sequence
from weakref import WeakKeyDictionary

from core.analyses import Result
from core.finding import Action, Finding


def top(results: Iterable[Result], n: int = 3) -> list[Action]:
    """The `n` most valuable actions of all `results`, best first."""
    proposed = [action for result in results for action in _proposed(result)]
    ranked = sorted(filter(_is_worth_money, proposed), key=_rank)
    first = [action for action in ranked if _leads(action, ranked)]
    return (first + [action for action in ranked if not _leads(action, ranked)])[:n]


def _proposed(result: Result) -> list[Action]:
    """What a result proposes, asked once: a page that is drawn again must not wait for it."""
    if result not in _PROPOSED:
        _PROPOSED[result] = result.actions()
    return _PROPOSED[result]


_PROPOSED: WeakKeyDictionary[Result, list[Action]] = WeakKeyDictionary()


def per_week(action: Action) -> float:
    """What a week of waiting costs, in the shop's currency."""
    return action.value * 7 / max(action.days, 1)


def nothing(chosen: Sequence[Action]) -> list[Finding]:
    """What to say where no action is worth its effort; empty if there is one."""
    if chosen:
        return []
    return [
        Finding(
            "Nothing stands out this week: no analysis found an action whose gain can be told "
            "from zero. Carry on, and look again next week."
        )
    ]


def _is_worth_money(action: Action) -> bool:
    return math.isfinite(action.value) and action.value > 0


def _rank(action: Action) -> tuple[bool, float, str, str]:
    return (not action.low > 0, -per_week(action), action.page, str(action.finding))


def _leads(action: Action, ranked: Sequence[Action]) -> bool:
    return action is next(other for other in ranked if other.page == action.page)
