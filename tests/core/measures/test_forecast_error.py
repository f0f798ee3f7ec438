"""Every vectorised measure against a loop that follows its definition."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.measures import forecast_error as fe

counts = st.integers(0, 50).map(float)
panels = arrays(np.float64, (4, 9), elements=counts)


def naive_loop(series, start, power):
    changes = [abs(series[t] - series[t - 1]) ** power for t in range(start + 1, len(series))]
    total = sum(changes)
    return total / len(changes) if changes and total else math.nan


@given(panels, st.lists(st.integers(0, 8), min_size=4, max_size=4), st.sampled_from([1, 2]))
def test_naive_error_is_a_loop_over_changes(units, start, power):
    expected = [naive_loop(list(row), s, power) for row, s in zip(units, start, strict=True)]
    assert fe.naive_error(units, np.array(start), power) == pytest.approx(expected, nan_ok=True)


@given(panels, panels)
def test_mase_and_rmsse_are_loops(actual, forecast):
    scale = np.array([1.0, 2.0, 3.0, 4.0])
    mase = [
        sum(abs(a - f) for a, f in zip(*pair, strict=True)) / 9 / s
        for pair, s in zip(zip(actual, forecast, strict=True), scale, strict=True)
    ]
    rmsse = [
        math.sqrt(sum((a - f) ** 2 for a, f in zip(*pair, strict=True)) / 9 / s)
        for pair, s in zip(zip(actual, forecast, strict=True), scale, strict=True)
    ]
    assert fe.mase(actual, forecast, scale) == pytest.approx(mase)
    assert fe.rmsse(actual, forecast, scale) == pytest.approx(rmsse)


@given(panels, panels)
def test_wape_and_bias_are_per_unit_sold(actual, forecast):
    sold = sum(map(float, actual.flat))
    wape = sum(abs(a - f) for a, f in zip(actual.flat, forecast.flat, strict=True))
    bias = sum(f - a for a, f in zip(actual.flat, forecast.flat, strict=True))
    expected = (wape / sold, bias / sold) if sold else (math.nan, math.nan)
    found = fe.wape(actual, forecast), fe.bias(actual, forecast)
    assert found == pytest.approx(expected, nan_ok=True)


@given(panels, panels, st.floats(0.05, 0.95))
def test_pinball_is_the_tilted_absolute_error(actual, quantile, level):
    expected = [
        level * (a - q) if a >= q else (1 - level) * (q - a)
        for a, q in zip(actual.flat, quantile.flat, strict=True)
    ]
    assert fe.pinball(actual, quantile, level).ravel() == pytest.approx(expected)


def test_the_true_quantile_has_the_least_pinball_loss():
    demand = np.random.default_rng(0).poisson(7, 20_000).astype(float)
    losses = {q: fe.pinball(demand, np.full_like(demand, q), 0.9).mean() for q in range(20)}
    assert min(losses, key=losses.get) == np.quantile(demand, 0.9)


def test_coverage_counts_both_ends():
    actual = np.array([1.0, 2.0, 3.0, 4.0])
    assert fe.coverage(actual, np.full(4, 2.0), np.full(4, 3.0)) == 0.5


def test_zero_wins_mase_and_loses_rmsse_on_a_slow_mover():
    """Why slow movers are judged by RMSSE and pinball loss."""
    actual = np.array([[0.0] * 8 + [10.0, 10.0]])
    zero, mean, scale = np.zeros_like(actual), np.full_like(actual, 2.0), np.ones(1)
    assert fe.mase(actual, zero, scale) < fe.mase(actual, mean, scale)
    assert fe.rmsse(actual, zero, scale) > fe.rmsse(actual, mean, scale)


def test_bootstrap_interval_of_a_ratio_covers_the_truth():
    rng = np.random.default_rng(1)
    inside = 0
    for trial in range(100):
        sold = rng.gamma(2, 10, (1, 150))
        errors = sold * rng.gamma(4, 0.1, (1, 150))
        value, low, high = fe.bootstrap_ratios(errors, sold, seed=trial)
        assert value == pytest.approx(errors.sum() / sold.sum())
        inside += bool(low[0] <= 0.4 <= high[0])
    assert 88 <= inside <= 100
