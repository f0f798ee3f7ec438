"""Association rules: published values, a null that holds, planted truth found, oracles."""

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from scipy.stats import binom, hypergeom, poisson
from statsmodels.stats.multitest import multipletests

from benchmarks.swaps import swapped
from core.analyses import association_rules
from core.analyses.association_rules import categories, nulls, periods
from core.analyses.association_rules.bundles import orders_to_test
from core.analyses.association_rules.config import Config
from core.analyses.association_rules.rules import hypergeometric_quantile
from core.analyses.association_rules.selection import select
from core.dataset import Dataset
from core.errors import BadOptionError, CoreError, MissingColumnsError, NotEnoughDataError
from core.measures.itemsets import mine
from sample_data.generate import shop

START = datetime(2025, 1, 1)
#: Tan, Steinbach & Kumar, Introduction to Data Mining (2006), table 6.1; table 6.2 below.
TAN = [
    ["Bread", "Milk"],
    ["Bread", "Diapers", "Beer", "Eggs"],
    ["Milk", "Diapers", "Beer", "Cola"],
    ["Bread", "Milk", "Diapers", "Beer"],
    ["Bread", "Milk", "Diapers", "Cola"],
]


def dataset(baskets, *, days=None, **columns):
    """Order lines out of lists of products; basket n is placed on day n, or on `days[n]`."""
    rows = [
        (
            f"{n:06}",
            START + timedelta(days=int(days[n] if days is not None else n % 300)),
            str(item),
        )
        for n, items in enumerate(baskets)
        for item in items
    ]
    frame = pl.DataFrame(
        rows,
        schema={"order_id": pl.String, "ordered_at": pl.Datetime("us"), "product_id": pl.String},
        orient="row",
    ).with_columns(quantity=1.0, **columns)
    return Dataset("test", "test", frame.lazy())


def rule(result, antecedent, consequent, frame="all_rules"):
    found = getattr(result, frame).filter(antecedent=antecedent, consequent=consequent)
    assert found.height == 1, (antecedent, consequent)
    return found.row(0, named=True)


@pytest.fixture(scope="module")
def medium():
    return shop("medium")


@pytest.fixture(scope="module")
def demo(medium):
    data = Dataset("medium", "medium", medium.lines.lazy(), tables={"stock": medium.stock})
    return association_rules.run(data, Config())


def noisy(n=4000, items=30, seed=0, ties=()):
    """Baskets of very different sizes in which nothing belongs together but the `ties`.

    Basket t holds item i with odds x_t y_i, independently. ties: (a, b, share of a's baskets that
    get b as well).
    """
    rng = np.random.default_rng(seed)
    x, y = rng.lognormal(-0.5, 1.0, n), 6 / (np.arange(items) + 3.0)
    odds = np.outer(x, y) * 10 / items
    held = [set(np.flatnonzero(row)) for row in rng.random((n, items)) < odds / (1 + odds)]
    for a, b, share in ties:
        for basket in held:
            if a in basket and rng.random() < share:
                basket.add(b)
    return [sorted(f"P{item:02}" for item in basket) for basket in held if basket]


# --- published values -----------------------------------------------------------------------


def test_tan_steinbach_kumar_market_basket_table():
    """{Milk, Diapers} -> {Beer}: support 0.4, confidence 0.67 (p. 330), in twenty copies."""
    result = association_rules.run(dataset(TAN * 20), Config(min_orders=1, max_length=3))
    found = rule(result, "Diapers + Milk", "Beer")
    assert found["support"] == pytest.approx(2 / 5)
    assert found["confidence"] == pytest.approx(2 / 3)
    assert found["lift"] == pytest.approx((2 / 3) / (3 / 5))
    assert found["leverage"] == pytest.approx(2 / 5 - 3 / 5 * 3 / 5)
    assert found["conviction"] == pytest.approx((1 - 3 / 5) / (1 - 2 / 3))
    beer = rule(result, "Beer", "Diapers")
    assert (beer["confidence"], beer["conviction"]) == (1.0, None)
    assert beer["cosine"] == pytest.approx(3 / np.sqrt(3 * 4))
    assert beer["jaccard"] == pytest.approx(3 / 4)
    assert beer["kulczynski"] == pytest.approx((1 + 3 / 4) / 2)
    assert beer["imbalance_ratio"] == pytest.approx(1 / 4)


