"""Products bought instead of one another: they share fewer orders than chance gives.

Only products sold often enough to judge are compared: the expectation is taken per month and added
up, so a product that replaced another is not called its rival, and must be at least LEAST orders.
Lower Poisson tail, Benjamini-Hochberg over every pair compared. Two products may avoid each other
because one does the other's job, or because different people buy them; customers tell which:

    instead_of         the same customers buy both, in different orders: more customers share them
                       than chance gives (configuration model over customers, same test)
    different_buyers   fewer customers share them than chance gives
    unknown            neither is sure, or the export names no customers
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.analyses.association_rules import nulls, periods
from core.measures.baskets import Baskets
from core.measures.itemsets import count_sets

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
MOST_PRODUCTS, MOST_ROWS, LEAST = 600, 1000, 8.0


def substitutes(
    baskets: Baskets,
    null: nulls.Null,
    customers: Baskets | None,
    products: pl.DataFrame,
    fdr: float,
) -> pl.DataFrame:
    """One row per pair that avoids each other, those bought instead first, then those
    of one category, then the surest.

    product_id, other_product_id, product_name, other_product_name, orders, orders_by_chance,
    adjusted_lift, p_value, q_value, same_category (null where unknown), shared_customers,
    customers_by_chance, avoidance (instead_of, different_buyers, unknown).
    customers: the same products by customer. products: name and category per item code.
    """
    pairs, together, expected = _compared(baskets, null)
    p = nulls.lower_tail(together, expected)
    q = nulls.q_values(p, max(len(p), 1))
    found = np.flatnonzero(q <= fdr)
    a, b = pairs[found].T
    return (
        _sides(products, a, b)
        .with_columns(
            orders=together[found],
            orders_by_chance=expected[found],
            adjusted_lift=together[found] / expected[found],
            p_value=p[found],
            q_value=q[found],
            **_by_customer(customers, baskets.keys, a, b, fdr),
        )
        .sort(
            pl.col("avoidance") != "instead_of",
            ~pl.col("same_category").fill_null(value=False),
            *("q_value", "adjusted_lift", "product_id", "other_product_id"),
        )
        .head(MOST_ROWS)
    )


def _compared(baskets: Baskets, null: nulls.Null) -> tuple[Ints, Ints, Floats]:
    """(pairs, shared baskets, expected ones) of the products that can be judged."""
    top = np.sort(np.argsort(-baskets.counts, kind="stable")[:MOST_PRODUCTS])
    at_a, at_b = np.triu_indices(len(top), k=1)
    x = baskets.matrix()[:, top]
    together = np.asarray((x.T @ x).toarray(), dtype=np.int64)[at_a, at_b]
    pairs = np.stack([top[at_a], top[at_b]], axis=1)
    expected = _expected(null, pairs)
    enough = expected >= LEAST
    return pairs[enough], together[enough], expected[enough]


def _sides(products: pl.DataFrame, a: Ints, b: Ints) -> pl.DataFrame:
    one, other = products[a], products[b]
    return pl.DataFrame(
        {
            "product_id": one["product_id"],
            "other_product_id": other["product_id"],
            "product_name": one["product_name"],
            "other_product_name": other["product_name"],
            "same_category": one["category"] == other["category"],
        }
    )


def _by_customer(
    customers: Baskets | None, keys: pl.Series, a: Ints, b: Ints, fdr: float
) -> dict[str, pl.Series]:
    """shared_customers, customers_by_chance and avoidance of pairs of item codes of `keys`."""
    if customers is None or customers.n == 0:
        empty = [None] * len(a)
        return {
            "shared_customers": pl.Series(empty, dtype=pl.Int64),
            "customers_by_chance": pl.Series(empty, dtype=pl.Float64),
            "avoidance": pl.Series(["unknown"] * len(a), dtype=pl.String),
        }
    wanted = pl.DataFrame({"item": keys})
    known = pl.DataFrame({"item": customers.keys, "code": np.arange(len(customers.keys))})
    code = wanted.join(known, on="item", how="left", maintain_order="left")["code"]
    sets = np.stack([code.fill_null(0).to_numpy()[side] for side in (a, b)], axis=1)
    expected, trials = nulls.fit(customers, "configuration").pairs(sets)
    missing = code.is_null().to_numpy()
    both = ~(missing[a] | missing[b])
    shared, expected = count_sets(customers, sets) * both, expected * both
    more, fewer = (
        nulls.q_values(p, max(len(p), 1)) <= fdr
        for p in (
            nulls.upper_tail(shared, expected, trials),
            nulls.lower_tail(shared, expected),
        )
    )
    kind = np.where(more, "instead_of", np.where(fewer, "different_buyers", "unknown"))
    return {
        "shared_customers": pl.Series(shared),
        "customers_by_chance": pl.Series(expected),
        "avoidance": pl.Series(kind.tolist(), dtype=pl.String),
    }


def _expected(null: nulls.Null, pairs: Ints) -> Floats:
    """The null's expectation or the one within months: the smaller, so that neither misleads."""
    plain, _ = null.pairs(pairs)
    within = periods.within_months(null, pairs)
    return plain if within is None else np.minimum(plain, within)
