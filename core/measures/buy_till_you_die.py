"""Buy-till-you-die models: customers order at their own rate and at some point stop, unseen.

A customer's history is (x, t_x, T): repeat order days, time from the first to the last of them
(not RFM's recency), time from the first order to now; any one unit of time. Purchases are Poisson,
their rates Gamma(r, alpha) over customers. How customers stop:

    bg_nbd        after an order, with a probability that is Beta(a, b): no one stops before the
                  first repeat
    mbg_nbd       the same, and also right after the first order
    pareto_nbd    at any time, at a rate that is Gamma(s, beta)

Maximum likelihood on the counts of distinct (x, t_x, T), with analytic gradients, so that the fit
costs by distinct histories, not by customers. What follows for all three from the likelihood L:

    P(at least one order in the next h) = 1 - L(x, t_x, T + h) / L(x, t_x, T)

Gamma-Gamma is the companion for order values: values are Gamma(p, v), v Gamma(q, gamma) over
customers. Partitionable: the counts of parts add up.

Source: Fader, Hardie & Lee (2005), Marketing Science 24(2), BG/NBD; Batislam, Denizel &
Filiztekin (2007), IJRM 24(3), MBG/NBD; Schmittlein, Morrison & Colombo (1987), Management
Science 33(1), Pareto/NBD; Fader & Hardie (2013), Gamma-Gamma.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]
#: (log-parameters, x, t_x, T) -> (log-likelihood, its log-part of customers still there,
#: gradient by the parameters (parameters, n)).
Kernel = Callable[[Floats, Floats, Floats, Floats], tuple[Floats, Floats, Floats]]
NODES = 60
#: Starting points of the search, as multiples of the mean T where a parameter is a time.
STARTS = ((1.0, 0.5, 1.0, 1.0), (0.3, 0.1, 0.7, 2.5))


@dataclass(frozen=True, eq=False)
class Model:
    """A fitted model: parameters by name, and total log-likelihood."""

    name: str
    parameters: Mapping[str, float]
    log_likelihood: float

    def log_likelihoods(self, x: Floats, t_x: Floats, age: Floats) -> Floats:
        """ln L of each history."""
        return KERNELS[self.name][0](self._theta, x, t_x, age)[0]

    def alive(self, x: Floats, t_x: Floats, age: Floats) -> Floats:
        """P(has not stopped). Not P(will order): see `active`."""
        total, here, _ = KERNELS[self.name][0](self._theta, x, t_x, age)
        p: Floats = np.exp(here - total)
        return p

    def active(self, x: Floats, t_x: Floats, age: Floats, horizon: float) -> Floats:
        """P(at least one order within the next `horizon`)."""
        now, later = (self.log_likelihoods(x, t_x, t) for t in (age, age + horizon))
        p: Floats = -np.expm1(np.minimum(later - now, 0.0))
        return p

    def expected_orders(self, x: Floats, t_x: Floats, age: Floats, horizon: float) -> Floats:
        """Expected number of orders within the next `horizon`."""
        return EXPECTED[self.name](self._theta, x, age, horizon) * self.alive(x, t_x, age)

    @property
    def _theta(self) -> Floats:
        return np.array(list(self.parameters.values()))


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
    """The distinct rows of the columns, and how often each occurs (the last array)."""
    names = [str(i) for i in range(len(columns))]
    frame = pl.DataFrame(dict(zip(names, columns, strict=True)))
    groups = frame.group_by(names).len("n").sort(names)
    return tuple(groups[name].to_numpy().astype(np.float64) for name in groups.columns)


def fit(name: str, x: Floats, t_x: Floats, age: Floats) -> Model:
    """The model `name` (a key of KERNELS) at its maximum likelihood."""
    kernel, names, times = KERNELS[name]
    *distinct, n = counted(x, t_x, age)
    scale = max(float(np.average(distinct[2], weights=n)), 1e-9)

    def loss(logs: Floats) -> tuple[float, Floats]:
        theta = np.exp(logs)
        value, _, slope = kernel(theta, *distinct)
        return -float(n @ value) / n.sum(), -(slope @ n) * theta / n.sum()

    factor = np.where(np.isin(names, times), scale, 1.0)
    logs, best = _search(loss, [np.log(np.array(start) * factor) for start in STARTS])
    parameters = dict(zip(names, np.exp(logs).tolist(), strict=True))
    return Model(name, parameters, -best * float(n.sum()))


def standard_errors(model: Model, x: Floats, t_x: Floats, age: Floats) -> dict[str, float]:
    """Of each parameter, from the curvature of the log-likelihood at the maximum."""
    kernel, names, _ = KERNELS[model.name]
    *distinct, n = counted(x, t_x, age)
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
    return dict(zip(names, np.sqrt(variance).tolist(), strict=True))


def fit_gamma_gamma(orders: Floats, mean: Floats) -> GammaGamma:
    """Order values of customers with at least one order and a positive mean value."""
    from scipy.special import gammaln, psi

    kept = (orders > 0) & (mean > 0)
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
    return GammaGamma(p, q, g, -best * float(n.sum()))


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


def _beta_geometric(
    theta: Floats, x: Floats, t_x: Floats, age: Floats, *, from_start: int
) -> tuple[Floats, Floats, Floats]:
    """BG/NBD (from_start 0) and MBG/NBD (1): whether one can stop right after the first order."""
    from scipy.special import gammaln, psi

    r, alpha, a, b = theta
    chances = x + from_start
    log_now, log_last = np.log(alpha + age), np.log(alpha + t_x)
    shared = (
        gammaln(r + x) - gammaln(r) + r * np.log(alpha)
        + gammaln(a + b) + gammaln(b + chances) - gammaln(b) - gammaln(a + b + chances)
    )  # fmt: skip
    here = -(r + x) * log_now
    before = b + np.maximum(chances, 1) - 1
    gone = np.where(chances > 0, np.log(a) - np.log(before) - (r + x) * log_last, -np.inf)
    both = np.logaddexp(here, gone)
    w = np.exp(gone - both)
    slope = np.array(
        [
            psi(r + x) - psi(r) + np.log(alpha) - (1 - w) * log_now - w * log_last,
            r / alpha - (r + x) * ((1 - w) / (alpha + age) + w / (alpha + t_x)),
            psi(a + b) - psi(a + b + chances) + w / a,
            psi(a + b) - psi(a + b + chances) + psi(b + chances) - psi(b) - w / before,
        ]
    )
    return shared + both, shared + here, slope


def _bg_nbd(theta: Floats, x: Floats, t_x: Floats, age: Floats) -> tuple[Floats, Floats, Floats]:
    return _beta_geometric(theta, x, t_x, age, from_start=0)


def _mbg_nbd(theta: Floats, x: Floats, t_x: Floats, age: Floats) -> tuple[Floats, Floats, Floats]:
    return _beta_geometric(theta, x, t_x, age, from_start=1)


def _pareto_nbd(
    theta: Floats, x: Floats, t_x: Floats, age: Floats
) -> tuple[Floats, Floats, Floats]:
    """With s times the integral from t_x to T of (alpha + u)^-(r + x) (beta + u)^-(s + 1) for gone.

    Gauss-Legendre in ln(u + min(alpha, beta)), in which the integrand is nearly exponential:
    unlike the hypergeometric form it has a plain gradient and does not cancel.
    """
    from scipy.special import gammaln, logsumexp, psi

    r, alpha, s, beta = theta
    shared = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta)
    here = -(r + x) * np.log(alpha + age) - s * np.log(beta + age)
    least = min(alpha, beta)
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    start, end = np.log(t_x + least), np.log(age + least)
    half = np.maximum((end - start) / 2, 1e-300)[:, None]
    steps = start[:, None] + half * (nodes + 1)
    u = np.exp(steps) - least
    log_a, log_b = np.log(alpha + u), np.log(beta + u)
    parts = -(r + x)[:, None] * log_a - (s + 1) * log_b + steps + np.log(weights * half)
    gone = np.log(s) + logsumexp(parts, axis=1)
    both = np.logaddexp(here, gone)
    w, stays = np.exp(np.log(s) + parts - both[:, None]), np.exp(here - both)
    slope = np.array(
        [
            psi(r + x) - psi(r) + np.log(alpha)
            - stays * np.log(alpha + age) - (w * log_a).sum(axis=1),
            r / alpha - (r + x) * (stays / (alpha + age) + (w / (alpha + u)).sum(axis=1)),
            np.log(beta) - stays * np.log(beta + age)
            + w.sum(axis=1) / s - (w * log_b).sum(axis=1),
            s / beta - s * stays / (beta + age) - (s + 1) * (w / (beta + u)).sum(axis=1),
        ]
    )  # fmt: skip
    return shared + both, shared + here, slope


def _beta_geometric_orders(
    theta: Floats, x: Floats, age: Floats, horizon: float, *, from_start: int
) -> Floats:
    """Expected orders of a customer who is still there."""
    from scipy.special import hyp2f1

    r, alpha, a, b = theta
    a = a if abs(a - 1) > 1e-6 else 1 + 2e-6
    chances = x + from_start
    share = horizon / (alpha + age + horizon)
    series = hyp2f1(r + x, b + chances, a + b + chances - 1, share)
    orders: Floats = (a + b + chances - 1) / (a - 1) * (1 - (1 - share) ** (r + x) * series)
    return orders


def _bg_orders(theta: Floats, x: Floats, age: Floats, horizon: float) -> Floats:
    return _beta_geometric_orders(theta, x, age, horizon, from_start=0)


def _mbg_orders(theta: Floats, x: Floats, age: Floats, horizon: float) -> Floats:
    return _beta_geometric_orders(theta, x, age, horizon, from_start=1)


def _pareto_orders(theta: Floats, x: Floats, age: Floats, horizon: float) -> Floats:
    r, alpha, s, beta = theta
    s = s if abs(s - 1) > 1e-6 else 1 + 2e-6
    left = 1 - ((beta + age) / (beta + age + horizon)) ** (s - 1)
    orders: Floats = (r + x) * (beta + age) / ((alpha + age) * (s - 1)) * left
    return orders


#: model -> its likelihood, its parameters in order, and those that are a time.
KERNELS: Mapping[str, tuple[Kernel, tuple[str, ...], tuple[str, ...]]] = {
    "bg_nbd": (_bg_nbd, ("r", "alpha", "a", "b"), ("alpha",)),
    "mbg_nbd": (_mbg_nbd, ("r", "alpha", "a", "b"), ("alpha",)),
    "pareto_nbd": (_pareto_nbd, ("r", "alpha", "s", "beta"), ("alpha", "beta")),
}
EXPECTED: Mapping[str, Callable[[Floats, Floats, Floats, float], Floats]] = {
    "bg_nbd": _bg_orders,
    "mbg_nbd": _mbg_orders,
    "pareto_nbd": _pareto_orders,
}
