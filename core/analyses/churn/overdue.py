"""Good customers who are overdue by their own rhythm: those an owner would miss first.

Good: among the quarter who spent most, and with at least three order days, so that there is a
rhythm. Overdue: silent for more than twice the customer's own usual (median) gap. No model.
"""

import polars as pl

#: Share of the customers, by revenue so far, who count as good; order days that make a rhythm.
BEST, RHYTHM = 0.25, 3
#: Own usual gaps of silence after which a customer is overdue.
GAPS = 2


def good(customers: pl.DataFrame) -> pl.DataFrame:
    """The good customers, with overdue (Boolean); in the order of `customers`."""
    spent = pl.col("revenue")
    return customers.filter(
        spent > 0, spent >= spent.quantile(1 - BEST, "linear"), pl.col("order_days") >= RHYTHM
    ).with_columns(overdue=pl.col("recency_days") > GAPS * pl.col("median_gap_days"))
