"""Demand ahead by day, week and month, of products and groups: it adds up, and its ranges hold."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from core.analyses import inventory
from core.analyses.inventory import ahead
from core.analyses.inventory.config import Config
from core.dataset import Dataset

FIRST, DAYS = date(2023, 7, 3), 364
PRODUCTS = 40


@pytest.fixture(scope="module")
def lines() -> pl.DataFrame:
    """Forty products in four categories of two suppliers; Saturdays sell three times as much."""
    rng = np.random.default_rng(4)
    days = [FIRST + timedelta(days=n) for n in range(DAYS)]
    weekday = np.array([3.0 if day.isoweekday() == 6 else 1.0 for day in days])
    rate = rng.gamma(1, 2, (PRODUCTS, 1)) * weekday
    sold = rng.poisson(rate * rng.gamma(8, 1 / 8, (PRODUCTS, DAYS)))
    row, day = np.nonzero(sold)
    return pl.DataFrame(
        {
            "ordered_at": pl.Series([days[n] for n in day]).cast(pl.Datetime),
            "product_id": [f"p{n:02d}" for n in row],
            "category": [f"c{n % 4}" for n in row],
            "quantity": sold[row, day].astype(float),
        }
    )


@pytest.fixture(scope="module")
def result(lines):
    """The forecast made eight weeks before the end."""
    stock = pl.DataFrame({"product_id": [f"p{n:02d}" for n in range(PRODUCTS)]}).with_columns(
        supplier=pl.Series(["A", "B"] * (PRODUCTS // 2))
    )
    data = Dataset("test", "test", lines.lazy(), {"stock": stock})
    return inventory.run(data, Config(as_of=FIRST + timedelta(days=DAYS - 57)))


def test_months_are_those_of_the_calendar_and_every_cut_tiles_the_days():
    as_of = date(2024, 1, 30)
    assert ahead.cuts(as_of, "month", 62) == [(0, 1), (1, 30), (30, 61), (61, 62)]
    for period in ("day", "week", "month"):
        cut = ahead.cuts(as_of, period, 62)
        assert [end for _, end in cut[:-1]] == [begin for begin, _ in cut[1:]]
        assert (cut[0][0], cut[-1][1]) == (0, 62)


@pytest.mark.parametrize("period", ["day", "week", "month"])
def test_products_groups_and_periods_add_up(result, period):
    tables = {by: found.table(period, 56) for by, found in result.outlook.ahead.items()}
    assert set(tables) == {"product", "category", "supplier", "shop"}
    whole = result.outlook.ahead["product"].table("week", 56)["mean"].sum()
    for table in tables.values():
        assert table["mean"].sum() == pytest.approx(whole, rel=1e-6)
        assert (table["p10"] <= table["p50"]).all()
        assert (table["p50"] <= table["p90"]).all()
    found = result.ahead("category", "c1", period)
    members = tables["product"].filter(pl.col("product_id").str.slice(1).cast(int) % 4 == 1)
    assert found["mean"].sum() == pytest.approx(members["mean"].sum(), rel=1e-6)


@pytest.mark.parametrize("by", ["category", "supplier", "shop"])
def test_every_day_and_month_of_a_group_is_the_sum_of_its_products(by):
    """Of two categories one sells on Saturdays, little of each product; the other all week."""
    days = [FIRST + timedelta(days=n) for n in range(200)]
    rows = [
        (day, f"{kind}{n:02d}", kind, 1.0 + (kind == "w"))
        for day in days
        for n in range(12)
        for kind in "sw"
        if kind == "w" or day.isoweekday() == 6
    ]
    lines = pl.DataFrame(
        rows, schema=["ordered_at", "product_id", "category", "quantity"], orient="row"
    ).with_columns(pl.col("ordered_at").cast(pl.Datetime))
    stock = lines.select("product_id").unique(maintain_order=True)
    stock = stock.with_columns(supplier=pl.col("product_id").str.tail(1).replace("0", None))
    made = inventory.run(Dataset("t", "t", lines.lazy(), {"stock": stock}), Config())
    products = made.outlook.products
    column = products[by] if by in products.columns else pl.repeat("", len(products), eager=True)
    groups = products.select("product_id").with_columns(column.alias(by))
    for period in ("day", "week", "month"):
        added = (
            made.outlook.ahead["product"]
            .table(period, 50)
            .join(groups, on="product_id")
            .group_by(by, "period_start")
            .agg(pl.col("mean").sum())
            .sort(by, "period_start")
        )
        whole = made.outlook.ahead[by].table(period, 50).sort(by, "period_start")
        assert whole["mean"].to_list() == pytest.approx(added["mean"].to_list(), abs=1e-3)
    saturday = made.ahead("category", "s", "day").filter(pl.col("period_start").dt.weekday() == 6)
    assert saturday["mean"].min() > 8


def test_saturdays_are_foreseen(result):
    table = result.ahead("shop", "", "day")
    saturday = table["period_start"].dt.weekday() == 6
    assert table.filter(saturday)["mean"].mean() > 2.3 * table.filter(~saturday)["mean"].mean()


@pytest.mark.parametrize(("period", "most"), [("day", 0.97), ("week", 0.92), ("month", 0.95)])
def test_eight_in_ten_of_the_days_weeks_and_months_that_came_lie_inside(
    result, lines, period, most
):
    """Whole units: a range holds a little more than it promises where few are sold."""
    table = result.outlook.ahead["product"].table(period, 56)
    days = lines.select("product_id", "quantity", day=pl.col("ordered_at").dt.date())
    came = (
        table.join(days, on="product_id", how="left")
        .filter(pl.col("day").is_between("period_start", "period_end"))
        .group_by("product_id", "period_start")
        .agg(pl.col("quantity").sum())
    )
    both = table.join(came, on=["product_id", "period_start"], how="left")
    sold = both["quantity"].fill_null(0.0)
    inside = ((sold >= both["p10"]) & (sold <= both["p90"])).mean()
    assert 0.75 <= inside <= most


@pytest.mark.parametrize("by", ["by_day", "by_week", "by_month"])
def test_the_forecast_table_is_by_the_period_asked_for(lines, by):
    data = Dataset("test", "test", lines.filter(pl.col("category") == "c0").lazy())
    config = Config(plan_by=by, as_of=date(2024, 6, 30), method="exponential_smoothing")
    table = inventory.run(data, config).forecast.filter(product_id="p00")
    rows = {"by_day": 56, "by_week": 8, "by_month": 3}
    assert len(table) == rows[by]
    assert table["period_start"][0] == date(2024, 7, 1)
    if by == "by_month":
        assert table["period_end"].to_list()[:2] == [date(2024, 7, 31), date(2024, 8, 31)]


def test_what_was_sold_is_told_by_the_same_periods(result, lines):
    as_of = result.demand.as_of
    own = lines.filter(pl.col("product_id") == "p03", pl.col("ordered_at").dt.date() <= as_of)
    weeks = result.sold("product", "p03", "week")
    days = result.sold("product", "p03", "day")
    assert weeks["units"].sum() == days["units"].sum()
    assert (
        days["units"].sum()
        == own["quantity"].sum()
        - own.filter(pl.col("ordered_at").dt.date() < days["period_start"][0])["quantity"].sum()
    )
    months = result.sold("shop", "", "month")
    march = lines.filter(pl.col("ordered_at").dt.strftime("%Y-%m") == "2024-03")["quantity"].sum()
    assert months.filter(pl.col("period_start") == date(2024, 3, 1))["units"].item() == march
