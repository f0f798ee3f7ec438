"""Pictures of the rules."""

from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

from core.analyses import association_rules
from core.dataset import Dataset
from dashboard import state
from dashboard.charts import association_rules as pictures


@pytest.mark.parametrize(
    ("supports", "ticks"),
    [
        ([0.0004, 0.03], [0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05]),
        ([0.01], [0.005, 0.01, 0.02]),
    ],
)
def test_a_logarithmic_axis_is_labelled_among_its_values(supports, ticks):
    rules = pl.DataFrame({"support": supports}).with_columns(
        pl.lit(0.5).alias("confidence"),
        pl.lit(2.0).alias("adjusted_lift"),
        pl.lit(2).alias("length"),
        pl.lit(9).alias("orders"),
        pl.lit(value=False).alias("season_only"),
        *(pl.lit("a").alias(c) for c in ("antecedent", "consequent")),
        *(pl.lit("a").alias(c) for c in ("antecedent_names", "consequent_names")),
    )
    axis = pictures.support_confidence(rules).layout.xaxis
    assert axis.tickvals == pytest.approx(ticks)
    assert axis.type == "log"


def test_products_of_one_name_have_a_bar_each():
    """Blue and black ink are both called Ink; buyers of a pen take either, and a pad."""
    rng, rows = np.random.default_rng(0), []
    for order in range(1500):
        pen = rng.random() < 0.3
        items = [("pen", "Pen")] if pen else []
        items += [
            (key, name)
            for key, name in (("blue", "Ink"), ("black", "Ink"), ("pad", "Pad"))
            if rng.random() < (0.5 if pen else 0.1)
        ]
        at = datetime(2025, 1, 1) + timedelta(days=order % 300)
        rows += [(f"{order}", at, *item) for item in [*items, (f"x{order % 20}", "Other")]]
    columns = ["order_id", "ordered_at", "product_id", "product_name"]
    lines = pl.DataFrame(rows, schema=columns, orient="row").with_columns(quantity=1.0)
    result = association_rules.run(
        Dataset("pens", "pens", lines.lazy()), association_rules.Config()
    )
    with state.speaking("en"):
        (bars,) = pictures.also_bought(result, "pen").data
    assert sorted(bars.y) == ["Ink · black", "Ink · blue", "Pad"]


def test_the_headline_of_the_categories_rests_on_enough_orders():
    """One order where chance gives a fifth of one is five times as many, and says nothing."""
    pairs = pl.DataFrame(
        {
            "category": ["Cups", "Cups", "Rare"],
            "other_category": ["Rare", "Tea", "Tea"],
            "orders": [1, 60, 0],
            "orders_by_chance": [0.2, 40.0, 0.4],
            "adjusted_lift": [5.0, 1.5, 0.0],
        }
    )
    with state.speaking("en"):
        for shown, said in ((pairs, "Cups and Tea"), (pairs[[0, 2]], "Cups and Rare")):
            title = pictures.category_picture(shown).layout.title.text
            assert said in title
