"""The sales forecast: weeks, season, intervals, choice, and what is said."""

from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from core.analyses import sales_forecast
from core.analyses.sales_forecast import methods, rolling, season, series
from core.analyses.sales_forecast.config import Config
from core.dataset import Dataset
from core.errors import NotEnoughDataError

AS_OF = date(2025, 12, 31)


def dataset(values, *, money=True) -> Dataset:
    """One line per week, oldest first; the last week ends on AS_OF."""
    weeks = len(values)
    days = [
        AS_OF - timedelta(days=7 * (weeks - 1 - n) + (6 if n == 0 else 0)) for n in range(weeks)
    ]
    lines = pl.DataFrame(
        {
            "ordered_at": [datetime.combine(day, datetime.min.time()) for day in days],
            "quantity": np.asarray(values, dtype=float),
        }
    )
    if money:
        lines = lines.with_columns(revenue=pl.col("quantity") * 10)
    return Dataset("test", "test", lines.lazy())


def year(weeks, *, height=0.6, noise=0.0, growth=0.0, seed=0):
    """Weekly sales of 100 with a wave of one year."""
    rng = np.random.default_rng(seed)
    week = np.arange(weeks)
    wave = 1 + height * np.sin(2 * np.pi * week / 52)
    return 100 * wave * (1 + growth) ** (week / 52) * np.exp(noise * rng.standard_normal(weeks))


# Series


def test_weeks_are_whole_end_on_as_of_and_returns_come_off():
    lines = pl.DataFrame(
        {
            "ordered_at": [datetime(2025, 10, 1), datetime(2025, 12, 25), datetime(2025, 12, 31),
                           datetime(2025, 12, 31), datetime(2025, 12, 24)],
            "quantity": [5.0, 2.0, 4.0, -1.0, 7.0],
        }
    )  # fmt: skip
    found = series.weekly(Dataset("t", "t", lines.lazy()), AS_OF, "units")
    assert len(found.values) == 92 // 7
    assert found.values[-2:].tolist() == [7.0, 5.0]
    assert found.days(len(found.values), len(found.values) + 1).to_list() == [date(2026, 1, 1)]


def test_too_short_a_history_says_what_is_missing():
    with pytest.raises(NotEnoughDataError, match="12 whole weeks of sales; there are 5"):
        sales_forecast.run(dataset(np.ones(5)), Config())


def test_units_stand_in_where_there_is_no_money():
    result = sales_forecast.run(dataset(year(60), money=False), Config())
    assert result.config.measure == "units"
    assert result.history["sold"].sum() == pytest.approx(year(60).sum(), rel=1e-6)


# Methods


def test_every_method_foresees_what_never_changes():
    made = methods.forecasts(np.full(120, 7.0), 5)
    assert set(made) >= {*methods.BASELINES, "combination"}
    for name, forecast in made.items():
        assert forecast[60:] == pytest.approx(np.full((61, 5), 7.0)), name


def test_no_method_sees_what_comes_after():
    values = year(120, noise=0.3)
    changed = np.concatenate([values[:90], values[90:] * 9])
    before, after = methods.forecasts(values, 6), methods.forecasts(changed, 6)
    for name in before:
        assert before[name][:91] == pytest.approx(after[name][:91]), name


def test_the_season_of_the_year_is_found_and_growth_is_not_taken_for_it():
    index = season.season(year(156, growth=0.3))
    planted = 1 + 0.6 * np.sin(2 * np.pi * (156 + np.arange(52)) / 52)
    assert np.corrcoef(index, planted)[0, 1] > 0.98
    assert index.mean() == pytest.approx(1, abs=0.02)
    flat = season.season(year(156, height=0.0, growth=0.3))
    assert np.abs(flat - 1).max() < 0.03


def test_naive_rules_repeat_the_right_weeks():
    values = np.arange(1.0, 61.0)
    made = methods.forecasts(values, 3)
    assert made["naive"][60].tolist() == [60, 60, 60]
    assert made["seasonal_naive"][60].tolist() == [9, 10, 11]
    assert made["seasonal_naive"][40].tolist() == [37, 38, 39]
    assert made["moving_average"][60].tolist() == [56.5] * 3


