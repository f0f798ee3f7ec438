"""Product neighbourhoods: a product is scored by the bought products that resemble it.

    score(u, i) = sum over products j of u of weight(u, j) * sim(j, i)

sim keeps, for each product j, its NEIGHBOURS most similar products.

Cosine   sim(j, i) = |buyers of both| / sqrt(|buyers of j| |buyers of i|)

Source: Deshpande & Karypis (2004), "Item-based top-N recommendation algorithms", ACM TOIS 22(1).
"""

from dataclasses import dataclass
from typing import Any

from core.analyses.recommendations.history import Floats, History, Rows


@dataclass(frozen=True, eq=False)
class ItemNeighbours:
    """basket: csr customers x products, weights. links: csr products x products, sim."""

    basket: Any
    links: Any

    def scores(self, rows: Rows) -> Floats:
        """rows x products."""
        return (self.basket[rows] @ self.links).toarray()  # type: ignore[no-any-return]


def item_cosine(history: History, seed: int) -> ItemNeighbours:  # noqa: ARG001
    """Cosine between the products' buyers; a product is its own nearest neighbour."""
    return ItemNeighbours(history.bought, history.cosine)
