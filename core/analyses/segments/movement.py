"""Who moved between two days, and what the groups of the earlier day did next."""

from datetime import date, timedelta

import numpy as np
import polars as pl

from core.analyses.segments import backtest
from core.evidence import bootstrap_mean
from core.measures.intervals import wilson

#: Where a customer who had not ordered yet at the earlier day comes from.
NOT_YET = "not_yet_customer"
FEW = 20


def moved(before: pl.DataFrame, now: pl.DataFrame, sales: pl.DataFrame) -> pl.DataFrame:
    """One row per pair of groups: from_segment, to_segment, customers, spend_before, spend_since.

    sales: customer_id, spend_before, spend_since - net revenue in the equally long periods up to
    and after the earlier day.
    """
    return (
        now.select("customer_id", to_segment="rfm_segment")
        .join(
            before.select("customer_id", from_segment="rfm_segment"), on="customer_id", how="left"
        )
        .join(sales, on="customer_id", how="left")
        .with_columns(pl.col("from_segment").fill_null(NOT_YET))
        .group_by("from_segment", "to_segment")
        .agg(
            customers=pl.len().cast(pl.Int64),
            spend_before=pl.col("spend_before").fill_null(0.0).sum().round(6),
            spend_since=pl.col("spend_since").fill_null(0.0).sum().round(6),
        )
        .sort("customers", "from_segment", "to_segment", descending=[True, False, False])
    )


def sales(lines: pl.LazyFrame, earlier: date, days: int) -> pl.DataFrame:
    """customer_id, spend_before, spend_since: net revenue in the `days` up to and after a day."""
    before = backtest.spend(lines, earlier - timedelta(days=days), days)
    since = backtest.spend(lines, earlier, days)
    return (
        before.select("customer_id", spend_before="spend")
        .join(
            since.select("customer_id", spend_since="spend", came_back="came_back"),
            on="customer_id",
            how="full",
            coalesce=True,
        )
        .collect()
    )


def next_period(before: pl.DataFrame, sales: pl.DataFrame, seed: int) -> pl.DataFrame:
    """One row per group of the earlier day, what its customers did in the period that followed.

    segment, customers, came_back (share who ordered), came_back_low, came_back_high (Wilson),
    next_spend (net revenue per customer, those who stayed away counted), next_spend_low,
    next_spend_high (bootstrap), all 95 %.
    """
    joined = before.select("customer_id", "rfm_segment").join(sales, on="customer_id", how="left")
    rows = [
        {"segment": segment} | _followed(group, seed)
        for (segment,), group in joined.sort(
            "rfm_segment", "spend_since", nulls_last=True
        ).group_by("rfm_segment", maintain_order=True)
    ]
    floats = [
        "came_back",
        "came_back_low",
        "came_back_high",
        "next_spend",
        "next_spend_low",
        "next_spend_high",
    ]
    schema = {"segment": pl.String, "customers": pl.Int64} | dict.fromkeys(floats, pl.Float64)
    return pl.DataFrame(rows, schema=schema).sort("segment")


def _followed(group: pl.DataFrame, seed: int) -> dict[str, float]:
    back = group["came_back"].fill_null(value=False).to_numpy()
    spent = group["spend_since"].fill_null(0.0).to_numpy().astype(np.float64)
    low, high = wilson(back.sum(), len(back))
    mean, least, most = bootstrap_mean(spent, seed=seed)
    return {
        "customers": len(back),
        "came_back": float(back.mean()),
        "came_back_low": float(low),
        "came_back_high": float(high),
        "next_spend": mean,
        "next_spend_low": min(least, mean),
        "next_spend_high": max(most, mean),
    }
