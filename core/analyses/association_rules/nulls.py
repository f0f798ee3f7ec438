"""How often two products would share a basket by chance, and how surprising more than that is.

N baskets of n_t distinct items; product i is in c_i of them. Baskets of different sizes alone make
products meet more often than c_a c_b / N, so the null keeps item frequencies and basket sizes:

    size-adjusted   mu_ab = phi c_a c_b / N,  phi = N sum n(n-1) / (sum n)^2,  Poisson tail
    configuration   p_ti = x_t y_i / (1 + x_t y_i) with sum_i p_ti = n_t, sum_t p_ti = c_i,
                    mu_ab = sum_t f_t p_ta p_tb; tail of the binomial that shares mean and variance
                    f_t = n(n-1) / (n^2 - sum_i p_ti^2): n items make n(n-1) ordered pairs, no more
                    Where a or b is in most baskets, f_t allows too few; then at least Hajek's
                    p_ta p_tb (1 - (1 - p_ta)(1 - p_tb) / d_t), d_t = sum_i p_ti (1 - p_ti)
    independence    mu_ab = c_a c_b / N, hypergeometric tail (Fisher): wrong here, for comparison

Within one season (month) the size-adjusted expectation is taken per month and added up.
Source: Saracco et al. (2015), Scientific Reports 5:10595 (bipartite configuration model);
Hajek (1964), Annals of Mathematical Statistics 35(4) (pairs in samples of fixed size);
Gionis et al. (2007), ACM TKDD 1(3) (swap randomisation, which these are checked against);
Hoeffding (1956), Annals of Mathematical Statistics 27(3) (binomial bounds on the tail).
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.measures.baskets import Baskets

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Name = Literal["configuration", "size_adjusted", "independence"]
PAIRS_AT_ONCE = 20_000
#: Items whose pairs are all computed at once when enough of them are asked for.
DENSE_ITEMS, DENSE_RATIO = 4_000, 30
SIZE_BINS = 40
#: Share of the baskets above which an item is common: f_t is a few percent too low for its pairs.
COMMON = 0.5
LARGEST = 1e12


@dataclass(frozen=True, eq=False)
class Null:
    """Expectations of one data set.

    phi: lift that basket sizes alone create. size, many, x, f: the distinct basket sizes, how many
    baskets have each, their x and f (f_of: f of every size up to the largest); y: per item.
    """

    name: Name
    baskets: Baskets
    counts: Ints
    phi: float
    size: Ints
    many: Ints
    x: Floats
    y: Floats
    f: Floats
    f_of: Floats

    def pairs(self, pairs: Ints) -> tuple[Floats, Floats]:
        """(expected baskets, trials of the tail's binomial) for each of `pairs` (m, 2)."""
        n, c = self.baskets.n, self.counts[pairs].astype(np.float64)
        if self.name != "configuration":
            scale = self.phi if self.name == "size_adjusted" else 1.0
            return scale * c[:, 0] * c[:, 1] / n, np.full(len(pairs), np.inf)
        mean, squares = self._meetings(pairs)
        common = np.flatnonzero(c.max(axis=1, initial=0.0) > COMMON * n)
        mean[common] = np.maximum(mean[common], self._at_least(pairs[common]))
        return mean, np.maximum(mean**2 / np.maximum(squares, 1e-300), c.min(axis=1))

    def _meetings(self, pairs: Ints) -> tuple[Floats, Floats]:
        """(sum of p_ta p_tb, sum of its square) over the baskets t for each of `pairs`."""
        used, at = np.unique(pairs, return_inverse=True)
        a, b = at.reshape(pairs.shape).T
        share = shares(self.x, self.y[used])
        if len(used) <= DENSE_ITEMS and len(used) ** 2 <= DENSE_RATIO * len(pairs):
            mean = share @ (share * self.many * self.f).T
            squares = share**2 @ (share**2 * self.many * self.f**2).T
            return mean[a, b], squares[a, b]
        sums = [np.zeros((2, 0))]
        for start in range(0, len(pairs), PAIRS_AT_ONCE):
            part = slice(start, start + PAIRS_AT_ONCE)
            both = share[a[part]] * share[b[part]] * self.f
            sums.append(np.stack([both @ self.many, both**2 @ self.many]))
        mean, squares = np.concatenate(sums, axis=1)
        return mean, squares

    def _at_least(self, pairs: Ints) -> Floats:
        """Hajek's expectation for each of `pairs`, one of which is common."""
        free, apart = self.many * (self.size > 1), self._spread
        sums = [np.zeros(0)]
        for start in range(0, len(pairs), PAIRS_AT_ONCE):
            a, b = (shares(self.x, self.y[side]) for side in pairs[start : start + PAIRS_AT_ONCE].T)
            both = a * b * (1 - (1 - a) * (1 - b) / apart)
            sums.append(np.maximum(both, 0.0) @ free)
        return np.concatenate(sums)

    @cached_property
    def _spread(self) -> Floats:
        """d of each basket size."""
        y, items = np.unique(self.y, return_counts=True)
        share = shares(self.x, y)
        spread: Floats = np.maximum(items @ (share * (1 - share)), 1e-9)
        return spread

    def p_values(self, pairs: Ints, observed: Ints) -> tuple[Floats, Floats]:
        """(expected, p): chance of `observed` shared baskets or more for each of `pairs`."""
        expected, trials = self.pairs(pairs)
        if self.name == "independence":
            a, b = self.counts[pairs].T
            return expected, hypergeometric_tail(self.baskets.n, a, b, observed)
        return expected, upper_tail(observed, expected, trials)

    def bins(self, taken: int) -> tuple[Ints, Floats, Floats]:
        """(bin of each basket, x of each bin, f of each bin once `taken` items are known).

        Sizes are gathered to at most SIZE_BINS bins that hold as many items each.
        """
        held = np.cumsum(self.size * self.many)
        label = np.minimum(held * SIZE_BINS // held[-1], SIZE_BINS - 1).astype(np.int64)
        _, label = np.unique(label, return_inverse=True)
        weight = np.bincount(label, self.many)
        x = np.exp(np.bincount(label, self.many * np.log(self.x)) / weight)
        left = self.f_of[np.maximum(self.size - taken, 0)]
        f = np.bincount(label, self.many * left) / weight
        return label[np.searchsorted(self.size, self.baskets.sizes)], x, f


def fit(baskets: Baskets, name: Name) -> Null:
    """The null of `name` for `baskets`."""
    counts, sizes = baskets.counts, baskets.sizes
    size, many = np.unique(sizes, return_counts=True)
    degree, of_item, items = np.unique(counts, return_inverse=True, return_counts=True)
    x, y = _fit_configuration(size, many, degree, items)
    every = np.arange(size[-1] + 1)
    f_of = _pair_factors(every, np.exp(np.interp(every, size, np.log(x))), y, items)
    return Null(name, baskets, counts, phi(sizes), size, many, x, y[of_item], f_of[size], f_of)


def _pair_factors(size: Ints, x: Floats, y: Floats, items: Ints) -> Floats:
    """f per basket size: ordered pairs that n items make over those that the shares would give."""
    squares = items @ shares(x, y) ** 2
    drawn = size.astype(np.float64) ** 2 - squares
    return np.where(size > 1, size * (size - 1) / np.maximum(drawn, 1e-9), 0.0)


def shares(x: Floats, y: Floats) -> Floats:
    """(len(y), len(x)): chance x y / (1 + x y) that a basket holds an item."""
    odds = np.outer(y, x)
    return odds / (1 + odds)


def phi(sizes: Ints) -> float:
    """N sum n(n-1) / (sum n)^2: expected lift of two unrelated items, given the basket sizes."""
    total = float(sizes.sum())
    return len(sizes) * float((sizes * (sizes - 1)).sum()) / total**2 if total else 1.0


def upper_tail(observed: Ints, expected: Floats, trials: Floats) -> Floats:
    """P(X >= observed), X binomial with mean `expected` in `trials` (inf: Poisson)."""
    from scipy.special import betainc, gammainc

    k = np.maximum(observed, 1).astype(np.float64)
    finite = np.isfinite(trials)
    n = np.where(finite, np.maximum(trials, k), k)
    share = np.clip(expected / n, 0.0, 1.0)
    p = np.where(finite, betainc(k, n - k + 1, share), gammainc(k, expected))
    return np.where(observed <= 0, 1.0, p)


def hypergeometric_tail(n: int, a: Ints, c: Ints, observed: Ints) -> Floats:
    """P(X >= observed), X hypergeometric(n, a, c): probabilities summed in blocks, as scipy does
    one by one."""
    from scipy.special import gammaln

    log = gammaln(np.arange(n + 1) + 1.0)
    most, least = np.minimum(a, c), np.maximum(0, a + c - n)
    spread = np.sqrt(a * (c / n) * (1 - a / n) * (n - c) / max(n - 1, 1))
    first = np.maximum(observed, least)
    last = np.minimum(most, np.maximum(first, (a * (c / n)).astype(np.int64)) + 10 * spread + 30)
    width, result = (last - first).astype(np.int64) + 1, np.zeros(len(a))
    order = np.argsort(width)
    for part in np.array_split(order, max(1, len(order) // 1_000)):
        k = first[part, None] + np.arange(max(1, int(width[part].max(initial=1))))
        possible, a_, c_ = k <= most[part, None], a[part, None], c[part, None]
        k = np.minimum(k, most[part, None])
        logp = log[a_] - log[k] - log[a_ - k] + log[n - a_] - log[c_ - k] - log[n - a_ - c_ + k]
        logp += log[c_] + log[n - c_] - log[n]
        result[part] = np.where(possible & (k >= 0), np.exp(logp), 0.0).sum(axis=1)
    return np.minimum(result, 1.0)


def lower_tail(observed: Ints, expected: Floats) -> Floats:
    """P(X <= observed), X Poisson with mean `expected`."""
    from scipy.special import gammaincc

    tail: Floats = gammaincc(observed + 1.0, expected)
    return tail


def within_strata(baskets: Baskets, stratum: Ints, pairs: Ints) -> Floats:
    """Size-adjusted expectation of each of `pairs` taken per stratum (one per basket), summed."""
    strata = int(stratum.max()) + 1
    used, at = np.unique(pairs, return_inverse=True)
    position = np.full(len(baskets.keys), -1)
    position[used] = np.arange(len(used))
    column, sizes = position[baskets.items], baskets.sizes
    cell = np.repeat(stratum, sizes) * len(used) + column
    counts = np.bincount(cell[column >= 0], minlength=strata * len(used))
    counts = counts.reshape(strata, len(used)).astype(np.float64)
    lines = np.bincount(stratum, sizes, strata)
    meetings = np.bincount(stratum, sizes * (sizes - 1), strata)
    scale = np.divide(meetings, lines**2, out=np.zeros(strata), where=lines > 0)
    a, b = at.reshape(pairs.shape).T
    expected = np.zeros(len(pairs))
    for row, weight in zip(counts, scale, strict=True):
        expected += weight * row[a] * row[b]
    return expected


def q_values(p: Floats, tests: int) -> Floats:
    """Benjamini-Hochberg q of each p among `tests` tests; those not listed count as p = 1."""
    order = np.argsort(p)
    ranked = p[order] * tests / np.arange(1, len(p) + 1)
    q = np.empty(len(p))
    q[order] = np.minimum(np.minimum.accumulate(ranked[::-1])[::-1], 1.0)
    return q


def _fit_configuration(size: Ints, many: Ints, degree: Ints, items: Ints) -> tuple[Floats, Floats]:
    """(x per size, y per degree) by fixed-point iteration until sizes and degrees are met."""
    total = float((size * many).sum())
    x, y = size / np.sqrt(total), degree / np.sqrt(total)
    for _ in range(2_000):
        y = np.minimum(degree / ((many * x) / (1 + np.outer(y, x))).sum(axis=1), LARGEST)
        held = items @ shares(x, y)
        if np.abs(held / size - 1).max() < 1e-6:
            break
        x = np.minimum(x * size / held, LARGEST)
    return x, y


def solve_y(x: Floats, many: Floats, wanted: Floats) -> Floats:
    """y per row so that `many` (rows x bins) baskets of `x` (bins) hold `wanted` of the item.

    Bisection in log y: the sum rises with y. Rows that want every basket get the largest y.
    """
    low, high = np.full(len(wanted), -40.0), np.full(len(wanted), 40.0)
    for _ in range(45):
        middle = (low + high) / 2
        below = (many * shares(x, np.exp(middle))).sum(axis=1) < wanted
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    result: Floats = np.exp((low + high) / 2)
    return result
