"""Recommendations: oracles by dense loops, leakage, cold start, the null shop, reasons."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from core.analyses import recommendations
from core.analyses.recommendations import choice, reasons
from core.analyses.recommendations.events import events
from core.analyses.recommendations.history import history
from core.analyses.recommendations.models import METHODS, fit
from core.analyses.recommendations.models.users import NEIGHBOURS as ALIKE
from core.analyses.recommendations.nearest import NEIGHBOURS
from core.analyses.recommendations.steering import Steering, wheel
from core.analyses.recommendations.tournament import Outcome, split
from core.dataset import Dataset
from core.errors import NotEnoughDataError

START = date(2024, 1, 1)


def shop(lines) -> Dataset:
    """lines: (order, customer, product, day number[, quantity])."""
    full = [(*line, 1.0) if len(line) == 4 else line for line in lines]
    frame = pl.DataFrame(
        full, schema=["order_id", "customer_id", "product_id", "day", "quantity"], orient="row"
    )
    at = pl.lit(datetime(2024, 1, 1)) + pl.duration(days="day")
    frame = frame.with_columns(
        pl.col("quantity").cast(pl.Float64), ordered_at=at, revenue=pl.col("quantity") * 5
    )
    return Dataset("shop", "shop", frame.drop("day").lazy())


def random_shop(seed=0, customers=60, products=25, orders=6, days=120) -> Dataset:
    """Every customer has favourites, so that there is something to learn."""
    rng = np.random.default_rng(seed)
    lines = []
    for customer in range(customers):
        liked = rng.choice(products, 6, replace=False)
        for order in range(orders):
            day = int(rng.integers(days))
            basket = rng.choice(liked, 3, replace=False)
            lines += [(f"{customer}-{order}", f"c{customer:03}", f"p{p:02}", day) for p in basket]
    return shop(lines)


def past(dataset: Dataset):
    bought = events(dataset)
    return history(bought, bought.last_day, 30.0)


@pytest.fixture(scope="module")
def known():
    return past(random_shop())


def everybody(history, method, seed=0):
    rows = np.arange(history.shape[0], dtype=np.int64)
    return fit(method, history, seed).scores(rows)


def test_history_counts_orders_and_drops_what_was_sent_back():
    dataset = shop(
        [
            ("1", "a", "kettle", 0, 2.0),
            ("2", "a", "kettle", 5, -2.0),
            ("3", "a", "beans", 0, 9.0),
            ("3", "a", "beans", 0, 1.0),
            ("4", "a", "beans", 30),
            ("5", None, "kettle", 30),
        ]
    )
    known = past(dataset)
    assert known.products["product_id"].to_list() == ["beans", "kettle"]
    assert known.orders.toarray().tolist() == [[2.0, 0.0]]
    assert known.recent.toarray()[0, 0] == pytest.approx(1.5)
    assert known.products["popularity"].to_list() == pytest.approx([1.5, 1.5])


def test_item_cosine_equals_a_dense_loop(known):
    bought = known.bought.toarray()
    users, items = bought.shape
    assert items <= NEIGHBOURS
    wanted = np.zeros((users, items))
    for j in range(items):
        for i in range(items):
            both = (bought[:, j] * bought[:, i]).sum()
            wanted[:, i] += bought[:, j] * both / np.sqrt(bought[:, j].sum() * bought[:, i].sum())
    np.testing.assert_allclose(everybody(known, "item_knn"), wanted, rtol=1e-4)


def test_user_cosine_equals_a_dense_loop(known):
    bought = known.bought.toarray()
    users, items = bought.shape
    assert users <= ALIKE
    wanted = np.zeros((users, items))
    for u in range(users):
        for v in range(users):
            if u != v:
                both = (bought[u] * bought[v]).sum()
                wanted[u] += bought[v] * both / np.sqrt(bought[u].sum() * bought[v].sum())
    np.testing.assert_allclose(everybody(known, "user_knn"), wanted, rtol=1e-3, atol=1e-3)


def test_als_lowers_its_objective(known):
    """Against the start: the weighted squared error plus the penalty, by loops."""
    from core.analyses.recommendations.models import factors

    model = fit("als", known, 0)
    weight = 1 + factors.ALPHA * np.log1p(known.orders.toarray())
    wanted = known.bought.toarray()

    def objective(x, y):
        penalty = factors.REGULARIZATION * ((x**2).sum() + (y**2).sum())
        return (weight * (wanted - x @ y.T) ** 2).sum() + penalty

    nothing = objective(np.zeros_like(model.customers), np.zeros_like(model.products))
    assert objective(model.customers, model.products) < 0.8 * nothing


@pytest.mark.parametrize("method", METHODS)
def test_equal_customers_have_equal_scores(method):
    twin = random_shop().lines.filter(pl.col("customer_id") == "c007")
    twin = twin.with_columns(
        customer_id=pl.lit("zz"), order_id=pl.format("twin-{}", pl.col("order_id"))
    )
    dataset = random_shop()
    known = past(replace(dataset, lines=pl.concat([dataset.lines, twin])))
    ids = known.customers["customer_id"].to_list()
    scores = everybody(known, method)
    np.testing.assert_allclose(scores[ids.index("c007")], scores[ids.index("zz")], rtol=2e-4)


@pytest.mark.parametrize("method", METHODS)
def test_the_future_moves_no_score(method):
    """A product sold only after the cut, and a customer's known future, change nothing before."""
    dataset = random_shop()
    cut = START + timedelta(days=90)
    later = [(f"f{n}", f"c{n:03}", "from_the_future", 100) for n in range(40)]
    later += [("g", "c001", "p00", 101), ("g", "c001", "p01", 101)]
    leaky = replace(dataset, lines=pl.concat([dataset.lines, shop(later).lines]))
    before = history(events(dataset.until(cut)), cut, 30.0)
    planted = split(events(leaky), cut, 28, 30.0).past
    assert planted.products["product_id"].to_list() == before.products["product_id"].to_list()
    np.testing.assert_allclose(everybody(planted, method), everybody(before, method), rtol=1e-5)


