"""Forecasting methods against published figures, loops, and each other.

STATSFORECAST: statsforecast 2.1.1 (numpy 2, pandas 2.3) in an environment of its own, models
SimpleExponentialSmoothing(alpha), CrostonClassic, CrostonSBA and TSB(alpha_d, alpha_p).
"""

import numpy as np
import pytest

from core.analyses.inventory import aggregate, methods, seasonal
from core.analyses.inventory.context import Context
from core.measures import smoothing

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
    "ses": smoothing.smooth,
    "croston": smoothing.croston,
    "sba": smoothing.sba,
    "tsb": smoothing.tsb,
}
ONE = np.zeros(1, dtype=np.intp)
ALONE = Context(ONE)


def last(units, update, *constants) -> float:
    return float(smoothing.track(units, ONE, update, (constants,))[0][0, -1])


def seasonal_shop(products=8, weeks=170, seed=2):
    rng = np.random.default_rng(seed)
    season = 1 + 0.6 * np.sin(2 * np.pi * np.arange(weeks) / 52)
    return rng.poisson(12 * season, (products, weeks)).astype(float)


@pytest.mark.parametrize(("name", "method", "alpha"), STATSFORECAST)
def test_equals_statsforecast(name, method, alpha):
    units = np.array([SERIES[name]], dtype=float)
    assert last(units, UPDATES[method], alpha) == pytest.approx(
        STATSFORECAST[name, method, alpha], abs=1e-6
    )


def test_smoothing_is_the_weighted_sum_of_the_past():
    units = np.array([[5.0, 1.0, 4.0, 8.0]])
    alpha = 0.3
    closed = 5 * 0.7**3 + alpha * (1 * 0.7**2 + 4 * 0.7 + 8)
    assert last(units, smoothing.smooth, alpha) == pytest.approx(closed)


def test_weeks_before_the_first_sale_do_not_count():
    late = np.array([[0.0, 0.0, 0.0, 4.0, 0.0, 2.0, 6.0]])
    alone = late[:, 3:]
    for name, method in methods.USUAL.items():
        whole = method(late, np.array([3]), [7], 2, ALONE)
        part = method(alone, ONE, [4], 2, ALONE)
        assert whole == pytest.approx(part), name


def test_the_constant_is_the_one_with_the_least_error_so_far():
    rng = np.random.default_rng(3)
    units = rng.poisson(6, (5, 30)).astype(float)
    start = np.zeros(5, dtype=np.intp)
    found = smoothing.track(units, start, smoothing.smooth, smoothing.SMOOTHING)[0]
    for row in range(5):
        tracks = {
            a: smoothing.track(units[[row]], start[:1], smoothing.smooth, (a,))[0][0]
            for a in smoothing.SMOOTHING
        }
        loss = {a: ((units[row, 1:] - t[:-1]) ** 2).sum() for a, t in tracks.items()}
        assert found[row, -1] == pytest.approx(tracks[min(loss, key=loss.get)][-1])


@pytest.mark.parametrize("name", [*methods.METHODS])
def test_a_past_origin_does_not_see_what_came_later(name):
    rng = np.random.default_rng(4)
    units = rng.poisson(2, (30, 90)).astype(float)
    start = np.tile([0, 0, 3, 10, 40, 58], 5)
    changed = units.copy()
    changed[:, 80:] += 100
    groups = np.arange(30) % 2
    before, after = (
        methods.METHODS[name](data, start, [74, 77, 80], 3, Context(groups))
        for data in (units, changed)
    )
    assert before == pytest.approx(after)


def test_moving_average_is_a_mean_of_the_last_weeks():
    units = np.array([[9.0, 1.0, 5.0, 3.0]])
    means = {units[0, -k:].mean() for k in methods.WINDOWS}
    found = methods.moving_average(units, ONE, [4], 1, ALONE)[0, 0, 0]
    assert found in means


@pytest.mark.parametrize(("weeks", "age", "back"), [(120, 120, 52), (120, 30, 4), (20, 20, 4)])
def test_seasonal_naive_looks_a_year_back_or_four_weeks(weeks, age, back):
    units = np.arange(weeks, dtype=float)[None]
    found = methods.seasonal_naive(units, np.array([weeks - age]), [weeks], 4, ALONE)
    assert found[0, 0].tolist() == [weeks - back + step for step in range(4)]


def test_tsb_lets_demand_fade_and_croston_does_not():
    units = np.concatenate([np.full((1, 20), 5.0), np.zeros((1, 30))], axis=1)
    assert last(units, smoothing.tsb, 0.1) == pytest.approx(5 * 0.9**30)
    assert last(units, smoothing.croston, 0.1) == 5


