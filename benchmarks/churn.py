"""Churn: every method beside its baselines on real shops, and what it costs.

    python -m benchmarks.churn cdnow            CDNOW 1/10 sample: 39 weeks to learn, 39 to test
    python -m benchmarks.churn shop FILE ...    rolling origins on any export (all methods)
    python -m benchmarks.churn null             a shop whose customers are all alike
    python -m benchmarks.churn speed [N]        CPU seconds by step for N made-up customers
    python -m benchmarks.churn fit [N]          seconds to fit each method to N rows x 25 columns
    python -m benchmarks.churn spin             the same boosting, two threads, by OMP_WAIT_POLICY

CDNOW comes with the test extra's package `lifetimes`. Times are CPU seconds of this process unless
wall is said: read them as ratios within one run. Brackets are 95 % bootstrap intervals.
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

from benchmarks import cdnow as split
from core.analyses import churn
from core.analyses.churn import evaluation, learners, models, proof
from core.analyses.churn.folds import folds
from core.analyses.churn.history import Past, compact
from core.dataset import Dataset
from core.measures import buy_till_you_die, classification

OPTIONAL = ("xgboost", "lightgbm")
METHODS = tuple(name for name in models.MODELS if name not in OPTIONAL)
METRICS = tuple(classification.MEASURES)


def cdnow() -> None:
    truth = split.truth()
    churned = 1 - truth["returned"].to_numpy()
    draws, found = classification.drawn(np.arange(truth.height)), {}
    print(f"{'method':30}{'CPU s':>8}  {heading()} total  bins in")
    for method in ("auto", *METHODS):
        began = time.process_time()
        result, p = split.predicted(method)
        seconds = time.process_time() - began
        found[method] = p.to_numpy()
        name = f"auto: {result.config.method}" if method == "auto" else method
        print(f"{name:30}{seconds:8.1f}  {row(churned, found[method], draws)}", flush=True)
    criteria(truth, churned, found, draws)


def criteria(truth: pl.DataFrame, churned, found: dict, draws) -> None:
    """What must hold on CDNOW, each with its figures."""
    x, t_x, age = buy_till_you_die.histories(truth)
    weeks = [part / 7 for part in (t_x, age)]
    bg = buy_till_you_die.fit("bg_nbd", x, *weeks)
    print(f"BG/NBD {bg.parameters} (published: 0.243, 4.414, 0.793, 2.426)")
    for name in ("brier", "log_loss"):
        ours, rule = (
            classification.intervals(churned, found[one], draws, classification.MEASURES)[name]
            for one in ("auto", "recency_rule")
        )
        print(f"{name}: chosen{cell(ours)}, recency rule{cell(rule)}: {ours[2] < rule[1]}")
    ranks = {
        "chosen": found["auto"],
        "simple score": -(x + 1) / (truth["recency_days"].to_numpy() + 28),
        "BG/NBD expected orders": -bg.expected_orders(x, *weeks, split.DAYS / 7),
    }
    for name, score in ranks.items():
        area = classification.intervals(churned, score, draws, {"": classification.roc_auc})
        print(f"ROC AUC, {name}:{cell(area[''])}")


def shop(files: list[str]) -> None:
    from core.intake.load import Upload, load

    dataset = load([Upload(Path(file).name, Path(file)) for file in files])
    began = time.process_time()
    result = churn.run(dataset, churn.Config())
    seconds = time.process_time() - began
    print(f"horizon {result.horizon_days} days; chosen: {result.config.method}; {seconds:.1f} s "
          f"CPU; level's sd {result.drift:.2f} logits")  # fmt: skip
    history = compact(dataset.lines)
    first, last = history.filter("sale")["day"].min(), result.config.as_of
    past = Past(history, first, last, result.tested_days, result.config.bought_within_days)
    began = time.process_time()
    test = evaluation.backtest(past, folds(first, last, past.horizon_days), METHODS, 0)
    seconds = time.process_time() - began
    print(f"all methods rolling: {seconds:.1f} s CPU\n{'method':30}{heading()} total  bins in")
    for method in METHODS:
        print(f"{method:30}{row(test.churned, test.churn(method), test.draws)}", flush=True)
    for metric in ("roc_auc", "brier", "log_loss"):
        print(f"{metric} by day")
        days = proof.stability(test).filter(pl.col("metric") == metric)
        for method in METHODS:
            cells = days.filter(pl.col("method") == method).select("value", "low", "high").rows()
            print(f"{method:30}{''.join(cell(found) for found in cells)}")
    with pl.Config(tbl_rows=20, tbl_cols=20, tbl_hide_dataframe_shape=True):
        chosen = result.by_day.filter(pl.col("method") == result.config.method)
        bias = result.evidence.filter(pl.col("metric").str.ends_with("_bias"))
        for table in (result.calibration, chosen, result.by_group, bias, result.tested_lists):
            print(table)


def null() -> None:
    """1,500 customers, one rate, nobody leaves: no method may tell them apart."""
    rng = np.random.default_rng(0)
    days = np.cumsum(rng.exponential(30, (1500, 60)), axis=1) + rng.uniform(-30, 200, (1500, 1))
    who, when = np.nonzero((days > 0) & (days < 420))
    lines = made(who, days[who, when], np.full(len(who), 20.0))
    found = churn.run(Dataset("null", "null", lines.lazy()), churn.Config(candidates=METHODS))
    print(f"chosen: {found.config.method}; ROC AUC on held-back days (0.5: cannot tell)")
    area = found.evidence.filter(pl.col("metric") == "roc_auc")
    for method, *figures in area.select("method", "value", "low", "high").rows():
        print(f"{method:30}{cell(figures)}")


def made(who, day, revenue) -> pl.DataFrame:
    """Order lines of customers `who` on days since 2024."""
    return pl.DataFrame({"c": who, "d": day}).select(
        order_id=pl.int_range(pl.len()).cast(pl.String),
        customer_id=pl.col("c").cast(pl.String),
        ordered_at=pl.datetime(2024, 1, 1) + pl.duration(seconds=pl.col("d") * 86400),
        quantity=pl.lit(1.0),
        revenue=pl.Series(revenue),
    )


def heading() -> str:
    return "".join(f"{metric:>24}" for metric in METRICS)


def row(churned, p, draws) -> str:
    """Every measure, predicted total of active customers / true one - 1, bins within chance."""
    found = classification.intervals(churned, p, draws, classification.MEASURES)
    bins = classification.calibration(churned, p)
    inside = bins.select(pl.col("observed").is_between("low", "high").sum()).item()
    total = (1 - p).sum() / (1 - churned).sum() - 1
    return f"{''.join(map(cell, found.values()))} {total:+.3f} {inside}/{bins.height}"


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
    lines = made(who, when, rng.lognormal(3, 0.6, len(who)).round(2))
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
        ranked = said(x[n:]).reshape(len(x) - n, -1)[:, -1]
        area = classification.roc_auc(classification.tally(y[n:], ranked))
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
        case ["null"]:
            null()
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
