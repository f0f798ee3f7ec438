"""Is a set of products more than its parts: a p-value per set and per rule.

A pair is tested against the null of `nulls`. In a longer set I, every two products x, y are tested
given the rest S = I - {x, y}: among the baskets t that hold S, whose sizes are what they are,

    p_tx = x_t y_x / (1 + x_t y_x) with sum_t p_tx = c_Sx (x_t from the configuration model),
    mu = sum_t f_t p_tx p_ty, f_t for n_t - |S| items; binomial tail of that mean and variance

A rule A -> C is *productive* when every x in A is tied to every y in C given all the others: its
p-value is the largest of theirs (an intersection-union test needs no further adjustment).
Source: Webb (2007), Machine Learning 68(1) (productive rules); Berger (1982), Technometrics 24(4)
(intersection-union); Benjamini & Hochberg (1995), JRSS B 57(1).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from core.analyses.association_rules import nulls
from core.measures.baskets import Baskets
from core.measures.itemsets import count_sets, sums_over_sets

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Counter = Callable[[Ints], Ints]


@dataclass(frozen=True, eq=False)
class Tested:
    """Sets (m, k) with, per two positions (i < j) of the set, expected baskets and p-value."""

    sets: Ints
    orders: Ints
    expected: dict[tuple[int, int], Floats]
    p: dict[tuple[int, int], Floats]

    def rule(self, antecedent: tuple[int, ...], consequent: tuple[int, ...]) -> tuple[Floats, ...]:
        """(expected, p) of the rule between these positions: the least surprising of its ties."""
        ties = [(min(i, j), max(i, j)) for i in antecedent for j in consequent]
        p = np.stack([self.p[tie] for tie in ties])
        expected = np.stack([self.expected[tie] for tie in ties])
        return expected.max(axis=0), p.max(axis=0)


def tested_sets(null: nulls.Null, sets: Ints, count: Counter | None) -> Tested:
    """Test every tie inside each of `sets`; `count`: baskets per set, where they are known."""
    count = count or partial(_counted, null.baskets)
    orders = count(sets)
    expected: dict[tuple[int, int], Floats] = {}
    p: dict[tuple[int, int], Floats] = {}
    given_rest = _GivenRest(null, count) if sets.shape[1] > 2 else None
    for i, j in combinations(range(sets.shape[1]), 2):
        if given_rest is None:
            expected[i, j], p[i, j] = null.p_values(sets, orders)
        else:
            expected[i, j], p[i, j] = given_rest.test(sets, orders, i, j)
    return Tested(sets, orders, expected, p)


class _GivenRest:
    """Tests two items of a set among the baskets that hold the rest of it."""

    def __init__(self, null: nulls.Null, count: Counter) -> None:
        self.baskets, self.count = null.baskets, count
        self.null = null

    def test(self, sets: Ints, orders: Ints, i: int, j: int) -> tuple[Floats, Floats]:
        """(expected, p) of items i and j of each set meeting."""
        bins, x, f = self.null.bins(sets.shape[1] - 2)
        one_hot = np.eye(len(x))[bins]
        rest, at = np.unique(np.delete(sets, [i, j], axis=1), axis=0, return_inverse=True)
        many = sums_over_sets(self.baskets, rest, one_hot)[at.ravel()]
        with_i = self.count(np.delete(sets, j, axis=1))
        with_j = self.count(np.delete(sets, i, axis=1))
        share_i = nulls.shares(x, nulls.solve_y(x, many, with_i.astype(np.float64)))
        share_j = nulls.shares(x, nulls.solve_y(x, many, with_j.astype(np.float64)))
        both = share_i * share_j * f
        expected, squares = (many * both).sum(axis=1), (many * both**2).sum(axis=1)
        trials = np.maximum(expected**2 / np.maximum(squares, 1e-300), np.minimum(with_i, with_j))
        return expected, nulls.upper_tail(orders, expected, trials)


def _counted(baskets: Baskets, sets: Ints) -> Ints:
    """Baskets that hold each of `sets`, each distinct one counted once."""
    unique, at = np.unique(sets, axis=0, return_inverse=True)
    return count_sets(baskets, unique)[at.ravel()]
