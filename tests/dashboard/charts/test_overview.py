"""What the overview's charts say above themselves is what they show."""

from datetime import datetime

import polars as pl
import pytest

from core.analyses.overview import Config, run
from core.dataset import Dataset
from dashboard import state
from dashboard.charts import calendar, style
from dashboard.charts import overview as charts

LAST = datetime(2026, 3, 20, 12)


@pytest.fixture(scope="module", autouse=True)
def english():
    with state.speaking("en"):
        yield


def shop(*orders, days=None, **columns):
    """The overview of (days ago, customer, revenue) per order."""
    lines = pl.DataFrame(
        orders, schema={"ago": pl.Int64, "customer_id": pl.String, "revenue": pl.Float64},
        orient="row",
    ).select(
        pl.int_range(pl.len()).cast(pl.String).alias("order_id"),
        (pl.lit(LAST) - pl.duration(days="ago")).alias("ordered_at"),
        "customer_id",
        "revenue",
        quantity=pl.lit(1.0),
    )  # fmt: skip
    return run(Dataset("t", "t", lines.drop(columns).lazy()), Config(period_days=days or 7))


def title(figure) -> str:
    return str(figure.layout.title.text)


def test_returning_customers_of_a_shop_without_a_whole_month():
    """Two weeks of data, within one month: the second order brings three quarters."""
    result = shop((13, "x", 10.0), (1, "x", 30.0))
    assert title(charts.who_buys(result, "by_month")).startswith("Returning customers bring 75%")


def test_returning_customers_share_only_what_known_ones_bought():
    """Eight tenths come from guests, of whom nobody knows whether they have returned."""
    orders = [(13, "x", 10.0), (1, "x", 10.0), *[(n, None, 20.0) for n in range(4)]]
    said = title(charts.who_buys(shop(*orders), "by_week"))
    assert said == "Of the sales to known customers, returning ones bring 50%"


def test_guests_are_not_said_not_to_return():
    result = shop((13, None, 10.0), (1, None, 10.0))
    assert "eturning" not in title(charts.who_buys(result, "by_day"))


def test_trends_are_those_that_can_be_told():
    """No revenue: no average order; customers that nobody names: no repeat rate."""
    bare = shop((20, "x", 1.0), (1, "x", 1.0), revenue=1)
    guests = shop((20, None, 1.0), (1, None, 1.0))
    assert "average_order" not in charts.trends(bare)
    assert "period_repeat_rate" not in charts.trends(guests)
    for result in (bare, guests):
        for metric in charts.trends(result):
            assert "now" in title(charts.trend(result, metric))


def test_a_figure_that_this_period_has_not_is_not_the_one_of_the_last_that_had():
    result = shop((20, "x", 5.0), (8, "x", 5.0), (0, None, 5.0))
    assert result.history["period_repeat_rate"][-1] is None
    assert "– now, 50%" in title(charts.trend(result, "period_repeat_rate"))


def products(*names):
    codes = [f"SKU-{n}" for n in range(len(names))]
    return pl.DataFrame(
        {"product_id": codes, "product_name": names}, schema_overrides={"product_name": pl.String}
    )


def test_long_names_that_begin_alike_are_bars_of_their_own():
    """A chart cuts names to 40 characters: two that differ after that were one bar."""
    long = "Organic cotton t-shirt with a round neck, "
    table = charts.named(products(long + "red", long + "blue", long + "blue", "Cap", None))
    shown = style.shown(table["product_name"])
    assert len(set(shown)) == 5
    assert shown[3:] == ["Cap", "SKU-4"]
    assert [name[-7:] for name in shown[:3]] == ["(SKU-0)", "(SKU-1)", "(SKU-2)"]
    same = charts.named(products("Cap", "Cap"))["product_name"].to_list()
    assert same == ["Cap (SKU-0)", "Cap (SKU-1)"]


@pytest.mark.parametrize("grain", ["by_day", "by_week", "by_month"])
def test_no_time_was_the_best_where_nothing_was_sold(grain):
    result = shop(*[(ago, "x", 0.0) for ago in range(0, 70, 7)])
    assert title(charts.sales(result, grain)) == "Sales over time"
    assert title(calendar.calendar(result)) == "Sales over time"
    sold = shop(*[(ago, "x", 5.0) for ago in range(0, 70, 7)])
    assert title(charts.sales(sold, grain)).startswith("The best")
    assert title(calendar.calendar(sold)) == "Friday is the best day of the week"
