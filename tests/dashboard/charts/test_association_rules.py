"""Pictures of the rules."""

import polars as pl
import pytest

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
