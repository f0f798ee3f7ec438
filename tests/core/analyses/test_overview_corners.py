"""The overview of odd shops: half a period, a year as the period, data without names or times."""

from datetime import date, datetime, timedelta

import polars as pl
import pytest

from core.analyses.overview import Config, run
from core.dataset import Dataset

LAST = datetime(2026, 3, 31, 12)


def dataset(rows, **schema) -> Dataset:
    """(days ago, customer, product, revenue, what `schema` names) per order of one unit."""
    names = ["ago", "customer_id", "product_id", "revenue", *schema]
    types = {"customer_id": pl.String, "product_id": pl.String, **schema}
    lines = pl.DataFrame(rows, schema=names, orient="row", schema_overrides=types).select(
        pl.int_range(pl.len()).cast(pl.String).alias("order_id"),
        (pl.lit(LAST) - pl.duration(days="ago")).alias("ordered_at"),
        pl.exclude("ago"),
        quantity=pl.lit(1.0),
    )
    return Dataset("odd", "odd", lines.lazy())


def shares(result) -> dict[str, tuple]:
    rows = result.shares.select("name", "share_revenue", "before", "change").iter_rows()
    return {name: tuple(values) for name, *values in rows}


@pytest.mark.parametrize("period", [189, 364])
def test_a_product_is_compared_with_the_whole_period_before(period):
    """Sold for ten a day for two years: as much as before, however long the period."""
    rows = [(ago, "x", "a", 10.0) for ago in range(2 * period)]
    rows += [(ago, "x", "gone", 5.0) for ago in range(period, 2 * period)]
    products = run(dataset(rows), Config(period_days=period)).products
    found = {row["product_id"]: row for row in products.iter_rows(named=True)}
    assert found["a"]["before"] == found["a"]["revenue"] == 10.0 * period
    assert found["a"]["change"] == 0
    assert found["a"]["revenue_year"] == 10.0 * min(364, 2 * period)
    assert found["gone"]["before"] == 5.0 * period
    assert found["gone"]["change"] == -1


def test_half_a_period_is_not_compared_with():
    """Forty days of data: the 28 days before the last 28 are not all there."""
    rows = [(ago, "x", "a", 10.0, "web") for ago in range(40)]
    result = run(dataset(rows, channel=pl.String), Config(period_days=28))
    assert result.figure("revenue")["before"] is None
    assert result.products.select("before", "change").row(0) == (None, None)
    assert shares(result)["web"] == (1.0, None, None)


def test_a_share_is_of_all_revenue_named_or_not():
    """Nine tenths of the revenue carry no channel: the only one named has a tenth, not all."""
    rows = [(n, "x", "a", 10.0, "web" if n == 0 else None) for n in range(10)]
    result = run(dataset(rows, channel=pl.String), Config(period_days=14))
    assert shares(result)["web"][0] == pytest.approx(0.1)
    assert result.shares["name"].to_list() == ["web"]


def said(result) -> str:
    return " ".join(map(str, result.explain()))


@pytest.mark.parametrize(
    ("now", "before", "sentence"),
    [
        ([30.0, 30.0], [20.0, 20.0], "As many orders as before; larger ones brought 20.00."),
        ([20.0, 20.0], [30.0, 30.0], "As many orders as before; smaller ones cost 20.00."),
        ([20.0] * 3, [20.0] * 2, "Orders as large as before; more of them brought 20.00."),
        ([20.0] * 2, [20.0] * 3, "Orders as large as before; fewer of them cost 20.00."),
    ],
)
def test_what_has_not_changed_is_not_called_more(now, before, sentence):
    rows = [(n, "x", "a", each) for n, each in enumerate(now)]
    rows += [(13 - n, "x", "a", each) for n, each in enumerate(before)]
    assert sentence in said(run(dataset(rows), Config(period_days=7)))


def timed(hours_by_day) -> Dataset:
    """Orders at these hours; None: a day without a time. The last day comes last."""
    first = date(2026, 3, 31) - timedelta(days=len(hours_by_day) - 1)
    times = [
        datetime.combine(first + timedelta(days=n), datetime.min.time())
        + timedelta(hours=hour or 0)
        for n, hours in enumerate(hours_by_day)
        for hour in hours
    ]
    lines = pl.DataFrame({"ordered_at": times, "quantity": 1.0, "revenue": 10.0}).with_columns(
        order_id=pl.int_range(pl.len()).cast(pl.String)
    )
    return Dataset("timed", "timed", lines.lazy())


def test_an_order_without_a_time_did_not_come_in_at_midnight():
    result = run(timed([(None, None, None, 10, 15, 15)] * 30), Config())
    assert result.hours["hour"].unique().sort().to_list() == [10, 15]


def test_a_last_day_without_times_is_not_called_unfinished():
    assert run(timed([(9, 21)] * 30 + [(None, None)]), Config()).cut_off is None
