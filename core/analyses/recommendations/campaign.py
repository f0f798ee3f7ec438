"""Who to offer one product to, and how many of them buy it anyway."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.analyses.recommendations.conversion import (
    BANDS,
    RECENCY_NAMES,
    Conversion,
    recency,
)
from core.analyses.recommendations.history import History
from core.analyses.recommendations.models import Model
from core.analyses.recommendations.nearest import BLOCK_CELLS
from core.analyses.recommendations.tournament import admitted

#: Customers that a campaign goes to unless told otherwise.
CAMPAIGN = 100


@dataclass(frozen=True, eq=False)
class Campaign:
    """Who to offer one product to.

    customers: one row per customer, most likely first - customer_id, rank_for_customer (place of
        the product in the customer's own list), recency_group, bought_before, conversion,
        conversion_low, conversion_high (chance to buy within `days`, measured on lists of the same
        rank and group).
    expected, low, high: purchases among them within `days`. untargeted: what as many customers
        picked at random would have bought, by the last window or by the same chances, whichever
        is more: a list of everyone gains nothing on chance. days: the window.
    """

    customers: pl.DataFrame
    expected: float
    low: float
    high: float
    untargeted: float
    days: int

    @property
    def beats_chance(self) -> bool:
        """Whether it expects a tenth of a purchase more than as many at random: what is shown."""
        return self.expected - self.untargeted >= 0.1


def campaign(
    model: Model,
    history: History,
    chance: Conversion,
    column: int,
    buyers: float,
    n: int,
    task: str,
) -> Campaign:
    """The campaign for the product in `column`. buyers: customers who bought it in the window."""
    rank, score = places(model, history, column, task)
    cells = chance.cell(recency(history, chance.days), rank)
    low, high = np.quantile(chance.draws, [0.025, 0.975], axis=0)
    at = np.maximum(cells, 0)
    columns: dict[str, Any] = {
        "customer_id": history.customers["customer_id"],
        "rank_for_customer": rank,
        "recency_group": [RECENCY_NAMES[c // len(BANDS)] for c in at],
        "bought_before": history.bought[:, [column]].toarray().ravel() > 0,
        "conversion": chance.rates[at],
        "conversion_low": np.minimum(low[at], chance.rates[at]),
        "conversion_high": np.maximum(high[at], chance.rates[at]),
        "cell": cells,
        "score": score.astype(np.float64),
    }
    order = ["conversion", "rank_for_customer", "score", "customer_id"]
    offered = (
        pl.DataFrame(columns)
        .filter(pl.col("cell") >= 0, pl.col("score").is_finite())
        .sort(order, descending=[True, False, True, False])
    )
    listed = offered.head(n)
    everyone = max(buyers, float(offered["conversion"].sum()))
    untargeted = everyone / history.shape[0] * listed.height
    return Campaign(
        listed.drop("cell", "score"),
        *chance.expected(listed["cell"].to_numpy()),
        untargeted,
        chance.days,
    )


def places(
    model: Model, history: History, column: int, task: str
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """(rank of the product in each customer's own list, its score; -inf: not offered)."""
    step = max(1, BLOCK_CELLS // history.shape[1])
    ranks, scores = [], []
    for start in range(0, history.shape[0], step):
        rows = np.arange(start, min(start + step, history.shape[0]), dtype=np.int64)
        part = admitted(model.scores(rows), history, rows, task)
        score = part[:, [column]]
        ahead = (part > score).sum(axis=1) + (part[:, :column] == score).sum(axis=1)
        ranks.append(ahead.astype(np.int64) + 1)
        scores.append(score.ravel())
    return np.concatenate(ranks), np.concatenate(scores)


def promising(
    lists: pl.DataFrame, products: pl.DataFrame, history: History, chance: Conversion
) -> dict[str, Any] | None:
    """The product with the most money to win in the lists of its likeliest customers.

    lists, products: as in Result. Money: purchases expected, less those of as many customers
    picked at random, times the product's value per order.
    """
    groups = pl.Series(recency(history, chance.days))
    known = history.customers.select("customer_id").with_columns(group=groups)
    placed = lists.join(known, on="customer_id", maintain_order="left")
    cells = chance.cell(placed["group"].to_numpy(), placed["rank"].to_numpy())
    random_buyer = pl.col("buyers") / history.shape[0]
    per_product = (
        placed.with_columns(rate=pl.Series(chance.rates[np.maximum(cells, 0)] * (cells >= 0)))
        .group_by("product_id")
        .agg(expected=pl.col("rate").top_k(CAMPAIGN).sum(), customers=pl.len().clip(0, CAMPAIGN))
        .join(products.drop_nulls("value"), on="product_id")
        .with_columns(
            gain=(pl.col("expected") - random_buyer * pl.col("customers")) * pl.col("value")
        )
        .sort("gain", "product_id", descending=[True, False])
    )
    return per_product.row(0, named=True) if per_product.height else None
