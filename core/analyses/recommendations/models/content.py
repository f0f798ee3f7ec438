"""Content: products that read alike, by TF-IDF over words and over runs of characters.

    sim(j, i) = cosine of the TF-IDF vectors of name and category
    score(u, i) = sum over products j of u of sim(j, i)

Words carry European names; runs of two and three characters carry Chinese ones, which have no
spaces, and forgive spelling. It is the only model that knows a product nobody has bought yet.
Source: Salton & Buckley (1988), Information Processing & Management 24(5).
"""

from typing import Any

import polars as pl

from core.analyses.recommendations.history import History
from core.analyses.recommendations.models.neighbours import ItemNeighbours
from core.analyses.recommendations.nearest import NEIGHBOURS, nearest


def content(
    history: History,
    seed: int,  # noqa: ARG001
    neighbours: int = NEIGHBOURS,
) -> ItemNeighbours:
    """Neighbours by text; a product is its own nearest neighbour."""
    described = vectors(texts(history.products))
    return ItemNeighbours(history.bought, nearest(described.T.tocsr(), neighbours))


def texts(products: pl.DataFrame) -> list[str]:
    """What is known about each product, as one text."""
    parts = [pl.col(c).fill_null("") for c in ("product_name", "category") if c in products.columns]
    return products.select(pl.concat_str(parts, separator=" ")).to_series().to_list()


def vectors(described: list[str]) -> Any:  # noqa: ANN401
    """csr texts x features, rows of length 1; words and characters weigh the same."""
    from scipy.sparse import hstack
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.preprocessing import normalize

    runs = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 3), sublinear_tf=True)
    words = TfidfVectorizer(token_pattern=r"(?u)\b\w+\b", sublinear_tf=True)
    text = [*described, "_"]  # one word at least: names of punctuation alone have none
    found = hstack([words.fit_transform(text), runs.fit_transform(text)]).tocsr()[:-1]
    return normalize(found).astype("float32")
