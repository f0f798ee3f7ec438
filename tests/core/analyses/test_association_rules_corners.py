"""Association rules where shops are odd: sure products, no money, options at their ends."""

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

from benchmarks.swaps import swapped
from core.analyses import association_rules
from core.analyses.association_rules import categories, nulls
from core.analyses.association_rules.bundles import orders_to_test
from core.analyses.association_rules.config import Config
from core.analyses.association_rules.selection import select
from core.dataset import Dataset
from core.errors import BadOptionError, NotEnoughDataError

START = datetime(2025, 1, 1)


def dataset(baskets, *, days=None, **columns):
    """Order lines out of lists of products; basket n is placed on day n, or on `days[n]`."""
    rows = [
        (f"{n:06}", START + timedelta(days=int(days[n] if days is not None else n % 300)), item)
        for n, items in enumerate(baskets)
        for item in items
    ]
    frame = pl.DataFrame(
        rows,
        schema={"order_id": pl.String, "ordered_at": pl.Datetime("us"), "product_id": pl.String},
        orient="row",
    ).with_columns(quantity=1.0, **columns)
    return Dataset("test", "test", frame.lazy())


def noisy(n=1500, items=15, seed=0, ties=()):
    """Baskets of different sizes in which nothing belongs together but `ties` (a, b, share)."""
    rng = np.random.default_rng(seed)
    odds = np.outer(rng.lognormal(-0.5, 1.0, n), 60 / (np.arange(items) + 3.0) / items)
    held = [set(np.flatnonzero(row)) for row in rng.random((n, items)) < odds / (1 + odds)]
    for a, b, share in ties:
        for basket in held:
            if a in basket and rng.random() < share:
                basket.add(b)
    return [sorted(f"P{item:02}" for item in basket) for basket in held if basket]


def bagged(share, seed=0, **shape):
    """`noisy` orders, so many of which hold a gift bag, whatever else is in them."""
    rng = np.random.default_rng(seed)
    return [[*b, "BAG"] if rng.random() < share else b for b in noisy(seed=seed, **shape)]


