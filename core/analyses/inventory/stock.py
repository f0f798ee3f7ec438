"""Stock, lead time, cost and supplier of what sold, and of what never did, from optional tables."""

from math import inf

import polars as pl

from core.analyses.inventory.config import Config
from core.dataset import Dataset
from core.schema import TABLES

ADDED = ("on_hand", "on_order")
AVERAGED = ("lead_time_days", "lead_time_sd_days", "unit_cost")
SHARED = ("supplier", "pack_size", "minimum_order", "supplier_minimum")
#: Days that an order takes at most: more in a stock list is a slip.
LONGEST_LEAD = 365


def join(products: pl.DataFrame, dataset: Dataset, config: Config) -> pl.DataFrame:
    """`products` with the columns of the stock table, null where it says nothing.

    A product kept in several places has its stock added up and its lead times averaged. Lead
    times fall back on `config`; costs and suppliers on the products table, then on the lines.
    Lead times and costs that cannot be count as unknown; `odd_terms` marks whose they are.
    """
    catalogue = _one_row(dataset.tables.get("products"))
    counted = _possible(_one_row(dataset.tables.get("stock")))
    both = products.join(counted, on="product_id", how="left", suffix="_stock").join(
        catalogue.select("product_id", "unit_cost", "supplier"),
        on="product_id",
        how="left",
        suffix="_catalogue",
    )
    return (
        both.with_columns(
            unit_cost=pl.coalesce("unit_cost_stock", "unit_cost_catalogue", "unit_cost"),
            supplier=pl.coalesce("supplier", "supplier_catalogue"),
            lead_time_days=pl.col("lead_time_days").fill_null(float(config.lead_time_days)),
            lead_time_sd_days=pl.col("lead_time_sd_days").fill_null(
                float(config.lead_time_sd_days)
            ),
            odd_terms=pl.col("odd_terms").fill_null(value=False),
        )
        .with_columns(_supplier_minimum().fill_null(config.supplier_minimum))
        .drop("unit_cost_stock", "unit_cost_catalogue", "supplier_catalogue")
    )


def _supplier_minimum() -> pl.Expr:
    """Of the whole order to a supplier, though the list may name it beside one product only."""
    own = pl.col("supplier_minimum")
    shared = pl.when(pl.col("supplier").is_not_null()).then(own.max().over("supplier"))
    return shared.otherwise(own).alias("supplier_minimum")


def unsold(products: pl.DataFrame, dataset: Dataset, config: Config) -> pl.DataFrame:
    """What is on hand and not among `products`, all that sold: as `join` has it, with its name.

    Nothing where none of `products` was counted: then the codes of the count are others.
    """
    counted = _one_row(dataset.tables.get("stock"))
    if counted.join(products, on="product_id", how="semi").is_empty():
        counted = counted.clear()
    never = counted.filter(pl.col("on_hand") > 0).join(products, on="product_id", how="anti")
    codes = never.select("product_id", unit_cost=pl.lit(None, pl.Float64))
    named = join(codes, dataset, config).join(_names(dataset), on="product_id", how="left")
    return named.with_columns(pl.coalesce("product_name", "product_id").alias("product_name"))


def _names(dataset: Dataset) -> pl.DataFrame:
    """product_id, product_name of the products table."""
    catalogue = dataset.tables.get("products")
    if catalogue is None or "product_name" not in catalogue.columns:
        return pl.DataFrame(schema={"product_id": pl.String, "product_name": pl.String})
    return catalogue.group_by("product_id").agg(pl.col("product_name").drop_nulls().max())


def _possible(counted: pl.DataFrame) -> pl.DataFrame:
    """Without lead times below nothing or beyond a year, and costs below nothing."""
    most = {"lead_time_days": LONGEST_LEAD, "lead_time_sd_days": LONGEST_LEAD, "unit_cost": inf}
    odd = {name: ~pl.col(name).is_between(0, top) for name, top in most.items()}
    return counted.with_columns(
        *(pl.when(~beyond).then(pl.col(name)).alias(name) for name, beyond in odd.items()),
        odd_terms=pl.any_horizontal(*odd.values()),
    )


def _one_row(table: pl.DataFrame | None) -> pl.DataFrame:
    """One row per product in the columns of the stock table; absent ones are null."""
    columns = TABLES["stock"]
    if table is None:
        return pl.DataFrame(schema=dict(columns))
    missing = [
        pl.lit(None, dtype).alias(name) for name, dtype in columns.items() if name not in table
    ]
    full = table.with_columns(missing).filter(pl.col("product_id").is_not_null())
    return full.group_by("product_id").agg(
        *(pl.when(pl.col(c).count() > 0).then(pl.col(c).sum()).alias(c) for c in ADDED),
        pl.col(*AVERAGED).mean(),
        pl.col(*SHARED).drop_nulls().max(),
    )
