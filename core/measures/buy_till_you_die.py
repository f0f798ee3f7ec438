"""Buy-till-you-die models: customers order at their own rate and at some point stop, unseen.

A customer's history is (x, t_x, T): repeat order days, time from the first to the last of them
(not RFM's recency), time from the first order to now; any one unit of time. Purchases are Poisson,
their rates Gamma(r, alpha) over customers. How customers stop:

    bg_nbd        after an order, with a probability that is Beta(a, b): no one stops before the
                  first repeat
    mbg_nbd       the same, and also right after the first order
    pareto_nbd    at any time, at a rate that is Gamma(s, beta)

Maximum likelihood on the counts of distinct (x, t_x, T), with analytic gradients. Of more than
FIT_ROWS distinct histories those whose times hardly differ are taken together, at their means,
which changes the likelihood by terms of second order. What follows for all three from the
likelihood L:

    P(at least one order in the next h) = 1 - L(x, t_x, T + h) / L(x, t_x, T)

Gamma-Gamma is the companion for order values: values are Gamma(p, v), v Gamma(q, gamma) over
customers. Partitionable: the counts of parts add up.

Source: Fader, Hardie & Lee (2005), Marketing Science 24(2), BG/NBD; Batislam, Denizel &
Filiztekin (2007), IJRM 24(3), MBG/NBD; Schmittlein, Morrison & Colombo (1987), Management
Science 33(1), Pareto/NBD; Fader & Hardie (2013), Gamma-Gamma.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from core.measures.btyd_likelihoods import EXPECTED, KERNELS, Floats

#: Distinct histories that a fit looks at; customers that are computed at a time.
FIT_ROWS, CHUNK = 20_000, 8_192
#: Parts that the longest history is cut into when histories are taken together.
CELLS = (400, 200, 150, 100, 70, 50)
#: Starting points of the search, as multiples of the mean T where a parameter is a time.
STARTS = ((1.0, 0.5, 1.0, 1.0), (0.3, 0.1, 0.7, 2.5))


@dataclass(frozen=True, eq=False)
class Model:
    """A fitted model: parameters by name, and total log-likelihood."""

    name: str
    parameters: Mapping[str, float]
    log_likelihood: float

    def of(self, x: Floats, t_x: Floats, age: Floats) -> "Standing":
        """These histories under the model."""
        return Standing(self, x, t_x, age)

    def log_likelihoods(self, x: Floats, t_x: Floats, age: Floats) -> Floats:
        """ln L of each history."""
        return self.of(x, t_x, age).log_likelihoods

    def alive(self, x: Floats, t_x: Floats, age: Floats) -> Floats:
        """See `Standing.alive`."""
        return self.of(x, t_x, age).alive

    def active(self, x: Floats, t_x: Floats, age: Floats, horizon: float) -> Floats:
        """See `Standing.active`."""
        return self.of(x, t_x, age).active(horizon)

    def expected_orders(self, x: Floats, t_x: Floats, age: Floats, horizon: float) -> Floats:
        """See `Standing.expected_orders`."""
        return self.of(x, t_x, age).expected_orders(horizon)

    @property
    def theta(self) -> Floats:
        """The parameters in their order."""
        return np.array(list(self.parameters.values()))


@dataclass(frozen=True, eq=False)
class Standing:
    """Histories under a model; what is the same for every horizon is computed once."""

    model: Model
    x: Floats
    t_x: Floats
    age: Floats

    @property
    def log_likelihoods(self) -> Floats:
        """ln L of each history."""
        found: Floats = self._now[0]
        return found

    @cached_property
    def alive(self) -> Floats:
        """P(has not stopped). Not P(will order): see `active`."""
        total, here = self._now
        p: Floats = np.exp(here - total)
        return p

    def active(self, horizon: float) -> Floats:
        """P(at least one order within the next `horizon`)."""
        later = self._likelihoods(self.age + horizon)[0]
        p: Floats = -np.expm1(np.minimum(later - self._now[0], 0.0))
        return p

    def expected_orders(self, horizon: float) -> Floats:
        """Expected number of orders within the next `horizon`."""
        orders = EXPECTED[self.model.name](self.model.theta, self.x, self.age, horizon)
        return orders * self.alive

    @cached_property
    def _now(self) -> Floats:
        return self._likelihoods(self.age)

    def _likelihoods(self, age: Floats) -> Floats:
        """(2, n): ln L, and its part of customers still there; in pieces that the cache holds."""
        kernel, theta = KERNELS[self.model.name][0], self.model.theta
        pieces = [
            np.stack(
                kernel(theta, *(c[start : start + CHUNK] for c in (self.x, self.t_x, age)))[:2]
            )
            for start in range(0, max(1, len(age)), CHUNK)
        ]
        return np.concatenate(pieces, axis=1)


@dataclass(frozen=True, eq=False)
class GammaGamma:
    """Order values: parameters p, q, gamma; mean over the shop is p gamma / (q - 1)."""

    p: float
    q: float
    gamma: float
    log_likelihood: float

    def mean_value(self, orders: Floats, mean: Floats) -> Floats:
        """Expected value of a further order, given `orders` of mean value `mean`."""
        value: Floats = self.p * (self.gamma + orders * mean) / (self.p * orders + self.q - 1)
        return value


def histories(profile: pl.DataFrame) -> tuple[Floats, Floats, Floats]:
    """(x, t_x, T) in days of each row of `core.measures.customers.profile`."""
    x = profile["order_days"].to_numpy() - 1.0
    age = profile["tenure_days"].to_numpy().astype(np.float64)
    return x, np.maximum(age - profile["recency_days"].to_numpy(), 0.0), age


def counted(*columns: Floats) -> tuple[Floats, ...]:
    """The distinct rows of the columns, sorted, and how often each occurs (the last array)."""
    names = [str(i) for i in range(len(columns))]
    frame = pl.DataFrame(dict(zip(names, columns, strict=True)))
    groups = frame.group_by(names).len("n").sort(names)
    return tuple(groups[name].to_numpy().astype(np.float64) for name in groups.columns)


def grouped(x: Floats, t_x: Floats, age: Floats, rows: int = FIT_ROWS) -> tuple[Floats, ...]:
    """`counted`, with neighbouring times taken together, at their means, if there are too many."""
    counts = counted(x, t_x, age)
    if len(counts[0]) <= rows:
        return counts
    table = pl.DataFrame(dict(zip("xtan", counts, strict=True)))
    n, span = pl.col("n"), float(age.max())
    cells = table
    for step in (span / parts for parts in CELLS):
        cells = (
            table.group_by("x", (pl.col("t") / step).floor().alias("_t"),
                           (pl.col("a") / step).floor().alias("_a"))
            .agg(t=(pl.col("t") * n).sum() / n.sum(), a=(pl.col("a") * n).sum() / n.sum(),
                 n=n.sum())
            .sort("x", "_t", "_a")
        )  # fmt: skip
        if cells.height <= rows:
            break
    return tuple(cells[name].to_numpy() for name in "xtan")


def fit(name: str, x: Floats, t_x: Floats, age: Floats) -> Model:
    """The model `name` (a key of KERNELS) at its maximum likelihood."""
    return fit_counts(name, grouped(x, t_x, age))


def fit_counts(name: str, counts: tuple[Floats, ...], near: Model | None = None) -> Model:
    """As `fit`, of distinct histories and how often each occurs; near: where to begin, if known."""
    kernel, names, times = KERNELS[name]
    *distinct, n = counts
    scale = max(float(np.average(distinct[2], weights=n)), 1e-9)

    def loss(logs: Floats) -> tuple[float, Floats]:
        theta = np.exp(logs)
        value, _, slope = kernel(theta, *distinct)
        return -float(n @ value) / n.sum(), -(slope @ n) * theta / n.sum()

    factor = np.where(np.isin(names, times), scale, 1.0)
    starts = [np.log(np.array(start) * factor) for start in STARTS]
    if near is not None:
        starts = [np.log(list(near.parameters.values()))]
    logs, best = _search(loss, starts)
    parameters = dict(zip(names, np.exp(logs).tolist(), strict=True))
    return Model(name, parameters, -best * float(n.sum()))


def standard_errors(model: Model, x: Floats, t_x: Floats, age: Floats) -> dict[str, float]:
    """Of each parameter, from the curvature of the log-likelihood at the maximum."""
    kernel, names, _ = KERNELS[model.name]
    *distinct, n = grouped(x, t_x, age)
    theta = np.array(list(model.parameters.values()))
    step = 1e-4 * theta
    slopes = [
        [(kernel(theta + sign * side, *distinct)[2] @ n) for sign in (1, -1)]
        for side in np.diag(step)
    ]
    curvature = np.array(
        [(up - down) / (2 * h) for (up, down), h in zip(slopes, step, strict=True)]
    )
    variance = np.diag(np.linalg.inv(-(curvature + curvature.T) / 2))
    # At the edge of what the parameters may be there is no curvature to tell from.
    errors = np.sqrt(np.where(variance > 0, variance, np.nan))
    return dict(zip(names, errors.tolist(), strict=True))


def fit_gamma_gamma(orders: Floats, mean: Floats) -> GammaGamma | None:
    """Order values of customers with at least one order and a positive mean value.

    None where there are not two of them, or the shop's mean does not exist (q of at most 1).
    """
    from scipy.special import gammaln, psi

    kept = (orders > 0) & (mean > 0)
    if kept.sum() < 2:
        return None
    x, m, n = counted(orders[kept], mean[kept])

    def loss(logs: Floats) -> tuple[float, Floats]:
        p, q, g = theta = np.exp(logs)
        spent = g + m * x
        value = (
            gammaln(p * x + q) - gammaln(p * x) - gammaln(q) + q * np.log(g)
            + (p * x - 1) * np.log(m) + p * x * np.log(x) - (p * x + q) * np.log(spent)
        )  # fmt: skip
        shared = psi(p * x + q) - np.log(spent)
        slope = np.array(
            [
                x * (shared - psi(p * x) + np.log(m * x)),
                shared - psi(q) + np.log(g),
                q / g - (p * x + q) / spent,
            ]
        )
        return -float(n @ value) / n.sum(), -(slope @ n) * theta / n.sum()

    typical = float(np.average(m, weights=n))
    starts = [np.log([a, b, typical]) for a, b in ((1.0, 2.0), (6.0, 4.0))]
    logs, best = _search(loss, starts)
    p, q, g = np.exp(logs).tolist()
    return GammaGamma(p, q, g, -best * float(n.sum())) if q > 1 else None


def _search(
    loss: Callable[[Floats], tuple[float, Floats]], starts: list[Floats]
) -> tuple[Floats, float]:
    """(argument, value) of the least loss found from any of the starts."""
    from scipy.optimize import minimize

    bounds = [(-12.0, 14.0)] * len(starts[0])
    options = {"maxiter": 500, "ftol": 1e-13, "gtol": 1e-8}
    found = [
        minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
        for start in starts
    ]
    best = min(found, key=lambda one: float(one.fun))
    return np.asarray(best.x, dtype=np.float64), float(best.fun)
