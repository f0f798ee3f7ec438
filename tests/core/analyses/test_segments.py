"""Segments: published and worked values, the planted truth, and what must not be found."""

import math
from datetime import date, timedelta
from typing import get_args

import numpy as np
import polars as pl
import pytest
from scipy.cluster.hierarchy import linkage
from sklearn.cluster import AgglomerativeClustering, KMeans
from sklearn.metrics import adjusted_rand_score

from core.analyses import segments
from core.analyses.segments import advice, backtest, clusters, methods, movement, rfm, work
from core.dataset import Dataset
from core.errors import BadOptionError, NotEnoughDataError
from core.finding import ASSUMED_EFFECT

DAY = date(2025, 12, 31)


def dataset(rows) -> Dataset:
    """(customer, days before DAY, revenue) per order."""
    lines = pl.DataFrame(
        {
            "order_id": [f"o{number}" for number in range(len(rows))],
            "customer_id": [row[0] for row in rows],
            "ordered_at": [DAY - timedelta(days=row[1]) for row in rows],
            "quantity": [1.0] * len(rows),
            "revenue": [float(row[2]) for row in rows],
        },
        schema_overrides={"ordered_at": pl.Datetime("us")},
    )
    return Dataset("made", "made", lines.lazy())


def scores(**columns) -> pl.DataFrame:
    return pl.DataFrame({"customer_id": [str(n) for n in range(len(columns["orders"]))], **columns})


def bands(made: Dataset) -> rfm.Cuts:
    return rfm.bands(rfm.orders(made.lines).collect())


def test_bands_count_the_cut_points_passed():
    cuts = rfm.Cuts((30.0, 60.0, 90.0, 180.0), (2.0, 3.0, 5.0, 10.0), (100.0, 200.0))
    table = scores(
        recency_days=[0, 30, 31, 90, 180, 181],
        orders=[1, 2, 3, 4, 9, 10],
        revenue=[-5.0, 99.9, 100.0, 199.0, 200.0, 1e6],
    )
    found = rfm.scored(table, cuts)
    assert found["r_score"].to_list() == [5, 5, 4, 3, 2, 1]
    assert found["f_score"].to_list() == [1, 2, 3, 3, 4, 5]
    assert found["m_score"].to_list() == [1, 1, 2, 2, 3, 3]


def test_cut_points_follow_the_rhythm_of_the_shop():
    """A shop whose customers come back every 30 days, and one where they do every 7."""
    monthly = dataset([(f"c{n}", 30 * k, 20) for n in range(20) for k in range(6)])
    weekly = dataset([(f"c{n}", 7 * k, 20) for n in range(20) for k in range(6)])
    assert bands(monthly).recency == (30.0, 45.0, 60.0, 90.0)
    assert bands(weekly).recency[0] == 7.0
    assert bands(weekly).monetary == (30.0, 50.0, 80.0, 200.0)


@pytest.mark.parametrize("bins", range(2, 11))
def test_quantiles_keep_equal_customers_together(bins):
    """Half of all customers have one order: they get one score, the lowest."""
    table = scores(
        recency_days=list(range(20)), orders=[1] * 10 + list(range(2, 12)), revenue=[1.0] * 20
    )
    found = rfm.quantiles(table, bins)
    assert found["f_score"].head(10).to_list() == [1] * 10
    assert found["m_score"].to_list() == [1] * 20
    assert found["r_score"].min() == 1
    assert found["r_score"].max() == bins
    assert found["r_score"].is_sorted(descending=True)


@pytest.mark.parametrize(
    ("r", "f", "m", "group"),
    [
        (5, 5, 5, "champions"),
        (4, 5, 4, "loyal"),
        (4, 3, 2, "active"),
        (5, 1, 1, "new"),
        (4, 1, 1, "promising"),
        (3, 3, 3, "needs_attention"),
        (2, 4, 3, "at_risk"),
        (1, 5, 5, "previously_loyal"),
        (2, 1, 2, "almost_lost"),
        (1, 1, 1, "dormant"),
    ],
)
def test_the_groups_follow_shopifys_wording(r, f, m, group):
    table = pl.DataFrame({"r_score": [r], "f_score": [f], "m_score": [m]})
    assert rfm.grouped(table, (5, 5, 5))["rfm_segment"].to_list() == [group]