def test_truth_is_the_next_order_and_what_is_new():
    dataset = shop(
        [
            ("1", "a", "beans", 0),
            ("2", "b", "filter", 0),
            ("3", "a", "beans", 12),
            ("3", "a", "filter", 12),
            ("4", "a", "filter", 13),
            ("5", "a", "mug", 12),
        ]
    )
    cut = split(events(dataset), START + timedelta(days=10), 28, 30.0)
    names = cut.past.products["product_id"].to_list()
    said = {task: [names[i] for i in rows["i"].to_list()] for task, rows in cut.truth.items()}
    assert said == {"next_basket": ["beans", "filter"], "new_products": ["filter"]}
    assert cut.repeat_share == 0.5


def test_new_products_leaves_out_what_was_bought():
    result = recommendations.run(
        random_shop(), recommendations.Config(task="new_products", list_length=5)
    )
    assert result.config.task == "new_products"
    assert not result.recommendations["bought_before"].any()
    owned = result.history.purchases.height
    assert owned
    assert result.recommendations.group_by("customer_id").len()["len"].max() <= 5


def test_lists_beat_popularity_where_customers_have_favourites():
    result = recommendations.run(random_shop(customers=150), recommendations.Config())
    scores = dict(
        result.decisive(["popularity", result.config.method])
        .filter(pl.col("task") == "next_basket")
        .select("method", "value")
        .iter_rows()
    )
    assert result.config.method != "popularity"
    assert scores[result.config.method] > 1.5 * scores["popularity"]


