"""Product neighbourhoods: a product is scored by the bought products that resemble it.

    score(u, i) = sum over products j of u of weight(u, j) * sim(j, i)

sim keeps, for each product j, its NEIGHBOURS most similar products. c(j, i): customers who bought
both; c(j): customers who bought j; n: customers; o(u, j): orders of u that held j.

Cosine   sim = c(j, i) / (sqrt(c(j) c(i)) + shrinkage), see `similarity`; weight = 1
Pearson  sim = correlation of the two columns of 0 and 1; weight = 1
TF-IDF   cosine of the columns sqrt(o(u, j)) * log(products / (1 + products of u))
BM25     inner product of the columns weighted as BM25_K1, BM25_B say; weight = log(1 + o)
RP3beta  random walk j -> customer -> i, steps raised to ALPHA, divided by popularity(i)^BETA;
         weight = (1 / products of u)^ALPHA
Rules    P(i | j) over orders, where lift > 1 and at least FEW_ORDERS orders hold both; weight = 1

Source: Deshpande & Karypis (2004), ACM TOIS 22(1) (cosine); Sarwar et al. (2001), WWW (Pearson);
Robertson & Zaragoza (2009), FnTIR 3(4) (BM25, as in the package implicit, as is TF-IDF); Paudel et
al. (2017), ACM TiiS 7(1) (RP3beta); Agrawal & Srikant (1994), VLDB (rules).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.analyses.recommendations.history import Floats, History, Rows
from core.analyses.recommendations.models.similarity import cosine, pearson, sums
from core.analyses.recommendations.nearest import NEIGHBOURS, largest, nearest, unit_columns

Values = NDArray[np.float64]
BM25_K1, BM25_B, ALPHA, BETA, FEW_ORDERS = 100.0, 0.8, 1.0, 0.6, 3


@dataclass(frozen=True, eq=False)
class ItemNeighbours:
    """basket: csr customers x products, weights. links: csr products x products, sim."""

    basket: Any
    links: Any

    def scores(self, rows: Rows) -> Floats:
        """rows x products."""
        return (self.basket[rows] @ self.links).toarray()  # type: ignore[no-any-return]


def item_cosine(
    history: History,
    seed: int,  # noqa: ARG001
    neighbours: int = NEIGHBOURS,
    shrinkage: float = 0.0,
) -> ItemNeighbours:
    """Cosine between the products' buyers; a product is its own nearest neighbour."""
    bought = history.bought
    if neighbours == NEIGHBOURS and not shrinkage:
        return ItemNeighbours(bought, history.cosine)
    alike = cosine(sums(bought, 0), shrinkage)
    return ItemNeighbours(bought, nearest(bought, neighbours, alike))


def item_pearson(
    history: History,
    seed: int,  # noqa: ARG001
    neighbours: int = NEIGHBOURS,
) -> ItemNeighbours:
    """Correlation between the products' buyers; only what is above zero counts."""
    bought = history.bought
    alike = pearson(sums(bought, 0), bought.shape[0])
    return ItemNeighbours(bought, nearest(bought, neighbours, alike))


def tfidf(
    history: History,
    seed: int,  # noqa: ARG001
    neighbours: int = NEIGHBOURS,
) -> ItemNeighbours:
    """Customers who buy everything say less about what belongs together."""
    weighted = history.orders.copy()
    weighted.data = np.sqrt(weighted.data) * _rarity(history.orders)
    return ItemNeighbours(history.bought, nearest(unit_columns(weighted), neighbours))


def bm25(
    history: History,
    seed: int,  # noqa: ARG001
    k1: float = BM25_K1,
    b: float = BM25_B,
    neighbours: int = NEIGHBOURS,
) -> ItemNeighbours:
    """As TF-IDF, with counts that saturate sooner for products that sell little."""
    from core.analyses.recommendations.models.linear import log_orders

    orders = history.orders
    sold = sums(orders, 0)
    length = (1 - b) + b * sold / sold.mean()
    weighted = orders.copy()
    saturated = orders.data * (k1 + 1) / (k1 * length[orders.indices] + orders.data)
    weighted.data = (saturated * _rarity(orders)).astype(np.float32)
    return ItemNeighbours(log_orders(history), nearest(weighted, neighbours))


def _rarity(orders: Any) -> Floats:  # noqa: ANN401
    """log(products / (1 + products of the customer)), one per purchase; above zero."""
    per_customer = np.diff(orders.indptr)
    idf = np.log(orders.shape[1]) - np.log1p(per_customer)
    return np.repeat(np.maximum(idf, 1e-3), per_customer).astype(np.float32)


def rp3beta(
    history: History,
    seed: int,  # noqa: ARG001
    alpha: float = ALPHA,
    beta: float = BETA,
    neighbours: int = NEIGHBOURS,
) -> ItemNeighbours:
    """Three steps of a random walk over purchases, popular ends held back."""
    bought, buyers = history.bought, sums(history.bought, 0)
    step = unit_rows(bought).power(alpha)
    back = unit_rows(bought.T.tocsr()).power(alpha)
    held_back = (1 / np.maximum(buyers, 1) ** beta).astype(np.float32)

    def walk(rows: Rows) -> Any:  # noqa: ANN401
        reached = back[rows] @ step
        reached.data *= held_back[reached.indices]
        return reached

    return ItemNeighbours(step, largest(walk, bought.shape[1], neighbours))


def rules(
    history: History,
    seed: int,  # noqa: ARG001
    few_orders: int = FEW_ORDERS,
) -> ItemNeighbours:
    """Association rules of one product from one product, found in orders, guests' included."""
    placed = history.placed
    held = sums(placed, 0)

    def confidence(both: Floats, j: Rows, i: Rows) -> Values:
        found = both / held[j]
        rule = (both >= few_orders) & (found > held[i] / placed.shape[0]) & (i != j)
        return np.where(rule, found, 0)

    return ItemNeighbours(history.bought, nearest(placed, NEIGHBOURS, confidence))


def unit_rows(matrix: Any) -> Any:  # noqa: ANN401
    """csr `matrix` with rows that sum to 1."""
    total = np.asarray(matrix.sum(axis=1)).ravel()
    scaled = matrix.copy()
    scaled.data = scaled.data / np.repeat(total, np.diff(matrix.indptr)).astype(np.float32)
    return scaled
