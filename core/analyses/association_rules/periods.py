"""Time: pairs that only share a season, rules that hold again later, rules that change.

Season: the expectation of a pair is taken per calendar month (size-adjusted, relative to the same
without months, times the null's own); a pair that survives without months but not with them, where
months raise the expectation by a fifth or more, only shares a season.
Replication: pairs found in the first part of time are tested again, on the later part alone, at
p < 0.05, beside as many pairs picked naively: by raw lift and by how often they occur.
Change: the confidence in the two parts, by a chi-square test with continuity correction (Yates
1934) on their two-by-two table, Benjamini-Hochberg over the rules shown.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.analyses.association_rules import nulls
from core.analyses.association_rules.testing import Tested, tested_sets
from core.evidence import Score
from core.measures.baskets import Baskets
from core.measures.intervals import wilson
from core.measures.itemsets import count_sets, mine

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
EARLIER_SHARE = 0.6
#: How much more two products must be expected to meet once their months are known.
SEASON_RAISES = 1.2
FEW_LATER, LATER_LEVEL = 100, 0.05
RATES = ("earlier_confidence", "later_confidence", "later_p_value", "change_q_value")


@dataclass(frozen=True, eq=False)
class Halves:
    """The baskets before `day` (days since 1970-01-01) and from it on."""

    day: int
    earlier: Baskets
    later: Baskets


def months(baskets: Baskets) -> Ints:
    """Calendar month of each basket, counted from the first."""
    month = baskets.days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return np.asarray(month - month.min(initial=0), dtype=np.int64)


def within_months(null: nulls.Null, pairs: Ints) -> Floats | None:
    """Expected shared baskets of each pair taken per month; None where there is no comparing."""
    month = months(null.baskets)
    if len(np.unique(month)) < 2 or not len(pairs) or null.phi <= 0:
        return None
    c = null.counts[pairs].astype(np.float64)
    plain = null.phi * c[:, 0] * c[:, 1] / null.baskets.n
    return (
        null.pairs(pairs)[0]
        * nulls.within_strata(null.baskets, month, pairs)
        / np.maximum(plain, 1e-300)
    )


def season(
    null: nulls.Null, pairs: Ints, orders: Ints, tests: int
) -> tuple[Floats, NDArray[np.bool_]]:
    """(q within months, whether months raise the expectation by SEASON_RAISES) of each pair."""
    expected = within_months(null, pairs)
    if expected is None:
        return np.full(len(pairs), np.nan), np.zeros(len(pairs), dtype=bool)
    least = null.counts[pairs].min(axis=1).astype(np.float64)
    q = nulls.q_values(nulls.upper_tail(orders, expected, least), tests)
    return q, expected >= SEASON_RAISES * null.pairs(pairs)[0]


def halves(baskets: Baskets) -> Halves | None:
    """The baskets split where EARLIER_SHARE of them have passed; None with too few later ones."""
    day = int(np.quantile(baskets.days, EARLIER_SHARE, method="lower")) + 1
    split = Halves(day, baskets.where(baskets.days < day), baskets.where(baskets.days >= day))
    return split if min(split.earlier.n, split.later.n) >= FEW_LATER else None


def evidence(
    split: Halves, name: nulls.Name, share: float, fdr: float, forbidden: Ints | None = None
) -> list[Score]:
    """How many pairs found in the earlier part hold in the later one, beside naive picks."""
    least = max(3, int(np.ceil(share * split.earlier.n)))
    mined = mine(split.earlier, least, 2, forbidden=forbidden)
    if len(mined.levels) < 2:
        return []
    pairs, orders, tests = mined.levels[1].items, mined.levels[1].counts, mined.candidates(2)
    null = nulls.fit(split.earlier, name)
    _, p = null.p_values(pairs, orders)
    season_q, seasonal = season(null, pairs, orders, tests)
    only_season = (season_q > fdr) & seasonal
    found = np.flatnonzero((nulls.q_values(p, tests) <= fdr) & ~only_season)
    if not len(found):
        return []
    lift = orders / null.counts[pairs].prod(axis=1).astype(np.float64)
    picks = {
        "significant_pairs": found,
        "highest_raw_lift": _top(lift, orders, len(found)),
        "most_frequent_pairs": _top(orders.astype(np.float64), orders, len(found)),
    }
    later = nulls.fit(split.later, name)
    return [score for method, rows in picks.items() for score in _again(method, later, pairs[rows])]


def _top(value: Floats, orders: Ints, many: int) -> Ints:
    """The `many` rows of highest value; among equals the more frequent, then the first."""
    return np.lexsort((np.arange(len(value)), -orders, -value))[:many]


def _again(method: str, later: nulls.Null, pairs: Ints) -> list[Score]:
    expected, p = later.p_values(pairs, orders := count_sets(later.baskets, pairs))
    hits = float((p < LATER_LEVEL).sum())
    low, high = wilson(np.array([hits]), np.array([float(len(pairs))]))
    chosen = method == "significant_pairs"
    ratio = float(np.median(orders / np.maximum(expected, 1e-9)))
    again = hits / len(pairs)
    return [
        Score(method, "replicated", again, float(low[0]), float(high[0]), not chosen, chosen),
        Score(method, "later_lift", ratio, baseline=not chosen, chosen=chosen),
    ]


def per_rule(rules: pl.DataFrame, split: Halves, name: nulls.Name) -> pl.DataFrame:
    """`rules` with what became of each in the two parts of time.

    earlier_orders, later_orders, earlier_confidence, later_confidence, later_p_value, replicated
    (its ties hold in the later part alone), change_q_value, over_time (stronger · weaker · steady).
    """
    parts = []
    later = nulls.fit(split.later, name)
    for (_,), frame in rules.group_by("length", maintain_order=True):
        parts.append(_lengthwise(frame, split, later))
    frame = pl.concat(parts)
    q = nulls.q_values(frame["change_p_value"].to_numpy(), len(frame))
    rises = pl.col("later_confidence") > pl.col("earlier_confidence")
    return frame.with_columns(change_q_value=pl.Series(q)).with_columns(
        over_time=pl.when(pl.col("change_q_value") > 0.05)
        .then(pl.lit("steady"))
        .when(rises)
        .then(pl.lit("stronger"))
        .otherwise(pl.lit("weaker"))
    )


def _lengthwise(frame: pl.DataFrame, split: Halves, later: nulls.Null) -> pl.DataFrame:
    sets = np.array(frame["set"].to_list(), dtype=np.int64)
    unique, at = np.unique(sets, axis=0, return_inverse=True)
    tested, at = tested_sets(later, unique, None), at.ravel()
    p = _of_rules(frame, tested, at)
    later_orders = tested.orders[at]
    earlier_orders = count_sets(split.earlier, unique)[at]
    in_earlier, in_later = (
        _antecedent_orders(frame, baskets) for baskets in (split.earlier, split.later)
    )
    change = _two_by_two(earlier_orders, in_earlier, later_orders, in_later)
    return frame.with_columns(
        earlier_orders=earlier_orders,
        later_orders=later_orders,
        earlier_confidence=earlier_orders / np.maximum(in_earlier, 1),
        later_confidence=later_orders / np.maximum(in_later, 1),
        later_p_value=p,
        replicated=p < LATER_LEVEL,
        change_p_value=change,
    )


def _of_rules(frame: pl.DataFrame, tested: Tested, at: Ints) -> Floats:
    """p-value of each rule: the least surprising tie between its sides. at: row of its set."""
    items = frame.select("set", "antecedent_items").explode("set")
    inside = items.select(pl.col("set").is_in(pl.col("antecedent_items"))).to_series()
    before = inside.to_numpy().reshape(len(frame), -1)
    worst = np.zeros(len(frame))
    for (i, j), p in tested.p.items():
        across = before[:, i] != before[:, j]
        worst = np.maximum(worst, np.where(across, p[at], 0.0))
    return worst


def _antecedent_orders(frame: pl.DataFrame, baskets: Baskets) -> Ints:
    """Baskets that hold each rule's antecedent (antecedents differ in length)."""
    result = np.zeros(len(frame), dtype=np.int64)
    long = frame["antecedent_items"].list.len().to_numpy()
    for k in np.unique(long):
        rows = np.flatnonzero(long == k)
        sets = np.array(frame["antecedent_items"].gather(rows).to_list(), dtype=np.int64)
        unique, at = np.unique(sets, axis=0, return_inverse=True)
        result[rows] = count_sets(baskets, unique)[at.ravel()]
    return result


def _two_by_two(hit: Ints, n: Ints, hit2: Ints, n2: Ints) -> Floats:
    """Chi-square p-value with continuity correction that hit / n and hit2 / n2 differ."""
    from scipy.special import chdtrc

    total, hits = (n + n2).astype(np.float64), (hit + hit2).astype(np.float64)
    gap = np.abs(hit * (n2 - hit2) - hit2 * (n - hit).astype(np.float64))
    below = hits * (total - hits) * n * n2
    statistic = total * np.maximum(gap - total / 2, 0.0) ** 2 / np.maximum(below, 1.0)
    p: Floats = chdtrc(1.0, np.where(below > 0, statistic, 0.0))
    return p
