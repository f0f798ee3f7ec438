"""The inventory forecast: demand, classes, quantiles, policy, and the demo shop's planted truth."""

from datetime import date, datetime, timedelta
from functools import cache

import numpy as np
import polars as pl
import pytest
from scipy.stats import nbinom

from core.analyses import inventory
from core.analyses.inventory import (
    backtest,
    censoring,
    choice,
    classes,
    demand,
    judgement,
    methods,
    policy,
    purchase,
    quantiles,
    target,
)
from core.analyses.inventory.config import Config
from core.dataset import Dataset
from core.errors import NotEnoughDataError
from sample_data.generate import shop

AS_OF = date(2024, 3, 31)


def dataset(rows, stock=None) -> Dataset:
    lines = pl.DataFrame(
        [
            {
                "ordered_at": datetime.combine(AS_OF - timedelta(days=ago), datetime.min.time()),
                "product_id": product,
                "quantity": float(quantity),
                "revenue": 10.0 * quantity,
            }
            for product, ago, quantity in rows
        ]
    )
    return Dataset("test", "test", lines.lazy(), {} if stock is None else {"stock": stock})


@cache
def demo():
    made = shop("medium")
    data = Dataset("demo", "demo", made.lines.lazy(), {"stock": made.stock})
    return inventory.run(data, Config()), made.truth


# Demand


def test_weeks_end_on_as_of_and_the_days_before_the_first_whole_week_are_left_out():
    found = demand.weekly(dataset([("a", 60, 1), ("a", 6, 2), ("a", 0, 3), ("b", 7, 4)]), AS_OF)
    assert found.weeks == 61 // 7
    assert found.units.tolist() == [[0, 0, 0, 0, 0, 0, 0, 5], [0, 0, 0, 0, 0, 0, 4, 0]]
    assert found.start.tolist() == [0, 6]
    assert found.week_start(found.weeks - 1) == AS_OF - timedelta(days=6)


def test_a_cancelled_bulk_order_never_was_demand():
    rows = [("a", 55, 2), ("a", 20, 900), ("a", 20, 3), ("a", 3, -900), ("a", 1, 4)]
    units = demand.weekly(dataset(rows), AS_OF).units[0]
    assert units.sum() == 2 + 3 + 4
    assert units.max() == 7


def test_demand_of_a_product_does_not_depend_on_the_others():
    rng = np.random.default_rng(5)
    rows = [(f"p{rng.integers(6)}", int(rng.integers(100)), 1) for _ in range(300)]
    rows += [(f"p{n}", 99, 1) for n in range(6)]
    whole = demand.weekly(dataset(rows), AS_OF)
    for number in range(6):
        part = demand.weekly(dataset([row for row in rows if row[0] == f"p{number}"]), AS_OF)
        assert part.units.tolist() == whole.units[[number]].tolist()


def test_too_short_a_history_says_what_is_missing():
    with pytest.raises(NotEnoughDataError, match="6 whole weeks of sales; there are 4"):
        inventory.run(dataset([("a", 30, 1), ("a", 0, 1)]), Config())


def test_weeks_in_which_nothing_sold_anywhere_teach_the_learned_models_nothing():
    """Fourteen months of a shop that sells before Christmas alone: no least of the Poisson loss."""
    rng = np.random.default_rng(1)
    weeks = [*range(4), *range(48, 57)]
    rows = [
        (f"p{n:02d}", 7 * week + int(rng.integers(7)), int(rng.poisson(3)) + 1)
        for n in range(12)
        for week in weeks
    ]
    forecast = inventory.run(dataset(rows), Config(method="gradient_boosting")).forecast
    assert forecast["product_id"].n_unique() == 12
    assert forecast["mean"].is_finite().all()
    late = Config(as_of=AS_OF, method="gradient_boosting")
    ended = inventory.run(dataset([(name, ago + 500, units) for name, ago, units in rows]), late)
    assert ended.forecast["mean"].sum() == 0


# Stock-outs


def test_weeks_without_stock_are_told_from_weeks_without_demand():
    rng = np.random.default_rng(11)
    regular = rng.poisson(9, 60).astype(float) + 1
    regular[30:34] = 0
    slow = rng.poisson(0.3, 60).astype(float)
    ended = regular.copy()
    ended[50:] = 0
    christmas = np.where(np.arange(60) % 52 < 10, 20.0, 0.0)
    units = np.array([regular, slow, ended, christmas])
    found = censoring.stockouts(units, np.zeros(4, dtype=np.intp))
    assert np.flatnonzero(found[0]).tolist() == [30, 31, 32, 33]
    assert np.flatnonzero(found[2]).tolist() == [30, 31, 32, 33]
    assert not found[[1, 3]].any()
    assert set(found[0, 30:34]) == {36}


