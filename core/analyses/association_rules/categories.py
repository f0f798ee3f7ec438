"""Categories: which are bought together, and how customers shop across them."""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.analyses.association_rules import nulls
from core.dataset import Dataset
from core.measures.baskets import Baskets
from core.measures.orders import sales

MOST_CATEGORIES = 20
#: What columns `cross_shop` has beside those of the categories, in the end or on the way.
TAKEN = ("customer_id", "cents", "customers", "revenue")
SCHEMA = {
    "category": pl.String,
    "other_category": pl.String,
    "orders": pl.Int64,
    "orders_by_chance": pl.Float64,
    "adjusted_lift": pl.Float64,
}


def lifted(baskets: Baskets, groups: pl.Series) -> Baskets:
    """The baskets with each item replaced by its group; items without a group left out."""
    keys = groups.drop_nulls().unique().sort()
    code = groups.cast(pl.Enum(keys)).to_physical().cast(pl.Int64).fill_null(-1).to_numpy()
    of_item = code[baskets.items]
    basket = np.repeat(np.arange(baskets.n), baskets.sizes)
    cells = np.unique((basket * max(len(keys), 1) + of_item)[of_item >= 0])
    held, items = np.divmod(cells, max(len(keys), 1))
    starts = np.concatenate([[0], np.cumsum(np.bincount(held, minlength=baskets.n))])
    return Baskets(starts.astype(np.int64), items.astype(np.int32), keys, baskets.days)


def pairs(baskets: Baskets, groups: pl.Series) -> pl.DataFrame:
    """Orders that hold each two of the MOST_CATEGORIES most ordered groups, beside chance."""
    if groups.drop_nulls().n_unique() < 2:
        return pl.DataFrame(schema=SCHEMA)
    grouped = lifted(baskets, groups)
    filled = grouped.where(grouped.sizes > 0)
    top = np.sort(np.argsort(-filled.counts, kind="stable")[:MOST_CATEGORIES])
    top = top[filled.counts[top] > 0]
    if len(top) < 2:
        return pl.DataFrame(schema=SCHEMA)
    a, b = (side.ravel() for side in np.meshgrid(top, top, indexing="ij"))
    a, b = a[a < b], b[a < b]
    both = _together(filled, top)
    expected, _ = nulls.fit(filled, "configuration").pairs(np.stack([a, b], axis=1))
    return (
        pl.DataFrame(
            {
                "category": filled.keys.gather(a),
                "other_category": filled.keys.gather(b),
                "orders": both[np.searchsorted(top, a), np.searchsorted(top, b)],
                "orders_by_chance": expected,
            }
        )
        .with_columns(adjusted_lift=pl.col("orders") / pl.col("orders_by_chance"))
        .select(*SCHEMA)
    )


def _together(baskets: Baskets, items: NDArray[np.int64]) -> NDArray[np.int64]:
    x = baskets.matrix()[:, items]
    return np.asarray((x.T @ x).toarray(), dtype=np.int64)


def cross_shop(dataset: Dataset, most: int = 8) -> pl.DataFrame:
    """How customers shop across the `most` bought categories: who buys which of them at all.

    One row per combination that occurs - one Boolean column per category (most customers first,
    in that order), customers, revenue (null where the export has none). Categories stand without
    outer blanks; only one called as one of TAKEN gets a blank after its name. Guests are left out;
    a customer of none of these categories is not in it. Empty without customers or categories.
    """
    if not {"customer_id", "category"} <= dataset.columns:
        return pl.DataFrame()
    money = pl.col("revenue") if "revenue" in dataset.columns else pl.lit(None, pl.Float64)
    bought = (
        sales(dataset.lines)
        .filter(pl.col("customer_id").is_not_null(), pl.col("category").is_not_null())
        .group_by("customer_id", category=pl.col("category").cast(pl.String).str.strip_chars())
        .agg(cents=_total((money * 100).round().cast(pl.Int64)))
        .collect()
    )
    ranked = bought.group_by("category").len().sort("len", "category", descending=[True, False])
    top = ranked["category"].head(most).to_list()
    columns = [f"{name} " if name in TAKEN else name for name in top]
    flags = [
        (pl.col("category") == name).any().alias(column)
        for name, column in zip(top, columns, strict=True)
    ]
    return (
        bought.filter(pl.col("category").is_in(top))
        .group_by("customer_id")
        .agg(*flags, cents=_total(pl.col("cents")))
        .group_by(columns)
        .agg(customers=pl.len().cast(pl.Int64), revenue=_total(pl.col("cents")) / 100)
        .sort("customers", *columns, descending=True)
    )


def _total(values: pl.Expr) -> pl.Expr:
    """Their sum; null where none is known."""
    return pl.when(values.count() > 0).then(values.sum())


def overlap(combinations: pl.DataFrame, chosen: Sequence[str]) -> pl.DataFrame:
    """The rows of an UpSet picture, most customers first.

    bought_in (which of the `chosen` categories), categories_bought (how many), customers, revenue.
    Customers who buy none of them are left out.
    """
    held = [pl.when(pl.col(name)).then(pl.lit(name)) for name in chosen]
    return (
        combinations.filter(pl.any_horizontal(chosen))
        .group_by(bought_in=pl.concat_str(held, separator=" + ", ignore_nulls=True))
        .agg(
            pl.sum_horizontal(pl.col(*chosen).first()).cast(pl.Int64).alias("categories_bought"),
            pl.col("customers").sum(),
            _total(pl.col("revenue")).round(6),
        )
        .sort("customers", "bought_in", descending=[True, False])
    )
