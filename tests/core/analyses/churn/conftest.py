"""Shops that the churn tests are made of."""

from datetime import date, datetime

import numpy as np
import polars as pl
import pytest

from core.analyses import churn
from core.analyses.churn.history import Past, compact
from core.dataset import Dataset


@pytest.fixture(scope="session", name="shop")
def shop_of():
    """The function that makes a shop of customers who leave by chance."""
    return shop


@pytest.fixture(scope="session", name="dataset")
def dataset_of():
    """The function that makes a shop of (customer, day, revenue) rows."""
    return dataset


def shop(customers=600, days=420, seed=0, dropout=0.15, rate=1 / 25) -> Dataset:
    """Gamma-Poisson customers who leave after an order with probability `dropout`."""
    rng = np.random.default_rng(seed)
    rows = []
    for customer in range(customers):
        own, at = rate if dropout == 0 else rate * rng.gamma(1.5) / 1.5, rng.uniform(0, 200)
        while at < days:
            rows.append((f"c{customer:04d}", at, float(np.round(rng.lognormal(3.5, 0.5), 2))))
            if rng.random() < dropout:
                break
            at += rng.exponential(1 / own)
    return dataset(rows)


def dataset(rows) -> Dataset:
    lines = pl.DataFrame(rows, schema=["customer_id", "at", "revenue"], orient="row").select(
        order_id=pl.int_range(pl.len()).cast(pl.String),
        customer_id="customer_id",
        ordered_at=pl.lit(datetime(2025, 1, 1)) + pl.duration(seconds=(pl.col("at") * 86400)),
        quantity=pl.lit(1.0),
        revenue="revenue",
    )
    return Dataset("made", "made", lines.lazy())


@pytest.fixture(scope="session")
def made():
    return shop()


@pytest.fixture(scope="session")
def past(made):
    """The shop's history, asked 30 days ahead; each day is labelled once for all tests."""
    return Past(compact(made.lines), date(2025, 1, 1), made.last_day, 30, 730)


@pytest.fixture(scope="session")
def result(made):
    return churn.run(made, churn.Config())
