"""Who finds the frequent itemsets: our own miner, or an engine of the field by its usual name.

    auto, fpmax         our own miner (core.measures.itemsets)
    apriori, fpgrowth   mlxtend's; they get the frequent items only (left dense, they would ask
                        for baskets x all items bytes), their frozensets come back as code arrays
    eclat               the one below

All give the same sets and counts. Our own miner always goes first: it refuses in words what would
take any of them minutes or gigabytes. FP-max itself finds the maximal sets alone, of which no rule
can be made; `Mined.maximal` marks the same ones, as long as none reaches max_length: a set of that
length is marked whatever longer ones there may be. Where categories stand beside their products,
our own miner runs alone whatever the engine.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.analyses.association_rules.config import Config
from core.errors import BadOptionError
from core.measures.baskets import Baskets
from core.measures.itemsets import Level, Mined, mine

Ints = NDArray[np.int64]
#: mlxtend and eclat hold one byte per basket and item.
MAX_CELLS = 2_000_000_000


def itemsets(
    baskets: Baskets, config: Config, min_count: int, forbidden: Ints | None = None
) -> Mined:
    """The frequent itemsets, by the engine that stands for the name in `config`."""
    ours = mine(baskets, min_count, config.max_length, forbidden=forbidden)
    if config.engine in ("auto", "fpmax") or forbidden is not None:
        return ours
    found = _by_eclat if config.engine == "eclat" else _by_mlxtend
    return assemble(baskets, min_count, found(baskets, config.engine, min_count, config.max_length))


def assemble(baskets: Baskets, min_count: int, counted: dict[tuple[int, ...], int]) -> Mined:
    """The same form as our own miner's out of {ascending codes: baskets}."""
    n_items = len(baskets.keys)
    mined = Mined(baskets.n, n_items, min_count, ())
    for k in range(1, max(map(len, counted), default=1) + 1):
        sets = np.array(sorted(s for s in counted if len(s) == k), dtype=np.int64).reshape(-1, k)
        counts = np.array([counted[tuple(row)] for row in sets.tolist()], dtype=np.int64)
        parents = mined.rows(sets[:, :-1]) if k > 1 else np.zeros(len(sets), dtype=np.int64)
        mined = mined.with_level(Level(sets, counts, parents * n_items + sets[:, -1]))
    return mined


def _by_mlxtend(
    baskets: Baskets, engine: str, min_count: int, max_length: int
) -> dict[tuple[int, ...], int]:
    import pandas as pd  # noqa: TID251 - mlxtend takes and gives pandas
    from mlxtend import frequent_patterns

    codes, dense = _dense(baskets, min_count)
    if not len(codes):
        return {}
    onehot = pd.DataFrame(dense, columns=codes)
    find: Any = getattr(frequent_patterns, engine)
    # A hair below, so that rounding of the share never drops a set that reaches the count.
    found = find(onehot, (min_count - 0.5) / baskets.n, use_colnames=True, max_len=max_length)
    return {
        tuple(sorted(map(int, items))): round(support * baskets.n)
        for items, support in zip(found["itemsets"], found["support"], strict=True)
    }


def _by_eclat(
    baskets: Baskets, engine: str, min_count: int, max_length: int
) -> dict[tuple[int, ...], int]:
    """Depth first over bit sets, one bit per basket. Source: Zaki (2000), IEEE TKDE 12(3)."""
    del engine
    codes, dense = _dense(baskets, min_count)
    bits = np.packbits(dense.T, axis=1)
    return dict(_grow((), codes, bits, min_count, max_length)) if len(codes) else {}


def _grow(
    prefix: tuple[int, ...], codes: Ints, bits: NDArray[np.uint8], min_count: int, max_length: int
) -> Iterator[tuple[tuple[int, ...], int]]:
    """The frequent sets that extend `prefix` by some of `codes`, whose baskets are `bits`."""
    counts = np.bitwise_count(bits).sum(axis=1, dtype=np.int64)
    keep = counts >= min_count
    codes, bits, counts = codes[keep], bits[keep], counts[keep]
    for at, code in enumerate(codes):
        grown = (*prefix, int(code))
        yield grown, int(counts[at])
        if len(grown) < max_length and at + 1 < len(codes):
            met = bits[at + 1 :] & bits[at]
            yield from _grow(grown, codes[at + 1 :], met, min_count, max_length)


def _dense(baskets: Baskets, min_count: int) -> tuple[Ints, NDArray[np.bool_]]:
    """(codes, baskets x codes): the frequent items alone, one byte per cell."""
    codes = np.flatnonzero(baskets.counts >= min_count)
    if len(codes) * baskets.n > MAX_CELLS:
        raise BadOptionError(
            "This engine would need {gigabytes:integer} GB here: choose auto or a higher support.",
            gigabytes=len(codes) * baskets.n / 1e9,
        )
    return codes, baskets.matrix()[:, codes].toarray().astype(bool)
