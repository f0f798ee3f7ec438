"""What if: the plan before and after a promotion, a price change, growth, a late supplier."""

from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from core.analyses import inventory
from core.analyses.inventory import Config, Scenario
from core.dataset import Dataset

AS_OF = date(2024, 3, 31)


@pytest.fixture(scope="module")
def result():
    """Two a day of each of four products, from suppliers A and B, one with plenty in stock."""
    rows = [(f"p{n}", ago) for n in range(4) for ago in range(200)]
    midnight = datetime.combine(AS_OF, datetime.min.time())
    lines = pl.DataFrame(
        {
            "ordered_at": [midnight - timedelta(days=ago) for _, ago in rows],
            "product_id": [product for product, _ in rows],
            "quantity": [2.0] * len(rows),
            "revenue": [20.0] * len(rows),
        }
    )
    stock = pl.DataFrame(
        {
            "product_id": ["p0", "p1", "p2", "p3"],
            "on_hand": [10.0, 60.0, 90.0, 900.0],
            "lead_time_days": [14.0] * 4,
            "unit_cost": [3.0] * 4,
            "supplier": ["A", "B", "A", None],
        }
    )
    return inventory.run(Dataset("t", "t", lines.lazy(), {"stock": stock}), Config())


def change(result, **scenario):
    answer = result.what_if(Scenario(**scenario))
    return answer, {row["product_id"]: row for row in answer.products.to_dicts()}


def test_nothing_planned_changes_nothing(result):
    answer, products = change(result)
    assert products == {}
    assert "changes nothing" in str(answer.explain()[0])


def test_growth_asks_for_more_of_everything(result):
    _, products = change(result, growth=0.5)
    assert len(products) == 4
    for row in products.values():
        assert row["demand_ahead_after"] == pytest.approx(1.5 * row["demand_ahead"])
        assert row["reorder_point_after"] > 1.3 * row["reorder_point"]
    assert products["p0"]["order_quantity_after"] > products["p0"]["order_quantity"] > 0
    assert products["p3"]["order_quantity_after"] == 0


def test_a_promotion_concerns_its_products_in_its_weeks(result):
    _, products = change(
        result,
        products=("p1",),
        promotion_uplift=2.0,
        promotion_starts_in_weeks=1,
        promotion_weeks=2,
    )
    assert list(products) == ["p1"]
    more = products["p1"]["demand_ahead_after"] - products["p1"]["demand_ahead"]
    assert more == pytest.approx(2 * 2 * 14, rel=0.05)
    assert products["p1"]["status_after"] == "order_now"


def test_a_promotion_after_everything_that_must_be_covered_changes_no_order(result):
    _, products = change(result, promotion_uplift=2.0, promotion_starts_in_weeks=12)
    assert all(row["order_quantity"] == row["order_quantity_after"] for row in products.values())


def test_a_price_change_moves_demand_by_its_elasticity(result):
    _, products = change(result, price_change=-0.2, price_elasticity=-2.0)
    row = products["p0"]
    assert row["demand_ahead_after"] == pytest.approx(row["demand_ahead"] * 0.8**-2)
    _, same = change(result, price_change=0.1, price_elasticity=0.0)
    assert all(r["demand_ahead"] == r["demand_ahead_after"] for r in same.values())


def test_an_elasticity_that_nothing_shows_is_named_as_assumed(result):
    answer, _ = change(result, price_change=-0.1)
    assert not answer.learned
    (caution,) = [finding for finding in answer.explain() if finding.kind == "caution"]
    assert str(caution).startswith("The price elasticity of -2.60 is an assumption")


def test_a_late_supplier_concerns_its_own_products(result):
    answer, products = change(result, delay_days=14, suppliers=("A",))
    assert set(products) == {"p0", "p2"}
    assert products["p0"]["reorder_point_after"] > 1.4 * products["p0"]["reorder_point"]
    assert products["p2"]["status_after"] == "order_now"
    by_supplier = {row["supplier"]: row for row in answer.suppliers.to_dicts()}
    assert by_supplier["A"]["order_value_after"] > by_supplier["A"]["order_value"]
    assert by_supplier["B"]["order_value_after"] == by_supplier["B"]["order_value"]
    assert "instead of" in str(answer.explain()[0])


def test_orders_of_suppliers_add_up_to_those_of_the_plan(result):
    answer, _ = change(result, growth=1.0)
    assert answer.suppliers["order_quantity"].sum() == result.inventory["order_quantity"].sum()


def test_without_a_stock_count_the_reorder_points_answer(result):
    lines = result.demand.products.select("product_id")
    rows = lines.join(pl.DataFrame({"ago": np.arange(120)}), how="cross")
    dated = rows.select(
        "product_id",
        ordered_at=pl.lit(datetime(2024, 3, 31)) - pl.duration(days=pl.col("ago")),
        quantity=pl.lit(2.0),
    )
    bare = inventory.run(Dataset("b", "b", dated.lazy()), Config())
    answer = bare.what_if(Scenario(growth=0.5))
    assert "reorder points add up to" in str(answer.explain()[0])
    assert answer.products["order_quantity_after"].null_count() == 4


def test_without_costs_no_money_is_compared(result):
    stock = result.outlook.products.select("product_id", "on_hand")
    rows = [(product, ago) for product in stock["product_id"] for ago in range(120)]
    lines = pl.DataFrame(rows, schema=["product_id", "ago"], orient="row").select(
        "product_id",
        ordered_at=pl.lit(datetime(2024, 3, 31)) - pl.duration(days=pl.col("ago")),
        quantity=pl.lit(2.0),
    )
    counted = inventory.run(Dataset("c", "c", lines.lazy(), {"stock": stock}), Config())
    said = str(counted.what_if(Scenario(growth=0.5)).explain()[0])
    assert said.startswith("Order ")
    assert "units instead of" in said
    assert "0.00" not in said


def test_demand_may_be_more_elastic_than_a_reader_can_set():
    """Eight products 5% cheaper for good, and then half as much again: an elasticity of -7.9."""
    rows = [
        (f"p{n:02d}", 7 * week + day, 6.0 if cheap else 4.0, 9.5 if cheap else 10.0)
        for n in range(14)
        for week in range(60)
        for cheap in [n < 8 and week < 30]
        for day in range(5)
    ]
    table = pl.DataFrame(rows, schema=["product_id", "ago", "quantity", "price"], orient="row")
    lines = table.select(
        "product_id",
        "quantity",
        ordered_at=pl.lit(datetime(2024, 3, 31)) - pl.duration(days=pl.col("ago")),
        revenue=pl.col("quantity") * pl.col("price"),
        discount=pl.lit(0.0),
    )
    found = inventory.run(Dataset("e", "e", lines.lazy()), Config())
    assert found.demand.elasticity[0] < -6
    answer = found.what_if(Scenario(price_change=-0.05))
    ratio = answer.products["demand_ahead_after"] / answer.products["demand_ahead"]
    assert ratio.to_list() == pytest.approx([0.95**answer.elasticity] * 14)
    assert str(answer.explain()[-1]) == "The price elasticity of -7.88 is your shop's own."
