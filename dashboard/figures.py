"""The charts that answer each analysis's question, by analysis: for the story and the report.

A chart that this result cannot fill is left out; drawing never fails a report.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import plotly.graph_objects as go
import polars as pl

log = logging.getLogger("shopscope")
Draw = Callable[[], go.Figure | None]


def of(name: str, result: Any) -> Iterator[go.Figure]:  # noqa: ANN401
    """The charts of one result, the one that proves its first finding first."""
    charts = _CHARTS.get(name)
    return _drawn(charts(result)) if charts else iter(())


def _drawn(charts: Iterable[Draw]) -> Iterator[go.Figure]:
    for draw in charts:
        try:
            figure = draw()
        except Exception as error:
            log.info("%s in a chart", type(error).__name__)
            continue
        if figure is not None:
            yield figure


def _overview(result: Any) -> Iterable[Draw]:  # noqa: ANN401
    from dashboard.charts import calendar as charts_calendar
    from dashboard.charts import overview as charts_overview

    yield lambda: charts_overview.sales(result, "by_month")
    yield lambda: charts_overview.top_products(result)
    yield lambda: charts_overview.pareto(result)
    yield lambda: charts_overview.who_buys(result, "by_month")
    yield lambda: charts_calendar.calendar(result)


def _segments(result: Any) -> Iterable[Draw]:  # noqa: ANN401
    from dashboard.charts import profiles as charts_profiles
    from dashboard.charts import segments as charts_segments

    groups = result.segments.filter(pl.col("scheme") == "rfm")
    yield lambda: charts_segments.shares(groups)
    yield lambda: charts_segments.came_back(result.next_period, result.config.compare_days)
    found = result.clustered
    if found.k:
        said = charts_profiles.labels(found.traits, found.names)
        yield lambda: charts_profiles.profiles(found.traits, said)


def _cohorts(result: Any) -> Iterable[Draw]:  # noqa: ANN401
    from core.analyses.cohorts.options import DAYS
    from dashboard.charts import cohorts as charts_cohorts

    days = DAYS[result.config.period]
    yield lambda: charts_cohorts.curve(result.overall, "repeat_rate", days)
    if result.cells["enough"].any():
        yield lambda: charts_cohorts.compared(result.cells, result.sizes, "repeat_rate", days)


def _lifetime_value(result: Any) -> Iterable[Draw]:  # noqa: ANN401
    from dashboard.charts import lifetime_value as charts_lifetime_value

    yield lambda: charts_lifetime_value.concentration(result.customers)
    yield lambda: charts_lifetime_value.chances(result.customers, result.config.horizon_days)
    yield lambda: charts_lifetime_value.calibration(result.calibration, result.held_days)


def _rules(result: Any) -> Iterable[Draw]:  # noqa: ANN401
    from dashboard.charts import association_rules as charts
    from dashboard.charts import network

    yield lambda: network.picture(result.network())
    yield lambda: charts.support_confidence(result.rules)
    yield lambda: charts.rule_paths(result)
    yield lambda: charts.category_heatmap(result)


def _recommendations(result: Any) -> Iterable[Draw]:  # noqa: ANN401
    from dashboard.charts import recommendations as charts

    for task in result.decisive()["task"].unique(maintain_order=True):
        yield lambda task=task: charts.tournament(result, task)  # type: ignore[misc]
    yield lambda: charts.conversion(result)


def _churn(result: Any) -> Iterable[Draw]:  # noqa: ANN401
    from dashboard.charts import churn as charts
    from dashboard.charts import churn_proof as proof

    yield lambda: charts.value_by_risk(result)
    yield lambda: charts.distribution(result)
    yield lambda: proof.calibration(result)
    yield lambda: proof.gains(result)


def _inventory(result: Any) -> Iterable[Draw]:  # noqa: ANN401
    from dashboard.charts import inventory as charts

    def busiest() -> go.Figure:
        product, name = _busiest(result)
        shown = ("product", product, result.config.period)
        return charts.history_chart(result.sold(*shown), result.ahead(*shown), shown[2], name)

    yield lambda: charts.status_chart(result) if result.has_stock else None
    yield busiest
    yield lambda: charts.grid_chart(result)
    yield lambda: charts.service_chart(result)


def _sales_forecast(result: Any) -> Iterable[Draw]:  # noqa: ANN401
    from dashboard.charts import sales_forecast as charts

    yield lambda: charts.ahead_chart(result)
    yield lambda: charts.hindsight_chart(result)


def _busiest(result: Any) -> tuple[str, str]:  # noqa: ANN401
    """(id, name) of the product that sells most."""
    ranked = result.inventory.sort("demand_per_day", "product_id", descending=[True, False])
    return str(ranked["product_id"][0]), str(ranked["product_name"][0])


_CHARTS: Mapping[str, Callable[[Any], Iterable[Draw]]] = {
    "overview": _overview,
    "segments": _segments,
    "cohorts": _cohorts,
    "lifetime_value": _lifetime_value,
    "rules": _rules,
    "recommendations": _recommendations,
    "churn": _churn,
    "inventory": _inventory,
    "sales_forecast": _sales_forecast,
}
