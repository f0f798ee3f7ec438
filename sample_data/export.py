"""The order export: one row per line, in the words of a shop system, returns as negative lines."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sample_data import plan
from sample_data.arrivals import Arrivals, Calendar, Floats, Ints
from sample_data.words import WORDS

COLUMNS = (
    "order_id",
    "ordered_at",
    "customer_id",
    "product_id",
    "product_name",
    "category",
    "quantity",
    "unit_price",
    "discount",
    "coupon",
    "status",
    "channel",
    "country",
    "currency",
)


@dataclass(frozen=True, eq=False)
class Lines:
    """order, product: positions, one entry per line. trade: index of the trade customer.

    coupon: per order, 0 none, 1 welcome, 2 trade. box: units that the trade customer buys at once.
    """

    orders: Arrivals
    coupon: Ints
    order: Ints
    product: Ints
    products: pl.DataFrame
    calendar: Calendar
    trade: int
    box: int
    promotion: bool
    words: Mapping[str, str]

    @property
    def by_trade(self) -> NDArray[np.bool_]:
        """Per line: whether the trade customer bought it."""
        return np.asarray(self.orders.customer[self.order] == self.trade)

    @property
    def day(self) -> Ints:
        """Per line: days since the first day."""
        return self.orders.moment[self.order].astype(np.int64)

    def of_product(self, column: str) -> NDArray[np.generic]:
        """A column of the catalogue, per line."""
        return self.products[column].to_numpy()[self.product]

    def since(self, day: date) -> int:
        """`day` in days since the first day."""
        return (day - self.calendar.first).days


def customer_ids(trade: int) -> pl.Series:
    """Ids by position: the customers, the trade customer, and null for a guest."""
    width = max(5, len(str(trade)))
    ids = pl.Series(np.arange(1, trade + 1)).cast(pl.String).str.zfill(width)
    return pl.concat([("C" + ids).rename("id"), pl.Series("id", [plan.WHOLESALE, None])])


def coupons(rng: np.random.Generator, orders: Arrivals, trade: int) -> Ints:
    """Per order: 0 none, 1 welcome (some first orders of customers), 2 trade."""
    first = ~orders.repeat & (orders.customer >= 0)
    welcome = first & (rng.random(len(first)) < plan.WELCOME_SHARE)
    return np.where(orders.customer == trade, 2, welcome.astype(np.int64))


def export(rng: np.random.Generator, lines: Lines) -> pl.DataFrame:
    """One row per line in `COLUMNS`, in order of time."""
    of_order = _order_columns(rng, lines)
    of_product = lines.products.select("product_id", "product_name", "category")
    sold = pl.concat(
        [of_order[lines.order], of_product[lines.product], _money(rng, lines)], how="horizontal"
    )
    sold = sold.select(*COLUMNS)
    returns = _returns(rng, sold, lines).sort("ordered_at", maintain_order=True)
    return sold.lazy().merge_sorted(returns.lazy(), key="ordered_at").collect()


def _order_columns(rng: np.random.Generator, lines: Lines) -> pl.DataFrame:
    """What every line of an order repeats, one row per order."""
    orders, word, trade = lines.orders, lines.words, lines.trade
    count = len(orders.customer)
    person = np.where(orders.customer < 0, trade + 1, orders.customer)
    bad = rng.choice(3, count, p=[1 - plan.CANCELLED - plan.UNPAID, plan.CANCELLED, plan.UNPAID])
    home = rng.choice(5, trade + 2, p=[0.7, 0.12, 0.08, 0.06, 0.04])[person]
    away = rng.choice(5, count, p=[0.7, 0.12, 0.08, 0.06, 0.04])
    sold_at = np.where(person == trade, 0, rng.choice(3, count, p=[0.68, 0.2, 0.12]))
    return pl.DataFrame(
        {
            "order_id": "SO-" + pl.Series(np.arange(count) + 100_001).cast(pl.String),
            "ordered_at": pl.Series(lines.calendar.timestamps(orders.moment)),
            "customer_id": customer_ids(trade)[person],
            "status": _words(bad, [word["completed"], word["cancelled"], word["unpaid"]]),
            "channel": _words(sold_at, [word["online shop"], word["marketplace"], word["store"]]),
            "country": _words(
                np.where(person > trade, away, home), [word[f"country {n}"] for n in range(5)]
            ),
            "currency": pl.repeat(word["currency"], count, eager=True),
            "coupon": _words(lines.coupon, [None, *plan.COUPONS]),
        }
    )


def _words(index: Ints, words: list[str | None]) -> pl.Series:
    return pl.Series(words, dtype=pl.String)[index]


def _money(rng: np.random.Generator, lines: Lines) -> pl.DataFrame:
    """quantity, unit_price, discount (money off the line), one row per line."""
    count, day = len(lines.order), lines.day
    spare = np.where(lines.of_product("consumable") == 1, 0.3, 0.03)
    quantity = 1 + rng.poisson(spare)
    boxes = lines.box * (1 + rng.poisson(1.0, count))
    quantity = np.where(lines.by_trade, boxes, quantity)
    since, kind, rise = plan.PRICE_RISE
    dearer = (day >= lines.since(since)) & (lines.of_product("kind") == kind)
    price = (lines.of_product("price") * np.where(dearer, 1 + rise, 1.0)).round(2)
    return pl.DataFrame({"quantity": quantity, "unit_price": price}).with_columns(
        (pl.col("quantity") * pl.col("unit_price") * pl.Series(_share_off(lines)))
        .round(2)
        .alias("discount")
    )


def _share_off(lines: Lines) -> Floats:
    """Per line: the share taken off, by the promotion or the coupon, the larger one."""
    off = np.array([0.0, *plan.COUPONS.values()])[lines.coupon[lines.order]]
    if lines.promotion:
        promoted = np.isin(lines.of_product("product_id"), plan.PROMOTION.products)
        start, end = lines.since(plan.PROMOTION.start), lines.since(plan.PROMOTION.end)
        during = (lines.day >= start) & (lines.day <= end)
        off = np.maximum(off, np.where(promoted & during, plan.PROMOTION.discount, 0.0))
    return off


def _returns(rng: np.random.Generator, sold: pl.DataFrame, lines: Lines) -> pl.DataFrame:
    """The lines sent back 3 to 21 days later, at what was paid for them."""
    durable = lines.of_product("consumable") == 0
    share = np.where(durable, plan.RETURNED["durable"], plan.RETURNED["consumable"])
    back = (rng.random(len(share)) < share) & ~lines.by_trade
    back &= (sold["status"] == lines.words["completed"]).to_numpy()
    days = pl.Series(rng.integers(3, 22, int(back.sum())))
    paid = pl.col("unit_price") - pl.col("discount") / pl.col("quantity")
    returned = sold.filter(pl.Series(back)).with_columns(
        pl.col("ordered_at") + pl.duration(days=pl.lit(days)),
        paid.round(2).alias("unit_price"),
        (-pl.col("quantity")).alias("quantity"),
        pl.lit(0.0).alias("discount"),
        pl.lit(lines.words["returned"]).alias("status"),
    )
    return returned.filter(pl.col("ordered_at").dt.date() <= lines.calendar.last)


def kept(language: str) -> list[str]:
    """The statuses whose lines count: sold, or sent back."""
    return [WORDS[language]["completed"], WORDS[language]["returned"]]
