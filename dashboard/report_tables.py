"""A result's tables as a report shows them.

The files of `shopscope analyse` are English and hold columns for other programs. Here sentences are
in the session's language, and a column that no word names is left out.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import polars as pl

from dashboard import i18n, state
from dashboard.i18n import t, term_format


def of(result: Any, most: int) -> Iterator[tuple[str, int, pl.DataFrame]]:  # noqa: ANN401
    """(file, its rows, the first `most` of them as they are read) of each file to be read."""
    for file, frame in result.files().items():
        said = _SAID.get(file, _as_it_is)(result, frame.head(most))
        named = [column for column in said.columns if column in i18n.terms()]
        if len(named) > 1:
            yield file, frame.height, said.select(named)


def _as_it_is(_result: Any, rows: pl.DataFrame) -> pl.DataFrame:  # noqa: ANN401
    return rows


def _figures(_result: Any, rows: pl.DataFrame) -> pl.DataFrame:  # noqa: ANN401
    """Each figure written as what it is: no sign of a currency stands over a count."""
    specs = [term_format(metric) for metric in rows["metric"]]
    written = [
        pl.Series(name, map(i18n.value, rows[name], specs), pl.String)
        for name in ("value", "before", "year_before")
    ]
    return rows.with_columns(written).rename({"before": "period_before"})


def _customers(result: Any, rows: pl.DataFrame) -> pl.DataFrame:  # noqa: ANN401
    return rows.with_columns(pl.col("cluster_name").replace(_clusters(result)))


def _segments(result: Any, rows: pl.DataFrame) -> pl.DataFrame:  # noqa: ANN401
    from core.analyses.segments.advice import ADVICE

    advice = {str(finding): t(finding.text) for finding in ADVICE.values()}
    return rows.with_columns(
        pl.col("segment").replace(_clusters(result)), pl.col("advice").replace(advice)
    )


def _clusters(result: Any) -> dict[str, str]:  # noqa: ANN401
    """The clusters' names in English -> in the session's language."""
    from core.analyses.segments.advice import english
    from dashboard.charts.segments import spoken

    return {english(name): spoken(name) for name in result.clustered.names.values()}


def _recommendations(_result: Any, rows: pl.DataFrame) -> pl.DataFrame:  # noqa: ANN401
    from dashboard.charts.recommendations import reason

    because = pl.Series("because", map(reason, rows.iter_rows(named=True)), pl.String)
    return rows.drop("because_product_name").with_columns(because)


def _tournament(_result: Any, rows: pl.DataFrame) -> pl.DataFrame:  # noqa: ANN401
    return rows.rename({"group": "customer_group"})


def _churn(result: Any, rows: pl.DataFrame) -> pl.DataFrame:  # noqa: ANN401
    words = {} if state.language() == "en" else i18n.sentences(state.language())
    said = result.sentences(lambda text: words.get(text, text))
    others = rows.drop(c for c in said.columns if c != "customer_id")
    found = others.join(said, on="customer_id", how="left", maintain_order="left")
    return found.select(rows.columns)


_SAID: Mapping[str, Callable[[Any, pl.DataFrame], pl.DataFrame]] = {
    "overview": _figures,
    "customers": _customers,
    "segments": _segments,
    "recommendations": _recommendations,
    "tournament": _tournament,
    "churn": _churn,
}
