"""The tournament: every method recommends at a cut, and is scored on the days that follow.

A method is fitted on what was known at the cut alone. Only customers and products known by then
take part; every product competes (no sampled negatives). Two tasks, from the same scores:

    next_basket   relevant: the products of the customer's first order after the cut
    new_products  relevant: products of the window that the customer had never bought; products
                  already bought are left out of the lists

Intervals: Poisson bootstrap over customers.
Source: time-split protocol and full ranking: Ferrari Dacrema et al. (2021), ACM TOIS 39(2).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.analyses.recommendations.events import Events
from core.analyses.recommendations.history import Floats, History, Rows, history
from core.analyses.recommendations.intervals import resampled
from core.analyses.recommendations.models import BASELINES, Model, fit
from core.analyses.recommendations.nearest import BLOCK_CELLS
from core.evidence import Score, table
from core.measures import ranking

TASKS = ("next_basket", "new_products")
#: The measure that decides, and how deep the lists of the backtest go.
DECIDES, DEPTH = "recall_at_k", 50


@dataclass(frozen=True, eq=False)
class Split:
    """What was known at a cut, and what came in the `days` after it.

    truth: task -> one row per customer and relevant product - u, i.
    first_orders: of customers not known at the cut - customer, i, order.
    repeat_share: of the products in those next baskets, the share the customer had bought before.
    settings: (method, task) -> hyper-parameters; the usual ones where none stand here.
    """

    past: History
    days: int
    truth: dict[str, pl.DataFrame]
    first_orders: pl.DataFrame
    repeat_share: float
    settings: Mapping[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)
    fitted: dict[str, Model] = field(default_factory=dict)

    def model(self, method: str, task: str, seed: int) -> Model:
        """`method` fitted on what was known, kept for whoever asks next."""
        settings = self.settings.get((method, task), {})
        key = f"{method} {settings}"
        if key not in self.fitted:
            self.fitted[key] = fit(method, self.past, seed, settings)
        return self.fitted[key]

    def only(self, method: str, task: str, seed: int) -> "Split":
        """The same split with the other models let go."""
        model = self.model(method, task, seed)
        return replace(self, fitted={k: v for k, v in self.fitted.items() if v is model})


@dataclass(frozen=True, eq=False)
class Outcome:
    """How one method's lists fared in one task, over all splits.

    hits: lists x DEPTH, whether the product at that rank was bought. relevant: per list, how many
    products were. repeats: lists x DEPTH, whether the customer had bought it before. novelty: per
    list. orders: per list, how many the customer had placed. customer: per list, its number in
    Events. coverage: of the catalogue, at `k`.
    """

    method: str
    task: str
    hits: NDArray[np.bool_]
    relevant: NDArray[np.int64]
    repeats: NDArray[np.bool_]
    novelty: NDArray[np.float64]
    orders: NDArray[np.int64]
    customer: NDArray[np.int64]
    coverage: float

    def among(self, kept: NDArray[np.bool_]) -> "Outcome":
        """The outcome for some of the lists."""
        arrays = ("hits", "relevant", "repeats", "novelty", "orders", "customer")
        return replace(self, **{name: getattr(self, name)[kept] for name in arrays})

    def measures(self, k: int) -> dict[str, NDArray[np.float64]]:
        """Measure -> value per list, at k."""
        shares = {"repeat_share": self.repeats[:, :k].mean(axis=1), "novelty": self.novelty}
        return ranking.per_customer(self.hits[:, :k], self.relevant) | shares


def splits(events: Events, last: date, days: int, count: int, half_life: float) -> list[Split]:
    """Up to `count` splits, the latest first, each `days` before the one after it."""
    cuts = [last - timedelta(days=days * n) for n in range(1, count + 1)]
    made = [split(events, cut, days, half_life) for cut in cuts if cut > events.first_day]
    return [one for one in made if one is not None]


def split(events: Events, cut: date, days: int, half_life: float) -> Split | None:
    """What was known at the end of `cut`, and what followed; None without a returning customer."""
    past = history(events, cut, half_life)
    if past.customers.is_empty():
        return None
    later = past.sold_after(days).drop_nulls("i")
    returned = later.drop_nulls("u")
    if returned.is_empty():
        return None
    basket = next_order(returned, "u")
    owned = past.purchases.select("u", "i")
    new = returned.select("u", "i").unique().join(owned, on=["u", "i"], how="anti").sort("u", "i")
    repeats = basket.join(owned, on=["u", "i"], how="semi").height
    strangers = later.drop_nulls("customer").filter(pl.col("u").is_null())
    truth = {"next_basket": basket, "new_products": new}
    return Split(past, days, truth, next_order(strangers, "customer"), repeats / basket.height)


def next_order(later: pl.DataFrame, key: str) -> pl.DataFrame:
    """The products of each one's first order in `later` - key, i, order."""
    first = later.group_by(key).agg(pl.col("order").sort_by("day", "order").first())
    return later.join(first, on=[key, "order"]).select(key, "i", "order").unique().sort(key, "i")


