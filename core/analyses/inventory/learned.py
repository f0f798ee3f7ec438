"""Global models: one model for all products, of lags, calendar, price, promotion and the product.

One row per product and origin; the target is the mean weekly demand over the horizon, divided, like
the lags, by the product's own recent level, so that big and small sellers share one model. A model
is refitted every horizon, or every REFIT weeks where that is longer, and only ever sees rows whose
horizon had passed, so every forecast, old or new, is out of sample.

    ridge               least squares with a penalty on the logs of the ratios
    gradient boosting   trees under Poisson loss, on the ratios
    neural network      two layers on the ratios' logs

Source: Montero-Manso & Hyndman (2021), Int. J. of Forecasting 37(4) (global models); Makridakis et
al. (2022), the M5 competition.
"""

from collections.abc import Callable, Sequence
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
MOST_ROWS = 15_000
BATCH = 512
TRAINING_ORIGINS = 26
SEASON_ORIGINS = 60
#: Weeks between two fits of a model, at least.
REFIT = 8
#: Units a week added to a level, so that it can divide; growth beyond which a target is capped.
LEAST, MOST_GROWTH = 0.1, 8.0


class Table:
    """What is known of every product after each week, in running sums: features in one look."""

    def __init__(self, units: Floats, start: Starts, horizon: int, around: Context) -> None:
        self.units, self.start, self.horizon, self.around = units, start, horizon, around
        self.total = _running(units)
        self.sales = _running((units > 0).astype(np.float64))
        latest = np.where(units > 0, np.arange(units.shape[1]), -1)
        self.latest = np.maximum.accumulate(latest, axis=1)
        number = int(around.groups.max()) + 1
        sums = np.zeros((number, units.shape[1] + 1))
        np.add.at(sums, around.groups, self.total)
        self.group = sums

    def level(self, origin: int, rows: slice) -> Floats:
        """(products,) mean of the last 13 weeks on sale, plus a little."""
        age = np.clip(origin - self.start[rows], 1, 13)
        return np.asarray(_last(self.total[rows], origin, 13) / age + LEAST)

    def features(self, origin: int, rows: slice = slice(None)) -> Floats:
        """(products, features) known at `origin`; the time of year and the calendar come last.

        Logs of 1 + ratio to the level of lags 1..8, means of the last 2..26 weeks and the same
        weeks a year ago; share of weeks with a sale, weeks since the last one, age, size, the
        group's recent growth; season as sine and cosine, calendar, price and promotion.
        """
        total, units, level = self.total[rows], self.units[rows], self.level(origin, rows)
        ratios = [
            *(units[:, origin - lag] for lag in range(1, LAGS + 1)),
            *(_last(total, origin, window) / window for window in WINDOWS),
            _last(total, max(origin - YEAR + 4, 0), 4) / 4,
        ]
        angle = 2 * np.pi * (origin % YEAR) / YEAR
        recent, longer = _last(self.group, origin, 4) / 4, _last(self.group, origin, 13) / 13
        growth = np.divide(recent, longer, out=np.ones_like(recent), where=longer > 0)
        columns = [
            *(np.log1p(ratio / level) for ratio in ratios),
            _last(self.sales[rows], origin, 26) / min(origin, 26),
            np.log1p(origin - 1 - self.latest[rows, origin - 1]),
            np.log1p(np.maximum(origin - self.start[rows], 0)),
            np.log(level),
            growth[self.around.groups[rows]],
            np.full(len(level), np.sin(angle)),
            np.full(len(level), np.cos(angle)),
            *(column[rows] for column in self.around.known(origin, self.horizon)),
        ]
        return np.column_stack(columns).astype(np.float32)

    def lesson(self, origin: int, every: int) -> tuple[Floats, Floats]:
        """(features, growth over the horizon) at `origin` of one product in `every` on sale."""
        rows = slice(origin % every, None, every)
        on_sale = self.start[rows] <= origin - 4
        ahead = self.units[rows, origin : origin + self.horizon].mean(axis=1)
        growth = np.minimum(ahead / self.level(origin, rows), MOST_GROWTH)
        return self.features(origin, rows)[on_sale], growth[on_sale]


