"""What a report is held against: totals, the last four weeks, how many stand where."""

from datetime import date, timedelta

import polars as pl
import pytest

from core import key_figures
from core.analyses import MODULES, load
from core.dataset import Dataset
from core.errors import IntakeError
from core.report import summary


@pytest.fixture(scope="module")
def figures(small, answered):
    results = {
        n: answered(load(n), "small") for n in MODULES if n in ("segments", "rules", "churn")
    }
    return key_figures.of(small, results)


def value(figures, analysis, figure, group=None):
    keys = {"analysis": analysis, "figure": figure}
    same = pl.col("group").is_null() if group is None else pl.col("group") == group
    return figures.filter(same, **keys)["value"].item()


def test_totals_are_the_shops(figures, small):
    lines = small.lines.collect()
    assert value(figures, "shop", "orders") == lines["order_id"].n_unique()
    since = small.last_day - timedelta(days=28)
    recent = lines.filter(pl.col("ordered_at").dt.date() > since)
    assert value(figures, "shop", "orders", "last_28_days") == recent["order_id"].n_unique()
    assert value(figures, "shop", "revenue") == pytest.approx(lines["revenue"].sum())


def test_every_customer_stands_in_one_group(figures):
    counted = figures.filter(figure="customers").group_by("analysis").agg(pl.col("value").sum())
    said = dict(counted.iter_rows())
    assert said["segments"] > 0
    assert 0 < said["churn"] <= said["segments"]


def test_change_is_a_share_of_what_was():
    def rows(*values):
        data = [("shop", "orders", None, values[0]), ("churn", "customers", "high", values[1])]
        return pl.DataFrame(data, schema=key_figures.SCHEMA, orient="row")

    found = key_figures.compared(rows(100.0, 0.0), rows(150.0, 7.0))
    assert found["change"].to_list() == [0.5, None]
    assert found["now"].to_list() == [150.0, 7.0]


def test_a_group_that_is_gone_went_to_nothing():
    def rows(*data):
        return pl.DataFrame(data, schema=key_figures.SCHEMA, orient="row")

    low, high = ("churn", "customers", "low", 5.0), ("churn", "customers", "high", 5.0)
    not_asked_now = ("inventory", "products", "order_now", 12.0)
    found = key_figures.compared(rows(high, low, not_asked_now), rows(low))
    assert found.rows() == [
        ("churn", "customers", "low", 5.0, 5.0, 0.0),
        ("churn", "customers", "high", 5.0, 0.0, -1.0),
    ]


def test_a_group_that_is_new_came_from_nothing():
    def rows(*data):
        return pl.DataFrame(data, schema=key_figures.SCHEMA, orient="row")

    low, high = ("churn", "customers", "low", 5.0), ("churn", "customers", "high", 5.0)
    not_asked_then = ("inventory", "products", "order_now", 12.0)
    found = key_figures.compared(rows(low), rows(low, high, not_asked_then))
    assert found["earlier"].to_list() == [5.0, 0.0, None]
    assert found["change"].to_list() == [0.0, None, None]


def test_guests_are_no_customer():
    lines = pl.DataFrame(
        {
            "order_id": ["1", "2"],
            "customer_id": ["a", None],
            "ordered_at": [date(2024, 1, 5)] * 2,
            "quantity": [1, 1],
        },
        schema_overrides={"ordered_at": pl.Datetime("us")},
    )
    shop = Dataset("x", "x", lines.lazy())
    found = key_figures.of(shop, {})
    for group in (None, "last_28_days"):
        assert value(found, "shop", "customers", group) == shop.facts["customers"] == 1
        assert value(found, "shop", "orders", group) == 2


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"figures": [1], "shop": {}}'])
def test_what_is_no_summary_is_one_sentence(text, tmp_path):
    (tmp_path / "summary.json").write_text(text)
    with pytest.raises(IntakeError, match=r"not the summary\.json"):
        key_figures.read(tmp_path)


def test_a_shop_without_customers_or_money_has_fewer_figures():
    lines = pl.DataFrame({"order_id": ["1"], "ordered_at": [date(2024, 1, 5)], "quantity": [1]})
    lines = lines.with_columns(pl.col("ordered_at").cast(pl.Datetime))
    found = key_figures.of(Dataset("x", "x", lines.lazy()), {})
    assert set(found["figure"]) == {"orders"}


def test_the_last_four_weeks_end_on_the_day_of_the_question():
    """Six weeks after the last order nothing was sold in the last four, as the overview says."""
    days = pl.datetime_range(date(2025, 1, 1), date(2025, 3, 1), eager=True)
    lines = pl.DataFrame({"ordered_at": days, "order_id": days.dt.to_string(), "revenue": 10.0})
    found = key_figures.of(Dataset("x", "x", lines.lazy()), {}, date(2025, 4, 12))
    assert value(found, "shop", "revenue", "last_28_days") == 0
    assert value(found, "shop", "orders", "last_28_days") == 0
    usual = key_figures.of(Dataset("x", "x", lines.lazy()), {})
    assert value(usual, "shop", "orders", "last_28_days") == 28
    said = summary(Dataset("x", "x", lines.lazy()), [], date(2025, 4, 12))
    recent = [row for row in said["figures"] if row["group"] == "last_28_days"]
    assert [row["value"] for row in recent] == [0.0, 0.0]