def test_measures_agree_with_mlxtend():
    """mlxtend's association_rules on the same itemsets, metric by metric."""
    pd = pytest.importorskip("pandas")
    from mlxtend.frequent_patterns import apriori
    from mlxtend.frequent_patterns import association_rules as peer

    lists = noisy(600, 12, ties=[(1, 4, 0.6)])
    names = sorted({item for basket in lists for item in basket})
    onehot = pd.DataFrame([[item in basket for item in names] for basket in lists], columns=names)
    theirs = peer(
        apriori(onehot, 29.5 / len(lists), use_colnames=True, max_len=3),
        metric="support",
        min_threshold=0,
    )
    data = dataset(lists)
    config = Config(min_orders=30, max_length=3, max_consequent=2, max_basket=100)
    ours = association_rules.run(data, config).all_rules
    assert ours.height == len(theirs)
    joined = {
        (" + ".join(sorted(row.antecedents)), " + ".join(sorted(row.consequents))): row
        for row in theirs.itertuples()
    }
    for row in ours.to_dicts():
        peer_row = joined[row["antecedent"], row["consequent"]]
        for measure in ("support", "confidence", "lift", "leverage", "jaccard", "kulczynski"):
            assert row[measure] == pytest.approx(getattr(peer_row, measure)), measure
        assert row["zhang"] == pytest.approx(peer_row.zhangs_metric)
        if row["conviction"] is not None:
            assert row["conviction"] == pytest.approx(peer_row.conviction)


def test_hypergeometric_quantile_agrees_with_scipy():
    rng = np.random.default_rng(0)
    a, c = rng.integers(1, 3000, (2, 400))
    np.testing.assert_array_equal(
        hypergeometric_quantile(3000, a, c, 0.99), hypergeom.ppf(0.99, 3000, a, c)
    )


def test_hypergeometric_tail_agrees_with_scipy():
    rng = np.random.default_rng(0)
    a, c = rng.integers(1, 900, (2, 500))
    k = (rng.uniform(0, 1.5, 500) * a * c / 1000).astype(int)
    theirs = hypergeom.sf(k - 1, 1000, a, c)
    np.testing.assert_allclose(nulls.hypergeometric_tail(1000, a, c, k), theirs, rtol=1e-6)


def test_tails_agree_with_scipy():
    k, mu = np.array([1, 5, 30]), np.array([0.5, 2.0, 25.0])
    np.testing.assert_allclose(
        nulls.upper_tail(k, mu, np.full(3, np.inf)), poisson.sf(k - 1, mu), rtol=1e-9
    )
    np.testing.assert_allclose(
        nulls.upper_tail(k, mu, np.array([10.0, 40.0, 60.0])),
        binom.sf(k - 1, [10, 40, 60], mu / [10, 40, 60]),
        rtol=1e-9,
    )
    np.testing.assert_allclose(nulls.lower_tail(k, mu), poisson.cdf(k, mu), rtol=1e-9)


def test_q_values_agree_with_statsmodels_and_count_untested_candidates():
    p = np.random.default_rng(0).uniform(0, 0.05, 40)
    everyone = np.concatenate([p, np.ones(60)])
    theirs = multipletests(everyone, method="fdr_bh")[1][:40]
    np.testing.assert_allclose(nulls.q_values(p, 100), theirs)


def test_orders_to_test_is_the_textbook_size():
    """Fleiss, Levin & Paik: 10 % against 12 %, 5 % two-sided, power 80 %: 3,841 per group."""
    assert orders_to_test(np.array([0.10]), 0.2)[0] == 3841


# --- the null -------------------------------------------------------------------------------


def test_phi_is_one_for_equal_baskets_up_to_the_slot_taken():
    assert nulls.phi(np.full(100, 10)) == pytest.approx(0.9)


