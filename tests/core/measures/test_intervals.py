"""Intervals of shares: a published example, statsmodels, and the ends."""

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from core.measures.intervals import wilson


def test_newcombe_1998_table_i():
    """Newcombe (1998), Statistics in Medicine 17(8), table I: 81 of 263."""
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)


def test_wilson_agrees_with_statsmodels():
    hits, n = np.array([7, 0, 50]), np.array([20, 5, 50])
    np.testing.assert_allclose(
        wilson(hits, n), proportion_confint(hits, n, method="wilson"), atol=1e-9
    )


def test_the_ends_are_exact_and_the_other_side_is_open():
    low, high = wilson([0] * 300 + list(range(1, 301)), [*range(1, 301)] * 2)
    assert (low[:300] == 0).all()
    assert (high[:300] > 0).all()
    assert (high[300:] == 1).all()
    assert (low[300:] < 1).all()