def play(
    splits: Sequence[Split], methods: Iterable[str], tasks: Iterable[str], k: int, seed: int
) -> list[Outcome]:
    """Every method in every task, over all splits."""
    found: list[Outcome] = []
    for method in methods:
        parts = [
            outcomes(method, {task: one.model(method, task, seed) for task in tasks}, one, k)
            for one in splits
        ]
        found += [together(same) for same in zip(*parts, strict=True)]
    return [outcome for outcome in found if len(outcome.relevant)]


def outcomes(method: str, models: Mapping[str, Model], split: Split, k: int) -> list[Outcome]:
    """Every customer who came back, scored once by each model; each task ranks what it may show."""
    rows = split.truth["next_basket"]["u"].unique().sort().to_numpy().astype(np.int64)
    found = []
    for model in dict.fromkeys(models.values()):
        tasks = [task for task, one in models.items() if one is model]
        ranked = lists(model, split.past, rows, DEPTH, tasks)
        found += [_outcome(method, split, task, k, rows, ranked[task]) for task in tasks]
    return found


def _outcome(
    method: str, split: Split, task: str, k: int, everyone: Rows, ranked: NDArray[np.int64]
) -> Outcome:
    past, truth = split.past, split.truth[task]
    rows = truth["u"].unique().sort().to_numpy().astype(np.int64)
    ranked = ranked[np.searchsorted(everyone, rows)]
    relevant = membership(truth["u"].to_numpy(), truth["i"].to_numpy(), past)
    placed = past.baskets.group_by("u").agg(n=pl.col("order").n_unique()).sort("u")["n"].to_numpy()
    owners = np.asarray(past.bought.sum(axis=0)).ravel().astype(np.float64)
    return Outcome(
        method,
        task,
        among(rows, ranked, relevant, past.shape[1]),
        np.diff(np.searchsorted(truth["u"].to_numpy(), np.append(rows, past.shape[0]))),
        among(rows, ranked, membership(*_owned(past), past), past.shape[1]),
        ranking.novelty(ranked[:, :k], owners, past.shape[0]),
        placed[rows].astype(np.int64),
        past.customers["customer"].to_numpy()[rows].astype(np.int64),
        ranking.coverage(ranked[:, :k], past.shape[1]),
    )


def _owned(past: History) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    return past.purchases["u"].to_numpy(), past.purchases["i"].to_numpy()


def membership(u: NDArray[np.int64], i: NDArray[np.int64], past: History) -> NDArray[np.int64]:
    """Sorted keys u * products + i: what `among` looks pairs up in."""
    return np.sort(u.astype(np.int64) * past.shape[1] + i.astype(np.int64))


