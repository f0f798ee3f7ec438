"""Frequent itemsets are exact: the same sets and counts as the field's engines."""

from functools import cache
from itertools import combinations
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.swaps import swapped
from core.errors import BadOptionError
from core.measures import occurrences
from core.measures.baskets import Baskets, baskets
from core.measures.itemsets import count_sets, mine, sums_over_sets

LISTS = st.lists(st.lists(st.integers(0, 9), max_size=7), min_size=1, max_size=40)


def made(lists):
    """Baskets out of lists of items; an empty list is no basket."""
    rows = [(f"o{b}", f"{item:03}", 0) for b, items in enumerate(lists) for item in items]
    frame = pl.DataFrame(
        rows, schema={"basket": pl.String, "item": pl.String, "day": pl.Int32}, orient="row"
    )
    return baskets(frame.lazy().with_columns(pl.col("day").cast(pl.Date)))


def random_lists(seed):
    """Baskets of a random size, item frequency and number."""
    rng = np.random.default_rng(seed)
    items, many = int(rng.integers(3, 30)), int(rng.integers(20, 200))
    popularity = rng.dirichlet(np.full(items, 0.5))
    sizes = rng.integers(1, 8, many)
    return [rng.choice(items, size, p=popularity).tolist() for size in sizes]


def as_dict(mined):
    return {
        tuple(row): int(count)
        for level in mined.levels
        for row, count in zip(level.items.tolist(), level.counts, strict=True)
    }


def brute_force(data, min_count, longest):
    """Every itemset counted one by one."""
    held = [set(part.tolist()) for part in np.split(data.items, data.starts[1:-1])]
    found = {}
    for k in range(1, longest + 1):
        for items in combinations(range(len(data.keys)), k):
            count = sum(basket.issuperset(items) for basket in held)
            if count >= min_count:
                found[items] = count
    return found


@settings(max_examples=60, deadline=None)
@given(LISTS, st.integers(1, 6), st.integers(1, 5))
def test_equal_to_counting_one_by_one(lists, min_count, longest):
    data = made(lists)
    expected = brute_force(data, min_count, longest) if data.n else {}
    assert as_dict(mine(data, min_count, longest)) == expected


