"""The books of an import: repeats, rows and money by reason, what was set aside, notes."""

import re
from collections.abc import Sequence

import numpy as np
import polars as pl

from core.errors import CoreError, IntakeError
from core.intake import reasons as why
from core.intake.clean import HASH, Part
from core.intake.sources.source import ROW, as_is

#: Header keys of what identifies a person; blanked in what is shown of rows set aside.
PERSONAL = re.compile(
    r"name \(|first name|last name|full name|(?:billing|shipping|ship|recipient|buyer|receiver|"
    r"customer|ship to|card)[ _\-]?(?:to )?name|^recipient$|message|remark|registration|"
    r"tax ?code|phone|address|street|zip|postcode|postal|"
    r"\bip\b|ip_address|user_agent|card|pan suffix|e-?mail|company|note|"
    r"姓名|电话|手机|地址|收件人|收货人|留言|备注|发票|支付宝账号"
)

#: Note on rows that are kept -> the flag that they carry.
NOTED = {
    "repeats_kept": "is_repeat",
    "outdated_kept": "is_outdated",
    "wholesale_kept": "is_wholesale",
    "filled": "is_filled",
    "unpaid_kept": "is_unpaid",
    "masked_customers": "is_masked",
    "spread": "is_spread",
}


def repeats(parts: Sequence[Part]) -> list[pl.Series]:
    """Per part: whether each line's row repeats, cell by cell, an earlier row of a like file.

    Rows are told apart by a 64-bit hash: the chance of one false repeat among ten million rows is
    about 3 in a million. Where equal rows of one file are separate sales, the second of one file
    repeats only the second of another.
    """
    found: dict[int, pl.Series] = {}
    for layout in {part.source.layout for part in parts}:
        alike = [i for i, part in enumerate(parts) if part.source.layout == layout]
        rows = [_rows_of(parts[i]) for i in alike]
        repeated = _again(pl.concat([keyed for _, keyed in rows]))
        start = 0
        for i, (row, keyed) in zip(alike, rows, strict=True):
            again = repeated.slice(start, len(keyed))
            found[i] = _per_line(parts[i].lines, row, again)
            start += len(keyed)
    return [found[i] for i in range(len(parts))]


def _again(keys: pl.Series) -> pl.Series:
    """Whether each key stands for the second time or later.

    Hardly any does: which do is seen in the sorted keys, and only those are looked at in order.
    """
    ordered = _sorted(keys)
    several = ordered.filter(ordered == ordered.shift()).unique()
    if several.is_empty():
        return pl.repeat(value=False, n=len(keys), eager=True)
    again = keys.is_in(several.implode())
    at = again.arg_true()
    return again.scatter(at, ~keys.gather(at).is_first_distinct())


def _sorted(hashes: pl.Series) -> pl.Series:
    """By numpy, which sorts numbers four times as fast."""
    return pl.Series(np.sort(hashes.drop_nulls().to_numpy()))


def _rows_of(part: Part) -> tuple[pl.Series, pl.Series]:
    """(the rows of the file, what each is compared by)."""
    lines = part.lines.select(ROW, HASH)
    if not part.source.repeats_are_lines and part.source.prepare is as_is:
        return lines[ROW], lines[HASH]
    rows = lines.unique(ROW, keep="first", maintain_order=True)
    if not part.source.repeats_are_lines:
        return rows[ROW], rows[HASH]
    nth = rows.select(pl.struct(HASH, nth=pl.int_range(pl.len()).over(HASH)).hash().alias(HASH))
    return rows[ROW], nth.to_series()


def _per_line(lines: pl.DataFrame, rows: pl.Series, again: pl.Series) -> pl.Series:
    if len(rows) == lines.height:
        return again.alias("is_repeat")
    known = pl.DataFrame({ROW: rows, "is_repeat": again})
    joined = lines.select(ROW).join(known, on=ROW, how="left", maintain_order="left")
    return joined["is_repeat"]


def money(lines: pl.DataFrame) -> pl.Expr:
    """The money of a row, null counted as nothing."""
    return pl.col("revenue").fill_null(0.0) if "revenue" in lines.columns else pl.lit(0.0)


def is_return(lines: pl.DataFrame) -> pl.Expr:
    """Units that came back: negative quantity that carries money."""
    return (pl.col("quantity") < 0).fill_null(value=False) & (money(lines) != 0)