def test_a_silence_is_judged_by_what_came_before_it():
    """The third week cannot be chance, the fifth is believed; sales later change none of it."""
    regular = np.random.default_rng(11).poisson(9, 60).astype(float) + 1
    regular[30:36] = 0
    ended = np.where(np.arange(60) < 36, regular, 0.0)
    mended = censoring.held(np.array([regular, ended]), np.zeros(2, dtype=np.intp))
    assert mended[:, [32, 33]] == pytest.approx(np.full((2, 2), regular[22:30].mean()))
    assert (mended[:, [30, 31, 34, 35]] == 0).all()
    assert (mended[0, 36:] == regular[36:]).all()


def test_chance_alone_is_hardly_ever_taken_for_a_stock_out():
    rng = np.random.default_rng(12)
    units = rng.poisson(rng.gamma(1, 3, (3000, 1)), (3000, 100)).astype(float)
    assert censoring.stockouts(units, np.zeros(3000, dtype=np.intp)).any(axis=1).mean() < 0.005


def test_the_planted_stock_out_is_recognised_and_little_else():
    result, truth = demo()
    (product,) = truth.stock_out.products
    row = result.demand.products["product_id"].index_of(product)
    weeks = np.flatnonzero(result.demand.censored[row])
    marked = [result.demand.week_start(int(week)) for week in weeks]
    assert len(marked) >= 3
    assert all(truth.stock_out.start <= day <= truth.stock_out.end for day in marked)
    assert result.demand.censored.any(axis=1).sum() <= 4


def test_planted_slow_movers_and_dead_stock_are_recognised():
    result, truth = demo()
    slow = result.inventory.filter(pl.col("product_id").is_in(truth.slow))
    assert slow.height == len(truth.slow)
    assert slow["pattern"].is_in(["intermittent", "lumpy"]).all()
    dead = result.inventory.filter(pl.col("product_id").is_in(truth.dead))
    assert set(dead["status"]) == {"dead"}


# Classes


def test_patterns_follow_syntetos_and_boylan():
    series = {
        "smooth": [5, 6, 5, 4, 5, 6, 5, 4],
        "erratic": [1, 20, 2, 1, 30, 1, 2, 1],
        "intermittent": [5, 0, 0, 5, 0, 5, 0, 0],
        "lumpy": [1, 0, 0, 40, 0, 1, 0, 0],
    }
    found = classes.pattern(np.array(list(series.values()), dtype=float), np.zeros(4, dtype=int))
    assert [classes.PATTERNS[number] for number in found] == list(series)


def test_abc_cuts_at_80_and_95_percent_and_treats_equals_alike():
    worth = pl.DataFrame({"worth": [50.0, 30.0, 10.0, 4.0, 4.0, 2.0, -1.0]})
    assert worth.select(classes.abc(pl.col("worth"))).to_series().to_list() == list("AABBBCC")
    equal = pl.DataFrame({"worth": [1.0] * 10})
    assert equal.select(classes.abc(pl.col("worth"))).to_series().n_unique() == 1


def test_xyz_reads_the_coefficient_of_variation():
    units = np.array([[10, 11, 9, 10], [10, 22, 4, 12], [0, 0, 30, 0]], dtype=float)
    assert classes.xyz(units, np.zeros(3, dtype=int)).to_list() == ["X", "Y", "Z"]


# Quantiles


def test_expected_excess_is_the_sum_over_the_distribution():
    mean, dispersion = np.array([0.4, 6.0, 80.0]), np.array([2.0, 0.3, 0.05])
    units = np.arange(4000)
    for stock in (0.0, 1.0, 7.0, 90.0):
        chance = [
            nbinom.pmf(units, 1 / d, 1 / (1 + d * m)) for m, d in zip(mean, dispersion, strict=True)
        ]
        by_hand = [(p * np.maximum(units - stock, 0)).sum() for p in chance]
        found = quantiles.expected_excess(mean, dispersion, np.full(3, stock))
        assert found == pytest.approx(by_hand, rel=1e-6)


@pytest.mark.parametrize("level", [0.1, 0.5, 0.95, 0.9995])
def test_negative_binomial_quantiles_equal_scipy(level):
    rng = np.random.default_rng(5)
    mean = np.maximum(rng.gamma(0.3, 200, 2000), 0.02)
    dispersion = rng.choice(quantiles.GRID, 2000)
    found = quantiles.negative_binomial(np.full(2000, level), mean, dispersion)
    theirs = nbinom.ppf(level, 1 / dispersion, 1 / (1 + dispersion * mean))
    assert found.tolist() == np.maximum(theirs, 0).tolist()


