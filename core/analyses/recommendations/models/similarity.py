"""How alike two customers, or two products, are: from what they have in common.

Each function returns weigh(both, a, b): both holds the inner products of rows a and b (numbers of
rows that broadcast to its shape), the result their similarity. total: what each row adds up to.
The arrays are large: what can be is done in place.

Cosine      both / (sqrt(total_a total_b) + shrinkage), rows of 0 and 1
Pearson     correlation of the two rows of n cells, 0 or 1
Euclidean   1 / (1 + distance); total: of squares

Source: Salton & McGill (1983), "Introduction to Modern Information Retrieval" (cosine); Resnick et
al. (1994), "GroupLens", CSCW (Pearson).
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[Any]
Weigh = Callable[[Any, Any, Any], Any]


def cosine(total: Values, shrinkage: float = 0.0) -> Weigh:
    """Shrinkage holds back pairs that rest on few."""
    length = np.sqrt(total)

    def weigh(both: Values, a: Values, b: Values) -> Values:
        scale = length[a] * length[b]
        scale += shrinkage
        return np.divide(both, scale, out=scale)  # type: ignore[no-any-return]

    return weigh


def pearson(total: Values, n: int) -> Weigh:
    """Less what two long rows share by chance."""
    share = total / n
    spread = np.sqrt(np.maximum(share * (1 - share), 1e-12))
    return lambda both, a, b: (both / n - share[a] * share[b]) / (spread[a] * spread[b])


def euclidean(total: Values) -> Weigh:
    """1 for equal rows."""

    def weigh(both: Values, a: Values, b: Values) -> Values:
        apart = total[a] + total[b]
        apart -= both
        apart -= both
        np.sqrt(np.maximum(apart, 0, out=apart), out=apart)
        apart += 1
        return np.reciprocal(apart, out=apart)  # type: ignore[no-any-return]

    return weigh


def sums(matrix: Any, axis: int) -> Values:  # noqa: ANN401
    """Sum of each column (axis 0) or row (axis 1) of a sparse matrix."""
    return np.asarray(matrix.sum(axis=axis)).ravel().astype(np.float64)
