"""Frequent itemsets side by side, in one run: ours, pyfim, mlxtend, efficient-apriori.

    python benchmarks/association_rules.py [--lines 100000 1000000 10000000]
                                           [--support 0.01 0.001 0.0001]
                                           [--engines ours pyfim-eclat ...] [--limit 120]
                                           [--files ORDERS.parquet ...]

Order lines come from `sample_data.generate` (few lines an order), with `--wide` from a generator
of thousands of products (Zipf popularity, companions, four lines an order), or from `--files`.
Every engine starts from the same two columns (order_id, product_id) and ends with counted itemsets
of up to three items; conversion to what it wants is part of its time. Each runs in a process of
its own: CPU seconds (user + system), wall seconds, and memory above what the process held once the
lines were loaded. mlxtend gets the frequent items only, one byte per cell, its fastest route.
Times are never asserted; the ratio to ours is what counts.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl

ROOT = Path(__file__).parents[1]
LONGEST = 3


def wide(lines, seed=0):
    """About `lines` order lines over 2,000 to 20,000 products."""
    rng = np.random.default_rng(seed)
    orders = lines // 4
    items = {5: 2_000, 6: 8_000}.get(round(np.log10(lines)), 20_000)
    sizes = 1 + rng.poisson(2.6, orders)
    weight = 1 / (np.arange(items) + 2.7) ** 1.05
    order = np.repeat(np.arange(orders), sizes)
    item = rng.choice(items, len(order), p=weight / weight.sum())
    joins = rng.random(len(item)) < 0.12
    order = np.concatenate([order, order[joins]])
    item = np.concatenate([item, (item[joins] * 7 + 3) % items])
    by_order = np.argsort(order, kind="stable")
    return pl.DataFrame(
        {
            "order_id": "O" + pl.Series(order[by_order]).cast(pl.String).str.zfill(8),
            "product_id": "SKU" + pl.Series(item[by_order]).cast(pl.String).str.zfill(6),
        }
    )


def demo(lines):
    """About `lines` order lines of the demo shop."""
    from sample_data.generate import shop

    return shop(lines).lines.filter(pl.col("quantity") > 0).select("order_id", "product_id")


def ours(frame, support):
    """Our miner, from the two text columns."""
    from core.measures.baskets import baskets
    from core.measures.itemsets import mine

    day = pl.lit(0).cast(pl.Date)
    data = baskets(frame.lazy().select(basket="order_id", item="product_id", day=day))
    levels = mine(data, least(data.n, support), LONGEST).levels
    return [len(level) for level in levels]


def lists(frame):
    """One list of products per order."""
    return frame.group_by("order_id").agg(pl.col("product_id").unique())["product_id"].to_list()


def pyfim(frame, support, name):
    """pyfim, C."""
    import fim

    held = lists(frame)
    found = getattr(fim, name)(held, supp=-least(len(held), support), zmax=LONGEST, report="a")
    return by_length(len(items) for items, _ in found)


def mlxtend(frame, support):
    """mlxtend's fpgrowth on a frame of the frequent items."""
    import pandas as pd
    from mlxtend.frequent_patterns import fpgrowth

    from core.measures.baskets import baskets

    day = pl.lit(0).cast(pl.Date)
    data = baskets(frame.lazy().select(basket="order_id", item="product_id", day=day))
    count = least(data.n, support)
    codes = np.flatnonzero(data.counts >= count)
    dense = data.matrix()[:, codes].toarray().astype(bool)
    found = fpgrowth(pd.DataFrame(dense, columns=codes), (count - 0.5) / data.n, max_len=LONGEST)
    return by_length(map(len, found["itemsets"]))


def efficient(frame, support):
    """efficient-apriori, Python."""
    from efficient_apriori import itemsets_from_transactions

    held = [tuple(items) for items in lists(frame)]
    share = (least(len(held), support) - 0.5) / len(held)
    found, _ = itemsets_from_transactions(held, share, max_length=LONGEST)
    return [len(found[k]) for k in sorted(found)]


