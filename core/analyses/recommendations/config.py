"""What recommendations need and what can be set."""

from dataclasses import dataclass
from typing import Annotated, Literal

from core.needs import Needs
from core.options import Options, Range

NEEDS = Needs(
    columns=frozenset({"customer_id", "order_id", "ordered_at", "product_id", "quantity"}),
    optional=frozenset(
        {"product_name", "category", "revenue", "unit_cost", "country", "channel"},
    ),
    tables=frozenset({"customers", "products", "stock"}),
    at_least={"customers": 25, "orders": 200, "days": 60},
)

Method = Literal[
    "auto",
    "popularity",
    "own_history",
    "own_rhythm",
    "item_knn",
    "item_pearson",
    "tfidf",
    "bm25",
    "rp3beta",
    "item_rules",
    "content",
    "user_knn",
    "user_pearson",
    "tifu_knn",
    "ease",
    "als",
    "bpr",
    "lmf",
    "autoencoder",
    "hybrid",
]
Task = Literal["auto", "next_basket", "new_products"]


@dataclass(frozen=True, kw_only=True)
class Config(Options):
    """task: what counts as a hit. method: the model; auto picks by its score on held-back time."""

    task: Task = "auto"
    method: Method = "auto"
    list_length: Annotated[int, Range(1, 50, 1)] = 10
    test_days: Annotated[int | None, Range(7, 90, 1)] = None
    half_life_days: Annotated[int | None, Range(7, 365, 1)] = None
    splits: Annotated[int, Range(1, 6, 1)] = 1
    thorough: bool = False
    tuned: bool = False
    seed: Annotated[int, Range(0, 1_000_000, 1)] = 0
