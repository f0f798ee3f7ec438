"""Promotions, prices, odd weeks, new products, returns, holidays, and levels that add up."""

from datetime import date, datetime, timedelta
from functools import cache

import numpy as np
import polars as pl
import pytest

from core.analyses.inventory import (
    arima,
    backtest,
    censoring,
    choice,
    demand,
    effects,
    hierarchy,
    methods,
    newcomers,
)
from core.analyses.inventory.context import Context
from core.dataset import Dataset
from core.measures import holiday_calendar, periods
from core.measures.returns import on_sale_day
from sample_data.generate import shop


@cache
def demo():
    made = shop("medium")
    data = Dataset("demo", "demo", made.lines.lazy(), {"stock": made.stock})
    return demand.weekly(data, data.last_day), made.truth


def at(known, product) -> int:
    return known.products["product_id"].index_of(product)


# What was planted


def test_the_planted_promotion_is_recognised_and_little_else():
    known, truth = demo()
    on = known.promotions.on
    weeks = [known.week_start(week) for week in range(known.weeks)]
    during = np.array([truth.promotion.start <= day <= truth.promotion.end for day in weeks])
    rows = [at(known, product) for product in truth.promotion.products]
    assert (on[rows][:, during].sum(axis=1) >= 2).all()
    assert not on[rows][:, ~during].any()
    assert on.any(axis=1).sum() <= len(rows) + 2
    assert np.median(known.promotions.lift[rows, -1]) == pytest.approx(
        truth.promotion.uplift, rel=0.3
    )


def test_promotion_weeks_are_learned_as_usual_ones():
    known, truth = demo()
    for product in truth.promotion.products:
        row = at(known, product)
        on = known.promotions.on[row]
        around = np.convolve(on, np.ones(17), "same").astype(bool) & ~on
        usual = known.units[row, around].mean()
        assert known.learned[row, on].mean() < 0.75 * known.units[row, on].mean()
        assert known.learned[row, on].mean() == pytest.approx(usual, rel=0.8)


def test_the_planted_season_is_found_in_its_category():
    known, _ = demo()
    made = shop("medium", seasons=False)
    flat = demand.weekly(Dataset("f", "f", made.lines.lazy()), known.as_of)
    spread = [_season(part).std() for part in (known, flat)]
    assert spread[0] > 1.5 * spread[1]


def _season(known):
    from core.analyses.inventory import seasonal

    return seasonal.indices(known.learned, np.zeros(len(known.units), dtype=np.intp))[0]


# Effects by hand


def test_a_promotion_ends_and_a_new_price_stays():
    price = np.full((3, 40), 10.0)
    price[0, 20:23] = 8.0
    price[1, 20:] = 8.0
    price[2, 20:23] = 9.5
    on = effects.promoted(price, price)
    assert np.flatnonzero(on[0]).tolist() == [20, 21, 22]
    assert np.flatnonzero(on[1]).tolist() == list(range(20, 28))
    assert not on[2].any()
    assert effects.price_changes(price).tolist() == [[1, 20]]


def test_the_price_that_a_product_began_with_is_a_lasting_one_after_eight_weeks():
    price = np.full((2, 40), np.nan)
    price[:, 12:] = 10.0
    price[0, 16:] = 12.0
    price[1, 20:] = 12.0
    assert effects.price_changes(price).tolist() == [[1, 20]]


def test_lift_and_elasticity_are_recovered():
    rng = np.random.default_rng(1)
    price = np.full((60, 60), 10.0)
    price[:20, 30:33] = 7.5
    rate = np.full((60, 60), 40.0)
    rate[:20, 30:33] *= 3
    price[20:40, 30:] = 12.0
    rate[20:40, 30:] *= 1.2**-2
    units = rng.poisson(rate).astype(float)
    found = effects.promotions(units, price, price)
    assert found.shop[0] == pytest.approx(3, rel=0.1)
    assert found.shop[1] < 3 < found.shop[2]
    assert found.lift[:20, -1].mean() == pytest.approx(3, rel=0.1)
    slope, error, changes = effects.elasticity(units, price, found.on)
    assert changes == 20
    assert slope == pytest.approx(-2, abs=0.4)
    assert slope + 2 * error < 0


