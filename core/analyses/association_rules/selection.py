"""From order lines to the baskets that are mined: unit, level, period, cap and support."""

from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.analyses.association_rules.config import Config
from core.dataset import Dataset
from core.errors import MissingColumnsError, NotEnoughDataError
from core.measures.baskets import Baskets, baskets
from core.measures.itemsets import mine
from core.measures.orders import sales

Ints = NDArray[np.int64]
FEW_BASKETS = 50
#: Auto support: at least this share and count of baskets, and at most this many pairs.
AUTO_SHARE, AUTO_COUNT, AUTO_PAIRS = 0.0005, 5, 10_000
CAP_QUANTILE, CAP_AT_LEAST = 0.999, 50
#: Share of the customers, those with most orders, who are called the best.
BEST_SHARE = 0.2
#: How an item that is a category or a brand is marked where levels are mixed.
MARK = "▸ "


@dataclass(frozen=True, eq=False)
class Selected:
    """The baskets in force, and what was left out.

    names: name per item code. categories: category per item code, null where unknown.
    dropped: baskets above the cap. forbidden: (f, 2) pairs of a product and its own category.
    products: product_id, product_name of every product sold.
    by_customer: the same items, one basket per known customer; None without customers.
    """

    baskets: Baskets
    names: pl.Series
    categories: pl.Series
    cap: int
    dropped: int
    forbidden: Ints | None
    products: pl.DataFrame
    by_customer: Baskets | None


def part(dataset: Dataset, config: Config) -> Dataset:
    """The orders of the country and the channel that are asked for."""
    lines = dataset.lines
    for column in ("country", "channel"):
        if wanted := getattr(config, column):
            dataset.require({column})
            told = pl.col(column).str.strip_chars().str.to_lowercase()
            lines = lines.filter(told == wanted.strip().lower())
    return replace(dataset, lines=lines)


def select(dataset: Dataset, config: Config) -> Selected:
    """The baskets that `config` asks for. Raises NotEnoughDataError below FEW_BASKETS of them."""
    lines = _latest(sales(part(dataset, config).lines), dataset, config)
    products = _products(dataset)
    items = _items(products, config)
    keyed = (
        _ordered(lines, dataset, config)
        .select("product_id", basket=_basket(dataset, config), day=pl.col("ordered_at").dt.date())
        .join(items.select("product_id", "item").lazy(), on="product_id")
    )
    everything = _enough(baskets(keyed))
    cap = config.max_basket or _cap(everything.sizes)
    kept = _enough(everything.where(everything.sizes <= cap))
    facts = _facts(items, everything.keys)
    return Selected(
        baskets=kept,
        names=facts["name"],
        categories=facts["category"],
        cap=cap,
        dropped=everything.n - kept.n,
        forbidden=_own_parents(items, everything.keys) if config.level == "mixed" else None,
        by_customer=_by_customer(lines, items, dataset),
        products=products.select("product_id", product_name="name"),
    )


def _enough(found: Baskets) -> Baskets:
    if found.n < FEW_BASKETS:
        raise NotEnoughDataError(
            "Orders to compare: {have:integer}; association rules need at least {need:integer}.",
            have=found.n,
            need=FEW_BASKETS,
        )
    return found


def support_count(selected: Selected, config: Config) -> int:
    """Baskets that a set must reach: as asked, or the least that leaves AUTO_PAIRS pairs."""
    n = selected.baskets.n
    if config.min_orders is not None:
        return config.min_orders
    if config.min_support is not None:
        return max(1, int(np.ceil(config.min_support * n - 1e-9)))
    least = max(AUTO_COUNT, int(np.ceil(AUTO_SHARE * n)))
    levels = mine(selected.baskets, least, 2, forbidden=selected.forbidden).levels
    if len(levels) < 2 or len(levels[1]) <= AUTO_PAIRS:
        return least
    return int(np.sort(levels[1].counts)[::-1][AUTO_PAIRS]) + 1


def _by_customer(lines: pl.LazyFrame, items: pl.DataFrame, dataset: Dataset) -> Baskets | None:
    if "customer_id" not in dataset.columns:
        return None
    keyed = lines.select("product_id", basket="customer_id", day=pl.col("ordered_at").dt.date())
    return baskets(keyed.join(items.select("product_id", "item").lazy(), on="product_id"))


def _cap(sizes: Ints) -> int:
    return max(CAP_AT_LEAST, int(np.quantile(sizes, CAP_QUANTILE, method="higher")))


def _latest(lines: pl.LazyFrame, dataset: Dataset, config: Config) -> pl.LazyFrame:
    """The lines of the last days that are asked for, counted from the last of the whole shop."""
    if config.last_days is None:
        return lines
    before = dataset.day(config.as_of) - timedelta(days=config.last_days)
    return lines.filter(pl.col("ordered_at").dt.date() > before)


