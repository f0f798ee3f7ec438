"""The stock list that goes with the orders: what is there, what it costs, how long it takes."""

from datetime import timedelta

import numpy as np
import polars as pl

from sample_data import plan
from sample_data.arrivals import Floats

#: Days over which the present demand is measured, the longest planted lead time included.
RECENT_DAYS = 120


def stock(
    rng: np.random.Generator, sold: pl.DataFrame, products: pl.DataFrame, supplier: str
) -> pl.DataFrame:
    """One row per product, sorted by product_id: stock for two to five lead times of demand.

    Except ORDER_NOW (a fifth of the lead time's demand), OVERSTOCK (500 days) and DEAD (left over).
    """
    count, lead = products.height, rng.choice([7.0, 14.0, 21.0, 35.0], products.height)
    pack = np.where(products["consumable"].to_numpy() == 1, 12, rng.choice([1, 4, 6], count))
    cost = products["price"].to_numpy() * rng.uniform(0.42, 0.62, count)
    daily = _daily(sold, products)
    ids = products["product_id"].to_numpy()
    on_hand = np.ceil(daily * np.maximum(lead, 14) * rng.uniform(2.0, 5.0, count)) + 2
    on_hand = np.where(np.isin(ids, plan.ORDER_NOW), np.floor(daily * lead * 0.2), on_hand)
    on_hand = np.where(np.isin(ids, plan.OVERSTOCK), np.ceil(daily * 500) + 20, on_hand)
    on_hand = np.where(np.isin(ids, plan.DEAD), rng.integers(8, 40, count), on_hand)
    on_order = np.where(rng.random(count) < 0.1, pack * rng.integers(1, 4, count), 0)
    letters = pl.Series(np.array(list("ABCDE"))[rng.integers(0, 5, count)])
    return pl.DataFrame(
        {
            "product_id": products["product_id"],
            "on_hand": on_hand.astype(np.int64),
            "on_order": np.where(np.isin(ids, plan.ORDER_NOW + plan.DEAD), 0, on_order),
            "lead_time_days": lead,
            "lead_time_sd_days": (lead * 0.2).round(1),
            "unit_cost": cost.round(2),
            "supplier": supplier + " " + letters,
            "pack_size": pack,
            "minimum_order": pack * rng.choice([1, 2], count),
        }
    ).sort("product_id")


def _daily(sold: pl.DataFrame, products: pl.DataFrame) -> Floats:
    """Units sold per day of late, per product, returns and large trade lines left out."""
    recent = pl.col("ordered_at").dt.date() > plan.LAST_DAY - timedelta(days=RECENT_DAYS)
    units = (
        sold.filter(recent, pl.col("quantity").is_between(1, 11))
        .group_by("product_id")
        .agg(pl.col("quantity").sum())
    )
    joined = products.join(units, on="product_id", how="left", maintain_order="left")
    return joined["quantity"].fill_null(0).to_numpy() / RECENT_DAYS
