"""The analysis, step by step."""

from datetime import date, timedelta

import numpy as np
import polars as pl

from core import evidence
from core.analyses.association_rules import bundles, categories, engines, nulls, periods
from core.analyses.association_rules.config import NEEDS, Config
from core.analyses.association_rules.result import CONTRACT, FURTHER, Facts, Result
from core.analyses.association_rules.rules import joined, measured, named, rules
from core.analyses.association_rules.selection import Selected, part, select, support_count
from core.analyses.association_rules.sequences import sequences
from core.analyses.association_rules.substitutes import substitutes
from core.dataset import Dataset
from core.measures.itemsets import Mined
from core.measures.orders import sales

EXTRA = ["set", "antecedent_items", "consequent_items", "significant", "productive"]


def run(dataset: Dataset, config: Config) -> Result:
    """Find, test and price what is bought together."""
    dataset.require(NEEDS.columns)
    dataset = dataset.until(config.as_of)
    selected, asked = select(dataset, config), config
    config = _resolved(config, selected)
    null = nulls.fit(selected.baskets, _null_name(config))
    mined = engines.itemsets(selected.baskets, config, config.min_orders or 1, selected.forbidden)
    split = periods.halves(selected.baskets)
    everything = _tested(mined, null, config, selected)
    kept = everything.filter("significant", pl.col("confidence") >= config.min_confidence)
    kept = _through_time(kept, split, null.name)
    products = _products(dataset, selected)
    return Result(
        config=config,
        evidence=evidence.table(_evidence(split, null.name, config, selected)),
        facts=_facts(selected, null, mined, split),
        rules=kept,
        all_rules=everything,
        products=products,
        category_pairs=_category_pairs(dataset, asked, selected),
        substitutes=substitutes(selected.baskets, null, selected.by_customer, products, config.fdr),
        sequences=sequences(
            part(dataset, config),
            dataset.last_day,
            selected.products,
            config.follow_up_days,
            config.fdr,
        ),
        cross_shop=categories.cross_shop(part(dataset, config)),
        itemsets=_itemsets(mined, selected),
        bundles=bundles.candidates(
            kept, selected.baskets, products["revenue_per_order"], config.assumed_uplift
        ),
    )


def _category_pairs(dataset: Dataset, asked: Config, selected: Selected) -> pl.DataFrame:
    """Categories of one order; where brands are the items, those of its products."""
    if asked.level == "brand":
        selected = select(dataset, asked.with_values(level="product"))
    return categories.pairs(selected.baskets, selected.categories)


def _resolved(config: Config, selected: Selected) -> Config:
    return config.with_values(
        min_orders=support_count(selected, config),
        max_basket=max(2, selected.cap),
        null=_null_name(config),
    )


def _null_name(config: Config) -> nulls.Name:
    return "configuration" if config.null == "auto" else config.null


def _tested(mined: Mined, null: nulls.Null, config: Config, selected: Selected) -> pl.DataFrame:
    """Every rule with its measures, names and verdicts, surest first."""
    coded = _seasoned(rules(mined, null, config.max_consequent), mined, null, config.fdr)
    frame = named(measured(coded, null.baskets.n), null.baskets.keys, selected.names)
    frame = frame.with_columns(significant=(pl.col("q_value") <= config.fdr) & pl.col("productive"))
    frame = frame.sort(
        *("q_value", "adjusted_lift_low", "confidence", "antecedent", "consequent"),
        descending=[False, True, True, False, False],
    )
    return frame.select(*[c for c in CONTRACT + FURTHER if c in frame.columns], *EXTRA)


def _seasoned(coded: pl.DataFrame, mined: Mined, null: nulls.Null, fdr: float) -> pl.DataFrame:
    """`coded` with season_q_value and season_only; longer rules: neither."""
    season, seasonal = np.full(len(coded), np.nan), np.zeros(len(coded), dtype=bool)
    if len(mined.levels) > 1:
        level = mined.levels[1]
        q, raised = periods.season(null, level.items, level.counts, mined.candidates(2))
        season[: 2 * len(q)], seasonal[: 2 * len(q)] = np.tile(q, 2), np.tile(raised, 2)
    return coded.with_columns(season_q_value=pl.Series(season).fill_nan(None)).with_columns(
        season_only=(
            (pl.col("q_value") <= fdr) & (pl.col("season_q_value") > fdr) & pl.Series(seasonal)
        ).fill_null(value=False)
    )


def _through_time(
    kept: pl.DataFrame, split: periods.Halves | None, name: nulls.Name
) -> pl.DataFrame:
    """`kept` with what became of each rule in the two parts of time, in the same order."""
    if split is not None and not kept.is_empty():
        kept = periods.per_rule(kept.with_row_index("rank"), split, name).sort("rank")
    else:
        kept = kept.with_columns(
            *(pl.lit(None, pl.Int64).alias(c) for c in ("earlier_orders", "later_orders")),
            *(pl.lit(None, pl.Float64).alias(c) for c in periods.RATES),
            replicated=pl.lit(None, pl.Boolean),
            over_time=pl.lit(None, pl.String),
        )
    return kept.select(*CONTRACT, *FURTHER, *EXTRA)


def _itemsets(mined: Mined, selected: Selected) -> pl.DataFrame:
    """One row per combination of two products and more, most frequent first."""
    closed, maximal = mined.closed(), mined.maximal()
    frames = [
        pl.DataFrame(
            {
                "products_together": joined(pl.Series(level.items), selected.names),
                "product_ids": joined(pl.Series(level.items), selected.baskets.keys),
                "length": np.full(len(level), k + 1),
                "orders": level.counts,
                "support": level.counts / mined.n_baskets,
                "closed": closed[k],
                "maximal": maximal[k],
            }
        )
        for k, level in enumerate(mined.levels)
        if k > 0
    ]
    if not frames:
        return pl.DataFrame(schema={"products_together": pl.String, "orders": pl.Int64})
    return pl.concat(frames).sort("orders", "product_ids", descending=[True, False])


def _evidence(
    split: periods.Halves | None, name: nulls.Name, config: Config, selected: Selected
) -> list[evidence.Score]:
    if split is None:
        return []
    share = (config.min_orders or 1) / selected.baskets.n
    return periods.evidence(split, name, share, config.fdr, selected.forbidden)


def _facts(
    selected: Selected, null: nulls.Null, mined: Mined, split: periods.Halves | None
) -> Facts:
    day = None if split is None else date(1970, 1, 1) + timedelta(days=split.day)
    return Facts(selected.baskets.n, selected.dropped, null.phi, mined.candidates(2), day)


def _products(dataset: Dataset, selected: Selected) -> pl.DataFrame:
    """One row per item of the baskets, in the order of their codes.

    revenue_per_order is the median line: one wholesale order must not set the price of a bundle.
    """
    baskets = selected.baskets
    frame = pl.DataFrame(
        {
            "product_id": baskets.keys,
            "product_name": selected.names,
            "category": selected.categories,
            "orders": baskets.counts,
        }
    ).with_columns(support=pl.col("orders") / baskets.n)
    if "revenue" not in dataset.columns:
        return frame.with_columns(revenue_per_order=pl.lit(None, pl.Float64))
    worth = (
        sales(dataset.lines)
        .group_by("product_id")
        .agg(revenue_per_order=pl.col("revenue").median())
        .collect()
    )
    return frame.join(worth, on="product_id", how="left", maintain_order="left")
