"""The sales forecast's answer: tables, evidence, and what they mean in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core import evidence
from core.analyses.sales_forecast import methods, rolling, season, views, words
from core.analyses.sales_forecast.config import Config
from core.analyses.sales_forecast.rolling import AUTO, HIGH, LOW, Trial
from core.analyses.sales_forecast.series import Weekly
from core.evidence import Score
from core.finding import Action, Finding
from core.measures.forecast_error import bootstrap_ratios, pinball, ratio_interval

Floats = NDArray[np.float64]

#: Weeks that "last month" has.
MONTH = 4


@dataclass(frozen=True, eq=False)
class Result:
    """What the shop will sell.

    config: the options in force. history: one row per week - period_start, sold, and
    without_season where a season is known. forecast: one row per week ahead - period_start,
    period_end, mean, p10, p90 (null without enough past forecasts), method, year_before.
    season: one row per week of the coming year - period_start, season_index; empty below 60 weeks.
    hindsight: the last four weeks as forecast before them - period_start, mean, p10, p90, sold.
    total, past: the sum ahead, and the sums of hindsight - mean, low, high (and sold).
    past_days: one row per day of whole weeks - day, sold.
    days: one row per day ahead - day, mean, p10, p90; months: one row per calendar month that ends
    within the horizon - period_start, period_end, sold (so far), mean, p10, p90; both add up to it.
    groups: one row per category or supplier - its name, mean, p10, p90 over the horizon,
    year_before; they add up to the shop; empty where not known.
    weekdays: one row per weekday - weekday (1 is Monday), times_average.
    events: one row per holiday or sales day ahead - day, event, event_zh, public.
    gain: how much less wrong than the best baseline - value, low, high (null on too few stretches
    to tell); empty if not tested, or if that one made no error.
    stretches: how many held-back stretches the evidence rests on.
    asked_days: the horizon asked for, where the history carries less; None elsewhere.
    """

    config: Config
    history: pl.DataFrame
    forecast: pl.DataFrame
    season: pl.DataFrame
    hindsight: pl.DataFrame
    past_days: pl.DataFrame
    days: pl.DataFrame
    months: pl.DataFrame
    groups: pl.DataFrame
    weekdays: pl.DataFrame
    events: pl.DataFrame
    total: Mapping[str, float | None]
    past: Mapping[str, float | None]
    evidence: pl.DataFrame
    gain: Mapping[str, float | str | None]
    stretches: int
    asked_days: int | None

    def explain(self) -> list[Finding]:
        """What is coming, how last month's forecast did, and how far to trust it."""
        return [*words.ahead(self), *words.looking_back(self), *words.trust(self)]

    def actions(self) -> list[Action]:
        """None: a forecast of the whole shop is for planning."""
        return []

    def files(self) -> dict[str, pl.DataFrame]:
        """The weeks and the days ahead, and the groups."""
        files = {"sales_forecast": self.forecast, "sales_forecast_days": self.days}
        return files | ({} if self.groups.is_empty() else {"sales_forecast_groups": self.groups})


def assemble(
    weekly: Weekly,
    trial: Trial,
    calendar: Floats,
    events: pl.DataFrame,
    parts: tuple[pl.DataFrame, Floats],
    config: Config,
) -> Result:
    """The result of a trial. parts: the groups and what each sold per week."""
    asked, given = config.horizon_days, 7 * trial.horizon
    method = config.method if config.method in {AUTO, *trial.forecasts} else AUTO
    config = config.with_values(method=method, horizon_days=given)
    used = trial.by(config.method, trial.weeks)
    level, index = _components(weekly)
    days = weekly.days(0, trial.weeks)
    month = _month(weekly, calendar, config.method)
    table, gain = _judge(trial, config.method)
    return Result(
        config=config,
        history=pl.DataFrame(
            {"period_start": days, "sold": weekly.values, "without_season": level}
        ),
        forecast=_ahead(weekly, trial, used),
        season=index,
        hindsight=_table(weekly, *month).with_columns(sold=pl.Series(weekly.values[month[2] :])),
        past_days=views.past_days(weekly),
        days=views.days(weekly, trial, used),
        months=views.months(weekly, trial, used),
        groups=views.groups(*parts, trial, used) if len(parts[0]) > 1 else pl.DataFrame(),
        weekdays=views.weekdays(weekly),
        events=events,
        total=_sum(trial, used, trial.weeks),
        past=_sum(*month) | {"sold": float(weekly.values[month[2] :].sum())},
        evidence=table,
        gain=gain,
        stretches=len(trial.origins()),
        asked_days=asked if asked is not None and asked > given else None,
    )


