"""The second demo: read from the package's files, without running its code."""

import sys

import polars as pl
import pytest

from sample_data import completejourney

pytestmark = pytest.mark.skipif(not completejourney.installed(), reason="extra demo-data")


def test_every_transaction_becomes_a_line_and_the_money_adds_up(tmp_path):
    (written,) = completejourney.write(tmp_path / "orders.parquet")
    lines = pl.read_parquet(written)
    assert lines.height == 1_469_307
    counted = lines.filter(pl.col("quantity") > 0)
    net = counted["quantity"] * counted["unit_price"] - counted["discount"]
    assert net.sum() == pytest.approx(counted["line_total"].sum(), rel=1e-3)
    assert lines["quantity"].max() < 1000
    assert completejourney.PACKAGE not in sys.modules
