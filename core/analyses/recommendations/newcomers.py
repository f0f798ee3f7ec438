"""Customers without any purchase: what to show before anything is known about their taste.

Popularity   the bestsellers
First orders what other customers had in their own first order, recent ones counting more
By country, channel, tags
             recent orders from the same country (channel, customers of the same tags), and the
             bestsellers as SMOOTHING orders more:  n(c, i) + SMOOTHING * popularity(i) / total

Tested on the first orders of customers who were not known at the cut; of those that what is known
of the people allows, the simplest that none beats is used. First basket: of those orders one
product is shown and the others are looked for, by what stood in the same orders, beside the
bestsellers.

Source: popularity within a context for cold start: Schein et al. (2002), SIGIR; Bobadilla et al.
(2013), Knowledge-Based Systems 46.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.analyses.recommendations.choice import choose
from core.analyses.recommendations.events import CONTEXTS
from core.analyses.recommendations.history import VANISHED, Floats, History, Rows
from core.analyses.recommendations.tournament import DEPTH, Outcome, Split, among, membership
from core.measures.ranking import top

BY = {f"by_{context}": context for context in CONTEXTS}
#: From the simplest to the most elaborate.
METHODS = ("popularity", "newcomers_first", *BY)
SMOOTHING = 100.0


@dataclass(frozen=True, eq=False)
class Newcomers:
    """How customers without a purchase are served. people: customer_id and what is known of them.

    method: of METHODS. outcomes: of every method, and of a first basket, on the last split.
    """

    method: str
    people: pl.DataFrame
    outcomes: Sequence[Outcome] = ()
    baskets: Sequence[Outcome] = ()


def tested(
    split: Split, k: int, seed: int, told: Collection[str]
) -> tuple[str, list[Outcome], list[Outcome]]:
    """(method to use, outcome of each for first orders, outcomes for baskets begun).

    told: what is known of those who are to be served; what needs more is not used.
    """
    first = split.first_orders
    if first.is_empty():
        return METHODS[0], [], []
    contexts = split.past.events.contexts
    people = first.select("customer", "order").unique().sort("customer")
    if not contexts.is_empty():
        people = people.join(contexts, on="order", how="left", maintain_order="left")
    wanted = (people["customer"], *_truth(people, first))
    methods = [m for m in METHODS if BY.get(m, "customer") in people.columns]
    outcomes = [
        _outcome(method, split.past, ranked(split.past, method, people), *wanted)
        for method in methods
    ]
    usable = [m for m in METHODS if BY.get(m) in (None, *told)]
    return choose(outcomes, k, seed, usable), outcomes, _baskets(split.past, people, first, seed)


def _truth(people: pl.DataFrame, first: pl.DataFrame) -> tuple[Rows, Rows]:
    """(row in `people`, product) of every product in their first orders."""
    rows = first.join(people.select("customer").with_row_index("row"), on="customer")
    rows = rows.sort("row", "i")
    return rows["row"].to_numpy().astype(np.int64), rows["i"].to_numpy().astype(np.int64)


def _outcome(
    method: str, past: History, ranked: Rows, customer: pl.Series, row: Rows, item: Rows
) -> Outcome:
    people = np.arange(len(ranked))
    nothing = np.zeros(len(ranked))
    return Outcome(
        method,
        "next_basket",
        among(people, ranked, membership(row, item, past), past.shape[1]),
        np.bincount(row, minlength=len(ranked)).astype(np.int64),
        np.zeros(ranked.shape, bool),
        nothing,
        nothing.astype(np.int64),
        customer.to_numpy().astype(np.int64),
        0.0,
    )


def ranked(
    past: History, method: str, people: pl.DataFrame, allowed: NDArray[np.bool_] | None = None
) -> Rows:
    """people x DEPTH: the products for each, best first; -1 where none is left."""
    scores, at = _scores(past, method, people)
    return _lists(scores, allowed)[at]


def _scores(past: History, method: str, people: pl.DataFrame) -> tuple[Floats, Rows]:
    """(groups x products, group of each of `people`)."""
    context = BY.get(method)
    if context is None:
        scores = past.popularity if method == "popularity" else _weight(past, _first(past))
        return scores[None], np.zeros(people.height, np.int64)
    values = people[context].drop_nulls().unique().sort()
    at = people[context].replace_strict(values, np.arange(len(values)), default=len(values))
    return _by(past, context, values), at.to_numpy().astype(np.int64)


def _lists(scores: Floats, allowed: NDArray[np.bool_] | None) -> Rows:
    if allowed is not None:
        scores = np.where(allowed, scores, np.float32(-np.inf))
    best = top(scores.astype(np.float32), DEPTH)
    return np.pad(best, ((0, 0), (0, DEPTH - best.shape[1])), constant_values=-1)


def _sold(past: History) -> pl.DataFrame:
    """Every order and product by the day - order, customer, day, i, weight."""
    age = (pl.lit(past.day) - pl.col("day")).dt.total_days()
    return (
        past.events.known(past.day)
        .filter(pl.col("units") > 0)
        .join(past.products.select("i", "product"), on="product")
        .with_columns(weight=(0.5 ** (age / past.half_life_days)).cast(pl.Float64))
    )


def _first(past: History) -> pl.DataFrame:
    """Of `_sold` the first order of each customer."""
    sold = _sold(past).drop_nulls("customer")
    first = sold.group_by("customer").agg(pl.col("order").sort_by("day", "order").first())
    return sold.join(first, on=["customer", "order"])


def _weight(past: History, sold: pl.DataFrame) -> Floats:
    total = np.bincount(sold["i"].to_numpy(), sold["weight"].to_numpy(), minlength=past.shape[1])
    return total.round(6).astype(np.float32)


def _by(past: History, context: str, values: pl.Series) -> Floats:
    """(values + 1) x products: the last row for who has another value, or none."""
    share = past.popularity / max(past.popularity.sum(), VANISHED) * np.float32(SMOOTHING)
    placed = past.events.contexts.select("order", context).drop_nulls()
    sold = _sold(past).join(placed, on="order")
    parts = [_weight(past, sold.filter(pl.col(context) == value)) for value in values]
    return np.stack([*(part + share for part in parts), share])


def _baskets(past: History, people: pl.DataFrame, first: pl.DataFrame, seed: int) -> list[Outcome]:
    """One product of each first order is known; how well the rest is found."""
    rows = first.join(people.select("customer").with_row_index("row"), on="customer")
    rows = rows.filter(pl.len().over("row") > 1).sort("row", "i")
    if rows.is_empty():
        return []
    drawn = pl.Series("drawn", np.random.default_rng(seed).random(rows.height))
    known = rows.with_columns(drawn).sort("row", "drawn").unique("row", keep="first").sort("row")
    rest = rows.join(known.select("row", "i"), on=["row", "i"], how="anti").sort("row", "i")
    seen = known["i"].to_numpy().astype(np.int64)
    row = np.searchsorted(known["row"].to_numpy(), rest["row"].to_numpy())
    wanted = (known["customer"], row.astype(np.int64), rest["i"].to_numpy().astype(np.int64))
    return [
        _outcome(method, past, _completed(past, seen, near), *wanted)
        for method, near in (("popularity", 0.0), ("first_basket", 1.0))
    ]


def _completed(past: History, seen: Rows, near: float) -> Rows:
    """What goes with the product seen (near: 1), then by popularity; never that product itself."""
    popular = past.popularity / max(past.popularity.max(), VANISHED) * np.float32(1e-3)
    parts = []
    for start in range(0, len(seen), 500):
        part = seen[start : start + 500]
        scores = past.beside[part].toarray() * near + popular
        scores[np.arange(len(part)), part] = -np.inf
        parts.append(_lists(scores, None))
    return np.concatenate(parts)


def listed(past: History, served: Newcomers, allowed: NDArray[np.bool_], n: int) -> pl.DataFrame:
    """customer_id, rank, product_id, product_name, score (orders, weighted as METHODS say), method.

    Where the people's context is not known, the bestsellers stand in.
    """
    known = BY.get(served.method) in (None, *served.people.columns)
    method = served.method if known else "popularity"
    scores, at = _scores(past, method, served.people)
    best = _lists(scores, allowed)[at, :n]
    row, rank = np.nonzero(best >= 0)
    item = best[row, rank]
    return pl.DataFrame(
        {
            "customer_id": served.people["customer_id"].gather(row),
            "rank": (rank + 1).astype(np.uint32),
            "product_id": past.products["product_id"].gather(item),
            "product_name": past.products["product_name"].gather(item),
            "score": scores[at[row], item].astype(np.float64),
        }
    ).with_columns(method=pl.lit(method))