@pytest.mark.parametrize("first", range(0, 200, 20))
def test_equal_to_pyfim_on_random_data(first):
    fim = pytest.importorskip("fim")
    for seed in range(first, first + 20):
        # The extra basket: pyfim forgets a lone item that every basket holds.
        data = made([*random_lists(seed), [99]])
        held = [part.tolist() for part in np.split(data.items, data.starts[1:-1])]
        min_count = max(1, data.n // 25)
        found = fim.eclat(held, supp=-min_count, zmax=5, report="a")
        expected = {tuple(sorted(items)): count for items, count in found}
        assert as_dict(mine(data, min_count, 5)) == expected


@pytest.mark.parametrize(
    ("buckets", "chunk", "kept"), [(1, 50, 0), (64, 1, 0), (64, 1, 999), (64, 1000, 0)]
)
def test_few_buckets_and_small_chunks_change_nothing(monkeypatch, buckets, chunk, kept):
    data = made(random_lists(3))
    whole = as_dict(mine(data, 2, 5))
    assert max(map(len, whole)) > 3
    monkeypatch.setattr(occurrences, "BUCKETS", buckets)
    monkeypatch.setattr(occurrences, "CHUNK", chunk)
    monkeypatch.setattr(occurrences, "KEPT", kept)
    assert as_dict(mine(data, 2, 5)) == whole


def test_keys_beyond_32_bits():
    """70,000 products: more pairs are possible than 32 bits can number."""
    held = np.concatenate([np.arange(70_000), np.tile(np.arange(69_997, 70_000), 2)])
    starts = np.array([0, *range(1, 70_001), 70_003, 70_006])
    names = pl.Series(np.arange(70_000)).cast(pl.String).str.zfill(5)
    data = Baskets(starts, held.astype(np.int32), names, np.zeros(70_002, dtype=np.int32))
    found = as_dict(mine(data, 1, 3))
    assert found[69_997, 69_998, 69_999] == found[69_998, 69_999] == 2
    assert len(found) == 70_004


@settings(max_examples=40, deadline=None)
@given(LISTS, st.integers(1, 4))
def test_candidates_are_the_sets_whose_parts_are_all_frequent(lists, min_count):
    data = made(lists)
    mined = mine(data, min_count, 4)
    frequent = {k: set(map(tuple, level.items.tolist())) for k, level in enumerate(mined.levels, 1)}
    for k in range(2, len(mined.levels) + 2):
        sets = combinations(range(len(data.keys)), k)
        whole = [s for s in sets if set(combinations(s, k - 1)) <= frequent[k - 1]]
        assert mined.candidates(k) == len(whole)


@settings(max_examples=40, deadline=None)
@given(LISTS, st.integers(1, 4))
def test_closed_and_maximal_sets_by_their_definition(lists, min_count):
    data = made(lists)
    mined = mine(data, min_count, 8)
    every = as_dict(mined)
    closed, maximal = mined.closed(), mined.maximal()
    for k, level in enumerate(mined.levels):
        for row, items in enumerate(map(tuple, level.items.tolist())):
            above = [s for s in every if set(s) > set(items)]
            assert closed[k][row] == all(every[s] < every[items] for s in above)
            assert maximal[k][row] == (not above)


def test_a_set_may_not_hold_a_forbidden_pair():
    data = made([[0, 1, 2, 3]] * 5)
    found = as_dict(mine(data, 1, 4, forbidden=np.array([[1, 3]])))
    assert (0, 1, 2) in found
    assert not [items for items in found if {1, 3} <= set(items)]


@settings(max_examples=40, deadline=None)
@given(LISTS)
def test_counts_of_any_sets_frequent_or_not(lists):
    data = made(lists)
    if len(data.keys) < 3:
        return
    sets = np.array(list(combinations(range(len(data.keys)), 3)))
    expected = brute_force(data, 0, 3)
    assert count_sets(data, sets).tolist() == [expected[tuple(s)] for s in sets.tolist()]
    sizes = sums_over_sets(data, sets, data.sizes[:, None].astype(float))[:, 0]
    held = [set(part.tolist()) for part in np.split(data.items, data.starts[1:-1])]
    assert sizes.tolist() == [
        sum(len(h) for h in held if h.issuperset(s)) for s in map(set, sets.tolist())
    ]


def test_a_giant_repeated_basket_does_not_blow_up():
    """30 products bought together 50 times among 100,000 orders: mlxtend's known trap."""
    rng = np.random.default_rng(0)
    rows = np.repeat(np.arange(100_000), 3)
    items = rng.integers(100, 3000, len(rows))
    giant = np.repeat(np.arange(100_000, 100_050), 30)
    frame = pl.DataFrame(
        {
            "basket": pl.Series(np.concatenate([rows, giant])).cast(pl.String),
            "item": pl.Series(np.concatenate([items, np.tile(np.arange(30), 50)])).cast(pl.String),
            "day": pl.Series(np.zeros(len(rows) + len(giant), dtype=np.int32)).cast(pl.Date),
        }
    )
    data = baskets(frame.lazy())
    mined = mine(data, 50, 4)
    assert [len(level) for level in mined.levels[1:]] == [435, 4060, 27405]
    with pytest.raises(BadOptionError, match="combinations"):
        mine(data, 50, 30, max_itemsets=100_000)


def test_duplicates_within_a_basket_count_once_and_order_does_not_matter():
    lists = [[1, 1, 2], [2, 1, 1, 1], [2]]
    assert as_dict(mine(made(lists), 1)) == {(0,): 2, (1,): 3, (0, 1): 2}


@settings(max_examples=30, deadline=None)
@given(LISTS)
def test_baskets_of_the_parts_are_the_baskets_of_the_whole(lists):
    """Partitionable by basket: counts of two halves add up."""
    data = made(lists)
    first = np.arange(data.n) % 2 == 0
    parts = [data.where(first), data.where(~first)]
    assert sum(part.counts for part in parts).tolist() == data.counts.tolist()
    assert sum(part.n for part in parts) == data.n


@settings(max_examples=30, deadline=None)
@given(LISTS, st.integers(0, 5))
def test_swapping_keeps_sizes_and_counts(lists, seed):
    data = made(lists)
    if data.n < 2:
        return
    shuffled = swapped(data, np.random.default_rng(seed), 5)
    assert shuffled.sizes.tolist() == data.sizes.tolist()
    assert shuffled.counts.tolist() == data.counts.tolist()
    for part in np.split(shuffled.items, shuffled.starts[1:-1]):
        assert len(set(part.tolist())) == len(part)


@pytest.mark.parametrize("share", [0.02, 0.01, 0.005])
def test_equal_to_pyfim_and_mlxtend_on_a_real_shop(share):
    """UCI Online Retail, where it lies beside the project; mlxtend below 2 %: benchmarks."""
    file = Path(__file__).parents[4] / "shared" / "data" / "online_retail.csv.gz"
    if not file.exists():
        pytest.skip("the UCI file is not here")
    fim = pytest.importorskip("fim")
    data = retail(file)
    min_count = int(np.ceil(share * data.n))
    ours = as_dict(mine(data, min_count, 4))
    held = [part.tolist() for part in np.split(data.items, data.starts[1:-1])]
    for find in (fim.fpgrowth, fim.eclat):
        found = find(held, supp=-min_count, zmax=4, report="a")
        assert {tuple(sorted(items)): count for items, count in found} == ours
    if share >= 0.02:
        assert mlxtend_sets(data, "fpgrowth", min_count) == ours
        assert mlxtend_sets(data, "apriori", min_count) == ours


def mlxtend_sets(data, engine, min_count):
    import pandas as pd
    from mlxtend import frequent_patterns

    codes = np.flatnonzero(data.counts >= min_count)
    frame = pd.DataFrame(data.matrix()[:, codes].toarray().astype(bool), columns=codes)
    found = getattr(frequent_patterns, engine)(
        frame, (min_count - 0.5) / data.n, use_colnames=True, max_len=4
    )
    return {
        tuple(sorted(map(int, items))): round(support * data.n)
        for items, support in zip(found["itemsets"], found["support"], strict=True)
    }


@cache
def retail(file):
    lines = pl.read_csv(file, infer_schema=False, encoding="utf8-lossy")
    return baskets(
        lines.lazy().select(basket="InvoiceNo", item="StockCode", day=pl.lit(0).cast(pl.Date))
    )
