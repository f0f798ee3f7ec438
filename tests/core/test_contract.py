"""What every analysis promises, checked for each one in core.analyses.MODULES."""

import dataclasses
from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from core import evidence
from core.errors import CoreError, MissingColumnsError
from core.finding import Action, Finding
from core.needs import Needs

#: docs/outputs.md: the columns that each file begins with.
CONTRACT = {
    "customers": "customer_id first_order last_order recency_days orders units revenue"
    " average_order days_between_orders products r_score f_score m_score"
    " rfm_segment cluster cluster_name",
    "segments": "scheme segment customers share_customers revenue share_revenue recency_days"
    " orders average_order advice",
    "rules": "antecedent consequent antecedent_names consequent_names orders support"
    " confidence lift leverage conviction p_value q_value",
    "recommendations": "customer_id rank product_id product_name score method"
    " bought_before because",
    "similar_products": "product_id rank similar_product_id score",
    "churn": "customer_id churn_probability risk expected_orders expected_revenue value_at_risk"
    " top_reason_1 top_reason_2 top_reason_3",
    "forecast": "product_id period_start period_end mean p10 p50 p90 method",
    "inventory": "product_id product_name abc xyz on_hand lead_time_days demand_per_day"
    " safety_stock reorder_point order_quantity days_of_cover stockout_date status",
}


def test_has_the_four_names(analysis):
    assert isinstance(analysis.NEEDS, Needs)
    assert analysis.Config.__dataclass_params__.frozen
    assert analysis.Result.__dataclass_params__.frozen
    assert callable(analysis.run)
    assert analysis.__doc__


def test_result_speaks_the_protocol(analysis, answered):
    result = answered(analysis)
    assert isinstance(result.config, analysis.Config)
    assert dict(result.evidence.schema) == dict(evidence.SCHEMA)
    found = result.explain()
    assert found
    assert all(isinstance(finding, Finding) and str(finding) for finding in found)
    assert all(isinstance(action, Action) for action in result.actions())
    assert all(action.low <= action.value <= action.high for action in result.actions())


def test_files_begin_with_the_columns_of_the_contract(analysis, answered):
    for name, frame in answered(analysis).files().items():
        if name in CONTRACT:
            wanted = CONTRACT[name].split()
            assert frame.columns[: len(wanted)] == wanted, name
            assert frame.height > 0, name


def test_no_number_is_infinite_or_nan(analysis, answered):
    for name, frame in tables(answered(analysis)).items():
        floats = frame.select(pl.col(pl.Float64, pl.Float32))
        bad = [c for c in floats.columns if not floats[c].is_finite().fill_null(value=True).all()]
        assert not bad, f"{name}: {bad}"


def test_predictions_stand_beside_a_baseline(analysis, answered):
    scores = answered(analysis).evidence
    if not scores.is_empty():
        per_metric = scores.group_by("metric").agg(pl.col("baseline").any(), pl.col("chosen").sum())
        assert per_metric["baseline"].all()
        assert (per_metric["chosen"] <= 1).all()
        assert per_metric["chosen"].max() == 1


def test_reads_only_the_columns_it_declares(analysis, small):
    present = analysis.NEEDS.columns & small.columns
    assert present == analysis.NEEDS.columns
    bare = replace(small, lines=small.lines.select(sorted(present)), tables={})
    result = analysis.run(bare, analysis.Config())
    assert result.explain()


def test_says_which_column_is_missing(analysis, small):
    for column in analysis.NEEDS.columns:
        without = replace(small, lines=small.lines.drop(column))
        with pytest.raises(MissingColumnsError, match=column):
            analysis.run(without, analysis.Config())


def test_is_deterministic_and_blind_to_row_order(analysis, small, answered):
    shuffled = small.lines.collect().sample(fraction=1, shuffle=True, seed=7).lazy()
    again = analysis.run(replace(small, lines=shuffled), analysis.Config())
    for name, frame in tables(answered(analysis, "small")).items():
        assert_frame_equal(frame, tables(again)[name], rel_tol=1e-9, abs_tol=1e-9)


def test_empty_data_is_a_core_error(analysis, small):
    empty = replace(small, lines=small.lines.limit(0))
    with pytest.raises(CoreError):
        analysis.run(empty, analysis.Config())


def test_nothing_after_as_of_is_seen(analysis, small):
    as_of = small.last_day - timedelta(days=60)
    past = small.until(as_of)
    planted = small.lines.filter(pl.col("ordered_at").dt.date() > as_of).with_columns(
        pl.col("quantity") * 50
    )
    future = replace(small, lines=pl.concat([past.lines, planted, planted]))
    config = analysis.Config(as_of=as_of)
    told, blind = (tables(analysis.run(data, config)) for data in (future, past))
    for name, frame in blind.items():
        assert_frame_equal(frame, told[name], rel_tol=1e-9, abs_tol=1e-9)


@pytest.mark.parametrize("lines", [1, 3, 20])
def test_tiny_data_is_answered_or_refused_in_words(analysis, small, lines):
    tiny = replace(small, lines=small.lines.limit(lines))
    try:
        result = analysis.run(tiny, analysis.Config())
    except CoreError as error:
        assert "{" not in str(error)  # noqa: PT017
        assert str(error).endswith(".")  # noqa: PT017
    else:
        assert result.explain()


def tables(result) -> dict[str, pl.DataFrame]:
    fields = {f.name: getattr(result, f.name) for f in dataclasses.fields(result)}
    frames = {name: value for name, value in fields.items() if isinstance(value, pl.DataFrame)}
    return frames | result.files()