def test_configuration_meets_every_basket_size_and_item_count():
    baskets = select(dataset(noisy()), Config()).baskets
    null = nulls.fit(baskets, "configuration")
    share = nulls.shares(null.x, null.y)
    np.testing.assert_allclose(share.sum(axis=0), null.size, rtol=1e-3)
    np.testing.assert_allclose(share @ null.many, null.counts, rtol=1e-3)


def test_dense_and_sparse_expectations_are_the_same(monkeypatch):
    baskets = select(dataset(noisy(items=20)), Config()).baskets
    null = nulls.fit(baskets, "configuration")
    pairs = np.stack(np.triu_indices(20, 1), axis=1)
    dense = null.pairs(pairs)
    monkeypatch.setattr(nulls, "DENSE_ITEMS", 0)
    for one, other in zip(dense, null.pairs(pairs), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9)


def test_expectation_is_what_swap_randomisation_gives():
    """Mean shared baskets over 40 shuffles, item frequencies and basket sizes kept."""
    baskets = select(dataset(noisy(1500, 15)), Config(max_basket=100)).baskets
    pairs = np.stack(np.triu_indices(15, 1), axis=1)
    rng, seen = np.random.default_rng(1), []
    shuffled = swapped(baskets, rng, 20)
    for _ in range(40):
        shuffled = swapped(shuffled, rng, 4)
        x = shuffled.matrix().toarray()
        seen.append((x.T @ x)[pairs[:, 0], pairs[:, 1]])
    expected, _ = nulls.fit(baskets, "configuration").pairs(pairs)
    mean = np.mean(seen, axis=0)
    frequent = mean >= 10
    assert frequent.sum() > 40
    assert np.abs(expected[frequent] / mean[frequent] - 1).max() < 0.08


def test_shuffled_baskets_give_no_pairs_where_plain_independence_gives_many():
    """Ten shops in which nothing belongs together, their baskets of very different sizes."""
    false = {"configuration": 0, "independence": 0}
    for seed in range(10):
        real = select(dataset(noisy(2000, 40, seed)), Config(max_basket=100)).baskets
        baskets = swapped(real, np.random.default_rng(seed), 20)
        mined = mine(baskets, 10, 2)
        level = mined.levels[1]
        for name in false:
            _, p = nulls.fit(baskets, name).p_values(level.items, level.counts)
            false[name] += int((nulls.q_values(p, mined.candidates(2)) <= 0.05).sum())
    assert false["configuration"] <= 2
    assert false["independence"] > 200


def test_a_third_product_that_adds_nothing_makes_no_rule():
    """A-B and B-C belong together; given B, A says nothing of C: {A, B} -> C is not a rule."""
    lists = noisy(6000, 30, 3, ties=[(8, 9, 0.6), (9, 10, 0.6)])
    result = association_rules.run(dataset(lists), Config(min_orders=15, max_length=3))
    found = set(result.rules.select("antecedent", "consequent").rows())
    assert {("P08", "P09"), ("P09", "P10")} <= found
    longer = result.rules.filter(pl.col("length") == 3)
    assert ("P08 + P09", "P10") not in set(longer.select("antecedent", "consequent").rows())
    assert longer.height <= 3


def test_a_third_product_that_adds_something_does():
    lists = noisy(6000, 30, 4)
    rng = np.random.default_rng(0)
    for basket in lists:
        if {"P05", "P07"} <= set(basket) and rng.random() < 0.8 and "P20" not in basket:
            basket.append("P20")
    result = association_rules.run(dataset(lists), Config(min_orders=15, max_length=3))
    assert rule(result, "P05 + P07", "P20", "rules")["q_value"] < 0.01


# --- planted truth --------------------------------------------------------------------------


def partners(pair):
    return [value for value in vars(pair).values() if isinstance(value, str)][:2]


def test_every_planted_companion_and_the_bundle_are_found(demo, medium):
    pairs = set(demo.rules.filter(pl.col("length") == 2).select("antecedent", "consequent").rows())
    planted = [tuple(sorted(partners(pair))) for pair in medium.truth.pairs]
    assert [pair for pair in planted if pair not in pairs] == []
    a, b, c = sorted(medium.truth.bundle)
    assert {(a, b), (a, c), (b, c)} <= pairs
    assert rule(demo, f"{a} + {b}", c, "rules")["confidence"] > 0.9