@pytest.mark.parametrize("spread_of_demand", [0.0, 0.5, 3.0])
def test_quantiles_hold_on_demand_they_were_not_fitted_to(spread_of_demand):
    rng = np.random.default_rng(6)
    mean = rng.gamma(1, 12, 1500)
    shape = (13, len(mean))
    rate = (
        mean
        if not spread_of_demand
        else mean * rng.gamma(1 / spread_of_demand, spread_of_demand, shape)
    )
    sold = rng.poisson(rate, shape).astype(float)
    past, future = sold[:12], sold[12]
    forecast = np.broadcast_to(mean, past.shape)
    spread = quantiles.fit(forecast, past, np.ones(past.shape, dtype=bool), 1)
    for level in (0.5, 0.8, 0.9, 0.95):
        inside = (future <= spread.quantile(mean, level)).mean()
        assert level - 0.03 <= inside <= level + 0.12 * (1 - level) + 0.09


def test_conformal_correction_mends_a_forecast_that_is_always_too_low():
    rng = np.random.default_rng(7)
    sold = rng.poisson(30, (12, 400)).astype(float)
    spread = quantiles.fit(np.full((11, 400), 15.0), sold[:11], np.ones((11, 400), dtype=bool), 1)
    assert (sold[11] <= spread.quantile(np.full(400, 15.0), 0.9)).mean() == pytest.approx(
        0.9, abs=0.06
    )


def test_no_slow_seller_is_stocked_for_what_others_once_sold():
    """Half of the products may sell a hundred at once; one of the others never sold more than 4."""
    rng = np.random.default_rng(11)
    sold = rng.poisson(1.2, (20, 300)).clip(0, 4).astype(float)
    sold[:, 150:] += 100.0 * (rng.random((20, 150)) < 0.15)
    forecast = np.full(sold.shape, 1.2)
    spread = quantiles.fit(forecast, sold, np.ones(sold.shape, dtype=bool), 1)
    found = spread.quantile(np.full(300, 1.2), 0.95)
    own = quantiles.negative_binomial(np.full(300, 0.95), np.full(300, 1.2), spread.dispersion)
    assert (found <= np.maximum(sold.max(axis=0), own)).all()
    assert found[:150].max() <= 4
    uncapped = quantiles.Spread(spread.dispersion, spread.scores, spread.pooled)
    assert uncapped.quantile(np.full(300, 1.2), 0.95)[:150].min() > 4


# Choosing


def losing(rmsse, pinball, products=30):
    return backtest.Scores(
        squared=np.full(products, rmsse**2),
        scaled=np.ones(products),
        absolute=np.ones(products),
        error=np.ones(products),
        sold=np.ones(products),
        pinball=np.full((3, products), pinball),
        covered=np.ones(products),
    )


def test_auto_never_picks_what_lost_to_a_baseline_by_either_measure():
    pattern = np.zeros(30, dtype=int)
    scores = {
        "seasonal_naive": [losing(1.2, 0.6)],
        "moving_average": [losing(1.0, 0.5)],
        "tsb": [losing(0.2, 0.51)],
        "croston": [losing(1.01, 0.1)],
    }
    assert set(choice.choose(scores, pattern)) == {"moving_average"}
    scores["sba"] = [losing(0.9, 0.45)]
    assert set(choice.choose(scores, pattern)) == {"sba"}
    scores["combination"] = [losing(0.905, 0.45)]
    assert set(choice.choose(scores, pattern)) == {"combination"}
    scores["tsb"] = [losing(0.6, 0.3)]
    assert set(choice.choose(scores, pattern)) == {"tsb+sba+combination"}


def test_where_each_baseline_leads_by_one_measure_what_is_least_behind_stands():
    pattern = np.zeros(30, dtype=int)
    scores = {"seasonal_naive": [losing(1.2, 0.4)], "moving_average": [losing(1.0, 0.6)]}
    assert set(choice.choose(scores, pattern)) == {"seasonal_naive"}
    scores["combination"] = [losing(1.05, 0.41)]
    assert set(choice.choose(scores, pattern)) == {"combination"}


def test_products_with_a_season_of_their_own_have_no_say_in_what_suits_the_others():
    """On the demo shop, eight weeks ahead: in spring seasonal naive leads on what sells before
    Christmas alone; it once was taken for everything else, too.
    """
    known = demo()[0].demand
    names = [*methods.BASELINES, "exponential_smoothing", "tsb", "pooled_season", "own_season"]
    tested = backtest.backtest(backtest.history(known, 8, names))
    found = {
        name: judgement.measures(rows[: tested.judged]) for name, rows in tested.scores.items()
    }
    for metric in ("rmsse", "pinball"):
        auto = found["auto"][metric][0]
        for baseline in methods.BASELINES:
            assert np.nanmean(auto) < np.nanmean(found[baseline][metric][0])
    seasonal = np.isin(tested.chosen, ["own_season", "seasonal_naive"])
    assert 0 < seasonal.sum() < 15


def test_without_any_evidence_the_moving_average_stands_in():
    assert set(choice.choose({"tsb": []}, np.zeros(4, dtype=int))) == {"moving_average"}


