"""Dates as shops write them: the format is found on a sample, then the whole column is parsed once.

Day and month order is decided from the whole column; where every date reads both ways, asked.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from zoneinfo import available_timezones

import polars as pl

from core.errors import IntakeError

Order = Literal["dmy", "mdy", "ymd"]

#: shape of the date part -> chrono format; D and M stand for the two numbers whose order is open.
DATES: tuple[tuple[str, str], ...] = (
    (r"\d{4}-\d{1,2}-\d{1,2}", "%Y-%m-%d"),
    (r"\d{4}/\d{1,2}/\d{1,2}", "%Y/%m/%d"),
    (r"\d{4}\.\d{1,2}\.\d{1,2}", "%Y.%m.%d"),
    (r"\d{4}年\d{1,2}月\d{1,2}日", "%Y年%m月%d日"),
    (r"(?:19|20)\d{6}", "%Y%m%d"),
    (r"\d{1,2}/\d{1,2}/\d{4}", "A/B/%Y"),
    (r"\d{1,2}-\d{1,2}-\d{4}", "A-B-%Y"),
    (r"\d{1,2}\.\d{1,2}\.\d{4}", "A.B.%Y"),
    (r"\d{1,2}/\d{1,2}/\d{2}", "A/B/%y"),
    (r"\d{1,2}-\d{1,2}-\d{2}", "A-B-%y"),
    (r"\d{1,2}\.\d{1,2}\.\d{2}", "A.B.%y"),
    (r"[A-Za-z]{3}-\d{1,2}-\d{2}", "%b-%d-%y"),
    (r"[A-Za-z]{3}-\d{1,2}-\d{4}", "%b-%d-%Y"),
    (r"\d{1,2}-[A-Za-z]{3}-\d{2}", "%d-%b-%y"),
    (r"\d{1,2}-[A-Za-z]{3}-\d{4}", "%d-%b-%Y"),
    (r"[A-Za-z]{3,9} \d{1,2}, \d{4}", "%B %d, %Y"),
    (r"[A-Za-z]{3,9} \d{1,2} \d{4}", "%B %d %Y"),
    (r"\d{1,2} [A-Za-z]{3,9} \d{4}", "%d %B %Y"),
    (r"\d{1,2}\. [A-Za-z]{3,9} \d{4}", "%d. %B %Y"),
    (r"\d{1,2} [A-Za-z]{3,9} \d{2}", "%d %B %y"),
)
CLOCKS = (
    (r" \d{1,2}:\d{2}:\d{2}", " %H:%M:%S"),
    (r" \d{1,2}:\d{2}", " %H:%M"),
    (r" \d{1,2}:\d{2}:\d{2} [AaPp][Mm]", " %I:%M:%S %p"),
    (r" \d{1,2}:\d{2} [AaPp][Mm]", " %I:%M %p"),
)
TIMES: tuple[tuple[str, str], ...] = (
    (r"", ""),
    *CLOCKS,
    *((f",{pattern}", f",{form}") for pattern, form in CLOCKS),  # as browsers write them
    (r"T\d{1,2}:\d{2}:\d{2}", "T%H:%M:%S"),
    (r"T\d{1,2}:\d{2}", "T%H:%M"),
    (r" \d{2}:\d{2}:\d{2}\.\d+", " %H:%M:%S%.f"),
    (r"T\d{2}:\d{2}:\d{2}\.\d+", "T%H:%M:%S%.f"),
)
#: What follows the time; dropped unless times are to be turned into the shop's own zone.
ZONE = (
    r"(\d|[AaPp][Mm])\s*(?:Z|UTC|GMT|[A-Z]{2,4}T)$|"
    r"(:\d{2}(?:\.\d+)?(?:\s*[AaPp][Mm])?)\s*(?:UTC|GMT)?[+-]\d{1,2}(?::?\d{2})?$"
)
OFFSET = r":\d{2}(?:\.\d+)?(?:\s*[AaPp][Mm])?\s*(?:UTC|GMT)?([+-])(\d{1,2}):?(\d{2})?\s*$"
#: Before a date that names its month or begins with its year, and of no use to it.
WEEKDAY = (
    r"^(?i:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?)[.,]*\s+"
    r"([A-Za-z]|\d{1,2}\.? [A-Za-z]|\d{4}\D)"
)
#: Zones by their letters -> minutes ahead of UTC.
ZONES = {
    "Z": 0, "UTC": 0, "GMT": 0, "WET": 0, "WEST": 60, "BST": 60, "CET": 60, "CEST": 120,
    "EET": 120, "EEST": 180, "MSK": 180, "JST": 540, "KST": 540, "AEST": 600, "AEDT": 660,
    "EST": -300, "EDT": -240, "MST": -420, "MDT": -360, "PST": -480, "PDT": -420,
}  # fmt: skip
#: English month -> what French, Spanish, German, Italian, Portuguese and Dutch call it. A blank
#: behind it (_) keeps it out of the English name.
NAMED = {
    "Jan": "jan. janv. janvier januar_ januari enero ene gennaio gen janeiro",
    "Feb": "feb. févr. février februar_ februari febrero febbraio fevereiro fev",
    "Mar": "mar. mars märz mär mrz marzo março maart mrt",
    "Apr": "apr. avr. avril abril abr aprile",
    "May": "mai mayo maggio mag maio mei",
    "Jun": "jun. juin juni junio giugno giu junho",
    "Jul": "jul. juil. juillet juli julio luglio lug julho",
    "Aug": "aug. août agosto ago augustus",
    "Sep": "sep. sept. sept_ septembre septiembre settembre setembro set",
    "Oct": "oct. octobre oktober okt octubre ottobre ott outubro out",
    "Nov": "nov. novembre noviembre novembro",
    "Dec": "dec. déc. décembre dezember dez diciembre dicembre dic dezembro",
}
#: The longest first, or "mai" would be found in "maio".
LONGEST_FIRST = sorted(
    ((name, short) for short, names in NAMED.items() for name in names.split()),
    key=lambda named: -len(named[0]),
)
MONTHS = {n.replace("_", " "): month + " " * n.endswith("_") for n, month in LONGEST_FIRST}
#: Blanks that do not break, as browsers write before AM and PM.
NARROW = "\u00a0\u202f"
SERIAL = r"[2-6]\d{4}(?:\.\d+)?"
EPOCH = r"1\d{9}(?:\d{3})?"
EXCEL_EPOCH = pl.datetime(1899, 12, 30)


@dataclass(frozen=True)
class DateFormat:
    """How a column's dates are written: formats, most frequent first.

    `zone`: something follows the time. `months`: months are named in another language. `weekday`:
    the day of the week stands before some. `wrapped`: blanks or apostrophes stand around some, or
    blanks that do not break within.
    """

    formats: tuple[str, ...]
    zone: bool = False
    months: bool = False
    wrapped: bool = True
    weekday: bool = False

    def parse(self, column: pl.Expr, to: str | None = None, *, utc: bool = False) -> pl.Expr:
        """The column as date and time; null where no format fits.

        to: the zone whose clock is wanted; `utc` says that times without a zone are in UTC.
        """
        value = column
        if self.wrapped:
            value = value.str.replace_all(f"[{NARROW}]", " ").str.strip_chars(" \t'")
        if self.weekday:
            value = value.str.replace(WEEKDAY, "${1}")
        if self.months:
            value = value.str.replace_many(MONTHS, ascii_case_insensitive=True, leftmost=True)
        if self.zone:
            value = value.str.replace(ZONE, "${1}${2}")
        parsed = pl.coalesce(_parse(value, chosen) for chosen in self.formats)
        return parsed if to is None else self._moved(column, parsed, to, utc=utc)

    def _moved(self, column: pl.Expr, parsed: pl.Expr, to: str, *, utc: bool) -> pl.Expr:
        """Times that name their zone, by the clock of zone `to`; the others as they are."""
        minutes = _offset(column) if self.zone else pl.lit(None, pl.Int64)
        if utc or self.formats[0] == "epoch":
            minutes = minutes.fill_null(0)
        moment = (parsed - pl.duration(minutes=minutes)).dt.replace_time_zone("UTC")
        there = moment.dt.convert_time_zone(to).dt.replace_time_zone(None)
        return pl.coalesce(there, parsed)


def _offset(column: pl.Expr) -> pl.Expr:
    """How many minutes the zone behind each time is ahead of UTC; null where none is named."""
    sign = pl.when(column.str.extract(OFFSET, 1) == "-").then(-1).otherwise(1)
    hours = column.str.extract(OFFSET, 2).cast(pl.Int64)
    minutes = column.str.extract(OFFSET, 3).cast(pl.Int64).fill_null(0)
    named = column.str.extract(r"[\d\sM](Z|[A-Z]{3,4})\s*$")
    known = named.replace_strict(ZONES, default=None, return_dtype=pl.Int64)
    return pl.coalesce(sign * (hours * 60 + minutes), known)


def on_clock(values: pl.Series, to: str | None) -> pl.Series:
    """Typed times by the clock of zone `to`, or of their own zone, without naming it."""
    zone = getattr(values.dtype, "time_zone", None)
    if zone is not None:
        values = values.dt.convert_time_zone(to or zone).dt.replace_time_zone(None)
    return values.cast(pl.Datetime("us"))


def known_zone(name: str | None) -> str | None:
    """The name of a time zone that exists."""
    if name is not None and name not in available_timezones():
        raise IntakeError("{zone} is no time zone: write it like Europe/Berlin.", zone=name)
    return name


def _parse(value: pl.Expr, chosen: str) -> pl.Expr:
    if chosen == "serial":
        days = value.cast(pl.Float64, strict=False)
        plausible = pl.when(days.is_between(20_000, 70_000)).then(days)
        return EXCEL_EPOCH + pl.duration(seconds=(plausible * 86_400).round())
    if chosen == "epoch":
        number = value.cast(pl.Int64, strict=False)
        seconds = pl.when(number > 10**11).then(number // 1000).otherwise(number)
        return pl.from_epoch(seconds, time_unit="s").cast(pl.Datetime("us"))
    if "%H" in chosen or "%I" in chosen:
        return value.str.to_datetime(chosen, strict=False, time_unit="us")
    return value.str.to_date(chosen, strict=False).cast(pl.Datetime("us"))


def find(sample: Sequence[str], order: Order | None) -> DateFormat | None:
    """The formats of most of the sample; None if fewer than half of it are dates.

    Formats whose order is open are written with `order`, or left open (A and B) without.
    """
    texts = [_bare(text) for text in sample if text.strip()]
    weekday = any(re.match(WEEKDAY, text) for text in texts)
    if weekday:
        texts = [re.sub(WEEKDAY, r"\1", text) for text in texts]
    months = any(_foreign(text) for text in texts[:100])
    if months:
        texts = [_english(text) for text in texts]
    zone = any(re.search(ZONE, text) for text in texts)
    counts = Counter(_format(re.sub(ZONE, r"\1\2", text) if zone else text) for text in texts)
    fitting = sum(count for found, count in counts.items() if found)
    if not texts or fitting < 0.5 * len(texts):
        return None
    formats = tuple(found for found, _ in counts.most_common(6) if found)
    wrapped = any(text != _bare(text) for text in sample)
    chosen = tuple(ordered(found, order) for found in formats)
    return DateFormat(chosen, zone, months, wrapped, weekday)


def ordered(chosen: str, order: Order | None) -> str:
    """An open format with its order filled in."""
    if order == "ymd":
        return re.sub(r"^A(.)B.%y", r"%y\1%m\1%d", chosen).replace("A", "%d").replace("B", "%m")
    if order is None:
        return chosen
    first, second = ("%d", "%m") if order == "dmy" else ("%m", "%d")
    return re.sub(r"^A(.)B", rf"{first}\1{second}", chosen)


def is_open(found: DateFormat) -> bool:
    """Whether day and month order is still to be decided."""
    return any(chosen.startswith("A") for chosen in found.formats)


def order_of(column: pl.Series) -> tuple[Order | None, int, int]:
    """(order, dates with a first number over 12, with a second over 12) of the whole column.

    None: every date reads both ways, and some of them differently.
    """
    numbers = column.str.extract_groups(r"^[\s']*(\d{1,2})[/.\-](\d{1,2})[/.\-]").struct.unnest()
    first, second = (part.cast(pl.Int8) for part in numbers.get_columns())
    days, months = int((first > 12).sum()), int((second > 12).sum())
    if days or months:
        return ("dmy" if days >= months else "mdy"), days, months
    return (None if bool((first != second).any()) else "mdy"), 0, 0


def _format(text: str) -> str | None:
    for shape, chosen in DATES:
        if found := re.match(shape, text):
            rest = text[found.end() :]
            time = next((form for pattern, form in TIMES if re.fullmatch(pattern, rest)), None)
            if time is not None:
                return chosen + time
    if re.fullmatch(SERIAL, text):
        return "serial"
    return "epoch" if re.fullmatch(EPOCH, text) else None


def _bare(text: str) -> str:
    return re.sub(f"[{NARROW}]", " ", text).strip(" \t'")


def _foreign(text: str) -> bool:
    return any(month in text.lower() for month in MONTHS)


def _english(text: str) -> str:
    found = "|".join(map(re.escape, MONTHS))
    return re.sub(found, lambda month: MONTHS[month[0].lower()], text, flags=re.IGNORECASE)
