"""Shops that the recommendation tests are made of."""

from dataclasses import replace
from datetime import datetime

import numpy as np
import polars as pl
import pytest

from core.analyses import recommendations
from core.analyses.recommendations.events import events
from core.analyses.recommendations.history import history
from core.analyses.recommendations.models import fit
from core.dataset import Dataset


def shop(lines) -> Dataset:
    """lines: (order, customer, product, day number[, quantity])."""
    full = [(*line, 1.0) if len(line) == 4 else line for line in lines]
    frame = pl.DataFrame(
        full, schema=["order_id", "customer_id", "product_id", "day", "quantity"], orient="row"
    )
    at = pl.lit(datetime(2024, 1, 1)) + pl.duration(days="day")
    frame = frame.with_columns(
        pl.col("quantity").cast(pl.Float64), ordered_at=at, revenue=pl.col("quantity") * 5
    )
    return Dataset("shop", "shop", frame.drop("day").lazy())


def random_shop(seed=0, customers=60, products=25, orders=6, days=120) -> Dataset:
    """Every customer has favourites, so that there is something to learn."""
    rng = np.random.default_rng(seed)
    lines = []
    for customer in range(customers):
        liked = rng.choice(products, 6, replace=False)
        for order in range(orders):
            day = int(rng.integers(days))
            basket = rng.choice(liked, 3, replace=False)
            lines += [(f"{customer}-{order}", f"c{customer:03}", f"p{p:02}", day) for p in basket]
    return shop(lines)


def past(dataset: Dataset):
    """What is known on its last day."""
    bought = events(dataset)
    return history(bought, bought.last_day, 30.0)


@pytest.fixture(scope="session")
def known():
    return past(random_shop())


def everybody(history, method, seed=0):
    """Scores of every customer."""
    rows = np.arange(history.shape[0], dtype=np.int64)
    return fit(method, history, seed).scores(rows)


@pytest.fixture(scope="session")
def found():
    """What auto answers for 150 customers with favourites."""
    return recommendations.run(random_shop(customers=150), recommendations.Config())


@pytest.fixture(scope="session")
def answer():
    """A shop with categories, prices, costs (not of p00) and stock; own history is used."""
    dataset = random_shop(customers=120)
    number = pl.col("product_id").str.slice(1).cast(pl.Int32)
    lines = dataset.lines.with_columns(
        category=pl.format("k{}", number % 3),
        revenue=pl.col("quantity") * (number + 1),
        unit_cost=pl.when(number > 0).then(number * 0.5),
    )
    stock = pl.DataFrame({"product_id": ["p04"], "on_hand": [0.0]})
    dataset = replace(dataset, lines=lines, tables={"stock": stock})
    return recommendations.run(dataset, recommendations.Config(method="own_history", list_length=5))


@pytest.fixture(scope="session", name="shop")
def shop_of():
    """The function that makes a shop of lines."""
    return shop


@pytest.fixture(scope="session", name="random_shop")
def random_shop_of():
    """The function that makes a shop of customers with favourites."""
    return random_shop


@pytest.fixture(scope="session", name="past")
def past_of():
    """The function that cuts the history of a shop on its last day."""
    return past


@pytest.fixture(scope="session", name="everybody")
def everybody_of():
    """The function that fits a method and scores every customer."""
    return everybody
