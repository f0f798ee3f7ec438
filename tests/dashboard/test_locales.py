"""Numbers, money and dates as each language writes them."""

from datetime import date

import pytest

from dashboard.locales import Locale


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