def test_the_lift_of_a_single_product_has_no_interval():
    rng = np.random.default_rng(1)
    price = np.full((6, 60), 10.0)
    price[0, 30:33] = 7.5
    units = rng.poisson(np.where(price < 10, 120.0, 40.0)).astype(float)
    found = effects.promotions(units, price, price)
    assert found.shop[0] == pytest.approx(3, rel=0.2)
    assert np.isnan(found.shop[1:]).all()


@pytest.fixture(scope="module")
def priced():
    """80 weeks of 40 products: promotions, lasting price changes, silences and odd weeks."""
    rng = np.random.default_rng(7)
    price, rate = np.full((40, 80), 10.0), np.full((40, 80), 12.0)
    for row in range(40):
        begin = int(rng.integers(20, 72))
        price[row, begin : begin + (4 if row % 3 else 80)] = 8.0
        rate[row, int(rng.integers(20, 76)) :][: 5 if row % 2 else 80] = 0.0
    units = rng.poisson(np.where(price < 10, 2, 1) * rate).astype(float)
    units[np.flatnonzero(units[:, 66] > 0)[0], 66] = 400.0
    price[rng.random(price.shape) < 0.2] = np.nan
    return units, price, forecast_past(units, price)


def forecast_past(units, price):
    return backtest.history(known_from(units, price), 4, tuple(methods.USUAL), reach=20)


def known_from(units, price):
    start = np.zeros(len(units), dtype=np.intp)
    table = pl.DataFrame({"product_id": [f"p{n:02d}" for n in range(len(units))]})
    return demand.Demand(
        units, start, table, date(2024, 3, 31), censoring.stockouts(units, start), price, price,
        discounts=True, infer=True,
    )  # fmt: skip


@pytest.mark.parametrize("origin", [66, 71])
def test_nothing_after_an_origin_reaches_a_forecast_from_it(priced, origin):
    """Another future: sales come back or end, promotions go on or end, prices change for good."""
    units, price, past = priced
    rng = np.random.default_rng(origin)
    sold, paid = units.copy(), price.copy()
    ahead = sold[:, origin:].shape
    sold[:, origin:] = np.where(sold[:, origin:] > 0, 0.0, rng.poisson(30, ahead))
    paid[:, origin:] = np.where(paid[:, origin:] < 9, 10.0, rng.uniform(5, 9, ahead))
    pasts = [past, forecast_past(sold, paid)]
    rows = [row for row, when in enumerate(pasts[0].origins) if when <= origin]
    assert len(rows) >= 4
    for name, made in pasts[0].forecasts.items():
        assert (made[rows] == pasts[1].forecasts[name][rows]).all(), name
    for one, other in zip(pasts[0].levels, pasts[1].levels, strict=True):
        assert (one.forecasts[rows] == other.forecasts[rows]).all()
    means = [past.mean("combination") for past in pasts]
    spreads = [backtest.spread(past, mean, origin) for past, mean in zip(pasts, means, strict=True)]
    assert (spreads[0].dispersion == spreads[1].dispersion).all()


def test_what_is_planted_there_would_show(priced):
    known = known_from(*priced[:2])
    assert known.promotions.on.any(axis=1).sum() >= 30
    assert (known.mended != known.units).any(axis=1).sum() >= 10
    assert known.odd.any()
    assert (known.censored > 0).any(axis=1).sum() >= 5


def test_one_odd_week_is_damped_and_a_yearly_peak_is_not():
    units = np.full((3, 120), 10.0)
    units[0, 60] = 500.0
    units[1, [40, 92]] = 100.0
    units[2, 60:] = 100.0
    damped, odd = effects.odd_weeks(units, np.zeros(3, dtype=np.intp))
    assert np.argwhere(odd).tolist() == [[0, 60], [1, 40], [2, 60]]
    assert damped[0, 60] == 30.0
    assert damped[1, 92] == 100.0


