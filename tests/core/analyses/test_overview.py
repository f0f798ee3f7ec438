"""The overview's figures, against sums written out by hand and against the demo shop's plan."""

from datetime import date, datetime, timedelta

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from core.analyses.overview import Config, Result, run
from core.analyses.overview import days as day_tables
from core.dataset import Dataset
from core.errors import NotEnoughDataError
from sample_data import plan
from sample_data.generate import shop

LAST = datetime(2026, 3, 31, 12)


def dataset(rows: list[tuple], *columns: str) -> Dataset:
    names = ("order_id", "ordered_at", "customer_id", "product_id", "quantity", "revenue", *columns)
    return Dataset("test", "test", pl.DataFrame(rows, schema=list(names), orient="row").lazy())


def order(number: int, days_ago: int, customer: str | None, revenue: float, product: str = "a"):
    quantity = 1.0 if revenue >= 0 else -1.0
    return (f"o{number}", LAST - timedelta(days=days_ago), customer, product, quantity, revenue)


@pytest.fixture(scope="module")
def medium() -> Result:
    made = shop("medium")
    return run(Dataset("medium", "medium", made.lines.lazy()), Config())


@pytest.fixture
def tiny() -> Result:
    """Two weeks of 7 days. This week: x (known), y twice (new), a guest, a return. Before: x."""
    rows = [
        order(1, 13, "x", 100.0),
        order(2, 6, "x", 50.0),
        order(3, 3, "y", 30.0),
        order(4, 1, "y", 30.0, "b"),
        order(5, 0, None, 20.0, "b"),
        order(1, 2, "x", -10.0),
    ]
    return run(dataset(rows), Config(period_days=7))


def test_figures_of_two_weeks_by_hand(tiny):
    value = {m: (v, b) for m, v, b in tiny.figures.select("metric", "value", "before").iter_rows()}
    assert value == {
        "revenue": (120.0, 100.0),
        "sales": (130.0, 100.0),
        "returned": (10.0, 0.0),
        "orders": (4.0, 1.0),
        "average_order": (30.0, 100.0),
        "units": (4.0, 1.0),
        "customers": (2.0, 1.0),
        "new_customers": (1.0, 1.0),
        "returning_customers": (1.0, 0.0),
        "period_repeat_rate": (1.0, 0.0),
    }
    assert tiny.figure("revenue")["change"] == pytest.approx(0.2)
    assert tiny.figure("returned")["change"] is None


def test_periods_are_whole_and_adjacent(tiny):
    assert tiny.periods.rows() == [
        ("this", date(2026, 3, 25), date(2026, 3, 31)),
        ("before", date(2026, 3, 18), date(2026, 3, 24)),
    ]


def test_days_without_orders_are_days_of_zero(tiny):
    assert tiny.daily.height == 14
    assert tiny.daily["revenue"].sum() == 220.0
    assert tiny.daily.filter(pl.col("orders") == 0).height == 9


def test_a_day_counts_to_the_kind_of_its_customers(tiny):
    sums = tiny.daily.select(pl.col("^(new|returning|guest)_(orders|sales)$").sum()).row(
        0, named=True
    )
    assert sums == {
        "new_orders": 2,
        "returning_orders": 2,
        "guest_orders": 1,
        "new_sales": 130.0,
        "returning_sales": 80.0,
        "guest_sales": 20.0,
    }


def test_sales_by_kind_add_up(medium):
    total = medium.daily.select(pl.col("^(new|returning|guest)_sales$").sum()).sum_horizontal()
    assert total.item() == pytest.approx(medium.daily["sales"].sum())
    assert medium.figure("revenue")["value"] == pytest.approx(
        medium.daily.tail(28)["revenue"].sum()
    )


def test_abc_classes_by_hand():
    """Shares 60, 20, 10, 10 %: A reaches 80 %, the two equal ones fall in one class."""
    rows = [
        order(n, 0, "x", revenue, product)
        for n, (product, revenue) in enumerate(
            [("p", 60.0), ("q", 20.0), ("r", 10.0), ("s", 10.0), ("t", 0.0)]
        )
    ]
    products = run(dataset(rows), Config()).products
    assert dict(products.select("product_id", "abc").iter_rows()) == {
        "p": "A",
        "q": "A",
        "r": "B",
        "s": "B",
        "t": "C",
    }


def test_year_before_is_the_same_weekdays(medium):
    start, end = medium.periods.row(2)[1:]
    assert medium.periods["span"][2] == "year_before"
    assert (end - start).days == 27
    assert end.weekday() == plan.LAST_DAY.weekday()
    between = pl.col("day").is_between(start, end)
    expected = medium.daily.filter(between)["revenue"].sum()
    assert medium.figure("revenue")["year_before"] == pytest.approx(expected)


