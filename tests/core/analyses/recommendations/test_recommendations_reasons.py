"""Why a product is recommended: counted, and adding up to the score."""

import numpy as np
import polars as pl
import pytest

from core.analyses import recommendations
from core.analyses.recommendations import reasons
from core.analyses.recommendations.contributions import alike, contributions
from core.analyses.recommendations.models import fit


def test_because_names_a_product_the_customer_bought_and_a_share_that_is_counted(random_shop):
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


SUMS = ("item_knn", "item_pearson", "tfidf", "bm25", "rp3beta", "item_rules", "content", "ease")


@pytest.mark.parametrize("method", SUMS)
def test_contributions_add_up_to_the_score(known, method):
    """Every customer's best product and one in the middle; only products bought stand there."""
    model = fit(method, known, 0)
    scores = model.scores(np.arange(known.shape[0], dtype=np.int64))
    ids = known.products["product_id"]
    for u in range(0, known.shape[0], 7):
        owned = set(ids.gather(known.bought[u].indices))
        for i in np.argsort(-scores[u], kind="stable")[[0, len(ids) // 2]]:
            parts = contributions(model, known, u, int(i))
            assert parts["contribution"].sum() == pytest.approx(scores[u, i], rel=1e-4, abs=1e-6)
            assert set(parts["because_product_id"]) <= owned
            if scores[u, i] > 1e-6:
                assert parts["contribution_share"].sum() == pytest.approx(1)
    assert parts["contribution"].abs().is_sorted(descending=True)


def test_the_strongest_contribution_is_the_reason_in_the_list(known):
    """With weights: what was bought more often may speak louder than what is more alike."""
    model = fit("bm25", known, 0)
    best = np.argmax(np.where(known.bought.toarray() > 0, -1, model.scores(np.arange(60))), axis=1)
    wanted = {"u": np.arange(60, dtype=np.uint32), "i": best.astype(np.uint32)}
    listed = pl.DataFrame(wanted | {"score": np.ones(60)})
    told = reasons.explained(listed, "bm25", model, known)
    assert set(told["reason_code"]) == {"bought_with"}
    for row in told.iter_rows(named=True):
        first = contributions(model, known, row["u"], row["i"]).row(0, named=True)
        assert first["because_product_id"] == known.products["product_id"][row["j"]]
        assert first["because_share"] == pytest.approx(row["because_share"])


def test_a_product_beyond_the_closed_form_has_no_reason_from_it(known):
    model = fit("ease", known, 0, {"cap": 10})
    owner = int(known.bought[:, [12]].nonzero()[0][0])
    assert contributions(model, known, owner, 12).is_empty()
    inside = contributions(model, known, owner, 3)["because_product_id"]
    assert set(inside) <= set(known.products["product_id"].head(10))


@pytest.mark.parametrize("method", ["als", "user_knn"])
def test_neighbours_are_counted_where_there_is_no_sum(known, method):
    model, bought = fit(method, known, 0), known.bought.toarray()
    buyers, everyone = alike(model, known, 3, 5)
    others = np.delete(np.arange(len(bought)), 3)  # fewer than neighbours: all that are like them
    if method == "user_knn":
        others = others[bought[others] @ bought[3] > 0]
    assert everyone == len(others)
    assert buyers == bought[others, 5].sum()
    parts = contributions(model, known, 3, 5)
    if method == "als":
        assert parts["similarity"].is_sorted(descending=True)
        assert parts["contribution"].null_count() == parts.height
    else:
        assert parts.is_empty()
    assert alike(fit("item_knn", known, 0), known, 3, 5) is None


def test_the_hybrids_part_from_similar_products_is_taken_apart(answer, known):
    model = fit("hybrid", known, 0)
    parts = contributions(model, known, 0, 4)
    neighbours = fit("item_knn", known, 0).scores(np.array([0]))
    assert parts["contribution"].sum() == pytest.approx(neighbours[0, 4], rel=1e-4)
    itself = pl.col("because_product_id") == known.products["product_id"][4]
    assert parts.filter(itself)["because_share"].is_null().all()
    assert parts.filter(~itself)["because_share"].is_between(0, 1).all()
    assert answer.contributions("nobody", "p01").is_empty()
    assert answer.alike("c001", "no such product") is None
