"""Product neighbourhoods: a product is scored by the bought products that resemble it.

    score(u, i) = sum over products j of u of weight(u, j) * sim(j, i)

sim keeps, for each product j, its NEIGHBOURS most similar products.

Cosine   sim(j, i) = |buyers of both| / sqrt(|buyers of j| |buyers of i|)

Source: Deshpande & Karypis (2004), "Item-based top-N recommendation algorithms", ACM TOIS 22(1).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.analyses.recommendations.history import Floats, History, Rows
from core.measures.ranking import top

NEIGHBOURS = 50
#: Cells of the dense block that is held at a time: 16 MB of float32.
BLOCK_CELLS = 4_000_000


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
    return ItemNeighbours(history.bought, nearest(unit_columns(history.bought), NEIGHBOURS))


def unit_columns(matrix: Any) -> Any:  # noqa: ANN401
    """`matrix` (csr) with columns of length 1."""
    length = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=0)).ravel())
    scaled = matrix.copy()
    scaled.data = scaled.data / np.maximum(length, 1e-12).astype(np.float32)[scaled.indices]
    return scaled


def nearest(columns: Any, neighbours: int) -> Any:  # noqa: ANN401
    """csr products x products: columns' inner products, the largest `neighbours` of each row."""
    by_product = columns.T.tocsr()
    return largest(
        lambda rows: (by_product[rows] @ columns).toarray(), columns.shape[1], neighbours
    )


def largest(rows_of: Any, size: int, keep: int) -> Any:  # noqa: ANN401
    """csr size x size of the `keep` largest positive entries per row of a matrix made in blocks.

    rows_of: row numbers -> dense rows; at most BLOCK_CELLS cells are asked for at a time.
    """
    from scipy.sparse import csr_matrix, vstack

    step = max(1, BLOCK_CELLS // size)
    blocks = []
    for start in range(0, size, step):
        block = rows_of(np.arange(start, min(start + step, size)))
        best = top(block, keep)
        kept = np.take_along_axis(block, best, axis=1)
        row, rank = np.nonzero(kept > 0)
        entries = (kept[row, rank].astype(np.float32), (row, best[row, rank]))
        blocks.append(csr_matrix(entries, shape=block.shape))
    return vstack(blocks).tocsr()
