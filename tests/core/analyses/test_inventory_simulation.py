"""The replay of the past: bookkeeping by hand, and against a known optimum."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from scipy.stats import poisson

from core.analyses import inventory
from core.analyses.inventory import purchase, replay, simulation
from core.analyses.inventory.config import Config
from core.analyses.inventory.demand import Demand
from core.dataset import Dataset
from core.errors import NotEnoughDataError
from sample_data import generate

AS_OF = date(2024, 3, 31)


def shop_of(units, lead=1, first=16, review=1) -> replay.Shop:
    units = np.asarray(units, dtype=float)
    start, flags = np.zeros(len(units), dtype=np.intp), np.zeros(units.shape, dtype=bool)
    products = pl.DataFrame({"product_id": [f"p{n}" for n in range(len(units))]})
    known = Demand(units, start, products, AS_OF, flags)
    ones, weeks = np.ones(len(units)), np.full(len(units), lead)
    taken = np.full((units.shape[1], len(units)), lead)
    terms = purchase.Terms(ones, 0 * ones, 2 * ones, ones, flags[:, 0].astype(np.intp), 0 * ones)
    return replay.Shop(known, first, weeks, taken, review, ones, 2 * ones, 0 * ones, terms)


def dataset(units) -> Dataset:
    product, week = np.nonzero(units)
    weeks = units.shape[1]
    first = datetime.combine(AS_OF, datetime.min.time()) - timedelta(days=7 * weeks - 1)
    lines = pl.DataFrame(
        {
            "ordered_at": [first + timedelta(days=7 * int(w)) for w in week],
            "product_id": [f"p{p:03d}" for p in product],
            "quantity": units[product, week].astype(float),
            "unit_price": 2.0,
        }
    )
    return Dataset("test", "test", lines.lazy())


def test_bookkeeping_by_hand():
    """Starts with 10, 6 are asked for every week; 6 more are ordered below 5, a week on the way."""
    shop = shop_of(np.full((1, 20), 6.0))

    def rule(_):
        return np.array([[5.0]]), np.array([[10.0]])

    row = replay.replay(shop, rule, (0.0,), Config(holding_rate=0.0)).row(0, named=True)
    # week: on hand before, ordered, served -> 10,0,6 | 4,6,4 | 6,0,6 | 0,10,0
    assert row["fill_rate"] == pytest.approx((6 + 4 + 6 + 0) / 24)
    assert row["stock_units"] == pytest.approx((4 + 0 + 0 + 0) / 4)
    assert (row["stockouts"], row["orders"]) == (2, 2)
    assert row["lost_revenue"] == pytest.approx(2 * 8)
    assert row["cost"] == pytest.approx(8 * 52 / 4)


def test_an_order_takes_its_own_time_and_waits_for_the_review():
    """Two products, one and three weeks; ordered every other week; 4 a week until stock is gone."""
    shop = shop_of(np.full((2, 22), 4.0), review=2)
    shop = replace(shop, taken=np.tile([1, 3], (22, 1)))

    def rule(_):
        return np.full((1, 2), 9.0), np.full((1, 2), 8.0)

    row = replay.replay(shop, rule, (0.0,), Config()).row(0, named=True)
    # on hand before sales -> a: 8 4 0 8 4 4 (8 ordered in the third week, 4 in the fifth),
    # b: 8 4 0 0 0 8 (8 ordered in the third week)
    assert row["orders"] == 2 + 1
    assert row["fill_rate"] == pytest.approx((20 + 12) / 48)


def test_orders_come_in_whole_packs_and_of_the_least_size():
    """Short of one, in packs of six: six come; the other supplier sends no fewer than eight."""
    shop = shop_of(np.ones((2, 19)))
    terms = replace(shop.terms, pack=np.array([6.0, 1.0]), least=np.array([0.0, 8.0]))

    def rule(_):
        return np.full((1, 2), 10.0), np.full((1, 2), 10.0)

    row = replay.replay(replace(shop, terms=terms), rule, (0.0,), Config()).row(0, named=True)
    # at the end of the weeks -> 9 and 9; 8 and 8, ordered before; 8 + 6 - 1 and 8 + 8 - 1
    assert row["orders"] == 2
    assert row["stock_units"] == pytest.approx((18 + 16 + 13 + 15) / 3)


def test_nothing_is_lost_with_endless_stock_and_everything_with_none():
    shop = shop_of(np.full((3, 30), 4.0))
    for level, fill in ((1e6, 1.0), (0.0, 0.0)):

        def rule(_, level=level):
            return np.full((1, 3), level), np.full((1, 3), level)

        row = replay.replay(shop, rule, (0.0,), Config()).row(0, named=True)
        assert row["fill_rate"] == fill


def test_close_to_the_optimum_where_demand_is_known():
    """Poisson demand of known mean: the best base stock is its quantile; ours costs little more."""
    rng = np.random.default_rng(0)
    mean = rng.gamma(2, 5, 150)
    units = rng.poisson(mean[:, None], (150, 70))
    units[:, 0] = np.maximum(units[:, 0], 1)
    found = inventory.simulate(dataset(units), Config(lead_time_days=14, order_cycle_days=7))
    ours = found.frontier.filter(pl.col("policy") == "forecast", "chosen").row(0, named=True)
    shop = shop_of(units, lead=2, first=18)

    def optimal(_):
        points = poisson.ppf(0.95, 3 * mean)[None]
        return points, np.ceil(points + mean)

    best = replay.replay(shop, optimal, (0.95,), Config()).row(0, named=True)
    assert ours["fill_rate"] >= best["fill_rate"] - 0.02
    assert ours["stock_units"] <= 1.25 * best["stock_units"]


@pytest.fixture(scope="module")
def steady():
    """Fourteen months of steady demand, of which the last year is replayed."""
    rng = np.random.default_rng(1)
    units = rng.poisson(rng.gamma(1, 8, (150, 1)), (150, 64))
    units[:, 0] = np.maximum(units[:, 0], 1)
    return inventory.simulate(dataset(units), Config())


def test_the_forecast_saves_stock_against_the_rules_on_steady_demand(steady):
    assert steady.saved["seasonal_naive"] > 0.05
    assert steady.saved["rule_of_thumb"] > 0.15
    assert any("saves" in str(finding) for finding in steady.explain())


def test_more_service_takes_more_stock(steady):
    for _, rows in steady.frontier.group_by("policy"):
        ordered = rows.sort("setting")
        assert ordered["stock_value"].is_sorted()
        assert ordered["fill_rate"].diff().drop_nulls().min() > -0.01


def test_the_future_is_not_seen():
    """What a policy orders in a week rests on the weeks before it alone."""
    rng = np.random.default_rng(3)
    units = rng.poisson(5, (25, 60)).astype(float)
    changed = units.copy()
    changed[:, 50:] *= 30
    decided = []
    for data in (units, changed):
        rules = simulation._rules(shop_of(data, lead=2, first=40), Config())
        decided.append([rule(49) for _, rule in rules.values()])
    for before, after in zip(*decided, strict=True):
        assert before[0] == pytest.approx(after[0])
        assert before[1] == pytest.approx(after[1])


def test_a_short_history_cannot_be_replayed():
    with pytest.raises(NotEnoughDataError, match="28 weeks"):
        inventory.simulate(dataset(np.ones((3, 20))), Config())


def test_on_the_demo_shop_it_takes_a_sixth_less_stock_than_either_rule():
    """Its lead times are 7 to 35 days; two products sell before Christmas alone."""
    made = generate.shop("medium")
    found = inventory.simulate(
        Dataset("demo", "demo", made.lines.lazy(), {"stock": made.stock}), Config()
    )
    assert found.saved["rule_of_thumb"] > 0.15
    assert found.saved["seasonal_naive"] > 0.15
    chosen = found.frontier.filter("chosen").sort("cost")
    assert chosen["policy"][0] == "forecast"
    assert chosen["fill_rate"][0] > 0.98


@pytest.mark.parametrize("measure", ["fill_rate", "cost_of_being_out"])
def test_another_promise_is_replayed_at_its_own_settings(measure):
    rng = np.random.default_rng(4)
    mean = rng.gamma(1, 8, 60)
    units = rng.poisson(mean[:, None], (60, 56))
    units[:, 0] = np.maximum(units[:, 0], 1)
    found = inventory.simulate(dataset(units), Config(service_measure=measure, service_level=0.9))
    ours = found.frontier.filter(pl.col("policy") == "forecast").sort("setting")
    assert ours["fill_rate"].is_sorted()
    chosen = ours.filter("chosen").row(0, named=True)
    assert chosen["setting"] == (0.9 if measure == "fill_rate" else 1.0)
    assert chosen["fill_rate"] >= 0.89


@pytest.fixture(scope="module")
def unpriced() -> Dataset:
    """Twenty products of which nobody says what they sell for."""
    rng = np.random.default_rng(5)
    units = rng.poisson(20, (20, 56)) + 1
    made = dataset(units)
    return Dataset("u", "u", made.lines.drop("unit_price"))


def in_force(found: simulation.Simulation) -> dict:
    return found.frontier.filter("chosen", policy="forecast").row(0, named=True)


def test_a_price_that_is_not_known_leaves_the_usual_margin_on_a_known_cost(unpriced):
    names = unpriced.lines.select("product_id").unique().collect()
    costs = Dataset("c", "c", unpriced.lines, {"stock": names.with_columns(unit_cost=3.0)})
    found = inventory.simulate(costs, Config(service_measure="cost_of_being_out"))
    assert in_force(found)["fill_rate"] > 0.98


def test_without_a_cost_there_is_no_economic_quantity_to_replay(unpriced):
    """As in the plan: an order covers the order cycle, whatever it costs."""
    plain, dear = (inventory.simulate(unpriced, Config(order_cost=cost)) for cost in (0.0, 50.0))
    assert in_force(dear)["orders"] == in_force(plain)["orders"]
    assert in_force(dear)["stock_units"] == in_force(plain)["stock_units"]


def test_without_prices_and_costs_no_money_is_named(unpriced):
    found = inventory.simulate(unpriced, Config())
    assert not found.priced
    said = str(found.explain()[0])
    assert f"with {in_force(found)['stock_units']:,.0f} units in stock on average" in said


def test_the_method_set_is_the_one_replayed(unpriced):
    by_auto, by_naive = (
        inventory.simulate(unpriced, Config(method=name)).frontier for name in ("auto", "naive")
    )
    rivals = pl.col("policy") != "forecast"
    assert by_auto.filter(rivals).equals(by_naive.filter(rivals))
    assert not by_auto.filter(~rivals).equals(by_naive.filter(~rivals))
    ours = inventory.simulate(unpriced, Config(method="seasonal_naive")).frontier
    same = [ours.filter(policy=name).drop("policy") for name in ("forecast", "seasonal_naive")]
    assert same[0].equals(same[1])


def test_a_rival_is_compared_at_the_least_stock_that_fills_as_many_units():
    """Beyond 6 weeks' stock nothing more is filled, nor at a setting that fills fewer with more."""
    rows = [("forecast", 1.0, 100.0, True), ("rule_of_thumb", 0.9, 130.0, False),
            ("rule_of_thumb", 1.0, 400.0, False), ("rule_of_thumb", 1.0, 120.0, True),
            ("rule_of_thumb", 1.0, 800.0, False)]  # fmt: skip
    frontier = pl.DataFrame(
        rows, schema=["policy", "fill_rate", "stock_value", "chosen"], orient="row"
    )
    assert simulation.compare(frontier, "rule_of_thumb") == pytest.approx(1 - 100 / 120)
    fewer = frontier.with_columns(fill_rate=pl.when("chosen").then(0.95).otherwise("fill_rate"))
    ours = fewer.filter(pl.col("policy") == "forecast")
    theirs = frontier.filter(pl.col("policy") != "forecast").head(3)
    found = simulation.compare(pl.concat([ours, theirs]), "rule_of_thumb")
    assert found == pytest.approx(1 - 100 / 120)


