"""Inner products between products, the largest of each row kept, in blocks of bounded memory."""

from typing import Any

import numpy as np

from core.measures.ranking import top

#: Similar products kept per product.
NEIGHBOURS = 50
#: Cells of the dense block that is held at a time: 16 MB of float32.
BLOCK_CELLS = 4_000_000


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