def reasons(lines: pl.DataFrame, parts: Sequence[Part]) -> pl.DataFrame:
    """One row per file and reason, `kept` first: rows, money, and how many are returns."""
    return (
        lines.lazy()
        .group_by("part", "reason")
        .agg(
            rows=pl.len().cast(pl.Int64),
            money=money(lines).sum().round(4),
            returns=is_return(lines).sum().cast(pl.Int64),
        )
        .sort("part", "reason")
        .collect(engine="streaming")
        .select(_file(parts), pl.col("reason").cast(pl.String), "rows", "money", "returns")
    )


def _file(parts: Sequence[Part]) -> pl.Expr:
    names = {index: part.found.table.name for index, part in enumerate(parts)}
    return pl.col("part").replace_strict(names, return_dtype=pl.String).alias("file")


def set_aside(lines: pl.DataFrame, parts: Sequence[Part]) -> pl.LazyFrame:
    """The rows set aside, as the files wrote them, personal data blanked.

    Of a file on disk they are read when they are asked for: hardly anyone looks at each of them.
    """
    aside = (
        lines.lazy()
        .filter(pl.col("reason") != why.KEPT)
        .select("part", ROW, pl.col("reason").cast(pl.String), money=money(lines))
        .collect()
    )
    frames = [
        _as_written(part, aside.filter(part=index).drop("part")) for index, part in enumerate(parts)
    ]
    return pl.concat(frames, how="diagonal_relaxed")


def _as_written(part: Part, aside: pl.DataFrame) -> pl.LazyFrame:
    table, taken = part.found.table, {"file", "row", "reason", "money"}
    keys = part.source.columns.get("customer_id", ())[:1]
    shown = []
    for name, header in part.found.headers.items():
        personal = PERSONAL.search(name) and name not in keys
        column = pl.lit(None, pl.String) if personal else pl.col(name).cast(pl.String)
        shown.append(column.alias(f"{header} (file)" if header in taken else header))
    wanted = aside[ROW].unique().implode()
    rows = part.found.rows.filter(pl.col(ROW).is_in(wanted)) if len(aside) else part.found.rows
    raw = rows.head(len(aside)).select(ROW, *shown)
    joined = aside.lazy().join(raw, on=ROW, how="left", maintain_order="left")
    file, row = pl.lit(table.name).alias("file"), pl.col(ROW).cast(pl.Int64).alias("row")
    rest = pl.exclude(ROW, "reason", "money")
    written = joined.select(file, row, "reason", "money", rest)
    return written if table.on_disk else table.collected(written).lazy()


def notes(lines: pl.DataFrame, parts: Sequence[Part]) -> pl.DataFrame:
    """Rows that are kept but worth knowing, per file and note: rows and money."""
    there = frozenset(lines.columns)
    tests = {
        "returns": is_return(lines),
        **{note: pl.col(flag) for note, flag in NOTED.items() if flag in there},
    }
    if "customer_id" in there:
        tests["guests"] = pl.col("customer_id").is_null()
    kept = pl.col("reason") == why.KEPT
    counted = [
        lines.lazy()
        .filter(kept & test.fill_null(value=False))
        .group_by("part")
        .agg(note=pl.lit(note), rows=pl.len().cast(pl.Int64), money=money(lines).sum().round(4))
        for note, test in tests.items()
    ]
    noted = pl.concat(counted).sort("part", "note").collect()
    return noted.select(_file(parts), "note", "rows", "money")


def before(lines: pl.DataFrame) -> dict[str, int]:
    """Rows and customers in the files, before anything was set aside."""
    facts = {"rows": lines.height}
    if "customer_id" in lines.columns:
        keys = _sorted(lines["customer_id"].drop_nulls().hash())
        facts["customers"] = int(keys.ne_missing(keys.shift()).sum())
    return facts


def nothing_kept(lines: pl.DataFrame, files: Sequence[str]) -> CoreError:
    """Why there is nothing to analyse: the reason that most rows were set aside for."""
    top = (
        lines["reason"]
        .cast(pl.String)
        .value_counts()
        .sort("count", "reason", descending=[True, False])
    )
    return IntakeError(
        "None of the {rows:integer} rows of {files:names} is a sale that can be analysed; most of "
        "them ({count:integer}) were set aside: {reason:label}.",
        rows=lines.height,
        files=sorted(set(files)),
        count=top["count"][0],
        reason=top["reason"][0],
    )