def _ordered(lines: pl.LazyFrame, dataset: Dataset, config: Config) -> pl.LazyFrame:
    """Only the orders of known customers that `which_orders` names, where it names some."""
    if config.which_orders == "all_orders":
        return lines
    dataset.require({"customer_id"})
    customers = (
        sales(dataset.lines)
        .filter(pl.col("customer_id").is_not_null())
        .sort("ordered_at", "order_id")
        .group_by("customer_id", maintain_order=True)
        .agg(first_order=pl.col("order_id").first(), n_orders=pl.col("order_id").n_unique())
        .with_columns(is_best=pl.col("n_orders") > pl.col("n_orders").quantile(1 - BEST_SHARE))
    )
    is_first = pl.col("order_id") == pl.col("first_order")
    wanted = {
        "first_orders": is_first,
        "repeat_orders": ~is_first,
        "best_customers": pl.col("is_best"),
        "other_customers": ~pl.col("is_best"),
    }
    return lines.join(customers, on="customer_id").filter(wanted[config.which_orders])


def _basket(dataset: Dataset, config: Config) -> pl.Expr:
    """The key of a line's basket; guests, who have no customer, are kept order by order."""
    if config.basket == "order":
        return pl.col("order_id")
    dataset.require({"customer_id"})
    day = pl.col("ordered_at").dt.date()
    if config.basket == "customer_window":
        since = (day - day.min().over("customer_id")).dt.total_days()
        day = since // config.visit_days
    visit = pl.concat_str("customer_id", day.cast(pl.String), separator="\x1f")
    return pl.coalesce(visit, pl.col("order_id"))


def _items(products: pl.DataFrame, config: Config) -> pl.DataFrame:
    """product_id, item, name, category: the items that each product counts as."""
    if config.level == "product":
        return products.with_columns(item=pl.col("product_id"))
    group = "brand" if config.level == "brand" else "category"
    if products[group].null_count() == len(products):
        raise MissingColumnsError(
            "The data names no {column:label}: choose products as the level.", column=group
        )
    grouped = products.filter(pl.col(group).is_not_null()).with_columns(
        item=pl.col(group), name=pl.col(group), category=pl.col("category")
    )
    if config.level != "mixed":
        return grouped
    marked = grouped.with_columns(item=MARK + pl.col(group), name=MARK + pl.col(group))
    return pl.concat([products.with_columns(item=pl.col("product_id")), marked])


def _products(dataset: Dataset) -> pl.DataFrame:
    """product_id, name, category, brand: one row per product sold; null where unknown."""
    optional = {"name": "product_name", "category": "category"}
    columns = {
        alias: pl.col(column).drop_nulls().min()
        for alias, column in optional.items()
        if column in dataset.columns
    }
    frame = (
        dataset.lines.filter(pl.col("product_id").is_not_null())
        .group_by("product_id")
        .agg(**columns)
        .collect()
    )
    table = dataset.tables.get("products")
    for name, column in {**optional, "brand": "brand"}.items():
        frame = _filled(frame, name, table, column)
    return frame.with_columns(pl.col("name").fill_null(pl.col("product_id"))).sort("product_id")


def _filled(
    frame: pl.DataFrame, name: str, table: pl.DataFrame | None, column: str
) -> pl.DataFrame:
    """`frame` with the column `name`, its gaps filled from `column` of the product table."""
    if name not in frame.columns:
        frame = frame.with_columns(pl.lit(None, pl.String).alias(name))
    if table is None or column not in table.columns:
        return frame
    known = table.select("product_id", _known=column).unique("product_id", keep="first")
    filled = frame.join(known, on="product_id", how="left", maintain_order="left")
    return filled.with_columns(pl.coalesce(name, "_known").alias(name)).drop("_known")


def _facts(items: pl.DataFrame, keys: pl.Series) -> pl.DataFrame:
    """name and category in the order of `keys`; no category where an item spans several."""
    category = pl.col("category").drop_nulls()
    facts = items.group_by("item").agg(
        pl.col("name").drop_nulls().min(),
        category=pl.when(category.n_unique() == 1).then(category.min()),
    )
    return pl.DataFrame({"item": keys}).join(facts, on="item", how="left", maintain_order="left")


def _own_parents(items: pl.DataFrame, keys: pl.Series) -> Ints:
    codes = pl.DataFrame({"item": keys, "code": np.arange(len(keys))})
    coded = items.join(codes, on="item").select("product_id", "code", parent=pl.col("item"))
    parents = coded.filter(pl.col("parent").str.starts_with(MARK))
    pairs = coded.join(parents, on="product_id").filter(pl.col("code") != pl.col("code_right"))
    low, high = pl.min_horizontal("code", "code_right"), pl.max_horizontal("code", "code_right")
    return pairs.select(low.alias("a"), high.alias("b")).unique().to_numpy().astype(np.int64)