#: Columns that do not tell the time of year; the others need a year to learn from.
TIMELESS = LAGS + len(WINDOWS) + 6


def _running(values: Floats) -> Floats:
    """(products, weeks + 1) sums of the weeks before each."""
    return np.concatenate([np.zeros((len(values), 1)), values.cumsum(axis=1)], axis=1)


def _last(total: Floats, origin: int, weeks: int) -> Floats:
    """Sums of the last `weeks` weeks before `origin`, of running sums."""
    return np.asarray(total[:, origin] - total[:, max(origin - weeks, 0)])


def _global(make: Callable[[], Any]) -> Callable[..., Floats]:
    def forecast(
        units: Floats, start: Starts, origins: Sequence[int], horizon: int, around: Context
    ) -> Floats:
        table = Table(units, start, horizon, around)
        refits = [*range(origins[-1], origins[0] - 1, -max(horizon, REFIT))][::-1]
        lessons: dict[int, tuple[Floats, Floats]] = {}
        models = {when: _fit(make, table, when, lessons) for when in refits}
        level = np.empty((len(origins), len(units)))
        for row, origin in enumerate(origins):
            fitted = [models[when] for when in refits if when <= origin]
            level[row] = _predict(fitted[-1] if fitted else None, table, origin)
        return np.broadcast_to(level[:, :, None], (*level.shape, horizon))

    return forecast


def _predict(fitted: tuple[Any, int] | None, table: Table, origin: int) -> Floats:
    level = table.level(origin, slice(None))
    if fitted is None:
        return level - LEAST
    model, used = fitted
    growth = model.predict(table.features(origin)[:, :used])
    return np.asarray(np.clip(growth, 0.0, MOST_GROWTH) * level)


def _fit(
    make: Callable[[], Any], table: Table, when: int, lessons: dict[int, tuple[Floats, Floats]]
) -> tuple[Any, int] | None:
    """(model, columns used) of every row whose horizon had passed; None with too few, or no sale.

    lessons: those learned from already, by origin; what is missing is added.
    """
    last, yearly = when - table.horizon, when >= FEWEST_WEEKS
    span = SEASON_ORIGINS if yearly else TRAINING_ORIGINS
    every = -(-len(table.units) * SEASON_ORIGINS // MOST_ROWS)
    origins = range(max(LAGS, last - span), last + 1)
    for origin in origins:
        if origin not in lessons:
            lessons[origin] = table.lesson(origin, every)
    rows = [lessons[origin] for origin in origins]
    if sum(len(growth) for _, growth in rows) < FEWEST_ROWS:
        return None
    growth = np.concatenate([growth for _, growth in rows])
    if not growth.any():
        return None  # Nothing sold ahead of any of them: there is nothing to learn.
    columns = np.concatenate([known for known, _ in rows])
    used = columns.shape[1] if yearly else TIMELESS
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        model = make().fit(columns[:, :used], growth)
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
        max_iter=30,
        learning_rate=0.15,
        max_leaf_nodes=15,
        min_samples_leaf=40,
        early_stopping=False,
        random_state=0,
    )


class _Network:
    """Two layers on scaled features; stopped early on purpose, so without the warning of it."""

    def fit(self, known: Floats, ahead: Floats) -> "_Network":
        """Fit the network."""
        import warnings

        from sklearn.exceptions import ConvergenceWarning
        from sklearn.neural_network import MLPRegressor
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        network = MLPRegressor(
            hidden_layer_sizes=(24, 12),
            alpha=1.0,
            max_iter=12,
            batch_size=min(BATCH, len(known)),
            tol=0.0,
            n_iter_no_change=12,
            random_state=0,
        )
        self.model = make_pipeline(StandardScaler(), network)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            self.model.fit(known, ahead)
        return self

    def predict(self, known: Floats) -> Floats:
        """Predict with it."""
        return np.asarray(self.model.predict(known))


ridge = _global(_ridge)
gradient_boosting = _global(_boosting)
neural_network = _global(_Network)