def test_a_rule_that_always_fills_more_is_not_said_to_fall_short():
    rows = [("forecast", 0.80, 100.0, True), ("rule_of_thumb", 0.90, 150.0, False),
            ("rule_of_thumb", 0.95, 200.0, True), ("seasonal_naive", 0.60, 90.0, True)]  # fmt: skip
    frontier = pl.DataFrame(
        rows, schema=["policy", "fill_rate", "stock_value", "chosen"], orient="row"
    ).with_columns(cost=1.0)
    saved = {
        name: simulation.compare(frontier, name) for name in ("rule_of_thumb", "seasonal_naive")
    }
    assert saved == {"rule_of_thumb": None, "seasonal_naive": None}
    found = simulation.Simulation(frontier, 52, 1, saved, priced=True)
    assert [str(finding) for finding in found.explain()[2:]] == [
        "rule of thumb fills more units than that at every setting.",
        "seasonal naive reaches no such fill rate here.",
    ]


@pytest.mark.parametrize(("ours", "kind"), [(90.0, "fact"), (110.0, "caution")])
def test_whether_it_would_have_paid_is_told_by_the_cost(ours, kind):
    """A fuller shelf that costs more than the rule of thumb was shown as the better one."""
    rows = [
        {"policy": policy, "setting": 1.0, "fill_rate": fill, "stock_value": 50.0, "cost": cost}
        for policy, fill, cost in (("forecast", 0.97, ours), ("rule_of_thumb", 0.85, 100.0))
    ]
    frontier = pl.DataFrame(rows).with_columns(chosen=pl.lit(value=True))
    found = simulation.Simulation(frontier, 36, 9, {}, priced=True).explain()
    (paid,) = (one for one in found if "paid" in str(one))
    assert (paid.kind, paid.values) == (kind, {"ours": ours, "rule": 100.0})
