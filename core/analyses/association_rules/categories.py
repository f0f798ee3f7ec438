"""Categories: which are bought together, and how customers shop across them."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.analyses.association_rules import nulls
from core.measures.baskets import Baskets

MOST_CATEGORIES = 20
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
