"""What the cohorts' charts draw is every cohort."""

import polars as pl
import pytest

from core.analyses import cohorts
from core.dataset import Dataset
from dashboard import state
from dashboard.charts import cohorts as charts


@pytest.fixture(scope="module", autouse=True)
def english():
    with state.speaking("en"):
        yield


def test_products_of_one_long_name_but_its_end_have_a_row_each():
    """Cut to 30 characters, two names were one, and one row hid the other."""
    long = "Organic cotton t-shirt with a round neck, "
    lines = pl.DataFrame(
        {"customer_id": [f"c{n}" for n in range(60)] + ["end"], "n": [*range(60), 99]}
    ).select(
        "customer_id",
        order_id=pl.col("customer_id"),
        ordered_at=pl.datetime(2025, 1, 1) + pl.duration(days=pl.col("n")),
        product_id=pl.when(pl.col("n") % 2 == 0)
        .then(pl.lit(long + "red"))
        .otherwise(pl.lit(long + "blue")),
        quantity=pl.lit(1.0),
        revenue=pl.lit(10.0),
    )
    result = cohorts.run(Dataset("t", "t", lines.lazy()), cohorts.Config(by="product"))
    drawn = charts.grid(result.cells, result.overall, "retention", 30)
    assert all(len(set(trace.y)) == len(trace.y) == 2 for trace in drawn.data)


def test_a_category_called_other_is_not_the_rest():
    frame = pl.DataFrame({"cohort": ["Other", "none", "other"]})
    assert charts.labelled(frame)["cohort"].to_list() == ["Other", "None", "other"]
    assert charts.labelled(frame[1:])["cohort"].to_list() == ["None", "Other"]


@pytest.mark.parametrize(
    ("measure", "told"), [("retention", "days 61 to 90"), ("repeat_rate", "after 90 days")]
)
def test_titles_say_whether_a_figure_is_of_a_window_or_up_to_its_end(measure, told):
    """ "In the window after 90 days" was the window that ends there."""
    rows = [(f"c{n}", n % 20 + later) for n in range(60) for later in (0, 70)]
    lines = pl.DataFrame([*rows, ("end", 110)], schema=["customer_id", "n"], orient="row").select(
        "customer_id",
        order_id=pl.format("{}-{}", "customer_id", "n"),
        ordered_at=pl.datetime(2025, 1, 1) + pl.duration(days=pl.col("n")),
        quantity=pl.lit(1.0),
        revenue=pl.lit(10.0),
    )
    result = cohorts.run(Dataset("t", "t", lines.lazy()), cohorts.Config())
    drawn = charts.curve(result.overall, measure, 30)
    assert told in str(drawn.layout.title.text)
    assert told in str(charts.grid(result.cells, result.overall, measure, 30).layout.title.text)
