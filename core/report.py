"""Results -> the files that `shopscope analyse` writes (a public contract, see docs/outputs.md)."""

import json
import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

import polars as pl

from core import actions, key_figures, spreadsheet
from core.analyses import Result, load
from core.dataset import Dataset
from core.errors import BadOptionError, CoreError, MissingColumnsError, NotEnoughDataError
from core.finding import Action
from core.options import Options, fields

Format = Literal["csv", "parquet"]
Status = Literal["ok", "insufficient_data", "failed"]


@dataclass(frozen=True, eq=False)
class Answer:
    """How one analysis ended; `result` is there if `status` is ok, `error` if it is not."""

    name: str
    status: Status
    seconds: float
    config: Options
    result: Result | None = None
    error: CoreError | None = None

    @property
    def reason(self) -> str | None:
        """Why there is no result, in English."""
        return None if self.error is None else str(self.error)


def answer(name: str, dataset: Dataset, given: Mapping[str, Any]) -> Answer:
    """Run one analysis with those of the `given` options that it knows."""
    analysis = load(name)
    known = {field.name for field in fields(analysis.Config)}
    asked = {**given, "as_of": dataset.day(given.get("as_of"))}
    config = analysis.Config(**{key: asked[key] for key in known & set(asked)})
    start = time.perf_counter()

    def ended(
        status: Status, result: Result | None = None, error: CoreError | None = None
    ) -> Answer:
        seconds = round(time.perf_counter() - start, 3)
        return Answer(name, status, seconds, result.config if result else config, result, error)

    try:
        return ended("ok", result=analysis.run(dataset, config))
    except BadOptionError:
        raise
    except (MissingColumnsError, NotEnoughDataError) as error:
        return ended("insufficient_data", error=error)
    except CoreError as error:
        return ended("failed", error=error)
    except Exception as error:  # one analysis that fails must not take the others with it
        kind = type(error).__name__
        said = CoreError("{kind} in {name}: please report this.", kind=kind, name=name)
        return ended("failed", error=said)


def write(
    folder: Path,
    dataset: Dataset,
    answers: Sequence[Answer],
    *,
    file_format: Format = "csv",
    as_of: date | None = None,
    timed: bool = True,
) -> list[Path]:
    """Write summary.json, set_aside and every table of `answers` into `folder`; what was written.

    timed: False leaves `seconds` null, so that equal input gives equal bytes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tables = {"set_aside": set_aside(dataset)}
    for given in answers:
        tables |= given.result.files() if given.result else {}
    written = [_write_table(folder, name, frame, file_format) for name, frame in tables.items()]
    summary_path = folder / "summary.json"
    text = json.dumps(summary(dataset, answers, as_of, timed=timed), indent=2, ensure_ascii=False)
    summary_path.write_text(text + "\n", encoding="utf-8")
    return [summary_path, *written]


def set_aside(dataset: Dataset) -> pl.DataFrame:
    """One row per row set aside: file, row, reason, then the file's own columns."""
    if dataset.reconciliation is None:
        return pl.DataFrame(schema={"file": pl.String, "row": pl.Int64, "reason": pl.String})
    return dataset.reconciliation.set_aside.drop("money", strict=False)


def summary(
    dataset: Dataset, answers: Sequence[Answer], as_of: date | None = None, *, timed: bool = True
) -> dict[str, Any]:
    """What was read, what the shop is, what each analysis answered; ready for JSON."""
    seen = dataset.until(as_of)
    results = {given.name: given.result for given in answers if given.result}
    said: dict[str, Any] = _plain(
        {
            "input": _input(dataset),
            "shop": _shop(dataset, seen),
            "analyses": {given.name: _analysis(given, timed=timed) for given in answers},
            "actions": [_action(action) for action in actions.top(list(results.values()))],
            "figures": key_figures.of(seen, results, as_of).to_dicts(),
        }
    )
    return said


def _input(dataset: Dataset) -> list[dict[str, Any]]:
    if dataset.reconciliation is None:
        return []
    return [
        {
            "path": file.name,
            "format": file.format,
            "confidence": file.confidence,
            "runner_up": file.runner_up,
            "encoding": file.encoding,
            "delimiter": file.delimiter,
            "rows_read": file.rows_read,
            "table": file.table,
            "mapping": dict(file.mapping),
        }
        for file in dataset.reconciliation.files
    ]


def _shop(dataset: Dataset, seen: Dataset) -> dict[str, Any]:
    known = "revenue" in seen.columns
    revenue = pl.col("revenue").sum().round(4) if known else pl.lit(None)
    row = seen.lines.select(
        first_order=pl.col("ordered_at").min(),
        last_order=pl.col("ordered_at").max(),
        revenue=revenue,
    ).collect()
    facts = seen.facts
    later = dataset.facts["lines"] - facts["lines"]
    return {
        **{fact: facts.get(fact) for fact in ("lines", "orders", "customers", "products")},
        **row.row(0, named=True),
        "currency": seen.currency,
        "rows_set_aside": _reasons(dataset) | ({"after_as_of": later} if later else {}),
    }


def _reasons(dataset: Dataset) -> dict[str, int]:
    if dataset.reconciliation is None:
        return {}
    aside = dataset.reconciliation.reasons.filter(pl.col("reason") != "kept")
    counts = aside.group_by("reason").agg(pl.col("rows").sum()).sort("reason")
    return dict(counts.iter_rows())


def _analysis(given: Answer, *, timed: bool) -> dict[str, Any]:
    return {
        "status": given.status,
        "reason": given.reason,
        "seconds": given.seconds if timed else None,
        "options": asdict(given.config),
        "evidence": given.result.evidence.to_dicts() if given.result else [],
        "findings": [str(finding) for finding in given.result.explain()] if given.result else [],
    }


def _action(action: Action) -> dict[str, Any]:
    numbers = {key: getattr(action, key) for key in ("page", "value", "low", "high", "days")}
    return {"text": str(action.finding), **numbers}


def _plain(value: Any) -> Any:  # noqa: ANN401
    """`value` in what JSON knows: dates as ISO text, numbers that are not finite as null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(member) for key, member in value.items()}
    if isinstance(value, str) or value is None or isinstance(value, bool):
        return value
    if isinstance(value, Iterable):
        return [_plain(member) for member in value]
    if isinstance(value, date):
        return value.isoformat()
    return value if math.isfinite(value) else None


def _write_csv(frame: pl.DataFrame, path: Path) -> None:
    spreadsheet.safe(frame).write_csv(path, float_precision=6)


WRITERS: Mapping[Format, Callable[[pl.DataFrame, Path], None]] = {
    "csv": _write_csv,
    "parquet": lambda frame, path: frame.write_parquet(path),
}


def _write_table(folder: Path, name: str, frame: pl.DataFrame, file_format: Format) -> Path:
    path = folder / f"{name}.{file_format}"
    WRITERS[file_format](frame, path)
    return path
