"""Seasonal goods: not dead between two seasons, not ordered before the next, dead if it fails."""

from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from core.analyses import inventory
from core.analyses.inventory import rest
from core.dataset import Dataset

FIRST = date(2022, 1, 3)
LAST = date(2025, 12, 31)
SEASON = (10, 11, 12)


@pytest.fixture(scope="module")
def shop() -> Dataset:
    """A product sold October to December, one given up in October 2024, one sold all year.

    Too few for a model of all products, which season and status do not rest on.
    """
    rng = np.random.default_rng(3)
    days = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
    rows = []
    for day in days:
        sold = {"steady": rng.poisson(1.5)}
        sold["christmas"] = rng.poisson(4) if day.month in SEASON else 0
        sold["given_up"] = rng.poisson(2) if day < date(2024, 10, 1) else 0
        rows += [(datetime.combine(day, datetime.min.time()), p, float(q)) for p, q in sold.items()]
    lines = pl.DataFrame(rows, schema=["ordered_at", "product_id", "quantity"], orient="row")
    lines = lines.filter(pl.col("quantity") > 0).with_columns(revenue=pl.col("quantity") * 5)
    stock = pl.DataFrame(
        {"product_id": lines["product_id"].unique().sort(), "on_hand": 12.0, "unit_cost": 2.0}
    )
    return Dataset("seasons", "seasons", lines.lazy(), {"stock": stock})


def status(shop: Dataset, day: date, product: str) -> str:
    result = inventory.run(shop, inventory.Config(as_of=day))
    return dict(result.inventory.select("product_id", "status").iter_rows())[product]


@pytest.mark.parametrize("day", [date(2025, 4, 20), date(2025, 6, 30), date(2025, 8, 20)])
def test_between_two_seasons_a_product_is_neither_dead_nor_ordered(shop, day):
    assert status(shop, day, "christmas") == "ok"


def test_it_is_ordered_once_the_season_lies_within_the_time_an_order_takes(shop):
    assert status(shop, date(2025, 9, 27), "christmas") == "order_now"


def test_after_a_season_without_sales_it_is_dead(shop):
    lines = shop.lines.filter(
        (pl.col("product_id") != "christmas") | (pl.col("ordered_at") < datetime(2025, 6, 1))
    )
    missed = Dataset("missed", "missed", lines, shop.tables)
    assert status(missed, LAST, "christmas") == "dead"


@pytest.mark.parametrize("day", [date(2025, 2, 15), date(2025, 6, 30)])
def test_what_used_to_sell_all_year_is_dead_when_it_stops(shop, day):
    assert status(shop, day, "given_up") == "dead"


def test_stock_is_too_much_only_beyond_what_the_season_takes():
    units = np.zeros((1, 156))
    units[0, 12:26] = units[0, 64:78] = units[0, 116:130] = 10.0
    found = rest.rest(units, np.array([12]), np.array([3]), 26)
    assert found.awaited.tolist() == [True]
    assert found.resting.tolist() == [True]
    assert found.coming.tolist() == [140.0]


def test_a_product_younger_than_a_year_has_no_season_yet():
    units = np.zeros((1, 60))
    units[0, 20:30] = 10.0
    found = rest.rest(units, np.array([20]), np.array([3]), 26)
    assert not found.awaited.any()
    assert not found.resting.any()