# Policy


def test_reorder_point_and_quantity_by_hand():
    """20 a week for sure: 14 days' lead time and 7 days' review need 60, an order 80 more."""
    weekly = np.full((1, 8), 20.0)
    spread = quantiles.Spread(np.array([1e-6]), (None,) * 6, None)
    config = Config(service_level=0.5)
    at = target.stake(
        np.full(1, 80.0), np.full(1, 1040.0), np.full(1, 9.0), np.full(1, 3.0), config
    )
    grouped = quantiles.Grouped(((np.array([True]), spread),))
    need = policy.needed(weekly, np.array([14.0]), np.zeros(1), grouped, at, config)
    assert need.protection.tolist() == [60.0]
    assert need.lead.tolist() == [40.0]
    assert need.reorder_point[0] == pytest.approx(60, abs=1)


@pytest.mark.parametrize("days", [1, 14, 28])
def test_the_fill_rate_of_a_service_level_counts_by_what_one_order_brings(days):
    """Where the level is a share of the units asked for, that share is what is served."""
    weekly = np.full((3, 8), 400.0)
    spread = quantiles.Spread(np.array([0.02, 0.35, 1.3]), (None,) * 6, None)
    grouped = quantiles.Grouped(((np.ones(3, dtype=bool), spread),))
    config = Config(service_measure="fill_rate", order_cycle_days=days)
    order, year = np.full(3, 400.0 * days / 7), np.full(3, 400.0 * 52)
    at = target.stake(order, year, np.full(3, 9.0), np.full(3, 3.0), config)
    need = policy.needed(weekly, np.full(3, 14.0), np.zeros(3), grouped, at, config)
    found = policy.trade_off(need, at, np.full(3, 3.0)).filter(pl.col("service_level") >= 0.9)
    assert found["fill_rate"].to_list() == pytest.approx([0.9, 0.95, 0.975, 0.99], abs=0.003)


def terms(**columns) -> purchase.Terms:
    names = ("pack_size", "minimum_order", "price", "unit_cost", "supplier_minimum")
    blank = [None] * len(next(iter(columns.values())))
    table = pl.DataFrame({name: columns.get(name, blank) for name in names})
    return purchase.terms(table.with_columns(supplier=pl.lit(None, pl.String)))


@pytest.mark.parametrize(
    ("wanted", "pack", "least", "ordered"),
    [(0, 6, 12, 0), (1, 6, 12, 12), (13, 6, 12, 18), (12, 6, 0, 12), (7, None, None, 7)],
)
def test_orders_come_in_whole_packs_and_at_least_the_minimum(wanted, pack, least, ordered):
    asked = terms(pack_size=[pack], minimum_order=[least])
    assert asked.rounded(np.array([float(wanted)])).tolist() == [ordered]


def steady_shop(*more, **stock):
    """`more`: products that sell two a day every so many days, beside a; b sells no more."""
    rows = [("a", ago, 2) for ago in range(200)] + [("b", 150, 1), ("b", 140, 1)]
    rows += [(name, ago, 2) for name, every in more for ago in range(0, 200, every)]
    table = pl.DataFrame(
        {"product_id": ["a", "b"], "lead_time_days": [14.0, 14.0], "unit_cost": [3.0, 5.0], **stock}
    )
    return inventory.run(dataset(rows, table), Config())


@pytest.mark.parametrize(
    ("on_hand", "status"),
    [(10.0, "order_now"), (64.0, "order_soon"), (100.0, "ok"), (2000.0, "overstock")],
)
def test_status_follows_the_stock(on_hand, status):
    row = steady_shop(on_hand=[on_hand, 0.0]).inventory.row(0, named=True)
    assert row["demand_per_day"] == pytest.approx(2, abs=0.05)
    assert row["status"] == status
    assert row["days_of_cover"] == pytest.approx(on_hand / 2, rel=0.03)


def test_what_is_not_due_at_the_next_review_either_is_not_called_due_soon():
    """Where no stock at all keeps the promise, empty shelves stay above the reorder point."""
    rng = np.random.default_rng(1)
    names = [f"s{n:02d}" for n in range(60)]
    old = [(n, int(ago), 1) for n in names for ago in rng.choice(np.arange(60, 300), 2, False)]
    lately = [(name, 20 + place, 1) for place, name in enumerate(names)]
    stock = pl.DataFrame({"product_id": names, "on_hand": [0.0] * 60})
    found = inventory.run(dataset(old + lately, stock), Config(service_level=0.8)).inventory
    assert (found["reorder_point"] == 0).any()
    assert (found["demand_per_day"] > 0).any()
    for point, status in found.select("reorder_point", "status").iter_rows():
        assert status == ("ok" if point == 0 else "order_now")