def test_the_lead_is_paired_and_said():
    result = recommendations.run(
        random_shop(customers=150), recommendations.Config(method="hybrid")
    )
    values = dict(
        result.decisive().filter(task="next_basket").select("method", "value").iter_rows()
    )
    assert result.lead["rival"] == "own_history"
    assert result.lead["difference"] == pytest.approx(values["hybrid"] - values["own_history"])
    assert result.lead["low"] <= result.lead["difference"] <= result.lead["high"]
    assert any("simple rule" in str(finding) for finding in result.explain())
    chosen = result.evidence.filter("chosen")
    told = chosen.filter(metric="recall_at_k").select("lead", "lead_low", "lead_high").row(0)
    assert told == pytest.approx([result.lead[name] for name in ("difference", "low", "high")])
    assert result.evidence["lead"].count() == chosen.height
    assert (
        recommendations.run(random_shop(), recommendations.Config(method="own_history")).lead
        is None
    )


def test_a_method_ahead_that_is_not_taken_is_named():
    values = {"popularity": [0.1, 0.4], "own_history": [0.3, 0.5], "hybrid": [0.6, 0.3]}
    outcomes = [outcome(method, shares) for method, shares in values.items()]
    assert choice.choose(outcomes, 10, 0) == "popularity"
    best = choice.ahead(outcomes, 10, "popularity", 0)
    assert (best["method"], best["rival"]) == ("hybrid", "popularity")
    assert best["difference"] == pytest.approx(0.2)
    assert best["low"] <= 0 <= best["high"]
    assert choice.ahead(outcomes, 10, "hybrid", 0) is None


def outcome(method, shares):
    """Two lists of ten; so many tenths of the ten relevant products stand in each."""
    hits = np.arange(10) < 10 * np.array(shares)[:, None] - 1e-9
    ones, none = np.ones(2, np.int64), np.zeros(hits.shape, bool)
    return Outcome(
        method, "next_basket", hits, 10 * ones, none, 0.0 * ones, ones, np.arange(2), 1.0
    )


def test_a_customers_list_says_what_the_held_back_time_saw(answer):
    customer = answer.history.customers["customer_id"][0]
    found = answer.likely(customer, 10)
    rates = answer.conversion.select("rate", "low", "high").rows()
    assert found.products.height == min(10, answer.for_customer(customer).height)
    assert set(found.products.select("conversion", "low", "high").rows()) <= set(rates)
    assert found.expected == pytest.approx(found.products["conversion"].sum())
    assert found.low <= found.expected <= found.high
    assert answer.likely("nobody") is None


def test_the_null_shop_ends_with_popularity():
    """Every order picks products by popularity alone: nothing personal is there to be found."""
    rng = np.random.default_rng(3)
    weight = 1 / np.arange(1, 41)
    lines = [
        (f"o{n}", f"c{rng.integers(200):03}", f"p{product:02}", int(rng.integers(150)))
        for n in range(1500)
        for product in rng.choice(40, 3, replace=False, p=weight / weight.sum())
    ]
    result = recommendations.run(shop(lines), recommendations.Config())
    assert result.config.method == "popularity"
    assert any("as good as" in str(finding) for finding in result.explain())


def test_registered_customers_without_a_purchase_get_bestsellers_and_are_marked():
    newcomers = pl.DataFrame({"customer_id": ["new one"]})
    dataset = replace(random_shop(), tables={"customers": newcomers})
    result = recommendations.run(dataset, recommendations.Config())
    rows = result.for_customer("new one")
    best = result.products["product_id"].head(10).to_list()
    assert rows["product_id"].to_list() == best
    assert rows["reason_code"].unique().to_list() == ["new_customer"]
    assert rows["method"].unique().to_list() == ["popularity"]
    assert result.for_customer("never heard of")["product_id"].to_list() == best


