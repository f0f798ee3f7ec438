"""What a learner is told about a customer and a product that may come next.

Candidates: every product the customer bought, the NEAREST that neighbours suggest, and the
POPULAR most popular. FEATURES names the columns; ages and gaps in days, counts as log(1 + x);
linear: the score of EASE over the LINEAR most popular products.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from core.analyses.recommendations.history import Floats, History, Rows
from core.analyses.recommendations.models.linear import Linear, ease
from core.analyses.recommendations.models.neighbours import ItemNeighbours, item_cosine
from core.measures.ranking import top

NEAREST, POPULAR, LINEAR, NEVER = 40, 40, 1000, 9999.0
#: Half-lives of the popularity that show whether a product comes or goes.
TRENDS = (7.0, 90.0)
FEATURES = (
    "own_orders", "share_of_orders", "own_recent", "own_age", "age_beyond_last_order",
    "age_by_usual_gap", "popularity", "popularity_7", "popularity_90", "trend", "sold",
    "neighbours", "linear", "customer_orders", "customer_days", "customer_age", "basket_size",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Known:
    """One history prepared for features: tables per customer and per product.

    per_product: products x 5. per_customer: customers x (orders, first age, last age, lines).
    age, first_age: csr customers x products, of the purchases.
    """

    history: History
    neighbours: ItemNeighbours
    linear: Linear
    per_product: Floats
    per_customer: Floats
    age: Any
    first_age: Any


def known(past: History) -> Known:
    """What the features of `past` rest on."""
    short, long = (past.popular(half_life) for half_life in TRENDS)
    per_product = np.column_stack(
        [
            np.log1p(past.popularity),
            np.log1p(short),
            np.log1p(long),
            short / np.maximum(long, 1e-6),
            np.log1p(past.products["orders"].to_numpy()),
        ]
    )
    per_customer = (
        past.baskets.group_by("u")
        .agg(
            pl.col("order").n_unique(),
            first=pl.col("age").max(),
            last=pl.col("age").min(),
            n=pl.len(),
        )
        .sort("u")
        .select(pl.exclude("u").cast(pl.Float32))
        .to_numpy()
    )
    linear = ease(past, 0, cap=LINEAR)
    ages = (past.matrix(past.purchases[name].to_numpy()) for name in ("age", "first_age"))
    neighbours = item_cosine(past, 0)
    return Known(past, neighbours, linear, per_product.astype(np.float32), per_customer, *ages)


def features(about: Known, rows: Rows) -> tuple[Rows, Rows, Floats]:
    """(position in `rows`, product, features) of every candidate of the customers `rows`."""
    past = about.history
    near = about.neighbours.scores(rows)
    orders = past.orders[rows].toarray()
    wanted = orders > 0
    np.put_along_axis(wanted, np.maximum(top(near, NEAREST), 0), values=True, axis=1)
    wanted[:, :POPULAR] = True
    row, item = np.nonzero(wanted)
    age = about.age[rows].toarray()[row, item]
    first = about.first_age[rows].toarray()[row, item]
    own = orders[row, item]
    count, born, last, lines = about.per_customer[rows][row].T
    gap = np.where(own > 1, (first - age) / np.maximum(own - 1, 1), NEVER)
    age = np.where(own > 0, age, NEVER)
    columns = [
        np.log1p(own),
        own / count,
        past.recent[rows].toarray()[row, item],
        np.log1p(age),
        np.where(own > 0, age - last, NEVER),
        np.minimum(age / np.maximum(gap, 1), 99),
        *about.per_product[item].T,
        near[row, item],
        about.linear.scores(rows)[row, item],
        np.log1p(count),
        np.log1p(born),
        np.log1p(last),
        np.log1p(lines / count),
    ]
    return row, item, np.column_stack(columns).astype(np.float32)
