"""Segments where the data is odd: alike, few, negative, or of no structure."""

from datetime import date, timedelta
from typing import get_args

import numpy as np
import polars as pl
import pytest

from core.analyses import segments
from core.analyses.segments import advice, clusters, rfm
from core.analyses.segments.methods import Method
from core.dataset import Dataset

DAY = date(2025, 12, 31)
METHODS = get_args(Method)


def dataset(rows) -> Dataset:
    """(customer, days before DAY, revenue) per order; a negative revenue is a return."""
    lines = pl.DataFrame(
        {
            "order_id": [f"o{number}" for number in range(len(rows))],
            "customer_id": [row[0] for row in rows],
            "ordered_at": [DAY - timedelta(days=int(row[1])) for row in rows],
            "quantity": [1.0 if row[2] >= 0 else -1.0 for row in rows],
            "revenue": [float(row[2]) for row in rows],
        },
        schema_overrides={"ordered_at": pl.Datetime("us")},
    )
    return Dataset("made", "made", lines.lazy())


def said(result) -> list[str]:
    return [str(finding) for finding in result.explain()]


@pytest.mark.parametrize("method", METHODS)
def test_nearly_everybody_is_alike(method):
    """Most redraws of such customers hold one kind only."""
    rows = [(f"c{n}", 0, 5) for n in range(60)] + [("x", 10, 50), ("y", 50, 500)]
    result = segments.run(dataset(rows), segments.Config(cluster_method=method))
    assert result.customers["cluster"].null_count() == 0
    assert said(result)


@pytest.mark.parametrize("method", METHODS)
def test_customers_who_differ_only_where_no_method_looks_are_alike(method):
    """What is below zero counts as zero: a hundred losses of different size are one."""
    rows = [(f"c{n}", 9, 0) for n in range(80)] + [(f"c{n}", 5, -1 - n) for n in range(80)]
    config = segments.Config(cluster_method=method, features=("revenue",))
    result = segments.run(dataset(rows), config)
    assert result.clustered.k is None
    assert result.clustered.too_few == 1


def test_one_cluster_is_said_to_be_none():
    rows = [(f"c{n}", 0, 5) for n in range(60)] + [("x", 10, 50), ("y", 50, 500)]
    result = segments.run(dataset(rows), segments.Config(cluster_method="hdbscan"))
    assert result.clustered.k == 1
    assert "all are in one cluster" in said(result)[-1]


def kinds(number: int, of: int = 40) -> Dataset:
    """So many kinds of customers, far apart in days since the last order and in money."""
    rng = np.random.default_rng(2)
    rows = []
    for kind in range(number):
        days, money = 1.9 ** (1 + kind % 4 * 3), 10.0 ** (1 + kind // 4 * 2)
        rows += [(f"k{kind}-{n}", days, money * (1 + 0.01 * rng.random())) for n in range(of)]
    return dataset(rows)


def test_hdbscan_may_find_more_clusters_than_can_be_asked_for():
    config = segments.Config(cluster_method="hdbscan", features=("recency_days", "revenue"))
    result = segments.run(kinds(16), config)
    assert result.clustered.k > 12
    assert result.segments.filter(scheme="cluster").height == result.clustered.k


def test_a_number_of_clusters_that_is_not_stable_does_not_deny_the_one_that_is():
    rng = np.random.default_rng(3)
    shop = dataset(
        [
            (f"{days}-{n}", days * rng.uniform(1, 1.3), money * rng.uniform(1, 1.3))
            for days, money in ((4, 10), (20, 100), (90, 1_000), (400, 10_000))
            for n in range(60)
        ]
    )
    features = ("recency_days", "revenue")
    assert segments.run(shop, segments.Config(features=features)).clustered.k == 4
    for asked in (7, 11):
        result = segments.run(shop, segments.Config(clusters=asked, features=features))
        assert asked in result.clustered.choices["clusters"]
        assert not any("no stable segments" in one for one in said(result))
        assert any(f"{asked} clusters are not stable" in one for one in said(result))


def test_clusters_that_come_out_alike_are_not_said_to_come_out_differently():
    """One behaviour of two kinds: perfectly repeatable, and no structure beyond itself."""
    rng = np.random.default_rng(1)
    rows = [(f"{kind}{n}", 9, kind + rng.random()) for n in range(60) for kind in (10, 10_000)]
    result = segments.run(dataset(rows), segments.Config(features=("average_order",)))
    row = result.clustered.choices.filter(clusters=result.clustered.k).row(0, named=True)
    assert row["stability"] > clusters.STABLE
    assert not result.clustered.stable
    assert not any("come out differently" in one for one in said(result))
    assert any("come out alike" in one for one in said(result))


def test_no_share_is_told_of_a_revenue_that_is_not_positive():
    rows = [(f"c{n}", n, 10) for n in range(40) for _ in range(12)] + [("whale", 1, 20)]
    result = segments.run(dataset([*rows, ("whale", 0, -90_000)]), segments.Config())
    assert not any("% of the revenue" in one for one in said(result))
    assert any("champions or loyal" in one for one in said(result))


def test_advice_is_true_of_everybody_who_gets_it():
    """Two small orders make F = 2, M = 1: no advice may count them as one, or call for a second."""
    scores = pl.DataFrame({"r_score": [1, 2, 3, 4, 5], "f_score": 2, "m_score": 1})
    groups = rfm.grouped(scores, (5, 5, 5))["rfm_segment"].unique().to_list()
    assert {"new", "promising"} <= set(groups)
    told = [str(advice.ADVICE[group]) for group in groups]
    assert not any("One order" in one or "second order" in one for one in told)


def test_a_cluster_of_many_groups_gets_no_advice():
    """A cluster called "bought recently" was told to be won back, for a third of it."""
    rng = np.random.default_rng(2)
    rows = [
        (f"c{n}", int(day), 20 + n % 7)
        for n in range(120)
        for day in rng.integers(0, 360, 1 + n % 9)
    ]
    result = segments.run(dataset(rows), segments.Config(clusters=2))
    groups = result.customers.group_by("cluster_name").agg(
        most=(pl.col("rfm_segment") == pl.col("rfm_segment").mode().sort().first()).mean()
    )
    told = result.segments.filter(pl.col("scheme") == "cluster")
    said = dict(told.select("segment", "advice").iter_rows())
    for name, most in groups.iter_rows():
        assert (said[name] is not None) == (most > 0.5)
    assert None in said.values()
    assert result.files()["segments"]["advice"].null_count()
