"""Evidence: what each method scored on held-back time, with an interval, beside its baselines."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

SCHEMA: Mapping[str, pl.DataType] = {
    "method": pl.String(),
    "metric": pl.String(),
    "value": pl.Float64(),
    "low": pl.Float64(),
    "high": pl.Float64(),
    "baseline": pl.Boolean(),
    "chosen": pl.Boolean(),
    "lead": pl.Float64(),
    "lead_low": pl.Float64(),
    "lead_high": pl.Float64(),
}


@dataclass(frozen=True)
class Score:
    """One method's score by one metric on held-back time; `low` and `high` bound 95 %.

    lead: its value less that of the best baseline, measured on the same cases one by one, with the
        95 % interval of that difference; null where it was not paired.
    """

    method: str
    metric: str
    value: float
    low: float | None = None
    high: float | None = None
    baseline: bool = False
    chosen: bool = False
    lead: float | None = None
    lead_low: float | None = None
    lead_high: float | None = None


def table(scores: Iterable[Score]) -> pl.DataFrame:
    """The scores as one row per method and metric, sorted by metric, then method."""
    rows = [asdict(score) for score in scores]
    return pl.DataFrame(rows, schema=SCHEMA).sort("metric", "method")


#: Units from which on the normal interval serves.
MANY = 20_000


def bootstrap_mean(
    values: NDArray[np.float64], *, seed: int = 0, resamples: int = 500
) -> tuple[float, float, float]:
    """(mean, low, high): the mean of `values` (one per unit) and its 95 % percentile interval.

    From MANY units on it is the normal interval, which the bootstrap meets there.

    Resampling units with Poisson(1) weights, in blocks: Source: Hanley & MacGibbon (2006),
    Computer Methods and Programs in Biomedicine 83(1).
    """
    mean = float(values.mean())
    if len(values) >= MANY:
        half = 1.959964 * float(values.std(ddof=1)) / len(values) ** 0.5
        return mean, mean - half, mean + half
    rng = np.random.default_rng(seed)
    block = max(1, min(resamples, 4_000_000 // max(1, len(values))))
    means: list[NDArray[np.float64]] = []
    for start in range(0, resamples, block):
        size = (min(block, resamples - start), len(values))
        weights = rng.poisson(1.0, size).astype(np.float32)
        total = np.maximum(weights.sum(axis=1), 1.0)
        means.append((weights @ values.astype(np.float32)) / total)
    low, high = np.quantile(np.concatenate(means), [0.025, 0.975])
    return mean, float(low), float(high)
