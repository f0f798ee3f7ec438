"""Sales forecast: what the whole shop will sell in the weeks ahead, and how sure that is.

    y_t            the shop's revenue (or units) in week t, returns taken off
    f_{t,h}        forecast of y_{t+h} made after week t, by several methods (`methods`)
    p10, p90       f x the 10 % and 90 % quantiles of y / f at the same distance, over past
                   forecasts whose outcome is known (split conformal); sums over the horizon by
                   the quantiles of past sums, not by adding weekly bounds
    WAPE           sum |y - f| / sum y

Every method is tried from every week of the past year on; the one with the least WAPE on outcomes
known by then is used, the baselines (naive, seasonal naive, moving average) among them.
Source: Hyndman & Athanasopoulos (2021), Forecasting: Principles and Practice, 3rd ed., ch. 5;
Vovk, Gammerman & Shafer (2005), Algorithmic Learning in a Random World.
"""

from core.analyses.sales_forecast import rolling, series
from core.analyses.sales_forecast.config import NEEDS, Config
from core.analyses.sales_forecast.result import Result, assemble
from core.dataset import Dataset

__all__ = ["NEEDS", "Config", "Result", "run"]


def run(dataset: Dataset, config: Config) -> Result:
    """Forecast the shop's weekly sales."""
    dataset.require(NEEDS.columns)
    as_of = dataset.day(config.as_of)
    dataset = dataset.until(config.as_of)
    measure = config.measure if config.measure in {*dataset.columns, "units"} else "units"
    weekly = series.weekly(dataset, as_of, measure)
    weeks = series.horizon(weekly, config.horizon_days)
    config = config.with_values(measure=measure, horizon_days=7 * weeks)
    return assemble(weekly, rolling.trial(weekly.values, weeks), config)
