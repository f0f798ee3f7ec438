"""Each model against a literal transcription of its formula, on a shop small enough for loops."""

import math
from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from scipy.sparse import csr_matrix

from core.analyses.recommendations.events import events
from core.analyses.recommendations.history import history
from core.analyses.recommendations.models import (
    METHODS,
    factors,
    fit,
    linear,
    neighbours,
    neural,
    users,
)
from core.analyses.recommendations.models.content import vectors
from core.analyses.recommendations.models.users import NEIGHBOURS as ALIKE
from core.analyses.recommendations.nearest import NEIGHBOURS
from core.analyses.recommendations.tournament import split

START = date(2024, 1, 1)


def kernel(known, method):
    """The links of an item model, dense; the shop has fewer products than NEIGHBOURS."""
    assert known.shape[1] <= NEIGHBOURS
    return fit(method, known, 0).links.toarray()


def test_item_pearson_is_the_correlation(known):
    wanted = np.maximum(np.corrcoef(known.bought.toarray().T), 0)
    np.testing.assert_allclose(kernel(known, "item_pearson"), wanted, atol=1e-4)


def test_user_pearson_equals_a_dense_loop(known, everybody):
    bought = known.bought.toarray()
    wanted = np.zeros_like(bought)
    for u in range(len(bought)):
        for v in range(len(bought)):
            if u != v:
                wanted[u] += max(np.corrcoef(bought[u], bought[v])[0, 1], 0) * bought[v]
    np.testing.assert_allclose(everybody(known, "user_pearson"), wanted, rtol=1e-3, atol=1e-3)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("method", "name"), [("bm25", "bm25_weight"), ("tfidf", "tfidf_weight")])
def test_weights_equal_those_of_implicit(known, method, name):
    """implicit's idf is not cut at zero, and no customer here buys nearly everything."""
    from implicit import nearest_neighbours

    weighted = getattr(nearest_neighbours, name)(known.orders.T.tocsr()).toarray()
    if method == "tfidf":
        weighted /= np.linalg.norm(weighted, axis=1, keepdims=True)
    wanted = weighted @ weighted.T
    np.testing.assert_allclose(kernel(known, method), wanted, rtol=1e-3, atol=1e-4)


def test_rp3beta_equals_three_steps_of_the_walk(known):
    bought = known.bought.toarray()
    users_, items = bought.shape
    walk = np.zeros((items, items))
    for j in range(items):
        for u in range(users_):
            for i in range(items):
                back = bought[u, j] / bought[:, j].sum()
                walk[j, i] += back * bought[u, i] / bought[u].sum()
    walk /= bought.sum(axis=0) ** neighbours.BETA
    np.testing.assert_allclose(kernel(known, "rp3beta"), walk, rtol=1e-3)


def test_rules_are_confidences_with_lift_above_one(known):
    orders = [set(row.indices) for row in known.placed]
    found = kernel(known, "item_rules")
    for j in range(known.shape[1]):
        for i in range(known.shape[1]):
            held = [order for order in orders if j in order]
            both = sum(i in order for order in held)
            confidence = both / len(held)
            base = sum(i in order for order in orders) / len(orders)
            kept = i != j and both >= neighbours.FEW_ORDERS and confidence > base
            assert found[j, i] == pytest.approx(confidence if kept else 0, abs=1e-6)


def test_ease_equals_its_formula(known, everybody):
    basket = np.log1p(known.orders.toarray()).astype(np.float64)
    inverse = np.linalg.inv(basket.T @ basket + linear.LAMBDA * np.eye(basket.shape[1]))
    wanted = -inverse / np.diag(inverse)
    np.fill_diagonal(wanted, 0)
    np.testing.assert_allclose(fit("ease", known, 0).links, wanted, atol=1e-5)
    np.testing.assert_allclose(everybody(known, "ease"), basket @ wanted, atol=1e-4)


def test_ease_solves_its_least_squares():
    """Every column is the ridge regression of that product on all the others."""
    rng = np.random.default_rng(1)
    basket = csr_matrix((rng.random((40, 6)) > 0.5).astype(np.float32))
    found, dense = linear.weights(basket, 3.0), basket.toarray()
    for i in range(6):
        others = np.delete(np.arange(6), i)
        x = dense[:, others]
        ridge = np.linalg.solve(x.T @ x + 3.0 * np.eye(5), x.T @ dense[:, i])
        np.testing.assert_allclose(found[others, i], ridge, atol=1e-4)


