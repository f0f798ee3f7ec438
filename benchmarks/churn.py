"""Churn: every method beside its baselines on real shops, and what it costs.

    python benchmarks/churn.py cdnow            CDNOW 1/10 sample: 39 weeks to learn, 39 to test
    python benchmarks/churn.py shop FILE ...    rolling origins on any export (all methods)
    python benchmarks/churn.py speed [N]        CPU seconds by step for N made-up customers

CDNOW comes with the test extra's package `lifetimes`. Times are CPU seconds of this process: read
them as ratios within one run.
"""

import sys
import time
from datetime import date, timedelta
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import polars as pl

from core.analyses import churn
from core.analyses.churn import models
from core.analyses.churn.history import Past, compact
from core.dataset import Dataset
from core.measures import buy_till_you_die, classification

METHODS = [name for name in models.MODELS if name not in ("xgboost", "lightgbm")]
METRICS = ("roc_auc", "pr_auc", "brier", "log_loss", "ece")


def cdnow() -> None:
    day, horizon = date(1997, 9, 30), 273
    lines = cdnow_lines()
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


def cdnow_lines() -> pl.LazyFrame:
    package = find_spec("lifetimes")
    if package is None or package.origin is None:
        sys.exit("CDNOW comes with the package lifetimes: install the test extra.")
    text = (Path(package.origin).parent / "datasets" / "CDNOW_sample.txt").read_text()
    rows = [line.split() for line in text.splitlines() if line.strip()]
    return pl.LazyFrame(
        {
            "customer_id": [row[1] for row in rows],
            "day": [row[2] for row in rows],
            "revenue": [float(row[4]) for row in rows],
        }
    ).select(
        order_id=pl.int_range(pl.len()).cast(pl.String),
        customer_id="customer_id",
        ordered_at=pl.col("day").str.to_datetime("%Y%m%d"),
        quantity=pl.lit(1.0),
        revenue="revenue",
    )


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
        case _:
            sys.exit(__doc__)
