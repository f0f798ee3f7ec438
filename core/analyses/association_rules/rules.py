"""Rules out of itemsets, with the field's measures.

For a rule A -> C over N baskets, a, c, o baskets holding A, C and both:

    support     o / N                      confidence  o / a
    lift        confidence / (c / N)       leverage    o / N - (a / N)(c / N)
    conviction  (1 - c / N) / (1 - confidence), null when the rule never fails
    zhang       leverage / max(support (1 - a / N), a / N (c / N - support)), 0 where that is 0
    jaccard     o / (a + c - o)            cosine      o / sqrt(a c)
    kulczynski  (o / a + o / c) / 2        imbalance_ratio  |a - c| / (a + c - o)
    hyper_lift  o / Q_0.99 of the hypergeometric(N, a, c)
    orders_by_chance  what basket sizes and item frequencies alone give; adjusted_lift is
    orders / orders_by_chance, its 95 % interval that of a Poisson count.

Intervals: confidence by Wilson (1927), JASA 22. Source: Agrawal et al. (1993), SIGMOD 22(2);
Brin et al. (1997), SIGMOD 26(2); Zhang (2000), PAKDD; Tan, Kumar & Srivastava (2004), Information
Systems 29(4); Wu, Chen & Han (2010), DMKD 21(3); Hahsler & Hornik (2007), IDA 11(5) (hyper-lift).
"""

from itertools import combinations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.analyses.association_rules import nulls
from core.analyses.association_rules.testing import Tested, tested_sets
from core.measures.intervals import wilson
from core.measures.itemsets import Mined

Ints = NDArray[np.int64]
ORDER = ["q_value", "p_value", "adjusted_lift", "antecedent", "consequent"]


def rules(mined: Mined, null: nulls.Null, max_consequent: int) -> pl.DataFrame:
    """One row per rule A -> C of the itemsets: codes of A and C, counts, p_value, q_value."""
    frames = [
        _of_length(mined, tested_sets(null, level.items, mined.counts), max_consequent, k)
        for k, level in enumerate(mined.levels[1:], 2)
    ]
    return pl.concat(frames) if frames else pl.DataFrame(schema=CODED)


CODED: dict[str, pl.DataType | type[pl.DataType]] = {
    "set": pl.List(pl.Int64),
    "antecedent_items": pl.List(pl.Int64),
    "consequent_items": pl.List(pl.Int64),
    "length": pl.Int64,
    "orders": pl.Int64,
    "antecedent_orders": pl.Int64,
    "consequent_orders": pl.Int64,
    "orders_by_chance": pl.Float64,
    "p_value": pl.Float64,
    "q_value": pl.Float64,
    "productive": pl.Boolean,
}


def _of_length(mined: Mined, tested: Tested, max_consequent: int, k: int) -> pl.DataFrame:
    splits = list(_splits(k, max_consequent))
    parts = [_split(mined, tested, a, c) for a, c in splits]
    frame = pl.concat(parts)
    tests = mined.candidates(k) * (len(splits) if k > 2 else 1)
    p = frame["p_value"].to_numpy()
    if k == 2:
        q = np.tile(nulls.q_values(p[: len(tested.sets)], tests), len(splits))
    else:
        q = nulls.q_values(p, tests)
    return frame.with_columns(q_value=pl.Series(q)).select(CODED.keys())


def _splits(k: int, max_consequent: int) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """(positions of A, positions of C) for every rule of a set of k."""
    return [
        (tuple(i for i in range(k) if i not in right), right)
        for many in range(1, min(max_consequent, k - 1) + 1)
        for right in combinations(range(k), many)
    ]


def _split(
    mined: Mined, tested: Tested, antecedent: tuple[int, ...], consequent: tuple[int, ...]
) -> pl.DataFrame:
    a, c = tested.sets[:, antecedent], tested.sets[:, consequent]
    in_a, in_c = mined.counts(a), mined.counts(c)
    expected, p = tested.rule(antecedent, consequent)
    return pl.DataFrame(
        {
            "set": tested.sets,
            "antecedent_items": a,
            "consequent_items": c,
            "orders": tested.orders,
            "antecedent_orders": in_a,
            "consequent_orders": in_c,
            "orders_by_chance": expected,
            "p_value": p,
            "productive": _beats_its_parts(mined, a, c, tested.orders / in_a),
        },
        schema_overrides={
            name: CODED[name] for name in ("set", "antecedent_items", "consequent_items")
        },
    ).with_columns(length=pl.lit(tested.sets.shape[1], pl.Int64))


def _beats_its_parts(mined: Mined, a: Ints, c: Ints, confidence: NDArray[np.float64]) -> Ints:
    """Whether the rule is surer than each rule with a part of its antecedent."""
    better = np.ones(len(a), dtype=bool)
    for many in range(1, a.shape[1]):
        for part in combinations(range(a.shape[1]), many):
            smaller = a[:, part]
            both = mined.counts(np.sort(np.concatenate([smaller, c], axis=1), axis=1))
            better &= confidence > both / mined.counts(smaller)
    return better


