"""The day the stock runs out, and its range."""

from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from core.analyses import inventory
from core.analyses.inventory import policy, quantiles
from core.dataset import Dataset
from sample_data.generate import shop

WEEKS_OF_STOCK = 5


def test_lasting_demand_is_the_inverse_of_the_chance_to_last():
    from scipy.stats import nbinom

    stock, dispersion = np.array([1.0, 8.0, 40.0, 0.0]), np.array([0.1, 0.5, 1.5, 0.5])
    for level in (0.1, 0.5, 0.9):
        mean = quantiles.lasting_demand(stock, dispersion, level)
        size = 1 / dispersion[:3]
        lasts = nbinom.cdf(stock[:3] - 1, size, size / (size + mean[:3]))
        assert lasts == pytest.approx(np.full(3, level))
        assert mean[3] == 0


def test_eight_in_ten_stock_outs_fall_inside_the_range():
    """The demo shop as of thirteen weeks before its end: when would five weeks' stock be gone?"""
    made = shop("medium")
    lines = made.lines.filter(pl.col("quantity") > 0)
    last = lines["ordered_at"].max().date()
    as_of = last - timedelta(weeks=13)
    sold = lines.with_columns(ago=(pl.lit(as_of) - pl.col("ordered_at").dt.date()).dt.total_days())
    usual = sold.filter(pl.col("ago").is_between(0, 90)).group_by("product_id")
    counted = usual.agg(on_hand=(pl.col("quantity").sum() * WEEKS_OF_STOCK / 13).ceil())
    stock = counted.filter(pl.col("on_hand") >= 3).sort("product_id")
    data = Dataset("past", "past", made.lines.lazy(), {"stock": stock})
    result = inventory.run(data, inventory.Config(as_of=as_of))
    later = sold.filter(pl.col("ago") < 0).sort("ordered_at")
    gone = (
        later.with_columns(used=pl.col("quantity").cum_sum().over("product_id"))
        .join(stock, on="product_id")
        .filter(pl.col("used") >= pl.col("on_hand"))
        .group_by("product_id")
        .agg(gone=pl.col("ordered_at").min().dt.date())
    )
    rows = result.inventory.join(stock.select("product_id"), on="product_id")
    rows = rows.join(gone, on="product_id", how="left").with_columns(
        pl.col("gone").fill_null(last + timedelta(days=999)),
        pl.col("stockout_latest").fill_null(last + timedelta(days=9999)),
    )
    assert rows.height > 50
    ordered = rows.drop_nulls("stockout_date")
    assert (ordered["stockout_earliest"] <= ordered["stockout_date"]).all()
    early = (rows["gone"] < rows["stockout_earliest"]).mean()
    known = rows.filter(pl.col("stockout_latest") <= last)
    late = (known["gone"] > known["stockout_latest"]).mean()
    assert early < 0.2
    assert late < 0.2
    assert known.height > 50


def test_how_long_a_supplier_takes_does_not_change_how_long_the_stock_lasts():
    days = [datetime(2024, 3, 31) - timedelta(days=ago) for ago in range(200)]
    lines = pl.DataFrame({"ordered_at": days, "product_id": "a", "quantity": 2.0})
    found = []
    for spread in (0.0, 20.0):
        stock = pl.DataFrame(
            {"product_id": ["a"], "on_hand": [60.0], "lead_time_sd_days": [spread]}
        )
        result = inventory.run(
            Dataset("s", "s", lines.lazy(), {"stock": stock}), inventory.Config()
        )
        found.append(result.inventory.row(0, named=True))
    sure, unsure = found
    assert unsure["reorder_point"] > sure["reorder_point"]
    assert sure["stockout_date"] == date(2024, 4, 30)
    for name in ("stockout_earliest", "stockout_date", "stockout_latest"):
        assert sure[name] == unsure[name]


@pytest.mark.parametrize(
    ("units", "days"),
    [(0, 0), (14, 3.5), (28, 7), (29, 22), (35, 28), (52.5, 42), (np.nan, np.nan)],
)
def test_stock_lasts_by_the_demand_of_each_week(units, days):
    """28 this week, then nothing for a fortnight, then 7; and 8.75 a week, their mean, for good."""
    weekly = np.array([[28.0, 0.0, 0.0, 7.0]])
    found = policy.lasting(np.array([float(units)]), weekly)
    assert found == pytest.approx([days], nan_ok=True)


def test_what_nobody_is_expected_to_buy_lasts_for_ever():
    found = policy.lasting(
        np.array([0.0, 5.0, 9e6]), np.array([[0.0, 0.0], [0.0, 0.0], [1.0, 1.0]])
    )
    assert np.isnan(found).all()


def test_the_last_of_a_season_runs_out_in_it():
    """Four weeks a year, of which two are left: a week's stock is not spread over a month."""
    rng = np.random.default_rng(4)
    as_of = datetime(2025, 12, 10)
    rows = [
        (as_of - timedelta(days=ago), product, float(units))
        for product in ("always", "season")
        for ago in range(3 * 364)
        if (units := rng.poisson(4)) and (product == "always" or (ago - 14) % 364 > 335)
    ]
    rows += [(as_of - timedelta(days=ago), "season", 4.0) for ago in range(14)]
    lines = pl.DataFrame(rows, schema=["ordered_at", "product_id", "quantity"], orient="row")
    stock = pl.DataFrame({"product_id": ["always", "season"], "on_hand": [28.0, 28.0]})
    data = Dataset("s", "s", lines.lazy(), {"stock": stock})
    result = inventory.run(data, inventory.Config(method="seasonal_naive"))
    ahead = result.ahead("product", "season", "week")
    row = result.inventory.row(by_predicate=pl.col("product_id") == "season", named=True)
    assert ahead["mean"][:2].min() > 20
    assert ahead["mean"][2:].max() < 14
    assert row["days_of_cover"] == pytest.approx(7, abs=2)
