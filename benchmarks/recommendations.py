"""Recommendations: the tournament on a shop's file, and what each model costs.

    python benchmarks/recommendations.py shop FILE [SPLITS] [tuned]     every method, both tasks
    python benchmarks/recommendations.py shop completejourney           the same, extra demo-data
    python benchmarks/recommendations.py tuning FILE [SPLITS] [METHOD ...]
    python benchmarks/recommendations.py speed [LINES ...] [METHOD ...]

Tuning: each method with its usual settings and tuned on the days before each cut, on the same
lists. Speed: fit and top-10 for every customer of a made-up shop, each model in a fresh process,
as a ratio to implicit's own ALS (its defaults but 64 factors: fit and recommend) in the same run;
CPU seconds and peak memory, LIMIT seconds per model. Read the ratios, not the seconds.
"""

import json
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl

from core.analyses import recommendations
from core.analyses.recommendations import tuning
from core.analyses.recommendations.events import Events, events
from core.analyses.recommendations.history import history
from core.analyses.recommendations.models import METHODS, fit
from core.analyses.recommendations.steering import Steering, wheel
from core.analyses.recommendations.tournament import TASKS, play, splits
from core.dataset import Dataset
from core.intake.load import Upload, load

SIZES = (100_000, 1_000_000, 10_000_000)
#: CPU seconds that one model may take for fit and lists.
LIMIT = 600


def opened(file: str) -> Dataset:
    if file == "completejourney":
        return complete_journey()
    if file.endswith(".parquet"):
        return Dataset("shop", "shop", pl.scan_parquet(file))
    return load([Upload(Path(file).name, Path(file))])


def tuning_gain(file: str, windows: int, methods: list[str]) -> None:
    """What tuning on the days before each cut brought in the days after it."""
    bought = events(opened(file))
    past = splits(bought, bought.last_day, 28, windows, 30.0)
    for method in methods or tuning.GRIDS:
        began = time.process_time()
        tuned = [tuning.tuned(one, [method], 10, 0) for one in past]
        found = play(tuned, [method], TASKS, 10, 0)
        spent = time.process_time() - began
        print(f"{method}: {len(tuning.GRIDS[method])} settings, {spent:.0f} s CPU, kept "
              f"{[dict(one.settings) for one in tuned]}")  # fmt: skip
        for row in tuning.gain(past, found, tuned, 10, 0).iter_rows(named=True):
            print("  {task:13}{usual_settings:.4f} -> {tuned_settings:.4f}  {difference:+.4f} "
                  "[{low:+.4f}, {high:+.4f}]".format(**row), flush=True)  # fmt: skip
        for one in past:
            one.fitted.clear()


def tournament(file: str, windows: int, *, tuned: bool) -> None:
    dataset = opened(file)
    began = time.process_time()
    config = recommendations.Config(thorough=True, splits=windows, tuned=tuned)
    result = recommendations.run(dataset, config)
    print(f"{time.process_time() - began:.0f} s CPU, {result.tested} lists, repeats "
          f"{result.repeat_share:.3f}, {result.config.task}: {result.config.method}")  # fmt: skip
    print("lead", result.lead, "ahead", result.ahead, sep="\n")
    with pl.Config(tbl_rows=90, tbl_cols=20, tbl_width_chars=220, float_precision=4):
        for task in ("next_basket", "new_products"):
            print(task, table(result.tournament.filter(task=task, group="all")), sep="\n")
        chosen = pl.col("baseline") | pl.col("chosen")
        groups = result.tournament.filter(pl.col("group") != "all", chosen, metric="recall_at_k")
        print(groups.drop("metric", "baseline"))
        print(result.settings, result.tuning_gain, sep="\n")


def table(rows: pl.DataFrame) -> pl.DataFrame:
    """One row per method, a column per measure, and the interval of the one that decides."""
    wide = rows.pivot("metric", index="method", values="value")
    bounds = rows.filter(metric="recall_at_k").select("method", "low", "high", "chosen")
    return wide.join(bounds, on="method").sort("recall_at_k", descending=True)


def complete_journey() -> Dataset:
    from sample_data import completejourney

    with TemporaryDirectory() as folder:
        file = completejourney.write(Path(folder) / "journey.parquet")[0]
        found = load([Upload(file.name, file)])
        return Dataset("journey", "journey", found.lines.collect().lazy(), found.tables)