FIFTHS = "K" + (pl.col("product_id").str.slice(1).cast(pl.Int32) // 5).cast(pl.String)


def floats(result, *names):
    for name in names:
        frame = getattr(result, name)
        yield from (
            (name, column)
            for column in frame.select(pl.col(pl.Float64)).columns
            if not frame[column].is_finite().fill_null(value=True).all()
        )


# --- what chance gives ----------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.8, 0.9, 0.97, 1.0])
def test_what_lies_in_nearly_every_order_is_expected_as_often_as_swaps_give(share):
    """Mean shared baskets over 30 shuffles, item frequencies and basket sizes kept."""
    baskets = select(dataset(bagged(share, 1)), Config(max_basket=100)).baskets
    bag = int(baskets.keys.index_of("BAG"))
    others = np.delete(np.arange(len(baskets.keys)), bag)
    pairs = np.sort(np.stack([np.full(len(others), bag), others], axis=1), axis=1)
    rng = np.random.default_rng(1)
    shuffled, seen = swapped(baskets, rng, 20), []
    for _ in range(30):
        shuffled = swapped(shuffled, rng, 4)
        x = shuffled.matrix().toarray()
        seen.append((x.T @ x)[pairs[:, 0], pairs[:, 1]])
    expected, _ = nulls.fit(baskets, "configuration").pairs(pairs)
    assert np.abs(expected / np.mean(seen, axis=0) - 1).max() < 0.05


def test_a_bag_that_lies_in_nearly_every_order_belongs_to_nothing():
    for seed in range(3):
        orders = bagged(0.97, seed, n=2500, items=20)
        rules = association_rules.run(dataset(orders), Config(max_basket=100)).rules
        assert rules.is_empty()


def test_zhang_of_a_product_in_every_order_is_zero():
    result = association_rules.run(dataset([[*b, "BAG"] for b in noisy()]), Config())
    told = result.all_rules.filter(pl.col("antecedent") == "BAG", pl.col("length") == 2)
    assert told.height
    assert told["zhang"].to_list() == [0.0] * told.height


# --- options at their ends ------------------------------------------------------------------


def test_a_largest_order_that_leaves_next_to_nothing_is_refused_in_words():
    lists = [b for b in noisy(4000) if len(b) > 3]
    assert len(lists) > 200
    with pytest.raises(NotEnoughDataError, match="at least 50"):
        association_rules.run(dataset(lists), Config(max_basket=2))


@pytest.mark.parametrize("engine", ["auto", "apriori", "fpgrowth", "fpmax", "eclat"])
def test_a_support_that_nothing_reaches_finds_nothing(engine):
    result = association_rules.run(dataset(noisy()), Config(engine=engine, min_support=1.0))
    assert result.all_rules.is_empty()
    assert result.facts.pairs_tested == 0


@pytest.mark.parametrize("engine", ["auto", "apriori", "fpgrowth", "fpmax", "eclat"])
def test_too_low_a_support_is_refused_whoever_counts(engine):
    """Of 64 products in one order there are more than eight million combinations of up to five."""
    wide = [[f"W{n:02}" for n in range(64)]] * 2
    with pytest.raises(BadOptionError, match="higher support"):
        association_rules.run(
            dataset([*noisy(), *wide]),
            Config(engine=engine, min_orders=2, max_length=5, max_basket=100),
        )


def test_a_lowest_confidence_that_no_pair_reaches_is_not_called_chance():
    data = dataset(noisy(ties=[(3, 9, 0.7)]))
    said, all_said = (
        association_rules.run(data, Config(min_confidence=least)).explain() for least in (1.0, 0.0)
    )
    assert str(said[0]) == str(all_said[0])
    assert "lowest confidence" in str(said[1])
    assert not any("No products" in str(finding) for finding in said)


def test_the_days_looked_at_are_the_last_of_the_shop_not_of_the_country():
    country = pl.when(pl.col("ordered_at") < START + timedelta(days=100)).then(pl.lit("FR"))
    data = dataset(noisy(3000), country=country.otherwise(pl.lit("DE")))
    assert association_rules.run(data, Config(country="DE", last_days=60)).facts.baskets
    with pytest.raises(NotEnoughDataError):
        association_rules.run(data, Config(country="FR", last_days=60))


def test_a_country_alone_also_in_what_follows_and_across_categories():
    """In FR, N7 follows A3; in DE nothing follows, and nobody buys a second category."""
    rng, rows = np.random.default_rng(0), []
    for customer in range(1600):
        french, start = customer % 2 == 0, int(rng.integers(0, 200))
        place, first = ("FR" if french else "DE"), f"A{rng.integers(0, 4)}"
        follows = french and first == "A3" and rng.random() < 0.6
        rows.append((f"{customer}a", f"{customer}", start, first, place))
        rows += [(f"{customer}b", f"{customer}", start + 9, "N7", place)] * follows
    rows.append(("last", "0", 300, "A0", "FR"))
    columns = ["order_id", "customer_id", "day", "product_id", "country"]
    lines = pl.DataFrame(rows, schema=columns, orient="row").with_columns(
        ordered_at=pl.lit(START) + pl.duration(days="day"),
        quantity=1.0,
        category=pl.col("product_id").str.head(1),
    )
    data = Dataset("c", "c", lines.drop("day").lazy())
    french, german = (
        association_rules.run(data, Config(country=country)) for country in ("FR", "DE")
    )
    assert french.sequences.select("first_product", "next_product").rows() == [("A3", "N7")]
    assert german.sequences.is_empty()
    assert (french.cross_shop["customers"].sum(), german.cross_shop["customers"].sum()) == (
        800,
        800,
    )
    assert german.cross_shop.columns == ["A", "customers", "revenue"]


# --- time -----------------------------------------------------------------------------------


def test_mixed_levels_prove_nothing_by_a_product_and_its_own_category():
    """Nothing belongs together: what `holds again` must not be a product in its own category."""
    data = dataset(noisy(2000, 20, 5), category=FIFTHS)
    result = association_rules.run(data, Config(level="mixed"))
    assert result.rules.is_empty()
    assert result.evidence.is_empty()


def test_a_longer_rule_holds_again_by_the_ties_between_its_two_sides():
    """C follows A and B alike, and both more: among orders with C, A and B avoid each other."""
    rng, lists = np.random.default_rng(0), noisy(12000, 25, 2)
    for basket in lists:
        basket += [item for item in ("A", "B") if rng.random() < 0.3]
        follows = (0.05, 0.5, 0.75)[("A" in basket) + ("B" in basket)]
        basket += ["C"] if rng.random() < follows else []
    result = association_rules.run(dataset(lists), Config(max_length=3))
    told = result.rules.filter(antecedent="A + B", consequent="C").row(0, named=True)
    assert told["replicated"]
    assert told["later_p_value"] < 0.001


# --- money ----------------------------------------------------------------------------------


def test_without_money_a_bundle_has_none_and_no_action_is_proposed():
    result = association_rules.run(dataset(noisy(ties=[(3, 9, 0.7)])), Config())
    assert result.bundles.height
    assert result.bundles["extra_revenue"].null_count() == result.bundles.height
    assert list(floats(result, "rules", "all_rules", "bundles", "category_pairs")) == []
    assert result.actions() == []


def test_a_prompt_that_brings_less_than_one_order_is_not_proposed():
    """Half an order more in four weeks was told as one of the week's most valuable actions."""
    data = dataset(noisy(4000, ties=[(3, 9, 0.7)]), revenue=5.0)
    result = association_rules.run(data, Config())
    assert result.actions()
    few = result.bundles.with_columns(extra_orders=pl.lit(0.5))
    assert replace(result, bundles=few).actions() == []


def test_what_chance_would_give_is_not_rounded_to_nothing():
    """That chance would give 0 is false of products that may well meet once in a while."""
    result = association_rules.run(dataset(noisy(ties=[(3, 9, 0.7)])), Config())
    assert result.rules.height
    few = result.rules.with_columns(orders_by_chance=pl.lit(0.21))
    said = " ".join(map(str, replace(result, rules=few).explain()))
    assert "chance would give 0.2" in said


def test_a_bundle_of_unknown_price_stands_last():
    money = pl.when(pl.col("product_id") != "P09").then(5.0)
    data = dataset(noisy(3000, ties=[(3, 9, 0.7), (4, 10, 0.7)]), revenue=money)
    bundles = association_rules.run(data, Config()).bundles
    assert bundles["extra_revenue"].null_count()
    assert bundles["extra_revenue"][0] is not None


def test_no_prompt_raises_a_share_above_all():
    """Whoever buys P03 takes P09 anyway; of P04's, 95 % take P10: at most a nineteenth more."""
    data = dataset(noisy(4000, ties=[(3, 9, 1.0), (4, 10, 0.95)]), revenue=5.0)
    result = association_rules.run(data, Config(assumed_uplift=0.5))
    sure = result.bundles.filter(antecedent="P03", consequent="P09").row(0, named=True)
    assert (sure["confidence"], sure["extra_orders"], sure["extra_revenue_high"]) == (1, 0, 0)
    assert sure["orders_to_test"] is None
    near = result.bundles.filter(antecedent="P04", consequent="P10").row(0, named=True)
    room = 1 / near["confidence"] - 1
    assert near["extra_orders"] == pytest.approx(room * near["recent_orders"])
    assert near["extra_revenue_high"] >= near["extra_revenue"]
    assert not any("P09" in str(action.finding) for action in result.actions())
    assert np.isnan(orders_to_test(np.array([1.0]), 0.2)[0])


# --- categories, brands, guests -------------------------------------------------------------


def test_a_category_of_orders_left_out_is_in_no_picture():
    """Only one giant order, which is set aside, holds anything of the wholesale category."""
    wholesale = [f"W{n:02}" for n in range(60)]
    kind = pl.when(pl.col("product_id").str.starts_with("W")).then(pl.lit("wholesale"))
    data = dataset([*noisy(), wholesale], category=kind.otherwise(FIFTHS))
    pairs = association_rules.run(data, Config(max_basket=50)).category_pairs
    assert pairs.height == 3
    assert "wholesale" not in [*pairs["category"], *pairs["other_category"]]
    only = dataset([*noisy(), wholesale], category=kind.otherwise(pl.lit("retail")))
    assert association_rules.run(only, Config(max_basket=50)).category_pairs.is_empty()


def test_categories_of_brands_that_span_them_are_counted_by_their_products():
    lists = noisy(2000, 20)
    ids = [f"P{n:02}" for n in range(20)]
    table = pl.DataFrame({"product_id": ids, "brand": [f"B{n % 4}" for n in range(20)]})
    data = dataset(lists, category=FIFTHS)
    data = Dataset("b", "b", data.lines, {"products": table})
    by_brand = association_rules.run(data, Config(level="brand"))
    by_product = association_rules.run(data, Config())
    assert by_brand.category_pairs.equals(by_product.category_pairs)
    assert by_brand.products["category"].null_count() == by_brand.products.height


def test_what_only_guests_buy_is_not_said_to_have_other_buyers():
    """G and H are never in one order; H is bought by guests alone, so no customer tells why."""
    rng, rows = np.random.default_rng(0), []
    for order in range(3000):
        guest = order % 2 == 0
        items = {f"F{n}" for n in rng.integers(0, 12, 3)} | {"H" if guest else "G"}
        customer = None if guest else f"c{order % 150}"
        rows += [(f"{order}", customer, order % 300, item) for item in sorted(items)]
    columns = ["order_id", "customer_id", "day", "product_id"]
    lines = pl.DataFrame(rows, schema=columns, orient="row").with_columns(
        ordered_at=pl.lit(START) + pl.duration(days="day"), quantity=1.0
    )
    found = association_rules.run(Dataset("g", "g", lines.drop("day").lazy()), Config()).substitutes
    row = found.filter(product_id="G", other_product_id="H").row(0, named=True)
    assert (row["shared_customers"], row["customers_by_chance"]) == (0, 0)
    assert row["avoidance"] == "unknown"


def test_across_categories_without_money_has_no_money():
    lines = pl.DataFrame(
        {"customer_id": ["a", "a", "b"], "category": ["Tea", "Cups", "Tea"], "quantity": 1.0}
    )
    found = categories.cross_shop(Dataset("shop", "shop", lines.lazy()))
    assert found["customers"].to_list() == [1, 1]
    assert found["revenue"].to_list() == [None, None]
    assert categories.overlap(found, ["Tea"])["revenue"].to_list() == [None]