def test_new_products_lean_on_how_their_category_began():
    weeks = 30
    start = np.array([0, 5, 6, 7, 5, 6, 7, 27])
    units = np.where(np.arange(weeks) >= start[:, None], 4.0, 0.0)
    units[4:7] *= 5
    groups = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    made = np.full((1, 8, 2), 1.0)
    found = newcomers.borrow(made, units, start, [weeks], groups)
    assert found[0, 7] == pytest.approx((3 * 1.0 + 4 * 20.0) / 7)
    assert (found[0, :7] == 1.0).all()


# Series


def test_days_weeks_and_months_are_whole_and_end_on_the_day():
    as_of = date(2024, 3, 31)
    assert periods.first_day(as_of, "month", 1) == date(2024, 2, 1)
    assert periods.first_day(date(2024, 3, 15), "month", 0) == date(2024, 2, 16)
    assert periods.whole(as_of, "month", date(2023, 12, 2)) == 3
    rows = [
        (date(2024, 1, 31), "a", 1.0),
        (date(2024, 2, 29), "a", 2.0),
        (date(2024, 3, 1), "b", 4.0),
        (as_of, "a", 8.0),
        (date(2024, 1, 1), "b", 16.0),
    ]
    lines = pl.DataFrame(rows, schema=["ordered_at", "category", "quantity"], orient="row")
    lines = lines.with_columns(pl.col("ordered_at").cast(pl.Datetime("us"))).lazy()
    keys, units = periods.sums(lines, as_of, "month", ["category"])
    assert keys["category"].to_list() == ["a", "b"]
    assert units.tolist() == [[1, 2, 8], [16, 0, 4]]
    assert periods.sums(lines, as_of, "week")[1].sum() == 31 - 0
    assert periods.sums(lines, as_of, "day")[1].shape == (1, 91)


def test_returns_go_back_to_their_sale_day():
    day = datetime(2024, 3, 1)
    rows = [
        ("p", "c", day, 2.0),
        ("p", "c", datetime(2024, 3, 20), -2.0),
        ("p", None, datetime(2024, 3, 21), -1.0),
        ("q", "c", datetime(2024, 3, 22), -1.0),
    ]
    lines = pl.DataFrame(
        rows, schema=["product_id", "customer_id", "ordered_at", "quantity"], orient="row"
    ).with_columns(pl.col("ordered_at").cast(pl.Datetime("us")))
    moved = on_sale_day(lines.lazy()).collect()
    assert moved.filter(quantity=-2.0)["ordered_at"].to_list() == [day]
    assert moved["quantity"].sum() == lines["quantity"].sum()
    assert moved.filter(quantity=-1.0)["ordered_at"].dt.day().sort().to_list() == [21, 22]


@pytest.mark.parametrize(
    ("country", "day", "name"),
    [
        ("CN", date(2026, 2, 17), "Chinese New Year (Spring Festival)"),
        ("GB", date(2025, 4, 18), "Good Friday"),
        (None, date(2025, 11, 11), "singles_day"),
        (None, date(2025, 11, 28), "black_friday"),
        ("DE", date(2026, 2, 17), "chinese_new_year"),
    ],
)
def test_holidays_and_sales_days_are_known_beforehand(country, day, name):
    found = holiday_calendar.events(date(2025, 1, 1), date(2026, 12, 31), country)
    assert name in found.filter(day=day)["event"].to_list()


@pytest.mark.parametrize("day", [date(1998, 1, 28), date(2028, 1, 26), date(2031, 1, 23)])
def test_the_chinese_new_year_is_known_long_before_it_is_announced(day):
    for country, first, event in [
        (None, day, "chinese_new_year"),
        ("SG", day - timedelta(days=7), "chinese_new_year_run_up"),
    ]:
        found = holiday_calendar.events(date(day.year, 1, 1), date(day.year, 12, 31), country)
        assert event in found.filter(day=first)["event"].to_list()


