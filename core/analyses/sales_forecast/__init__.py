"""Sales forecast: what the whole shop will sell in the weeks ahead, and how sure that is.

    y_t            the shop's revenue (or units) in week t, returns taken off
    f_{t,h}        forecast of y_{t+h} made after week t, by several methods (`methods`)
    p10, p90       f + s x the 10 % and 90 % quantiles of (y - f) / s at the same distance, over
                   past forecasts whose outcome is known (split conformal); s: f, or half of the
                   past year's average week where that is more; sums over the horizon by the
                   quantiles of past sums, not by adding weekly bounds
    WAPE           sum |y - f| / sum y

Every method is tried from every week of the past year on. Auto takes the one with the least WAPE on
outcomes known by then, if it erred clearly less than the moving average, over half a year and more;
otherwise, and where such choices turned out worse than the moving average, the moving average.
Days, months and groups are cut from the same forecast, so that they add up to it (`views`).
Source: Hyndman & Athanasopoulos (2021), Forecasting: Principles and Practice, 3rd ed., ch. 5;
Vovk, Gammerman & Shafer (2005), Algorithmic Learning in a Random World.
"""

from datetime import timedelta
from typing import get_args

from core.analyses.sales_forecast import rolling, series
from core.analyses.sales_forecast.config import NEEDS, Config, Country
from core.analyses.sales_forecast.result import MONTH, Result, assemble
from core.dataset import Dataset
from core.measures import holiday_calendar

__all__ = ["NEEDS", "Config", "Result", "run"]


def run(dataset: Dataset, config: Config) -> Result:
    """Forecast the shop's weekly sales."""
    dataset.require(NEEDS.columns)
    as_of = dataset.day(config.as_of)
    dataset = dataset.until(config.as_of)
    measure = config.measure if config.measure in {*dataset.columns, "units"} else "units"
    weekly = series.weekly(dataset, as_of, measure)
    weeks = series.horizon(weekly, config.horizon_days)
    country = _country(dataset, config.country)
    config = config.with_values(measure=measure, country=country)
    code = None if country in {"from_data", "none"} else country
    known = len(weekly.values)
    calendar = holiday_calendar.weekly(as_of, known, max(weeks, MONTH), code)
    return assemble(
        weekly,
        rolling.trial(weekly.values, weeks, calendar),
        calendar,
        holiday_calendar.events(as_of + timedelta(days=1), as_of + timedelta(weeks=weeks), code),
        series.by_group(dataset, as_of, measure, config.split_over, known),
        config,
    )


def _country(dataset: Dataset, asked: str) -> str:
    """The country whose holidays count: the one that most lines name, unless another is set."""
    if asked != "from_data":
        return asked
    found = holiday_calendar.usual_country(dataset.lines, dataset.columns)
    return found if found and found in get_args(Country) else asked