def test_because_names_a_product_the_customer_bought_and_a_share_that_is_counted():
    config = recommendations.Config(method="item_knn", task="new_products", list_length=5)
    result = recommendations.run(random_shop(), config)
    rows = result.recommendations.filter(pl.col("reason_code") == "bought_with")
    assert rows.height
    pairs = result.history.purchases.join(
        result.history.customers.select("u", "customer_id"), on="u"
    ).join(result.history.products.select("i", "product_id"), on="i")
    buyers = {p: set(ids) for p, ids in pairs.group_by("product_id").agg("customer_id").iter_rows()}
    for row in rows.head(40).iter_rows(named=True):
        spoke, named = buyers[row["because_product_id"]], buyers[row["product_id"]]
        assert row["customer_id"] in spoke
        assert row["because_share"] == pytest.approx(len(spoke & named) / len(spoke))
    said = rows.select(reasons.sentence())["because"]
    assert said.str.contains(r"^Because you bought p\d+ on 2024-\d\d-\d\d: \d+% of").all()


def test_bought_together_counts_orders():
    lines = [(f"{n}", f"c{n}", product, n) for n in range(4) for product in ("cup", "saucer")]
    lines += [("9", "c9", "cup", 9), ("8", "c8", "lid", 9)]
    result = recommendations.run(shop(lines), recommendations.Config())
    row = result.together.filter(pl.col("product_id") == "cup").row(0, named=True)
    assert (row["together_product_id"], row["orders"]) == ("saucer", 4)
    assert row["confidence"] == pytest.approx(0.8)
    assert row["lift"] == pytest.approx(0.8 / (4 / 6))


def test_a_campaign_expects_what_the_held_back_time_saw():
    result = recommendations.run(random_shop(customers=150), recommendations.Config())
    listed = result.campaign("p03", 50)
    assert listed.customers.height <= 50
    assert listed.low <= listed.expected <= listed.high
    assert listed.expected == pytest.approx(listed.customers["conversion"].sum())
    assert result.campaign("no such product") is None
    (action,) = result.actions()
    assert action.low <= action.value <= action.high


def test_the_campaign_rank_is_the_rank_in_the_customers_own_list():
    result = recommendations.run(random_shop(), recommendations.Config())
    product = result.recommendations["product_id"][0]
    told = result.campaign(product, 1000).customers.select("customer_id", "rank_for_customer")
    own = result.recommendations.filter(pl.col("product_id") == product)
    both = own.join(told, on="customer_id")
    assert both.height
    assert (both["rank"] == both["rank_for_customer"]).all()


def test_guests_alone_are_refused_in_words():
    with pytest.raises(NotEnoughDataError, match="known customers"):
        recommendations.run(shop([("1", None, "a", 0)]), recommendations.Config())


def test_one_day_of_orders_gives_lists_without_evidence_and_says_so():
    lines = [(f"{n}", f"c{n}", f"p{n % 3}", 0) for n in range(9)]
    result = recommendations.run(shop(lines), recommendations.Config())
    assert result.evidence.is_empty()
    assert result.recommendations.height
    assert result.explain()[0].kind == "caution"
    assert result.actions() == []


@pytest.fixture(scope="module")
def answer():
    """A shop with categories, prices and stock; own history is used."""
    dataset = random_shop(customers=120)
    number = pl.col("product_id").str.slice(1).cast(pl.Int32)
    lines = dataset.lines.with_columns(
        category=pl.format("k{}", number % 3), revenue=pl.col("quantity") * (number + 1)
    )
    stock = pl.DataFrame({"product_id": ["p04"], "on_hand": [0.0]})
    dataset = replace(dataset, lines=lines, tables={"stock": stock})
    return recommendations.run(dataset, recommendations.Config(method="own_history", list_length=5))


def named(frame):
    return set(frame["product_id"])


