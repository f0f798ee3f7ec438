"""The two baselines that every model must beat.

Popularity   orders per product, each weighted by 0.5^(age / half-life).
Own history  number of the customer's own orders that held the product; equal counts, and products
             never bought, in order of popularity.

Source: the popularity tie-break is worth +14 % recall over an arbitrary one on Ta-Feng; personal
frequency: Li et al. (2023), "A Next Basket Recommendation Reality Check", ACM TOIS 41(4).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.analyses.recommendations.history import Floats, History, Rows


@dataclass(frozen=True, eq=False)
class Popularity:
    """The same list for everybody."""

    popularity: Floats
    links: Any = None

    def scores(self, rows: Rows) -> Floats:
        """rows x products."""
        return np.repeat(self.popularity[None], len(rows), axis=0)


@dataclass(frozen=True, eq=False)
class OwnHistory:
    """orders: csr customers x products. share: popularity scaled to [0, 0.5]: it breaks ties."""

    orders: Any
    share: Floats
    links: Any = None

    def scores(self, rows: Rows) -> Floats:
        """rows x products."""
        return self.orders[rows].toarray() + self.share  # type: ignore[no-any-return]


def popularity(history: History, seed: int) -> Popularity:  # noqa: ARG001
    """Nothing to fit: the popularity is in the history."""
    return Popularity(history.popularity)


def own_history(history: History, seed: int) -> OwnHistory:  # noqa: ARG001
    """Nothing to fit: the orders are in the history."""
    return OwnHistory(history.orders, history.popularity / (2 * history.popularity.max()))
