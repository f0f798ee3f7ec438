"""Segments: profile, RFM and k-means on a made-up shop, beside DuckDB, pandas and scikit-learn.

    python benchmarks/segments.py [LINES | FILE]     CPU seconds, peak memory, ratios (default 1M);
                                                     FILE: an export or canonical Parquet lines
    python benchmarks/segments.py value FILE         the same of lifetime value, which has no rival
    python benchmarks/segments.py stability FILE     stability of clusters

Every job runs in a process of its own, three times, alternating; the median CPU seconds (user and
system) and the peak memory are shown. Read them as ratios within one run. DuckDB is used if it is
installed. The rivals do less: DuckDB makes 13 of the profile's columns, pandas the four of RFM.
"""

import importlib
import multiprocessing
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import polars as pl

ROUNDS = 3
FEATURES = ("recency_days", "orders", "revenue")
DUCK = """
with o as (select customer_id, order_id, min(ordered_at) t, sum(quantity) q, sum(revenue) r
           from '{file}' where customer_id is not null and quantity > 0 group by all),
     g as (select *, date_diff('day', lag(t) over (partition by customer_id order by t), t) gap
           from o),
     p as (select customer_id, count(distinct product_id) products,
                  count(distinct category) categories, sum(revenue) revenue
           from '{file}' where customer_id is not null group by 1)
select customer_id, min(t), max(t), count(*), sum(q), sum(r), avg(r), avg(gap), stddev(gap),
       median(gap), any_value(products), any_value(categories), any_value(revenue)
from g join p using (customer_id) group by 1
"""


def _customers(file: str) -> pl.LazyFrame:
    from core.measures import customers

    lines = pl.scan_parquet(file)
    day = lines.select(pl.col("ordered_at").max().dt.date()).collect().item()
    return customers.profile(lines, day)


def profile(file: str) -> int:
    """All columns of the profile, straight from Parquet, as the analyses ask for it."""
    return _customers(file).collect(engine="streaming").height


def profile_duckdb(file: str) -> int:
    """13 features of every customer."""
    import duckdb

    return len(duckdb.sql(DUCK.format(file=file)).fetchnumpy()["customer_id"])


def rfm_ours(file: str) -> int:
    """Order lines to scores and groups, cut points included."""
    from core.analyses.segments import rfm

    lines = pl.scan_parquet(file).select(
        "customer_id", "order_id", "ordered_at", "quantity", "revenue"
    )
    day = lines.select(pl.col("ordered_at").max().dt.date()).collect().item()
    orders = rfm.orders(lines).collect(engine="streaming")
    table = rfm.measured(orders, day)
    return rfm.grouped(rfm.scored(table, rfm.bands(orders)), (5, 5, 5)).height


def rfm_pandas(file: str) -> int:
    """The usual notebook: group-by, then quintiles of ranks."""
    import pandas as pd

    columns = ["customer_id", "order_id", "ordered_at", "quantity", "revenue"]
    lines = pd.read_parquet(file, columns=columns).dropna(subset=["customer_id"])
    day = lines["ordered_at"].max()
    sold = lines[lines["quantity"] > 0]
    table = sold.groupby("customer_id").agg(
        last=("ordered_at", "max"), orders=("order_id", "nunique")
    )
    table["revenue"] = lines.groupby("customer_id")["revenue"].sum()
    table["recency"] = (day - table["last"]).dt.days
    for name in ("recency", "orders", "revenue"):
        table[f"{name}_score"] = pd.qcut(table[name].rank(method="first"), 5, labels=False)
    return len(table)


def _points(file: str):
    from core.analyses.segments import clusters

    table = pl.read_parquet(file)
    return table, clusters.scale(table, FEATURES).matrix(table)


def kmeans_ours(file: str) -> int:
    """Ten starts on a sample, then one run on all customers."""
    from core.analyses.segments import clusters

    table = pl.read_parquet(file)
    return len(clusters.fit(table, FEATURES, 6, seed=0).assign(table))


def kmeans_sklearn(file: str) -> int:
    """scikit-learn's KMeans with ten starts on all customers."""
    from sklearn.cluster import KMeans

    table, points = _points(file)
    return len(KMeans(6, n_init=10, random_state=0).fit(points).labels_) * bool(table.height)


def _child(job: Callable[[str], int], file: str, results) -> None:
    for module in ("pandas", "sklearn.cluster", "core.analyses.segments.clusters"):
        importlib.import_module(module)
    before = _cpu()
    rows = job(file)
    results.put((_cpu() - before, _peak(), rows))


