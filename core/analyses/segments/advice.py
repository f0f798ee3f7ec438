"""What to do about each group, in one sentence, and a name for each cluster."""

from collections.abc import Mapping

import polars as pl

from core.finding import Finding

#: group -> advice. English here; on screen in the reader's language.
ADVICE: Mapping[str, Finding] = {
    "champions": Finding(
        "Reward them, show new products first, ask for a review; no discount needed."
    ),
    "loyal": Finding("Keep them close: loyalty points, early access, products that go together."),
    "active": Finding("Suggest what goes with their last order; aim at the next one."),
    "new": Finding("Thank them and win the next order within the shop's usual rhythm."),
    "promising": Finding("Few orders so far: remind them with what fits their first products."),
    "needs_attention": Finding("Remind them before they drift off: news, back in stock, refills."),
    "at_risk": Finding("Win them back now, personally: they used to buy and are overdue."),
    "previously_loyal": Finding(
        "Call or write to the best of them by name; ask what went wrong, make one good offer."
    ),
    "almost_lost": Finding("One low-cost reminder; do not spend more on them."),
    "dormant": Finding("Leave them out of paid campaigns; try once a year at most."),
    "prospects": Finding("They signed up but never ordered: a first-order offer."),
}

#: A trait is named only if it lies this many standard deviations from the average customer.
NOTABLE = 0.4
#: Behaviours that say much the same; a name takes one trait of each kind, the two largest.
KINDS = {
    "orders": "volume",
    "products": "volume",
    "revenue": "volume",
    "order_days": "volume",
    "units": "volume",
    "categories": "volume",
    "recency_days": "time",
    "tenure_days": "time",
    "days_between_orders": "time",
    "median_gap_days": "time",
    "sd_gap_days": "time",
    "regularity": "time",
    "average_order": "basket",
    "price_level": "basket",
}
NAMED = 2


def traits(z: pl.DataFrame, labels: pl.Series) -> pl.DataFrame:
    """One row per cluster and feature, by cluster and size of the difference.

    cluster, feature, difference (mean in the cluster minus mean of all, in standard deviations of
    the scaled feature).
    """
    return (
        z.with_columns(cluster=labels)
        .unpivot(z.columns, index="cluster", variable_name="feature", value_name="difference")
        .group_by("cluster", "feature")
        .agg(pl.col("difference").mean())
        .drop_nulls("difference")
        .sort(
            *("cluster", pl.col("difference").abs().round(9), "feature"),
            descending=[False, True, False],
        )
    )


def names(found: pl.DataFrame) -> dict[int, str]:
    """cluster -> its name: its most notable traits as codes joined by `+`, each name once.

    A trait's code is the feature and where it lies, `orders_high`; `average` where none is notable.
    """
    named: dict[int, str] = {}
    for (cluster,), rows in found.group_by("cluster", maintain_order=True):
        notable = rows.filter(pl.col("difference").abs() >= NOTABLE)
        kind = pl.col("feature").replace(KINDS)
        notable = pl.concat(
            [notable.filter(kind.is_first_distinct()), notable.filter(~kind.is_first_distinct())]
        )
        codes = [_code(row["feature"], row["difference"]) for row in notable.to_dicts()]
        codes = codes or ["average"]
        used = set(named.values())
        lengths = range(NAMED, max(NAMED, len(codes)) + 1)
        candidates = ["+".join(codes[:length]) for length in lengths]
        fresh = [name for name in candidates if name not in used]
        named[int(str(cluster))] = fresh[0] if fresh else f"{candidates[0]}+{cluster}"
    return named


def _code(feature: str, difference: float) -> str:
    return f"{feature}_{'high' if difference > 0 else 'low'}"


def english(name: str) -> str:
    """A cluster's name in English words: `orders_high+recency_days_low` -> many orders, ..."""
    return ", ".join(WORDS.get(code, code.replace("_", " ")) for code in name.split("+"))


#: What the codes of `names` mean, for the files; the screen has its own words in both languages.
WORDS: Mapping[str, str] = {
    "average": "average customers",
    "recency_days_low": "bought recently",
    "recency_days_high": "long silent",
    "orders_high": "many orders",
    "orders_low": "few orders",
    "revenue_high": "high spend",
    "revenue_low": "low spend",
    "average_order_high": "large orders",
    "average_order_low": "small orders",
    "tenure_days_high": "with us for long",
    "tenure_days_low": "new customers",
    "products_high": "broad choice",
    "products_low": "few products",
    "discount_share_high": "discount buyers",
    "discount_share_low": "pay full price",
    "return_share_high": "return often",
    "return_share_low": "rarely return",
    "price_level_high": "dear products",
    "price_level_low": "cheap products",
    "days_between_orders_high": "long gaps",
    "days_between_orders_low": "short gaps",
    "median_gap_days_high": "usually long gaps",
    "median_gap_days_low": "usually short gaps",
    "sd_gap_days_high": "uneven gaps",
    "sd_gap_days_low": "even gaps",
    "regularity_high": "regular buyers",
    "regularity_low": "irregular buyers",
    "order_days_high": "many shopping days",
    "order_days_low": "few shopping days",
    "units_high": "many items",
    "units_low": "few items",
    "categories_high": "many categories",
    "categories_low": "few categories",
    "top_category_share_high": "keep to one category",
    "top_category_share_low": "buy across categories",
    "spending_trend_high": "spending more lately",
    "spending_trend_low": "spending less lately",
    "weekend_share_high": "weekend buyers",
    "weekend_share_low": "weekday buyers",
}
