"""The lists of every customer, a block of customers at a time, with names and reasons."""

import numpy as np
import polars as pl

from core.analyses.recommendations import newcomers as cold
from core.analyses.recommendations import reasons
from core.analyses.recommendations.config import Config
from core.analyses.recommendations.history import History, Rows
from core.analyses.recommendations.models import Model
from core.analyses.recommendations.nearest import BLOCK_CELLS
from core.analyses.recommendations.newcomers import Newcomers
from core.analyses.recommendations.steering import Wheel

#: Recommendations made at a time.
BLOCK_ROWS = 20_000
#: Products per customer in the mail merge.
MERGED = 5


def everybody(model: Model, wheel: Wheel, served: Newcomers, config: Config) -> pl.DataFrame:
    """Columns of `Result.recommendations`, customers without a purchase included."""
    now = wheel.history
    most = BLOCK_CELLS // now.shape[1]
    step = max(1, min(BLOCK_ROWS // config.list_length, most))
    blocks = [
        block(model, wheel, np.arange(start, min(start + step, now.shape[0])), config)
        for start in range(0, now.shape[0], step)
    ]
    told = reasons.explained(pl.concat(blocks), config.method, model, now)
    unknown = newcomers(wheel, served, config.list_length)
    return pl.concat([_named(told, now, config.method), unknown]).sort("customer_id", "rank")


def block(model: Model, wheel: Wheel, rows: Rows, config: Config) -> pl.DataFrame:
    """What some customers are recommended - u, i, rank, score."""
    best, value = wheel.lists(model, rows, config.task, config.list_length)
    row, rank = np.nonzero(best >= 0)
    return pl.DataFrame(
        {
            "u": rows[row].astype(np.uint32),
            "i": best[row, rank].astype(np.uint32),
            "rank": (rank + 1).astype(np.uint32),
            "score": value[row, rank].astype(np.float64),
        }
    )


def _named(listed: pl.DataFrame, now: History, method: str) -> pl.DataFrame:
    """Ids, names and days in place of numbers and ages."""
    names = now.products.select("i", "product_id", "product_name")
    spoke = now.products.select(
        j="i", because_product_id="product_id", because_product_name="product_name"
    )
    age = pl.coalesce("own_age", "because_age").cast(pl.Int64)
    return (
        listed.join(now.customers.select("u", "customer_id"), on="u")
        .join(names, on="i")
        .join(spoke, on="j", how="left")
        .select(
            "customer_id",
            "rank",
            "product_id",
            "product_name",
            pl.col("score").round(5),
            pl.lit(method).alias("method"),
            "bought_before",
            "reason_code",
            "because_product_id",
            "because_product_name",
            because_day=pl.lit(now.day) - pl.duration(days=age),
            because_share=pl.col("because_share"),
            because_orders=pl.col("own_orders").cast(pl.Float64),
        )
        .with_columns(pl.col("because_day").cast(pl.Date))
        .sort("customer_id", "rank")
    )


def newcomers(wheel: Wheel, served: Newcomers, n: int) -> pl.DataFrame:
    """Recommendations of customers without any purchase, so marked."""
    listed = cold.listed(wheel.history, served, wheel.allowed, n)
    return listed.with_columns(
        bought_before=pl.lit(value=False),
        reason_code=pl.lit("new_customer"),
        because_product_id=pl.lit(None, pl.String),
        because_product_name=pl.lit(None, pl.String),
        because_day=pl.lit(None, pl.Date),
        because_share=pl.lit(None, pl.Float64),
        because_orders=pl.lit(None, pl.Float64),
    )


def mail_merge(lists: pl.DataFrame) -> pl.DataFrame:
    """One row per customer for a mail merge - customer_id, product_1, because_1, product_2, ...

    lists: Result.recommendations with `because`; its first MERGED ranks.
    """
    first = lists.filter(pl.col("rank") <= MERGED).sort("customer_id", "rank")
    wide = first.group_by("customer_id", maintain_order=True).agg("product_name", "because")
    return wide.select(
        "customer_id",
        *(
            pl.col(column).list.get(n, null_on_oob=True).alias(f"{name}_{n + 1}")
            for n in range(MERGED)
            for column, name in (("product_name", "product"), ("because", "because"))
        ),
    )