def test_pairs_that_only_share_a_season_are_flagged_or_absent(demo, medium):
    planted = {frozenset(pair) for pair in medium.truth.season_pairs}
    flagged = demo.rules.filter("season_only").select("antecedent", "consequent").rows()
    steady = demo.rules.filter(~pl.col("season_only")).select("antecedent", "consequent").rows()
    assert any(frozenset(pair) in planted for pair in flagged)
    assert not any(frozenset(pair) in planted for pair in steady)
    assert not any(
        row["antecedent"] in {a for p in planted for a in p} for row in demo.bundles.to_dicts()
    )


def test_what_was_not_planted_as_a_pair_is_a_taste_or_is_not_found(demo, medium):
    """Espresso, filter and tea drinkers are planted too: they tie products of one taste."""
    truth = {frozenset(partners(pair)) for pair in medium.truth.pairs}
    truth |= {frozenset(pair) for pair in medium.truth.season_pairs}
    bundle = set(medium.truth.bundle)
    pairs = demo.rules.filter(pl.col("length") == 2).select("antecedent", "consequent").rows()
    unplanted = {frozenset(p) for p in pairs if not set(p) <= bundle} - truth
    lift = {frozenset(p): rule(demo, *p, "rules")["adjusted_lift"] for p in pairs}
    assert max((lift[pair] for pair in unplanted), default=0) < 5
    planted = {frozenset(partners(pair)) for pair in medium.truth.pairs}
    assert min(lift[pair] for pair in planted) > 5


def test_without_affinities_nothing_is_found():
    data = shop("medium", affinities=False, seasons=False)
    result = association_rules.run(Dataset("null", "null", data.lines.lazy()), Config())
    assert result.rules.filter(~pl.col("season_only")).height <= 2
    assert all(str(finding) for finding in result.explain())


def test_rules_found_earlier_hold_again(demo):
    again, lift = (
        dict(demo.evidence.filter(metric=metric).select("method", "value").iter_rows())
        for metric in ("replicated", "later_lift")
    )
    assert again["significant_pairs"] >= 0.7
    assert lift["significant_pairs"] > lift["most_frequent_pairs"]


def test_a_pair_that_starts_late_is_called_stronger():
    lists = noisy(4000, 25, 6)
    days = np.sort(np.random.default_rng(0).integers(0, 360, len(lists)))
    rng = np.random.default_rng(1)
    for basket, day in zip(lists, days, strict=True):
        if "P06" in basket and rng.random() < (0.7 if day > 220 else 0.1) and "P15" not in basket:
            basket.append("P15")
    result = association_rules.run(dataset(lists, days=days), Config(min_orders=15))
    assert rule(result, "P06", "P15", "rules")["over_time"] == "stronger"


# --- substitutes, sequences, cross-shop -----------------------------------------------------


def test_substitutes_share_customers_but_not_orders():
    """500 customers, ten orders: S1 or S2, never both; half only ever drink T1, half T2."""
    rng, rows = np.random.default_rng(0), []
    for customer in range(500):
        for visit in range(10):
            order = f"{customer}-{visit}"
            items = {f"F{item}" for item in rng.integers(0, 12, 4)}
            items.add(f"S{rng.integers(1, 3)}")
            items.add("T1" if customer % 2 else "T2")
            rows += [
                (order, customer, visit * 12 + int(rng.integers(0, 12)), item) for item in items
            ]
    frame = pl.DataFrame(
        rows, schema=["order_id", "customer_id", "day", "product_id"], orient="row"
    )
    lines = frame.with_columns(
        pl.col("customer_id").cast(pl.String),
        ordered_at=pl.lit(START) + pl.duration(days=pl.col("day")),
        quantity=1.0,
    ).drop("day")
    found = association_rules.run(Dataset("s", "s", lines.lazy()), Config()).substitutes
    kinds = {
        (a, b): kind
        for a, b, kind in found.select("product_id", "other_product_id", "avoidance").rows()
    }
    assert kinds["T1", "T2"] == "different_buyers"
    assert kinds["S1", "S2"] != "different_buyers"
    strength = dict(zip(kinds, found["adjusted_lift"], strict=True))
    assert strength["T1", "T2"] == strength["S1", "S2"] == 0
    assert min(v for pair, v in strength.items() if pair[0][0] == pair[1][0] == "F") > 0.5


