"""What-if basket: the products that complete the ones already in it.

    score(i) = sum over products j of the basket of cosine(j, i) over orders

Tested by leaving one product out of each order of the held-back days: is it among the k shown?
"""

from collections.abc import Sequence

import numpy as np
import polars as pl

from core.analyses.recommendations.history import History
from core.analyses.recommendations.intervals import resampled
from core.analyses.recommendations.tournament import Split
from core.measures.ranking import top

#: Orders that the test uses at most.
TESTED = 5000


def completions(history: History, basket: Sequence[str], n: int) -> pl.DataFrame:
    """The `n` products that go best with `basket` - rank, product_id, product_name, score,
    because_product_name (of the basket, which speaks most for it), confidence (of the orders with
    that product, the share that hold this one)."""
    ids = history.products["product_id"]
    inside = [int(at) for product in basket if (at := ids.index_of(product)) is not None]
    if not inside:
        return pl.DataFrame()
    pull = history.beside[inside].toarray()
    score = pull.sum(axis=0)
    score[inside] = -np.inf
    score[score == 0] = -np.inf
    best = top(score[None].astype(np.float32), n)[0]
    best = best[best >= 0]
    spoke = np.asarray(inside)[pull[:, best].argmax(axis=0)] if len(best) else best
    held = np.asarray(history.placed.sum(axis=0)).ravel()
    both = pull[:, best].max(axis=0) * np.sqrt(held[spoke] * held[best])
    names = history.products["product_name"]
    return pl.DataFrame(
        {
            "rank": np.arange(1, len(best) + 1),
            "product_id": ids.gather(best),
            "product_name": names.gather(best),
            "because_product_name": names.gather(spoke),
            "confidence": np.round(both) / held[spoke],
            "score": score[best].astype(np.float64),
        }
    )


def tested(split: Split, k: int, seed: int) -> pl.DataFrame:
    """method (item_knn over orders, popularity), hit_rate, low, high, orders: one left out each."""
    past = split.past
    later = (
        past.sold_after(split.days)
        .drop_nulls("i")
        .sort("order", "i")
        .filter(pl.len().over("order") > 1)
        .with_columns(row=pl.col("order").rank("dense").cast(pl.Int64) - 1)
        .filter(pl.col("row") < TESTED)
    )
    if later.is_empty():
        return pl.DataFrame()
    from scipy.sparse import csr_matrix

    rng = np.random.default_rng(seed)
    drawn = rng.random(later.height)
    hidden = later.with_columns(drawn=drawn).sort("row", "drawn").unique("row", keep="first")
    left_out = hidden.sort("row")["i"].to_numpy().astype(np.int64)
    row, item = later["row"].to_numpy(), later["i"].to_numpy().astype(np.int64)
    shown = item != left_out[row]
    shape = (len(left_out), past.shape[1])
    seen = csr_matrix((np.ones(shown.sum(), np.float32), (row[shown], item[shown])), shape=shape)
    hits = [
        _hits(seen, scores, left_out, k)
        for scores in (
            lambda part: _beside(past, part),
            lambda part: _popular(past, part),
        )
    ]
    values = np.column_stack(hits).astype(np.float64)
    low, high = resampled(values, seed)
    return pl.DataFrame(
        {
            "method": ["item_knn", "popularity"],
            "hit_rate": values.mean(axis=0),
            "low": low,
            "high": high,
            "orders": [len(left_out)] * 2,
        }
    )


def _beside(past: History, part: object) -> np.ndarray:
    """As in `completions`: what stood in no order with the basket does not complete it."""
    score: np.ndarray = (part @ past.beside).toarray()
    return np.where(score > 0, score, -np.inf)


def _popular(past: History, part: object) -> np.ndarray:
    return np.repeat(past.popularity[None], part.shape[0], axis=0)  # type: ignore[attr-defined]


def _hits(seen: object, scores: object, left_out: np.ndarray, k: int) -> np.ndarray:
    found = []
    for start in range(0, len(left_out), 500):
        part = seen[start : start + 500]  # type: ignore[index]
        block = np.array(scores(part), np.float32)  # type: ignore[operator]
        block[part.nonzero()] = -np.inf
        found.append((top(block, k) == left_out[start : start + 500, None]).any(axis=1))
    return np.concatenate(found)
