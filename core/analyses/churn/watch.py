"""Early warning: the share at risk week by week, and what the last list's customers did since."""

from datetime import timedelta
from itertools import pairwise

import polars as pl

from core.analyses.churn.design import Predict
from core.analyses.churn.evaluation import Backtest
from core.analyses.churn.history import Past
from core.analyses.churn.reasons import HIGH_FROM, MEDIUM_FROM
from core.measures.customers import KEY

WEEKS = 13


def risk(churn: pl.Expr) -> pl.Expr:
    """low, medium or high by churn probability."""
    return (
        pl.when(churn >= HIGH_FROM)
        .then(pl.lit("high"))
        .when(churn >= MEDIUM_FROM)
        .then(pl.lit("medium"))
        .otherwise(pl.lit("low"))
    )


def weeks(past: Past, predict: Predict) -> pl.DataFrame:
    """Today's model on each of the last weeks, knowing only what was known then.

    Weeks without a customer at risk are left out.
    week_end, customers, high_risk (how many are), share_high, newly_high (at high risk, and
    not so a week before), reordered_high (at high risk a week before, and ordered since).
    """
    days = [past.last - timedelta(days=7 * back) for back in range(WEEKS, -1, -1)]
    scored = [_scored(past, predict, day) for day in days if day >= past.first + timedelta(days=14)]
    rows = []
    for before, now in pairwise(scored):
        if now.is_empty():
            continue
        both = now.join(before.select(KEY, "risk"), on=KEY, how="left", suffix="_before")
        high, was = pl.col("risk") == "high", pl.col("risk_before") == "high"
        rows.append(
            both.select(
                week_end=pl.col("day").first(),
                customers=pl.len().cast(pl.Int64),
                high_risk=high.sum().cast(pl.Int64),
                share_high=high.mean(),
                newly_high=(high & ~was.fill_null(value=False)).sum().cast(pl.Int64),
                reordered_high=(was & (pl.col("recency_days") < 7)).sum().cast(pl.Int64),
            )
        )
    return pl.concat(rows) if rows else pl.DataFrame(schema=SCHEMA)


SCHEMA = {
    "week_end": pl.Date,
    "customers": pl.Int64,
    "high_risk": pl.Int64,
    "share_high": pl.Float64,
    "newly_high": pl.Int64,
    "reordered_high": pl.Int64,
}


def _scored(past: Past, predict: Predict, day: object) -> pl.DataFrame:
    facts = past.facts(day)  # type: ignore[arg-type]
    churn = pl.Series(1 - predict(facts)) if facts.height else pl.Series([], dtype=pl.Float64)
    return facts.select(KEY, "recency_days", day=pl.lit(day)).with_columns(risk=risk(pl.lit(churn)))


def tested_lists(test: Backtest, method: str, size: int) -> pl.DataFrame:
    """The first `size` customers by value at risk on each test day, and what they brought.

    origin, customers, expected_revenue, future_revenue.
    """
    churn = pl.col(f"churn_{method}")
    return (
        test.rows.with_columns(expected_revenue=(1 - churn) * pl.col("revenue_if_active"))
        .filter(risk(churn) != "low")
        .sort("origin", churn * pl.col("expected_revenue"), KEY, descending=[False, True, False])
        .group_by("origin", maintain_order=True)
        .head(size)
        .group_by("origin", maintain_order=True)
        .agg(
            customers=pl.len().cast(pl.Int64),
            expected_revenue=pl.col("expected_revenue").sum().round(2),
            future_revenue=pl.col("future_revenue").sum().round(2),
        )
    )


def last_list(test: Backtest, method: str) -> pl.DataFrame:
    """The list as it would have been one horizon ago, and what its customers did since.

    risk, listed_on, customers, predicted and observed share of churn, future_revenue (what those
    who came back brought).
    """
    latest = test.rows.filter(pl.col("origin") == pl.col("origin").max())
    order = pl.DataFrame({"risk": ["high", "medium", "low"]})
    found = (
        latest.with_columns(churn=pl.col(f"churn_{method}"))
        .with_columns(risk=risk(pl.col("churn")))
        .group_by("risk")
        .agg(
            listed_on=pl.col("origin").first(),
            customers=pl.len().cast(pl.Int64),
            predicted=pl.col("churn").sort().mean(),
            observed=1 - pl.col("returned").mean(),
            future_revenue=pl.col("future_revenue").sum().round(2),
        )
    )
    return order.join(found, on="risk", maintain_order="left")
