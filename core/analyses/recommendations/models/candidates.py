"""What a learner is told about a customer and a product that may come next.

Candidates: every product the customer bought, the NEAREST that neighbours suggest, and the
POPULAR most popular. FEATURES names the columns; ages and gaps in days, counts as log(1 + x).

own_recent, own_lately, own_lasting   own orders, faded by the history's half-life and by FADES
own_frequency, own_due    see `users.personal_frequency` (TIFU-kNN) and `baselines.due` (rhythm)
repeat_rate               share of the product's buyers who bought it again, shrunk by FEW buyers
linear                    score of EASE over the LINEAR most popular products
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from core.analyses.recommendations.history import Floats, History, Rows
from core.analyses.recommendations.models.baselines import LATE, due
from core.analyses.recommendations.models.linear import Linear, ease
from core.analyses.recommendations.models.neighbours import ItemNeighbours, item_cosine
from core.analyses.recommendations.models.users import personal_frequency
from core.measures.ranking import top

NEAREST, POPULAR, LINEAR, NEVER, FEW = 40, 40, 1000, 9999.0, 10
#: Half-lives of the popularity that show whether a product comes or goes; and of own orders.
TRENDS, FADES = (7.0, 90.0), (14.0, 90.0)
OWN = (
    "own_orders", "share_of_orders", "own_recent", "own_lately", "own_lasting", "own_frequency",
    "own_due", "own_age", "age_beyond_last_order", "age_by_usual_gap",
)  # fmt: skip
FEATURES = (
    *OWN, "popularity", "popularity_7", "popularity_90", "trend", "sold", "repeat_rate",
    "neighbours", "linear", "customer_orders", "customer_days", "customer_age", "basket_size",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Known:
    """One history prepared for features: tables per purchase, per product and per customer.

    own: (1 + purchases) x OWN, the first row for what was never bought. place: csr customers x
    products, the row of each purchase in it. per_product: products x 6. per_customer: customers x
    (orders, first age, last age, lines), as log(1 + x), lines per order.
    """

    history: History
    neighbours: ItemNeighbours
    linear: Linear
    own: Floats
    place: Any
    per_product: Floats
    per_customer: Floats


def known(past: History) -> Known:
    """What the features of `past` rest on."""
    neighbours, linear = item_cosine(past, 0), ease(past, 0, cap=LINEAR)
    place = past.matrix(np.ones(past.purchases.height, np.float32)).astype(np.int64)
    place.data = np.arange(1, past.purchases.height + 1)
    customers = (
        past.baskets.group_by("u")
        .agg(
            placed=pl.col("order").n_unique(),
            first=pl.col("age").max(),
            last=pl.col("age").min(),
            n=pl.len(),
        )
        .sort("u")
    )
    told = customers.select(
        pl.col("placed", "first", "last").log1p(), n=(pl.col("n") / pl.col("placed")).log1p()
    )
    return Known(
        past,
        neighbours,
        linear,
        _own(past, customers),
        place,
        _per_product(past),
        told.cast(pl.Float32).to_numpy(),
    )


def _own(past: History, customers: pl.DataFrame) -> Floats:
    """(1 + purchases) x OWN."""
    orders, age = pl.col("orders"), pl.col("age")
    gap = (pl.col("first_age") - age) / (orders - 1).clip(1)
    beside = {
        "own_lately": past.faded(FADES[0]).data,
        "own_lasting": past.faded(FADES[1]).data,
        "own_due": due(past, LATE),
    }
    bought = past.purchases.join(customers, on="u", maintain_order="left").join(
        personal_frequency(past), on=["u", "i"], how="left", maintain_order="left"
    )
    table = bought.select(
        own_orders=orders.log1p(),
        share_of_orders=orders / pl.col("placed"),
        own_recent="recent",
        own_frequency="frequency",
        **{name: pl.Series(values) for name, values in beside.items()},
        own_age=age.log1p(),
        age_beyond_last_order=age - pl.col("last"),
        age_by_usual_gap=pl.when(orders > 1)
        .then(age / gap.clip(1))
        .otherwise(age / NEVER)
        .clip(0, 99),
    )
    never = np.zeros((1, len(OWN)), np.float32)
    never[0, [OWN.index("own_age"), OWN.index("age_beyond_last_order")]] = np.log1p(NEVER), NEVER
    return np.concatenate([never, table.select(OWN).cast(pl.Float32).to_numpy()])


def _per_product(past: History) -> Floats:
    short, long = (past.popular(half_life) for half_life in TRENDS)
    bought = np.bincount(past.purchases["i"].to_numpy(), minlength=past.shape[1])
    again = past.purchases.filter(pl.col("orders") > 1)["i"].to_numpy()
    columns = [
        np.log1p(past.popularity),
        np.log1p(short),
        np.log1p(long),
        short / np.maximum(long, 1e-6),
        np.log1p(past.products["orders"].to_numpy()),
        (np.bincount(again, minlength=past.shape[1]) + 1) / (bought + FEW),
    ]
    return np.column_stack(columns).astype(np.float32)


def features(about: Known, rows: Rows) -> tuple[Rows, Rows, Floats]:
    """(position in `rows`, product, features) of every candidate of the customers `rows`."""
    near = about.neighbours.scores(rows)
    place = about.place[rows].toarray()
    wanted = place > 0
    np.put_along_axis(wanted, np.maximum(top(near, NEAREST), 0), values=True, axis=1)
    wanted[:, :POPULAR] = True
    row, item = np.nonzero(wanted)
    columns = [
        about.own[place[row, item]],
        about.per_product[item],
        near[row, item],
        about.linear.scores(rows)[row, item],
        about.per_customer[rows[row]],
    ]
    return row, item, np.column_stack(columns).astype(np.float32)
