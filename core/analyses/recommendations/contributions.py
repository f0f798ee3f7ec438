"""What one recommendation rests on: every purchase that counts, or the customers who buy alike.

    score(u, i) = sum over purchases j of u of weight(u, j) * links(j, i)

where the model reasons from product to product: each term is a contribution, and may be below zero
(EASE). Of the hybrid, which is no sum, the part of its product neighbours is taken apart. ALS, BPR
and LMF give neighbours instead: the purchases whose vectors are most like the product's, and the
customers whose vectors are most like u's.
Source: Sarwar et al. (2001), WWW (item-based sums); Hu, Koren & Volinsky (2008), ICDM, section 5.
"""

import numpy as np
import polars as pl

from core.analyses.recommendations.history import History
from core.analyses.recommendations.models import Model
from core.analyses.recommendations.models.factors import Factors
from core.analyses.recommendations.models.users import NEIGHBOURS, UserNeighbours
from core.analyses.recommendations.reasons import pulls, share_of_buyers, weighed


def contributions(model: Model, history: History, u: int, i: int) -> pl.DataFrame:
    """One row per purchase of customer u that speaks for or against product i, the strongest first
    - because_product_id, because_product_name, because_orders, because_day, contribution (adds up
    to the score) and contribution_share (of a score above 0; null where neighbours stand in),
    similarity (null otherwise), because_share (of its buyers, those who bought i;
    null for i itself)."""
    if model.links is None:
        return pl.DataFrame()
    wanted = pl.DataFrame({"u": [u], "i": [i]}, schema={"u": pl.UInt32, "i": pl.UInt32})
    found = pulls(wanted, weighed(model, history, u, u), model.links)
    found = (
        found.filter(pl.col("pull") != 0)
        .join(history.products.select("product_id", "product_name", j="i"), on="j")
        .sort(pl.col("pull").abs(), "j", descending=[True, False])
    )
    j = found["j"].to_numpy()
    share = pl.Series(share_of_buyers(j, np.full(len(j), i), history))
    adds, score = pl.lit(model.basket is not None), pl.col("pull").sum()
    return found.select(
        because_product_id="product_id",
        because_product_name="product_name",
        because_orders="orders",
        because_day=pl.lit(history.day) - pl.duration(days=pl.col("because_age").cast(pl.Int64)),
        contribution=pl.when(adds).then("pull"),
        contribution_share=pl.when(adds, score > 0).then(pl.col("pull") / score),
        similarity=pl.when(~adds).then("pull"),
        because_share=pl.when(pl.col("j") != i).then(share),
    )


def alike(model: Model, history: History, u: int, i: int) -> tuple[int, int] | None:
    """(those who bought product i, all) of the customers most like u; None: it compares none."""
    if isinstance(model, UserNeighbours):
        near = model.nearest(np.array([u])).indices
    elif isinstance(model, Factors):
        near = _nearest(model, u)
    else:
        return None
    return int(history.bought[near][:, [i]].nnz), len(near)


def _nearest(model: Factors, u: int) -> np.ndarray:
    """The NEIGHBOURS customers whose vectors have the largest cosine with that of u, and equals."""
    length = np.maximum(np.linalg.norm(model.customers, axis=1), 1e-9)
    cosine = (model.customers @ model.customers[u]) / length
    cosine[u] = -np.inf
    k = min(NEIGHBOURS, len(cosine) - 1)
    return np.flatnonzero(cosine >= np.partition(cosine, -k)[-k]) if k else np.empty(0, int)