ENGINES = {
    "ours": ours,
    "pyfim-eclat": lambda frame, support: pyfim(frame, support, "eclat"),
    "pyfim-fpgrowth": lambda frame, support: pyfim(frame, support, "fpgrowth"),
    "mlxtend-fpgrowth": mlxtend,
    "efficient-apriori": efficient,
}


def least(orders, support):
    """The count that a share of the orders comes to."""
    return max(1, int(np.ceil(support * orders - 1e-9)))


def by_length(lengths):
    """How many itemsets of one, two, three items."""
    counts = np.bincount(list(lengths))[1:]
    return counts.tolist()


def spent():
    """CPU seconds of this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def memory():
    """Largest memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(engine, file, support):
    """One engine on one file, as a line of JSON; imports are paid before the clock starts."""
    import scipy.sparse  # noqa: F401

    warm = pl.DataFrame({"order_id": ["a", "a", "b", "b"], "product_id": ["x", "y", "x", "y"]})
    ENGINES[engine](warm, 0.5)
    frame = pl.read_parquet(file, columns=["order_id", "product_id"])
    before, cpu, wall = memory(), spent(), time.perf_counter()
    found = ENGINES[engine](frame, support)
    print(
        json.dumps(
            {
                "itemsets": found,
                "cpu": spent() - cpu,
                "wall": time.perf_counter() - wall,
                "memory": memory() - before,
            }
        )
    )


def run(engine, file, support, limit):
    """The same in a process of its own; None when it takes longer than `limit` or runs out."""
    command = [sys.executable, __file__, "--measure", engine, str(file), str(support)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=limit, cwd=ROOT, check=True
        )
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError):
        return None
    return json.loads(done.stdout.splitlines()[-1])


def compare(file, lines, support, engines, limit):
    """One row per engine."""
    base = None
    for engine in engines:
        result = run(engine, file, support, limit)
        if result is None:
            print(f"{lines:>11,} {support:>8.2%} {engine:<18} not within {limit} s", flush=True)
            continue
        base = base or result
        same = "" if result["itemsets"] == base["itemsets"] else "  DIFFERENT ITEMSETS"
        print(
            f"{lines:>11,} {support:>8.2%} {engine:<18}{result['cpu']:>9.2f}{result['wall']:>9.2f}"
            f"{result['memory']:>9.0f}{result['cpu'] / base['cpu']:>9.1f}"
            f"{result['wall'] / base['wall']:>9.1f}  {result['itemsets']}{same}",
            flush=True,
        )


def made(folder, lines, with_many_products):
    """A file of about `lines` order lines."""
    file = Path(folder) / f"{lines}.parquet"
    (wide if with_many_products else demo)(lines).write_parquet(file)
    return file


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    sizes = [100_000, 1_000_000, 10_000_000]
    parser.add_argument("--lines", type=int, nargs="+", default=sizes)
    parser.add_argument("--files", nargs="+", default=[])
    parser.add_argument("--support", type=float, nargs="+", default=[0.01, 0.001, 0.0001])
    parser.add_argument("--engines", nargs="+", default=list(ENGINES), choices=list(ENGINES))
    parser.add_argument("--limit", type=int, default=120)
    parser.add_argument("--wide", action="store_true")
    asked = parser.parse_args()
    heads = ("CPU s", "wall s", "MB more", "CPU x", "wall x")
    print(f"{'lines':>11} {'support':>8} {'engine':<18}" + "".join(f"{h:>9}" for h in heads))
    with TemporaryDirectory() as folder:
        for file in asked.files or (made(folder, lines, asked.wide) for lines in asked.lines):
            lines = pl.scan_parquet(file).select(pl.len()).collect().item()
            for support in asked.support:
                compare(file, lines, support, asked.engines, asked.limit)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    if sys.argv[1:2] == ["--measure"]:
        measure(sys.argv[2], sys.argv[3], float(sys.argv[4]))
    else:
        main()
