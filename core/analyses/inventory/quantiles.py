"""Quantiles of demand over several weeks, learned from how wrong past forecasts of it were.

Demand over the window is negative binomial with the forecast m as mean and variance m + d m^2
(d = 0 is Poisson). Each product's d is its posterior mean on a grid, with the distribution of d
over all products as prior, learned by EM. Then the levels are put right: on past forecasts,
u = P(D < what was sold) would be uniform if the model held; the level asked for is replaced by
that quantile of u among products of like volume (split conformal). So sums over the window are
judged as sums, and 90 % means that nine in ten past windows stayed below. A slow seller is not
raised above its own best past window by what other products needed.

Source: Snyder, Ord & Beaumont (2012), Int. J. of Forecasting 28(2); Vovk, Gammerman & Shafer
(2005), Algorithmic Learning in a Random World.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

GRID = np.array([0.02, 0.06, 0.15, 0.35, 0.7, 1.3, 2.5, 5.0, 12.0])
VOLUMES = np.array([0.5, 2.0, 8.0, 30.0, 120.0])
#: Units expected below which a product is a slow seller: its levels are mostly other products'.
SLOW = 8.0
FEWEST = 60
EM_STEPS = 12
LEAST_MEAN = 0.02
#: A level of 1 would need endless stock.
HIGHEST = 0.9995
#: Past forecasts from which the correction is learned, at most.
MOST_SCORES = 40_000
#: A chance too small to add to one.
TINY = 1e-17
#: Units, and a ninth of the squared variation, beyond which the cube root is no good start.
MANY, SKEWED = 15.0, 0.03


@dataclass(frozen=True, eq=False)
class Spread:
    """How demand scatters about its forecast.

    dispersion: (products,) d. scores: u of past forecasts by volume class, sorted; None where
    there are too few, so that the class of all volumes stands in (`pooled`), or nothing does.
    most: (products,) units that the best past window brought. What other products needed raises no
    slow seller's quantile above that, unless its own model goes there.
    """

    dispersion: Floats
    scores: tuple[Floats | None, ...]
    pooled: Floats | None
    most: Floats | None = None

    def quantile(self, mean: Floats, level: float | Floats) -> Floats:
        """(products,) units that demand stays within with probability `level`, one or each."""
        safe = np.maximum(mean, LEAST_MEAN)
        asked = np.broadcast_to(np.asarray(level, dtype=np.float64), mean.shape)
        units = negative_binomial(self._levels(safe, asked), safe, self.dispersion)
        if self.most is None:
            return units
        over = (units > self.most) & (safe < SLOW)
        own = negative_binomial(asked[over], safe[over], self.dispersion[over])
        units[over] = np.minimum(units[over], np.maximum(own, self.most[over]))
        return units

    def take(self, which: NDArray[np.bool_]) -> "Spread":
        """The spread of some of the products."""
        most = None if self.most is None else self.most[which]
        return replace(self, dispersion=self.dispersion[which], most=most)

    def _levels(self, mean: Floats, asked: Floats) -> Floats:
        volume = np.searchsorted(VOLUMES, mean, side="right")
        out = np.empty_like(mean)
        for number, scores in enumerate(self.scores):
            inside = volume == number
            out[inside] = _corrected(self.pooled if scores is None else scores, asked[inside])
        return out


@dataclass(frozen=True, eq=False)
class Grouped:
    """Spreads of products that are planned over different lengths of time.

    parts: (products,) who is meant, and the spread of just those.
    """

    parts: tuple[tuple[NDArray[np.bool_], Spread], ...]

    @property
    def dispersion(self) -> Floats:
        """(products,) d of each."""
        return self._joined([spread.dispersion for _, spread in self.parts])

    def quantile(self, mean: Floats, level: float | Floats) -> Floats:
        """(products,) units that demand stays within with probability `level`, one or each."""
        asked = np.broadcast_to(np.asarray(level, dtype=np.float64), mean.shape)
        return self._joined([part.quantile(mean[who], asked[who]) for who, part in self.parts])

    def widened(self, variance: Floats) -> "Grouped":
        """With the relative `variance` (products,) of something else added."""
        return Grouped(
            tuple(
                (who, replace(part, dispersion=part.dispersion + variance[who]))
                for who, part in self.parts
            )
        )

    def _joined(self, columns: list[Floats]) -> Floats:
        out = np.empty(len(self.parts[0][0]))
        for (who, _), column in zip(self.parts, columns, strict=True):
            out[who] = column
        return out


@dataclass(frozen=True, eq=False)
class Sold:
    """What past windows brought: the spread of every method's forecasts is fitted to the same.

    actual, valid: (forecasts, products) units sold, and which of them count. gamma: (grid,
    products) what of the log-likelihood of each dispersion does not depend on the forecast.
    overlap: how many forecasts share one stretch of time, so that each counts for one part of it.
    """

    actual: Floats
    valid: NDArray[np.bool_]
    gamma: Floats
    overlap: float

    def fit(self, mean: Floats) -> Spread:
        """How demand scattered about forecasts `mean` (forecasts, products)."""
        safe = np.maximum(mean, LEAST_MEAN)
        dispersion = _posterior(self._likelihood(safe) / self.overlap)
        some = slice(None, None, -(-self.actual.size // MOST_SCORES) or 1)
        safe, valid = safe[:, some], self.valid[:, some]
        below = _below(safe, self.actual[:, some], dispersion[some])
        volume = np.searchsorted(VOLUMES, safe, side="right")
        classes = range(len(VOLUMES) + 1)
        scores = tuple(_sorted(below[valid & (volume == number)]) for number in classes)
        most = np.where(self.valid, self.actual, 0.0).max(axis=0, initial=0.0)
        return Spread(dispersion, scores, _sorted(below[valid]), most)

    def _likelihood(self, mean: Floats) -> Floats:
        """(grid, products) log-likelihood of each dispersion on the grid, but for a constant."""
        seen = np.where(self.valid, self.actual, 0.0)
        parts = [
            (np.where(self.valid, seen + 1 / d, 0.0) * np.log(1 + mean * d)).sum(axis=0)
            for d in GRID
        ]
        return np.asarray(self.gamma - np.array(parts))


def sold(actual: Floats, valid: NDArray[np.bool_], overlap: float) -> Sold:
    """Past windows, ready to be compared with forecasts of them."""
    from scipy.special import gammaln

    units, place = np.unique(actual, return_inverse=True)
    place = place.reshape(actual.shape)
    rows = [
        np.where(valid, (gammaln(units + 1 / d) - gammaln(1 / d) + units * np.log(d))[place], 0.0)
        for d in GRID
    ]
    gamma = np.array([row.sum(axis=0) for row in rows])
    return Sold(actual=actual, valid=valid, gamma=gamma, overlap=max(overlap, 1.0))


def fit(mean: Floats, actual: Floats, valid: NDArray[np.bool_], overlap: float) -> Spread:
    """Learn the spread from past forecasts `mean` of `actual`, both (forecasts, products)."""
    return sold(actual, valid, overlap).fit(mean)


def negative_binomial(level: Floats, mean: Floats, dispersion: Floats) -> Floats:
    """(products,) least whole number of units k with P(D <= k) >= level.

    Begins near the quantile of the gamma that mixes the Poissons, widened by the Poisson's own
    variance (its cube root as good as normal, but where many units scatter widely: there exactly),
    and walks to the exact one by the recursion of the probabilities.
    Source: Wilson & Hilferty (1931), Proceedings of the National Academy of Sciences 17(12).
    """
    from scipy.special import betainc, gammaincinv, gammaln, ndtri

    size = 1 / dispersion
    chance, other = size / (size + mean), mean / (size + mean)
    narrow = (1 + dispersion * mean) / (9 * mean)
    near = np.maximum(1 - narrow + ndtri(level) * np.sqrt(narrow), 0.0) ** 3
    wide = (mean > MANY) & (narrow > SKEWED)
    near[wide] = 9 * narrow[wide] * gammaincinv(1 / (9 * narrow[wide]), level[wide])
    units: Floats = np.floor(near * mean)
    below = betainc(size, units + 1, chance)
    log_ways = gammaln(units + size) - gammaln(size) - gammaln(units + 1)
    just = np.exp(log_ways + size * np.log(chance) + units * np.log(other))
    rising = np.flatnonzero(below < level)
    while len(rising):
        units[rising] += 1
        just[rising] *= (units[rising] - 1 + size[rising]) / units[rising] * other[rising]
        below[rising] += just[rising]
        rising = rising[(below[rising] < level[rising]) & (just[rising] > TINY)]
    falling = np.flatnonzero((below - just >= level) & (units > 0))
    while len(falling):
        below[falling] -= just[falling]
        just[falling] *= units[falling] / ((units[falling] - 1 + size[falling]) * other[falling])
        units[falling] -= 1
        falling = falling[(below[falling] - just[falling] >= level[falling]) & (units[falling] > 0)]
    return units


def expected_excess(mean: Floats, dispersion: Floats, stock: Floats) -> Floats:
    """(products,) expected demand beyond `stock`, in whole units."""
    return excess(mean, dispersion, np.floor(np.maximum(stock, 0.0)))[0]


def excess(mean: Floats, dispersion: Floats, stock: Floats) -> tuple[Floats, Floats]:
    """E[(D - stock)+] and P(D > stock) of the negative binomial, continued between whole units.

    E[D; D > s] = m P(D' > s - 1) with D' of size n + 1 and the same p.
    """
    from scipy.special import betainc

    size, safe = 1 / dispersion, np.maximum(mean, 1e-9)
    chance = size / (size + safe)
    beyond = 1 - betainc(size, stock + 1, chance)
    beyond_less = 1 - np.where(stock > 0, betainc(size + 1, np.maximum(stock, 1e-9), chance), 0.0)
    return np.asarray(np.maximum(safe * beyond_less - stock * beyond, 0.0)), np.asarray(beyond)


def lasting_demand(stock: Floats, dispersion: Floats, level: float) -> Floats:
    """(products,) mean demand at which `stock` is not used up with probability `level`.

    P(D < s) = I_x(n, s), x = n / (n + m), solved for m; nothing where there is no stock.
    """
    from scipy.special import betaincinv

    size, whole = 1 / dispersion, np.ceil(np.maximum(stock, 0.0))
    chance = betaincinv(size, np.maximum(whole, 1.0), level)
    mean = size * (1 - chance) / np.maximum(chance, 1e-12)
    return np.where(whole >= 1, mean, 0.0)


def _posterior(likelihood: Floats) -> Floats:
    """(products,) posterior mean of the dispersion, its prior learned from all products."""
    relative = np.exp(likelihood - likelihood.max(axis=0))
    prior = np.full(len(GRID), 1 / len(GRID))
    for _ in range(EM_STEPS):
        weight = relative * prior[:, None]
        weight /= weight.sum(axis=0)
        prior = weight.mean(axis=1)
    return np.asarray(np.exp((weight * np.log(GRID)[:, None]).sum(axis=0)))


def _below(mean: Floats, actual: Floats, dispersion: Floats) -> Floats:
    """P(D < actual) under the model."""
    from scipy.special import betainc

    size = 1 / dispersion
    least = np.ceil(actual)
    inside = betainc(size, np.maximum(least, 1.0), size / (size + mean))
    return np.where(least > 0, inside, 0.0)


def _sorted(scores: Floats) -> Floats | None:
    return np.sort(scores) if len(scores) >= FEWEST else None


def _corrected(scores: Floats | None, level: Floats) -> Floats:
    """The model's levels that past forecasts needed to reach each `level`."""
    if scores is None:
        return level
    rank = np.ceil(level * (len(scores) + 1)).astype(np.intp) - 1
    needed = np.nextafter(scores[np.clip(rank, 0, len(scores) - 1)], 1.0)
    beyond = np.minimum(np.maximum(level, scores[-1]), HIGHEST)
    return np.where(rank >= len(scores), beyond, np.clip(needed, 0.0, HIGHEST))
