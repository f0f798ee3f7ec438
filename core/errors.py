"""Errors that core raises on purpose: one sentence, what is wrong and what would mend it.

The sentence is kept apart from its values, so that a page can say it in the reader's language.
"""

from functools import partial
from typing import Any

from core.finding import english


class CoreError(Exception):
    """Base of every error that may be shown to the reader as it stands."""

    def __init__(self, text: str, **values: object) -> None:
        self.text, self.values = text, values
        super().__init__(english(text, values))

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled by sentence and values: by default the filled sentence would be filled again."""
        return partial(type(self), self.text, **self.values), ()


class MissingColumnsError(CoreError):
    """The data lacks columns that an analysis needs."""


class NotEnoughDataError(CoreError):
    """The columns are there, but too few rows are left to compute on."""


class BadOptionError(CoreError):
    """A Config value lies outside what its field allows."""


class IntakeError(CoreError):
    """A file cannot be read as an order export."""


class AmbiguousDatesError(IntakeError):
    """Every date of a column reads as day/month and as month/day: the reader must say which."""
