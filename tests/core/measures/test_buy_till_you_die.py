"""Buy-till-you-die models: published values on CDNOW (1/10 sample, 2,357 customers, weeks)."""

import numpy as np
import polars as pl
import pytest

from benchmarks import cdnow as orders
from core.measures import buy_till_you_die as btyd

one = np.atleast_1d


def model(name, **parameters):
    return btyd.Model(name, parameters, 0.0)


BG = model("bg_nbd", r=0.2425945, alpha=4.4136019, a=0.7929199, b=2.4258881)


@pytest.fixture(scope="module")
def cdnow():
    pytest.importorskip("lifetimes")
    from lifetimes.datasets import load_cdnow_summary_data_with_monetary_value

    frame = load_cdnow_summary_data_with_monetary_value()
    return tuple(
        frame[name].to_numpy(dtype=float)
        for name in ("frequency", "recency", "T", "monetary_value")
    )


@pytest.fixture(scope="module")
def daily_cdnow():
    """The same customers from the raw orders, T to the day: the Pareto/NBD reference's data."""
    pytest.importorskip("lifetimes")
    days = orders.lines().select(id="customer_id", day=pl.col("ordered_at").dt.date()).collect()
    first = days.group_by("id").agg(start=pl.col("day").min())
    seen = days.filter(pl.col("day") <= pl.date(1997, 9, 30)).unique()
    table = (
        seen.group_by("id")
        .agg(x=pl.len() - 1, last=pl.col("day").max())
        .join(first, on="id")
        .sort("id")
        .with_columns(
            t_x=(pl.col("last") - pl.col("start")).dt.total_days() / 7,
            age=(pl.date(1997, 9, 30) - pl.col("start")).dt.total_days() / 7,
        )
    )
    return tuple(table[name].to_numpy().astype(float) for name in ("x", "t_x", "age"))


def test_bg_nbd_on_cdnow_fader_hardie_lee_2005(cdnow):
    fitted = btyd.fit("bg_nbd", *cdnow[:3])
    assert list(fitted.parameters.values()) == pytest.approx(
        [0.2426, 4.4136, 0.7929, 2.4259], rel=1e-3
    )
    assert fitted.log_likelihood == pytest.approx(-9582.43, abs=0.01)


def test_mbg_nbd_on_cdnow(cdnow):
    fitted = btyd.fit("mbg_nbd", *cdnow[:3])
    assert list(fitted.parameters.values()) == pytest.approx(
        [0.5248, 6.1831, 0.8914, 1.6140], rel=1e-3
    )
    assert fitted.log_likelihood == pytest.approx(-9582.14, abs=0.01)


def test_pareto_nbd_on_cdnow_clvtools(cdnow):
    fitted = btyd.fit("pareto_nbd", *cdnow[:3])
    assert list(fitted.parameters.values()) == pytest.approx(
        [0.553, 10.578, 0.606, 11.669], rel=2e-3
    )
    assert fitted.log_likelihood == pytest.approx(-9594.976, abs=0.01)
    errors = btyd.standard_errors(fitted, *cdnow[:3])
    assert list(errors.values()) == pytest.approx([0.0476, 0.8427, 0.1873, 6.2105], rel=0.01)


def test_gamma_gamma_on_cdnow_hardie_note_025(cdnow):
    x, _, _, value = cdnow
    fitted = btyd.fit_gamma_gamma(x, value)
    assert (fitted.p, fitted.q, fitted.gamma) == pytest.approx((6.25, 3.74, 15.44), rel=2e-3)
    assert fitted.log_likelihood == pytest.approx(-4055.92, abs=0.01)
    assert fitted.mean_value(x, value)[:10] == pytest.approx(
        [24.65, 18.91, 35.17, 35.17, 35.17, 71.46, 18.91, 35.17, 27.28, 35.17], abs=0.02
    )


@pytest.mark.parametrize("mean", [[0.0, 0.0], [-1.0, -2.0], [5.0, 0.0], [np.nan, 5.0]])
def test_gamma_gamma_needs_two_customers_who_paid(mean):
    assert btyd.fit_gamma_gamma(np.array([2.0, 3.0]), np.array(mean)) is None


def test_gamma_gamma_without_a_mean_is_none():
    """Values so far apart (Pareto of index 0.6) that their mean does not exist."""
    values = np.random.default_rng(0).pareto(0.6, 2000) + 1
    assert btyd.fit_gamma_gamma(np.full(2000, 3.0), values) is None


