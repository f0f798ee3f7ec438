"""For a product: the ones that the same customers buy, and the ones in the same orders.

Similar        cosine over customers: |buyers of both| / sqrt(|buyers of a| |buyers of b|)
Bought together  over orders: confidence P(b | a), lift P(b | a) / P(b); ranked by cosine
Substitutes      reads alike, and not in the same orders more often than chance (lift at most 1)
"""

from typing import Any

import numpy as np
import polars as pl

from core.analyses.recommendations.history import History
from core.analyses.recommendations.nearest import NEIGHBOURS, nearest, unit_columns
from core.measures.ranking import top

#: Orders that must hold both products before the pair is shown.
FEW_ORDERS = 3
#: Similarity of the texts below which two products do not read alike.
FEW_WORDS = 0.2


def similar(history: History, keep: int) -> pl.DataFrame:
    """One row per product and rank - product_id, rank, similar_product_id, score (cosine)."""
    enough = keep < NEIGHBOURS
    links = history.cosine if enough else nearest(unit_columns(history.bought), keep + 1)
    return _ranked(links, keep).select(
        product_id=_id(history, "j"),
        rank="rank",
        similar_product_id=_id(history, "i"),
        score="score",
    )


def together(history: History, keep: int) -> pl.DataFrame:
    """One row per product and rank - product_id, rank, together_product_id, orders, confidence,
    lift."""
    baskets = history.placed
    held = np.asarray(baskets.sum(axis=0)).ravel()
    enough = keep < NEIGHBOURS
    links = history.beside if enough else nearest(unit_columns(baskets), keep + 1)
    pairs = _ranked(links, keep)
    j, i = pairs["j"].to_numpy(), pairs["i"].to_numpy()
    both = np.round(pairs["score"].to_numpy() * np.sqrt(held[j] * held[i]))
    counted = pairs.with_columns(
        orders=pl.Series(both, dtype=pl.Float64).cast(pl.UInt32),
        confidence=pl.Series(both / held[j], dtype=pl.Float64),
        lift=pl.Series(both / held[j] / (held[i] / baskets.shape[0]), dtype=pl.Float64),
    ).filter(pl.col("orders") >= FEW_ORDERS)
    return counted.select(
        "rank",
        "orders",
        "confidence",
        "lift",
        product_id=_id(history, "j"),
        together_product_id=_id(history, "i"),
    ).select("product_id", "rank", "together_product_id", "orders", "confidence", "lift")


def _ranked(links: Any, keep: int) -> pl.DataFrame:  # noqa: ANN401
    """The entries off the diagonal as rows: j, i, score, rank within j; best first."""
    entries = links.tocoo()
    return (
        pl.DataFrame(
            {"j": entries.row.astype(np.uint32), "i": entries.col.astype(np.uint32)}
            | {"score": entries.data.astype(np.float64)}
        )
        .filter(pl.col("j") != pl.col("i"))
        .with_columns(pl.col("score").round(6))
        .sort("j", "score", "i", descending=[False, True, False])
        .with_columns(rank=pl.int_range(1, pl.len() + 1, dtype=pl.UInt32).over("j"))
        .filter(pl.col("rank") <= keep)
    )


def _id(history: History, column: str) -> pl.Expr:
    """The product id of column number `column`."""
    ids = history.products["product_id"]
    return pl.lit(ids).gather(pl.col(column))


def substitutes(history: History, product_id: str, n: int) -> pl.DataFrame:
    """What could stand in for a product - rank, substitute_product_id, similarity (of the text),
    lift (over orders, at most 1)."""
    at = history.products["product_id"].index_of(product_id)
    if at is None:
        return pl.DataFrame()
    described = history.described
    alike = (described[[int(at)]] @ described.T).toarray().ravel()
    placed = history.placed
    held = np.asarray(placed.sum(axis=0)).ravel()
    both = (placed[:, [int(at)]].T @ placed).toarray().ravel()
    lift = both * placed.shape[0] / np.maximum(held[int(at)] * held, 1)
    alike[(lift > 1) | (alike < FEW_WORDS)] = -np.inf
    alike[int(at)] = -np.inf
    best = top(alike[None].astype(np.float32), n)[0]
    best = best[best >= 0]
    return pl.DataFrame(
        {
            "rank": np.arange(1, len(best) + 1),
            "substitute_product_id": history.products["product_id"].gather(best),
            "similarity": alike[best].astype(np.float64),
            "lift": lift[best].astype(np.float64),
        }
    )
