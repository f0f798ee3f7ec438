"""How the numbers of a table are written."""

import polars as pl
import pytest

from dashboard.tables import decimals


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
