"""How many false rules each null lets through on baskets in which nothing belongs together.

    python benchmarks/association_rules_null.py ORDERS.parquet [--shuffles 20] [--min-orders 20]

ORDERS.parquet: canonical order lines. The baskets are shuffled by swap randomisation (basket sizes
and item counts kept); every pair called significant then is false.
"""

import argparse
import time

import numpy as np
import polars as pl

from core.analyses.association_rules import nulls
from core.analyses.association_rules.config import Config
from core.analyses.association_rules.selection import select
from core.dataset import Dataset
from core.measures.itemsets import mine
from core.measures.swaps import swapped

NULLS = ("configuration", "size_adjusted", "independence")
LEVELS = (0.05, 0.01)


def found(baskets, min_orders):
    """(null, level) -> pairs called significant."""
    mined = mine(baskets, min_orders, 2)
    levels = mined.levels
    if len(levels) < 2:
        return {(name, level): 0 for name in NULLS for level in LEVELS}
    result = {}
    for name in NULLS:
        _, p = nulls.fit(baskets, name).p_values(levels[1].items, levels[1].counts)
        q = nulls.q_values(p, mined.candidates(2))
        result |= {(name, level): int((q <= level).sum()) for level in LEVELS}
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("orders")
    parser.add_argument("--shuffles", type=int, default=20)
    parser.add_argument("--min-orders", type=int, default=20)
    asked = parser.parse_args()
    dataset = Dataset("orders", "orders", pl.scan_parquet(asked.orders))
    baskets = select(dataset, Config(max_basket=100_000)).baskets
    real, rng = found(baskets, asked.min_orders), np.random.default_rng(0)
    false = {key: [] for key in real}
    start = time.process_time()
    shuffled = swapped(baskets, rng, 30)
    for _ in range(asked.shuffles):
        shuffled = swapped(shuffled, rng, 8)
        for key, many in found(shuffled, asked.min_orders).items():
            false[key].append(many)
    print(
        f"{baskets.n} baskets, {asked.shuffles} shuffles, {time.process_time() - start:.0f} CPU s"
    )
    print(f"{'null':<16}{'q':>6}{'real':>9}{'false, mean':>13}{'max':>6}{'share':>9}")
    for (name, level), many in real.items():
        mean = float(np.mean(false[name, level]))
        share = mean / many if many else float("nan")
        worst = max(false[name, level])
        print(f"{name:<16}{level:>6}{many:>9}{mean:>13.2f}{worst:>6}{share:>9.4f}")


if __name__ == "__main__":
    main()
