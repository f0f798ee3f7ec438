"""Demand series: units sold per product and week, zero-filled from the product's first sale.

Weeks are counted back from as-of, so that the last one is complete; the days before the first
whole week are left out. Returns come off the day on which they came back, or the day of the sale
that they undo; what exceeds a week's sales comes off the weeks before it, so that a cancelled bulk
order never was demand. What is learned from (`learned`) leaves out stock-outs, promotions and odd
weeks, each as far as it was known in that week, so that nothing later reaches a past forecast; what
a forecast is judged by (`units`) does not. Prices reach the learned models only: a level of demand
per lasting price change is left out: what lasts shows only later.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.analyses.inventory import censoring, effects, sold_products
from core.analyses.inventory.context import Context
from core.dataset import Dataset
from core.errors import NotEnoughDataError
from core.measures import holiday_calendar, periods, returns
from core.measures.periods import Period

MIN_WEEKS = 6
#: Weeks that days are kept apart for.
DAILY_WEEKS = 104
#: Lines of a week from which its prices are read.
FEWEST_PRICES = 4

Floats = NDArray[np.float64]
Netted = Literal["own_day", "sale_day"]


@dataclass(frozen=True, eq=False)
class Demand:
    """The weekly demand of every product that was ever sold.

    units: (products, weeks), zero before the first sale. start: (products,) first week on sale.
    products: one row per product in the same order - product_id, product_name, category (where
        there), first_sale, last_sale, sale_days, revenue, price, unit_cost (null where unknown).
    as_of: last day of the last week. censored: (products, weeks) 0, or where it was probably out of
        stock then the number of weeks after which that showed. infer: whether zeros may be that.
    price, least_price: (products, weeks) what three quarters, and one, of the week's lines paid at
    most; nan in weeks with few; None where not known.
    days: one row per product and day with a sale - row, number (days ago), sold; None: not known.
    discounts: whether the export names them. country: ISO code of the country whose holidays count.
    """

    units: Floats
    start: NDArray[np.intp]
    products: pl.DataFrame
    as_of: date
    censored: NDArray[np.intp]
    price: Floats | None = None
    least_price: Floats | None = None
    days: pl.DataFrame | None = None
    discounts: bool = False
    country: str | None = None
    infer: bool = False

    @cached_property
    def promotions(self) -> effects.Promotions | None:
        """The promotions that the prices show; None where the export names no discounts.

        Without them a low price may as well come from a big order: taking such weeks out of UCI
        Online Retail made its forecasts worse.
        """
        if self.price is None or self.least_price is None or not self.discounts:
            return None
        return effects.promotions(self.units, self.price, self.least_price)

    @cached_property
    def mended(self) -> Floats:
        """`units` with the weeks out of stock replaced by what would have sold."""
        return censoring.held(self.units, self.start) if self.infer else self.units

    @cached_property
    def _cleaned(self) -> tuple[Floats, NDArray[np.bool_]]:
        units = self.mended
        if self.promotions is not None:
            units = np.where(self.promotions.on, units / self.promotions.lift, units)
        return effects.odd_weeks(units, self.start)

    @cached_property
    def elasticity(self) -> tuple[float, float, int] | None:
        """The shop's price elasticity, its standard error and on how many price changes it rests;
        None where it is not below nothing beyond doubt. For what-if only: no forecast knows it.
        """
        if self.price is None or self.promotions is None:
            return None
        slope, error, changes = effects.elasticity(self.units, self.price, self.promotions.on)
        return (slope, error, changes) if slope + 2 * error < 0 else None

    @property
    def learned(self) -> Floats:
        """`units` as they would have been: in stock, without promotions, odd weeks damped."""
        return self._cleaned[0]

    @property
    def odd(self) -> NDArray[np.bool_]:
        """(products, weeks) which weeks were damped."""
        return self._cleaned[1]

    @property
    def groups(self) -> NDArray[np.intp]:
        """(products,) number of the category, whose products share a season; one if unknown."""
        if "category" not in self.products.columns:
            return np.zeros(len(self.products), dtype=np.intp)
        codes = self.products["category"].rank("dense").fill_null(0)
        return codes.to_numpy().astype(np.intp)

    def context(self, horizon: int) -> Context:
        """What is known beside the sales, up to `horizon` weeks ahead."""
        promoted = None if self.promotions is None else self.promotions.on.astype(np.float64)
        return Context(
            groups=self.groups,
            price=None if self.price is None else effects.relative(self.price),
            promoted=promoted,
            calendar=holiday_calendar.weekly(self.as_of, self.weeks, horizon, self.country),
        )

    @property
    def weeks(self) -> int:
        """How many whole weeks there are."""
        return int(self.units.shape[1])

    def daily(self, rows: pl.Series | None = None, weeks: int = DAILY_WEEKS) -> Floats:
        """(products, days) units by day of the last whole `weeks`, of the products where `rows` is
        true, or of all.
        """
        weeks = min(self.weeks, weeks)
        kept = np.flatnonzero(np.ones(len(self.units)) if rows is None else rows.to_numpy())
        if self.days is None:
            return np.repeat(self.units[kept, -weeks:] / 7, 7, axis=1)
        place = pl.DataFrame({"row": kept}, schema={"row": pl.UInt32}).with_row_index("place")
        cells = self.days.filter(pl.col("number") < 7 * weeks).join(place, on="row")
        dense = periods.dense(cells.drop("row").rename({"place": "row"}), len(kept), 7 * weeks)
        return _net_returns(dense)

    def past(self, rows: pl.Series, period: Period) -> pl.DataFrame:
        """Units sold of the products where `rows` is true, together: one row per whole period since
        the first sale - period_start, units; days and months of the last two years. No row without
        a product.
        """
        begin = int(self.start[rows.to_numpy()].min(initial=self.weeks))
        if period == "week":
            days = [self.week_start(week) for week in range(begin, self.weeks)]
            units = self.units[rows.to_numpy(), begin:].sum(axis=0)
            return pl.DataFrame({"period_start": pl.Series(days, dtype=pl.Date), "units": units})
        units = self.daily(rows).sum(axis=0)
        first = self.as_of - timedelta(days=len(units) - 1)
        days = [first + timedelta(days=day) for day in range(len(units))]
        table = pl.DataFrame({"period_start": pl.Series(days, dtype=pl.Date), "units": units})
        table = table.filter(pl.col("period_start") >= self.week_start(begin))
        return table if period == "day" else _whole_months(table)

    def week_start(self, week: int) -> date:
        """First day of a week; weeks from `weeks` on lie in the future."""
        return self.as_of + timedelta(days=7 * (week - self.weeks) + 1)


def weekly(
    dataset: Dataset, as_of: date, *, infer: bool = True, netted: Netted = "own_day"
) -> Demand:
    """The demand of `dataset` in whole weeks that end on `as_of`. Partitionable by product.

    infer: whether runs of zeros at regular sellers are taken for stock-outs. netted: the day that
    returns come off.
    """
    lines = returns.on_sale_day(dataset.lines) if netted == "sale_day" else dataset.lines
    dated = lines.filter(pl.col("product_id").is_not_null()).with_columns(
        days_ago=periods.days_ago(as_of)
    )
    by_day = dated.group_by("product_id", number="days_ago").agg(sold=pl.col("quantity").sum())
    products = sold_products.table(dated, dataset.columns)
    table, counted, days = pl.collect_all([products, _by_week(dated, dataset.columns), by_day])
    if table.is_empty():
        raise NotEnoughDataError("No product was sold in this period.")
    oldest = table["first_days_ago"].to_numpy()
    weeks = int(oldest.max() + 1) // 7
    if weeks < MIN_WEEKS:
        raise NotEnoughDataError(
            "A forecast needs {need} whole weeks of sales; there are {have}.",
            need=MIN_WEEKS,
            have=weeks,
        )
    place = table.select("product_id").with_row_index("row")
    counted = counted.filter(pl.col("number") < weeks).join(place, on="product_id")
    units = _net_returns(periods.dense(counted, len(table), weeks))
    start = np.maximum(weeks - 1 - oldest // 7, 0)
    return Demand(
        units=units,
        start=start,
        products=sold_products.dated(table, as_of),
        as_of=as_of,
        censored=censoring.stockouts(units, start)
        if infer
        else np.zeros_like(units, dtype=np.intp),
        price=_prices(counted, "price", units.shape),
        least_price=_prices(counted, "least_price", units.shape),
        days=days.filter(pl.col("number") < 7 * weeks).join(place, on="product_id"),
        discounts="discount" in dataset.columns,
        country=holiday_calendar.usual_country(dataset.lines, dataset.columns),
        infer=infer,
    )


def _by_week(dated: pl.LazyFrame, columns: frozenset[str]) -> pl.LazyFrame:
    """One row per product and week with a line: units sold, and the prices of weeks with enough."""
    paid = _paid(columns).filter(pl.col("quantity") > 0)
    enough = pl.when(paid.count() >= FEWEST_PRICES)
    return dated.group_by("product_id", number=pl.col("days_ago") // 7).agg(
        sold=pl.col("quantity").sum(),
        price=enough.then(paid.quantile(0.75, "lower")),
        least_price=enough.then(paid.quantile(0.25, "lower")),
    )


def _paid(columns: frozenset[str]) -> pl.Expr:
    """What one unit of a line fetched; null where the export does not say."""
    if "revenue" in columns:
        return pl.col("revenue") / pl.col("quantity")
    return pl.col("unit_price") if "unit_price" in columns else pl.lit(None, pl.Float64)


def _prices(counted: pl.DataFrame, column: str, shape: tuple[int, ...]) -> Floats | None:
    known = counted.filter(pl.col(column) > 0)
    if known.is_empty():
        return None
    price = np.full(shape, np.nan)
    price[known["row"].to_numpy(), shape[1] - 1 - known["number"].to_numpy()] = known[column]
    return price


def _whole_months(days: pl.DataFrame) -> pl.DataFrame:
    """Days -> calendar months of which all days are there."""
    months = days.group_by(pl.col("period_start").dt.truncate("1mo"), maintain_order=True).agg(
        pl.col("units").sum(), days=pl.len()
    )
    length = pl.col("period_start").dt.month_end().dt.day()
    return months.filter(pl.col("days") == length).drop("days")


def _net_returns(units: Floats) -> Floats:
    """Carry a week's excess of returns over sales back to the weeks before it."""
    netted = units.copy()
    owed = np.zeros(len(units))
    for week in range(units.shape[1] - 1, -1, -1):
        left = netted[:, week] + owed
        netted[:, week] = np.maximum(left, 0.0)
        owed = np.minimum(left, 0.0)
    return netted
