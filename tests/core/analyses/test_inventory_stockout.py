"""The day the stock runs out, and its range."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from core.analyses import inventory
from core.analyses.inventory import quantiles
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