def measured(coded: pl.DataFrame, n: int) -> pl.DataFrame:
    """`coded` rules with the measures of this module, over `n` baskets."""
    o, a, c = pl.col("orders"), pl.col("antecedent_orders"), pl.col("consequent_orders")
    support, confidence = pl.col("support"), pl.col("confidence")
    share_a, share_c = a / n, c / n
    most = pl.max_horizontal(o * (n - a), a * (c - o))
    frame = coded.with_columns(support=o / n, confidence=o / a)
    return frame.with_columns(
        lift=confidence / share_c,
        leverage=support - share_a * share_c,
        conviction=(1 - share_c) / pl.when(o < a).then(1 - confidence),
        zhang=pl.when(most > 0).then((o * n - a * c) / most).otherwise(0.0),
        jaccard=o / (a + c - o),
        cosine=o / (a * c).sqrt(),
        kulczynski=(o / a + o / c) / 2,
        imbalance_ratio=(a - c).abs() / (a + c - o),
        adjusted_lift=o / pl.col("orders_by_chance"),
        hyper_lift=_hyper_lift(frame, n),
        **_intervals(frame),
    )


def _intervals(frame: pl.DataFrame) -> dict[str, pl.Series]:
    from scipy.special import gammaincinv

    orders = frame["orders"].to_numpy().astype(np.float64)
    expected = frame["orders_by_chance"].to_numpy()
    low, high = wilson(orders, frame["antecedent_orders"].to_numpy())
    return {
        "confidence_low": pl.Series(low),
        "confidence_high": pl.Series(high),
        "adjusted_lift_low": pl.Series(gammaincinv(orders, 0.025) / expected),
        "adjusted_lift_high": pl.Series(gammaincinv(orders + 1, 0.975) / expected),
    }


def _hyper_lift(frame: pl.DataFrame, n: int) -> pl.Series:
    """orders over the 99 % quantile of the hypergeometric; null where that quantile is 0."""
    a, c = (frame[name].to_numpy() for name in ("antecedent_orders", "consequent_orders"))
    quantile = hypergeometric_quantile(n, a, c, 0.99)
    values = frame["orders"].to_numpy() / np.where(quantile > 0, quantile, np.nan)
    return pl.Series(values).fill_nan(None)


def hypergeometric_quantile(n: int, a: Ints, c: Ints, level: float) -> Ints:
    """Least k with P(X <= k) >= `level`, X hypergeometric(n, a, c).

    The probabilities within nine standard deviations of the mean, in blocks of like spread:
    hundreds of times faster than scipy's search, and equal to it.
    """
    from scipy.special import gammaln

    log = gammaln(np.arange(n + 1) + 1.0)
    mean = a * (c / n)
    spread = np.sqrt(mean * (1 - a / n) * (n - c) / max(n - 1, 1))
    first = np.maximum(np.maximum(0, a + c - n), (mean - 9 * spread - 1).astype(np.int64))
    result, order = np.zeros(len(a), dtype=np.int64), np.argsort(spread)
    for part in np.array_split(order, max(1, len(order) // 2_000)):
        width = int(18 * spread[part].max(initial=0)) + 12
        k = first[part, None] + np.arange(width)
        a_, c_ = a[part, None], c[part, None]
        possible = k <= np.minimum(a_, c_)
        k = np.minimum(k, np.minimum(a_, c_))
        logp = log[a_] - log[k] - log[a_ - k] + log[n - a_] - log[c_ - k] - log[n - a_ - c_ + k]
        logp -= log[n] - log[c_] - log[n - c_]
        below = np.cumsum(np.where(possible, np.exp(logp), 0.0), axis=1) < level
        result[part] = np.minimum(first[part] + below.sum(axis=1), np.minimum(a, c)[part])
    return result


def named(frame: pl.DataFrame, keys: pl.Series, names: pl.Series) -> pl.DataFrame:
    """`frame` with antecedent, consequent (ids) and their names, each joined by ` + `."""
    return frame.with_columns(
        joined(frame["antecedent_items"], keys).alias("antecedent"),
        joined(frame["consequent_items"], keys).alias("consequent"),
        joined(frame["antecedent_items"], names).alias("antecedent_names"),
        joined(frame["consequent_items"], names).alias("consequent_names"),
    )


def joined(codes: pl.Series, words: pl.Series) -> pl.Series:
    """`words` of each list of codes, joined by ` + `."""
    long = pl.DataFrame({"row": np.arange(len(codes)), "code": codes}).explode("code")
    long = long.with_columns(word=words.gather(long["code"]))
    return long.group_by("row", maintain_order=True).agg(pl.col("word").str.join(" + "))["word"]
