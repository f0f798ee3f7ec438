"""Content: products that read alike and cost alike, by TF-IDF.

    sim(j, i) = cosine of the vectors, each of parts of equal length: words, runs of characters
                and, PRICED as long, price bands
    score(u, i) = sum over products j of u of sim(j, i)

The text is the name and whatever else is known: category, brand, supplier, tags.
Words carry European names; runs of two and three characters carry Chinese ones, which have no
spaces, and forgive spelling. A price lies in bands of BAND of its logarithm, laid twice, half a
band apart: prices within half a band share at least one. It is the only model that knows a product
nobody has bought yet.
Source: Salton & Buckley (1988), Information Processing & Management 24(5); attributes and price
levels beside text: Pazzani & Billsus (2007), "Content-Based Recommendation Systems".
"""

from typing import Any

import numpy as np
import polars as pl

from core.analyses.recommendations.events import ATTRIBUTES
from core.analyses.recommendations.history import History
from core.analyses.recommendations.models.neighbours import ItemNeighbours
from core.analyses.recommendations.nearest import NEIGHBOURS, nearest

BAND, PRICED = 0.7, 0.4


def content(
    history: History,
    seed: int,  # noqa: ARG001
    neighbours: int = NEIGHBOURS,
    priced: float = PRICED,
) -> ItemNeighbours:
    """Neighbours by what is told; a product is its own nearest neighbour."""
    described = vectors(history.products, priced)
    return ItemNeighbours(history.bought, nearest(described.T.tocsr(), neighbours))


def vectors(products: pl.DataFrame, priced: float = PRICED) -> Any:  # noqa: ANN401
    """csr products x features, rows of length 1."""
    from scipy.sparse import hstack
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.preprocessing import normalize

    told = [pl.col(c) for c in ("product_name", *ATTRIBUTES) if c in products.columns]
    text = products.select(pl.concat_str(told, separator=" ", ignore_nulls=True)).to_series()
    runs = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 3), sublinear_tf=True)
    words = TfidfVectorizer(token_pattern=r"(?u)\b\w+\b", sublinear_tf=True)
    read = [*text, "_"]  # one word at least: names of punctuation alone have none
    parts = [words.fit_transform(read)[:-1], runs.fit_transform(read)[:-1]]
    if priced and "price" in products.columns:
        parts.append(normalize(_bands(products["price"])) * priced)
    return normalize(hstack(parts).tocsr()).astype("float32")


def _bands(price: pl.Series) -> Any:  # noqa: ANN401
    """csr products x bands: 1 in the two bands of the price; no band without a price."""
    from scipy.sparse import csr_matrix

    known = np.nonzero((price > 0).fill_null(value=False).to_numpy())[0]
    at = np.log(price.gather(known).to_numpy()) / BAND
    at = np.concatenate([2 * np.floor(at), 2 * np.floor(at + 0.5) + 1])
    band, column = np.unique(at, return_inverse=True)
    row = np.tile(known, 2)
    return csr_matrix((np.ones(len(row)), (row, column)), shape=(len(price), max(len(band), 1)))
