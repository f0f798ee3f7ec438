"""Demand ahead by day, week or month, of products and of their groups: one forecast, cut and added.

    week        as forecast; a last part of a week has its share
    day         its week x the weekday's share in the last half-year, a product's own drawn to its
                category's, and that to the shop's, by 200 units
    month       the days of the calendar month that lie ahead
    group       the sum of its products: category, supplier or the whole shop

The range of each comes from past forecasts of a day, a week or four weeks of the same group
(`quantiles`): sums are judged as sums; a part of a week or month scatters as a whole one. So days,
weeks, months and groups add up, and each range is its own.

Source: Athanasopoulos et al. (2017), European J. of Operational Research 262(1) (temporal
hierarchies).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.analyses.inventory import hierarchy, policy, quantiles
from core.analyses.inventory.demand import Demand
from core.analyses.inventory.history import History
from core.measures import periods
from core.measures.periods import Period

Floats = NDArray[np.float64]
By = Literal["product", "category", "supplier", "shop"]
GROUPS: tuple[By, ...] = ("category", "supplier")

BANDS = {"p10": 0.1, "p50": 0.5, "p90": 0.9}
#: Weeks that a month lasts where its range is learned; weeks of which weekdays are learned.
MONTH, RECENT = 4, 26
USUAL_WEEKS, DRAWN = 8, 200.0


@dataclass(frozen=True, eq=False)
class Ahead:
    """Expected demand of products, or of groups of them.

    keys: (rows,) the products or groups, one column. weekly: (rows, weeks) expected units. shares:
    (rows, weeks, 7) of the days of each week, or (rows, 1, 7) of every one. spreads: of demand in a
    day, a week, a month.
    """

    keys: pl.DataFrame
    weekly: Floats
    shares: Floats
    spreads: Mapping[Period, quantiles.Spread]
    as_of: date

    def of(self, key: str | None) -> "Ahead":
        """One row only."""
        which = self.keys.to_series().eq_missing(pl.Series([key], dtype=pl.String)).to_numpy()
        return replace(
            self,
            keys=self.keys.filter(pl.Series(which)),
            weekly=self.weekly[which],
            shares=self.shares[which],
            spreads={period: spread.take(which) for period, spread in self.spreads.items()},
        )

    def table(self, period: Period, days: int) -> pl.DataFrame:
        """One row per key and period: the key, period_start, period_end, mean, p10, p50, p90."""
        parts = []
        for begin, end in cuts(self.as_of, period, days):
            expected = self._between(begin, end)
            bands = {p: self.spreads[period].quantile(expected, at) for p, at in BANDS.items()}
            parts.append(
                self.keys.with_columns(
                    period_start=pl.lit(self.as_of + timedelta(days=begin + 1)),
                    period_end=pl.lit(self.as_of + timedelta(days=end)),
                    mean=pl.Series(expected.round(6)),
                    **{p: pl.Series(np.where(expected > 0, b, 0.0)) for p, b in bands.items()},
                )
            )
        return pl.concat(parts).sort(*self.keys.columns, "period_start")

    def _between(self, begin: int, end: int) -> Floats:
        """(rows,) units expected from day `begin` ahead to before day `end`, by weekdays."""
        return self._until(end) - self._until(begin)

    def _until(self, days: int) -> Floats:
        whole = policy.demand_over(self.weekly, np.full(len(self.weekly), days - days % 7.0))
        last = min(days // 7, self.weekly.shape[1] - 1)
        shares = self.shares[:, min(last, self.shares.shape[1] - 1), : days % 7]
        return np.asarray(whole + self.weekly[:, last] * shares.sum(axis=1))


@dataclass(frozen=True, eq=False)
class Days:
    """Past days: the origin before each one's week; (days, rows) units sold and foreseen."""

    origins: tuple[int, ...]
    actual: Floats
    foreseen: Floats


def cuts(as_of: date, period: Period, days: int) -> list[tuple[int, int]]:
    """(first, after the last) day ahead of each period; months are those of the calendar."""
    if period != "month":
        length = periods.DAYS[period]
        return [(day, min(day + length, days)) for day in range(0, days, length)]
    ends = [n for n in range(1, days) if (as_of + timedelta(days=n + 1)).day == 1]
    return list(zip([0, *ends], [*ends, days], strict=True))


def ahead(
    demand: Demand, products: pl.DataFrame, past: History, made: Floats
) -> Mapping[By, Ahead]:
    """The demand ahead of every product, of the shop, of categories and suppliers where known.

    products: their columns. made: (origins, products, horizon) forecasts.
    """
    daily = demand.daily(weeks=2 * RECENT)
    known = [by for by in GROUPS if by in products.columns and products[by].n_unique() > 1]
    names: dict[By, pl.Series] = {by: products[by] for by in known}
    names["shop"] = pl.repeat("", len(products), eager=True).alias("shop")
    days = _past_days(past, made, daily, demand.groups)
    alone = Ahead(
        keys=products.select("product_id"),
        weekly=made[-1],
        shares=_shares(daily, demand.groups)[:, None],
        spreads=_spreads(past, made, days),
        as_of=demand.as_of,
    )
    groups = {by: _grouped(alone, past, made, days, group) for by, group in names.items()}
    return {"product": alone, **groups}


