"""Are our itemsets those of the field's engines, sets and counts, on a real shop?

    python benchmarks/association_rules_exact.py ORDERS.parquet [--support 0.02 0.01 0.005]
                                                 [--limit 300] [--gigabytes 12]

Itemsets of up to four items, by ours, mlxtend's apriori and fpgrowth, and pyfim's eclat and
fpgrowth. Each engine runs in a process of its own; one that takes longer than `--limit` seconds or
asks for more than `--gigabytes` is said to.
"""

import argparse
import resource
import subprocess
import sys
import time

import numpy as np
import polars as pl

from core.analyses.association_rules import engines
from core.analyses.association_rules.config import Config
from core.measures.baskets import baskets
from core.measures.itemsets import mine

PEERS = ("apriori", "fpgrowth", "pyfim-eclat", "pyfim-fpgrowth")
LONGEST = 4


def read(file):
    """The baskets of a file of canonical order lines."""
    day = pl.lit(0).cast(pl.Date)
    return baskets(pl.scan_parquet(file).select(basket="order_id", item="product_id", day=day))


def counted(mined):
    """{items: baskets}."""
    return {
        tuple(items): count
        for level in mined.levels
        for items, count in zip(level.items.tolist(), level.counts.tolist(), strict=True)
    }


def peer(data, name, least):
    """{items: baskets} as the engine `name` finds them."""
    if not name.startswith("pyfim"):
        return counted(engines.itemsets(data, Config(engine=name, max_length=LONGEST), least))
    import fim

    held = [part.tolist() for part in np.split(data.items, data.starts[1:-1])]
    found = getattr(fim, name.split("-")[1])(held, supp=-least, zmax=LONGEST, report="a")
    return {tuple(sorted(items)): count for items, count in found}


def verdict(file, name, least, gigabytes):
    """What comes of comparing `name` with ours, in words."""
    resource.setrlimit(resource.RLIMIT_DATA, (gigabytes * 2**30,) * 2)
    data = read(file)
    start = time.process_time()
    try:
        found = peer(data, name, least)
    except MemoryError as error:
        return f"out of memory ({error})"
    spent, ours = time.process_time() - start, counted(mine(data, least, LONGEST))
    same = "the same sets and counts" if found == ours else "DIFFERENT"
    return f"{len(found):>7} sets, {same}, {spent:.1f} CPU s"


def apart(limit, *given):
    """The same in a process of its own."""
    command = [sys.executable, __file__, "--one", *map(str, given)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit, check=True)
    except subprocess.TimeoutExpired:
        return f"not in {limit} s"
    except subprocess.CalledProcessError as error:
        return f"failed: {error.stderr.splitlines()[-1:]}"
    return done.stdout.strip()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("orders")
    parser.add_argument("--support", type=float, nargs="+", default=[0.02, 0.01, 0.005])
    parser.add_argument("--peers", nargs="+", default=PEERS, choices=PEERS)
    parser.add_argument("--limit", type=int, default=300)
    parser.add_argument("--gigabytes", type=int, default=12)
    asked = parser.parse_args()
    many = read(asked.orders).n
    for share in asked.support:
        least = int(np.ceil(share * many))
        for name in asked.peers:
            said = apart(asked.limit, asked.orders, name, least, asked.gigabytes)
            print(f"{share:>6.1%} ({least} of {many} orders) {name:<15} {said}", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        print(verdict(sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])))
    else:
        main()
