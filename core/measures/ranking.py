"""Ranking measures: how good a top-k list is, one number per customer.

Over customers u with a list of k products and a set of relevant (later bought) products R_u:

    hit rate    1 if any of the k is in R_u
    precision   hits / k
    recall      hits / |R_u|            (not min(k, |R_u|): the two differ where |R_u| > k)
    NDCG        sum of hit_r / log2(r + 1) over ranks r, divided by its largest possible value
    MAP         mean over hits of precision at the hit's rank, divided by min(k, |R_u|)
    MRR         1 / rank of the first hit, 0 without one

    coverage    share of the catalogue that stands in at least one list
    novelty     mean of -log2(share of customers who own the product) over the list

Source: Järvelin & Kekäläinen (2002), ACM TOIS 20(4) (NDCG); Vargas & Castells (2011), RecSys
(novelty); full ranking over the catalogue, no sampled negatives: Krichene & Rendle (2020), KDD.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Hits = NDArray[np.bool_]
Counts = NDArray[np.int64]
Values = NDArray[np.float64]
#: A row is folded into FOLDED * k maxima; `top` sorts rows with more than MANY * k candidates.
FOLDED, MANY = 4, 8


def per_customer(hits: Hits, relevant: Counts) -> dict[str, Values]:
    """Measure name -> value per customer. hits: customers x k, by rank; relevant: |R_u| > 0."""
    k = hits.shape[1]
    found = hits.sum(axis=1)
    ranks = np.arange(1, k + 1)
    gains = 1 / np.log2(ranks + 1)
    possible = np.minimum(relevant, k)
    precision_at = np.cumsum(hits, axis=1) / ranks
    first = np.where(found > 0, hits.argmax(axis=1) + 1, np.inf)
    return {
        "hit_rate": (found > 0).astype(np.float64),
        "precision_at_k": found / k,
        "recall_at_k": found / relevant,
        "ndcg_at_k": (hits * gains).sum(axis=1) / np.cumsum(gains)[possible - 1],
        "map_at_k": (precision_at * hits).sum(axis=1) / possible,
        "mrr": 1 / first,
    }


def coverage(ranked: NDArray[np.int64], products: int) -> float:
    """Share of `products` columns that stand in at least one row of `ranked` (-1: no product)."""
    return len(np.unique(ranked[ranked >= 0])) / products


def novelty(ranked: NDArray[np.int64], owners: Values, customers: int) -> Values:
    """Mean surprise of each list, in bits. owners: customers who own each product."""
    surprise = -np.log2(np.maximum(owners, 1.0) / customers)
    shown = ranked >= 0
    total = np.where(shown, surprise[np.maximum(ranked, 0)], 0.0).sum(axis=1)
    return total / np.maximum(shown.sum(axis=1), 1)  # type: ignore[no-any-return]


def top(scores: NDArray[np.float32], k: int) -> NDArray[np.int64]:
    """The columns of the k highest scores of each row, best first; equal scores in column order.

    -inf is never shown: -1 stands where fewer than k columns have a score. Scores count as equal
    when they agree to about 5 digits, so that the last bits of a matrix product decide nothing.
    """
    k = min(k, scores.shape[1])
    scores = np.ascontiguousarray(scores, np.float32)
    folds = scores.shape[1] // (FOLDED * k)
    if folds < 2:
        return _by_sorting(scores, k)
    # The k-th largest of the maxima over folds of the row bounds its k-th largest score from below.
    width = scores.shape[1] // folds
    maxima = scores[:, : folds * width].reshape(len(scores), folds, width).max(axis=1)
    bound = np.partition(maxima, -k, axis=1)[:, -k, None]
    likely = scores >= bound - np.abs(bound) * np.float32(2**-15)
    counts = likely.sum(axis=1)
    tied = counts > MANY * k
    best = np.empty((len(scores), k), np.int64)
    best[tied] = _by_sorting(scores[tied], k)
    row, column = np.nonzero(likely[~tied])
    order = np.lexsort((column, -rounded(scores[~tied][row, column]), row))
    starts = np.cumsum(counts[~tied]) - counts[~tied]
    best[~tied] = column[order[starts[:, None] + np.arange(k)]]
    return np.where(np.take_along_axis(scores, best, axis=1) > -np.inf, best, -1)


def top_entries(matrix: Any, k: int) -> Any:  # noqa: ANN401
    """The k largest positive entries of each row of a csr matrix of float32; ties as in `top`."""
    from scipy.sparse import csr_matrix

    reached = np.repeat(_bounds(matrix, k), np.diff(matrix.indptr))
    likely = np.nonzero(matrix.data >= reached)[0]
    row = np.searchsorted(matrix.indptr, likely, side="right") - 1
    column, value = matrix.indices[likely], matrix.data[likely]
    order = np.lexsort((column, -rounded(value), row))
    best = order[np.arange(len(row)) - np.searchsorted(row, row) < k]
    return csr_matrix((value[best], (row[best], column[best])), shape=matrix.shape)


def _bounds(matrix: Any, k: int) -> NDArray[np.float32]:  # noqa: ANN401
    """What the k largest positive entries of each row reach: as in `top`, by maxima over folds."""
    folds, length = FOLDED * k, np.diff(matrix.indptr)
    bounds = np.full(matrix.shape[0], np.finfo(np.float32).tiny)
    long = np.nonzero(length > 2 * folds)[0]
    ends = matrix.indptr[long, None] + length[long, None] * np.arange(folds + 1) // folds
    maxima = np.maximum.reduceat(np.append(matrix.data, np.float32(0)), ends.ravel())
    last = np.partition(maxima.reshape(ends.shape)[:, :folds], -k, axis=1)[:, -k]
    bounds[long] = np.maximum(bounds[long], last * np.float32(1 - 2**-15))
    return bounds


def _by_sorting(scores: NDArray[np.float32], k: int) -> NDArray[np.int64]:
    """As `top`, for rows of many equal scores: the k-th largest by a full sort."""
    told = rounded(scores)
    last = np.sort(told, axis=1)[:, -k, None]  # SIMD; partition is slow on many ties
    keep = told >= last
    tied = np.nonzero(keep.sum(axis=1) > k)[0]
    if len(tied):
        equal = told[tied] == last[tied]
        ahead = (told[tied] > last[tied]).sum(axis=1, dtype=np.int32)[:, None]
        surplus = equal & (equal.cumsum(axis=1, dtype=np.int32) > k - ahead)
        keep[tied] &= ~surplus
    best = np.nonzero(keep)[1].reshape(len(scores), k)
    values = np.take_along_axis(told, best, axis=1)
    order = np.argsort(-values, axis=1, kind="stable")
    best = np.take_along_axis(best, order, axis=1)
    return np.where(np.take_along_axis(values, order, axis=1) > -np.inf, best, -1)


def rounded(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """`scores` to 17 binary digits."""
    bits = np.ascontiguousarray(scores).view(np.int32)
    cut: NDArray[np.float32] = ((bits + np.int32(32)) & np.int32(-64)).view(np.float32)
    return cut
