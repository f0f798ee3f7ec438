"""The whole analysis as one HTML file: charts that stay interactive offline, tables that sort.

Both languages are in it, one shown at a time. It loads nothing from anywhere: its own policy
forbids that, and the templates escape every text that is not marked as markup here.
"""

import html
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import polars as pl
from jinja2 import Environment, FileSystemLoader
from jinja2.utils import htmlsafe_json_dumps
from markdown_it import MarkdownIt
from markupsafe import Markup

from core.analyses import MODULES
from core.dataset import Dataset
from core.errors import CoreError
from core.finding import Finding
from core.key_figures import compared
from core.key_figures import of as figures_of
from core.options import Options, fields
from dashboard import export, figures, i18n, report_tables, state
from dashboard.charts.style import axes, local_ticks
from dashboard.i18n import LANGUAGES, label, t, term, term_help, write
from dashboard.locales import decimals
from dashboard.navigation import MENU

#: Rows of one table; the files that `shopscope analyse` writes have them all.
TABLE_ROWS = 200
HERE = Path(__file__).parent / "assets"
#: What a cell says, and what it is sorted by where that is a number.
Cell = tuple[str, float | str | None]


@dataclass(frozen=True, eq=False)
class Chapter:
    """One analysis: its result, or the reason why there is none."""

    name: str
    result: Any = None
    reason: CoreError | None = None


def results_of(chapters: Iterable[Chapter]) -> dict[str, Any]:
    """name -> result, of the chapters that have one."""
    return {each.name: each.result for each in chapters if each.result is not None}


def report(
    dataset: Dataset,
    chapters: Iterable[Chapter],
    *,
    language: str = "en",
    secret: bytes | None = None,
    before: tuple[date, pl.DataFrame] | None = None,
    as_of: date | None = None,
    made: date | None = None,
) -> str:
    """The report as one HTML document that opens in `language`.

    secret: with it, customers stand under pseudonyms. before: the last day and the key figures of
    an earlier report, which this one is held against. as_of: the day the question is asked, where
    it is not the last order's. made: the day to write on it.
    """
    told = list(chapters)
    now = figures_of(dataset, results_of(told), as_of) if before else None
    changes = before and now is not None and (before[0], compared(before[1], now))
    first, last = dataset.lines.select(
        first=pl.col("ordered_at").min(), last=pl.col("ordered_at").max()
    ).collect().row(0)  # fmt: skip
    main, spoken = templates().get_template("report_main.html.jinja"), []
    for each in LANGUAGES:
        with state.speaking(each, dataset, secret):
            drawn = main.render(
                language=each, dataset=dataset, chapters=told, first=first, last=last,
                changes=changes and (changes[0], changes[1].rename({"group": "segment"})),
                made=made,
            )  # fmt: skip
        spoken.append(Markup(drawn))
    page = templates().get_template("report.html.jinja")
    return page.render(language=language, name=dataset.name, spoken=spoken, languages=LANGUAGES)


@cache
def templates() -> Environment:
    """Templates that clean and escape what they are given; markup is marked as such."""
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda said: said if isinstance(said, Markup) else i18n.clean(said, 500),
    )
    environment.globals |= {
        "asset": lambda name: Markup((HERE / name).read_text(encoding="utf-8")),
        "plotly": _plotly,
        **{
            f.__name__: f
            for f in (t, term, label, term_help, title, sentence, reason, charts, cells)
        },
        **{f.__name__: f for f in (tables, filled, options, note)},
        "masked": export.masked,
        "value": i18n.value,
        "limit": TABLE_ROWS,
    }
    return environment


def _plotly() -> Markup:
    return Markup((files("plotly") / "package_data" / "plotly.min.js").read_text(encoding="utf-8"))


def title(chapter: Chapter) -> str:
    """The name of the chapter's page."""
    return _page(chapter.name)


def _page(name: str) -> str:
    titles = {file: title for file, title, _ in MENU}
    page = MODULES.get(name, name)
    return t(titles[page]) if page in titles else term(name)


def reason(chapter: Chapter) -> str:
    """Why there is no result."""
    said = chapter.reason
    return "" if said is None else write(said.text, said.values, str)


def sentence(finding: Finding) -> str:
    """A finding in words."""
    return write(finding.text, export.shown_values(finding))


def charts(chapter: Chapter) -> Iterator[tuple[str, int, Markup]]:
    """(title, height in pixels, JSON that cannot end its script block) of each chart."""
    for figure in figures.of(chapter.name, chapter.result):
        layout = figure.layout.to_plotly_json() | {"title": None, "autosize": True}
        layout |= dict.fromkeys(("paper_bgcolor", "plot_bgcolor"), "rgba(0,0,0,0)")
        for drawn in (*axes(layout, "x"), *axes(layout, "y")):
            drawn |= {"gridcolor": "#e3e7eb", "zerolinecolor": "#c8ced4", "automargin": True}
            drawn["title"] = drawn.get("title", {}) | {"font": {"size": 13}}
        local_ticks(figure.data, layout)
        yield (
            html.unescape(figure.layout.title.text or ""),
            int(figure.layout.height or 360),
            htmlsafe_json_dumps(go.Figure(figure.data, layout), dumps=go.Figure.to_json),
        )


def tables(chapter: Chapter) -> Iterator[tuple[str, int, pl.DataFrame]]:
    """(file, its rows, as many of them as are shown) of each file of the chapter."""
    return report_tables.of(chapter.result, TABLE_ROWS)


def cells(frame: pl.DataFrame) -> Iterator[list[Cell]]:
    """The cells of each row."""
    columns = [_column(values) for values in frame]
    return ([cell(value) for cell, value in zip(columns, row, strict=True)] for row in frame.rows())


def _column(values: pl.Series) -> Callable[[Any], Cell]:
    spec, name = i18n.term_format(values.name), values.name
    if not values.dtype.is_numeric():
        return lambda value: (_text(value, name, spec), None)
    spoken, digits = i18n.locale(), decimals(values, spec)

    def number(value: float | None) -> Cell:
        if value is None:
            return "–", "-Infinity"
        if spec == "percent":
            return spoken.decimal(value * 100, digits) + "%", value
        return (i18n.code(value, name) if spec == "label" else spoken.decimal(value, digits)), value

    return number


def _text(value: object, column: str, spec: str | None) -> str:
    if column == "analysis":
        return _page(str(value))
    if spec == "label":
        return i18n.code(value, column)
    if isinstance(value, list):
        return " + ".join(map(str, value))
    if isinstance(value, bool):
        return _switch(value)
    return i18n.value(value, "date" if spec == "date" else None)


def filled(scores: pl.DataFrame) -> pl.DataFrame:
    """The evidence without its empty columns."""
    return scores[[column.name for column in scores if column.null_count() < scores.height]]


def options(config: Options) -> Iterator[tuple[str, str]]:
    """Each option's name and choice, in words."""
    return (
        (term(field.name), _option(getattr(config, field.name))) for field in fields(type(config))
    )


def _option(value: object) -> str:
    if isinstance(value, tuple):
        return i18n.listed(map(_option, value))
    if value is None:
        return t("Choose automatically")
    if isinstance(value, bool):
        return _switch(value)
    return term(value) if isinstance(value, str) else str(value)


def _switch(on: bool) -> str:  # noqa: FBT001
    return "✓" if on else "–"


def note(chapter: Chapter) -> Markup:
    """The page's method note."""
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    return Markup(reader.render(i18n.prose(MODULES[chapter.name])))
