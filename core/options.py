"""Options: the base of every Config. What a field allows lives in its type, once.

class Config(Options):
    method: Literal["auto", "als"] = "auto"
    min_support: Annotated[float, Range(0.001, 1)] = 0.01
    horizon_days: Annotated[int | None, Range(7, 365, 1)] = None   # None: chosen from the data
"""

import dataclasses
from dataclasses import dataclass
from datetime import date, datetime
from types import UnionType
from typing import Annotated, Any, Literal, Self, Union, get_args, get_origin, get_type_hints

from core.errors import BadOptionError


@dataclass(frozen=True)
class Range:
    """Closed interval of allowed values; `step` is for the slider that edits it."""

    low: float
    high: float
    step: float | None = None


@dataclass(frozen=True)
class Field:
    """What one option allows. `kind`: type of its value. `optional`: None may stand, for auto.

    `many`: the value is a tuple, each member of which is one of `choices` (or, without choices,
    lies in `range`).
    """

    name: str
    kind: type
    default: Any
    range: Range | None = None
    choices: tuple[Any, ...] = ()
    optional: bool = False
    many: bool = False

    def allows(self, value: object) -> bool:
        """Whether `value` may stand in this field."""
        if value is None:
            return self.optional
        if self.many:
            return isinstance(value, tuple) and all(self._allows_one(member) for member in value)
        return self._allows_one(value)

    def _allows_one(self, value: Any) -> bool:  # noqa: ANN401
        if self.choices:
            return value in self.choices
        if isinstance(value, bool | datetime):  # to Python one is an int, the other a date
            return type(value) is self.kind
        kinds = (int, float) if self.kind is float else self.kind
        known = isinstance(value, kinds)
        return known and (not self.range or self.range.low <= value <= self.range.high)

    @property
    def allowed(self) -> str:
        """What may stand here, in words for an error."""
        if self.choices:
            return ", ".join(map(str, self.choices))
        return f"{self.range.low} … {self.range.high}" if self.range else self.kind.__name__


@dataclass(frozen=True, kw_only=True)
class Options:
    """Frozen, keyword-only options, each checked against its type.

    as_of: the day the question is asked; nothing later is seen. None: the last order's day.
    """

    as_of: date | None = None

    def __post_init__(self) -> None:
        for field in fields(type(self)):
            value = getattr(self, field.name)
            if not field.allows(value):
                raise BadOptionError(
                    "{option} cannot be {value}; allowed: {allowed}.",
                    option=field.name,
                    value=value,
                    allowed=field.allowed,
                )

    def with_values(self, **values: Any) -> Self:  # noqa: ANN401
        """A copy with some options set: what auto chose, say."""
        return dataclasses.replace(self, **values)


def fields(options: type[Options]) -> tuple[Field, ...]:
    """The fields of `options`, in order, with what each allows."""
    hints = get_type_hints(options, include_extras=True)
    return tuple(_field(f.name, hints[f.name], f.default) for f in dataclasses.fields(options))


def _field(name: str, hint: Any, default: Any) -> Field:  # noqa: ANN401
    allowed = None
    if get_origin(hint) is Annotated:
        hint, *extras = get_args(hint)
        allowed = next((extra for extra in extras if isinstance(extra, Range)), None)
    members = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    (kind,) = (member for member in members if member is not type(None))
    many = get_origin(kind) is tuple
    kind = get_args(kind)[0] if many else kind
    choices = get_args(kind) if get_origin(kind) is Literal else ()
    return Field(
        name=name,
        kind=type(choices[0]) if choices else kind,
        default=default,
        range=allowed,
        choices=choices,
        optional=type(None) in members,
        many=many,
    )