@pytest.mark.parametrize(
    ("wanted", "gone"),
    [
        ({"exclude_products": ("p03",)}, {"p03"}),
        ({"exclude_categories": ("k1",)}, {f"p{n:02}" for n in range(1, 25, 3)}),
        ({"minimum_stock": 1}, {"p04"}),
        ({"minimum_price": 10.0}, {f"p{n:02}" for n in range(9)}),
    ],
)
def test_steering_leaves_out_what_it_says(answer, wanted, gone):
    lists, cost = answer.steered(Steering(**wanted))
    assert gone & named(answer.recommendations)
    assert not gone & named(lists)
    change = cost.filter(pl.col("metric") == "recall_at_k").row(0, named=True)
    assert change["difference"] == pytest.approx(change["with_rules"] - change["without_rules"])
    assert change["low"] <= change["difference"] <= change["high"]
    assert change["difference"] < 0


def test_steering_by_nothing_changes_nothing(answer):
    lists, cost = answer.steered(Steering())
    assert lists.equals(answer.recommendations)
    assert cost["difference"].to_list() == [0, 0, 0]
    assert Steering(of="x").neutral
    assert not Steering(diversity=0.1).neutral


def test_every_rule_has_a_price_of_its_own(answer):
    """Alone it costs what it costs alone; all of them together stand first."""
    both = Steering(exclude_categories=("k1",), minimum_price=10.0)
    _, cost = answer.steered(both)
    assert cost["own_rule"].unique(maintain_order=True).to_list() == [
        "all_rules",
        "minimum_price",
        "exclude_categories",
    ]
    _, alone = answer.steered(Steering(minimum_price=10.0))
    told = cost.filter(own_rule="minimum_price").drop("own_rule")
    assert told.equals(alone.drop("own_rule"))
    together = cost.filter(own_rule="all_rules", metric="recall_at_k")["difference"][0]
    assert together <= told.filter(metric="recall_at_k")["difference"][0] < 0


def test_skipping_recent_purchases_follows_the_days(answer):
    lists, _ = answer.steered(Steering(skip_recent_days=30))
    again = lists.filter("bought_before")
    assert again.height
    assert (again["because_day"] <= answer.history.day - timedelta(days=30)).all()


def test_leaving_out_what_was_bought_and_what_is_not_new(answer):
    lists, cost = answer.steered(Steering(exclude_bought=True))
    assert lists.height
    assert not lists["bought_before"].any()
    assert cost.row(by_predicate=pl.col("metric") == "recall_at_k", named=True)["difference"] < 0
    ages = answer.history.products.select("product_id", "first_age")
    days = int(ages["first_age"].max())
    new, _ = answer.steered(Steering(newer_than_days=days))
    kept = ages.filter(pl.col("first_age") < days)
    assert 0 < kept.height < ages.height
    assert named(new) <= named(kept)


def test_boosting_margin_earns_more_per_list_and_is_priced(answer):
    lists, cost = answer.steered(Steering(margin_boost=0.8))
    value = answer.products.select("product_id", "value")
    plain, boosted = (
        frame.join(value, on="product_id")["value"].mean()
        for frame in (answer.recommendations, lists)
    )
    assert boosted > plain
    assert set(cost["metric"]) == {"hit_rate", "recall_at_k", "hit_value"}


def test_diversity_is_greedy_mmr(answer):
    """Against the definition, by loops, for a few customers."""
    model, history, d = answer.model, answer.history, 0.6
    alike = history.cosine.toarray()
    turned = wheel(Steering(diversity=d), history, answer.products)
    rows = np.arange(8, dtype=np.int64)
    ranked, _ = turned.lists(model, rows, "next_basket", 5)
    scores = model.scores(rows)
    for row, got in zip(scores, ranked, strict=True):
        relevance = (row - row.min()) / (row.max() - row.min())
        taken = []
        for _ in range(5):
            gain = [
                (1 - d) * relevance[i] - d * max((alike[j, i] for j in taken), default=0)
                if i not in taken
                else -np.inf
                for i in range(len(row))
            ]
            taken.append(int(np.argmax(np.round(gain, 6))))
        assert got.tolist() == taken