# Intervals and choice


def test_the_range_holds_eight_weeks_in_ten():
    """Held back and over many made-up shops: what came lies inside the 80% range as often."""
    inside = []
    for seed in range(20):
        values = year(130, height=0.0, noise=0.25, seed=seed)
        tried = rolling.trial(values[:122], 8)
        low, high = tried.bounds("exponential_smoothing", 122)
        inside += [((values[122:] >= low) & (values[122:] <= high)).mean()]
    assert 0.72 < np.mean(inside) < 0.9


def test_the_sum_has_a_narrower_range_than_the_weeks_added_up():
    tried = rolling.trial(year(130, height=0.0, noise=0.4, seed=2), 8)
    weeks = tried.bounds("moving_average", 130)
    low, high = tried.total_bounds("moving_average", 130)
    assert high - low < 0.8 * (weeks[1].sum() - weeks[0].sum())


def test_a_strong_season_is_chosen_and_beats_the_rules():
    result = sales_forecast.run(dataset(year(180, noise=0.03, growth=0.2)), Config())
    assert result.forecast["method"][0].startswith("season_")
    assert result.gain["low"] > 0
    planted = 10 * year(188, growth=0.2)[180:]
    assert result.forecast["mean"].to_numpy() == pytest.approx(planted, rel=0.15)
    assert "erred" in " ".join(map(str, result.explain()))


def test_chance_alone_is_not_sold_as_skill():
    """Sales that follow no rule: hardly ever is the choice called better than the rules."""
    claims = [
        sales_forecast.run(dataset(year(150, height=0, noise=0.3, seed=s)), Config()).gain["low"]
        > 0
        for s in range(8)
    ]
    assert sum(claims) <= 2


def test_choice_at_a_past_week_rests_on_outcomes_known_then():
    values = year(150, noise=0.2)
    changed = np.concatenate([values[:120], values[120:] * 5])
    first, second = (rolling.trial(v, 8).chosen[:121] for v in (values, changed))
    assert first == second


def test_automatic_is_never_worse_than_the_moving_average_on_the_past():
    """Sales without a rule, where a choice by a short record loses to the average."""
    for seed in range(12):
        values = year(70, height=0, noise=0.4, seed=seed)
        tried = rolling.trial(values, 8)
        wrong = {
            name: sum(
                np.abs(tried.forecasts[tried.by(name, o)][o] - tried.sold[o]).sum()
                for o in range(rolling.FIRST, tried.weeks - 7)
            )
            for name in ("auto", "moving_average")
        }
        kept = tried.chosen[-1] == "moving_average"
        assert kept or wrong["auto"] <= wrong["moving_average"]


def test_a_holiday_that_moves_is_learned_and_one_that_stays_is_part_of_the_season():
    weeks = 208
    moves, stays = [10, 52 + 14, 104 + 8, 156 + 12], [30, 82, 134, 186]
    calendar = np.zeros((weeks + 52, 2))
    calendar[moves, 0] = calendar[weeks + 9, 0] = calendar[stays, 1] = calendar[weeks + 30, 1] = 1
    values = np.full(weeks, 100.0)
    values[moves] = values[stays] = 250.0
    factor = season.holiday_factor(values, season.season(values), calendar, 52)[weeks:]
    assert factor[9] > 1.3
    assert factor[30] == pytest.approx(1, abs=0.05)
    assert np.delete(factor, [8, 9, 10, 12, 14, 30]) == pytest.approx(1, abs=0.05)


# Days, months, groups