def made_up(lines: int) -> Events:
    """Customers with a taste, products by a power law; straight into events, without intake."""
    rng = np.random.default_rng(0)
    customers, products = max(200, lines // 29), int(np.clip(lines // 100, 2000, 20_000))
    popular = 1 / np.arange(1, products + 1) ** 0.9
    popular = np.cumsum(popular / popular.sum())
    customer = rng.integers(customers, size=lines, dtype=np.uint32)
    shift = (customer.astype(np.int64) * 7919) % 40
    product = np.searchsorted(popular, rng.random(lines)).clip(0, products - 1)
    product = np.where(rng.random(lines) < 0.5, (product // 40 * 40 + shift) % products, product)
    day = rng.integers(0, 365, lines)
    day_of_year = pl.col("day").dt.ordinal_day().cast(pl.UInt32) - 1
    rows = (
        pl.DataFrame({"customer": customer, "product": product.astype(np.uint32), "day": day})
        .with_columns(day=pl.date(2024, 1, 1) + pl.duration(days="day"), units=pl.lit(1.0))
        .unique()
        .with_columns(order=pl.col("customer") * 366 + day_of_year)
        .sort("order", "product")
    )
    names = pl.Series([f"p{n:05}" for n in range(products)])
    return Events(
        rows,
        pl.DataFrame({"customer": np.arange(customers, dtype=np.uint32)}).with_columns(
            customer_id=pl.format("c{}", "customer")
        ),
        pl.DataFrame(
            {
                "product": np.arange(products, dtype=np.uint32),
                "product_id": names,
                "product_name": names,
            }
        ),
    )


def one(method: str, lines: int) -> None:
    """Time one model and print it as JSON."""
    bought = made_up(lines)
    known = history(bought, bought.last_day, 30.0)
    known.bought, known.orders, known.recent  # noqa: B018 - the matrices are not the model
    end = int(time.process_time()) + LIMIT
    resource.setrlimit(resource.RLIMIT_CPU, (end, end + 5))
    if method == "implicit":
        fitted, batch = implicit_als(known)
    else:
        began = time.process_time()
        model = fit(method, known, 0)
        fitted = time.process_time() - began
        began = time.process_time()
        everyone(model, known)
        batch = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    told = {"fit": fitted, "batch": batch, "peak": peak, "shape": known.shape}
    print(json.dumps(told | {"purchases": known.purchases.height}))


def everyone(model, known) -> None:
    """The ten best of every customer, as the analysis makes them: blocks of 2,000."""
    products = known.products.select("product_id", "product_name").with_columns(
        price=pl.lit(None, pl.Float64), value=pl.lit(None, pl.Float64)
    )
    free = wheel(Steering(), known, products)
    for start in range(0, known.shape[0], 2000):
        rows = np.arange(start, min(start + 2000, known.shape[0]), dtype=np.int64)
        free.lists(model, rows, "next_basket", 10)


def implicit_als(known) -> tuple[float, float]:
    from implicit.cpu.als import AlternatingLeastSquares
    from threadpoolctl import threadpool_limits

    everybody = np.arange(known.shape[0])
    with threadpool_limits(1, "blas"):
        model = AlternatingLeastSquares(factors=64, num_threads=1, random_state=0)
        began = time.process_time()
        model.fit(known.orders, show_progress=False)
        fitted = time.process_time() - began
        began = time.process_time()
        model.recommend(everybody, known.orders, N=10, filter_already_liked_items=False)
    return fitted, time.process_time() - began


def speed(sizes: list[int], methods: list[str]) -> None:
    for lines in sizes:
        base = one_apart("implicit", lines)
        print(f"\n{lines:,} lines: {base['shape'][0]:,} customers, {base['shape'][1]:,} products, "
              f"{base['purchases']:,} pairs")  # fmt: skip
        print(f"{'':14}{'fit s':>9}{'ratio':>8}{'batch s':>9}{'ratio':>8}{'GiB':>7}")
        for method in ("implicit", *(methods or METHODS)):
            cost = base if method == "implicit" else one_apart(method, lines)
            if cost is None:
                print(f"{method:14}   not done in {LIMIT} CPU seconds", flush=True)
                continue
            print(f"{method:14}{cost['fit']:9.2f}{cost['fit'] / base['fit']:8.2f}"
                  f"{cost['batch']:9.2f}{cost['batch'] / base['batch']:8.2f}"
                  f"{cost['peak']:7.2f}", flush=True)  # fmt: skip


def one_apart(method: str, lines: int) -> dict | None:
    """`one` in a process of its own; None where it ran into LIMIT."""
    command = [sys.executable, __file__, "--one", method, str(lines)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode == -signal.SIGXCPU:
        return None
    done.check_returncode()
    return json.loads(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--one", method, lines]:
            one(method, int(lines))
        case ["shop", file, *rest]:
            numbers = [int(word) for word in rest if word.isdigit()]
            tournament(file, numbers[0] if numbers else 1, tuned="tuned" in rest)
        case ["tuning", file, *rest]:
            windows = [int(word) for word in rest if word.isdigit()] or [1]
            tuning_gain(file, windows[0], [word for word in rest if not word.isdigit()])
        case ["speed", *rest]:
            speed([int(word) for word in rest if word.isdigit()] or list(SIZES),
                  [word for word in rest if not word.isdigit()])  # fmt: skip
        case _:
            sys.exit(__doc__)