def test_tifu_knn_equals_its_equations(known, everybody):
    """Hu et al. (2020), equations 1 to 4, literally."""
    baskets = defaultdict(dict)
    for u, i, age, order in known.baskets.select("u", "i", "age", "order").iter_rows():
        baskets[u].setdefault((-age, order), []).append(i)
    items = known.shape[1]
    personal = np.zeros(known.shape)
    for u, placed in baskets.items():
        sequence = [placed[key] for key in sorted(placed)]
        size = math.ceil(len(sequence) / users.GROUPS)
        groups = [sequence[max(end - size, 0) : end] for end in range(len(sequence), 0, -size)][
            ::-1
        ]
        for g, group in enumerate(groups, start=1):
            vector = np.zeros(items)
            for b, basket in enumerate(group, start=1):
                vector[basket] += users.WITHIN ** (len(group) - b)
            personal[u] += users.BETWEEN ** (len(groups) - g) * vector / len(group)
        personal[u] /= len(groups)
    wanted = np.zeros_like(personal)
    for u in range(len(personal)):
        others = [personal[v] for v in range(len(personal)) if v != u]
        wanted[u] = users.ALPHA * personal[u] + (1 - users.ALPHA) * np.mean(others, axis=0)
    np.testing.assert_allclose(everybody(known, "tifu_knn"), wanted, rtol=1e-4, atol=1e-5)


def test_als_vectors_are_the_least_squares_solution(known):
    """Hu, Koren & Volinsky (2008), equation 4, for every customer."""
    model = fit("als", known, 0)
    weight = factors.ALPHA * np.log1p(known.orders.toarray())
    y = model.products.astype(np.float64)
    for u in range(0, known.shape[0], 7):
        bought = weight[u] > 0
        confidence = np.where(bought, weight[u], 1.0)
        left = y.T @ (confidence[:, None] * y) + factors.REGULARIZATION * np.eye(y.shape[1])
        exact = np.linalg.solve(left, y.T @ (confidence * bought))
        np.testing.assert_allclose(model.customers[u], exact, atol=2e-3)


def test_the_networks_gradient_equals_finite_differences():
    rng = np.random.default_rng(2)
    weights = [rng.standard_normal(s).astype(np.float64) for s in ((5, 3), (3,), (3, 5), (5,))]
    wanted = rng.random((4, 5)) * (rng.random((4, 5)) < 0.6)

    def loss():
        into, offset, out, bias = weights
        logits = np.tanh(wanted @ into + offset) @ out + bias
        chance = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        return -(wanted * chance).sum() / len(wanted)

    sparse = csr_matrix(wanted)
    slopes = neural.gradient(weights, sparse, sparse)
    for weight, slope in zip(weights, slopes, strict=True):
        at = (0,) * weight.ndim
        weight[at] += 1e-6
        up = loss()
        weight[at] -= 2e-6
        down = loss()
        weight[at] += 1e-6
        assert slope[at] == pytest.approx((up - down) / 2e-6, rel=1e-4, abs=1e-7)


def test_the_network_learns(known):
    basket = known.bought
    before, after = (loss_of(basket, epochs) for epochs in (0, neural.EPOCHS))
    assert after < 0.97 * before


def test_the_network_sees_many_customers_in_fewer_rounds(known, monkeypatch):
    monkeypatch.setattr(neural, "SEEN", 2 * known.shape[0] - 1)
    model = neural.autoencoder(known, 0)
    np.testing.assert_array_equal(model.weights[0], neural.trained(model.basket, 0, 2)[0])


def loss_of(basket, epochs):
    into, offset, out, bias = neural.trained(basket, 0, epochs)
    dense = basket.toarray()
    logits = np.tanh(dense @ into + offset) @ out + bias
    return -(dense * (logits - np.log(np.exp(logits).sum(axis=1, keepdims=True)))).sum()