def by_day(days=400, groups=("a", "b", "")):
    """A line a day and category; Sundays sell three times as much."""
    dates = [AS_OF - timedelta(days=ago) for ago in range(days)]
    rows = [
        (day, group or None, (3.0 if day.weekday() == 6 else 1.0) * (n + 1))
        for day in dates
        for n, group in enumerate(groups)
    ]
    lines = pl.DataFrame(rows, schema=["ordered_at", "category", "quantity"], orient="row")
    lines = lines.with_columns(
        pl.col("ordered_at").cast(pl.Datetime("us")), revenue=pl.col("quantity") * 10
    )
    return Dataset("days", "days", lines.lazy())


def test_days_months_and_groups_add_up_to_the_shop():
    result = sales_forecast.run(by_day(), Config(horizon_days=63))
    total = result.forecast["mean"].sum()
    assert result.days["mean"].sum() == pytest.approx(total)
    assert result.groups["mean"].sum() == pytest.approx(total)
    assert result.groups["mean"].to_list() == pytest.approx([total / 2, total / 3, total / 6])
    assert result.months["period_start"].to_list() == [date(2026, 1, 1), date(2026, 2, 1)]
    january = result.days.filter(pl.col("day") <= date(2026, 1, 31))["mean"].sum()
    assert result.months["mean"][0] == pytest.approx(january)


@pytest.mark.parametrize("sold_on", [(350, 40), (100,), (1, 2, 3)], ids=str)
def test_a_group_that_hardly_sold_has_a_range_of_the_size_of_its_sales(sold_on):
    """A miss by a forecast of next to nothing is no measure: the range was in the millions."""
    rare = pl.DataFrame(
        [(AS_OF - timedelta(days=ago), "rare", 1.0) for ago in sold_on],
        schema=["ordered_at", "category", "quantity"],
        orient="row",
    ).with_columns(pl.col("ordered_at").cast(pl.Datetime("us")), revenue=10.0)
    lines = pl.concat([by_day(groups=("a",)).lines.collect(), rare], how="vertical_relaxed")
    groups = sales_forecast.run(Dataset("r", "r", lines.lazy()), Config(horizon_days=56)).groups
    row = groups.row(by_predicate=pl.col("category") == "rare", named=True)
    assert 0 <= row["p10"] <= row["mean"] <= row["p90"] < 60
    if len(sold_on) == 2:
        assert row["p90"] >= 5, "what sold once in a while may sell again"


def test_weekdays_shape_the_days_ahead():
    result = sales_forecast.run(by_day(), Config())
    assert result.weekdays["times_average"].to_list() == pytest.approx([7 / 9] * 6 + [21 / 9])
    sunday = result.days["day"].dt.weekday() == 7
    assert result.days.filter(sunday)["mean"].mean() == pytest.approx(
        3 * result.days.filter(~sunday)["mean"].mean(), rel=0.01
    )


def test_a_day_that_only_takes_back_sells_nothing():
    """Open from Monday to Saturday; returns are booked on Sundays."""
    lines = by_day(groups=("",)).lines.with_columns(
        pl.when(pl.col("ordered_at").dt.weekday() == 7).then(-1.0).otherwise(5.0).alias("quantity")
    )
    data = Dataset("sundays", "sundays", lines.with_columns(revenue=pl.col("quantity") * 10))
    result = sales_forecast.run(data, Config())
    assert result.weekdays["times_average"].to_list() == pytest.approx([7 / 6] * 6 + [0])
    days = result.days
    assert days.select((pl.col("p10") >= 0) & (pl.col("p10") <= pl.col("mean"))).to_series().all()
    assert (days["mean"] <= days["p90"]).all()
    assert days["mean"].sum() == pytest.approx(result.forecast["mean"].sum())


def test_returns_on_a_day_that_sells_do_not_push_its_range_below_nothing():
    """Half of each week takes back more than it sells in a week of three; it sells, all told."""
    week = pl.col("ordered_at").dt.epoch("d") // 7
    early = pl.col("ordered_at").dt.weekday() <= 4
    lines = by_day(groups=("",)).lines.with_columns(
        pl.when(early & (week % 3 == 0)).then(-4.0).otherwise(5.0).alias("quantity")
    )
    data = Dataset("halves", "halves", lines.with_columns(revenue=pl.col("quantity") * 10))
    days = sales_forecast.run(data, Config()).days
    assert days["p10"].min() >= 0
    assert (days["p10"] <= days["mean"]).all()


