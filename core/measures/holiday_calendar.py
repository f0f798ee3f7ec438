"""The days that shops know beforehand: public holidays by country, and the days of big sales.

Public holidays come from the `holidays` package (no network). Moving sales days by rule: Black
Friday is the day after the fourth Thursday of November, Cyber Monday three days later; the week
before the Chinese New Year counts as its run-up.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.measures import periods

Floats = NDArray[np.float64]

#: Code -> (month, day) of sales days that stay where they are.
FIXED: Mapping[str, tuple[int, int]] = {
    "valentines_day": (2, 14),
    "june_18_sale": (6, 18),
    "singles_day": (11, 11),
    "double_twelve": (12, 12),
    "christmas_eve": (12, 24),
}
RUN_UP = 7
#: Where the Chinese New Year is a public holiday, with its own run-up of sales.
LUNAR = frozenset({"CN", "HK", "MO", "MY", "SG", "TW"})
SCHEMA = {"day": pl.Date(), "event": pl.String(), "event_zh": pl.String(), "public": pl.Boolean()}


def events(first: date, last: date, country: str | None) -> pl.DataFrame:
    """One row per day and event: day, event (an English name or a code), event_zh, public.

    country: ISO code; None leaves public holidays out.
    """
    rows = [
        row
        for year in range(first.year, last.year + 1)
        for row in (*_sales_days(year), *_public(year, country))
        if first <= row[0] <= last
    ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row").unique().sort("day", "event")


def weekly(as_of: date, weeks: int, ahead: int, country: str | None) -> Floats:
    """(weeks + ahead, 2) days a week that are public holidays, and that are sales days.

    Week `weeks` - 1 ends on `as_of`.
    """
    first = periods.first_day(as_of, "week", weeks - 1)
    last = as_of + timedelta(days=7 * ahead)
    found = events(first, last, country).with_columns(
        week=(pl.col("day") - first).dt.total_days() // 7
    )
    out = np.zeros((weeks + ahead, 2))
    counted = found.group_by("week", "public").agg(days=pl.col("day").n_unique())
    kind = 1 - counted["public"].cast(pl.Int8).to_numpy()
    out[counted["week"].to_numpy(), kind] = counted["days"].to_numpy()
    return out


def _sales_days(year: int) -> list[tuple[date, str, str, bool]]:
    friday = _black_friday(year)
    found = {code: date(year, *when) for code, when in FIXED.items()}
    found |= {"black_friday": friday, "cyber_monday": friday + timedelta(days=3)}
    return [(day, code, code, False) for code, day in found.items()]


def _black_friday(year: int) -> date:
    first = date(year, 11, 1)
    thursday = first + timedelta(days=(3 - first.weekday()) % 7 + 21)
    return thursday + timedelta(days=1)


@cache
def _public(year: int, country: str | None) -> tuple[tuple[date, str, str, bool], ...]:
    import holidays

    rows = _chinese_sales_days(year, country)
    if country is None or country not in holidays.list_supported_countries():
        return rows
    known = holidays.list_localized_countries().get(country, [])
    names = [
        holidays.country_holidays(country, years=year, language=_language(known, language))
        for language in ("en", "zh")
    ]
    english, chinese = names
    return (*rows, *((day, english[day], chinese[day], True) for day in english))


def _chinese_sales_days(year: int, country: str | None) -> tuple[tuple[date, str, str, bool], ...]:
    new_year = chinese_new_year(year)
    if new_year is None:
        return ()
    code, day = "chinese_new_year", new_year
    if country in LUNAR:
        code, day = "chinese_new_year_run_up", new_year - timedelta(days=RUN_UP)
    return ((day, code, code, False),)


def _language(known: list[str], wanted: str) -> str | None:
    """The supported language that begins with `wanted`; else English; else the country's own."""
    order = [name for start in (wanted, "en") for name in known if name.startswith(start)]
    if wanted == "zh" and "zh_CN" in known:
        return "zh_CN"
    return order[0] if order else None


@cache
def chinese_new_year(year: int) -> date | None:
    """First day of the Chinese year that begins in `year`; None where it is not known.

    Years that are not announced yet, or no longer, carry "(estimated)" in the name.
    """
    import holidays

    days: list[date] = holidays.country_holidays("SG", years=year, language="en_US").get_named(
        "Chinese New Year", lookup="startswith"
    )
    return min(days, default=None)


def country_code(name: str | None) -> str | None:
    """ISO code of a country by its name or code; None where it is not known."""
    if not name:
        return None
    from holidays.registry import COUNTRIES

    wanted = name.strip().lower()
    for key, (_, *codes) in COUNTRIES.items():
        if wanted in {key, key.replace("_", " "), *(code.lower() for code in codes)}:
            return str(codes[0])
    return ALIASES.get(wanted)


#: What shops call countries.
ALIASES: Mapping[str, str] = {
    "uk": "GB", "great britain": "GB", "england": "GB", "usa": "US", "united states": "US",
    "united states of america": "US", "eire": "IE", "中国": "CN", "中国大陆": "CN", "英国": "GB",
    "美国": "US", "香港": "HK", "中国香港": "HK", "台湾": "TW", "日本": "JP", "德国": "DE",
    "法国": "FR", "新加坡": "SG", "澳大利亚": "AU", "加拿大": "CA", "deutschland": "DE",
}  # fmt: skip


def usual_country(lines: pl.LazyFrame, columns: frozenset[str]) -> str | None:
    """ISO code of the country that most lines name."""
    if "country" not in columns:
        return None
    counted = lines.drop_nulls("country").group_by("country").agg(lines=pl.len())
    most = counted.sort("lines", "country", descending=[True, False]).head(1).collect()
    return country_code(most["country"].item()) if most.height else None
