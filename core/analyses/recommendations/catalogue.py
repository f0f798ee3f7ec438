"""The products as they are today: what they earn, what is in stock, which of them are new."""

from datetime import timedelta

import polars as pl

from core.analyses.recommendations import launch
from core.analyses.recommendations.events import ATTRIBUTES, Events
from core.analyses.recommendations.history import History
from core.dataset import Dataset

#: What the content of a product is made of.
DESCRIBED = ("product_id", "product_name", *ATTRIBUTES, "price")


def fresh(dataset: Dataset, bought: Events, now: History, window: int) -> pl.DataFrame:
    """Columns of `Result.fresh`."""
    since = now.day - timedelta(days=window)
    sold = bought.known(now.day).filter(pl.col("units") > 0).group_by("product")
    first = sold.agg(first=pl.col("day").min()).filter(pl.col("first") > since)
    lately = now.products.join(first, on="product", how="semi", maintain_order="left")
    told = [c for c in DESCRIBED if c in lately.columns]
    frames = [lately.filter(pl.col("orders") <= launch.FEW_ORDERS).select(*told, "orders")]
    table = dataset.tables.get("products")
    if table is not None and "product_name" in table.columns:
        table = table.rename({"unit_price": "price"}, strict=False)
        never = table.filter(~pl.col("product_id").is_in(now.products["product_id"].implode()))
        never = never.select(c for c in DESCRIBED if c in never.columns)
        never = never.drop_nulls(["product_id", "product_name"])
        never = never.unique("product_id", keep="last")
        frames.append(never.with_columns(orders=pl.lit(0, pl.UInt32)))
    return pl.concat(frames, how="diagonal").sort("product_id")


def listed(dataset: Dataset, bought: Events, now: History, window: int) -> pl.DataFrame:
    """Columns of `Result.products`."""
    since = now.day - timedelta(days=window)
    buyers = (
        bought.known(now.day)
        .filter(pl.col("day") > since, pl.col("units") > 0)
        .group_by("product")
        .agg(buyers=pl.col("customer").drop_nulls().n_unique())
    )
    listed = now.products.join(buyers, on="product", how="left", maintain_order="left").join(
        _money(dataset), on="product_id", how="left", maintain_order="left"
    )
    if (stock := dataset.tables.get("stock")) is not None and "on_hand" in stock.columns:
        held = stock.group_by("product_id").agg(pl.col("on_hand").sum())
        listed = listed.join(held, on="product_id", how="left", maintain_order="left")
    known = [c for c in ("category", "on_hand") if c in listed.columns]
    names = ["product_id", "product_name", "orders", "buyers", "price", "value", "margin", *known]
    return listed.with_columns(pl.col("buyers").fill_null(0)).select(names)


def _money(dataset: Dataset) -> pl.DataFrame:
    """product_id, price (per unit), value (margin per order that held it; revenue without cost),
    margin (share of the revenue whose cost is known; null without)."""
    if "revenue" not in dataset.columns:
        money = [(name, pl.Float64()) for name in ("price", "value", "margin")]
        return pl.DataFrame(schema=[("product_id", pl.String()), *money])
    paid = ["unit_cost"] if "unit_cost" in dataset.columns else []
    cost = pl.coalesce(*paid, "told_cost")
    revenue, units, spent = pl.col("revenue"), pl.col("quantity"), cost * pl.col("quantity")
    earned = (revenue - spent.fill_null(0)).sum().round(6)
    known = revenue.filter(cost.is_not_null()).sum().round(6)
    return (
        dataset.lines.filter(pl.col("quantity") > 0, pl.col("product_id").is_not_null())
        .join(_told_costs(dataset).lazy(), on="product_id", how="left")
        .group_by("product_id")
        .agg(
            price=(revenue.sum().round(6) / units.sum()).round(4),
            value=(earned / pl.col("order_id").n_unique()).round(4),
            margin=pl.when(known > 0).then(1 - spent.sum().round(6) / known).round(4),
        )
        .collect()
    )


def _told_costs(dataset: Dataset) -> pl.DataFrame:
    """product_id, told_cost: of one unit, as the table of stock says it, else that of products."""
    found = [pl.DataFrame(schema={"product_id": pl.String, "told_cost": pl.Float64})]
    for name in ("stock", "products"):
        table = dataset.tables.get(name)
        if table is not None and "unit_cost" in table.columns:
            costs = table.group_by("product_id").agg(told_cost=pl.col("unit_cost").mean().round(6))
            found.append(costs.drop_nulls())
    return pl.concat(found).unique("product_id", keep="first", maintain_order=True)
