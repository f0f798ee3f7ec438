"""Hybrid: what the other models see, weighed by what this shop's customers did next.

On earlier cuts, WINDOW_DAYS before the history's day and as many before that, candidates are
described by `candidates` and labelled by what was bought in those days; gradient-boosted trees
learn the chance. WINDOWS cuts are read, or fewer once TAUGHT customers have been learned from.
Nothing after the history's day is used: the tournament sees it as any other model.

    merit(u, i) = 1 / (RANK + place by P(u buys i next | features))
                  + OWN / (RANK + place in the customer's own history), where bought before
    score(u, i) = the customer's highest P for the highest merit, and so on down the candidates;
                  then all others by popularity

The learner alone is unsure how far to trust a few periods; the own history steadies it.
Source: stacking: Wolpert (1992), Neural Networks 5(2); boosted trees: Friedman (2001), Annals of
Statistics 29(5), as in scikit-learn's HistGradientBoostingClassifier; reciprocal rank fusion:
Cormack, Clarke & Büttcher (2009), SIGIR.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.analyses.recommendations.history import VANISHED, Floats, History, Rows, history
from core.analyses.recommendations.models.baselines import own_history
from core.analyses.recommendations.models.candidates import FEATURES, Known, features, known
from core.analyses.recommendations.nearest import BLOCK_CELLS
from core.analyses.recommendations.tournament import membership, next_order

Values = NDArray[np.float64]
WINDOW_DAYS, WINDOWS = 28, 3
ITERATIONS, RATE = 80, 0.1
RANK, OWN = 10.0, 0.5
#: Hits, and misses, below which there is nothing to learn from: the hybrid is then own history.
FEW_HITS = 50
#: Customers that it learns from at most.
TAUGHT = 4000
#: Share of the candidates not bought that it learns from: they are many, and much alike. The
#: odds that it learns are too high by as much, and are set right.
MISSED = 0.3


@dataclass(frozen=True, eq=False)
class Hybrid:
    """chance: a fitted classifier. about: the history it is applied to; links, basket: of its
    neighbours."""

    chance: Any
    about: Known
    links: Any
    basket: Any

    def scores(self, rows: Rows) -> Floats:
        """rows x products: the chance of the candidates, below zero for all others."""
        popularity = self.about.history.popularity
        share = popularity / max(popularity.max(), VANISHED)
        scores = np.repeat((share - 2)[None], len(rows), axis=0)
        step = max(1, BLOCK_CELLS // len(popularity))
        for at in range(0, len(rows), step):
            row, item, described = features(self.about, rows[at : at + step])
            taught = self.chance.predict_proba(described)[:, 1]
            chance = taught * MISSED / (1 - taught * (1 - MISSED))
            scores[at + row, item] = steadied(row, item, chance, described[:, 0])
        return scores.astype(np.float32)


def steadied(row: Rows, item: Rows, chance: Values, own: Floats) -> Values:
    """`chance` handed out anew within each row, by merit. own: the own history, 0: not bought."""
    merit = 1 / (RANK + _place(row, item, chance))
    merit += OWN * (own > 0) / (RANK + _place(row, item, own))
    given = np.empty_like(chance)
    given[np.lexsort((item, -merit, row))] = chance[np.lexsort((-chance, row))]
    return given


def _place(row: Rows, item: Rows, value: Values | Floats) -> Values:
    """The place of each candidate in its row by `value`, from 0; equal ones by popularity."""
    order = np.lexsort((item, -value, row))
    place = np.empty(len(row))
    place[order] = np.arange(len(row)) - np.searchsorted(row[order], row[order])
    return place


def hybrid(past: History, seed: int) -> Any:  # noqa: ANN401
    """Learned on the days before `past.day`; own history where they hold too little."""
    described, bought = _lessons(past, seed)
    if min(bought.sum(), (~bought).sum()) < FEW_HITS:
        return own_history(past, seed)
    about = known(past)
    return Hybrid(
        _learned(described, bought, seed), about, about.neighbours.links, about.neighbours.basket
    )


def _lessons(past: History, seed: int) -> tuple[Floats, NDArray[np.bool_]]:
    """(features, bought next) of the candidates of the customers who came back after each cut."""
    span = (past.day - past.events.first_day).days
    days = min(WINDOW_DAYS, max(7, span // 3))
    parts, labels = [np.empty((0, len(FEATURES)), np.float32)], [np.empty(0, bool)]
    taught = 0
    for cut in range(days, min(WINDOWS * days, span) + 1, days):
        earlier = history(past.events, past.day - timedelta(days=cut), past.half_life_days)
        basket = next_order(earlier.sold_after(days).drop_nulls(["u", "i"]), "u")
        rows = basket["u"].unique().sort().to_numpy().astype(np.int64)
        rows = np.sort(np.random.default_rng(seed).permutation(rows)[: TAUGHT - taught])
        if not len(rows):
            break
        taught += len(rows)
        about, width = known(earlier), earlier.shape[1]
        keys = membership(basket["u"].to_numpy(), basket["i"].to_numpy(), earlier)
        step = max(1, BLOCK_CELLS // width)
        for at in range(0, len(rows), step):
            block = rows[at : at + step]
            row, item, described = features(about, block)
            parts.append(described)
            labels.append(np.isin(block[row] * width + item, keys))
    return np.concatenate(parts), np.concatenate(labels)


def _learned(described: Floats, bought: Any, seed: int) -> Any:  # noqa: ANN401
    from sklearn.ensemble import HistGradientBoostingClassifier

    kept = bought | (np.random.default_rng(seed).random(len(bought)) < MISSED)
    model = HistGradientBoostingClassifier(
        max_iter=ITERATIONS,
        learning_rate=RATE,
        max_leaf_nodes=15,
        min_samples_leaf=200,
        l2_regularization=10,
        early_stopping=False,
        random_state=seed,
    )
    return model.fit(described[kept], bought[kept])