def test_years_whose_chinese_calendar_nobody_keeps_have_the_other_days():
    found = holiday_calendar.events(date(1899, 1, 1), date(1899, 12, 31), None)
    assert "christmas_eve" in found["event"].to_list()
    assert "chinese_new_year" not in found["event"].to_list()


@pytest.mark.parametrize(
    ("name", "code"), [("United Kingdom", "GB"), ("EIRE", "IE"), ("中国", "CN"), ("Narnia", None)]
)
def test_countries_by_their_usual_names(name, code):
    assert holiday_calendar.country_code(name) == code


# Choice and levels


@pytest.mark.parametrize(
    ("order", "values"), [((1, 1, 1), [0.3, 0.2, 2.0]), ((2, 0, 0), [8.0, 0.4, 0.2, 2.0])]
)
def test_arima_from_every_origin_equals_statsmodels(order, values):
    rng = np.random.default_rng(2)
    series = 20 + np.convolve(rng.normal(0, 3, 63), [1, 0.6, 0.3], "valid")
    filtered = arima._model(series, order).filter(values)
    for origin in (30, 44):
        theirs = arima._model(series[:origin], order).filter(values).forecast(3)
        assert arima._ahead(filtered, origin, 3) == pytest.approx(theirs, abs=1e-6)


def test_mixes_are_means_and_named_so():
    past = backtest.History(
        units=np.ones((2, 10)), start=np.zeros(2, dtype=np.intp), horizon=1, origins=(10,),
        forecasts={"tsb": np.full((1, 2, 1), 2.0), "naive": np.full((1, 2, 1), 4.0)},
        censored=np.zeros((2, 10), dtype=bool),
    )  # fmt: skip
    chosen = np.array(["tsb", "naive+tsb"])
    assert past.following(chosen)[0, :, 0].tolist() == [2.0, 3.0]
    assert methods.named(chosen).to_list() == ["tsb", "best_few"]


def test_levels_pull_products_towards_their_sum_and_are_kept_only_where_they_help():
    groups = np.array([0, 0, 1])
    level = hierarchy.Level("category", groups, np.array([[[16.0], [3.0]]]))
    found = level.agreeing(np.array([[[1.0], [3.0], [3.0]]]))
    assert found[0, :, 0] == pytest.approx([2**0.5, 3 * 2**0.5, 3.0])
    rng = np.random.default_rng(3)
    units = rng.poisson(20, (12, 60)).astype(float)
    start, origins = np.zeros(12, dtype=np.intp), tuple(range(30, 61))
    right = np.full((len(origins), 12, 2), 20.0)

    def past(total):
        wanted = hierarchy.Level("total", np.zeros(12, dtype=np.intp), np.full((31, 1, 2), total))
        return backtest.History(
            units=units, start=start, horizon=2, origins=origins, forecasts={},
            censored=np.zeros(units.shape, dtype=bool), levels=(wanted,),
        )  # fmt: skip

    assert choice.reconciled(past(480.0), 60, right)[1] == ""
    made, level = choice.reconciled(past(240.0), 60, right * 2)
    assert level == "total"
    assert made.mean() == pytest.approx(40 * 0.5**0.5)


def test_global_models_use_price_and_calendar():
    """Everyone sells double in the four weeks of a price cut and in holiday weeks."""
    rng = np.random.default_rng(4)
    weeks = 100
    busy = np.zeros((weeks + 4, 2))
    busy[::10, 0] = 1.0
    rate = 10 * (1 + busy[:weeks, 0])
    units = rng.poisson(np.tile(rate, (40, 1))).astype(float)
    start, groups = np.zeros(40, dtype=np.intp), np.zeros(40, dtype=np.intp)
    with_days = Context(groups, calendar=busy)
    for name in ("ridge", "gradient_boosting"):
        ahead = methods.METHODS[name](units, start, [99, 100], 1, with_days)
        assert ahead[1].mean() > 1.3 * ahead[0].mean()
