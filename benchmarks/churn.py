"""Churn: every method beside its baselines on real shops, and what it costs.

    python -m benchmarks.churn cdnow            CDNOW 1/10 sample: 39 weeks to learn, 39 to test
    python -m benchmarks.churn shop FILE ...    rolling origins on any export (all methods)
    python -m benchmarks.churn speed [N]        CPU seconds by step for N made-up customers
    python -m benchmarks.churn fit [N]          seconds to fit each method to N rows x 25 columns
    python -m benchmarks.churn spin             the same boosting, two threads, by OMP_WAIT_POLICY

CDNOW comes with the test extra's package `lifetimes`. Times are CPU seconds of this process unless
wall is said: read them as ratios within one run.
"""

import os
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from benchmarks import cdnow as cdnow_orders
from core.analyses import churn
from core.analyses.churn import learners, models
from core.analyses.churn.history import Past, compact
from core.dataset import Dataset
from core.measures import buy_till_you_die, classification

OPTIONAL = ("xgboost", "lightgbm")
METHODS = [name for name in models.MODELS if name not in OPTIONAL]
METRICS = tuple(classification.MEASURES)


def cdnow() -> None:
    day, horizon = date(1997, 9, 30), 273
    lines = cdnow_orders.lines()
    truth = Past(compact(lines), date(1997, 1, 1), date(1998, 6, 30), horizon, 730).labelled(day)
    churned = 1 - truth["returned"].to_numpy()
    weights = classification.resampled(np.arange(truth.height))
    print(f"{'method':30}{'seconds':>8}  " + "".join(f"{m:>24}" for m in METRICS), "total  bins in")
    for method in ("auto", *METHODS):
        began = time.process_time()
        config = churn.Config(as_of=day, horizon_days=horizon, method=method)
        result = churn.run(Dataset("cdnow", "cdnow", lines), config)
        seconds = time.process_time() - began
        found = truth.join(result.customers.select("customer_id", "churn_probability"),
                           on="customer_id", how="left", maintain_order="left")  # fmt: skip
        p = found["churn_probability"].to_numpy()
        cells = "".join(cell(classification.interval(classification.MEASURES[m], churned, p,
                                                     weights)) for m in METRICS)  # fmt: skip
        bins = classification.calibration(churned, p)
        inside = bins.select(pl.col("observed").is_between("low", "high").sum()).item()
        total = (1 - p).sum() / (1 - churned).sum() - 1
        name = f"auto: {result.config.method}" if method == "auto" else method
        print(f"{name:30}{seconds:8.1f}  {cells} {total:+.3f} {inside}/{bins.height}")


def shop(files: list[str]) -> None:
    from core.intake.load import Upload, load

    dataset = load([Upload(Path(file).name, Path(file)) for file in files])
    began = time.process_time()
    result = churn.run(dataset, churn.Config(candidates=tuple(METHODS)))
    seconds = time.process_time() - began
    print(
        f"horizon {result.horizon_days} days; chosen: {result.config.method}; {seconds:.1f} s CPU"
    )
    print(f"{'method':30}" + "".join(f"{m:>24}" for m in METRICS))
    for method in METHODS:
        scores = result.evidence.filter(pl.col("method") == method)
        cells = ""
        for metric in METRICS:
            row = scores.filter(pl.col("metric") == metric)
            cells += cell(row.select("value", "low", "high").row(0)) if row.height else " " * 24
        print(f"{method:30}{cells}")
    with pl.Config(tbl_rows=20, tbl_cols=20, tbl_hide_dataframe_shape=True):
        print(result.calibration)
        print(result.evidence.filter(pl.col("metric").str.ends_with("_bias")))