def _components(weekly: Weekly) -> tuple[pl.Series, pl.DataFrame]:
    weeks = len(weekly.values)
    if weeks < methods.FEWEST_WEEKS:
        empty = {"period_start": pl.Date(), "season_index": pl.Float64()}
        return pl.Series([None] * weeks, dtype=pl.Float64), pl.DataFrame(schema=empty)
    level, index = season.components(weekly.values)
    days = weekly.days(weeks, weeks + season.YEAR)
    return pl.Series(level.round(6)), pl.DataFrame(
        {"period_start": days, "season_index": index.round(6)}
    )


def _table(weekly: Weekly, trial: Trial, method: str, origin: int) -> pl.DataFrame:
    days = weekly.days(origin, origin + trial.horizon)
    bounds = trial.bounds(method, origin) or (None, None)
    low, high = (
        pl.Series([None] * trial.horizon if part is None else part.round(6), dtype=pl.Float64)
        for part in bounds
    )
    mean = trial.forecasts[method][origin].round(6)
    return pl.DataFrame({"period_start": days, "mean": mean, "p10": low, "p90": high})


def _ahead(weekly: Weekly, trial: Trial, used: str) -> pl.DataFrame:
    before = [
        float(weekly.values[week - season.YEAR]) if week >= season.YEAR else None
        for week in range(trial.weeks, trial.weeks + trial.horizon)
    ]
    return _table(weekly, trial, used, trial.weeks).select(
        "period_start",
        (pl.col("period_start") + timedelta(days=6)).alias("period_end"),
        "mean",
        "p10",
        "p90",
        pl.lit(used).alias("method"),
        pl.Series("year_before", before, dtype=pl.Float64),
    )


def _month(weekly: Weekly, calendar: Floats, method: str) -> tuple[Trial, str, int]:
    """Last month's forecast: made with a month's horizon, a month ago."""
    short = rolling.trial(weekly.values, MONTH, calendar)
    origin = short.weeks - MONTH
    return short, short.by(method, origin), origin


def _sum(trial: Trial, method: str, origin: int) -> dict[str, float | None]:
    low, high = trial.total_bounds(method, origin) or (None, None)
    return {"mean": float(trial.forecasts[method][origin].sum()), "low": low, "high": high}


def _judge(trial: Trial, used: str) -> tuple[pl.DataFrame, dict[str, float | str | None]]:
    """Scores on held-back stretches a horizon apart; the interval, of enough, resamples them."""
    origins = trial.origins()
    if len(origins) < rolling.FEWEST_STRETCHES or not np.nansum(trial.sold[origins]):
        return evidence.table([]), {}
    names = [*trial.forecasts, AUTO]
    scores = []
    for metric, measured in _measures(trial, names, origins).items():
        above, below = measured
        value, *ends = bootstrap_ratios(above, below)
        few = len(origins) < rolling.ENOUGH_STRETCHES
        low, high = ([None] * len(names), [None] * len(names)) if few else ends
        scores += [
            Score(name, metric, value[n], low[n], high[n], name in methods.BASELINES, name == used)
            for n, name in enumerate(names)
            if np.isfinite(value[n])
        ]
    return evidence.table(scores), _gain(trial, used, origins)


def _measures(
    trial: Trial, names: list[str], origins: list[int]
) -> dict[str, tuple[Floats, Floats]]:
    """metric -> (above, below), both (methods, stretches)."""
    sold = np.tile([trial.sold[o].sum() for o in origins], (len(names), 1))
    wrong, loss, inside = (np.zeros(sold.shape) for _ in range(3))
    tested = np.zeros(sold.shape)
    for row, name in enumerate(names):
        for column, origin in enumerate(origins):
            method = trial.by(name, origin)
            came = trial.sold[origin]
            wrong[row, column] = np.abs(trial.forecasts[method][origin] - came).sum()
            if (bounds := trial.bounds(method, origin)) is None:
                continue
            tested[row, column] = trial.horizon
            inside[row, column] = ((came >= bounds[0]) & (came <= bounds[1])).sum()
            loss[row, column] = sum(
                float(pinball(came, bound, level).sum()) / 2
                for bound, level in zip(bounds, (LOW, HIGH), strict=True)
            )
    return {
        "wape_of_sales": (wrong, sold),
        "pinball_of_sales": (loss, np.where(tested > 0, sold, 0.0)),
        "coverage_80": (inside, tested),
    }


def _gain(trial: Trial, used: str, origins: list[int]) -> dict[str, float | str | None]:
    measured = _measures(trial, [*methods.BASELINES, used], origins)["wape_of_sales"][0]
    best = int(measured[:-1].sum(axis=1).argmin())
    if not measured[best].sum():
        return {}
    own, rival = measured[-1], measured[best]
    value = 1 - float(own.sum() / rival.sum())
    said: dict[str, float | str | None] = {"value": value, "rival": methods.BASELINES[best]}
    if len(origins) < rolling.ENOUGH_STRETCHES:
        return said | {"low": None, "high": None}
    low, high = ratio_interval(own, rival)
    return said | {"low": 1 - high, "high": 1 - low}