def test_a_product_without_a_name_goes_by_its_code():
    rows = dataset([(product, ago, 2) for product in "ab" for ago in range(100)])
    names = pl.when(pl.col("product_id") == "b").then(pl.lit("Bowl")).alias("product_name")
    named = Dataset("n", "n", rows.lines.with_columns(names))
    result = inventory.run(named, Config())
    assert result.inventory["product_name"].to_list() == ["a", "Bowl"]
    assert str(result.answer()[0]).startswith("Order a when")


def test_a_lead_time_or_cost_that_cannot_be_counts_as_unknown_and_is_said():
    result = steady_shop(on_hand=[10.0, 0.0], lead_time_days=[9999.0, -5.0], unit_cost=[-1.0, 5.0])
    assert result.inventory["lead_time_days"].to_list() == [14.0, 14.0]
    assert result.inventory["unit_cost"].to_list() == [None, 5.0]
    assert any("2 products have a lead time or a cost" in str(one) for one in result.answer())


def test_what_is_on_its_way_counts():
    found = steady_shop(on_hand=[10.0, 0.0], on_order=[200.0, 0.0]).inventory
    assert found["status"][0] == "ok"


def test_dead_stock_is_money_to_free():
    result = steady_shop(on_hand=[100.0, 40.0])
    assert result.inventory["status"].to_list() == ["ok", "dead"]
    (action,) = result.actions()
    assert (action.value, action.low, action.high) == (40 * 5.0 / 2, 0.0, 40 * 5.0)


def never_sold(**stock):
    """steady_shop with four more products in the count, none of which was ever sold."""
    table = pl.DataFrame(
        {
            "product_id": ["a", "b", "never", "gone", "cheap", "free"],
            "on_hand": [100, 40, 400, 0, 10, 3],
            "unit_cost": [3.0, 5.0, 10.0, 7.0, 1.0, None],
            **stock,
        }
    )
    rows = [("a", ago, 2) for ago in range(200)] + [("b", 150, 1), ("b", 140, 1)]
    made = dataset(rows, table)
    names = pl.DataFrame({"product_id": ["never"], "product_name": ["Nobody's mug"]})
    made.tables["products"] = names.with_columns(category=pl.lit("mugs"))
    return inventory.run(made, Config())


def test_stock_that_never_sold_is_dead_and_counted():
    result = never_sold()
    found = result.inventory
    assert found["product_id"].to_list() == ["a", "b", "cheap", "free", "never"]
    assert found["product_name"].to_list() == ["a", "b", "cheap", "free", "Nobody's mug"]
    assert found["status"].to_list() == ["ok", "dead", "dead", "dead", "dead"]
    assert found["excess_value"].to_list() == [0, 200, 10, None, 4000]
    assert found["order_quantity"][2:].to_list() == [0.0] * 3
    (action,) = result.actions()
    assert (action.value, action.high) == (4210 / 2, 4210)
    said = [str(finding) for finding in result.answer()]
    assert "4 products do not sell; 4,210 lies dead in them." in said
    assert any(
        "3 products of the stock count never sold in these orders; 4,010 lies in them" in one
        and "Nobody's mug, cheap, free" in one
        for one in said
    )
    assert result.demand.products["product_id"].to_list() == ["a", "b"]
    assert "1 of 2 products sell only now and then" in str(result.grounds()[0])


def test_stock_that_never_sold_has_no_past_no_future_and_no_part_in_a_scenario():
    result = never_sold()
    assert set(result.forecast["product_id"]) == {"a", "b"}
    for period in ("day", "week", "month"):
        assert result.sold("product", "never", period).is_empty()
        assert result.ahead("product", "never", period).is_empty()
    scenario = inventory.Scenario(growth=0.5, products=("never",))
    assert result.what_if(scenario).products.is_empty()
    assert set(result.what_if(inventory.Scenario(growth=0.5)).products["product_id"]) == {"a"}


def test_never_sold_stock_without_a_cost_is_counted_and_named():
    result = never_sold(unit_cost=[None] * 6)
    said = [str(finding) for finding in result.answer()]
    assert "4 products do not sell." in said
    assert any(
        "3 products of the stock count never sold in these orders, among them: Nobody's mug" in s
        for s in said
    )


def test_a_count_in_other_codes_is_not_taken_for_dead_stock():
    result = never_sold(product_id=["A1", "B1", "C1", "D1", "E1", "F1"])
    assert result.inventory["product_id"].to_list() == ["a", "b"]
    assert not result.has_stock


def test_an_order_some_of_whose_costs_are_missing_says_so():
    result = steady_shop(("b", 7), on_hand=[10.0, 1.0], unit_cost=[None, 5.0])
    assert set(result.by_status("order_now")["product_id"]) == {"a", "b"}
    said = [str(finding) for finding in result.answer()]
    assert said[0].startswith("Order 2 products now, for")
    assert any("What 1 of the products to order cost is not known" in one for one in said)


