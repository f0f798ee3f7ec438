"""Steering the lists by hand, and what that costs: hits and money on the days held back.

left out     products, categories, too little stock, too low a price or margin, on sale for too
             long, bought too few days ago or at all
diversity    maximal marginal relevance over the first DEPTH products of a list: next comes the
             product with the largest (1 - d) relevance - d * (largest cosine to those above it)
margin       relevance = (1 - b) relevance + b * (share of products that earn less per order)

relevance: the score, scaled to 0..1 within the list. Stock and prices are today's; the test asks
what the same rules would have cost on the days held back.
Source: Carbonell & Goldstein (1998), "The Use of MMR", SIGIR.
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.analyses.recommendations.history import Floats, History, Rows
from core.analyses.recommendations.intervals import resampled
from core.analyses.recommendations.models import Model
from core.analyses.recommendations.nearest import BLOCK_CELLS
from core.analyses.recommendations.tournament import (
    DEPTH,
    Split,
    admitted,
    among,
    membership,
)
from core.measures import ranking
from core.options import Options, Range, fields

#: Customers whose lists are spread out at a time: DEPTH^2 similarities each.
SPREAD_ROWS = 400
#: What stands for every rule at once.
ALL = "all_rules"


@dataclass(frozen=True, kw_only=True)
class Steering(Options):
    """What the shop owner wants beside hits; the defaults change nothing.

    of: names the result that is steered, so that two results are never taken for each other.
    """

    diversity: Annotated[float, Range(0.0, 1.0, 0.05)] = 0.0
    margin_boost: Annotated[float, Range(0.0, 1.0, 0.05)] = 0.0
    exclude_bought: bool = False
    skip_recent_days: Annotated[int, Range(0, 365, 1)] = 0
    newer_than_days: Annotated[int, Range(0, 365, 1)] = 0
    minimum_price: Annotated[float, Range(0, 1_000_000, 1)] = 0.0
    minimum_margin: Annotated[float, Range(0.0, 0.95, 0.05)] = 0.0
    minimum_stock: Annotated[int, Range(0, 10_000, 1)] = 0
    exclude_products: tuple[str, ...] = ()
    exclude_categories: tuple[str, ...] = ()
    of: str = ""

    @property
    def neutral(self) -> bool:
        """Whether it changes nothing."""
        return not self.rules()

    def rules(self) -> dict[str, "Steering"]:
        """Each rule that is on, by name, without the others."""
        free = Steering(of=self.of)
        named = [field.name for field in fields(Steering) if field.name not in ("of", "as_of")]
        on = [name for name in named if getattr(self, name) != getattr(free, name)]
        return {name: free.with_values(**{name: getattr(self, name)}) for name in on}


@dataclass(frozen=True, eq=False)
class Wheel:
    """A steering as it acts on one history.

    allowed: per product. earns: per product, share of products that earn less; 0 where unknown.
    value: per product, money per order; 0 where unknown.
    """

    steering: Steering
    history: History
    allowed: NDArray[np.bool_]
    earns: Floats
    value: Floats

    def lists(self, model: Model, rows: Rows, task: str, k: int) -> tuple[Rows, Floats]:
        """(rows x k products, -1 where none is left; their scores)."""
        scores = admitted(model.scores(rows), self.history, rows, task)
        if not self.steering.neutral:
            scores = np.where(self.allowed, scores, np.float32(-np.inf))
            self._skip_recent(scores, rows)
        depth = max(DEPTH, k) if self._reorders else k
        best = ranking.top(scores, depth)
        values = np.take_along_axis(scores, np.maximum(best, 0), axis=1)
        if self._reorders:
            best, values = self._reordered(best, values, k)
        return best[:, :k], values[:, :k]

    @property
    def _reorders(self) -> bool:
        return self.steering.diversity > 0 or self.steering.margin_boost > 0

    def _skip_recent(self, scores: Floats, rows: Rows) -> None:
        """Take out what the customer bought within skip_recent_days, or ever, in place."""
        if self.steering.exclude_bought:
            owned = self.history.bought[rows].tocoo()
            scores[owned.row, owned.col] = -np.inf
        elif self.steering.skip_recent_days:
            age = self.history.matrix(self.history.purchases["age"].to_numpy() + 1)[rows].tocoo()
            recent = age.data - 1 < self.steering.skip_recent_days
            scores[age.row[recent], age.col[recent]] = -np.inf

    def _reordered(self, best: Rows, values: Floats, k: int) -> tuple[Rows, Floats]:
        boost, spread = self.steering.margin_boost, self.steering.diversity
        there = best >= 0
        low = np.where(there, values, np.inf).min(axis=1, keepdims=True)
        high = np.where(there, values, -np.inf).max(axis=1, keepdims=True)
        with np.errstate(invalid="ignore"):
            relevance = (values - low) / np.maximum(high - low, 1e-9)
            relevance = (1 - boost) * relevance + boost * self.earns[np.maximum(best, 0)]
        relevance = np.where(there, relevance, -np.inf).astype(np.float32)
        if spread == 0:
            order = np.argsort(-relevance, axis=1, kind="stable")
        else:
            parts = [
                self._spread(best[at : at + SPREAD_ROWS], relevance[at : at + SPREAD_ROWS], k)
                for at in range(0, len(best), SPREAD_ROWS)
            ]
            order = np.concatenate(parts)
        return np.take_along_axis(best, order, axis=1), np.take_along_axis(values, order, axis=1)

    def _spread(self, best: Rows, relevance: Floats, k: int) -> NDArray[np.int64]:
        """rows x k: the places in `best` that MMR takes, in its order."""
        n, depth = best.shape
        shown = np.maximum(best, 0)
        pairs = np.repeat(shown, depth, axis=1).ravel(), np.tile(shown, (1, depth)).ravel()
        alike = np.asarray(self.history.cosine[pairs]).reshape(n, depth, depth)
        d, worst = self.steering.diversity, np.zeros_like(relevance)
        there, free = best >= 0, np.ones(best.shape, bool)
        wanted = (1 - d) * np.where(there, relevance, 0)
        taken = np.empty((n, min(k, depth)), np.int64)
        for place in range(taken.shape[1]):
            gain = np.where(there, wanted - d * worst, -2)  # empty places after all others
            taken[:, place] = np.where(free, gain, -np.inf).argmax(axis=1)
            chosen = taken[:, [place]]
            np.put_along_axis(free, chosen, values=False, axis=1)
            worst = np.maximum(worst, np.take_along_axis(alike, chosen[:, :, None], 1)[:, 0])
        return taken


def wheel(steering: Steering, history: History, products: pl.DataFrame) -> Wheel:
    """`steering` for one history. products: Result.products (category and on_hand where known)."""
    known = history.products.select("product_id").join(
        products, on="product_id", how="left", maintain_order="left"
    )
    known = known.with_columns(history.products["first_age"])
    value = known["value"].fill_null(0.0).to_numpy().astype(np.float32)
    return Wheel(
        steering,
        history,
        known.select(~_left_out(steering, known)).to_series().to_numpy(),
        (np.searchsorted(np.sort(value), value) / max(len(value), 1)).astype(np.float32),
        value,
    )


def _left_out(steering: Steering, products: pl.DataFrame) -> pl.Expr:
    """Whether a product is left out; what is not known about it leaves it in."""
    ruled = pl.col("product_id").is_in(list(steering.exclude_products))
    if "category" in products.columns:
        ruled |= pl.col("category").is_in(list(steering.exclude_categories)).fill_null(value=False)
    if "on_hand" in products.columns:
        ruled |= (pl.col("on_hand") < steering.minimum_stock).fill_null(value=False)
    if steering.newer_than_days:
        ruled |= pl.col("first_age") >= steering.newer_than_days
    if steering.minimum_margin:
        ruled |= (pl.col("margin") < steering.minimum_margin).fill_null(value=False)
    return ruled | (pl.col("price") < steering.minimum_price).fill_null(value=False)


def cost(
    split: Split,
    steering: Steering,
    products: pl.DataFrame,
    method: str,
    task: str,
    k: int,
    seed: int,
) -> pl.DataFrame:
    """What steering changes on the days held back: own_rule (ALL of them together; then each alone,
    where there are several), metric, without_rules, with_rules, difference, low, high.

    metric: hits (recommended products that were bought, per customer), hit_rate, recall_at_k,
    hit_value (money from hits, per customer). Paired intervals. Empty where nothing was to be hit.
    """
    if split.truth[task].is_empty():
        return pl.DataFrame()
    rules = steering.rules() if len(steering.rules()) > 1 else {}

    def measured(one: Steering) -> dict[str, NDArray[np.float64]]:
        return _measured(split, wheel(one, split.past, products), method, task, k, seed)

    before = measured(Steering())
    parts = [
        _change(rule, before, measured(one), seed) for rule, one in {ALL: steering, **rules}.items()
    ]
    return pl.concat(parts)


def _change(
    rule: str,
    before: dict[str, NDArray[np.float64]],
    after: dict[str, NDArray[np.float64]],
    seed: int,
) -> pl.DataFrame:
    names = list(before)
    change = np.column_stack([after[name] - before[name] for name in names])
    low, high = resampled(change, seed)
    return pl.DataFrame(
        {
            "own_rule": [rule] * len(names),
            "metric": names,
            "without_rules": [float(before[name].mean()) for name in names],
            "with_rules": [float(after[name].mean()) for name in names],
            "difference": change.mean(axis=0),
            "low": np.minimum(low, change.mean(axis=0)),
            "high": np.maximum(high, change.mean(axis=0)),
        }
    )


def _measured(
    split: Split, wheel: Wheel, method: str, task: str, k: int, seed: int
) -> dict[str, NDArray[np.float64]]:
    past, truth = split.past, split.truth[task]
    rows = truth["u"].unique().sort().to_numpy().astype(np.int64)
    model, step = split.model(method, task, seed), max(1, BLOCK_CELLS // past.shape[1])
    parts = [
        wheel.lists(model, rows[at : at + step], task, k)[0] for at in range(0, len(rows), step)
    ]
    ranked = np.concatenate(parts)
    bought = membership(truth["u"].to_numpy(), truth["i"].to_numpy(), past)
    hits = among(rows, ranked, bought, past.shape[1])
    relevant = np.diff(np.searchsorted(truth["u"].to_numpy(), np.append(rows, past.shape[0])))
    measured = ranking.per_customer(hits, relevant)
    money = (hits * wheel.value[np.maximum(ranked, 0)]).sum(axis=1).astype(np.float64)
    kept = {name: measured[name] for name in ("hit_rate", "recall_at_k")}
    return {"hits": hits.sum(axis=1).astype(np.float64)} | kept | {"hit_value": money}
