"""Numbers, money and dates as each language writes them."""

from datetime import date

import polars as pl
import pytest

from dashboard.locales import Locale, decimals


@pytest.mark.parametrize(
    ("language", "currency", "value", "written"),
    [
        ("en", "GBP", -16_602.3, "-£16,602"),
        ("zh", "GBP", -16_602.3, "-£16,602"),
        ("zh", "CNY", -2.5, "-¥2.50"),
        ("en", "GBP", 99.5, "£99.50"),
        ("en", None, -1234, "-1,234"),
    ],
)
def test_money(language, currency, value, written):
    assert Locale(language, currency).money(value) == written


@pytest.mark.parametrize(
    ("language", "written"), [("en", "30 Jun 2026"), ("zh", "2026 年 6 月 30 日")]
)
def test_a_day_cannot_be_taken_for_a_month(language, written):
    assert Locale(language).day(date(2026, 6, 30)) == written


@pytest.mark.parametrize(("value", "written"), [(0.0123, "1.2%"), (0.5, "50%"), (0, "0%")])
def test_percent(value, written):
    assert Locale("en").percent(value) == written


@pytest.mark.parametrize(
    ("amounts", "digits"),
    [
        ([0.35, 4.5, 1500.0], 2),
        ([12.0, 99.5], 2),
        ([250.5, 980.25, 12_000.75], 0),
        ([-250.5, -980.25, -12_000.75], 0),
        ([None, None], 2),
        ([], 2),
    ],
)
def test_no_small_price_reads_zero_beside_a_large_one(amounts, digits):
    assert decimals(pl.Series(amounts, dtype=pl.Float64), "money") == digits


def test_a_number_in_text_is_written_as_one():
    assert Locale("en").formats["integer"]("1234") == "1,234"