def test_without_costs_no_money_is_named():
    rows = [("a", ago, 2) for ago in range(200)] + [("b", 150, 1), ("b", 140, 1)]
    table = pl.DataFrame({"product_id": ["a", "b"], "on_hand": [2000.0, 40.0]})
    said = [str(finding) for finding in inventory.run(dataset(rows, table), Config()).answer()]
    assert said[1:] == [
        "1 products do not sell.",
        "1 products would last longer than 180 days.",
        "Add what a unit costs to the stock count to see the money in it.",
        "With fewer than 60 weeks of sales no season is known: after a peak these figures are too "
        "high, before one too low.",
    ]


def test_an_order_that_costs_something_comes_in_the_economic_quantity():
    """Harris: sqrt(2 x 730 a year x 8 / (0.25 x 3)) = 125, for 2 a day at a cost of 3."""
    config = Config(order_cost=8.0, holding_rate=0.25)
    weekly = np.full((2, 8), 14.0)
    found = policy.order_cycle(weekly, np.full(2, 2.0), np.array([3.0, np.nan]), config)
    assert found == pytest.approx([np.sqrt(2 * 730 * 8 / 0.75), 56.0])


def test_a_longer_lead_time_or_a_higher_service_level_needs_more_stock():
    rng = np.random.default_rng(8)
    rows = [("a", int(ago), int(rng.poisson(4)) + 1) for ago in range(200)]
    points = [
        inventory.run(dataset(rows), Config(lead_time_days=days, service_level=level)).inventory[
            "reorder_point"
        ][0]
        for days, level in ((7, 0.9), (28, 0.9), (28, 0.99))
    ]
    assert points[0] < points[1] < points[2]


def test_without_a_stock_count_there_are_reorder_points_only():
    result = inventory.run(dataset([("a", ago, 2) for ago in range(120)]), Config())
    row = result.inventory.row(0, named=True)
    assert row["reorder_point"] > 0
    assert [row[name] for name in ("on_hand", "order_quantity", "days_of_cover", "status")] == [
        None
    ] * 4
    assert result.actions() == []
    first, second = result.explain()[:2]
    assert str(first).startswith(f"Order a when fewer than {row['reorder_point']:.0f} are left")
    assert "stock count" in str(second)


@pytest.mark.parametrize("days", [7, 30, 56, 100])
def test_periods_tile_the_horizon_from_as_of(days):
    rows = [("a", ago, 2) for ago in range(120)]
    forecast = inventory.run(dataset(rows), Config(horizon_days=days)).forecast
    assert forecast["period_start"][0] == AS_OF + timedelta(days=1)
    assert forecast["period_end"][-1] == AS_OF + timedelta(days=days)
    gaps = forecast["period_start"][1:] - forecast["period_end"][:-1]
    assert (gaps == timedelta(days=1)).all()
    assert forecast["mean"].sum() == pytest.approx(2 * days, rel=0.02)


@pytest.mark.parametrize("method", ["naive", "seasonal_naive", "tsb", "combination"])
def test_every_method_is_selectable_and_marked_as_chosen(method):
    rng = np.random.default_rng(9)
    rows = [(f"p{n}", int(a), 1) for n in range(5) for a in rng.integers(0, 300, 150)]
    result = inventory.run(dataset(rows), Config(method=method))
    assert set(result.forecast["method"]) == {method}
    assert set(result.evidence.filter("chosen")["method"]) == {method}


# Budget


@pytest.fixture(scope="module")
def shelf():
    """Sixty products, little of what they need in stock; some dear, some hardly ever sold."""
    rng = np.random.default_rng(10)
    rows = [
        (f"p{n:02d}", int(ago), int(rng.poisson(2)) + 1)
        for n in range(60)
        for ago in rng.integers(0, 200, 20 + 5 * n)
    ]
    stock = pl.DataFrame(
        {
            "product_id": [f"p{n:02d}" for n in range(60)],
            "on_hand": np.arange(60) / 6,
            "unit_cost": 1.0 + np.arange(60) % 7,
            "pack_size": 1.0 + np.arange(60) % 3 * 5,
            "minimum_order": np.full(60, 4.0),
            "supplier": ["A", "B"] * 30,
        }
    )
    return dataset(rows, stock)


def test_an_order_within_a_budget_costs_no_more_and_uses_it(shelf):
    free = inventory.run(shelf, Config()).inventory
    whole = free["order_value"].sum()
    lines = []
    for share in (0.2, 0.5, 0.8):
        table = inventory.run(shelf, Config(order_budget=share * whole)).inventory
        assert 0.9 * share * whole < table["order_value"].sum() <= share * whole
        assert (table["order_quantity"] <= free["order_quantity"]).all()
        ordered = table.filter(pl.col("order_quantity") > 0)
        assert (ordered["order_quantity"] >= 4).all()
        lines.append(len(ordered))
    assert lines == sorted(lines)