def test_content_finds_names_that_read_alike_in_both_languages():
    names = [
        "耶加雪菲咖啡豆",
        "曼特宁咖啡豆",
        "手冲壶",
        "Brazil Santos 1 kg",
        "Brazil Santos 250 g",
    ]
    told = vectors(pl.DataFrame({"product_name": names}))
    alike = (told @ told.T).toarray()
    assert alike[0].argsort()[-2] == 1
    assert alike[3].argsort()[-2] == 4
    assert alike[0, 2] < 0.05


def test_content_reads_attributes_and_the_price_level():
    """Names say nothing here: the brand, then the price, tells what is alike."""
    products = pl.DataFrame(
        {
            "product_name": ["aa", "bb", "cc", "dd"],
            "brand": ["Hario", None, "Hario", None],
            "price": [10.0, 11.0, 90.0, None],
        }
    )
    told = vectors(products)
    alike = (told @ told.T).toarray()
    assert alike[0, 2] > alike[0, 1] > alike[0, 3] == 0
    unpriced = vectors(products.drop("price"))
    assert (unpriced @ unpriced.T).toarray()[0, 1] == 0


def test_hybrid_has_a_chance_for_every_customer(known, everybody):
    """Some candidates of each above zero; that no later day matters is tested of all methods."""
    model = fit("hybrid", known, 0)
    assert type(model).__name__ == "Hybrid"
    scores = everybody(known, "hybrid")
    assert np.isfinite(scores).all()
    assert ((scores >= 0).sum(axis=1) > 0).all()


def test_item_cosine_equals_a_dense_loop(known, everybody):
    bought = known.bought.toarray()
    users, items = bought.shape
    assert items <= NEIGHBOURS
    wanted = np.zeros((users, items))
    for j in range(items):
        for i in range(items):
            both = (bought[:, j] * bought[:, i]).sum()
            wanted[:, i] += bought[:, j] * both / np.sqrt(bought[:, j].sum() * bought[:, i].sum())
    np.testing.assert_allclose(everybody(known, "item_knn"), wanted, rtol=1e-4)


def test_user_cosine_equals_a_dense_loop(known, everybody):
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


def test_the_nearest_customers_are_as_many_as_asked_for_and_those_as_near_as_the_last(known):
    bought = known.bought.toarray()
    near = fit("user_knn", known, 0, {"neighbours": 5}).nearest(np.arange(60)).toarray()
    length = np.sqrt(bought.sum(axis=1))
    wanted = bought @ bought.T / np.outer(length, length)
    np.fill_diagonal(wanted, 0)
    last = np.sort(wanted, axis=1)[:, [-5]]
    assert (last > 0).all()
    np.testing.assert_allclose(near, np.where(wanted > last - 1e-4, wanted, 0), rtol=1e-4)
    assert (np.count_nonzero(near, axis=1) > 5).any()


def test_neighbours_are_sought_among_those_who_bought_last(known):
    last = known.baskets.sort("age").unique("u", keep="first").sort("u")
    assert last["u"].to_list() == list(range(known.shape[0]))
    ages = last["age"].to_numpy()
    pool = users.latest(known, 20)
    assert 20 <= len(pool) < len(ages)
    assert ages[pool].max() < np.delete(ages, pool).min()
    everyone = fit("user_knn", known, 0, {"neighbours": len(ages)})
    among = replace(everyone, pool=pool).nearest(np.arange(len(ages))).toarray()
    inside = np.isin(np.arange(len(ages)), pool)
    wanted = everyone.nearest(np.arange(len(ages))).toarray() * inside
    np.testing.assert_allclose(among, wanted)
    assert (np.count_nonzero(among, axis=1) > 5).all()


def test_als_lowers_its_objective(known):
    """Against the start: the weighted squared error plus the penalty, by loops."""
    model = fit("als", known, 0)
    weight = 1 + factors.ALPHA * np.log1p(known.orders.toarray())
    wanted = known.bought.toarray()

    def objective(x, y):
        penalty = factors.REGULARIZATION * ((x**2).sum() + (y**2).sum())
        return (weight * (wanted - x @ y.T) ** 2).sum() + penalty

    nothing = objective(np.zeros_like(model.customers), np.zeros_like(model.products))
    assert objective(model.customers, model.products) < 0.8 * nothing


@pytest.mark.parametrize("method", METHODS)
def test_equal_customers_have_equal_scores(method, random_shop, everybody, past):
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
def test_the_future_moves_no_score(method, shop, random_shop, everybody):
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
