"""New products: who to offer a product to that hardly anyone has bought yet.

    score(u) = sqrt(activity(u)) * sum over the NEIGHBOURS products j most like it that u bought
               of sim(j, new)

sim: cosine of the contents, see `models.content`. activity: products in the orders of u, counted in
every order, each weighted by 0.5^(age / half-life). Tested on products first sold in the WINDOWS
windows held back: of the LISTED customers with the highest score, how many bought it in those days;
beside it the LISTED most active customers (the same list for every product), who are taken where
the contents are not surely better.

Source: content for cold-start items: Schein et al. (2002), SIGIR.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from core.analyses.recommendations.choice import choose
from core.analyses.recommendations.history import Floats, History, Rows
from core.analyses.recommendations.models.content import vectors
from core.analyses.recommendations.tournament import Outcome, Split, among, together
from core.measures.ranking import top

NEIGHBOURS, LISTED, WINDOWS = 50, 50, 3
METHODS = ("most_active", "content")
#: Orders up to which a product counts as new, and new products that the test uses at most.
FEW_ORDERS, TESTED = 5, 500


def _active(past: History) -> Floats:
    """1 x customers: products in all their orders, recent ones counting more."""
    return np.asarray(past.recent.sum(axis=1)).T.astype(np.float32)


def customers(past: History, described: pl.DataFrame, n: int, method: str) -> pl.DataFrame:
    """The `n` likeliest customers who have not bought it - customer_id, rank, because_product_name
    (of what they bought, what is most like it), similarity (of the contents).

    described: the new product - one row of `Result.fresh`.
    """
    near = alike(past, described)
    score = (_active(past) if method == METHODS[0] else _score(past, near)).ravel()
    own = past.products["product_id"].index_of(described["product_id"][0])
    if own is not None:
        score[past.bought[:, [int(own)]].toarray().ravel() > 0] = -np.inf
    score[score <= 0] = -np.inf
    best = top(score[None], n)[0]
    best = best[best >= 0]
    pull = past.bought[best].multiply(near).toarray()
    spoke = pull.argmax(axis=1) if len(best) else best
    return pl.DataFrame(
        {
            "customer_id": past.customers["customer_id"].gather(best),
            "rank": np.arange(1, len(best) + 1),
            "because_product_name": past.products["product_name"].gather(spoke),
            "similarity": pull[np.arange(len(best)), spoke].astype(np.float64),
        }
    ).with_columns(pl.when(pl.col("similarity") > 0).then("because_product_name"))


def tested(splits: Sequence[Split]) -> list[Outcome]:
    """How both lists fared for the products that were new in the days held back."""
    found = [outcomes for one in splits if (outcomes := _tested(one))]
    return [together(same) for same in zip(*found, strict=True)]


def _tested(split: Split) -> list[Outcome]:
    past = split.past
    fresh = past.sold_after(split.days).filter(pl.col("i").is_null())
    bought = fresh.drop_nulls("u").select("product", "u").unique().sort("product", "u")
    products = bought["product"].unique().sort().head(TESTED)
    if products.is_empty():
        return []
    bought = bought.filter(pl.col("product").is_in(products.implode()))
    row = np.searchsorted(products.to_numpy(), bought["product"].to_numpy()).astype(np.int64)
    keys = np.sort(row * past.shape[0] + bought["u"].to_numpy())
    described = past.events.products.join(
        products.to_frame(), on="product", how="semi", maintain_order="left"
    )
    best = _listed(_active(past)).repeat(len(products), axis=0)
    lists = best, _listed(_score(past, alike(past, described)))
    numbers = products.to_numpy().astype(np.int64)
    return [
        _outcome(name, past, found, keys, row, numbers)
        for name, found in zip(METHODS, lists, strict=True)
    ]


def _listed(scores: Floats) -> Rows:
    """rows x LISTED: the customers with the highest scores; -1 where there is none left."""
    missing = max(LISTED - scores.shape[1], 0)
    return np.pad(top(scores, LISTED), ((0, 0), (0, missing)), constant_values=-1)


def chosen(outcomes: Sequence[Outcome], seed: int) -> str:
    """The simplest way that none beats; untested, the contents."""
    return choose(outcomes, LISTED, seed, METHODS) if outcomes else METHODS[-1]


def _outcome(
    method: str, past: History, ranked: Rows, keys: Rows, row: Rows, numbers: Rows
) -> Outcome:
    """As in the tournament, with new products in place of customers and customers as products."""
    every = np.arange(len(ranked))
    nothing = np.zeros(len(ranked))
    return Outcome(
        method,
        "launch",
        among(every, ranked, keys, past.shape[0]),
        np.bincount(row, minlength=len(ranked)).astype(np.int64),
        np.zeros(ranked.shape, bool),
        nothing,
        nothing.astype(np.int64),
        numbers,
        0.0,
    )


def _score(past: History, near: Any) -> Floats:  # noqa: ANN401
    """new products x customers. near: csr new products x products sold."""
    return (near @ past.bought.T).toarray() * np.sqrt(_active(past))  # type: ignore[no-any-return]


def alike(past: History, described: pl.DataFrame) -> Any:  # noqa: ANN401
    """csr products of `described` x products sold: similarity of the NEIGHBOURS nearest."""
    from scipy.sparse import csr_matrix

    told = vectors(pl.concat([past.products, described], how="diagonal"))
    sold = past.shape[1]
    near = (told[sold:] @ told[:sold].T).toarray()
    best = top(near, NEIGHBOURS)
    values = np.take_along_axis(near, best, axis=1)
    row, rank = np.nonzero(values > 0)
    return csr_matrix((values[row, rank], (row, best[row, rank])), shape=near.shape)
