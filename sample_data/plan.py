"""What is planted in the demo shop: every number that a test may look for again."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

import polars as pl

LAST_DAY = date(2026, 6, 30)
#: Both Mondays, so that weeks of the shop and weeks of the calendar are the same.
FIRST_DAY = {"small": date(2025, 6, 30), "large": date(2023, 7, 3)}

#: How often a customer orders: rate ~ Gamma(SHAPE, SCALE) per day; after each repeat order the
#: customer leaves for good with a probability ~ Beta(LEAVE_A, LEAVE_B). That is BG/NBD.
SHAPE, SCALE, LEAVE_A, LEAVE_B = 0.35, 16.0, 0.9, 3.6
#: Some customers refill at an even pace instead: every 30 ± 4 days.
REFILLERS, REFILL_DAYS, REFILL_SD, REFILL_LEAVE = 0.10, 30.0, 4.0, 0.08

GUESTS, CANCELLED, UNPAID = 0.08, 0.02, 0.006
RETURNED = {"durable": 0.035, "consumable": 0.006}
#: Share of repeat lines that are one of the customer's two favourites.
FAVOURITE = 0.4
#: Coupon -> share taken off: of some first orders, and of every trade order.
COUPONS: Mapping[str, float] = {"WELCOME10": 0.10, "TRADE15": 0.15}
WELCOME_SHARE = 0.35
PRICE_RISE = (date(2025, 3, 3), "coffee", 0.06)

#: Orders per day of the week (Monday first) and per month (January first), mean 1.
WEEKDAY = (1.15, 1.05, 1.0, 0.95, 0.85, 0.8, 1.2)
MONTH = (0.95, 0.9, 0.95, 0.95, 0.95, 0.9, 0.85, 0.85, 1.0, 1.05, 1.25, 1.4)
HOUR = (1, 0.5, 0.3, 0.2, 0.2, 0.5, 1.5, 3, 4, 5, 6, 6, 6, 5, 5, 5, 5, 5, 6, 8, 9, 8, 5, 2.5)
#: Demand of seasonal products by month, times their usual one.
SEASON: Mapping[str, tuple[float, ...]] = {
    "summer": (0.3, 0.3, 0.5, 0.8, 1.6, 2.6, 3.0, 2.6, 1.4, 0.6, 0.3, 0.3),
    "winter": (2.2, 1.6, 0.8, 0.5, 0.3, 0.2, 0.2, 0.2, 0.6, 1.4, 2.4, 3.0),
    "christmas": (0.1, 0.02, 0.02, 0.02, 0.02, 0.02, 0.02, 0.02, 0.1, 1.5, 7.0, 8.0),
}

#: Days out of the ordinary: day -> factor on that day's orders.
ODD_DAYS: Mapping[date, float] = {date(2026, 2, 11): 0.0, date(2026, 4, 16): 3.5}


@dataclass(frozen=True)
class Pair:
    """Whoever buys `first` adds `second` with `probability`."""

    first: str
    second: str
    probability: float


@dataclass(frozen=True)
class Window:
    """Something that happened to `products` from `start` to `end`, both included."""

    products: tuple[str, ...]
    start: date
    end: date


@dataclass(frozen=True)
class Promotion(Window):
    """`discount` off, and demand times `uplift` while it lasts."""

    discount: float
    uplift: float


PAIRS = (
    Pair("BRW-01", "CAR-01", 0.55),
    Pair("ESP-01", "ESP-03", 0.45),
    Pair("TEA-05", "TEA-06", 0.30),
    Pair("BRW-04", "CAR-06", 0.35),
    Pair("GRD-01", "CAR-05", 0.35),
    Pair("BRW-06", "BRW-07", 0.25),
    Pair("ESP-05", "ESP-06", 0.30),
    Pair("CUP-06", "CUP-07", 0.40),
    Pair("KIT-01", "KIT-02", 0.50),
    Pair("KIT-05", "KIT-06", 0.40),
)
#: Three products bought together on purpose, in BUNDLE_SHARE of all orders.
BUNDLE, BUNDLE_SHARE = ("BRW-02", "BRW-03", "BRW-05"), 0.012
#: Bought independently, in the same months: an association by the calendar alone.
SEASON_PAIRS = (("GFT-01", "GFT-02"), ("COF-13", "KIT-08"))

PROMOTION = Promotion(
    ("COF-03", "COF-04", "COF-06", "COF-07"), date(2025, 9, 1), date(2025, 9, 21), 0.20, 2.5
)
STOCK_OUT = Window(("COF-01",), date(2026, 3, 2), date(2026, 3, 29))
#: Sold until the end of that day, never after; stock is left over.
DEAD, DEAD_SINCE = ("BRW-10", "CUP-08", "KIT-09", "KIT-12", "GFT-06"), date(2025, 10, 5)
#: About one unit a month or less in the medium shop.
SLOW = ("BRW-12", "KIT-11", "ESP-08", "GRD-04", "KIT-10")
#: Stock is far below what sells during the lead time.
ORDER_NOW = ("COF-03", "CAR-01", "SWT-04", "TEA-02", "ESP-05")
#: More than a year of sales on the shelf, though it still sells.
OVERSTOCK = ("GRD-02", "TEA-08", "KIT-04")
#: Orders every fourth week, by the box (TRADE_BOX per scale), at the trade discount.
WHOLESALE, WHOLESALE_DAYS, TRADE_BOX = "W00001", 28, {"small": 2, "large": 6}

Size = Literal["small", "medium"]


@dataclass(frozen=True, eq=False)
class Truth:
    """What was planted in one shop. Empty or None where an option switched it off.

    customers: one row per customer - customer_id, rate (orders per day; null for refillers),
        leave_probability, refills (bool), alive (still a customer after the last day),
        favourite_1, favourite_2 (product ids).
    """

    first_day: date
    last_day: date
    customers: pl.DataFrame
    gamma: tuple[float, float] = (SHAPE, SCALE)
    beta: tuple[float, float] | None = (LEAVE_A, LEAVE_B)
    refill_days: float = REFILL_DAYS
    weekday: tuple[float, ...] = WEEKDAY
    month: tuple[float, ...] = MONTH
    pairs: tuple[Pair, ...] = PAIRS
    bundle: tuple[str, ...] = BUNDLE
    season_pairs: tuple[tuple[str, str], ...] = SEASON_PAIRS
    promotion: Promotion | None = PROMOTION
    stock_out: Window | None = STOCK_OUT
    odd_days: Mapping[date, float] = field(default_factory=lambda: dict(ODD_DAYS))
    dead: tuple[str, ...] = DEAD
    dead_since: date = DEAD_SINCE
    slow: tuple[str, ...] = SLOW
    order_now: tuple[str, ...] = ORDER_NOW
    overstock: tuple[str, ...] = OVERSTOCK
    wholesale: str | None = WHOLESALE


def without(
    truth: Truth, *, affinities: bool, dropout: bool, seasons: bool, wholesale: bool
) -> Truth:
    """The truth with what was switched off taken out of it."""
    off: dict[str, object] = {}
    if not affinities:
        off |= {"pairs": (), "bundle": ()}
    if not dropout:
        off |= {"beta": None}
    if not seasons:
        off |= {"weekday": (1.0,) * 7, "month": (1.0,) * 12}
        off |= {"season_pairs": (), "promotion": None, "odd_days": {}}
    if not wholesale:
        off |= {"wholesale": None}
    return replace(truth, **off)  # type: ignore[arg-type]
