"""CDNOW, 1/10 sample, from the package lifetimes (test extra), without running its code.

2,357 customers of January to March 1997, their orders to June 1998, split as by Fader, Hardie & Lee
(2005): 39 weeks to learn, 39 to test. Source of the data: Fader & Hardie (2001).
"""

from datetime import date
from importlib.util import find_spec
from pathlib import Path

import polars as pl

from core.analyses import churn
from core.analyses.churn.history import Past, compact
from core.dataset import Dataset

LEARNED_TO, DAYS = date(1997, 9, 30), 273


def lines() -> pl.LazyFrame:
    """Order lines, one per order; ModuleNotFoundError without the package."""
    package = find_spec("lifetimes")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("CDNOW comes with the package lifetimes: install the test extra.")
    text = (Path(package.origin).parent / "datasets" / "CDNOW_sample.txt").read_text()
    rows = [line.split() for line in text.splitlines() if line.strip()]
    return pl.LazyFrame(
        {
            "customer_id": [row[1] for row in rows],
            "day": [row[2] for row in rows],
            "quantity": [float(row[3]) for row in rows],
            "revenue": [float(row[4]) for row in rows],
        }
    ).select(
        order_id=pl.int_range(pl.len()).cast(pl.String),
        customer_id="customer_id",
        ordered_at=pl.col("day").str.to_datetime("%Y%m%d"),
        quantity="quantity",
        revenue="revenue",
    )


def truth() -> pl.DataFrame:
    """Every customer's facts on the day of the split, and what came in the days after it."""
    past = Past(compact(lines()), date(1997, 1, 1), date(1998, 6, 30), DAYS, 730)
    return past.labelled(LEARNED_TO)


def predicted(method: churn.Method) -> tuple[churn.Result, pl.Series]:
    """The answer on the day of the split, and the churn probabilities in the rows of `truth`."""
    config = churn.Config(as_of=LEARNED_TO, horizon_days=DAYS, method=method)
    result = churn.run(Dataset("cdnow", "cdnow", lines()), config)
    found = result.customers.select("customer_id", "churn_probability")
    rows = truth().join(found, on="customer_id", how="left", maintain_order="left")
    return result, rows["churn_probability"]