def test_what_a_budget_leaves_out_for_want_of_a_cost_is_not_said_to_save_few_sales():
    stock = pl.DataFrame({"product_id": ["a", "b", "c"], "on_hand": [1.0] * 3})
    rows = [(product, ago, 2) for product in "abc" for ago in range(200)]
    some = dataset(rows, stock.with_columns(unit_cost=pl.Series([3.0, None, None])))
    result = inventory.run(some, Config(order_budget=500.0))
    assert (result.inventory["order_quantity"] > 0).to_list() == [True, False, False]
    said = [str(finding) for finding in result.answer()]
    assert said[0].startswith("Order 1 products now")
    assert any("500: 0 of the products wait" in one for one in said)
    assert any("2 products that must be ordered are not in the order" in one for one in said)
    (action,) = result.actions()
    assert action.finding.values == {"count": 1}


def test_the_best_value_comes_first():
    """Two products alike but for the cost: money for one order buys the cheap one."""
    two = np.full(2, 10.0)
    asked = terms(price=[10.0, 10.0], unit_cost=[1.0, 5.0])
    taken = purchase.within_budget(two, np.zeros(2), two, np.full(2, 0.1), asked, 10.0)
    assert taken.tolist() == [10.0, 0.0]


def test_parts_of_an_order_are_whole_packs_and_add_up():
    wanted, pack = np.array([0.0, 6.0, 500.0]), np.array([1.0, 6.0, 4.0])
    sizes = purchase.parts(wanted, pack, np.array([0.0, 0.0, 9.0]))
    assert sizes.sum(axis=0).tolist() == wanted.tolist()
    assert (sizes % pack == 0).all()
    assert sizes[0].tolist() == [0, 6, 12]


def test_a_suppliers_minimum_brings_forward_what_would_be_due_next(shelf):
    plain = inventory.run(shelf, Config()).inventory
    worth = dict(plain.group_by("supplier").agg(pl.col("order_value").sum()).iter_rows())
    asked = worth["A"] + 150.0
    result = inventory.run(shelf, Config(supplier_minimum=asked))
    found = result.inventory
    both = plain.join(found, on="product_id", suffix="_now")
    more = both.filter(pl.col("order_quantity_now") > pl.col("order_quantity"))
    for supplier, before in worth.items():
        own = found.filter(supplier=supplier)["order_value"].sum()
        assert max(before, asked) <= own <= max(before, asked) + 50
    assert (more["order_quantity_now"] % more["pack_size"] == 0).all()
    assert (more["order_quantity_now"] >= more["minimum_order"]).all()
    spare = (pl.col("on_hand") + pl.col("order_quantity_now") - pl.col("reorder_point_now")) / (
        pl.col("demand_per_day")
    )
    last = spare - pl.col("pack_size") / pl.col("demand_per_day")
    added, own = more.filter(supplier="A"), both.filter(supplier="A")
    assert added.select(last.max()).item() <= own.select(spare.min()).item()


def test_a_suppliers_minimum_beside_one_of_its_products_is_that_of_the_whole_order():
    table = {"supplier": ["S", "S"], "supplier_minimum": [400.0, None]}
    result = steady_shop(("b", 1), on_hand=[10.0, 10.0], **table)
    values = result.inventory["order_value"].to_list()
    assert values[0] < 400 < sum(values)
    assert not any("below the minimum" in str(finding) for finding in result.answer())
    dear = steady_shop(("b", 7), on_hand=[20.0, 10.0], supplier=["S", "S"],
                       supplier_minimum=[None, 500.0])  # fmt: skip
    assert dear.inventory["supplier_minimum"].to_list() == [500.0, 500.0]
    other = steady_shop(("b", 7), on_hand=[20.0, 10.0], supplier=["S", "T"],
                        supplier_minimum=[None, 500.0])  # fmt: skip
    assert other.inventory["supplier_minimum"].to_list() == [0.0, 500.0]


def test_what_is_not_due_is_named_as_filling_up_an_order():
    table = {"supplier": ["S", "S"], "supplier_minimum": [500.0, 500.0]}
    result = steady_shop(("b", 7), on_hand=[10.0, 20.0], **table)
    assert result.inventory["status"].to_list() == ["order_now", "ok"]
    assert (result.inventory["order_quantity"] > 0).all()
    assert result.inventory["order_value"].sum() >= 500
    assert any("larger order" in str(finding) for finding in result.answer())