def test_holt_is_a_loop_and_follows_a_line_that_a_flat_forecast_lags():
    units = np.array([[3.0, 5.0, 4.0, 8.0, 9.0, 12.0]])
    rate, share = 0.4, 0.2
    level, slope = 3.0, 0.0
    for seen in units[0, 1:]:
        error = seen - level - slope
        level, slope = level + slope + rate * error, slope + rate * share * error
    _, found, trend, _, _ = smoothing.track(units, ONE, smoothing.trend, ((rate, share, 1.0),), 3)
    assert (found[0, -1], trend[0, -1]) == pytest.approx((level, slope))
    line = np.arange(60.0)[None]
    assert methods.METHODS["holt"](line, ONE, [60], 4, ALONE)[0, 0] == pytest.approx(
        [60, 61, 62, 63], abs=1
    )


def test_damped_trend_levels_off():
    line = np.arange(60.0)[None]
    ahead = methods.METHODS["damped_trend"](line, ONE, [60], 30, ALONE)[0, 0]
    steps = np.diff(ahead)
    assert (np.diff(steps) < 0).all()


def test_theta_adds_half_the_slope_to_smoothing():
    """Hyndman & Billah (2003): SES with drift b / 2, b the slope of the straight line."""
    rng = np.random.default_rng(5)
    units = (20 + 0.5 * np.arange(40) + rng.normal(0, 2, 40))[None]
    level, rate = smoothing.track(units, ONE, smoothing.smooth, smoothing.SMOOTHING)
    slope = np.polyfit(np.arange(40), units[0], 1)[0]
    a = rate[0, -1]
    expected = [level[0, -1] + slope / 2 * (k + 1 / a - (1 - a) ** 40 / a) for k in range(3)]
    assert methods.theta(units, ONE, [40], 3, ALONE)[0, 0] == pytest.approx(expected)


def test_adida_smooths_buckets_and_imapa_averages_their_lengths():
    units = np.array([[4.0, 0, 0, 2, 0, 0, 6, 0, 0, 1, 0, 0]])
    assert aggregate.bucket_lengths(units, ONE).tolist() == [2]  # 10 weeks up to the 4th sale: 2.5
    pairs = units.reshape(1, 6, 2).sum(axis=2)
    by_hand = smoothing.track(pairs, ONE, smoothing.smooth, smoothing.SMOOTHING)[0][0, -1] / 2
    assert methods.adida(units, ONE, [12], 1, ALONE)[0, 0, 0] == pytest.approx(by_hand)
    single = smoothing.track(units, ONE, smoothing.smooth, smoothing.SMOOTHING)[0][0, -1]
    assert methods.imapa(units, ONE, [12], 1, ALONE)[0, 0, 0] == pytest.approx(
        (by_hand + single) / 2
    )


def test_pooled_indices_find_the_season_of_the_group():
    units = seasonal_shop()
    found = seasonal.indices(units, np.zeros(8, dtype=np.intp))[0]
    truth = 1 + 0.6 * np.sin(2 * np.pi * (170 + np.arange(52)) / 52)
    assert np.corrcoef(found, truth)[0, 1] > 0.97
    assert np.abs(found - truth).mean() < 0.12


@pytest.mark.parametrize("name", ["pooled_season", "holt_winters"])
def test_a_season_is_forecast_better_than_by_smoothing(name):
    units = seasonal_shop()
    start, groups = np.zeros(8, dtype=np.intp), np.zeros(8, dtype=np.intp)
    origins = [130, 143, 156]
    actual = np.array([units[:, o : o + 13] for o in origins])
    errors = {
        method: np.abs(
            methods.METHODS[method](units[:, :156], start, origins[:2], 13, Context(groups))
            - actual[:2]
        ).mean()
        for method in (name, "exponential_smoothing")
    }
    assert errors[name] < 0.9 * errors["exponential_smoothing"]


def test_own_season_repeats_the_same_weeks_of_two_years():
    year = np.zeros(52)
    year[40:50] = 30.0
    units = np.tile(year, 3)[None]
    ahead = methods.own_season(units, ONE, [104 + 36], 12, ALONE)[0, 0]
    assert ahead[:3].tolist() == [0, 0, 0]
    assert ahead[5:10] == pytest.approx(np.full(5, 30.0))
    assert seasonal.strong(units, ONE).tolist() == [True]
    noise = np.random.default_rng(3).poisson(5, (300, 120)).astype(float)
    assert seasonal.strong(noise, np.zeros(300, dtype=np.intp)).mean() < 0.02


@pytest.mark.parametrize("name", ["ridge", "gradient_boosting", "neural_network"])
def test_global_models_learn_what_all_products_do(name):
    """Every product sells every other week: what sold last week will not sell this week."""
    rng = np.random.default_rng(6)
    phase = np.arange(60)[:, None] % 2
    units = rng.poisson(9, (60, 80)) * ((np.arange(80) + phase) % 2 == 0) * 1.0
    start, groups = np.zeros(60, dtype=np.intp), np.zeros(60, dtype=np.intp)
    found = methods.METHODS[name](units, start, [79], 1, Context(groups))[0, :, 0]
    sells = (79 + phase[:, 0]) % 2 == 0
    assert found[sells].mean() > 3 * found[~sells].mean()
