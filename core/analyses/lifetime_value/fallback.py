"""Where no model fits: what customers of the same kind did before, and nothing cleverer.

A kind is a pair of bands, of order days (1, 2, 3-4, 5-9, 10 and more) and of days since the last
one relative to the days held back. `learned` counts what customers of each kind did in a period
after an earlier day; `expects` gives that to the customers of a later one. A kind of fewer than FEW
customers gets what all customers did. Nobody is said to have stopped: `alive` is unknown.

Source: Wuebben & v. Wangenheim (2008), Journal of Marketing 72(3): simple rules are hard to beat.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from core.measures.btyd_likelihoods import Floats

NAME = "seen_before"
FEW = 20
ORDER_DAYS = (2, 3, 5, 10)
SILENT = (0.25, 0.5, 1.0, 2.0)
KIND = ("often", "silent")
LONGEST = 730.0


def _kinds(profile: pl.DataFrame, days: int) -> pl.DataFrame:
    """often, silent: the bands of each customer of a profile."""
    often, silent = pl.col("order_days"), pl.col("recency_days") / days
    return profile.select(
        often=pl.sum_horizontal([(often >= cut).cast(pl.Int8) for cut in ORDER_DAYS]),
        silent=pl.sum_horizontal([(silent > cut).cast(pl.Int8) for cut in SILENT]),
    )


@dataclass(frozen=True, eq=False)
class Seen:
    """What each kind did within `days` (often, silent, mean, active, low, high), and all did.

    spread: standard deviation of what one customer did, as a share of the mean; of `customers`.
    """

    days: int
    kinds: pl.DataFrame
    overall: tuple[float, float, float, float]
    spread: float
    customers: int

    def people(self, profile: pl.DataFrame) -> "Expected":
        """The customers of a later day, expected to do as their kind did."""
        found = _kinds(profile, self.days).join(
            self.kinds, on=KIND, how="left", maintain_order="left"
        )
        names = ("mean", "active", "low", "high")
        columns = [
            found[name].fill_null(usual).to_numpy()
            for name, usual in zip(names, self.overall, strict=True)
        ]
        error = self.spread * (1 / self.customers + 1 / max(profile.height, 1)) ** 0.5
        return Expected(self.days, error, *columns)


def learned(profile: pl.DataFrame, actual: Floats, days: int) -> Seen:
    """profile: customers as of a day; actual: order days of each in the `days` after it."""
    n = pl.col("n")
    figures = {
        "mean": n.mean(),
        "active": (n > 0).mean(),
        "low": n.quantile(0.1, "nearest"),
        "high": n.quantile(0.9, "nearest"),
    }
    table = _kinds(profile, days).with_columns(n=pl.Series(actual))
    kinds = table.group_by(KIND).agg(pl.len().alias("customers"), **figures)
    mean, active, low, high = table.select(**figures).row(0)
    spread = float(np.std(actual, ddof=1)) / mean if mean > 0 else 0.0
    known = kinds.filter(pl.col("customers") >= FEW)
    return Seen(days, known, (mean, active, low, high), spread, len(actual))


@dataclass(frozen=True, eq=False)
class Expected:
    """What customers are expected to do; answers as `valuing.People` does. One value each.

    error: of the total as a share of it, from the spread of those seen and of those to come.
    """

    days: int
    error: float
    mean: Floats
    share: Floats
    low: Floats
    high: Floats

    @property
    def alive(self) -> Floats:
        """Unknown."""
        return np.full(len(self.mean), np.nan)

    def expected_orders(self, horizon: float) -> Floats:
        """The same pace all along."""
        orders: Floats = self.mean * horizon / self.days
        return orders

    def active(self, horizon: float) -> Floats:
        """P(at least one order), as if each day were like any other."""
        chance: Floats = 1 - (1 - np.minimum(self.share, 1 - 1e-9)) ** (horizon / self.days)
        return chance

    def discounted_orders(self, horizon: int, rate: float) -> Floats:
        """Expected orders, discounted at the middle of the horizon."""
        later: Floats = self.expected_orders(horizon) / (1 + rate) ** (horizon / 2 / 365)
        return later

    def orders_range(self, horizon: int) -> tuple[Floats, Floats]:
        """Fewest and most orders at 80 %, as in the period seen."""
        scale = horizon / self.days
        return np.floor(self.low * scale), np.ceil(self.high * scale)

    def median_wait(self) -> Floats:
        """Days until the chance of an order is one half; NaN: not in two years."""
        daily = -np.log1p(-np.clip(self.share, 1e-9, 1 - 1e-9)) / self.days
        wait = np.log(2.0) / daily
        found: Floats = np.where(wait <= LONGEST, wait, np.nan)
        return found