def test_groups_add_up_to_everybody(answer):
    shares = answer.tournament.filter(
        pl.col("task") == "next_basket", pl.col("metric") == "hit_rate", method="own_history"
    )
    assert shares.filter(pl.col("group") == "all").height == 1
    assert set(shares["group"]) <= {"all", "one_order", "few_orders", "many_orders", "no_order"}


def test_new_customers_are_scored_on_their_first_order():
    lines = [(f"{n}", f"c{n}", "mug", 0) for n in range(30)]
    lines += [(f"again{n}", f"c{n}", "mug", 60) for n in range(10)]
    lines += [(f"new{n}", f"n{n}", "mug" if n < 3 else "lamp", 61) for n in range(4)]
    lines += [("lamp", "c1", "lamp", 1), ("late", "c29", "lamp", 63)]
    result = recommendations.run(shop(lines), recommendations.Config(list_length=1, test_days=10))
    rows = result.tournament.filter(group="no_order", metric="hit_rate").rows(named=True)
    scores = {row["method"]: row["value"] for row in rows}
    assert scores == {"popularity": 0.75, "newcomers_first": 0.75}
    assert [row["method"] for row in rows if row["baseline"] and row["chosen"]] == ["popularity"]


def test_a_basket_is_completed_by_what_stands_in_the_same_orders():
    rng = np.random.default_rng(5)
    lines = []
    for n in range(300):
        pair = [("cup", "saucer"), ("pen", "ink"), ("lamp", "bulb")][n % 3]
        extra = f"x{rng.integers(30)}"
        lines += [(f"{n}", f"c{n % 80}", p, int(rng.integers(120))) for p in (*pair, extra)]
    result = recommendations.run(shop(lines), recommendations.Config(list_length=3))
    found = result.complete(["cup", "no such product"])
    assert found["product_id"][0] == "saucer"
    assert found["because_product_name"][0] == "cup"
    assert found["confidence"][0] == pytest.approx(1.0)
    assert "cup" not in found["product_id"]
    assert result.complete(["no such product"]).is_empty()
    scores = dict(result.completion_test().select("method", "hit_rate").iter_rows())
    assert scores["item_knn"] > scores["popularity"] + 0.2


def test_substitutes_read_alike_and_are_not_bought_together():
    names = ["Brazil beans 1 kg", "Brazil beans 250 g", "Brazil beans filter set", "Milk jug"]
    lines = [(f"{n}", f"c{n % 20}", names[n % 2], n % 50) for n in range(100)]
    lines += [(f"{n}", f"c{n % 20}", names[2], n % 50) for n in range(0, 100, 2)]
    lines += [(f"m{n}", f"c{n}", names[3], n) for n in range(20)]
    result = recommendations.run(shop(lines), recommendations.Config())
    found = result.substitutes(names[0])
    assert found["substitute_product_id"].to_list() == [names[1]]
    assert (found["lift"] <= 1).all()


def test_the_demo_shop_without_taste_ends_with_popularity(medium):
    """The null shop: products shuffled over all lines, so that nobody has a taste of their own."""
    lines = medium.lines.collect().sort("line_id")
    mixed = pl.Series("product_id", np.random.default_rng(1).permutation(lines["product_id"]))
    null = replace(medium, lines=lines.with_columns(mixed, product_name=mixed).lazy())
    result = recommendations.run(null, recommendations.Config())
    assert result.config.method == "popularity"


def test_the_mail_merge_holds_the_first_five_of_every_list(answer):
    merged = answer.files()["mail_merge"]
    lists = answer.files()["recommendations"]
    assert merged["customer_id"].to_list() == lists["customer_id"].unique().sort().to_list()
    one = lists.filter(customer_id=merged["customer_id"][3])
    row = merged.row(3, named=True)
    assert [row[f"product_{n}"] for n in range(1, 6)] == one["product_name"].to_list()
    assert [row[f"because_{n}"] for n in range(1, 6)] == one["because"].to_list()
