"""Intake against a bare polars scan and a plain pandas script: CPU and wall ratios, peak memory.

    python benchmarks/intake.py [LINES ...]        default 100000 1000000

The file is the demo shop's export of about so many lines, written once to the temporary folder.
Each candidate runs in a process of its own, `ROUNDS` times in turn; the least CPU time counts.
(a) scan: polars.scan_csv, the same columns and types by explicit formats, streaming.
(b) pandas: the same cleaning, written straightforwardly.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROUNDS = 2
DATES = "%Y-%m-%dT%H:%M:%S%.f"


def scan(path: Path) -> int:
    import polars as pl

    number = dict.fromkeys(("quantity", "unit_price", "discount"), pl.Float64)
    text = dict.fromkeys(("order_id", "customer_id", "product_id"), pl.String)
    lines = pl.scan_csv(path, schema_overrides={**number, **text}).with_columns(
        pl.col("ordered_at").str.to_datetime(DATES)
    )
    return lines.collect(engine="streaming").height


def intake(path: Path) -> int:
    sys.path.insert(0, str(ROOT))
    from core.intake.load import Upload, load

    with tempfile.TemporaryDirectory() as folder:
        return load([Upload(path.name, path)], folder=Path(folder)).facts["lines"]


def plain_pandas(path: Path) -> int:
    import pandas as pd

    lines = pd.read_csv(path, dtype={"order_id": str, "customer_id": str, "product_id": str})
    lines["source_row"] = range(2, len(lines) + 2)
    lines["ordered_at"] = pd.to_datetime(lines["ordered_at"], errors="coerce", format="ISO8601")
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


CANDIDATES = {"scan": scan, "intake": intake, "pandas": plain_pandas}


def run_one(name: str, path: Path) -> None:
    before, started = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    lines = CANDIDATES[name](path)
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(json.dumps({"lines": lines, "cpu": cpu, "wall": wall, "peak": after.ru_maxrss / 1024}))


def written(lines: int) -> Path:
    path = Path(tempfile.gettempdir()) / f"shopscope-lines-{lines}.csv"
    if not path.exists():
        sys.path.insert(0, str(ROOT))
        from sample_data.generate import shop

        shop(lines).orders.write_csv(path)
    return path


def main() -> None:
    for lines in [int(argument) for argument in sys.argv[1:]] or [100_000, 1_000_000]:
        path = written(lines)
        results: dict[str, list[dict]] = {name: [] for name in CANDIDATES}
        for _ in range(ROUNDS):
            for name in CANDIDATES:
                command = [sys.executable, __file__, "--one", name, str(path)]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                results[name].append(json.loads(done.stdout))
        base = min(result["cpu"] for result in results["scan"])
        wall = min(result["wall"] for result in results["scan"])
        for name, runs in results.items():
            cpu, best = min(run["cpu"] for run in runs), min(run["wall"] for run in runs)
            print(
                f"{lines:>10,} {name:>7}  {runs[0]['lines']:>10,} lines  cpu {cpu:6.2f} s "
                f"({cpu / base:4.1f}x)  wall {best:6.2f} s ({best / wall:4.1f}x)  "
                f"peak {max(run['peak'] for run in runs):6.0f} MB"
            )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        run_one(sys.argv[2], Path(sys.argv[3]))
    else:
        main()