def test_days_give_the_same_model_as_weeks(cdnow):
    """Only the parameter that is a time changes its unit."""
    x, t_x, age, _ = cdnow
    weeks, days = btyd.fit("bg_nbd", x, t_x, age), btyd.fit("bg_nbd", x, t_x * 7, age * 7)
    assert days.parameters["alpha"] == pytest.approx(7 * weeks.parameters["alpha"], rel=1e-3)
    assert days.parameters["r"] == pytest.approx(weeks.parameters["r"], rel=1e-3)
    assert days.active(x, t_x * 7, age * 7, 70.0) == pytest.approx(
        weeks.active(x, t_x, age, 10.0), abs=1e-4
    )


def test_raw_orders_lead_to_the_published_histories(cdnow, daily_cdnow):
    for ours, published in zip(daily_cdnow, cdnow, strict=False):
        assert ours == pytest.approx(published, abs=0.006)


def test_bg_nbd_btyd_walkthrough():
    """To the digits that the published parameters carry."""
    x, t_x, age = one(26.0), one(216 / 7), one(31.0)
    assert BG.expected_orders(x, t_x, age, 52.0)[0] == pytest.approx(25.75659, rel=1e-4)
    assert BG.alive(x, t_x, age)[0] == pytest.approx(0.9688523, abs=5e-6)


def test_pareto_nbd_btyd_walkthrough():
    fitted = model("pareto_nbd", r=0.5533971, alpha=10.5801985, s=0.6060625, beta=11.6562237)
    x, t_x, age = one(26.0), one(216 / 7), one(31.0)
    assert fitted.expected_orders(x, t_x, age, 52.0)[0] == pytest.approx(25.45647, rel=1e-4)
    assert fitted.alive(x, t_x, age)[0] == pytest.approx(0.997874, abs=1e-5)


def test_the_increasing_frequency_paradox_of_the_walkthrough():
    x = np.array([10.0, 15, 20, 25])
    expected = BG.expected_orders(x, np.full(4, 20.0), np.full(4, 39.0), 52.0)
    assert expected == pytest.approx([0.3475, 0.0428, 0.00416, 0.000358], rel=0.01)


def test_expected_orders_of_lifetimes():
    assert BG.expected_orders(one(2.0), one(30.43), one(38.86), 39.0)[0] == pytest.approx(
        1.226, abs=1e-3
    )
    times = (0.1429, 1.0, 3.0, 31.857, 32.0, 78.0)
    new = [BG.expected_orders(one(0.0), one(0.0), one(0.0), time)[0] for time in times]
    assert new == pytest.approx([0.0078, 0.0532, 0.1506, 1.0405, 1.0437, 1.8576], abs=1e-3)


def test_likelihoods_of_pymc_marketing_do_not_overflow():
    fitted = model("bg_nbd", r=0.25, alpha=4.0, a=0.8, b=2.5)
    x, t_x, age = np.array([0.0, 200.0]), np.array([0.0, 38.0]), np.array([40.0, 40.0])
    assert fitted.log_likelihoods(x, t_x, age) == pytest.approx([-0.59947382, 100.7957], abs=1e-4)


def test_pareto_integral_equals_the_hypergeometric_form():
    """Fader & Hardie (2005), "A note on deriving the Pareto/NBD", equation 20, alpha >= beta."""
    from scipy.special import gammaln, hyp2f1

    r, alpha, s, beta = 0.7, 12.0, 0.5, 5.0
    x, t_x, age = np.array([0.0, 1, 4, 12]), np.array([0.0, 3, 20, 30]), np.array([9.0, 30, 35, 39])

    def term(t):
        z = (alpha - beta) / (alpha + t)
        return hyp2f1(r + s + x, s + 1, r + s + x + 1, z) / (alpha + t) ** (r + s + x)

    inside = (alpha + age) ** -(r + x) * (beta + age) ** -s
    inside += s / (r + s + x) * (term(t_x) - term(age))
    wanted = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta) + np.log(inside)
    fitted = model("pareto_nbd", r=r, alpha=alpha, s=s, beta=beta)
    assert fitted.log_likelihoods(x, t_x, age) == pytest.approx(wanted, abs=1e-9)


