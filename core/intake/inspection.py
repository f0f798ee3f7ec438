"""What each file looks like, quickly: for correcting the mapping before it is loaded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from core.intake import fields, stock_list
from core.intake.fields import Choice
from core.intake.read import read
from core.intake.recognise import KNOWN, Recognised, overrides, recognise
from core.intake.request import DEFAULT, Cleaning, Upload, expanded
from core.intake.sources.source import ROW
from core.reconciliation import FileRead

SAMPLE_ROWS = 50


@dataclass(frozen=True, eq=False)
class FieldChoice:
    """The column chosen for a canonical field, three of its values, and what else could stand."""

    field: str
    column: str | None
    examples: tuple[str, ...]
    confidence: float
    alternatives: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Inspection:
    """What was recognised of one file. sample: its first rows, every cell as text."""

    file: FileRead
    sample: pl.DataFrame
    fields: tuple[FieldChoice, ...] = field(default=())


def inspect(files: Sequence[Upload], cleaning: Cleaning = DEFAULT) -> tuple[Inspection, ...]:
    """What each file looks like: for correcting the mapping before (or after) it is loaded."""
    return tuple(_inspection(found) for found in recognised(files, cleaning))


def recognised(files: Sequence[Upload], cleaning: Cleaning) -> list[Recognised]:
    """Every table of every file, with the source that reads it."""
    chosen = overrides(cleaning.mapping)
    found = [
        recognise(table, chosen)
        for upload in expanded(files)
        for table in read(upload.name, upload.data, KNOWN, cleaning.encoding)
    ]
    return [stock_list.as_stock(one) if stock_list.is_stock(one) else one for one in found]


def described(found: Recognised) -> FileRead:
    """How the file is read; the rows are counted elsewhere."""
    return FileRead(
        name=found.table.name,
        format=found.source.name,
        confidence=round(found.confidence, 2),
        runner_up=found.runner_up,
        encoding=found.table.encoding,
        delimiter=found.table.delimiter,
        rows_read=0,
        mapping=_mapping(found),
        columns=found.table.columns,
        table=found.source.table,
    )


def _mapping(found: Recognised) -> Mapping[str, str]:
    headers = found.headers
    return {
        f: headers[choice.column] for f, choice in found.choices.items() if choice.column in headers
    }


def _inspection(found: Recognised) -> Inspection:
    sample = found.table.first.head(SAMPLE_ROWS)
    headers = found.headers
    shown = sample.drop(ROW).cast(pl.String)
    shown.columns = list(found.table.columns)
    rows = found.table.collected(found.rows.head(fields.SAMPLE))
    guesses = fields.choose(rows)
    choices = [
        found.choices.get(f) or Choice(f, None, 0.0, guesses[f].alternatives) for f in fields.NAMES
    ]
    shown_file = replace(described(found), rows_read=found.table.height())
    return Inspection(
        file=shown_file,
        sample=shown,
        fields=tuple(_choice(choice, guesses, rows, headers) for choice in choices),
    )


def _choice(
    choice: Choice,
    guesses: Mapping[str, Choice],
    rows: pl.DataFrame,
    headers: Mapping[str, str],
) -> FieldChoice:
    column = choice.column if choice.column and choice.column in headers else None
    examples = (
        rows[column].drop_nulls().cast(pl.String).unique(maintain_order=True) if column else ()
    )
    guess = guesses[choice.field]
    others = dict.fromkeys((*choice.alternatives, guess.column, *guess.alternatives))
    return FieldChoice(
        field=choice.field,
        column=headers.get(column or ""),
        examples=tuple(examples[:3]),
        confidence=round(choice.confidence, 2) if column else 0.0,
        alternatives=tuple(headers[o] for o in others if o and o in headers and o != column),
    )