def _grouped(alone: Ahead, past: History, made: Floats, days: Days, names: pl.Series) -> Ahead:
    """The demand ahead of groups: its weeks, and the days of each of them, are the sums of its
    products' (`alone`). names: (products,) each one's group; null is a group, too.
    """
    keys = names.unique().sort(nulls_last=True).to_frame()
    at = names.to_frame().join(
        keys.with_row_index("row"), on=names.name, nulls_equal=True, how="left",
        maintain_order="left",
    )["row"].to_numpy()  # fmt: skip
    number = len(keys)

    def added(values: Floats) -> Floats:
        """(..., products) -> (..., groups)"""
        out = np.zeros((number, *values.shape[:-1]))
        np.add.at(out, at, np.moveaxis(values, -1, 0))
        return np.moveaxis(out, 0, -1)

    start = np.full(number, past.units.shape[1], dtype=np.intp)
    np.minimum.at(start, at, past.start)
    units = added(past.units.T).T
    sums = replace(past, units=units, start=start, censored=np.zeros(units.shape, dtype=np.intp))
    whole = added(made.swapaxes(1, 2)).swapaxes(1, 2)
    weekly, parts = whole[-1][:, :, None], alone.shares[:, 0].T
    daily = np.stack([added(alone.weekly.T * part).T for part in parts], axis=2)
    return Ahead(
        keys=keys,
        weekly=whole[-1],
        shares=np.divide(daily, weekly, out=np.zeros_like(daily), where=weekly > 0),
        spreads=_spreads(
            sums, whole, replace(days, actual=added(days.actual), foreseen=added(days.foreseen))
        ),
        as_of=alone.as_of,
    )


def _spreads(past: History, made: Floats, days: Days) -> Mapping[Period, quantiles.Spread]:
    return {
        "day": _daily_spread(past, days),
        "week": _spread(past, made, 1),
        "month": _spread(past, made, MONTH),
    }


def _shares(daily: Floats, groups: NDArray[np.intp]) -> Floats:
    """(products, 7) part of a week that each of its days makes, the one after the last first."""
    own = daily[:, -7 * RECENT :].reshape(len(daily), -1, 7).sum(axis=1)
    shop = own.sum(axis=0)
    shop = shop / shop.sum() if shop.sum() > 0 else np.full(7, 1 / 7)
    return _drawn(own, _drawn(hierarchy.summed(own.T, groups).T, shop)[groups])


def _drawn(own: Floats, usual: Floats) -> Floats:
    return np.asarray((own + DRAWN * usual) / (own.sum(axis=1, keepdims=True) + DRAWN))


def _spread(past: History, made: Floats, length: int) -> quantiles.Spread:
    """How demand in `length` weeks scattered about its forecasts, near and far ones alike."""
    length = min(length, past.horizon)
    steps = sorted({0, max(min(past.horizon, USUAL_WEEKS) - length, 0)})
    window = past.within(steps[-1] + length)
    origins = np.asarray(window.earlier(past.origins[-1])[::2], dtype=np.intp)
    rows = [past.origins.index(origin) for origin in origins]
    weeks = np.arange(length)
    actual = [past.units[:, origins[:, None] + at + weeks].sum(axis=2).T for at in steps]
    forecast = [made[rows, :, at : at + length].sum(axis=2) for at in steps]
    valid = np.array(
        [window.valid(origin, past.origins[-1]) for origin in origins] * len(steps), dtype=bool
    )
    shape = (len(steps) * len(origins), len(past.units))
    return quantiles.fit(np.concatenate(forecast), np.concatenate(actual), valid.reshape(shape), 1)


def _past_days(past: History, made: Floats, daily: Floats, groups: NDArray[np.intp]) -> Days:
    """Two days of each past week, weekdays as they were known before all of them."""
    origins = past.within(1).earlier(past.origins[-1])
    first = 7 * (origins[0] if origins else past.units.shape[1])
    offset = daily.shape[1] - 7 * past.units.shape[1]
    shares = _shares(daily[:, : first + offset], groups)
    picked = [
        (origin, day) for n, origin in enumerate(origins) for day in (3 * n % 7, (3 * n + 3) % 7)
    ]
    shape = (len(picked), len(daily))
    actual = [daily[:, 7 * origin + day + offset] for origin, day in picked]
    foreseen = [made[past.origins.index(o), :, 0] * shares[:, day] for o, day in picked]
    return Days(
        origins=tuple(origin for origin, _ in picked),
        actual=np.array(actual).reshape(shape),
        foreseen=np.array(foreseen).reshape(shape),
    )


def _daily_spread(past: History, days: Days) -> quantiles.Spread:
    """How demand scattered about its forecasts on past days."""
    window = past.within(1)
    valid = [window.valid(origin, past.origins[-1]) for origin in days.origins]
    known = np.array(valid, dtype=bool).reshape(days.actual.shape)
    return quantiles.fit(days.foreseen, days.actual, known, 1)
