"""The inventory forecast: how well each method does, and how long it takes.

    python benchmarks/inventory.py accuracy LINES.parquet    every method on weekly demand
    python benchmarks/inventory.py time                      1,000 and 20,000 series x 104 weeks

LINES.parquet: order lines in the canonical columns. Products with at least 20 sales weeks, horizons
of 4 and 8 weeks, three cut-offs; `auto` chooses at each cut-off from earlier ones only. CPU
seconds, not wall time; ratios are to a Python loop of statsmodels' ExponentialSmoothing.
"""

import sys
import time
from datetime import date

import numpy as np
import polars as pl

from core.analyses.inventory import backtest, demand, judgement, methods
from core.dataset import Dataset
from core.measures.forecast_error import bootstrap_ratios

SALES_WEEKS = 20
METRICS = ("rmsse", "mase", "wape", "bias", "pinball_10", "pinball_50", "pinball_90", "coverage_80")
LOOPED = 40


def accuracy(path: str) -> None:
    """Every method's measures, and auto's gain on both baselines with its interval."""
    data = Dataset("benchmark", "benchmark", pl.scan_parquet(path))
    known = demand.weekly(data, data.last_day)
    steady = (known.units > 0).sum(axis=1) >= SALES_WEEKS
    for horizon in (4, 8):
        for which in ("usual", "every_method"):
            compare(known, steady, horizon, which)


def compare(known: demand.Demand, steady, horizon: int, which: str) -> None:
    """Print one table."""
    names = methods.compared(which, "auto", known.weeks - horizon)
    past = backtest.history(known, horizon, names)
    tested = backtest.backtest(past)
    found = {m: judgement.measures(s[: tested.judged]) for m, s in tested.scores.items()}
    kept = steady & np.isfinite(found["auto"]["rmsse"][0])
    print(f"\n{horizon} weeks, {which}, {tested.judged} cut-offs, {kept.sum()} products")
    print(f"{'':22}" + "".join(f"{metric:>12}" for metric in METRICS))
    for method, measured in found.items():
        values = [np.divide(*(part[kept].sum() for part in measured[m])) for m in METRICS]
        print(f"{method:22}" + "".join(f"{value:12.4f}" for value in values))
    for metric in ("rmsse", "pinball"):
        for rival in methods.BASELINES:
            losses = [found[m][metric][0][kept][None] for m in ("auto", rival)]
            ratio, low, high = bootstrap_ratios(*losses)
            print(f"auto beats {rival} on {metric} by {1 - ratio[0]:.2%} "
                  f"({1 - high[0]:.2%} to {1 - low[0]:.2%})")  # fmt: skip


def timing() -> None:
    """CPU seconds of the auto path and of a loop of one statsmodels fit per series."""
    rng = np.random.default_rng(0)
    season = 1 + 0.3 * np.sin(2 * np.pi * np.arange(104) / 52)
    for count in (1_000, 20_000):
        mean = rng.gamma(0.5, 12, (count, 1))
        units = rng.poisson(mean * season).astype(float)
        table = pl.DataFrame({"category": np.arange(count) % 20})
        start, flags = np.zeros(count, dtype=np.intp), np.zeros(units.shape, dtype=bool)
        series = demand.Demand(units, start, table, date(2024, 1, 1), flags)
        begin = time.process_time()
        past = backtest.history(series, 4)
        backtest.backtest(past)
        ours = time.process_time() - begin
        print(f"{count} series x 104 weeks: auto {ours:.1f} s of CPU", end="")
        print(f", statsmodels loop {looped(units) * count:.0f} s (from {LOOPED} series)")


def looped(units) -> float:
    """CPU seconds per series of exponential smoothing in a loop, one fit each."""
    import warnings

    from statsmodels.tsa.holtwinters import ExponentialSmoothing

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ExponentialSmoothing(units[0]).fit().forecast(4)
        begin = time.process_time()
        for row in units[:LOOPED]:
            ExponentialSmoothing(row).fit().forecast(4)
    return (time.process_time() - begin) / LOOPED


if __name__ == "__main__":
    accuracy(sys.argv[2]) if sys.argv[1:2] == ["accuracy"] else timing()
