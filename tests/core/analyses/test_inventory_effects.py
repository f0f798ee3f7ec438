"""Promotions, prices, odd weeks, new products, returns, holidays, and levels that add up."""

from datetime import date, datetime
from functools import cache

import numpy as np
import polars as pl
import pytest

from core.analyses.inventory import (
    arima,
    backtest,
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
    assert np.median(known.promotions.lift[rows]) == pytest.approx(truth.promotion.uplift, rel=0.3)


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
    assert not on[1:].any()
    assert effects.price_changes(price, on).tolist() == [[1, 20]]


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
    assert found.lift[:20].mean() == pytest.approx(3, rel=0.1)
    slope, error, changes = effects.elasticity(units, price, found.on)
    assert changes == 20
    assert slope == pytest.approx(-2, abs=0.4)
    assert slope + 2 * error < 0


def test_what_was_sold_at_another_price_is_learned_as_if_at_todays():
    """A fifth dearer from week 30 on, one product in week 90 again: 40 a week become 28, 19."""
    weeks, days = 100, date(2024, 3, 31)
    price = np.full((60, weeks), 10.0)
    price[:30, 30:] = 12.0
    price[0, 90:] = 14.4
    rate = 40 * (price / 10.0) ** -2.0
    units = np.random.default_rng(1).poisson(rate).astype(float)
    none = np.zeros(units.shape, dtype=bool)
    table = pl.DataFrame({"product_id": [f"p{n:02d}" for n in range(60)]})
    known = demand.Demand(
        units, np.zeros(60, dtype=np.intp), table, days, none, price, price, discounts=True
    )
    assert known.elasticity(74)[0] == pytest.approx(-2, abs=0.4)
    level = known.price_level
    assert (level[30:] == 1).all()
    assert level[1, [29, 30, 99]] == pytest.approx([1, 1.2**-2, 1.2**-2], rel=0.1)
    assert level[0, 99] == pytest.approx(1.44**-2, rel=0.15)
    names = ("moving_average", "exponential_smoothing", "tsb")
    ahead = backtest.history(known, 4, names).forecasts
    blind = methods.forecasts(units, known.start, (weeks,), 4, known.context(4), names)
    for name in names[1:]:
        wrong = [abs(made[name][-1, 0, 0] / rate[0, -1] - 1) for made in (ahead, blind)]
        assert wrong[0] < min(0.15, wrong[1] + 0.02)
    assert ahead["moving_average"][-1] == pytest.approx(blind["moving_average"][-1])


@pytest.mark.parametrize("weeks", [6, 26, 30])
def test_a_history_too_short_for_price_changes_has_no_price_level(weeks):
    units, none = np.full((6, weeks), 5.0), np.zeros((6, weeks), dtype=bool)
    price = np.full(units.shape, 10.0)
    price[:, weeks // 2 :] = 12.0
    table = pl.DataFrame({"product_id": list("abcdef")})
    known = demand.Demand(
        units, np.zeros(6, dtype=np.intp), table, date(2024, 3, 31), none, price, price,
        discounts=True,
    )  # fmt: skip
    assert known.price_level is None


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