def followed(n=1500, share=0.35, seed=0):
    """Customers begin with A0..A9; of A3's, `share` come back for N7 within a month."""
    rng, rows = np.random.default_rng(seed), []
    for customer in range(n):
        start, first = int(rng.integers(0, 250)), int(rng.integers(0, 10))
        rows.append((f"{customer}a", str(customer), start, f"A{first}"))
        if rng.random() < 0.5:
            rows.append(
                (
                    f"{customer}b",
                    str(customer),
                    start + int(rng.integers(2, 50)),
                    f"N{rng.integers(0, 10)}",
                )
            )
        if first == 3 and rng.random() < share:
            rows.append((f"{customer}c", str(customer), start + int(rng.integers(2, 30)), "N7"))
    frame = pl.DataFrame(
        rows, schema=["order_id", "customer_id", "day", "product_id"], orient="row"
    )
    lines = frame.with_columns(
        ordered_at=pl.lit(START) + pl.duration(days=pl.col("day")), quantity=1.0
    ).drop("day")
    return Dataset("f", "f", lines.lazy())


def test_what_follows_a_first_order_is_found_and_nothing_else():
    found = association_rules.run(followed(), Config()).sequences
    pairs = set(found.select("first_product", "next_product").rows())
    assert ("A3", "N7") in pairs
    assert len(pairs) <= 2
    row = found.filter(first_product="A3", next_product="N7").row(0, named=True)
    assert row["follow_share_low"] < row["follow_share"] < row["follow_share_high"]
    assert row["follow_share"] == pytest.approx(0.38, abs=0.08)


def test_nothing_follows_where_nothing_was_planted():
    assert association_rules.run(followed(share=0.0), Config()).sequences.height <= 1


def test_customers_not_followed_up_long_enough_do_not_count():
    data = followed()
    short = association_rules.run(data, Config(follow_up_days=60)).sequences
    last = data.last_day - timedelta(days=60)
    firsts = data.lines.group_by("customer_id").agg(
        first=pl.col("ordered_at").min().dt.date(), item=pl.col("product_id").first()
    )
    began = data.lines.filter(pl.col("product_id") == "A3").collect()
    eligible = firsts.filter(pl.col("first") <= last).collect()["customer_id"]
    row = short.filter(first_product="A3", next_product="N7").row(0, named=True)
    assert row["first_customers"] == began.filter(pl.col("customer_id").is_in(eligible)).height


def test_cross_shop_counts_every_customer_once(demo, medium):
    from core.analyses.association_rules.categories import overlap

    chosen = [c for c in demo.cross_shop.columns if c not in ("customers", "revenue")][:3]
    told = overlap(demo.cross_shop, chosen)
    lines = medium.lines.filter(
        pl.col("customer_id").is_not_null(),
        pl.col("category").is_in(chosen),
        pl.col("quantity") > 0,
    )
    assert told["customers"].sum() == lines["customer_id"].n_unique()
    every = lines.group_by("customer_id").agg(pl.col("category").n_unique())
    assert told.filter(categories_bought=3)["customers"].sum() == (every["category"] == 3).sum()


@pytest.mark.parametrize("name", categories.TAKEN)
def test_cross_shop_of_a_category_called_as_a_figure(name):
    lines = pl.DataFrame(
        {
            "customer_id": ["a", "a", "b"],
            "category": [f"{name} ", " Tea", "Tea"],
            "quantity": 1.0,
            "revenue": [2.5, 3.0, 4.0],
        }
    )
    found = categories.cross_shop(Dataset("shop", "shop", lines.lazy()))
    assert found.columns == ["Tea", f"{name} ", "customers", "revenue"]
    told = categories.overlap(found, found.columns[:2]).sort("categories_bought")
    assert told["customers"].to_list() == [1, 1]
    assert told["revenue"].to_list() == [4.0, 5.5]


