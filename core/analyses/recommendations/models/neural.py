"""A neural model in NumPy: a denoising autoencoder with a multinomial likelihood (Mult-DAE).

    h = tanh(x W + a),  p = softmax(h V + b),  loss = - sum of x log p, averaged over customers

x: log(1 + orders), scaled to length 1, a DROPPED share of it hidden in training. Adam; weights
start from a seed; equal customers have equal scores.
Source: Liang et al. (2018), "Variational Autoencoders for Collaborative Filtering", WWW.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.analyses.recommendations.history import Floats, History, Rows
from core.analyses.recommendations.models.linear import log_orders

HIDDEN, EPOCHS, BATCH, RATE, DROPPED, DECAY = 96, 25, 256, 2e-3, 0.5, 1e-5
#: Products in the network, the others keep the lowest score; customers it sees, each time counted.
CAP, SEEN = 5000, 1_000_000


@dataclass(frozen=True, eq=False)
class Autoencoder:
    """basket: csr customers x products, rows of length 1. weights: W, a, V, b."""

    basket: Any
    weights: tuple[Floats, ...]
    links: Any = None

    def scores(self, rows: Rows) -> Floats:
        """rows x products: the logits."""
        into, offset, out, bias = self.weights
        known = len(bias)
        hidden = np.tanh(self.basket[rows][:, :known] @ into + offset)
        logits = hidden @ out + bias
        scores = np.full((len(rows), self.basket.shape[1]), logits.min() - 1, np.float32)
        scores[:, :known] = logits
        return scores


def autoencoder(history: History, seed: int, epochs: int = EPOCHS) -> Autoencoder:
    """Trained on every customer, in shuffled batches, `epochs` times; less often where customers
    are so many that they come to SEEN in fewer."""
    basket = log_orders(history)
    length = np.sqrt(np.asarray(basket.multiply(basket).sum(axis=1)).ravel())
    basket.data = basket.data / np.repeat(np.maximum(length, 1e-9), np.diff(basket.indptr))
    basket = basket.astype(np.float32)
    epochs = min(epochs, -(-SEEN // basket.shape[0]))
    return Autoencoder(basket, trained(basket[:, :CAP].tocsr(), seed, epochs))


def trained(basket: Any, seed: int, epochs: int = EPOCHS) -> tuple[Floats, ...]:  # noqa: ANN401
    """The weights after training. basket: csr customers x products."""
    from threadpoolctl import threadpool_limits

    rng = np.random.default_rng(seed)
    items = basket.shape[1]
    scale = np.sqrt(2 / (items + HIDDEN))
    shapes = ((items, HIDDEN), (HIDDEN,), (HIDDEN, items), (items,))
    weights = [(rng.standard_normal(s) * scale * (len(s) == 2)).astype(np.float32) for s in shapes]
    first, second = ([np.zeros_like(w) for w in weights] for _ in range(2))
    step = 0
    with threadpool_limits(1):  # products this small make a second thread spin, not help
        for _ in range(epochs):
            order = rng.permutation(basket.shape[0])
            for at in range(0, len(order), BATCH):
                step += 1
                wanted = basket[order[at : at + BATCH]]
                kept = rng.random(wanted.nnz, dtype=np.float32) >= DROPPED
                shown = wanted.copy()
                shown.data *= kept / np.float32(1 - DROPPED)
                _adam(weights, gradient(weights, shown, wanted), first, second, step)
    return tuple(weights)


def gradient(weights: list[Floats], shown: Any, wanted: Any) -> list[Floats]:  # noqa: ANN401
    """Slope of the loss by W, a, V, b for one batch. shown, wanted: csr customers x products."""
    into, offset, out, bias = weights
    hidden = np.tanh(shown @ into + offset)
    error = hidden @ out
    error += bias
    error -= error.max(axis=1, keepdims=True)
    np.exp(error, out=error)  # the chances, but for their scale
    error *= np.asarray(wanted.sum(axis=1)).reshape(-1, 1) / error.sum(axis=1, keepdims=True)
    rows = np.repeat(np.arange(wanted.shape[0]), np.diff(wanted.indptr))
    error[rows, wanted.indices] -= wanted.data
    error /= wanted.shape[0]
    inner = (error @ out.T) * (1 - hidden**2)
    return [shown.T @ inner, inner.sum(axis=0), hidden.T @ error, error.sum(axis=0)]


def _adam(
    weights: list[Floats],
    slopes: list[Floats],
    first: list[Floats],
    second: list[Floats],
    step: int,
) -> None:
    """One step of Adam with weight decay, in place."""
    for weight, slope, mean, square in zip(weights, slopes, first, second, strict=True):
        slope += DECAY * weight
        mean += 0.1 * (slope - mean)
        square += 0.001 * (slope**2 - square)
        fair = np.sqrt(square / (1 - 0.999**step)) + 1e-8
        weight -= (RATE / (1 - 0.9**step)) * mean / fair