def speed(customers: int) -> None:
    """BG/NBD customers over two years; one process, one run."""
    rng, days = np.random.default_rng(0), 730
    rate, p = rng.gamma(0.8, 1 / 60, customers), rng.beta(0.7, 4, customers)
    clock, here, parts = rng.uniform(0, 500, customers), np.ones(customers, bool), []
    for _ in range(60):
        here &= clock < days
        parts.append((np.flatnonzero(here), clock[here]))
        here &= rng.random(customers) >= p
        clock = clock + rng.exponential(1 / rate)
    who, when = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    lines = pl.DataFrame({"c": who, "d": when}).select(
        order_id=pl.int_range(pl.len()).cast(pl.String),
        customer_id=pl.col("c").cast(pl.String),
        ordered_at=pl.datetime(2024, 1, 1) + pl.duration(seconds=pl.col("d") * 86400),
        quantity=pl.lit(1.0),
        revenue=pl.Series(rng.lognormal(3, 0.6, len(who)).round(2)),
    )
    print(f"{customers} customers, {lines.height} orders; CPU seconds:")
    history = clocked("history", lambda: compact(lines.lazy()))
    last = date(2024, 1, 1) + timedelta(days=days - 1)
    past = Past(history, date(2024, 1, 1), last, 60, 730)
    facts = clocked("facts and labels of one day", lambda: past.labelled(last - timedelta(60)))
    x, t_x, age = buy_till_you_die.histories(facts)
    print(f"  {facts.height} customers, {len(buy_till_you_die.counted(x, t_x, age)[0])} distinct")
    for name in ("bg_nbd", "mbg_nbd"):
        clocked(f"{name} fit", lambda name=name: buy_till_you_die.fit(name, x, t_x, age))
    for method in ("recency_frequency_score", "logistic_regression", "hist_gradient_boosting"):
        predict = clocked(f"{method} fit", lambda m=method: models.fit(m, facts, 0))
        clocked(f"{method} predict", lambda p=predict: p(facts))


def fit(customers: int) -> None:
    """The size of the design's table (6. Churn): 25 columns, four of five rows to learn from."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(customers, 25))
    odds = x[:, :6] @ rng.normal(size=6) + np.sin(2 * x[:, 0]) + x[:, 1] * x[:, 2]
    y = (rng.random(customers) < 1 / (1 + np.exp(-odds))).astype(float)
    n = customers * 4 // 5
    made = {
        "logistic_regression": LogisticRegression(C=1.0, max_iter=200),
        "linear_svm": make_pipeline(StandardScaler(), LinearSVC(C=0.1, dual=False)),
    } | {name: made(n, 0) for name, made in learners.MAKERS.items() if name not in OPTIONAL}
    # The slowest last: who waits has seen the others.
    made |= {name: made.pop(name) for name in ("ada_boost", "random_forest")}
    print(f"{n} customers x 25 columns; threads {os.environ.get('OMP_NUM_THREADS', 'all')}")
    for name, model in made.items():
        wall, began = time.perf_counter(), time.process_time()
        model.fit(x[:n], y[:n])
        seconds, wall = time.process_time() - began, time.perf_counter() - wall
        said = getattr(model, "predict_proba", None) or model.decision_function
        area = classification.roc_auc(y[n:], said(x[n:]).reshape(len(x) - n, -1)[:, -1])
        print(f"  {name:28}{seconds:8.1f} s CPU {wall:8.1f} s wall   AUC {area:.4f}", flush=True)


def spin() -> None:
    """80,000 x 25, boosting, in fresh processes, alternated: seconds of wall and of CPU."""
    work = (
        "import os, time, core, numpy as np;"
        "from sklearn.ensemble import HistGradientBoostingClassifier as B;"
        "r = np.random.default_rng(0); x = r.normal(size=(80_000, 25)); y = x[:, 0] > 0;"
        "m = B(max_iter=50, early_stopping=False); w, c = time.perf_counter(), time.process_time();"
        "m.fit(x, y); w, c = time.perf_counter() - w, time.process_time() - c;"
        "print(f'{w:6.2f} s wall {c:6.2f} s CPU')"
    )
    for policy, threads in (("ACTIVE", 2), ("PASSIVE", 2), ("PASSIVE", 1)) * 2:
        print(f"  {policy:8} {threads} threads", end="  ", flush=True)
        settings = {"OMP_WAIT_POLICY": policy, "OMP_NUM_THREADS": str(threads)}
        subprocess.run([sys.executable, "-c", work], check=True, env=os.environ | settings)


def clocked(what: str, work):
    began = time.process_time()
    answer = work()
    print(f"  {what:45}{time.process_time() - began:8.2f}")
    return answer


def cell(found: tuple[float, float, float]) -> str:
    value, low, high = found
    return f"{value:.4f} ({low:.4f}-{high:.4f})".rjust(24)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["cdnow"]:
            cdnow()
        case ["shop", *files] if files:
            shop(files)
        case ["speed", *size]:
            speed(int(size[0]) if size else 500_000)
        case ["fit", *size]:
            fit(int(size[0]) if size else 500_000)
        case ["spin"]:
            spin()
        case _:
            sys.exit(__doc__)
