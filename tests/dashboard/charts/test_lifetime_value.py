"""What the lifetime value's charts say above themselves is what they show."""

import polars as pl
import pytest

from dashboard import state
from dashboard.charts import lifetime_value as charts


@pytest.fixture(scope="module", autouse=True)
def english():
    with state.speaking("en"):
        yield


def customers(worth, likely) -> pl.DataFrame:
    return pl.DataFrame({"future_value": worth, "p_active": likely})


def title(figure) -> str:
    return str(figure.layout.title.text)


def test_chances_are_named_with_their_days():
    """Few order within a month: that says nothing of whether they ever order again."""
    drawn = charts.chances(customers([1.0] * 3, [0.6, 0.2, 0.1]), 30)
    assert title(drawn) == (
        "1 of 3 customers are more likely than not to order again within 30 days"
    )


def test_half_of_nothing_comes_from_nobody():
    assert title(charts.concentration(customers([0.0] * 4, [0.1] * 4))) == (
        "No value is expected from these customers"
    )
    assert "Half of the expected value comes from 1 customers" in title(
        charts.concentration(customers([3.0, 1.0, 1.0], [0.1] * 3))
    )
