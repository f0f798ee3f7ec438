"""Why a product is recommended: only what the data show, never a made-up reason.

bought_before      the customer bought it: in how many orders, and when last
bought_with        the model reasons from product to product: of the products the customer bought,
                   the one that adds most to the score; and the share of its buyers who also
                   bought the recommended one
similar_customers  the model reasons from customers who buy alike
popular            it is in the list because the whole shop buys it
"""

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.analyses.recommendations.history import History
from core.analyses.recommendations.models import Model

#: Methods that compare customers: what no bought product speaks for comes from them.
FROM_CUSTOMERS = frozenset(
    {"user_knn", "user_pearson", "tifu_knn", "als", "bpr", "lmf", "autoencoder"}
)
#: (customer, product, bought product) triples that are looked up at a time.
TRIPLES = 4_000_000


def explained(lists: pl.DataFrame, method: str, model: Model, history: History) -> pl.DataFrame:
    """`lists` (u, i, ...) with reason, orders and age of the customer's own purchases of i, and
    j, because_age, because_share of the product that spoke for it."""
    own = history.purchases.select("u", "i", own_orders="orders", own_age="age")
    joined = lists.join(own, on=["u", "i"], how="left", maintain_order="left")
    because = _because(joined.filter(pl.col("own_orders").is_null()), model, history)
    otherwise = "similar_customers" if method in FROM_CUSTOMERS else "popular"
    return joined.join(because, on=["u", "i"], how="left", maintain_order="left").with_columns(
        bought_before=pl.col("own_orders").is_not_null(),
        reason_code=pl.when(pl.col("own_orders").is_not_null())
        .then(pl.lit("bought_before"))
        .when(pl.col("j").is_not_null())
        .then(pl.lit("bought_with"))
        .when(pl.col("score") > 0)
        .then(pl.lit(otherwise))
        .otherwise(pl.lit("popular")),
    )


def _because(wanted: pl.DataFrame, model: Model, history: History) -> pl.DataFrame:
    """One row per u and i that a bought product speaks for - with j, because_age, because_share."""
    empty = {"u": pl.UInt32, "i": pl.UInt32, "j": pl.UInt32, "because_age": pl.Float32}
    if model.links is None or wanted.is_empty():
        return pl.DataFrame(schema=empty | {"because_share": pl.Float64})
    triples = max(1, history.purchases.height // history.shape[0]) * wanted.height
    parts = np.array_split(np.arange(history.shape[0]), triples // TRIPLES + 1)
    frames = [
        _strongest(
            wanted.filter(pl.col("u").is_between(part[0], part[-1])),
            weighed(model, history, part[0], part[-1]),
            model.links,
        )
        for part in parts
        if len(part)
    ]
    found = pl.concat(frames)
    pairs = found.select("i", "j").unique(maintain_order=True)
    share = share_of_buyers(pairs["j"].to_numpy(), pairs["i"].to_numpy(), history)
    shares = pairs.with_columns(because_share=pl.Series(share, dtype=pl.Float64))
    return found.join(shares, on=["i", "j"])


def _strongest(wanted: pl.DataFrame, bought: pl.DataFrame, links: Any) -> pl.DataFrame:  # noqa: ANN401
    return (
        pulls(wanted, bought, links)
        .filter(pl.col("pull") > 0)
        .sort("u", "i", "pull", "because_age", "j", descending=[False, False, True, False, False])
        .unique(["u", "i"], keep="first", maintain_order=True)
        .select("u", "i", "j", "because_age")
    )


def weighed(model: Model, history: History, first: int, last: int) -> pl.DataFrame:
    """u, j, because_age, orders, weight in the model of what customers first to last bought."""
    at = history.purchases_of(first, last)
    weight = 1.0 if model.basket is None else pl.Series(model.basket.data[at], dtype=pl.Float64)
    return history.purchases[at].select("u", "orders", j="i", because_age="age", weight=weight)


def pulls(wanted: pl.DataFrame, bought: pl.DataFrame, links: Any) -> pl.DataFrame:  # noqa: ANN401
    """wanted (u, i) with every purchase j of u, and pull: weight(u, j) * links(j, i)."""
    known = links.shape[0]
    triples = wanted.join(bought, on="u").filter(pl.col("i") < known, pl.col("j") < known)
    j, i = triples["j"].to_numpy(), triples["i"].to_numpy()
    linked = np.asarray(links[j, i]).ravel() if len(j) else np.empty(0)
    pull = pl.col("weight") * pl.Series(linked, dtype=pl.Float64)
    return triples.with_columns(pull=pull)


def share_of_buyers(j: NDArray[Any], i: NDArray[Any], history: History) -> NDArray[np.float64]:
    """Of the customers who bought product j, the share who bought product i; for each pair."""
    columns = history.buyers
    buyers = np.diff(columns.indptr)
    both = [
        np.asarray(columns[:, j[at : at + 5000]].multiply(columns[:, i[at : at + 5000]]).sum(0))
        for at in range(0, len(j), 5000)
    ]
    counts = np.concatenate([part.ravel() for part in both]) if both else np.empty(0)
    return counts / np.maximum(buyers[j], 1)  # type: ignore[no-any-return]


def sentence() -> pl.Expr:
    """The reason in English, from the columns of `Result.recommendations`."""
    day = pl.col("because_day").dt.to_string("%Y-%m-%d")
    share = (pl.col("because_share") * 100).round(0).cast(pl.Int64).cast(pl.String)
    own = pl.format(
        "You bought it in {} orders, last on {}.", pl.col("because_orders").cast(pl.Int64), day
    )
    once = pl.format("You bought it on {}.", day)
    because = pl.format(
        "Because you bought {} on {}: {}% of its buyers also bought this.",
        pl.col("because_product_name"),
        day,
        share,
    )
    reason = pl.col("reason_code")
    return (
        pl.when(reason == "bought_before", pl.col("because_orders") == 1)
        .then(once)
        .when(reason == "bought_before")
        .then(own)
        .when(reason == "bought_with")
        .then(because)
        .when(reason == "similar_customers")
        .then(pl.lit("Customers who buy what you buy also bought this."))
        .when(reason == "new_customer", pl.col("method") == "newcomers_first")
        .then(pl.lit("Many customers buy this first."))
        .when(reason == "new_customer", pl.col("method").str.starts_with("by_"))
        .then(pl.lit("Many customers like you buy this at the moment."))
        .otherwise(pl.lit("Many customers buy this at the moment."))
        .alias("because")
    )
