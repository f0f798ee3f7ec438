"""The learned profile: what it must find, and that it is only shown beside plain features."""

import numpy as np
import polars as pl
import pytest

from core.analyses.segments import autoencoder
from core.errors import NotEnoughDataError
from core.measures import embedding


@pytest.fixture(scope="module")
def found(medium):
    return autoencoder.run(medium, autoencoder.Config())


def test_it_stands_beside_plain_features(found):
    spend = found.evidence.filter(pl.col("metric") == "spend_explained")
    assert set(spend["method"]) == set(autoencoder.METHODS)
    assert spend["low"].null_count() == 0
    lead = dict(spend.select("method", "value").iter_rows())
    assert found.lead[0] == pytest.approx(lead["autoencoder"] - lead["plain_features"])
    assert found.lead[1] < found.lead[0] < found.lead[2]
    (said,) = found.explain()
    assert (said.kind == "fact") == (found.lead[1] > 0)


def test_vectors_keep_planted_kinds_apart():
    """Points of two kinds in twenty columns: their vectors of two numbers still tell them apart."""
    rng = np.random.default_rng(0)
    kind = np.repeat([0, 1], 300)
    points = rng.normal(size=(600, 20)) + 3.0 * kind[:, None]
    vectors = embedding.train(points, 2, seed=0).of(points)
    means = [vectors[kind == k].mean(axis=0) for k in (0, 1)]
    nearer = np.linalg.norm(vectors - means[1], axis=1) < np.linalg.norm(vectors - means[0], axis=1)
    assert (nearer == kind).mean() > 0.97


def test_equal_customers_get_equal_vectors_in_any_order():
    points = np.random.default_rng(1).normal(size=(200, 5))
    points[7] = points[3]
    order = np.random.default_rng(2).permutation(200)
    ours, shuffled = (embedding.train(p, 3, seed=0).of(points) for p in (points, points[order]))
    assert np.array_equal(ours[3], ours[7])
    assert ours == pytest.approx(shuffled)


def test_look_alikes_of_planted_members(found):
    """The hidden half of the biggest spenders is found more often than by chance."""
    top = found.customers.sort("revenue", descending=True).head(60)["customer_id"]
    shares = dict(found.hidden_found(top).iter_rows())
    assert shares["plain_features"] > 3 * shares["chance"]
    nearest = found.look_alikes(top, "plain_features")
    assert not set(nearest["customer_id"]) & set(top)
    assert nearest["distance"].is_sorted()
    assert nearest.head(60)["revenue"].mean() > nearest["revenue"].mean()


def test_too_few_customers_are_refused_in_words(small):
    with pytest.raises(NotEnoughDataError, match="there are 76"):
        autoencoder.run(small, autoencoder.Config())
