"""A finding: one sentence about a result, kept apart from its numbers so it can be translated.

A sentence is an English format string. Beside Python's own format specs its placeholders may name
one of `FORMATS` ("{revenue:money}", "{share:percent}"), which the dashboard writes by locale.
"""

import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

#: How much a message or a prompt adds to what customers do by themselves. Nothing in past orders
#: says: every sentence that counts on it names it as assumed, and a held-out group measures it.
ASSUMED_EFFECT = 0.1

#: spec -> how English text without a locale writes it. `label` is a code with a term of its own,
#: `names` several words as they are, `labels` several codes.
FORMATS: Mapping[str, Callable[[Any], str]] = {
    "money": lambda value: f"{value:,.0f}" if abs(value) >= 100 else f"{value:z,.2f}",
    "percent": lambda value: f"{value:.0%}" if abs(value) >= 0.1 else f"{value:.1%}",
    "integer": lambda value: f"{value:,.0f}",
    "number": lambda value: f"{value:,.1f}",
    "ratio": lambda value: f"{value:.2f}",
    "date": lambda value: _day(value).isoformat(),
    "label": lambda value: str(value).replace("_", " "),
    "names": ", ".join,
    "labels": lambda values: ", ".join(value.replace("_", " ") for value in values),
}


class Wording(string.Formatter):
    """Fills sentences; `formats` says how each named spec is written."""

    def __init__(self, formats: Mapping[str, Callable[[Any], str]]) -> None:
        self.formats = formats

    def format_field(self, value: Any, format_spec: str) -> str:  # noqa: ANN401
        """Write one value; null reads as a dash."""
        if value is None:
            return "–"
        if format_spec in self.formats:
            return self.formats[format_spec](value)
        return str(super().format_field(value, format_spec))


_ENGLISH = Wording(FORMATS)


def english(text: str, values: Mapping[str, object]) -> str:
    """The sentence in English, its values filled in."""
    return _ENGLISH.vformat(text, (), values)


@dataclass(frozen=True)
class Finding:
    """`text` is an English format string; `values` fills it. str() gives the English sentence."""

    text: str
    values: Mapping[str, Any] = field(default_factory=dict)
    kind: Literal["fact", "caution"] = "fact"

    def __str__(self) -> str:
        return english(self.text, self.values)


@dataclass(frozen=True)
class Action:
    """Something worth doing this week: a sentence, and the money at stake with its interval.

    `page` is where the reader finds it; `value` (in the shop's currency, over `days`) ranks it.
    """

    finding: Finding
    page: str
    value: float
    low: float
    high: float
    days: int


def _day(value: date | datetime) -> date:
    return value.date() if isinstance(value, datetime) else value
