"""Reports that the app hands out: of the whole shop, or of one page."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

import polars as pl

from core import key_figures
from core.analyses import MODULES
from core.dataset import Dataset
from core.errors import CoreError
from dashboard import state
from dashboard.report_html import Chapter, report, results_of
from dashboard.saved_work import Shop, Work


def of_shop(
    dataset: Dataset,
    results: Callable[[str], Any],
    voice: state.Voice,
    names: Iterable[str],
    work: Work,
) -> str:
    """The report on what `results` answers for each of `names`; a CoreError is a chapter too.

    It is held against the newest report on another export that `work` keeps, and is kept itself.
    Where no shop is saved, only exports of one name are taken for the same shop's.
    """

    def chapter(name: str) -> Chapter:
        try:
            return Chapter(name, results(name))
        except CoreError as error:
            return Chapter(name, reason=error)

    told = [chapter(name) for name in names]
    before = _before(dataset, work)
    figures = key_figures.of(dataset, results_of(told)).rows()
    told_of = {"export": dataset.name, "day": str(dataset.last_day), "figures": figures}
    work.put("report", dataset.fingerprint, told_of)
    return _written(dataset, told, voice, before)


def _before(dataset: Dataset, work: Work) -> tuple[date, pl.DataFrame] | None:
    kept = [e.value for name, e in work.kept("report").items() if name != dataset.fingerprint]
    if not isinstance(work, Shop):  # a session's memory may hold another shop's
        kept = [report for report in kept if report["export"] == dataset.name]
    if not kept:
        return None
    rows = pl.DataFrame(kept[-1]["figures"], schema=key_figures.SCHEMA, orient="row")
    return date.fromisoformat(kept[-1]["day"]), rows


def of_page(dataset: Dataset, page: str, result: Any, voice: state.Voice) -> str:  # noqa: ANN401
    """The report of one page: the result that stands on it."""
    (name,) = (name for name, module in MODULES.items() if module == page)
    return _written(dataset, [Chapter(name, result)], voice, None)


def _written(
    dataset: Dataset,
    told: Iterable[Chapter],
    voice: state.Voice,
    before: tuple[date, pl.DataFrame] | None,
) -> str:
    return report(
        dataset,
        told,
        language=voice.language,
        secret=voice.secret,
        before=before,
        made=date.today(),
    )
