"""Global models: one model for all products, of lags, calendar, price, promotion and the product.

One row per product and origin; the target is the mean weekly demand over the horizon, divided, like
the lags, by the product's own recent level, so that big and small sellers share one model. A model
is refitted every horizon and only ever sees rows whose horizon had passed, so every forecast, old
or new, is out of sample.

    ridge               least squares with a penalty on the logs of the ratios
    gradient boosting   trees under Poisson loss, on the ratios
    neural network      two layers on the ratios' logs, the mean of three starts

Source: Montero-Manso & Hyndman (2021), Int. J. of Forecasting 37(4) (global models); Makridakis et
al. (2022), the M5 competition.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.analyses.inventory.context import Context

Floats = NDArray[np.float64]
Starts = NDArray[np.intp]

LAGS = 8
WINDOWS = (2, 4, 8, 13, 26)
YEAR = 52
#: Weeks of history before the time of year is learned from.
FEWEST_WEEKS = 60
FEWEST_ROWS = 200
MOST_ROWS = 30_000
TRAINING_ORIGINS = 26
SEASON_ORIGINS = 60
#: Weeks between two fits of a model, at least.
REFIT = 8
#: Units a week added to a level, so that it can divide; growth beyond which a target is capped.
LEAST, MOST_GROWTH = 0.1, 8.0

#: ((products, features), (products,) level): what is known at one origin.
Known = tuple[Floats, Floats]


def features(units: Floats, start: Starts, origin: int, horizon: int, around: Context) -> Known:
    """What is known at `origin`, the time of year and the calendar last, and the scale.

    Logs of 1 + ratio to the level (mean of the last 13 weeks on sale, plus a little) of lags 1..8,
    means of the last 2..26 weeks and the same weeks a year ago; share of weeks with a sale, weeks
    since the last one, age, size, the group's recent growth; season as sine and cosine, calendar,
    price and promotion.
    """
    seen = units[:, :origin]
    level = seen[:, -13:].sum(axis=1) / np.clip(origin - start, 1, 13) + LEAST
    padded = np.concatenate([np.zeros((len(units), YEAR)), seen], axis=1)
    last_sale = np.where(seen > 0, np.arange(origin), -1).max(axis=1, initial=-1)
    ratios = [
        *(padded[:, -lag] for lag in range(1, LAGS + 1)),
        *(padded[:, -window:].mean(axis=1) for window in WINDOWS),
        padded[:, -YEAR : -YEAR + 4].mean(axis=1),
    ]
    angle = 2 * np.pi * (origin % YEAR) / YEAR
    columns = [
        *(np.log1p(ratio / level) for ratio in ratios),
        (seen[:, -26:] > 0).mean(axis=1),
        np.log1p(origin - 1 - last_sale),
        np.log1p(np.maximum(origin - start, 0)),
        np.log(level),
        _growth(seen, around.groups),
        np.full(len(units), np.sin(angle)),
        np.full(len(units), np.cos(angle)),
        *around.known(origin, horizon),
    ]
    return np.column_stack(columns).astype(np.float32), level


#: Columns that do not tell the time of year; the others need a year to learn from.
TIMELESS = LAGS + len(WINDOWS) + 6


def _growth(seen: Floats, groups: NDArray[np.intp]) -> Floats:
    """Each group's last four weeks over its last thirteen."""
    number = int(groups.max()) + 1
    recent = np.bincount(groups, seen[:, -4:].mean(axis=1), number)
    longer = np.bincount(groups, seen[:, -13:].mean(axis=1), number)
    ratio = np.divide(recent, longer, out=np.ones(number), where=longer > 0)
    return np.asarray(ratio[groups])


def _global(make: Callable[[], Any]) -> Callable[..., Floats]:
    def forecast(
        units: Floats, start: Starts, origins: Sequence[int], horizon: int, around: Context
    ) -> Floats:
        refits = [*range(origins[-1], origins[0] - 1, -max(horizon, REFIT))][::-1]
        span = SEASON_ORIGINS if origins[-1] >= FEWEST_WEEKS else TRAINING_ORIGINS
        earliest = min(max(LAGS, refits[0] - horizon - span), origins[0])
        known = {
            origin: features(units, start, origin, horizon, around)
            for origin in range(earliest, origins[-1] + 1)
        }
        models = {when: _fit(make, units, start, when, horizon, known) for when in refits}
        level = np.empty((len(origins), len(units)))
        for row, origin in enumerate(origins):
            fitted = [when for when in refits if when <= origin]
            level[row] = _predict(models[fitted[-1]] if fitted else None, known[origin])
        return np.broadcast_to(level[:, :, None], (*level.shape, horizon))

    return forecast


def _predict(fitted: tuple[Any, int] | None, known: Known) -> Floats:
    columns, level = known
    if fitted is None:
        return level - LEAST
    model, used = fitted
    return np.asarray(np.clip(model.predict(columns[:, :used]), 0.0, MOST_GROWTH) * level)


def _fit(
    make: Callable[[], Any],
    units: Floats,
    start: Starts,
    when: int,
    horizon: int,
    known: Mapping[int, Known],
) -> tuple[Any, int] | None:
    """(model, columns used) of every row whose horizon had passed; None if there are too few."""
    last = when - horizon
    yearly = when >= FEWEST_WEEKS
    rows, targets = [], []
    span = SEASON_ORIGINS if yearly else TRAINING_ORIGINS
    for origin in range(max(LAGS, min(known), last - span), last + 1):
        on_sale = start <= origin - 4
        columns, level = known[origin]
        ahead = units[:, origin : origin + horizon].mean(axis=1) / level
        rows.append(columns[on_sale])
        targets.append(ahead[on_sale])
    count = sum(map(len, targets))
    if count < FEWEST_ROWS:
        return None
    every = slice(None, None, max(1, -(-count // MOST_ROWS)))
    used = rows[0].shape[1] if yearly else TIMELESS
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        model = make().fit(
            np.concatenate(rows)[every, :used],
            np.minimum(np.concatenate(targets), MOST_GROWTH)[every],
        )
    return model, used


def _ridge() -> Any:  # noqa: ANN401
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), Ridge(alpha=10.0))


def _boosting() -> Any:  # noqa: ANN401
    from sklearn.ensemble import HistGradientBoostingRegressor

    return HistGradientBoostingRegressor(
        loss="poisson",
        max_iter=60,
        learning_rate=0.1,
        max_leaf_nodes=15,
        min_samples_leaf=40,
        early_stopping=False,
        random_state=0,
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