def among(
    rows: Rows, ranked: NDArray[np.int64], keys: NDArray[np.int64], width: int
) -> NDArray[np.bool_]:
    """Whether row * width + ranked stands in `keys` (sorted): rows x DEPTH."""
    wanted = rows[:, None] * width + ranked
    at = np.minimum(np.searchsorted(keys, wanted), max(len(keys) - 1, 0))
    found = keys[at] == wanted if len(keys) else np.zeros(wanted.shape, bool)
    return found & (ranked >= 0)


def lists(
    model: Model, past: History, rows: Rows, depth: int, tasks: Iterable[str]
) -> dict[str, NDArray[np.int64]]:
    """task -> rows x depth: the products recommended, best first; -1 where there is none left."""
    step = max(1, BLOCK_CELLS // past.shape[1])
    parts: dict[str, list[NDArray[np.int64]]] = {task: [] for task in tasks}
    for at in range(0, len(rows), step):
        scores = model.scores(rows[at : at + step])
        for task, found in parts.items():
            allowed = admitted(scores, past, rows[at : at + step], task)
            found.append(ranking.top(allowed, depth))
    width = min(depth, past.shape[1])
    return {
        task: np.pad(
            np.concatenate([np.empty((0, width), np.int64), *found]),
            ((0, 0), (0, depth - width)),
            constant_values=-1,
        )
        for task, found in parts.items()
    }


def admitted(scores: Floats, past: History, rows: Rows, task: str) -> Floats:
    """The scores of `rows`; -inf for products already bought if the task wants new ones."""
    if task != "new_products":
        return scores
    owned = past.bought[rows].tocoo()
    scores = scores.copy()
    scores[owned.row, owned.col] = -np.inf
    return scores


def together(parts: Sequence[Outcome]) -> Outcome:
    """One outcome of all splits: their lists one after the other."""
    first = parts[0]
    return Outcome(
        first.method,
        first.task,
        np.concatenate([part.hits for part in parts]),
        np.concatenate([part.relevant for part in parts]),
        np.concatenate([part.repeats for part in parts]),
        np.concatenate([part.novelty for part in parts]),
        np.concatenate([part.orders for part in parts]),
        np.concatenate([part.customer for part in parts]),
        float(np.mean([part.coverage for part in parts])),
    )


def scored(
    outcomes: Sequence[Outcome],
    k: int,
    chosen: str,
    seed: int,
    baselines: Sequence[str] = BASELINES,
) -> pl.DataFrame:
    """Every measure of every method, as evidence."""
    rivals = [one for one in outcomes if one.method in baselines and one.method != chosen]
    scores = table(
        score
        for one in outcomes
        for score in _scores(one, k, rivals if one.method == chosen else None, seed)
    )
    return scores.with_columns(baseline=pl.col("method").is_in(list(baselines)))


def _leads(
    measures: Mapping[str, ranking.Values], rivals: Sequence[Mapping[str, ranking.Values]]
) -> dict[str, ranking.Values]:
    """Measure -> value less that of the better rival, per list; empty without a rival."""
    if not rivals:
        return {}
    return {
        name: values - max((rival[name] for rival in rivals), key=np.mean)
        for name, values in measures.items()
    }


def _scores(
    outcome: Outcome, k: int, rivals: Sequence[Outcome] | None, seed: int
) -> Iterable[Score]:
    """rivals: the baselines that the chosen method is paired with; None for all others."""
    chosen = rivals is not None
    measures = outcome.measures(k)
    leads = _leads(measures, [one.measures(k) for one in rivals or ()])
    values = np.column_stack([*measures.values(), *leads.values()])
    low, high = resampled(values, seed, outcome.customer)
    for n, (name, each) in enumerate(measures.items()):
        value = float(each.mean())
        interval = min(float(low[n]), value), max(float(high[n]), value)
        m = len(measures) + n
        lead = (float(leads[name].mean()), float(low[m]), float(high[m])) if leads else ()
        yield Score(outcome.method, name, value, *interval, False, chosen, *lead)
    yield Score(outcome.method, "catalogue_coverage", outcome.coverage, chosen=chosen)