@pytest.mark.parametrize("name", list(btyd.KERNELS))
def test_gradients_equal_differences(name):
    rng = np.random.default_rng(0)
    age = rng.uniform(1, 50, 40)
    t_x = age * rng.random(40)
    x = rng.poisson(3, 40).astype(float)
    t_x[x == 0] = 0
    theta = np.array([0.6, 8.0, 0.9, 2.0])
    kernel = btyd.KERNELS[name][0]
    slope = kernel(theta, x, t_x, age)[2]
    for i, step in enumerate(1e-6 * theta):
        up, down = (kernel(theta + d * np.eye(4)[i] * step, x, t_x, age)[0] for d in (1, -1))
        assert slope[i] == pytest.approx((up - down) / (2 * step), rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("name", list(btyd.KERNELS))
def test_probability_of_an_order_equals_simulated_shares(name):
    """Draw customers from the model itself and watch those with a like history."""
    rng, n, age, horizon = np.random.default_rng(1), 60_000, 20.0, 15.0
    parameters = {"r": 1.2, "alpha": 8.0}
    parameters |= {"s": 1.1, "beta": 25.0} if name == "pareto_nbd" else {"a": 1.0, "b": 3.0}
    rate = rng.gamma(1.2, 1 / 8.0, n)
    if name == "pareto_nbd":
        end = rng.exponential(1 / rng.gamma(1.1, 1 / 25.0, n))
    else:
        end = np.full(n, np.inf)
        p = rng.beta(1.0, 3.0, n)
    x, last, later, clock = np.zeros(n), np.zeros(n), np.zeros(n, bool), np.zeros(n)
    gone = rng.random(n) < p if name == "mbg_nbd" else np.zeros(n, bool)
    for _ in range(40):
        clock = clock + rng.exponential(1 / rate)
        ordered = ~gone & (clock < end)
        early, late = ordered & (clock <= age), ordered & (clock > age) & (clock <= age + horizon)
        x, last = x + early, np.where(early, clock, last)
        later |= late
        gone |= ~ordered | (clock > age + horizon)
        if name != "pareto_nbd":
            gone |= rng.random(n) < p
    fitted = model(name, **parameters)
    for repeats in (0, 1, 3):
        like = x == repeats
        predicted = fitted.active(x[like], last[like], np.full(like.sum(), age), horizon)
        error = (predicted.mean() * (1 - predicted.mean()) / like.sum()) ** 0.5
        assert later[like].mean() == pytest.approx(predicted.mean(), abs=4.5 * error)


def test_fit_recovers_planted_parameters_from_many_customers():
    """BG/NBD with r .8, alpha 17, a .7, b 6 over a year of weeks (performance.md's shop)."""
    rng, n = np.random.default_rng(2), 30_000
    rate, p, age = rng.gamma(0.8, 1 / 17, n), rng.beta(0.7, 6, n), rng.uniform(4, 52, n)
    x, last, clock, here = np.zeros(n), np.zeros(n), np.zeros(n), np.ones(n, bool)
    for _ in range(80):
        clock = clock + rng.exponential(1 / rate)
        here &= clock <= age
        x, last = x + here, np.where(here, clock, last)
        here &= rng.random(n) >= p
    fitted = btyd.fit("bg_nbd", x, last, age)
    assert fitted.parameters["r"] == pytest.approx(0.8, rel=0.06)
    assert fitted.parameters["alpha"] == pytest.approx(17, rel=0.07)
    assert fitted.parameters["a"] / (fitted.parameters["a"] + fitted.parameters["b"]) == (
        pytest.approx(0.7 / 6.7, rel=0.12)
    )


def test_counts_of_parts_add_up(cdnow):
    x, t_x, age = cdnow[:3]
    *_, n = btyd.counted(x, t_x, age)
    assert n.sum() == len(x)
    assert len(n) < 0.9 * len(x)
    order = np.random.default_rng(3).permutation(len(x))
    shuffled = btyd.fit("bg_nbd", x[order], t_x[order], age[order])
    assert shuffled.parameters == btyd.fit("bg_nbd", x, t_x, age).parameters


@pytest.mark.parametrize("name", ["bg_nbd", "mbg_nbd"])
def test_histories_taken_together_give_nearly_the_same_fit(cdnow, name):
    """CDNOW in 1,000 cells instead of its distinct histories: parameters within two per cent."""
    exact = btyd.fit(name, *cdnow[:3])
    counts = btyd.grouped(*cdnow[:3], rows=1000)
    assert len(counts[0]) < len(btyd.counted(*cdnow[:3])[0])
    assert counts[3].sum() == len(cdnow[0])
    near = btyd.fit_counts(name, counts)
    for parameter, value in exact.parameters.items():
        assert near.parameters[parameter] == pytest.approx(value, rel=0.02)
