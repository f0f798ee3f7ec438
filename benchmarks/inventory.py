"""The inventory forecast: how well each method does, and how long it takes.

    python benchmarks/inventory.py accuracy LINES.parquet    every method on weekly demand
    python benchmarks/inventory.py time [PYTHON]             1,000 and 20,000 series x 104 weeks

LINES.parquet: order lines in the canonical columns. Products with at least 20 sales weeks, horizons
of 4 and 8 weeks, three cut-offs; `auto` chooses at each cut-off from earlier ones only. CPU
seconds, not wall time. Ratios are to a Python loop of one statsmodels ETS fit per series and, where
PYTHON is an interpreter that has statsforecast (it pins pandas < 3, so it needs an environment of
its own), to one AutoETS fit per series in the same run. Ours forecasts by every usual method from
every one of the last origins and chooses by backtest; theirs fit once.
"""

import resource
import subprocess
import sys
import tempfile
import time
from datetime import date

import numpy as np
import polars as pl

from core.analyses.inventory import backtest, demand, judgement, methods
from core.dataset import Dataset
from core.measures.forecast_error import bootstrap_ratios

SALES_WEEKS = 20
METRICS = ("rmsse", "mase", "wape", "bias", "pinball_10", "pinball_50", "pinball_90", "coverage_80")
LOOPED = 60


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


def timing(rival: str | None, counts=(1_000, 20_000)) -> None:
    """CPU seconds and memory of the auto path, a loop of one statsmodels ETS fit per series, and
    statsforecast's AutoETS run by the Python `rival`.
    """
    backtest.backtest(backtest.history(series_of(made_up(50)), 4))  # libraries are loaded once
    for count in counts:
        units = made_up(count)
        series = series_of(units)
        begin = time.process_time()
        past = backtest.history(series, 4)
        made = time.process_time() - begin
        backtest.backtest(past)
        ours = time.process_time() - begin
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{count} series x 104 weeks: auto {ours:.1f} s of CPU ({made:.1f} for forecasts "
              f"from {len(past.origins)} origins); peak {peak:.0f} MiB")  # fmt: skip
        rivals = {"statsmodels ETS": (looped(units), 0.0)}
        if rival:
            rivals["statsforecast AutoETS"] = measured(rival, units)
        for name, (each, memory) in rivals.items():
            print(f"  one fit of {name} for each: {each * count:.0f} s, {each * count / ours:.1f} "
                  f"x ours (from {LOOPED} series; {memory:.0f} MiB)")  # fmt: skip


def series_of(units) -> demand.Demand:
    """The demand of as many products in twenty categories."""
    table = pl.DataFrame({"category": np.arange(len(units)) % 20})
    start, flags = np.zeros(len(units), dtype=np.intp), np.zeros(units.shape, dtype=bool)
    return demand.Demand(units, start, table, date(2024, 1, 1), flags)


def made_up(count: int):
    """(count, 104) units a week with a season of one year."""
    rng = np.random.default_rng(0)
    season = 1 + 0.3 * np.sin(2 * np.pi * np.arange(104) / 52)
    return rng.poisson(rng.gamma(0.5, 12, (count, 1)) * season).astype(float)


AUTO_ETS = """
import sys, time
import numpy as np
from statsforecast.models import AutoETS
units = np.load(sys.argv[1])
AutoETS(season_length=1).forecast(units[0], 4)
begin = time.process_time()
for row in units:
    AutoETS(season_length=1).forecast(row, 4)
# Linux counts the parent's peak in getrusage: VmHWM is this process's own.
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(time.process_time() - begin, int(peak.split()[1]) / 1024)
"""


def measured(python: str, units) -> tuple[float, float]:
    """(CPU seconds per series, MiB at most) of AutoETS, in another environment."""
    with tempfile.NamedTemporaryFile(suffix=".npy") as file:
        np.save(file, units[:LOOPED])
        file.flush()
        done = subprocess.run(
            [python, "-c", AUTO_ETS, file.name], capture_output=True, text=True, check=True
        )
    seconds, memory = map(float, done.stdout.split())
    return seconds / LOOPED, memory


def looped(units) -> float:
    """CPU seconds per series of statsmodels' ETS (error, trend, no season) in a loop."""
    import warnings

    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ETSModel(units[0], trend="add").fit(disp=0).forecast(4)
        begin = time.process_time()
        for row in units[:LOOPED]:
            ETSModel(row, trend="add").fit(disp=0).forecast(4)
    return (time.process_time() - begin) / LOOPED


if __name__ == "__main__":
    accuracy(sys.argv[2]) if sys.argv[1:2] == ["accuracy"] else timing(*sys.argv[2:3] or [None])
