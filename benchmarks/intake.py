"""Intake against a bare polars scan and a plain pandas script: CPU, wall, peak memory.

    python benchmarks/intake.py [LINES ...]        default 100000 1000000 10000000

The file is the demo shop's export of about so many lines, written once to the temporary folder.
Each candidate runs in a process of its own, in turn; the least CPU and wall time of the rounds
count. Imports are not timed. The last column is the peak over what the final frame takes.
(a) scan: polars.scan_csv, the same columns and types by explicit formats, streaming.
(b) pandas: the same cleaning, written straightforwardly.
parquet: intake as the dashboard uses it, its lines written to a folder.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
SIZES = (100_000, 1_000_000, 10_000_000)
DATES = "%Y-%m-%d %H:%M:%S"


def scan(path: Path) -> int:
    import polars as pl

    number = dict.fromkeys(("quantity", "unit_price", "discount"), pl.Float64)
    text = dict.fromkeys(("order_id", "customer_id", "product_id"), pl.String)
    lines = pl.scan_csv(path, schema_overrides={**number, **text}).with_columns(
        pl.col("ordered_at").str.to_datetime(DATES)
    )
    return lines.collect(engine="streaming").height


def intake(path: Path) -> int:
    from core.intake.load import Upload, load

    return _kept(load([Upload(path.name, path)]))


def parquet(path: Path) -> int:
    from core.intake.load import Upload, load

    with tempfile.TemporaryDirectory() as folder:
        return _kept(load([Upload(path.name, path)], folder=Path(folder)))


def _kept(dataset) -> int:
    kept = dataset.reconciliation.reasons.filter(reason="kept")["rows"].sum()
    return int(kept)


def plain_pandas(path: Path) -> int:
    import pandas as pd

    lines = pd.read_csv(path, dtype={"order_id": str, "customer_id": str, "product_id": str})
    lines["source_row"] = range(2, len(lines) + 2)
    lines["ordered_at"] = pd.to_datetime(lines["ordered_at"], errors="coerce", format=DATES)
    own = [column for column in lines.columns if column != "source_row"]
    sign = lines["quantity"].map(lambda units: -1 if units < 0 else 1)
    gross = lines["quantity"] * lines["unit_price"]
    lines["revenue"] = (gross - lines["discount"].fillna(0) * sign).round(4)
    checks = {
        "repeat": lines.duplicated(own),
        "undatable": lines["ordered_at"].isna(),
        "cancelled": lines["status"].str.lower().isin(["cancelled", "canceled", "voided"]),
        "unpaid": lines["status"].str.lower().isin(["pending", "unpaid", "on-hold", "failed"]),
        "no_product": lines["product_id"].isna(),
        "service": lines["product_name"].str.fullmatch("(?i)postage|shipping|manual|samples?"),
        "no_quantity": lines["quantity"].isna() | (lines["quantity"] == 0),
        "no_price": lines["unit_price"].fillna(0) == 0,
    }
    reason = pd.Series("kept", index=lines.index)
    for name, check in reversed(checks.items()):
        reason = reason.mask(check.fillna(value=False), name)
    lines.groupby(reason)["revenue"].agg(["size", "sum"])
    kept = lines[reason == "kept"].sort_values(["ordered_at", "order_id", "product_id"])
    usual = kept.groupby("product_id")["product_name"].agg(lambda names: names.mode().iloc[0])
    return len(kept.assign(product_name=kept["product_id"].map(usual)))


CANDIDATES = {"scan": scan, "intake": intake, "parquet": parquet, "pandas": plain_pandas}


def run_one(name: str, path: Path) -> None:
    sys.path.insert(0, str(ROOT))
    __import__("pandas" if name == "pandas" else "core.intake.load")
    start = resource.getrusage(resource.RUSAGE_SELF)
    started = time.perf_counter()
    lines = CANDIDATES[name](path)
    wall, end = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF)
    cpu = end.ru_utime + end.ru_stime - start.ru_utime - start.ru_stime
    peak = end.ru_maxrss / 1024
    print(json.dumps({"lines": lines, "cpu": cpu, "wall": wall, "peak": peak}))


def frame_size(path: Path) -> float:
    """MB of the final frame: the lines that intake keeps, every column in its canonical type."""
    sys.path.insert(0, str(ROOT))
    from core.intake.load import Upload, load

    return load([Upload(path.name, path)]).lines.collect().estimated_size("mb")


def written(lines: int) -> Path:
    path = Path(tempfile.gettempdir()) / f"bench_lines_{lines}.csv"
    if not path.exists():
        sys.path.insert(0, str(ROOT))
        from sample_data.generate import shop

        shop(lines).orders.write_csv(path, datetime_format=DATES, float_precision=2)
    return path


def main() -> None:
    for lines in [int(argument) for argument in sys.argv[1:]] or SIZES:
        path = written(lines)
        results: dict[str, list[dict]] = {name: [] for name in CANDIDATES}
        for _ in range(3 if lines <= 1_000_000 else 1):
            for name in CANDIDATES:
                command = [sys.executable, __file__, "--one", name, str(path)]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                results[name].append(json.loads(done.stdout))
        show(lines, results, frame_size(path))


def show(lines: int, results: dict[str, list[dict]], frame: float) -> None:
    least = {
        name: {key: min(run[key] for run in runs) for key in ("cpu", "wall", "peak")}
        for name, runs in results.items()
    }
    base = least["scan"]
    print(f"{lines:,} lines, final frame {frame:,.0f} MB")
    for name, got in least.items():
        print(
            f"  {name:>7}  {results[name][0]['lines']:>10,} lines  cpu {got['cpu']:6.2f} s "
            f"({got['cpu'] / base['cpu']:4.1f}x)  wall {got['wall']:6.2f} s "
            f"({got['wall'] / base['wall']:4.1f}x)  peak {got['peak']:6,.0f} MB "
            f"({(got['peak'] - 300) / frame:4.2f}x + 300)",
            flush=True,
        )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        run_one(sys.argv[2], Path(sys.argv[3]))
    else:
        main()
