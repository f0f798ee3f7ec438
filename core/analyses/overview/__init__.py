"""Overview: how the shop is doing, against the period before and the same weeks last year.

    revenue         sales - returns; sales: lines sold, net of discount; returns: lines sent back,
                    in the period in which they came back
    average_order   revenue / orders
    new customer    first order ever seen falls in the period; returning: any other
    repeat rate     customers of the period who had ordered before it, or twice in it, / customers
    change          value / before - 1; the period before has the same length and ends the day
                    before this one starts; last year's is 364 days earlier, on the same weekdays
    usual range     10 % and 90 % quantiles of the changes between earlier neighbouring periods
    abc             products by revenue of the past year: A while those that sell more make up less
                    than `a_share` of it, then B up to `b_share`, then C
    expected        of a day: median of the same weekday in the 6 weeks before and after it;
                    unusual: log-residual beyond `unusual_from` robust standard deviations
                    (1.4826 MAD), and beyond what a Poisson count would do; neither the first four
                    weeks nor a last day that looks cut off are judged

Source: Hyndman & Athanasopoulos (2021), Forecasting: Principles and Practice, 2.7 and 3.1, on
calendar adjustments; Rousseeuw & Croux (1993), JASA 88(424), on the MAD.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any

import polars as pl

from core import evidence
from core.analyses.overview import days, figures, products, shares, wording
from core.dataset import Dataset
from core.finding import Action, Finding
from core.needs import Needs
from core.options import Options, Range

NEEDS = Needs(
    columns=frozenset({"order_id", "ordered_at", "quantity"}),
    optional=frozenset({"revenue", "customer_id", "product_id", "product_name"}),
    at_least={"orders": 30, "days": 28},
)


@dataclass(frozen=True, kw_only=True)
class Config(Options):
    """period_days: length of the period; None: the shortest usual one with enough orders.

    a_share, b_share: where classes A and B of the products end. unusual_from: robust standard
    deviations from which a day is called unusual.
    """

    period_days: Annotated[int | None, Range(7, 364, 7)] = None
    a_share: Annotated[float, Range(0.5, 0.9, 0.05)] = 0.80
    b_share: Annotated[float, Range(0.9, 0.99, 0.01)] = 0.95
    unusual_from: Annotated[float, Range(3, 8, 0.5)] = 4.0


@dataclass(frozen=True, eq=False)
class Result:
    """The shop at a glance.

    figures: one row per metric - metric, value, before, change, usual_low, usual_high,
        year_before, change_year; null where there is nothing to compare with.
    periods: one row per period compared - span (this, before, year_before), start, end.
    daily: one row per calendar day - day, revenue, sales, returned, orders, units, new_orders,
        returning_orders, guest_orders, new_sales, returning_sales, guest_sales, expected (orders),
        unusual (busy, quiet or null).
    products: one row per product, most revenue in the period first - product_id, product_name,
        category, revenue, before, change, units, orders, revenue_year, share_year,
        cumulative_share, abc; before and change are null where the period before is not all there.
    shares: one row per dimension (channel, country, category) and value - dimension, name,
        revenue, orders, share_revenue (of all revenue), before, change.
    hours: one row per weekday (1 Monday) and hour - weekday, hour, orders; empty without times.
    history: one row per whole period of the data, the earliest first - end, then the metrics.
    largest_customer: share of the past year's sales; null without customers.
    cut_off: the last order of the day, if the last day looks unfinished.
    """

    config: Config
    figures: pl.DataFrame
    periods: pl.DataFrame
    daily: pl.DataFrame
    products: pl.DataFrame
    shares: pl.DataFrame
    hours: pl.DataFrame
    history: pl.DataFrame
    largest_customer: float | None
    cut_off: str | None

    @property
    def evidence(self) -> pl.DataFrame:
        """Empty: nothing is predicted."""
        return evidence.table([])

    @property
    def money(self) -> bool:
        """Whether the export carried revenue."""
        return "revenue" in self.figures["metric"]

    def figure(self, metric: str) -> dict[str, Any]:
        """The row of `figures` of one metric; empty if the export does not carry it."""
        rows = self.figures.filter(pl.col("metric") == metric).to_dicts()
        return rows[0] if rows else {}

    def explain(self) -> list[Finding]:
        """Revenue first, then who and what it came from, then what to be careful with."""
        return wording.findings(self)

    def actions(self) -> list[Action]:
        """None of its own: they come from the other analyses."""
        return []

    def files(self) -> dict[str, pl.DataFrame]:
        """overview: the figures; daily_sales; products_abc."""
        return {
            "overview": self.figures,
            "daily_sales": self.daily,
            "products_abc": self.products,
        }


def run(dataset: Dataset, config: Config) -> Result:
    """The overview of the shop as of a day."""
    dataset.require(NEEDS.columns)
    dataset = dataset.until(config.as_of)
    as_of = dataset.day(config.as_of)
    lines = days.complete(dataset.lines)
    orders = days.orders(lines).collect().lazy()
    daily = days.daily(orders, lines, as_of)
    period = config.period_days or figures.usual_period(daily)
    config = config.with_values(as_of=as_of, period_days=period)
    windows = figures.windows(daily, as_of, period)
    year = as_of - timedelta(days=figures.YEAR_DAYS)
    compared = "before" in windows["span"]
    cut_off = days.cut_off(orders, as_of)
    back = figures.measured(orders, daily, as_of, period)
    back_from_year = figures.measured(orders, daily, year, period)
    return Result(
        config=config,
        figures=figures.table(back, back_from_year, period, dataset.columns),
        periods=windows,
        daily=days.with_expected(daily, config.unusual_from, unfinished=as_of if cut_off else None),
        products=products.table(
            lines,
            as_of,
            period,
            config.a_share,
            config.b_share,
            dataset.columns,
            compared=compared,
        ),
        shares=shares.table(lines, as_of, period, dataset.columns, compared=compared),
        hours=shares.hours(orders, as_of),
        history=figures.history(back, as_of, period, dataset.columns),
        largest_customer=_largest_customer(orders, year),
        cut_off=cut_off,
    )


def _largest_customer(orders: pl.LazyFrame, since: date) -> float | None:
    """The largest customer's share of the sales after `since`."""
    recent = orders.filter(pl.col("day") > since)
    spent = recent.drop_nulls("customer_id").group_by("customer_id").agg(pl.col("sales").sum())
    largest, total = pl.collect_all(
        [spent.select(pl.col("sales").max()), recent.select(pl.col("sales").sum())]
    )
    most, whole = largest.item(), total.item()
    return float(most / whole) if most is not None and whole > 0 else None
