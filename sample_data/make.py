"""Makes the demo shop: coffee and kitchen goods, years of orders, every effect planted."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl

from sample_data import plan
from sample_data.arrivals import Arrivals, Calendar, Ints, Population, arrivals, population
from sample_data.baskets import TASTES, Demand, baskets, demand, favourites
from sample_data.export import Lines, coupons, customer_ids, export, kept
from sample_data.stock import stock
from sample_data.words import WORDS

Language = Literal["en", "zh"]
HERE = Path(__file__).parent
#: Lines wanted, and how many a customer makes on average (measured).
LINES = {"small": 640, "medium": 50_000}
LINES_PER_CUSTOMER = {"small": 8.4, "large": 10.8}
#: Larger shops sell the catalogue in numbered editions.
LINES_PER_PRODUCT, MOST_PRODUCTS = 600, 20_000


@dataclass(frozen=True, eq=False)
class Shop:
    """orders: one row per line of the export. stock: one row per product. truth: the plan."""

    orders: pl.DataFrame
    stock: pl.DataFrame
    truth: plan.Truth
    language: Language = "en"

    @cached_property
    def lines(self) -> pl.DataFrame:
        """The canonical order lines: cancelled and unpaid orders gone, revenue net of discount."""
        rows = self.orders.with_row_index("source_row", offset=2)
        return rows.filter(pl.col("status").is_in(kept(self.language))).with_columns(
            pl.col("source_row").cast(pl.Int64),
            pl.col("source_row").cast(pl.String).alias("line_id"),
            pl.col("quantity").cast(pl.Float64),
            (pl.col("quantity") * pl.col("unit_price") - pl.col("discount")).alias("revenue"),
            pl.lit("orders.csv").alias("source_file"),
        )


def shop(
    size: plan.Size | int = "medium",
    *,
    seed: int = 0,
    language: Language = "en",
    affinities: bool = True,
    dropout: bool = True,
    seasons: bool = True,
    wholesale: bool = True,
) -> Shop:
    """A shop of about `size` lines. The four flags switch planted effects off, for null tests.

    affinities: tastes, favourites, companion pairs and the bundle. dropout: customers who leave.
    seasons: week, year, odd days, seasonal products and the promotion. wholesale: the outlier.
    """
    rng = np.random.default_rng(seed)
    wanted = size if isinstance(size, int) else LINES[size]
    scale = "small" if size == "small" else "large"
    calendar = Calendar(plan.FIRST_DAY[scale], plan.LAST_DAY, seasons)
    products = _catalogue(wanted, language)
    people = population(rng, max(8, int(wanted / LINES_PER_CUSTOMER[scale])), dropout=dropout)
    orders = arrivals(rng, people, calendar, wholesale=wholesale)
    wants = demand(products, calendar, seasons=seasons, tastes=affinities)
    liked, taste = _tastes(rng, orders, wants, len(people.rate))
    order, product = baskets(
        rng, orders, wants, taste, liked if affinities else None, trade=len(people.rate)
    )
    words, trade, box = WORDS[language], len(people.rate), plan.TRADE_BOX[scale]
    coupon = coupons(rng, orders, trade)
    sold = export(
        rng, Lines(orders, coupon, order, product, products, calendar, trade, box, seasons, words)
    )
    truth = plan.Truth(
        first_day=calendar.first,
        last_day=calendar.last,
        customers=_customers(people, liked, products),
    )
    truth = plan.without(
        truth, affinities=affinities, dropout=dropout, seasons=seasons, wholesale=wholesale
    )
    return Shop(sold, stock(rng, sold, products, words["supplier"]), truth, language)


def _catalogue(lines: int, language: Language) -> pl.DataFrame:
    """product_id, product_name, category, kind, price, popularity, taste, consumable, season."""
    slow = pl.col("product_id").is_in(plan.SLOW)
    factor = 7.2 if language == "zh" else 1.0
    base = pl.read_csv(HERE / "catalogue.csv").select(
        "product_id",
        pl.col("name_zh" if language == "zh" else "name").alias("product_name"),
        pl.col("category").replace(WORDS[language]),
        pl.col("category").alias("kind"),
        (pl.col("price") * factor).round(1 if language == "zh" else 2),
        pl.when(slow).then(0.9).otherwise(pl.col("popularity")).alias("popularity"),
        pl.col("taste", "season").fill_null(""),
        "consumable",
    )
    editions = -(-min(MOST_PRODUCTS, lines // LINES_PER_PRODUCT) // base.height)
    numbered = [
        base.with_columns(
            pl.col("product_id") + f"-{n}",
            pl.col("product_name") + f" No. {n}",
            pl.col("popularity") / n**0.7,
        )
        for n in range(2, editions + 1)
    ]
    return pl.concat([base, *numbered])


def _tastes(
    rng: np.random.Generator, orders: Arrivals, wants: Demand, customers: int
) -> tuple[Ints, Ints]:
    """(favourites per customer, taste per order)."""
    own = rng.integers(0, len(TASTES), customers + 1)
    passing = rng.integers(0, len(TASTES), len(orders.customer))
    return favourites(rng, wants, own), np.where(orders.customer < 0, passing, own[orders.customer])


def _customers(people: Population, liked: Ints, products: pl.DataFrame) -> pl.DataFrame:
    """The truth about each customer: see `plan.Truth`."""
    count = len(people.rate)
    return pl.DataFrame(
        {
            "customer_id": customer_ids(count)[:count],
            "rate": people.rate,
            "leave_probability": people.leave,
            "refills": people.refills,
            "alive": people.alive,
            "favourite_1": products["product_id"][liked[:count, 0]],
            "favourite_2": products["product_id"][liked[:count, 1]],
        }
    ).with_columns(pl.when(~pl.col("refills")).then("rate").alias("rate"))