# --- options --------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ["apriori", "fpgrowth", "eclat", "fpmax"])
def test_every_engine_gives_the_same_rules(engine):
    data = dataset(noisy(800, 15, 2, ties=[(3, 9, 0.6)]))
    ours = association_rules.run(data, Config(min_orders=10))
    theirs = association_rules.run(data, Config(min_orders=10, engine=engine))
    assert_frame_equal(ours.all_rules, theirs.all_rules)


def test_maximal_sets_agree_with_fpmax():
    from mlxtend.frequent_patterns import fpmax

    baskets = select(dataset(noisy(500, 12)), Config()).baskets
    mined = mine(baskets, 60, 12)
    flags = mined.maximal()
    ours = {
        tuple(items)
        for level, keep in zip(mined.levels, flags, strict=True)
        for items in level.items[keep].tolist()
    }
    onehot = pd.DataFrame(baskets.matrix().toarray().astype(bool))
    theirs = fpmax(onehot, 59.5 / baskets.n, use_colnames=True)["itemsets"]
    assert ours == {tuple(sorted(items)) for items in theirs}


@pytest.mark.parametrize("basket", ["order", "customer_day", "customer_window"])
def test_units_of_a_basket(basket):
    """Two orders of one customer on one day, a third within the window."""
    day = [0, 0, 3] * 60 + [40] * 60
    frame = pl.DataFrame(
        {
            "order_id": [f"o{n}" for n in range(240)],
            "customer_id": [f"c{n // 3}" for n in range(180)] + [f"d{n}" for n in range(60)],
            "product_id": ["A", "B", "C"] * 60 + ["D"] * 60,
            "ordered_at": [START + timedelta(days=d) for d in day],
            "quantity": 1.0,
        }
    )
    config = Config(basket=basket, visit_days=7, min_orders=2)
    result = association_rules.run(Dataset("u", "u", frame.lazy()), config)
    expected = {"order": 240, "customer_day": 180, "customer_window": 120}
    assert result.facts.baskets == expected[basket]