@pytest.mark.parametrize("day", plan.ODD_DAYS)
def test_finds_the_planted_odd_days(medium, day):
    row = medium.daily.filter(pl.col("day") == day).row(0, named=True)
    assert row["unusual"] == ("busy" if plan.ODD_DAYS[day] > 1 else "quiet")


def test_calls_no_other_day_unusual_but_the_shops_first_weeks(medium):
    settled = medium.daily.filter(pl.col("day") > plan.FIRST_DAY["large"] + timedelta(days=56))
    odd = set(settled.drop_nulls("unusual")["day"])
    assert set(plan.ODD_DAYS) <= odd
    assert len(odd - set(plan.ODD_DAYS)) <= 3


def test_the_first_weeks_of_a_growing_shop_are_not_judged(medium):
    first = medium.daily.head(28)
    assert first["expected"].null_count() == 28
    assert medium.daily["expected"].tail(28).null_count() == 0


def test_a_shop_without_odd_days_has_none():
    made = shop("medium", seasons=False)
    result = run(Dataset("null", "null", made.lines.lazy()), Config())
    settled = result.daily.filter(pl.col("day") > plan.FIRST_DAY["large"] + timedelta(days=56))
    assert settled.drop_nulls("unusual").height <= 1


def test_the_unusual_change_is_told_from_the_usual():
    """Thirteen level periods, then one of double the sales: outside what was usual."""
    rows = [order(n, n, f"c{n % 40}", 100.0 if n >= 28 else 200.0) for n in range(28 * 14)]
    result = run(dataset(rows), Config(period_days=28))
    row = result.figure("revenue")
    assert row["change"] == pytest.approx(1.0)
    assert row["usual_high"] == pytest.approx(0.0)
    assert any(
        "out of the ordinary" in str(f) and "nothing" not in str(f) for f in result.explain()
    )


def test_history_is_every_whole_period(medium, tiny):
    assert tiny.history["revenue"].to_list() == [100.0, 120.0]
    assert tiny.history["end"].to_list() == [date(2026, 3, 24), date(2026, 3, 31)]
    assert medium.history.height == medium.daily.height // 28
    assert medium.history["revenue"][-2] == pytest.approx(medium.figure("revenue")["before"])


def test_warns_of_a_last_day_that_is_cut_off():
    rows = [
        (f"{n}-{hour}", datetime(2026, 3, 1) + timedelta(days=n, hours=hour), "x", "a", 1.0, 10.0)
        for n in range(30)
        for hour in ((9, 21) if n < 29 else (9,))
    ]
    result = run(dataset(rows), Config())
    assert result.cut_off == "9:00"
    assert any("unfinished" in str(finding) for finding in result.explain())
    assert run(dataset(rows[:-1]), Config()).cut_off is None


def test_a_last_day_that_is_cut_off_is_not_called_quiet():
    rows = [
        (f"{n}-{k}", datetime(2026, 3, 1) + timedelta(days=n, hours=hour), "x", "a", 1.0, 10.0)
        for n in range(90)
        for k, hour in enumerate([9] * 20 + ([21] * 80 if n not in (60, 89) else []))
    ]
    odd = run(dataset(rows), Config()).daily.drop_nulls("unusual")
    assert odd["day"].to_list() == [date(2026, 4, 30)]


def test_warns_of_one_customer_who_makes_the_shop():
    rows = [order(n, n % 60, f"c{n}", 10.0) for n in range(100)] + [order(999, 5, "big", 900.0)]
    result = run(dataset(rows), Config())
    assert result.largest_customer == pytest.approx(900 / 1900)
    assert any("One customer" in str(f) and f.kind == "caution" for f in result.explain())


def test_without_revenue_it_counts_orders():
    lines = shop("small").lines.select("order_id", "ordered_at", "quantity").lazy()
    result = run(Dataset("bare", "bare", lines), Config())
    assert result.figures["metric"].to_list() == ["orders", "units"]
    assert str(result.explain()[0]).startswith("Orders in the last")


def test_no_orders_at_all_is_refused_in_words():
    with pytest.raises(NotEnoughDataError):
        run(Dataset("e", "e", shop("small").lines.head(0).lazy()), Config())


def test_a_year_of_returns_only_still_answers():
    result = run(dataset([order(1, 0, "x", -5.0), order(2, 3, "y", -5.0)]), Config())
    assert result.figure("orders")["value"] == 0.0
    assert result.figure("average_order")["value"] is None


def test_orders_are_partitionable_by_customer():
    lines = shop("small").lines.lazy()
    whole = day_tables.orders(day_tables.complete(lines)).sort("order_id").collect()
    halves = [
        day_tables.orders(day_tables.complete(lines.filter(part))).collect()
        for part in (
            pl.col("customer_id").fill_null("").hash() % 2 == 0,
            pl.col("customer_id").fill_null("").hash() % 2 == 1,
        )
    ]
    assert_frame_equal(pl.concat(halves).sort("order_id"), whole, rel_tol=1e-12)