def test_every_pair_of_scores_has_a_group_that_has_advice():
    pairs = [(r, f, m) for r in range(1, 8) for f in range(1, 4) for m in range(1, 10)]
    table = pl.DataFrame(pairs, schema=["r_score", "f_score", "m_score"], orient="row")
    found = rfm.grouped(table, (7, 3, 9))["rfm_segment"]
    assert found.null_count() == 0
    assert set(found) == set(rfm.GROUPS) - {"prospects"}
    assert set(advice.ADVICE) == set(rfm.GROUPS)


def test_spend_explained_by_hand():
    """Two groups of two: each value against the other of its group, and against the other three."""
    values = np.array([1.0, 3.0, 10.0, 14.0])
    segment = pl.Series(["a", "a", "b", "b"])
    within = 2**2 + 2**2 + 4**2 + 4**2
    whole = sum((v - (values.sum() - v) / 3) ** 2 for v in values)
    assert backtest.explained(values, segment) == pytest.approx(1 - within / whole)


def test_many_tiny_groups_of_noise_explain_nothing():
    """Plain eta squared would give 0.5 here."""
    rng = np.random.default_rng(0)
    values, segment = rng.exponential(size=2000), pl.Series(np.arange(2000) // 2)
    score = backtest.score("noise", values, segment)
    assert score.high < 0.02
    assert backtest.score("one", values, None).value == 0


def test_the_interval_covers_the_truth():
    """Groups that explain half the variance: 95 % intervals of 60 samples cover it in most."""
    rng = np.random.default_rng(1)
    covered = 0
    for _ in range(60):
        group = rng.integers(0, 4, 600)
        means = np.array([-1.0, 1.0, -1.0, 1.0])
        values = means[group] + rng.normal(size=600)
        score = backtest.score("x", values, pl.Series(group))
        covered += score.low <= 0.5 <= score.high
    assert covered >= 51


def test_kmeans_is_scikit_learns():
    rng = np.random.default_rng(2)
    points = np.vstack([rng.normal(centre, 0.2, (80, 3)) for centre in (0, 2, 5)])
    centres, within = clusters.kmeans(points, 3, seed=0)
    oracle = KMeans(3, n_init=10, random_state=1).fit(points)
    assert within == pytest.approx(oracle.inertia_)
    assert np.sort(centres[:, 0]) == pytest.approx(np.sort(oracle.cluster_centers_[:, 0]))


def blobs(seed=3, size=120):
    """Customers of three plainly different kinds."""
    rng = np.random.default_rng(seed)
    kinds = [(10, 20, 2000), (200, 2, 60), (30, 1, 400)]
    rows = [
        (
            int(recency * rng.lognormal(0, 0.15)),
            max(1, int(orders * rng.lognormal(0, 0.15))),
            revenue * rng.lognormal(0, 0.15),
        )
        for recency, orders, revenue in kinds
        for _ in range(size)
    ]
    table = pl.DataFrame(rows, schema=["recency_days", "orders", "revenue"], orient="row")
    return table.with_columns(pl.col("orders").cast(pl.Float64))


FEATURES = ("recency_days", "orders", "revenue")


def test_planted_kinds_are_found_and_called_stable():
    found = clusters.choices(blobs(), FEATURES, range(2, 7), {3: 0.5}, seed=0)
    assert clusters.choose(found) == (3, True)


def test_hours_lie_on_a_circle_and_weigh_one_feature():
    """23 h is as near to 1 h as 1 h is to 3 h; the two columns share one feature's variance."""
    table = pl.DataFrame({"usual_hour": [23, 1, 3, 13], "return_share": [0.0, 0.1, 0.2, None]})
    points = clusters.scale(table, ("usual_hour", "return_share")).matrix(table)
    apart = np.linalg.norm(clusters.behaviour(table, ("usual_hour",))[:, None] - clusters.behaviour(
        table, ("usual_hour",)
    ), axis=2)  # fmt: skip
    assert apart[0, 1] == pytest.approx(apart[1, 2])
    assert points.var(axis=0)[:2] == pytest.approx([0.5, 0.5])
    assert points[3, 2] == 0  # not known: average


def test_clusters_are_made_of_any_figures_as_many_as_asked_for(small):
    every = get_args(segments.question.Feature)
    result = segments.run(small, segments.Config(features=every, clusters=9))
    assert set(result.config.features) == set(every)
    assert result.customers["cluster"].n_unique() == result.config.clusters == 9
    assert sorted(name for part in clusters.kinds(every).values() for name in part) == sorted(every)
    told = set(result.clustered.traits["feature"])
    assert told == set(every) - set(clusters.CYCLES)


@pytest.mark.parametrize("seed", range(2))
def test_shuffled_behaviour_has_no_stable_segments(result, seed):
    """The null test: the shop's own columns, each shuffled on its own."""
    shuffled = result.customers.filter(~pl.col("wholesale")).select(
        pl.col(feature).shuffle(seed=seed + 10 * number) for number, feature in enumerate(FEATURES)
    )
    found = clusters.choices(shuffled, FEATURES, clusters.KS, {}, seed=seed)
    assert not clusters.choose(found)[1]


@pytest.mark.parametrize("method", ["kmeans", "ward", "gaussian_mixture", "hdbscan"])
def test_every_method_finds_the_planted_kinds(method):
    table = blobs()
    truth = np.repeat([0, 1, 2], 120)
    fitted = clusters.fit(table, FEATURES, 3, seed=0, method=method)
    # HDBSCAN leaves outlying customers to no cluster.
    least = 0.8 if method == "hdbscan" else 0.95
    assert adjusted_rand_score(truth, fitted.assign(table)) > least


@pytest.mark.parametrize("method", ["gaussian_mixture", "hdbscan"])
def test_other_methods_answer_on_the_shop(small, method):
    result = segments.run(small, segments.Config(cluster_method=method))
    assert result.customers["cluster"].null_count() == 0
    assert result.config.clusters == result.customers["cluster"].n_unique()
    assert not result.clustered.tree
    assert "cluster_groups" in result.evidence["method"].to_list()


def test_ward_is_scipys_tree_where_it_fits():
    """Fewer points than micro-clusters: the very same partition as Ward on all points."""
    points = np.random.default_rng(4).normal(size=(120, 3))
    ours = methods.partition("ward", points, 4, seed=0).assign(points)
    oracle = AgglomerativeClustering(4, linkage="ward").fit(points).labels_
    assert adjusted_rand_score(ours, oracle) == 1


def test_cluster_names_differ_and_say_what_is_large():
    table = blobs()
    fitted = clusters.fit(table, FEATURES, 3, seed=0)
    z = pl.DataFrame(fitted.scale.matrix(table), schema=list(FEATURES), orient="row")
    labels = pl.Series("cluster", fitted.assign(table) + 1)
    names = advice.names(advice.traits(z, labels))
    assert len(set(names.values())) == 3
    frequent = int(labels[0])
    assert names[frequent].split("+")[0] in ("orders_high", "revenue_high")


def test_the_planted_wholesale_customer_is_marked(result):
    marked = result.customers.filter("wholesale")["customer_id"].to_list()
    assert marked == ["W00001"]


def test_the_planted_dropout_is_in_the_quiet_groups(result, shop_truth):
    """Who has left for good, by the generator, against the group that RFM gives."""
    joined = result.customers.join(shop_truth, on="customer_id").filter(pl.col("orders") >= 3)
    quiet = pl.col("rfm_segment").is_in(["at_risk", "previously_loyal", "almost_lost", "dormant"])
    shares = joined.group_by("alive").agg(quiet=quiet.mean()).sort("alive")["quiet"].to_list()
    assert shares[0] > 0.8
    assert shares[1] < 0.4


def test_groups_beat_past_revenue_where_customers_drop_out(result):
    evidence = {row["method"]: row for row in result.evidence.to_dicts()}
    assert evidence["rfm_groups"]["low"] > evidence["revenue_deciles"]["high"]
    assert evidence["one_group"]["value"] == 0


def test_shares_add_up_and_movement_keeps_everyone(result):
    for _, part in result.segments.group_by("scheme"):
        assert part["share_customers"].sum() == pytest.approx(1)
        assert part["share_revenue"].sum() == pytest.approx(1)
        assert part["customers"].sum() == result.customers.height
    assert result.moves["customers"].sum() == result.customers.height
    known = result.moves.filter(pl.col("from_segment") != movement.NOT_YET)["customers"].sum()
    assert known == result.past.profile.height


def test_actions_are_worth_a_share_of_what_such_customers_bring_by_themselves(result):
    win_back = result.actions()[0]
    slipping = ["at_risk", "previously_loyal"]
    before = result.past.by_todays_cuts.filter(pl.col("rfm_segment").is_in(slipping))
    spent = before.join(result.past.sales, on="customer_id", how="left")["spend_since"].sum()
    now = result.customers.filter(pl.col("rfm_segment").is_in(slipping))
    by_themselves = now.height * spent / before.height
    assert win_back.value == pytest.approx(ASSUMED_EFFECT * by_themselves)
    assert win_back.low < win_back.value < win_back.high
    assert win_back.value < now["revenue"].sum() / 4


def test_guests_are_counted_and_left_out():
    rows = [(f"c{n}", k, 10) for n in range(30) for k in (3, 40)] + [(None, 5, 10)] * 15
    result = segments.run(dataset(rows), segments.Config())
    assert result.customers.height == 30
    assert result.notes["guest_orders"] == 15
    assert any("name no customer" in str(finding) for finding in result.explain())


def test_only_guests_is_refused_in_words():
    with pytest.raises(NotEnoughDataError, match="nobody to segment"):
        segments.run(dataset([(None, n, 10) for n in range(50)]), segments.Config())


def test_prospects_come_from_the_customer_list():
    listed = pl.DataFrame({"customer_id": ["nobody", "no one", "c1"]})
    bought = dataset([(f"c{n}", n, 10) for n in range(12)])
    known = Dataset("d", "d", bought.lines, tables={"customers": listed})
    table = segments.run(known, segments.Config()).segments
    assert table.filter(pl.col("segment") == "prospects")["customers"].to_list() == [2]


@pytest.mark.parametrize("cuts", [(), (3.0, 2.0), (2.0, 2.0), tuple(map(float, range(10)))])
def test_own_cut_points_must_rise(cuts):
    bought = dataset([(f"c{n}", n, 10) for n in range(12)])
    with pytest.raises(BadOptionError, match="ascending"):
        segments.run(bought, segments.Config(scheme="custom", recency_cuts=cuts))


def scored(shop: Dataset, **options) -> pl.DataFrame:
    """Scores and groups of a shop's customers, without the clusters that take longest."""
    return work.snapshot(shop.lines, shop.last_day, segments.Config(**options)).profile


def test_own_cut_points_are_used(medium):
    found = scored(medium, scheme="custom", recency_cuts=(100.0,), frequency_cuts=(3.0,))
    assert found.filter(pl.col("r_score") == 2)["recency_days"].max() <= 100
    assert found.filter(pl.col("f_score") == 2)["orders"].min() == 3


def test_window_counts_recent_orders_only(medium, result):
    silent = scored(medium, window_days=90).filter(pl.col("recency_days") >= 90)
    assert silent["f_score"].max() == 1
    assert result.customers.filter(pl.col("recency_days") >= 90)["f_score"].max() > 1


def test_fewer_customers_than_clusters_need():
    result = segments.run(dataset([(f"c{n}", n, 10) for n in range(12)]), segments.Config())
    assert result.clustered.k is None
    assert result.files()["customers"]["cluster"].null_count() == 12
    assert any(finding.kind == "caution" for finding in result.explain())


@pytest.mark.parametrize("revenue", [0, 5])
def test_shop_where_everybody_is_alike(revenue):
    rows = [(f"c{n}", k, revenue) for n in range(80) for k in (1, 30, 60, 200)]
    result = segments.run(dataset(rows), segments.Config())
    assert result.clustered.k is None
    assert result.customers["rfm_segment"].n_unique() == 1
    assert all(math.isfinite(v) for v in result.segments["recency_days"])


@pytest.fixture
def result(answered):
    """The medium demo shop with default options."""
    return answered(segments)


@pytest.fixture(scope="module")
def shop_truth():
    """customer_id, alive: what the generator planted in the medium shop."""
    from sample_data.generate import shop

    return shop("medium").truth.customers


def test_weighted_ward_is_scipys_tree_of_repeated_points():
    """A point of weight w is w customers in one place: the same mergers at the same heights."""
    rng = np.random.default_rng(6)
    places, weights = rng.normal(size=(14, 2)), rng.integers(1, 5, 14)
    ours = methods.weighted_ward(places, weights.astype(float))
    oracle = linkage(np.repeat(places, weights, axis=0), "ward")
    heights = oracle[:, 2][oracle[:, 2] > 1e-9]
    assert np.sort(ours[:, 2]) == pytest.approx(np.sort(heights))


def test_a_tree_can_be_cut_again_by_hand(small):
    result = segments.run(small, segments.Config(cluster_method="ward", clusters=3))
    assert result.clustered.tree
    assert "cluster_groups" in result.evidence["method"].to_list()
    cut = result.cut(5)
    assert cut.clustered.k == 5
    assert cut.customers["cluster"].n_unique() == 5
    inside = cut.customers.select("customer_id", finer="cluster").join(
        result.customers.select("customer_id", "cluster"), on="customer_id"
    )
    # Cutting lower only splits: every finer cluster lies in one coarser one.
    assert (
        inside.group_by("finer").agg(pl.col("cluster").n_unique())["cluster"].to_list() == [1] * 5
    )
    assert len(result.clustered.heights) >= 5


def test_gap_statistic_takes_the_planted_number():
    """Tibshirani et al. (2001): the smallest k within one standard error of the next."""
    rng = np.random.default_rng(5)
    points = np.vstack([rng.normal(centre, 0.3, (60, 2)) for centre in ((0, 0), (4, 0), (0, 4))])
    found = clusters.gap(points, range(2, 6), seed=0)
    assert found[1][0] > found[0][0]
    assert found[1][0] >= found[2][0] - found[2][1]


def test_profile_of_groups_says_what_sets_them_apart(result):
    traits = result.traits("rfm_segment")
    champions = traits.filter(pl.col("cluster") == "champions")
    sides = dict(champions.select("feature", "difference").iter_rows())
    assert sides["orders"] > 0.5
    assert sides["recency_days"] < -0.5
    # What is said to be high is high in its own unit too.
    higher = pl.col("typical") > pl.col("typical_of_all")
    assert (
        traits.filter(pl.col("difference").abs() > 1e-9)
        .select((higher == (pl.col("difference") > 0)).all())
        .item()
    )


def test_customers_who_do_not_differ_are_not_counted_as_if_they_did():
    result = segments.run(dataset([(f"c{n}", 0, 5) for n in range(300)]), segments.Config())
    said = [str(one) for one in result.explain()]
    assert "Clusters need at least 50 customers who differ; there are 1." in said
