"""CDNOW, 1/10 sample, from the package lifetimes (test extra), without running its code.

2,357 customers of January to March 1997, their orders to June 1998. Source: Fader & Hardie (2001).
"""

from importlib.util import find_spec
from pathlib import Path

import polars as pl


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
            "revenue": [float(row[4]) for row in rows],
        }
    ).select(
        order_id=pl.int_range(pl.len()).cast(pl.String),
        customer_id="customer_id",
        ordered_at=pl.col("day").str.to_datetime("%Y%m%d"),
        quantity=pl.lit(1.0),
        revenue="revenue",
    )
