"""The whole analysis as one HTML file: charts that stay interactive offline, tables that sort.

Both languages are in it, one shown at a time. It loads nothing from anywhere: its own policy
forbids that, and every text from the data is escaped.
"""

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import polars as pl

from core.analyses import MODULES
from core.dataset import Dataset
from core.errors import CoreError
from core.finding import Finding
from core.key_figures import compared
from core.key_figures import of as figures_of
from core.options import Options, fields
from dashboard import export, figures, i18n, state, ui
from dashboard.chart_style import local_ticks
from dashboard.i18n import LANGUAGES, t, term, term_help, write
from dashboard.navigation import MENU

#: Rows of one table; the files that `shopscope analyse` writes have them all.
TABLE_ROWS = 200
HERE = Path(__file__).parent / "assets"
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"
)


@dataclass(frozen=True, eq=False)
class Chapter:
    """One analysis: its result, or the reason why there is none."""

    name: str
    result: Any = None
    reason: CoreError | str | None = None


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
) -> str:
    """The report as one HTML document that opens in `language`.

    secret: with it, customers stand under pseudonyms. before: the last day and the key figures of
    an earlier report, which this one is held against.
    """
    told = list(chapters)
    changes = before and (before[0], compared(before[1], figures_of(dataset, results_of(told))))
    spoken = "\n".join(_spoken(each, dataset, told, secret, changes) for each in LANGUAGES)
    style = (HERE / "report.css").read_text(encoding="utf-8")
    script = (HERE / "report.js").read_text(encoding="utf-8")
    plotly = (files("plotly") / "package_data" / "plotly.min.js").read_text(encoding="utf-8")
    return f"""<!doctype html>
<html lang="{language}" data-shown="{language}"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Shopscope – {_text(dataset.name)}</title><style>{style}</style></head>
<body>{_switch()}{spoken}
<script>{plotly}</script><script>{script}</script></body></html>
"""


def _text(value: object) -> str:
    return html.escape(i18n.clean(value, 500))


def _switch() -> str:
    buttons = "".join(
        f'<button type="button" data-language="{key}">{name}</button>'
        for key, name in LANGUAGES.items()
    )
    return f'<nav class="languages">{buttons}</nav>'


def _spoken(
    language: str,
    dataset: Dataset,
    chapters: list[Chapter],
    secret: bytes | None,
    changes: tuple[date, pl.DataFrame] | None,
) -> str:
    with state.speaking(language, dataset, secret):
        body = "\n".join(part for chapter in chapters for part in _chapter(chapter))
        since = _since(*changes) if changes else ""
        return f'<main lang="{language}">{_head(dataset, chapters)}{since}{body}</main>'


def _since(day: date, changes: pl.DataFrame) -> str:
    title = t("Since the report up to {day:date}", day=day)
    table = _table(term("figure"), changes.rename({"group": "segment"})).replace(
        "<details>", "<details open>", 1
    )
    return f"<section><h2>{_text(title)}</h2>{table}</section>"


def _head(dataset: Dataset, chapters: list[Chapter]) -> str:
    facts = dataset.facts
    rows = dataset.lines.select(
        first=pl.col("ordered_at").min(), last=pl.col("ordered_at").max()
    ).collect()
    first, last = rows.row(0)
    sentence = t(
        "{orders:integer} orders from {first:date} to {last:date}.",
        orders=facts.get("orders"),
        first=first,
        last=last,
    )
    links = "".join(f'<a href="#{_anchor(c)}">{_text(_title(c))}</a>' for c in chapters)
    print_it, print_of = _text(t("Print, or save as PDF")), _text(t("Fingerprint of the data"))
    return f"""<header><h1>{_text(dataset.name)}</h1><p>{_text(sentence)}</p>
<p class="fine">{print_of}: <code>{_text(dataset.fingerprint[:16])}</code></p>
<nav class="chapters">{links}</nav>
<button type="button" class="print">{print_it}</button></header>"""


def _anchor(chapter: Chapter) -> str:
    return f"{chapter.name}-{state.language()}"


def _title(chapter: Chapter) -> str:
    titles = {file: title for file, title, _ in MENU}
    page = MODULES[chapter.name]
    return t(titles[page]) if page in titles else term(chapter.name)


