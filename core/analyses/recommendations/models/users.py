"""Customer neighbourhoods: a product is scored by the customers who buy alike.

    score(u, i) = sum over the NEIGHBOURS customers v most similar to u of sim(u, v) * bought(v, i)
    sim(u, v) = |products both bought| / sqrt(|products of u| |products of v|)

Every customer as similar as the last neighbour counts too: no tie is broken by id.
Source: Resnick et al. (1994), "GroupLens", CSCW; cosine for purchases: Sarwar et al. (2000), EC.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.analyses.recommendations.history import Floats, History, Rows
from core.analyses.recommendations.nearest import BLOCK_CELLS, unit_columns

NEIGHBOURS = 100


@dataclass(frozen=True, eq=False)
class UserNeighbours:
    """profiles: csr customers x products, rows of length 1. bought: csr, 1 where bought."""

    profiles: Any
    bought: Any
    links: Any = None

    def scores(self, rows: Rows) -> Floats:
        """rows x products, a block of customers at a time."""
        step = max(1, BLOCK_CELLS // self.profiles.shape[0])
        blocks = [self._block(rows[at : at + step]) for at in range(0, len(rows), step)]
        return np.concatenate(blocks)

    def _block(self, rows: Rows) -> Floats:
        from scipy.sparse import csr_matrix

        alike = (self.profiles[rows] @ self.profiles.T).toarray()
        alike[np.arange(len(rows)), rows] = 0
        alike = np.round(alike, 5)
        k = min(NEIGHBOURS, alike.shape[1])
        alike[alike < np.partition(alike, -k, axis=1)[:, -k, None]] = 0
        return (csr_matrix(alike, dtype=np.float64) @ self.bought).toarray().astype(np.float32)  # type: ignore[no-any-return]


def user_cosine(history: History, seed: int) -> UserNeighbours:  # noqa: ARG001
    """Nothing is fitted ahead: neighbours are found when they are asked for."""
    return UserNeighbours(unit_columns(history.bought.T.tocsr()).T.tocsr(), history.bought)