def test_mixed_levels_without_a_product_and_its_own_category():
    lists = noisy(3000, 20, 5, ties=[(2, 12, 0.7)])
    category = "K" + (pl.col("product_id").str.slice(1).cast(pl.Int32) // 5).cast(pl.String)
    result = association_rules.run(dataset(lists, category=category), Config(level="mixed"))
    rows = result.all_rules.select("antecedent", "consequent").rows()
    assert any("▸" in a or "▸" in c for a, c in rows)
    for a, c in rows:
        held = (a + " + " + c).split(" + ")
        parents = {item.removeprefix("▸ ") for item in held if item.startswith("▸")}
        assert not parents & {f"K{int(item[1:]) // 5}" for item in held if item.startswith("P")}


def test_a_level_that_the_data_do_not_name_is_refused():
    with pytest.raises(MissingColumnsError, match="brand"):
        association_rules.run(dataset(noisy(200)), Config(level="brand"))


def test_giant_baskets_are_set_aside_and_said():
    lists = [*noisy(1500, 40), *[[f"P{item:02}" for item in range(40)]] * 2]
    result = association_rules.run(dataset(lists), Config(max_basket=39))
    assert result.facts.set_aside >= 2
    assert any("left out" in str(finding) for finding in result.explain())


def test_support_as_a_share_as_a_count_or_chosen():
    lists = noisy(1000)
    data = dataset(lists)
    by_share = association_rules.run(data, Config(min_support=29.5 / len(lists)))
    by_count = association_rules.run(data, Config(min_orders=30))
    assert by_share.config.min_orders == by_count.config.min_orders == 30
    assert association_rules.run(data, Config()).config.min_orders >= 5


def test_which_orders_split_those_of_known_customers(medium):
    data = Dataset("m", "m", medium.lines.lazy())
    kinds = ("first_orders", "repeat_orders", "best_customers", "other_customers")
    chosen = {kind: select(data, Config(which_orders=kind)) for kind in kinds}
    n = {kind: part.baskets.n + part.dropped for kind, part in chosen.items()}
    known = medium.lines.filter(pl.col("customer_id").is_not_null(), pl.col("quantity") > 0)
    every, customers = known["order_id"].n_unique(), known["customer_id"].n_unique()
    assert n["first_orders"] + n["repeat_orders"] == every
    assert n["best_customers"] + n["other_customers"] == every
    assert n["first_orders"] == customers
    per_customer = known.group_by("customer_id").agg(pl.col("order_id").n_unique())["order_id"]
    best = per_customer.filter(per_customer > per_customer.quantile(0.8))
    assert n["best_customers"] == best.sum() > every / 5
    assert len(best) <= customers / 5


def test_a_country_alone(medium):
    data = Dataset("m", "m", medium.lines.lazy())
    country = medium.lines["country"].drop_nulls().mode().sort()[0]
    result = association_rules.run(data, Config(country=country.upper()))
    sold = medium.lines.filter(pl.col("country") == country, pl.col("quantity") > 0)
    assert result.facts.baskets == sold["order_id"].n_unique()


@pytest.mark.parametrize("options", [{"basket": "customer_day"}, {"which_orders": "first_orders"}])
def test_options_about_customers_need_customers(options):
    with pytest.raises(CoreError):
        association_rules.run(dataset(noisy(200)), Config(**options))


def test_too_few_orders_are_refused_in_words():
    with pytest.raises(NotEnoughDataError, match="at least 50"):
        association_rules.run(dataset(noisy(20)), Config())


def test_too_low_a_support_is_refused_in_words(monkeypatch):
    monkeypatch.setattr("core.measures.itemsets.MAX_ITEMSETS", 100)
    monkeypatch.setattr(mine, "__kwdefaults__", mine.__kwdefaults__ | {"max_itemsets": 100})
    with pytest.raises(BadOptionError, match="higher support"):
        association_rules.run(dataset(noisy(2000)), Config(min_orders=2))


def test_orders_too_large_to_count_are_refused_in_words(monkeypatch):
    monkeypatch.setattr("core.measures.itemsets.MAX_COUPLES", 100)
    with pytest.raises(BadOptionError, match="Orders are so large"):
        association_rules.run(dataset(noisy(2000)), Config(min_orders=2))


# --- what to do -----------------------------------------------------------------------------


def test_actions_say_their_assumption_and_lie_in_their_interval(demo):
    actions = demo.actions()
    assert actions
    for action in actions:
        assert action.low <= action.value <= action.high
        assert "assumption" in str(action.finding)


def test_extra_revenue_is_the_assumed_uplift_of_what_was_sold(demo, medium):
    row = demo.bundles.row(0, named=True)
    last = medium.lines["ordered_at"].max().date()
    recent = medium.lines.filter(
        pl.col("ordered_at").dt.date() > last - timedelta(days=91), pl.col("quantity") > 0
    )
    held = recent.group_by("order_id").agg(pl.col("product_id").unique())["product_id"]
    both = sum({row["antecedent"], row["consequent"]} <= set(items) for items in held)
    price = medium.lines.filter(pl.col("product_id") == row["consequent"], pl.col("quantity") > 0)[
        "revenue"
    ].median()
    assert row["recent_orders"] == pytest.approx(both * 28 / 91)
    assert row["extra_revenue"] == pytest.approx(0.1 * both * 28 / 91 * price)


def test_also_bought_is_sorted_and_free_of_season_pairs(demo):
    kettle = demo.rules.filter(pl.col("length") == 2)["antecedent"][0]
    found = demo.also_bought(kettle)
    assert found["confidence"].is_sorted(descending=True)
    assert set(found["antecedent"]) == {kettle}
    assert not found["season_only"].any()


def test_placement_names_each_pair_once_strongest_first(demo):
    pairs = demo.placement()
    together = pairs.select(pl.concat_list("antecedent", "consequent").list.sort().list.join("+"))
    assert together.to_series().is_unique().all()
    assert pairs["extra_orders_together"].is_sorted(descending=True)
    assert not pairs["season_only"].any()


def test_halves_split_by_day():
    baskets = select(dataset(noisy(1000)), Config()).baskets
    split = periods.halves(baskets)
    assert split.earlier.days.max() < split.day <= split.later.days.min()
    assert split.earlier.n + split.later.n == baskets.n
