"""Numbers, money and dates as a language writes them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from babel import dates, numbers

if TYPE_CHECKING:
    import polars as pl

BABEL = {"en": "en", "zh": "zh_Hans_CN"}
#: 30 Jun 2026: no reader of English takes the day for the month. Chinese: spaced as its sentences.
DAY = {"en": "d MMM y", "zh": "y 年 M 月 d 日"}
#: Amounts of a column are written whole if one is LARGE and at least half reach SMALL: a price of
#: 0.35 beside one of 1,500 must not read 0.
LARGE, SMALL = 1_000, 100


@dataclass(frozen=True)
class Locale:
    """`currency` is an ISO code; None: the export named none, so money is a bare number."""

    language: str
    currency: str | None = None

    @property
    def babel(self) -> str:
        """The name that Babel knows."""
        return BABEL.get(self.language, "en")

    @property
    def symbol(self) -> str:
        """The currency's sign; empty without a currency."""
        if self.currency is None:
            return ""
        return str(numbers.get_currency_symbol(self.currency, locale=self.babel))

    def money(self, value: float) -> str:
        """An amount: no decimals from 100 up, where they only distract."""
        return self._amount(value, 0 if abs(value) >= 100 else 2)

    def cents(self, value: float) -> str:
        """An amount as books hold it: to the cent."""
        return self._amount(value, 2)

    def _amount(self, value: float, decimals: int) -> str:
        if self.currency is None:
            return self.decimal(value, decimals)
        return str(
            numbers.format_currency(
                round(value, decimals) + 0,
                self.currency,
                f"¤{_digits(decimals)}",
                locale=self.babel,
                currency_digits=False,
            )
        )

    def percent(self, value: float) -> str:
        """A share: one decimal below ten percent."""
        decimals = 0 if abs(value) >= 0.0995 or value == 0 else 1
        rounded = round(value, decimals + 2) + 0
        return str(numbers.format_percent(rounded, f"{_digits(decimals)}%", locale=self.babel))

    def day(self, value: date | datetime) -> str:
        """A day."""
        if isinstance(value, str):
            return value
        return str(dates.format_date(value, DAY.get(self.language, "medium"), locale=self.babel))

    def decimal(self, value: float | str, decimals: int) -> str:
        """A number, or a text that is one, with so many decimals; no minus stands before a zero."""
        rounded = round(float(value), decimals) + 0
        return str(numbers.format_decimal(rounded, _digits(decimals), locale=self.babel))

    @cached_property
    def formats(self) -> Mapping[str, Callable[[Any], str]]:
        """spec of a sentence -> how it is written."""
        return {
            "money": self.money,
            "cents": self.cents,
            "percent": self.percent,
            "integer": lambda value: self.decimal(value, 0),
            "number": lambda value: self.decimal(value, 1),
            "ratio": lambda value: self.decimal(value, 2),
            "date": self.day,
        }


def _digits(decimals: int) -> str:
    return f"#,##0.{'0' * decimals}" if decimals else "#,##0"


def decimals(values: "pl.Series", spec: str | None) -> int:
    """How many decimals all numbers of one column are written with: as few as say enough."""
    if spec == "money":
        sizes = values.abs()
        mostly = 2 * (sizes >= SMALL).sum() >= sizes.count()
        return 0 if mostly and (sizes >= LARGE).any() else 2
    if spec in ("percent", "ratio", "cents"):
        return 1 if spec == "percent" else 2
    if spec == "integer" or values.dtype.is_integer() or bool((values % 1 == 0).all()):
        return 0
    return 1 if spec == "number" else 3
