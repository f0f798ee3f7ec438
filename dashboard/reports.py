"""Reports that the app hands out: of the whole shop, or of one page."""

import logging
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

log = logging.getLogger("shopscope")


def of_shop(
    dataset: Dataset,
    results: Callable[[str], Any],
    voice: state.Voice,
    names: Iterable[str],
    work: Work,
) -> str:
    """The report on what `results` answers for each of `names`; a CoreError is a chapter too.

    It is held against the latest report that `work` keeps of those on earlier days, and is kept
    itself. Where no shop is saved, only exports of one name are taken for the same shop's.
    """

    def chapter(name: str) -> Chapter:
        try:
            return Chapter(name, results(name))
        except CoreError as error:
            return Chapter(name, reason=error)
        except Exception as error:  # one analysis that fails must not take the others with it
            kind = type(error).__name__
            log.error("%s in %s, for the report", kind, name)
            said = CoreError("{kind} in {name}: please report this.", kind=kind, name=name)
            return Chapter(name, reason=said)

    told = [chapter(name) for name in names]
    before = _before(dataset, work)
    figures = key_figures.of(dataset, results_of(told)).rows()
    told_of = {"export": dataset.name, "day": str(dataset.last_day), "figures": figures}
    work.put("report", dataset.fingerprint, told_of)
    return _written(dataset, told, voice, before)


def _before(dataset: Dataset, work: Work) -> tuple[date, pl.DataFrame] | None:
    kept = [entry.value for entry in work.kept("report").values()]
    kept = [report for report in kept if report["day"] < str(dataset.last_day)]
    if not isinstance(work, Shop):  # a session's memory may hold another shop's
        kept = [report for report in kept if report["export"] == dataset.name]
    if not kept:
        return None
    latest = max(reversed(kept), key=lambda report: str(report["day"]))  # of a day's, the newest
    rows = pl.DataFrame(latest["figures"], schema=key_figures.SCHEMA, orient="row")
    return date.fromisoformat(latest["day"]), rows


def of_page(dataset: Dataset, page: str, result: Any, voice: state.Voice) -> str:  # noqa: ANN401
    """The report of one page: the result that stands on it."""
    (name,) = (name for name, module in MODULES.items() if module == page)
    seen = dataset.until(getattr(result.config, "as_of", None))
    return _written(seen, [Chapter(name, result)], voice, None)


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
