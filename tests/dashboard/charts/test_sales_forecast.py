"""What the sales forecast's charts say above themselves is what they show."""

from datetime import date, datetime, time, timedelta

import numpy as np
import polars as pl
import pytest

from core.analyses import sales_forecast
from core.analyses.sales_forecast import Config
from core.dataset import Dataset
from dashboard import state
from dashboard.charts import sales_forecast as charts

AS_OF = date(2025, 12, 31)


@pytest.fixture(scope="module", autouse=True)
def english():
    with state.speaking("en"):
        yield


def forecast(sold):
    """The forecast of what was sold on each day, oldest first."""
    days = [AS_OF - timedelta(days=ago) for ago in range(len(sold))][::-1]
    lines = pl.DataFrame({"ordered_at": [datetime.combine(day, time()) for day in days]})
    lines = lines.with_columns(quantity=pl.Series(np.asarray(sold, dtype=float)), revenue=1.0)
    data = Dataset("t", "t", lines.lazy())
    return sales_forecast.run(data, Config(measure="units"))


def title(figure) -> str:
    return str(figure.layout.title.text)


def test_where_all_days_are_alike_none_is_the_strongest():
    alike = forecast([5.0] * 7 * 70)
    assert title(charts.weekday_chart(alike)) == "Every day of the week sells about the same"
    assert title(charts.season_chart(alike)) == "No week of the year stands out"


def test_a_strongest_day_and_week_are_named():
    sold = [9.0 if (AS_OF - timedelta(days=ago)).weekday() == 4 else 3.0 for ago in range(490)]
    sold[330:420] = [20.0] * 90
    found = forecast(sold[::-1])
    assert title(charts.weekday_chart(found)).startswith("Friday is the strongest day")
    assert title(charts.season_chart(found)).startswith("The strongest week begins")


@pytest.mark.parametrize("then", [0.0, 1e-6])
def test_growth_from_next_to_nothing_is_no_percentage(then):
    """The shop was closed a year ago: it said 4,556,323% above."""
    sold = np.concatenate([np.full(7 * 30, 5.0), np.full(7 * 60, then), np.full(7 * 40, 5.0)])
    assert title(charts.level_chart(forecast(sold))) == "Sales with the season taken out"
    steady = title(charts.level_chart(forecast(np.linspace(3, 9, 7 * 120))))
    assert steady.startswith("Without the season, sales stand")