def _peak() -> float:
    """MB; ru_maxrss would be the parent's where that is larger."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return next(float(x.split()[1]) for x in status.open() if x.startswith("VmHWM")) / 1024


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def lifetime_value(file: str) -> int:
    """All three models, held-back test, values and intervals of every customer."""
    from core.analyses import lifetime_value
    from core.dataset import Dataset

    data = Dataset("made", file, pl.scan_parquet(file))
    return lifetime_value.run(data, lifetime_value.Config()).customers.height


def measured(
    jobs: dict[str, tuple[Callable[[str], int], str]], rounds: int
) -> dict[str, tuple[float, float]]:
    """Name -> (median CPU seconds without imports, peak MB with them)."""
    spawn = multiprocessing.get_context("spawn")
    seconds: dict[str, list[float]] = {name: [] for name in jobs}
    peaks: dict[str, float] = {}
    for _ in range(rounds):
        for name, (job, file) in jobs.items():
            results = spawn.Queue()
            child = spawn.Process(target=_child, args=(job, file, results))
            child.start()
            cpu, peak, _ = results.get()
            child.join()
            seconds[name].append(cpu)
            peaks[name] = max(peak, peaks.get(name, 0))
            print(f"  {name}: {cpu:.2f} CPU s, {peak:.0f} MB", flush=True)
    return {name: (statistics.median(times), peaks[name]) for name, times in seconds.items()}


def canonical(asked: str, folder: str) -> str:
    """Parquet of canonical lines: made up, read from an export, or what was given."""
    if asked.endswith(".parquet"):
        return asked
    file = str(Path(folder) / "lines.parquet")
    if asked.isdigit():
        from sample_data.generate import shop

        shop(int(asked)).lines.write_parquet(file)
    else:
        from core.intake.load import Upload, load

        load([Upload(Path(asked).name, Path(asked))], folder=Path(folder)).lines.sink_parquet(file)
    return file


def speed(asked: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file, table = canonical(asked, folder), str(Path(folder) / "customers.parquet")
        rows = pl.scan_parquet(file).select(pl.len()).collect().item()
        _customers(file).collect().write_parquet(table)
        customers = pl.scan_parquet(table)
        number = customers.select(pl.len()).collect().item()
        width = len(customers.collect_schema())
        print(f"{rows:,} lines, {number:,} customers, {width} profile columns", flush=True)
        jobs = {
            "profile": (profile, file),
            "profile duckdb": (profile_duckdb, file),
            "rfm": (rfm_ours, file),
            "rfm pandas": (rfm_pandas, file),
            "k-means": (kmeans_ours, table),
            "k-means sklearn": (kmeans_sklearn, table),
        }
        if not find_spec("duckdb"):
            del jobs["profile duckdb"]
        times = measured(jobs, 1 if rows > 5_000_000 else ROUNDS)
        print(f"{'':20}{'CPU s':>8}{'MB':>8}{'rival / ours':>14}")
        for name, (cpu, peak) in times.items():
            rival = next((t for n, (t, _) in times.items() if n.startswith(f"{name} ")), None)
            ratio = "" if rival is None else f"{rival / cpu:.2f}"
            print(f"{name:20}{cpu:8.2f}{peak:8.0f}{ratio:>14}")


def value(asked: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        measured({"lifetime value": (lifetime_value, canonical(asked, folder))}, 1)


def stability(file: str) -> None:
    """Choice of k on real lines, and the same on independently shuffled columns."""
    from core.analyses import segments
    from core.analyses.segments import clusters
    from core.dataset import Dataset

    with tempfile.TemporaryDirectory() as folder:
        lines = pl.scan_parquet(canonical(file, folder))
        began = time.process_time()
        result = segments.run(Dataset("real", file, lines), segments.Config())
        print(f"whole analysis: {time.process_time() - began:.1f} CPU s", result.clustered.choices)
    retail = result.customers.filter(~pl.col("wholesale"))
    sound = 0
    for seed in range(5):
        shuffled = retail.select(
            pl.col(feature).shuffle(seed=seed + 10 * number)
            for number, feature in enumerate(FEATURES)
        )
        found = clusters.choices(shuffled, FEATURES, clusters.KS, {}, seed=seed)
        sound += clusters.choose(found)[1]
    print(f"shuffled columns called stable: {sound} of 5")


if __name__ == "__main__":
    if sys.argv[1:2] == ["stability"]:
        stability(sys.argv[2])
    elif sys.argv[1:2] == ["value"]:
        value(sys.argv[2])
    else:
        speed(sys.argv[1] if sys.argv[1:] else "1000000")
