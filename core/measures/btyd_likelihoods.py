"""Likelihoods and expected orders of the buy-till-you-die models; see `buy_till_you_die`.

Histories are arrays x, t_x, T (n each), parameters an array in the order that KERNELS names.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
#: (parameters, x, t_x, T) -> (log-likelihood, its log-part of customers still there,
#: gradient by the parameters (parameters, n)).
Kernel = Callable[[Floats, Floats, Floats, Floats], tuple[Floats, Floats, Floats]]
NODES = 60


def _each(special: Callable[[Floats], Floats], shift: float, x: Floats) -> Floats:
    """special(shift + x), computed once per distinct x: there are few."""
    distinct, place = np.unique(x, return_inverse=True)
    found: Floats = special(shift + distinct)[place]
    return found


def _beta_geometric(
    theta: Floats, x: Floats, t_x: Floats, age: Floats, *, from_start: int
) -> tuple[Floats, Floats, Floats]:
    """BG/NBD (from_start 0) and MBG/NBD (1): whether one can stop right after the first order."""
    from scipy.special import gammaln, psi

    r, alpha, a, b = theta
    chances = x + from_start
    log_now, log_last = np.log(alpha + age), np.log(alpha + t_x)
    shared = (
        _each(gammaln, r, x) - gammaln(r) + r * np.log(alpha)
        + gammaln(a + b) - gammaln(b) + _each(gammaln, b, chances) - _each(gammaln, a + b, chances)
    )  # fmt: skip
    here = -(r + x) * log_now
    before = b + np.maximum(chances, 1) - 1
    gone = np.where(chances > 0, np.log(a) - np.log(before) - (r + x) * log_last, -np.inf)
    both = np.logaddexp(here, gone)
    w = np.exp(gone - both)
    left = psi(a + b) - _each(psi, a + b, chances)
    slope = np.array(
        [
            _each(psi, r, x) - psi(r) + np.log(alpha) - (1 - w) * log_now - w * log_last,
            r / alpha - (r + x) * ((1 - w) / (alpha + age) + w / (alpha + t_x)),
            left + w / a,
            left + _each(psi, b, chances) - psi(b) - w / before,
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
    shared = _each(gammaln, r, x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta)
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
            _each(psi, r, x) - psi(r) + np.log(alpha)
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
