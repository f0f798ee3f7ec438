"""Global models: one model for all products, of what sold lately, the calendar and the product.

One row per product and origin; the target is the mean weekly demand over the horizon, divided, like
the lags, by the product's own recent level, so that big and small sellers share one model. A model
is refitted every horizon and only ever sees rows whose horizon had passed, so every forecast, old
or new, is out of sample.

Source: Montero-Manso & Hyndman (2021), Int. J. of Forecasting 37(4) (global models); Makridakis et
al. (2022), the M5 competition.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Starts = NDArray[np.intp]
Groups = NDArray[np.intp]

LAGS = 8
WINDOWS = (2, 4, 8, 13, 26)
YEAR = 52
FEWEST_ROWS = 200
MOST_ROWS = 60_000
TRAINING_ORIGINS = 26
#: Units a week added to a level, so that it can divide; growth beyond which a target is capped.
LEAST, MOST_GROWTH = 0.1, 8.0


def features(units: Floats, start: Starts, origin: int, groups: Groups) -> tuple[Floats, Floats]:
    """((products, features), (products,) level): what is known at `origin`, and the scale.

    Lags 1..8, means of the last 2..26 weeks, the same weeks a year ago, all by the level (mean of
    the last 13 weeks, plus a little); share of weeks with a sale, weeks since the last one, age,
    size, the group's recent growth, and the season as sine and cosine.
    """
    seen = units[:, :origin]
    level = seen[:, -13:].mean(axis=1) + LEAST
    padded = np.concatenate([np.zeros((len(units), YEAR)), seen], axis=1)
    weeks = np.arange(origin)
    last_sale = np.where(seen > 0, weeks, -1).max(axis=1, initial=-1)
    share = (seen[:, -26:] > 0).mean(axis=1)
    growth = _growth(seen, groups)
    angle = 2 * np.pi * (origin % YEAR) / YEAR
    columns = [
        *(padded[:, -lag] / level for lag in range(1, LAGS + 1)),
        *(padded[:, -window:].mean(axis=1) / level for window in WINDOWS),
        padded[:, -YEAR : -YEAR + 4].mean(axis=1) / level,
        share,
        np.log1p(origin - 1 - last_sale),
        np.log1p(np.maximum(origin - start, 0)),
        np.log(level),
        growth,
        np.full(len(units), np.sin(angle)),
        np.full(len(units), np.cos(angle)),
    ]
    return np.column_stack(columns).astype(np.float32), level


def _growth(seen: Floats, groups: Groups) -> Floats:
    """Each group's last four weeks over its last thirteen."""
    number = int(groups.max()) + 1
    recent = np.bincount(groups, seen[:, -4:].mean(axis=1), number)
    longer = np.bincount(groups, seen[:, -13:].mean(axis=1), number)
    ratio = np.divide(recent, longer, out=np.ones(number), where=longer > 0)
    return np.asarray(ratio[groups])


#: What is known at one origin: `features`, and which products are on sale by then.
Known = tuple[Floats, Floats]


def _global(make: Callable[[], Any]) -> Callable[..., Floats]:
    def forecast(
        units: Floats, start: Starts, origins: Sequence[int], horizon: int, groups: Groups
    ) -> Floats:
        refits = [*range(origins[-1], origins[0] - 1, -horizon)][::-1]
        earliest = max(LAGS, refits[0] - horizon - TRAINING_ORIGINS)
        known = {
            origin: features(units, start, origin, groups)
            for origin in range(min(earliest, origins[0]), origins[-1] + 1)
        }
        models = {when: _fit(make, units, start, when, horizon, known) for when in refits}
        level = np.empty((len(origins), len(units)))
        for row, origin in enumerate(origins):
            fitted = [when for when in refits if when <= origin]
            level[row] = _predict(models[fitted[-1]] if fitted else None, known[origin])
        return np.broadcast_to(level[:, :, None], (*level.shape, horizon))

    return forecast


def _predict(model: Any, known: Known) -> Floats:  # noqa: ANN401
    columns, level = known
    if model is None:
        return level - LEAST
    return np.asarray(np.maximum(model.predict(columns), 0.0) * level)


def _fit(
    make: Callable[[], Any],
    units: Floats,
    start: Starts,
    when: int,
    horizon: int,
    known: Mapping[int, Known],
) -> Any:  # noqa: ANN401
    """A model of every row whose horizon had passed at `when`; None if there are too few."""
    last = when - horizon
    rows, targets = [], []
    for origin in range(max(LAGS, last - TRAINING_ORIGINS), last + 1):
        on_sale = start <= origin - 4
        columns, level = known[origin]
        ahead = units[:, origin : origin + horizon].mean(axis=1) / level
        rows.append(columns[on_sale])
        targets.append(ahead[on_sale])
    if sum(map(len, targets)) < FEWEST_ROWS:
        return None
    every = slice(None, None, max(1, -(-sum(map(len, targets)) // MOST_ROWS)))
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        return make().fit(
            np.concatenate(rows)[every],
            np.minimum(np.concatenate(targets), MOST_GROWTH)[every],
        )


def _ridge() -> Any:  # noqa: ANN401
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), Ridge(alpha=10.0))


def _boosting() -> Any:  # noqa: ANN401
    from sklearn.ensemble import HistGradientBoostingRegressor

    return HistGradientBoostingRegressor(
        max_iter=80, learning_rate=0.08, max_leaf_nodes=15, min_samples_leaf=40, random_state=0
    )


def _network() -> Any:  # noqa: ANN401
    from sklearn.neural_network import MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    network = MLPRegressor(
        hidden_layer_sizes=(24, 12),
        alpha=1.0,
        max_iter=12,
        batch_size=512,
        tol=0.0,
        n_iter_no_change=12,
        random_state=0,
    )
    return _Quiet(make_pipeline(StandardScaler(), network))


class _Quiet:
    """A regressor that is stopped early on purpose, without its warning."""

    def __init__(self, inner: Any) -> None:  # noqa: ANN401
        self.inner = inner

    def fit(self, known: Floats, ahead: Floats) -> "_Quiet":
        """Fit the regressor."""
        import warnings

        from sklearn.exceptions import ConvergenceWarning

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            self.inner.fit(known, ahead)
        return self

    def predict(self, known: Floats) -> Floats:
        """Predict with it."""
        return np.asarray(self.inner.predict(known))


ridge = _global(_ridge)
gradient_boosting = _global(_boosting)
neural_network = _global(_network)
