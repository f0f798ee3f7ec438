"""The models, all of one shape: fitted on a History, they score every product for a customer.

`METHODS` lists them from the simplest to the most elaborate: of methods that nothing beats, the
first one is taken. Each is under its usual name.
"""

import importlib
from collections.abc import Mapping
from typing import Any, Protocol

from core.analyses.recommendations.history import Floats, History, Rows

PLACE = "core.analyses.recommendations.models"

#: method -> (module, function) that fits it.
METHODS: Mapping[str, tuple[str, str]] = {
    "popularity": ("baselines", "popularity"),
    "own_history": ("baselines", "own_history"),
    "own_rhythm": ("baselines", "own_rhythm"),
    "item_knn": ("neighbours", "item_cosine"),
    "item_pearson": ("neighbours", "item_pearson"),
    "tfidf": ("neighbours", "tfidf"),
    "bm25": ("neighbours", "bm25"),
    "rp3beta": ("neighbours", "rp3beta"),
    "item_rules": ("neighbours", "rules"),
    "content": ("content", "content"),
    "user_knn": ("users", "user_cosine"),
    "user_pearson": ("users", "user_pearson"),
    "tifu_knn": ("users", "tifu_knn"),
    "ease": ("linear", "ease"),
    "als": ("factors", "als"),
    "bpr": ("factors", "bpr"),
    "lmf": ("factors", "logistic_mf"),
    "autoencoder": ("neural", "autoencoder"),
    "hybrid": ("hybrid", "hybrid"),
}
BASELINES = ("popularity", "own_history")
#: What `auto` compares by default, and what it leaves out above this many purchases.
AFFORDABLE = ("popularity", "own_history", "item_knn", "user_knn", "als", "hybrid")
HEAVY = {"user_knn": 500_000, "als": 2_000_000, "hybrid": 2_000_000}


class Model(Protocol):
    """Fitted on a history of customers x products.

    links: products x products, how much a purchase of j speaks for i; None where the model does
        not reason from product to product.
    basket: csr customers x products, one weight per purchase of the history: basket @ links is
        the score, of the hybrid one part of it; None where links only tell what resembles what.
    """

    links: Any
    basket: Any

    def scores(self, rows: Rows) -> Floats:
        """rows x products: higher is better; comparable within a row, and between customers."""


def fit(
    method: str, history: History, seed: int, settings: Mapping[str, Any] | None = None
) -> Model:
    """The model `method`, fitted on what `history` knew. settings: hyper-parameters by name."""
    module, name = METHODS[method]
    function = getattr(importlib.import_module(f"{PLACE}.{module}"), name)
    return function(history, seed, **settings or {})  # type: ignore[no-any-return]
