"""What the inventory charts say above themselves is what they show."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import polars as pl
import pytest

from core.analyses import inventory
from core.analyses.inventory import Config, Simulation
from core.dataset import Dataset
from dashboard import figures, state
from dashboard.charts import inventory as charts
from dashboard.panels import inventory_tables as tables

AS_OF = datetime(2024, 3, 31)


@pytest.fixture(scope="module", autouse=True)
def english():
    with state.speaking("en"):
        yield


def planned(stock=None, *, priced=True, **options) -> inventory.Result:
    """Three products that sell at different rates."""
    rows = [(name, ago) for name, every in zip("abc", (1, 3, 9), strict=True)
            for ago in range(0, 200, every)]  # fmt: skip
    lines = pl.DataFrame(rows, schema=["product_id", "ago"], orient="row").select(
        "product_id",
        ordered_at=pl.lit(AS_OF) - pl.duration(days=pl.col("ago")),
        quantity=pl.lit(2.0),
        **({"revenue": pl.lit(20.0)} if priced else {}),
    )
    tables = {} if stock is None else {"stock": stock}
    return inventory.run(Dataset("t", "t", lines.lazy(), tables), Config(**options))


def title(figure) -> str:
    return str(figure.layout.title.text)


def test_more_stock_is_more_by_the_rule_of_thumbs_own():
    """200 instead of 100 is 100% more."""
    rows = [("forecast", 0.9, 200.0, True), ("rule_of_thumb", 0.9, 100.0, True)]
    frontier = pl.DataFrame(
        rows, schema=["policy", "fill_rate", "stock_value", "chosen"], orient="row"
    )
    found = Simulation(frontier, 52, 1, {"rule_of_thumb": 1 - 200 / 100}, priced=True)
    assert "100% more stock" in title(charts.frontier_chart(found))


@pytest.mark.parametrize(("level", "said"), [(0.9, "From 90% to 99%"), (0.99, "From 97% to 99%"),
                                             (0.995, "From 97% to 99%")])  # fmt: skip
def test_every_service_level_has_a_next_one_to_compare_with(level, said):
    assert title(charts.service_chart(planned(service_level=level))).startswith(said)


def test_no_multiple_of_nothing_is_named():
    result = planned()
    none = result.trade_off.with_columns(
        pl.when(pl.col("service_level") > 0.98).then(1.0).otherwise(0.0).alias(name)
        for name in ("safety_stock", "safety_stock_value")
    )
    drawn = charts.service_chart(replace(result, trade_off=none))
    assert title(drawn) == "What each service level takes in safety stock"


@pytest.mark.parametrize(
    ("period", "ends", "said"),
    [
        ("month", [16, 28], "about 32.0 expected from 16 Mar 2024 to 31 Mar 2024"),
        ("month", [16, 46, 56], "about 60.0 a month"),
        ("week", [7, 14, 17], "about 14.0 a week"),
        ("week", [3], "about 6.0 expected from 16 Mar 2024 to 18 Mar 2024"),
    ],
)
def test_what_is_expected_of_a_period_is_that_of_a_whole_one(period, ends, said):
    """Two a day from 16 March on."""
    begins, day = [0, *ends[:-1]], date(2024, 3, 16)
    units = [2.0 * (end - begin) for begin, end in zip(begins, ends, strict=True)]
    ahead = pl.DataFrame(
        {
            "period_start": [day + timedelta(days=n) for n in begins],
            "period_end": [day + timedelta(days=n - 1) for n in ends],
            "mean": units,
            "p10": units,
            "p90": units,
        }
    )
    past = pl.DataFrame(schema={"period_start": pl.Date, "units": pl.Float64})
    assert said in title(charts.history_chart(past, ahead, period, "a"))


def test_without_prices_nothing_is_said_to_earn():
    assert "earn 80% of the money" in title(charts.grid_chart(planned()))
    assert "make 80% of the units sold" in title(charts.grid_chart(planned(priced=False)))


def test_a_report_without_a_stock_count_has_no_chart_of_the_stock():
    stock = pl.DataFrame({"product_id": ["a", "b", "c"], "on_hand": [9.0] * 3})
    drawn = [[title(f) for f in figures.of("inventory", planned(s))] for s in (None, stock)]
    assert [len(titles) for titles in drawn] == [3, 4]
    assert "Where the stock stands" in drawn[1]


def test_what_is_not_known_to_cost_anything_comes_last():
    stock = pl.DataFrame(
        {"product_id": ["a", "b", "c"], "on_hand": [9000.0] * 3, "unit_cost": [1.0, None, 3.0]}
    )
    assert tables.tied_up(planned(stock))["product_id"].to_list() == ["c", "a", "b"]
