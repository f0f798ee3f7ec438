"""EASE: the best linear model of products from products, in closed form.

    minimise |X - X B|^2 + lambda |B|^2  with diag(B) = 0
    P = (X'X + lambda I)^-1,  B(j, i) = -P(j, i) / P(i, i)

X: log(1 + orders), customers x the most popular products; the others keep score 0.
Source: Steck (2019), "Embarrassingly Shallow Autoencoders for Sparse Data", WWW.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.analyses.recommendations.history import Floats, History, Rows

LAMBDA = 300.0
#: Products in the closed form: its time grows with their cube, its memory with their square.
CAP = 5000


@dataclass(frozen=True, eq=False)
class Linear:
    """basket: csr customers x products. links: products x products (of the first `cap`), dense."""

    basket: Any
    links: Any

    def scores(self, rows: Rows) -> Floats:
        """rows x products."""
        known = self.links.shape[0]
        scores = np.zeros((len(rows), self.basket.shape[1]), np.float32)
        scores[:, :known] = self.basket[rows][:, :known] @ self.links
        return scores


def ease(
    history: History,
    seed: int,  # noqa: ARG001
    penalty: float = LAMBDA,
    cap: int = CAP,
) -> Linear:
    """Fitted by one Cholesky inversion in single precision."""
    basket = log_orders(history)
    return Linear(basket, weights(basket[:, :cap], penalty))


def weights(basket: Any, penalty: float) -> Floats:  # noqa: ANN401
    """B of the formula, dense float32. basket: csr customers x products."""
    from scipy.linalg import lapack

    gram = (basket.T @ basket).toarray().astype(np.float32)
    gram[np.diag_indices_from(gram)] += np.float32(penalty)
    factor, _ = lapack.spotrf(gram.T, lower=1, overwrite_a=1, clean=1)
    inverse, _ = lapack.spotri(factor, lower=1, overwrite_c=1)
    inverse = np.tril(inverse) + np.tril(inverse, -1).T
    inverse /= -np.diag(inverse)
    inverse[np.diag_indices_from(inverse)] = 0
    return np.ascontiguousarray(inverse, np.float32)


def log_orders(history: History) -> Any:  # noqa: ANN401
    """csr customers x products of log(1 + orders): the tenth order says less than the second."""
    basket = history.orders.copy()
    basket.data = np.log1p(basket.data)
    return basket
