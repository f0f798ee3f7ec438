"""Stripe payments, the older unified and the current layout: one row per charge, no products.

Only paid and captured charges are sales; what was refunded is taken off the amount.
"""

import polars as pl

from core.intake.sources import grain
from core.intake.sources.source import Source


def _net(rows: pl.LazyFrame) -> pl.LazyFrame:
    there = grain.columns(rows)
    amount, back = grain.number("amount", there), grain.number("amount refunded", there)
    whole = (back >= amount) & (amount > 0)
    state = pl.col("status").str.to_lowercase()
    held = grain.falsehood("captured", there) & (state == "paid")
    return rows.with_columns(
        pl.when(whole).then(pl.lit("refunded")).alias(grain.REASON),
        each=pl.col("amount"),
        line=grain.text(pl.when(whole).then(amount).otherwise(amount - back)),
        state=pl.when(held).then(pl.lit("uncaptured")).when(state != "refunded").then("status"),
    )


COLUMNS = {
    "order_id": ("id",),
    "unit_price": ("each",),
    "revenue": ("line",),
    "currency": ("currency",),
    "status": ("state",),
}

OLD = Source(
    name="stripe_payments_old",
    required=frozenset({"id", "created (utc)", "amount", "amount refunded", "status"}),
    headers=frozenset({"seller message", "customer email", "card last4", "card fingerprint"}),
    columns={
        **COLUMNS,
        "ordered_at": ("created (utc)",),
        "customer_id": ("customer email", "customer id", "card fingerprint"),
    },
    prepare=_net,
)

NEW = Source(
    name="stripe_payments_new",
    required=frozenset({"id", "created date (utc)", "amount", "amount refunded", "status"}),
    headers=frozenset({"is link", "payment source type", "taxes on fee", "application fee"}),
    columns={
        **COLUMNS,
        "ordered_at": ("created date (utc)",),
        "customer_id": ("customer email", "customer id"),
    },
    prepare=_net,
)

SOURCES = (OLD, NEW)