def test_a_month_under_way_counts_what_it_has_sold():
    data = by_day()
    result = sales_forecast.run(data, Config(as_of=date(2025, 12, 17), horizon_days=28))
    month = result.months.row(0, named=True)
    assert month["period_start"] == date(2025, 12, 1)
    assert month["sold"] == pytest.approx(10 * 6 * (17 + 2 * 2))
    assert month["mean"] == pytest.approx(10 * 6 * (31 + 2 * 4), rel=0.01)


def test_suppliers_come_from_the_stock_table():
    lines = by_day().lines.with_columns(product_id=pl.col("category").fill_null("c"))
    stock = pl.DataFrame({"product_id": ["a", "b"], "supplier": ["north", "south"]})
    data = Dataset("s", "s", lines, {"stock": stock})
    result = sales_forecast.run(data, Config(split_over="supplier"))
    assert result.groups["supplier"].to_list() == ["", "south", "north"]
    without = sales_forecast.run(by_day(), Config(split_over="supplier"))
    assert without.groups.is_empty()


def test_holidays_ahead_are_those_of_the_country():
    result = sales_forecast.run(by_day(), Config(country="GB"))
    assert result.events["event"].to_list()[:1] == ["New Year's Day"]
    assert not sales_forecast.run(by_day(), Config(country="none")).events["public"].any()


# What is said


def test_last_months_forecast_stands_beside_what_happened():
    values = np.full(80, 50.0)
    values[-4:] = 100.0
    result = sales_forecast.run(dataset(values), Config(method="moving_average"))
    assert result.hindsight["mean"].to_list() == [500.0] * 4
    assert result.hindsight["sold"].to_list() == [1000.0] * 4
    said = " ".join(map(str, result.explain()))
    assert "50% too low" in said
    assert "outside the range" in said


def test_a_method_without_season_is_doubted_after_a_peak():
    values = np.full(58, 50.0)
    values[-10:] = values[:6] = 200.0
    data = dataset(values)
    for measure in ("revenue", "units"):
        result = sales_forecast.run(data, Config(method="moving_average", measure=measure))
        (said,) = (found for found in result.explain() if "knows no season" in str(found))
        assert said.values["before"] == pytest.approx(result.forecast["year_before"].sum())


def test_without_past_forecasts_there_is_no_range():
    result = sales_forecast.run(dataset(year(14)), Config())
    assert result.forecast["p10"].null_count() == result.forecast.height
    assert result.evidence.is_empty()
    said = " ".join(map(str, result.explain()))
    assert "cannot be said yet" in said
    assert "too short to test" in said


def test_the_horizon_is_whole_weeks_and_at_most_a_quarter_of_the_history():
    result = sales_forecast.run(dataset(year(60)), Config(horizon_days=182))
    assert result.config.horizon_days == 15 * 7
    assert result.forecast.height == 15
    (said,) = [str(one) for one in result.explain() if "asked for" in one.text]
    assert "105 days ahead, not the 182 asked for" in said
    for fits in (None, 100, 105):
        whole = sales_forecast.run(dataset(year(60)), Config(horizon_days=fits)).explain()
        assert not any("asked for" in one.text for one in whole)


def test_sales_that_a_simple_rule_foretells_exactly_are_not_called_too_short():
    result = sales_forecast.run(dataset(np.full(200, 50.0)), Config())
    said = " ".join(map(str, result.explain()))
    assert "too short to test" not in said
    assert "never wrong, and neither was the best of the simple rules" in said
    wave = np.tile(np.arange(1.0, 53.0), 4)
    worse = sales_forecast.run(dataset(wave), Config(method="moving_average"))
    said = " ".join(map(str, worse.explain()))
    assert "too short to test" not in said
    assert "the best of the simple rules was never wrong, and this forecast by" in said