def _chapter(chapter: Chapter) -> Iterator[str]:
    yield f'<section id="{_anchor(chapter)}"><h2>{_text(_title(chapter))}</h2>'
    if chapter.result is None:
        yield f"<p class='caution'>{_reason(chapter.reason)}</p></section>"
        return
    yield from _findings(chapter.result.explain())
    for number, figure in enumerate(figures.of(chapter.name, chapter.result)):
        yield _chart(f"{_anchor(chapter)}-{number}", figure)
    for name, frame in chapter.result.files().items():
        yield _table(term(name), frame)
    scores = chapter.result.evidence
    if not scores.is_empty():
        told = scores[[column.name for column in scores if column.null_count() < scores.height]]
        yield _table(t("How well does this work? Tested on your own past"), told)
    yield _options(chapter.result.config)
    yield _method_note(MODULES[chapter.name])
    yield "</section>"


def _reason(reason: CoreError | str | None) -> str:
    if isinstance(reason, CoreError):
        return html.escape(write(reason.text, reason.values, i18n.clean))
    return _text(reason or "")


def _sentence(finding: Finding) -> str:
    return html.escape(write(finding.text, ui.shown_values(finding), i18n.clean))


def _findings(found: Iterable[Finding]) -> Iterator[str]:
    yield "<ul class='findings'>"
    for finding in found:
        yield f"<li class='{finding.kind}'>{_sentence(finding)}</li>"
    yield "</ul>"


def _chart(key: str, figure: go.Figure) -> str:
    title = html.unescape(figure.layout.title.text or "")
    drawn = go.Figure(figure).update_layout(title={"text": ""}, template=None, autosize=True)
    drawn.update_layout(paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)")
    drawn.update_xaxes(gridcolor="#e3e7eb", zerolinecolor="#c8ced4", automargin=True)
    drawn.update_yaxes(gridcolor="#e3e7eb", zerolinecolor="#c8ced4", automargin=True)
    local_ticks(drawn)
    height = int(figure.layout.height or 360)
    return (
        f"<figure><figcaption>{_text(title)}</figcaption>"
        f'<div class="chart" id="{key}" role="img" aria-label="{_text(title)}" '
        f'style="height:{height}px"></div>'
        f'<script type="application/json" data-chart="{key}">{_json(drawn)}</script></figure>'
    )


def _json(figure: go.Figure) -> str:
    """The figure; a `</script>` in a product's name cannot end the block."""
    return re.sub("[<>&]", lambda m: f"\\u{ord(m.group()):04x}", str(figure.to_json()))


def _table(title: str, frame: pl.DataFrame) -> str:
    shown = export.masked(frame.head(TABLE_ROWS))
    head = "".join(
        f'<th title="{_text(term_help(column) or "")}">{_text(term(column))}</th>'
        for column in shown.columns
    )
    kinds = ["n" if dtype.is_numeric() else "" for dtype in shown.dtypes]
    rows = "".join(
        "<tr>"
        + "".join(
            _cell(value, column, kind)
            for value, column, kind in zip(row, shown.columns, kinds, strict=True)
        )
        + "</tr>"
        for row in shown.iter_rows()
    )
    more = ""
    if frame.height > TABLE_ROWS:
        more = _text(
            t(
                "The first {shown:integer} of {all:integer} rows.",
                shown=TABLE_ROWS,
                all=frame.height,
            )
        )
    return (
        f"<details><summary>{_text(title)} ({frame.height:,})</summary><div class='table'><table>"
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
        f"<p class='fine'>{more}</p></details>"
    )


def _cell(value: object, column: str, kind: str) -> str:
    spec = i18n.term_format(column)
    if isinstance(value, list):
        value = " + ".join(map(str, value))
    if isinstance(value, float) and spec is None:
        spec = "ratio"
    if spec not in (None, "label") and not kind and spec != "date":
        spec = None
    sort = f' data-sort="{value}"' if kind and value is not None else ""
    written = i18n.code(value, column) if spec == "label" else i18n.value(value, spec)
    return f'<td class="{kind}"{sort}>{_text(written)}</td>'


def _options(config: Options) -> str:
    rows = "".join(
        f"<tr><td>{_text(term(field.name))}</td>"
        f"<td>{_text(_option(getattr(config, field.name)))}</td></tr>"
        for field in fields(type(config))
    )
    return f"<details><summary>{_text(t('Options'))}</summary><table>{rows}</table></details>"


def _method_note(page: str) -> str:
    from markdown_it import MarkdownIt

    said = t("How this is computed, and when not to trust it")
    note = MarkdownIt("commonmark", {"html": False}).enable("table").render(i18n.prose(page))
    return f"<details><summary>{_text(said)}</summary><div class='note'>{note}</div></details>"


def _option(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(_option, value))
    if value is None:
        return t("Choose automatically")
    return term(value) if isinstance(value, str) else str(value)
