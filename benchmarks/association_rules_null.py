"""How many false rules each null lets through on baskets in which nothing belongs together.

    python benchmarks/association_rules_null.py ORDERS.parquet [--shuffles 20] [--min-orders 20]
                                                               [--min-orders-triples 100]

ORDERS.parquet: canonical order lines. The baskets are shuffled by swap randomisation (basket sizes
and item counts kept); every pair or rule of three called significant then is false. Beside the
nulls of pairs stands, for threes, the plain hypergeometric test of A -> C over all baskets.
"""

import argparse
import time

import numpy as np
import polars as pl
from swaps import swapped

from core.analyses.association_rules import nulls
from core.analyses.association_rules.config import Config
from core.analyses.association_rules.rules import rules
from core.analyses.association_rules.selection import select
from core.dataset import Dataset
from core.measures.itemsets import mine

NULLS = ("configuration", "size_adjusted", "independence")
LEVELS = (0.05, 0.01)


def pairs(baskets, min_orders):
    """(2, null, level) -> pairs called significant."""
    mined = mine(baskets, min_orders, 2)
    if len(mined.levels) < 2:
        return {(2, name, level): 0 for name in NULLS for level in LEVELS}
    found, result = mined.levels[1], {}
    for name in NULLS:
        _, p = nulls.fit(baskets, name).p_values(found.items, found.counts)
        q = nulls.q_values(p, mined.candidates(2))
        result |= {(2, name, level): int((q <= level).sum()) for level in LEVELS}
    return result


def threes(baskets, min_orders):
    """(3, null, level) -> rules of three called significant, by ours and by the plain test."""
    mined = mine(baskets, min_orders, 3)
    if len(mined.levels) < 3:
        return {(3, name, level): 0 for name in NULLS[::2] for level in LEVELS}
    found = rules(mined, nulls.fit(baskets, NULLS[0]), 1).filter(length=3)
    plain = nulls.hypergeometric_tail(
        baskets.n,
        *(found[f"{side}_orders"].to_numpy() for side in ("antecedent", "consequent")),
        found["orders"].to_numpy(),
    )
    plain_q = nulls.q_values(plain, 3 * mined.candidates(3))
    result = {(3, NULLS[2], level): int((plain_q <= level).sum()) for level in LEVELS}
    for level in LEVELS:
        kept = found.filter("productive", pl.col("q_value") <= level)
        result[3, NULLS[0], level] = kept.height
    return result


def found(baskets, asked):
    """(items, null, level) -> how many are called significant."""
    return pairs(baskets, asked.min_orders) | threes(baskets, asked.min_orders_triples)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("orders")
    parser.add_argument("--shuffles", type=int, default=20)
    parser.add_argument("--min-orders", type=int, default=20)
    parser.add_argument("--min-orders-triples", type=int, default=100)
    asked = parser.parse_args()
    dataset = Dataset("orders", "orders", pl.scan_parquet(asked.orders))
    baskets = select(dataset, Config(max_basket=100_000)).baskets
    real, rng = found(baskets, asked), np.random.default_rng(0)
    false = {key: [] for key in real}
    start = time.process_time()
    shuffled = swapped(baskets, rng, 30)
    for _ in range(asked.shuffles):
        shuffled = swapped(shuffled, rng, 8)
        for key, many in found(shuffled, asked).items():
            false[key].append(many)
    print(
        f"{baskets.n} baskets, {asked.shuffles} shuffles, {time.process_time() - start:.0f} CPU s"
    )
    print(f"{'items':>5} {'null':<16}{'q':>6}{'real':>9}{'false, mean':>13}{'max':>6}{'share':>9}")
    for (items, name, level), many in real.items():
        mean = float(np.mean(false[items, name, level]))
        share = mean / many if many else float("nan")
        worst = max(false[items, name, level])
        print(f"{items:>5} {name:<16}{level:>6}{many:>9}{mean:>13.2f}{worst:>6}{share:>9.4f}")


if __name__ == "__main__":
    main()
