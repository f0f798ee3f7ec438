"""What the recommendations page says about customers and products without a past."""

from datetime import date, datetime

import numpy as np
import polars as pl
import pytest

from core.analyses import recommendations
from core.dataset import Dataset
from dashboard import state
from dashboard.charts import recommendations as charts
from dashboard.panels import recommendation_findings as words
from dashboard.panels import recommendations as panels


@pytest.fixture(scope="module")
def answer():
    """Tea and coffee drinkers; in the last days new teas and coffees are sold to them."""
    rng = np.random.default_rng(1)
    lines = []
    for n in range(120):
        kind = "tea" if n % 2 else "coffee"
        for order in range(4):
            product = f"{kind} blend {rng.integers(8)}"
            lines.append((f"{n}-{order}", f"c{n:03}", product, int(rng.integers(98))))
        if n < 100:
            lines.append((f"new-{n}", f"c{n:03}", f"{kind} blend new {n // 10}", 90 + n % 9))
    lines += [(f"n{n}", f"n{n}", f"tea blend {n % 8}", 95) for n in range(10)]
    columns = ["order_id", "customer_id", "product_id", "day"]
    frame = pl.DataFrame(lines, schema=columns, orient="row").with_columns(
        quantity=pl.lit(1.0), ordered_at=pl.lit(datetime(2024, 1, 1)) + pl.duration(days="day")
    )
    table = pl.DataFrame({"product_id": ["t9"], "product_name": ["tea blend rare"]})
    dataset = Dataset("shop", "shop", frame.drop("day").lazy(), {"products": table})
    return recommendations.run(dataset, recommendations.Config(test_days=10))


def test_a_new_product_is_offered_by_the_way_that_was_tested(answer):
    found, said = panels._campaign(answer, "t9", 30)
    assert found.height == 30
    assert said[0].values["value"] > said[0].values["simple"]
    assert "rank_for_customer" in panels._campaign(answer, "tea blend 1", 30)[0].columns


def test_the_picker_marks_new_products_and_offers_them_only_where_asked(answer):
    with state.speaking("en"):
        assert charts.product_labels(answer, fresh=True)["t9"].endswith("new")
        assert "t9" not in charts.product_labels(answer)


def test_newcomers_are_told_what_they_get_and_how_it_did(answer):
    told = words.cold_start(answer)[0]
    row = answer.tournament.filter(group="no_order", metric="hit_rate").filter("chosen")
    assert told.values["value"] == row["value"][0]
    assert str(told)
    with state.speaking("en"):
        reason = charts.reason(answer.for_customer("nobody").row(0, named=True))
    assert reason.startswith("No purchase yet")


def test_a_window_that_is_not_over_is_said():
    assert words.too_early(date(2024, 1, 1), 5, date(2024, 1, 5)) == []
    (caution,) = words.too_early(date(2024, 1, 4), 5, date(2024, 1, 5))
    assert caution.values["there"] == 2
    assert caution.kind == "caution"
