"""Forecasting methods against published figures, loops, and each other.

STATSFORECAST: statsforecast 2.1.1 (numpy 2, pandas 2.3) in an environment of its own, models
SimpleExponentialSmoothing(alpha), CrostonClassic, CrostonSBA and TSB(alpha_d, alpha_p).
"""

import numpy as np
import pytest

from core.analyses.inventory import methods

SERIES = {
    "intermittent": [3, 0, 0, 2, 0, 5, 0, 0, 0, 1, 4, 0, 0, 6, 0, 0, 2, 0, 0, 0, 3, 1, 0, 0, 7],
    "smooth": [12, 15, 11, 14, 18, 16, 13, 17, 19, 15, 20, 18, 22, 17, 21, 24, 19, 23, 25, 22],
    "ends_on_sale": [1, 0, 2, 0, 0, 3, 0, 1, 0, 0, 0, 4, 2],
}
STATSFORECAST = {
    ("intermittent", "ses", 0.1): 1.684931795623879,
    ("intermittent", "ses", 0.3): 2.5013533381915685,
    ("intermittent", "croston", 0.1): 1.663526536465654,
    ("intermittent", "sba", 0.1): 1.5803502096423712,
    ("intermittent", "tsb", 0.1): 1.5427579861292613,
    ("smooth", "ses", 0.1): 18.973652954759896,
    ("smooth", "ses", 0.3): 22.119661654049125,
    ("smooth", "croston", 0.1): 18.973652954759896,
    ("smooth", "sba", 0.1): 18.0249703070219,
    ("smooth", "tsb", 0.1): 18.973652954759896,
    ("ends_on_sale", "ses", 0.1): 1.114703294501,
    ("ends_on_sale", "ses", 0.3): 1.5953296721409997,
    ("ends_on_sale", "croston", 0.1): 1.0121607004563464,
    ("ends_on_sale", "sba", 0.1): 0.961552665433529,
    ("ends_on_sale", "tsb", 0.1): 0.9712641796351728,
}
UPDATES = {
    "ses": methods.smooth,
    "croston": methods.croston,
    "sba": methods.sba,
    "tsb": methods.tsb,
}


@pytest.mark.parametrize(("name", "method", "alpha"), STATSFORECAST)
def test_equals_statsforecast(name, method, alpha):
    units, start = np.array([SERIES[name]], dtype=float), np.zeros(1, dtype=np.intp)
    level = methods.levels(units, start, UPDATES[method], (alpha,))[0, -1]
    assert level == pytest.approx(STATSFORECAST[name, method, alpha], abs=1e-6)


def test_smoothing_is_the_weighted_sum_of_the_past():
    units = np.array([[5.0, 1.0, 4.0, 8.0]])
    alpha = 0.3
    closed = 5 * 0.7**3 + alpha * (1 * 0.7**2 + 4 * 0.7 + 8)
    found = methods.levels(units, np.zeros(1, dtype=np.intp), methods.smooth, (alpha,))
    assert found[0, -1] == pytest.approx(closed)


def test_weeks_before_the_first_sale_do_not_count():
    late = np.array([[0.0, 0.0, 0.0, 4.0, 0.0, 2.0, 6.0]])
    alone = late[:, 3:]
    for name, method in methods.METHODS.items():
        whole = method(late, np.array([3]), [7], 2)
        part = method(alone, np.array([0]), [4], 2)
        assert whole == pytest.approx(part), name


def test_the_constant_is_the_one_with_the_least_error_so_far():
    rng = np.random.default_rng(3)
    units = rng.poisson(6, (5, 30)).astype(float)
    start = np.zeros(5, dtype=np.intp)
    found = methods.levels(units, start, methods.smooth, methods.SMOOTHING)
    for row in range(5):
        tracks = {
            a: methods.levels(units[[row]], start[:1], methods.smooth, (a,))[0]
            for a in methods.SMOOTHING
        }
        loss = {a: ((units[row, 1:] - t[:-1]) ** 2).sum() for a, t in tracks.items()}
        assert found[row, -1] == pytest.approx(tracks[min(loss, key=loss.get)][-1])


def test_a_past_origin_does_not_see_what_came_later():
    rng = np.random.default_rng(4)
    units = rng.poisson(2, (6, 70)).astype(float)
    start = np.array([0, 0, 3, 10, 40, 58])
    changed = units.copy()
    changed[:, 60:] += 100
    before, after = (methods.forecasts(data, start, [60], 6) for data in (units, changed))
    for name, forecast in before.items():
        assert forecast == pytest.approx(after[name]), name


def test_moving_average_is_a_mean_of_the_last_weeks():
    units = np.array([[9.0, 1.0, 5.0, 3.0]])
    means = {units[0, -k:].mean() for k in methods.WINDOWS}
    found = methods.moving_average(units, np.zeros(1, dtype=np.intp), [4], 1)[0, 0, 0]
    assert found in means


@pytest.mark.parametrize(("weeks", "age", "back"), [(120, 120, 52), (120, 30, 4), (20, 20, 4)])
def test_seasonal_naive_looks_a_year_back_or_four_weeks(weeks, age, back):
    units = np.arange(weeks, dtype=float)[None]
    found = methods.seasonal_naive(units, np.array([weeks - age]), [weeks], 4)
    assert found[0, 0].tolist() == [weeks - back + step for step in range(4)]


def test_tsb_lets_demand_fade_and_croston_does_not():
    units = np.concatenate([np.full((1, 20), 5.0), np.zeros((1, 30))], axis=1)
    start = np.zeros(1, dtype=np.intp)
    faded = methods.levels(units, start, methods.tsb, (0.1,))[0, -1]
    stuck = methods.levels(units, start, methods.croston, (0.1,))[0, -1]
    assert faded == pytest.approx(5 * 0.9**30)
    assert stuck == 5
