"""Demand series: units sold per product and week, zero-filled from the product's first sale.

Weeks are counted back from as-of, so that the last one is complete; the days before the first
whole week are left out. Returns come off the week in which they came back; what exceeds that
week's sales comes off the weeks before it, so that a cancelled bulk order never was demand.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.analyses.inventory import censoring
from core.dataset import Dataset
from core.errors import NotEnoughDataError

MIN_WEEKS = 6
RECENT_DAYS = 90

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Demand:
    """The weekly demand of every product that was ever sold.

    units: (products, weeks), zero before the first sale. start: (products,) first week on sale.
    products: one row per product in the same order - product_id, product_name, category (where
        there), first_sale, last_sale, sale_days, revenue, price, unit_cost (null where unknown).
    as_of: last day of the last week. censored: (products, weeks) probably out of stock then.
    """

    units: Floats
    start: NDArray[np.intp]
    products: pl.DataFrame
    as_of: date
    censored: NDArray[np.bool_]

    @cached_property
    def learned(self) -> Floats:
        """`units` with the weeks out of stock replaced by what would have sold."""
        return censoring.filled(self.units, self.censored)

    @property
    def groups(self) -> NDArray[np.intp]:
        """(products,) number of the category, whose products share a season; one if unknown."""
        if "category" not in self.products.columns:
            return np.zeros(len(self.products), dtype=np.intp)
        codes = self.products["category"].rank("dense").fill_null(0)
        return codes.to_numpy().astype(np.intp)

    @property
    def weeks(self) -> int:
        """How many whole weeks there are."""
        return int(self.units.shape[1])

    def one(self, product: str) -> pl.DataFrame:
        """One product's weeks since its first sale: period_start, units."""
        row = self.products["product_id"].index_of(product)
        begin = int(self.start[row])
        days = [self.week_start(week) for week in range(begin, self.weeks)]
        return pl.DataFrame(
            {"period_start": pl.Series(days, dtype=pl.Date), "units": self.units[row, begin:]}
        )

    def week_start(self, week: int) -> date:
        """First day of a week; weeks from `weeks` on lie in the future."""
        return self.as_of + timedelta(days=7 * (week - self.weeks) + 1)


def weekly(dataset: Dataset, as_of: date, *, infer: bool = True) -> Demand:
    """The demand of `dataset` in whole weeks that end on `as_of`. Partitionable by product.

    infer: whether runs of zeros at regular sellers are taken for stock-outs.
    """
    age = (pl.lit(as_of) - pl.col("ordered_at").dt.date()).dt.total_days()
    dated = dataset.lines.filter(pl.col("product_id").is_not_null()).with_columns(days_ago=age)
    cells = dated.group_by("product_id", weeks_ago=pl.col("days_ago") // 7).agg(
        units=pl.col("quantity").sum()
    )
    products = _products(dated, dataset.columns).sort("product_id")
    table, counted = pl.collect_all([products, cells])
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
    units = _net_returns(_dense(counted, table["product_id"], weeks))
    start = np.maximum(weeks - 1 - oldest // 7, 0)
    return Demand(
        units=units,
        start=start,
        products=_dated(table, as_of),
        as_of=as_of,
        censored=censoring.stockouts(units, start) if infer else np.zeros(units.shape, dtype=bool),
    )


def _products(dated: pl.LazyFrame, columns: frozenset[str]) -> pl.LazyFrame:
    sold = pl.col("quantity") > 0
    texts = [pl.col(c).drop_nulls().max() for c in ("product_name", "category") if c in columns]
    return (
        dated.group_by("product_id")
        .agg(
            *texts,
            first_days_ago=pl.col("days_ago").filter(sold).max(),
            last_days_ago=pl.col("days_ago").filter(sold).min(),
            sale_days=pl.col("days_ago").filter(sold).n_unique(),
            units=pl.col("quantity").sum().round(6),
            revenue=_total("revenue", columns).round(2),
            price=_price(columns, sold),
            unit_cost=_mean("unit_cost", columns),
        )
        .filter(pl.col("sale_days") > 0)
    )


def _total(column: str, columns: frozenset[str]) -> pl.Expr:
    return pl.col(column).sum() if column in columns else pl.lit(None, pl.Float64)


def _mean(column: str, columns: frozenset[str]) -> pl.Expr:
    return pl.col(column).mean().round(6) if column in columns else pl.lit(None, pl.Float64)


def _price(columns: frozenset[str], sold: pl.Expr) -> pl.Expr:
    """What one unit fetched: the recent average where it sold recently, else the average."""
    if "revenue" not in columns:
        return _mean("unit_price", columns)
    recent = sold & (pl.col("days_ago") < RECENT_DAYS)

    def average(which: pl.Expr) -> pl.Expr:
        units = pl.col("quantity").filter(which).sum()
        return pl.when(units > 0).then(pl.col("revenue").filter(which).sum().round(6) / units)

    return pl.coalesce(average(recent), average(sold)).round(4)


def _dated(table: pl.DataFrame, as_of: date) -> pl.DataFrame:
    def day(column: str) -> pl.Expr:
        return pl.lit(as_of) - pl.duration(days=pl.col(column))

    return table.with_columns(
        first_sale=day("first_days_ago"), last_sale=day("last_days_ago")
    ).drop("first_days_ago")


def _dense(cells: pl.DataFrame, ids: pl.Series, weeks: int) -> Floats:
    """Long (product, week) sums -> (products, weeks), zero where nothing was sold."""
    place = pl.DataFrame({"product_id": ids}).with_row_index("row")
    kept = cells.filter(pl.col("weeks_ago") < weeks).join(place, on="product_id")
    units = np.zeros((len(ids), weeks))
    units[kept["row"].to_numpy(), weeks - 1 - kept["weeks_ago"].to_numpy()] = kept["units"]
    return units.round(6)


def _net_returns(units: Floats) -> Floats:
    """Carry a week's excess of returns over sales back to the weeks before it."""
    netted = units.copy()
    owed = np.zeros(len(units))
    for week in range(units.shape[1] - 1, -1, -1):
        left = netted[:, week] + owed
        netted[:, week] = np.maximum(left, 0.0)
        owed = np.minimum(left, 0.0)
    return netted
