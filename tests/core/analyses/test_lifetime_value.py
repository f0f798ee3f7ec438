"""Lifetime value: CDNOW against the literature, the demo shop against what was planted."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from benchmarks import cdnow as orders
from core.analyses import lifetime_value
from core.analyses.lifetime_value import backtest, fallback, valuing
from core.dataset import Dataset
from core.errors import NotEnoughDataError
from core.measures import buy_till_you_die as btyd
from core.measures import customers

CALIBRATION_END = date(1997, 9, 30)


@pytest.fixture(scope="module")
def cdnow() -> Dataset:
    """The 1/10 sample: 2,357 customers, January 1997 to June 1998."""
    pytest.importorskip("lifetimes")
    return Dataset("cdnow", "cdnow", orders.lines())


@pytest.fixture(scope="module")
def held(cdnow) -> backtest.Held:
    return backtest.hold_back(cdnow.lines, CALIBRATION_END, 273)


def test_the_sample_is_the_one_of_the_literature(cdnow, held):
    assert cdnow.facts["customers"] == 2357
    assert held.profile.height == 2357


def test_bg_nbd_gives_fader_hardie_and_lees_parameters(held):
    """Fader, Hardie & Lee (2005), table 2: r .243, alpha 4.414 weeks, a .793, b 2.426."""
    found = held.people["bg_nbd"].model.parameters
    weeks = [found["r"], found["alpha"] / 7, found["a"], found["b"]]
    assert weeks == pytest.approx([0.243, 4.414, 0.793, 2.426], rel=0.005)


@pytest.mark.parametrize(
    ("model", "published"), [("bg_nbd", 0.786), ("mbg_nbd", 0.765), ("pareto_nbd", 0.755)]
)
def test_weeks_40_to_78_come_out_as_published(held, model, published):
    """Mean absolute error per customer of the 39 held-back weeks, and both naive rules."""
    error = {name: np.abs(e - held.actual).mean() for name, e in held.expected.items()}
    assert error[model] == pytest.approx(published, abs=0.01)
    assert error[model] < error["past_rate"]
    total = {name: abs(e.sum() / held.actual.sum() - 1) for name, e in held.expected.items()}
    assert total[model] < 0.2
    assert total[model] < total["past_rate"]
    assert total["nothing"] == 1


def test_the_range_of_a_customer_holds_what_it_promises(held):
    for model in backtest.MODELS:
        assert 0.8 <= held.coverage(model) <= 0.98


def test_range_against_simulation():
    """Customers drawn from BG/NBD itself: the range of 80 % must hold about as many or more."""
    truth = btyd.Model("bg_nbd", {"r": 1.0, "alpha": 30.0, "a": 0.5, "b": 3.0}, 0.0)
    rng = np.random.default_rng(0)
    rows = []
    for number in range(1500):
        rate, leave = rng.gamma(1.0, 1 / 30.0), rng.beta(0.5, 3.0)
        day, orders = 0.0, [0]
        while True:
            day += rng.exponential(1 / rate)
            if day > 500:
                break
            orders.append(int(day))
            if rng.random() < leave:
                break
        rows += [(f"c{number}", date(2024, 1, 1) + timedelta(days=d)) for d in orders]
    lines = pl.DataFrame(rows, schema=["customer_id", "day"], orient="row").unique().sort(pl.all())
    lines = lines.with_columns(
        order_id=pl.int_range(pl.len()).cast(pl.String),
        ordered_at=pl.col("day").cast(pl.Datetime("us")),
        quantity=1.0,
        revenue=10.0,
    )
    split = date(2024, 1, 1) + timedelta(days=300)
    profile = customers.profile(lines.lazy(), split).collect()
    after = lines.filter(pl.col("day") > split).group_by("customer_id").agg(n=pl.len())
    joined = profile.join(after, on="customer_id", how="left", maintain_order="left")
    actual = joined["n"].fill_null(0).to_numpy().astype(np.float64)
    low, high = valuing.People(truth, profile).orders_range(200)
    inside = ((low <= actual) & (actual <= high)).mean()
    assert 0.8 <= inside <= 0.97


def test_discounting_by_hand():
    """At no rate the discounted orders are the expected orders; at a rate they are fewer."""
    profile = pl.DataFrame({"order_days": [4], "tenure_days": [300], "recency_days": [20]})
    model = btyd.Model("mbg_nbd", {"r": 0.5, "alpha": 40.0, "a": 0.9, "b": 1.6}, 0.0)
    x, t_x, age = btyd.histories(profile)
    whole = model.expected_orders(x, t_x, age, 365.0)
    assert valuing.People(model, profile).discounted_orders(365, 0.0) == pytest.approx(whole)
    discounted = valuing.People(model, profile).discounted_orders(365, 0.1)
    assert whole / 1.1 < discounted < whole


def test_median_wait_is_where_the_chance_is_one_half():
    profile = pl.DataFrame(
        {"order_days": [20, 1], "tenure_days": [300, 600], "recency_days": [5, 600]}
    )
    model = btyd.Model("mbg_nbd", {"r": 0.5, "alpha": 10.0, "a": 0.9, "b": 1.6}, 0.0)
    wait = valuing.People(model, profile).median_wait()
    x, t_x, age = btyd.histories(profile)
    assert model.active(x[:1], t_x[:1], age[:1], wait[0]) == pytest.approx(0.5, abs=0.02)
    assert np.isnan(wait[1])


def test_shrinkage_by_hand():
    profile = pl.DataFrame({"orders": [1, 3], "average_order": [10.0, 30.0]})
    usual = (10 + 90) / 4
    wanted = [(10 + 2 * usual) / 3, (90 + 2 * usual) / 5]
    assert valuing.basket_values(profile, "shrinkage") == pytest.approx(wanted)


@pytest.mark.parametrize("revenue", [0.0, -3.0, None])
def test_a_shop_whose_orders_are_worth_nothing_is_answered(revenue):
    """Gamma-Gamma has nothing to be fitted to: shrinkage stands in, and is what is named."""
    lines = pl.DataFrame(
        [(f"c{n}", f"{n}-{k}", (n * 7 + k * 37) % 400) for n in range(300) for k in range(3)],
        schema=["customer_id", "order_id", "day"],
        orient="row",
    ).with_columns(
        ordered_at=pl.lit(date(2024, 1, 1)).cast(pl.Datetime("us")) + pl.duration(days="day"),
        quantity=1.0,
        revenue=pl.lit(revenue, pl.Float64),
    )
    result = lifetime_value.run(Dataset("free", "free", lines.lazy()), lifetime_value.Config())
    assert result.config.basket_value == "shrinkage"
    assert result.customers["future_value"].to_list() == [0.0] * 300
    assert result.total == (0, 0, 0)


@pytest.mark.parametrize("mean", [[0.0, -5.0, 0.0], [0.0, 30.0, np.nan]])
def test_gamma_gamma_that_cannot_be_fitted_falls_back_to_shrinkage(mean):
    profile = pl.DataFrame({"orders": [1, 3, 2], "average_order": mean})
    shrunk = valuing.basket_values(profile, "shrinkage")
    np.testing.assert_equal(valuing.basket_values(profile, "gamma_gamma"), shrunk)


def test_the_parameters_have_the_columns_that_are_promised(cdnow):
    config = lifetime_value.Config(model="mbg_nbd", as_of=CALIBRATION_END)
    parameters = lifetime_value.run(cdnow, config).parameters
    assert f"parameters: {', '.join(parameters.columns)};" in lifetime_value.Result.__doc__


def test_planted_customers_who_left_are_worth_little(answered):
    from sample_data.generate import shop

    result = answered(lifetime_value)
    truth = shop("medium").truth.customers.select("customer_id", "alive")
    joined = result.customers.join(truth, on="customer_id").filter(pl.col("orders") >= 4)
    means = joined.group_by("alive").agg(pl.col("p_alive").mean()).sort("alive")["p_alive"]
    assert means[0] < 0.2
    assert means[1] > 0.6


def test_forecast_beats_going_on_as_before(answered):
    scores = {
        (row["method"], row["metric"]): row for row in answered(lifetime_value).evidence.to_dicts()
    }
    chosen = answered(lifetime_value).config.model
    for metric in ("orders_error", "orders_rmse", "total_error"):
        assert scores[chosen, metric]["high"] < scores["past_rate", metric]["low"]


def test_total_allows_for_the_last_errors(answered):
    result = answered(lifetime_value)
    value, low, high = result.total
    off = result.evidence.filter("chosen", pl.col("metric") == "total_error")["high"][0]
    assert high - value >= off * value
    assert low == pytest.approx(value - (high - value))
    assert value == pytest.approx(result.customers["future_value"].sum())


def test_ranges_hold_the_value(answered):
    table = answered(lifetime_value).customers
    assert table.select(
        (pl.col("future_low") <= pl.col("future_value") + 1e-9).all()
        & (pl.col("future_value") <= pl.col("future_high") + 1e-9).all()
    ).item()
    assert table["p_active"].is_between(0, 1).all()


@pytest.mark.parametrize(
    ("model", "basket_value"),
    [("mbg_nbd", "gamma_gamma"), ("bg_nbd", "shrinkage"), ("pareto_nbd", "gamma_gamma")],
)
def test_the_chosen_methods_are_used(cdnow, model, basket_value):
    config = lifetime_value.Config(model=model, basket_value=basket_value, as_of=CALIBRATION_END)
    result = lifetime_value.run(cdnow, config)
    assert result.config.model == model
    assert result.config.basket_value == basket_value
    assert set(result.evidence.filter("chosen")["method"]) == {model, basket_value}


def test_too_few_repeat_customers_are_refused_in_words(cdnow):
    few = Dataset("few", "few", cdnow.lines.filter(pl.col("customer_id") < "00100"))
    with pytest.raises(NotEnoughDataError, match="30 are needed"):
        lifetime_value.run(few, lifetime_value.Config())


def test_a_kind_is_expected_to_do_what_it_did():
    """40 customers: those of one order day came back once in four, those of six each twice."""
    profile = pl.DataFrame({"order_days": [1] * 20 + [6] * 20, "recency_days": [10] * 40})
    actual = np.array([1.0] * 5 + [0.0] * 15 + [2.0] * 20)
    people = fallback.learned(profile, actual, 90).people(profile[[0, 39]])
    assert people.expected_orders(90.0) == pytest.approx([0.25, 2.0])
    assert people.expected_orders(180.0) == pytest.approx([0.5, 4.0])
    assert people.active(90.0) == pytest.approx([0.25, 1.0], abs=1e-6)
    assert people.active(180.0)[0] == pytest.approx(1 - 0.75**2)


def test_a_shop_that_no_model_fits_falls_back_and_says_so():
    """Everyone orders every ten days, and all stop on the same day: each model expects many."""
    start = date(2024, 1, 1)
    rows = [
        (f"c{n}", start + timedelta(days=n % 9 + 10 * k)) for n in range(300) for k in range(18)
    ]
    late = [(f"c{n}", start + timedelta(days=245)) for n in range(40)]
    lines = pl.DataFrame(rows + late, schema=["customer_id", "day"], orient="row").with_columns(
        order_id=pl.int_range(pl.len()).cast(pl.String),
        ordered_at=pl.col("day").cast(pl.Datetime("us")),
        quantity=1.0,
        revenue=10.0,
    )
    data = Dataset("stopped", "stopped", lines.lazy())
    result = lifetime_value.run(data, lifetime_value.Config())
    assert result.failed in backtest.MODELS
    assert result.config.model == "seen_before"
    assert result.parameters.is_empty()
    assert any("does not fit this shop" in str(found) for found in result.explain())
    assert result.customers["future_value"].is_finite().all()
    asked = lifetime_value.Config(model="pareto_nbd")
    assert lifetime_value.run(data, asked).config.model == "pareto_nbd"


def test_a_total_that_could_not_be_tested_is_not_certain():
    """What customers did before, with nothing before that to test it by: no width, all the same."""
    rng = np.random.default_rng(0)
    rows = [
        (f"c{n}", date(2024, 1, 1) + timedelta(days=int(day)))
        for n, first in enumerate(rng.integers(90, 220, 400))
        for day in {first, *range(first + int(rng.integers(5, 60)), 221, 40)}
    ]
    rows.append(("first", date(2024, 1, 1)))
    lines = pl.DataFrame(rows, schema=["customer_id", "day"], orient="row").with_columns(
        order_id=pl.int_range(pl.len()).cast(pl.String),
        ordered_at=pl.col("day").cast(pl.Datetime("us")),
        quantity=1.0,
        revenue=10.0,
    )
    asked = lifetime_value.Config(model="seen_before")
    result = lifetime_value.run(Dataset("young", "young", lines.lazy()), asked)
    assert any("Too little history" in str(found) for found in result.explain())
    value, low, high = result.total
    assert 0 < low < 0.95 * value
    assert high > 1.05 * value


def test_the_error_of_what_a_kind_did_is_that_of_two_means():
    """Standard errors of the mean of 40 seen and of 10 to come, as a share of the mean."""
    profile = pl.DataFrame({"order_days": [1] * 40, "recency_days": [10] * 40})
    actual = np.array([1.0] * 20 + [3.0] * 20)
    people = fallback.learned(profile, actual, 90).people(profile.head(10))
    assert people.error == pytest.approx(actual.std(ddof=1) / 2 * (1 / 40 + 1 / 10) ** 0.5)


def regular(gap: int, span: int, seed: int) -> Dataset:
    """150 customers who order every `gap` days or the day after, nine times in ten, and stay."""
    rng = np.random.default_rng(seed)
    rows = [
        (f"c{n}", date(2024, 1, 1) + timedelta(days=day))
        for n in range(150)
        for day in range(int(rng.integers(0, span // 3)), span, gap + int(rng.integers(0, 2)))
        if rng.random() < 0.9
    ]
    lines = pl.DataFrame(rows, schema=["customer_id", "day"], orient="row").with_columns(
        order_id=pl.int_range(pl.len()).cast(pl.String),
        ordered_at=pl.col("day").cast(pl.Datetime("us")),
        quantity=1.0,
        revenue=10.0,
    )
    return Dataset("regular", "regular", lines.lazy())


def test_a_refit_without_an_answer_does_not_undo_the_interval():
    """One of the models fitted again had no finite answer: the total was 0 to nan."""
    data = regular(40, 400, 3)
    profile = customers.profile(data.lines, data.last_day).collect()
    model = btyd.fit("bg_nbd", *btyd.histories(profile))
    worth = np.full(profile.height, 10.0)
    spreads = [valuing.total_spread(model, profile, worth, 1095, 0.1, seed) for seed in range(4)]
    assert np.isfinite(spreads).all()


def test_a_model_that_was_asked_for_and_has_no_answer_is_not_called_the_likeliest():
    asked = lifetime_value.Config(model="bg_nbd")
    result = lifetime_value.run(regular(5, 200, 0), asked)
    assert result.config.model == "seen_before"
    told = " ".join(map(str, result.explain()))
    assert "likeliest" not in told
    assert "bg nbd gives no usable answer" in told


def test_the_interval_of_the_total_holds_what_few_customers_may_really_do(monkeypatch):
    """It was narrower than the range of the one customer who brings most of it."""
    rng = np.random.default_rng(1)
    rows = [
        (f"c{number}", day, 1000.0 if number == 0 else 10.0)
        for number in range(60)
        for day in np.cumsum([0, *rng.exponential(40, 4)]).astype(int)
    ]
    lines = pl.DataFrame(rows, schema=["customer_id", "day", "revenue"], orient="row").select(
        "customer_id",
        "revenue",
        order_id=pl.int_range(pl.len()).cast(pl.String),
        ordered_at=pl.datetime(2025, 1, 1) + pl.duration(days="day"),
        quantity=pl.lit(1.0),
    )
    result = lifetime_value.run(
        Dataset("few", "few", lines.lazy()), lifetime_value.Config(model="bg_nbd")
    )
    value, low, high = result.total
    best = result.customers.row(0, named=True)
    assert best["customer_id"] == "c0"
    assert high - value > 0.9 * (best["future_high"] - best["future_value"])
    assert low < value
    nobody = lambda people, days: np.zeros(people.profile.height)  # noqa: ARG005, E731
    monkeypatch.setattr(valuing.People, "orders_variance", nobody)
    sure = lifetime_value.run(
        Dataset("few", "few", lines.lazy()), lifetime_value.Config(model="bg_nbd")
    ).total
    assert high - value > 1.1 * (sure[2] - sure[0])