def test_an_order_of_unknown_cost_is_not_filled_up_and_says_so():
    table = {"supplier": ["S", "S"], "supplier_minimum": [500.0, 500.0], "unit_cost": [None, 5.0]}
    result = steady_shop(("b", 7), on_hand=[10.0, 20.0], **table)
    assert (result.inventory["order_quantity"] > 0).to_list() == [True, False]
    said = [str(finding) for finding in result.answer()]
    assert any("the minimum of 1 suppliers is not known" in finding for finding in said)
    assert not any("below the minimum" in finding for finding in said)


def test_an_order_that_cannot_reach_the_minimum_says_so(shelf):
    result = inventory.run(shelf, Config(supplier_minimum=1_000_000.0))
    assert any("below the minimum of 2 suppliers" in str(finding) for finding in result.answer())
    over = result.inventory.filter(pl.col("order_quantity") > 0)
    stocked = over["on_hand"] + over["order_quantity"]
    assert (stocked <= 180 * over["demand_per_day"] + over["order_up_to"] + 12).all()


# The demo shop


@pytest.mark.parametrize("planted", ["order_now", "overstock", "dead"])
def test_the_planted_status_is_recognised(planted):
    result, truth = demo()
    found = set(result.by_status(planted)["product_id"])
    assert set(getattr(truth, planted)) <= found


def test_planted_slow_movers_are_intermittent():
    result, truth = demo()
    slow = result.inventory.filter(pl.col("product_id").is_in(list(truth.slow)))
    assert set(slow["pattern"]) <= {"intermittent", "lumpy"}
    assert slow["demand_per_day"].max() < 0.1


@pytest.mark.parametrize("product", shop("medium").truth.season_pairs[0])
def test_a_planted_season_is_recognised_and_not_ordered_in_june(product):
    result, _ = demo()
    row = result.inventory.row(by_predicate=pl.col("product_id") == product, named=True)
    ahead = result.forecast.filter(pl.col("product_id") == product)
    assert row["method"] in ("own_season", "seasonal_naive")
    assert ahead["mean"].sum() < 3
    assert row["status"] != "order_now"


def test_the_range_holds_on_the_demo_shop_and_beats_the_baselines():
    result, _ = demo()
    scores = result.evidence.pivot("metric", index="method", values="value")
    by_method = {row["method"]: row for row in scores.iter_rows(named=True)}
    assert by_method["auto"]["coverage_80"] >= 0.75
    for baseline in ("seasonal_naive", "moving_average"):
        assert by_method["auto"]["rmsse"] < by_method[baseline]["rmsse"]
        assert by_method["auto"]["pinball"] < by_method[baseline]["pinball"]


def test_the_lead_over_the_better_baseline_is_paired():
    result, _ = demo()
    rows = {(row["method"], row["metric"]): row for row in result.evidence.to_dicts()}
    mine = rows["auto", "pinball"]
    best = min(rows[name, "pinball"]["value"] for name in ("seasonal_naive", "moving_average"))
    assert mine["lead"] == pytest.approx(mine["value"] - best)
    assert mine["lead_low"] < mine["lead"] < mine["lead_high"] < 0
    assert rows["moving_average", "pinball"]["lead"] is None


def test_a_single_product_proves_nothing():
    """Resampled, one product is always itself: an interval over products would have no width."""
    rng = np.random.default_rng(1)
    rows = [("a", ago, int(rng.poisson(3)) + 1) for ago in range(0, 300, 2)]
    result = inventory.run(dataset(rows), Config())
    assert not result.evidence.is_empty()
    assert result.evidence["low"].null_count() == len(result.evidence)
    assert result.evidence["lead_low"].null_count() == len(result.evidence)
    said = [str(finding) for finding in result.grounds()]
    assert any("A single product could be tested" in one for one in said)
    assert not any("95% interval" in one for one in said)


def test_the_promotions_of_a_single_product_are_told_without_an_interval():
    rows = [
        (name, ago, 6.0 if name == "a" and 100 <= ago < 121 else 2.0)
        for name in "abc"
        for ago in range(300)
    ]
    made = dataset(rows)
    cheap = (pl.col("quantity") == 6).cast(pl.Float64)
    lines = made.lines.with_columns(
        revenue=pl.col("quantity") * (10 - 3 * cheap), discount=pl.col("quantity") * 3 * cheap
    )
    said = [str(one) for one in inventory.run(Dataset("d", "d", lines), Config()).grounds()]
    (promotion,) = [one for one in said if "on promotion" in one]
    assert promotion.startswith("One product was on promotion at times, and then sold")
    assert "interval" not in promotion


def test_where_nothing_sells_any_more_no_rule_is_beaten():
    """A rule that is never wrong cannot be divided by."""
    rows = [(name, ago, 1 + ago % 3) for name in "abcd" for ago in range(500, 640, 2)]
    result = inventory.run(dataset(rows), Config(as_of=AS_OF))
    said = [str(finding) for finding in result.grounds()]
    assert any("was never wrong" in one for one in said)
    assert not any("nan" in one for one in said)
