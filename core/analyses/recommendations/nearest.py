"""Inner products between products, the largest of each row kept, in blocks of bounded memory."""

from collections.abc import Callable
from typing import Any

import numpy as np

from core.measures.ranking import top_entries

#: Similar products kept per product.
NEIGHBOURS = 50
#: Cells of the block that is held at a time: 16 MB of float32 where it is dense.
BLOCK_CELLS = 4_000_000


def unit_columns(matrix: Any) -> Any:  # noqa: ANN401
    """`matrix` (csr) with columns of length 1."""
    length = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=0)).ravel())
    scaled = matrix.copy()
    scaled.data = scaled.data / np.maximum(length, 1e-12).astype(np.float32)[scaled.indices]
    return scaled


def nearest(columns: Any, neighbours: int, weigh: Callable[..., Any] | None = None) -> Any:  # noqa: ANN401
    """csr products x products: columns' inner products, the largest `neighbours` of each row.

    weigh: (products, j, i) -> what takes the place of each inner product of columns j and i.
    """
    by_product = columns.T.tocsr()

    def products(rows: Any) -> Any:  # noqa: ANN401
        both = by_product[rows] @ columns
        if weigh:
            j = np.repeat(rows, np.diff(both.indptr))
            both.data = weigh(both.data, j, both.indices).astype(np.float32)
        return both

    return largest(products, columns.shape[1], neighbours)


def largest(rows_of: Callable[..., Any], size: int, keep: int) -> Any:  # noqa: ANN401
    """csr size x size of the `keep` largest positive entries per row of a matrix made in blocks.

    rows_of: row numbers -> csr of these rows; at most BLOCK_CELLS cells are asked for at a time.
    """
    from scipy.sparse import vstack

    step = max(1, BLOCK_CELLS // size)
    blocks = (np.arange(start, min(start + step, size)) for start in range(0, size, step))
    return vstack([top_entries(rows_of(block), keep) for block in blocks]).tocsr()
