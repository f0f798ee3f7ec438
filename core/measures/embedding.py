"""Customers as short vectors: an autoencoder over what they do and what they buy.

    input     behaviour: log behaviour to mean 0 and sd 1; baskets: log(1 + units) of the PRODUCTS
              most bought products, each customer to length 1, reduced to COMPONENTS by truncated
              SVD, the block to sd 1. Values beyond CLIP are cut.
    network   input - HIDDEN - d - HIDDEN - input, tanh, trained to give back its own input, by Adam
              with early stopping, on at most FIT_ROWS customers
    vector    the d numbers in the middle

A vector is a function of the customer's own row, so that equal customers get equal vectors.

Source: Hinton & Salakhutdinov (2006), Science 313(5786); truncated SVD: Deerwester et al. (1990),
JASIS 41(6).
"""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
KEY = "customer_id"
PRODUCTS, COMPONENTS, HIDDEN, FIT_ROWS, CLIP = 200, 12, 32, 20_000, 4.0
EPOCHS = 60


@dataclass(frozen=True, eq=False)
class Baskets:
    """How purchases become vectors: the products counted, and the SVD that shortens them."""

    products: tuple[str, ...]
    svd: Any
    width: float

    def of(self, lines: pl.LazyFrame, customers: pl.Series) -> Matrix:
        """(customers, components): what each bought."""
        found: Matrix = self.svd.transform(counted(lines, customers, self.products)) / self.width
        return found


def counted(lines: pl.LazyFrame, customers: pl.Series, products: tuple[str, ...]) -> Any:  # noqa: ANN401
    """(customers, products), sparse: log(1 + units), each customer's row of length 1."""
    from scipy.sparse import csr_matrix
    from sklearn.preprocessing import normalize

    rows = pl.LazyFrame({KEY: customers}).with_row_index("row")
    columns = pl.LazyFrame({"product_id": list(products)}).with_row_index("column")
    cells = (
        lines.filter(pl.col("quantity") > 0)
        .select(KEY, "product_id", "quantity")
        .join(columns, on="product_id")
        .group_by(KEY, "column")
        .agg(pl.col("quantity").sum().round(6))
        .join(rows, on=KEY)
        .sort("row", "column")
        .collect()
    )
    place = cells["row"].to_numpy(), cells["column"].to_numpy()
    units = np.log1p(cells["quantity"].to_numpy().astype(np.float64))
    return normalize(csr_matrix((units, place), shape=(len(customers), len(products))))


def fit_baskets(lines: pl.LazyFrame, customers: pl.Series, seed: int) -> Baskets | None:
    """The products that most customers bought, and their SVD; None with fewer than three."""
    from sklearn.decomposition import TruncatedSVD

    if "product_id" not in lines.collect_schema().names():
        return None
    most = (
        lines.filter(pl.col("quantity") > 0, pl.col(KEY).is_not_null())
        .group_by("product_id")
        .agg(buyers=pl.col(KEY).n_unique())
        .drop_nulls("product_id")
        .sort("buyers", "product_id", descending=[True, False])
        .head(PRODUCTS)
        .collect()
    )
    products = tuple(most["product_id"])
    if len(products) <= 2:
        return None
    cells = counted(lines, customers, products)[_spread(len(customers))]
    svd = TruncatedSVD(min(COMPONENTS, len(products) - 1), random_state=seed).fit(cells)
    return Baskets(products, svd, max(float(svd.transform(cells).std()), 1e-9))


def _spread(rows: int) -> NDArray[np.int64]:
    """At most FIT_ROWS of so many rows, evenly spread."""
    return np.unique(np.linspace(0, rows - 1, min(rows, FIT_ROWS)).astype(np.int64))


@dataclass(frozen=True, eq=False)
class Encoder:
    """The first half of the trained network: weights and offsets of two layers of tanh."""

    weights: tuple[Matrix, Matrix]
    offsets: tuple[Matrix, Matrix]

    def of(self, points: Matrix) -> Matrix:
        """(n, d): the vectors of the points."""
        found = np.clip(points, -CLIP, CLIP)
        for weight, offset in zip(self.weights, self.offsets, strict=True):
            found = np.tanh(found @ weight + offset)
        return found


def train(points: Matrix, d: int, seed: int) -> Encoder:
    """An autoencoder of the points (n, f) with d numbers in the middle."""
    from sklearn.neural_network import MLPRegressor
    from threadpoolctl import threadpool_limits

    ordered = np.clip(points, -CLIP, CLIP)[np.lexsort(points.T[::-1])]
    ordered = ordered[_spread(len(ordered))]
    network = MLPRegressor(
        hidden_layer_sizes=(HIDDEN, d, HIDDEN),
        activation="tanh",
        max_iter=EPOCHS,
        early_stopping=len(ordered) >= 100,
        n_iter_no_change=5,
        random_state=seed,
        learning_rate_init=3e-3,
    )
    with threadpool_limits(1), warnings.catch_warnings():
        # Stopping at EPOCHS is meant.
        warnings.simplefilter("ignore")
        network.fit(ordered, ordered)
    first, second = network.coefs_[:2]
    return Encoder((first, second), tuple(network.intercepts_[:2]))
