"""What an option allows lives in its type: a table of what is let in and what is refused."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Literal

import pytest

from core.errors import BadOptionError
from core.options import Options, Range


@dataclass(frozen=True, kw_only=True)
class Config(Options):
    days: Annotated[int | None, Range(7, 365, 1)] = None
    share: Annotated[float, Range(0, 1)] = 0.5
    method: Literal["auto", "als"] = "auto"
    whole: bool = False


@pytest.mark.parametrize(
    "given",
    [
        {"days": 7},
        {"days": None},
        {"share": 0.25},
        {"share": 1},
        {"method": "als"},
        {"whole": True},
        {"as_of": date(2026, 3, 31)},
    ],
)
def test_what_is_allowed_stands(given):
    (name,) = given
    assert getattr(Config(**given), name) == given[name]


@pytest.mark.parametrize(
    "given",
    [
        {"days": 6},
        {"days": 30.5},
        {"days": "30"},
        {"share": True},
        {"share": float("nan")},
        {"share": None},
        {"method": "tarot"},
        {"whole": 1},
        {"as_of": datetime(2026, 3, 31, 12)},
        {"as_of": "2026-03-31"},
    ],
)
def test_what_is_not_is_refused_by_name(given):
    (name,) = given
    with pytest.raises(BadOptionError, match=name):
        Config(**given)
