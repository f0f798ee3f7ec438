"""The books of an import: repeats, rows and money by reason, what was set aside, notes."""

import re
from collections.abc import Sequence

import polars as pl

from core.errors import CoreError, IntakeError
from core.intake import reasons as why
from core.intake.clean import HASH, Part
from core.intake.sources.source import ROW, as_is

#: Header keys of what identifies a person; blanked in what is shown of rows set aside.
PERSONAL = re.compile(
    r"name \(|first name|last name|full name|(?:billing|shipping|ship|recipient|buyer|receiver|"
    r"customer|ship to|card)[ _\-]?(?:to )?name|phone|address|street|zip|postcode|postal|"
    r"\bip\b|ip_address|user_agent|card|pan suffix|e-?mail|company|note|"
    r"姓名|电话|手机|地址|收件人|收货人|留言|备注|发票|支付宝账号"
)


def repeats(parts: Sequence[Part]) -> list[pl.Series]:
    """Per part: whether each line's row repeats, cell by cell, an earlier row of a like file.

    Rows are told apart by a 64-bit hash: the chance of one false repeat among ten million rows is
    about 3 in a million. Where equal rows of one file are separate sales, the second of one file
    repeats only the second of another.
    """
    found: dict[int, pl.Series] = {}
    for layout in {part.source.name for part in parts}:
        alike = [i for i, part in enumerate(parts) if part.source.name == layout]
        rows = [_rows_of(parts[i]) for i in alike]
        first = pl.concat([keyed for _, keyed in rows]).is_first_distinct()
        start = 0
        for i, (row, keyed) in zip(alike, rows, strict=True):
            again = ~first.slice(start, len(keyed))
            found[i] = _per_line(parts[i].lines, row, again)
            start += len(keyed)
    return [found[i] for i in range(len(parts))]


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
        lines.group_by("part", "reason")
        .agg(
            rows=pl.len().cast(pl.Int64),
            money=money(lines).sum().round(4),
            returns=is_return(lines).sum().cast(pl.Int64),
        )
        .sort("part", "reason")
        .select(_file(parts), pl.col("reason").cast(pl.String), "rows", "money", "returns")
    )


def _file(parts: Sequence[Part]) -> pl.Expr:
    names = {index: part.found.table.name for index, part in enumerate(parts)}
    return pl.col("part").replace_strict(names, return_dtype=pl.String).alias("file")


def set_aside(lines: pl.DataFrame, parts: Sequence[Part]) -> pl.DataFrame:
    """The rows set aside, as the files wrote them, personal data blanked."""
    aside = lines.filter(pl.col("reason") != why.KEPT).select(
        "part", ROW, pl.col("reason").cast(pl.String), money=money(lines)
    )
    frames = [
        _as_written(part, aside.filter(part=index).drop("part")) for index, part in enumerate(parts)
    ]
    return pl.concat(frames, how="diagonal_relaxed")


def _as_written(part: Part, aside: pl.DataFrame) -> pl.DataFrame:
    table, taken = part.found.table, {"file", "row", "reason", "money"}
    keys = part.source.columns.get("customer_id", ())[:1]
    shown = []
    for name, header in part.found.headers.items():
        personal = PERSONAL.search(name) and name not in keys
        column = pl.lit(None, pl.String) if personal else pl.col(name).cast(pl.String)
        shown.append(column.alias(f"{header} (file)" if header in taken else header))
    raw = _raw(part, aside[ROW].unique()).select(ROW, *shown)
    joined = aside.join(raw, on=ROW, how="left", maintain_order="left").rename({ROW: "row"})
    rest = pl.exclude("row", "reason", "money")
    return joined.select(pl.lit(table.name).alias("file"), "row", "reason", "money", rest)


def _raw(part: Part, wanted: pl.Series) -> pl.DataFrame:
    """The wanted rows as text: kept from reading, or, for repeats and the like, read again."""
    missing = wanted.filter(~wanted.is_in(part.odd[ROW].implode()))
    if not len(missing):
        return part.odd
    row = pl.col(ROW).cast(pl.Int64)
    again = part.found.rows.with_columns(row).filter(row.is_in(missing.implode()))
    return pl.concat([part.odd, part.found.table.collected(again)], how="vertical_relaxed")


def notes(lines: pl.DataFrame, parts: Sequence[Part]) -> pl.DataFrame:
    """Rows that are kept but worth knowing, per file and note: rows and money."""
    there = frozenset(lines.columns)
    tests = {"returns": is_return(lines), "repeats_kept": pl.col("is_repeat")}
    if "is_unpaid" in there:
        tests["unpaid_kept"] = pl.col("is_unpaid")
    if "customer_id" in there:
        tests["guests"] = pl.col("customer_id").is_null()
    if "is_masked" in there:
        tests["masked_customers"] = pl.col("is_masked")
    if "is_spread" in there:
        tests["spread"] = pl.col("is_spread")
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
        facts["customers"] = lines["customer_id"].drop_nulls().n_unique()
    return facts


def nothing_kept(lines: pl.DataFrame) -> CoreError:
    """Why there is nothing to analyse: the reason that most rows were set aside for."""
    top = (
        lines["reason"]
        .cast(pl.String)
        .value_counts()
        .sort("count", "reason", descending=[True, False])
    )
    return IntakeError(
        "None of the {rows:integer} rows of {file} is a sale that can be analysed; most of them "
        "({count:integer}) were set aside: {reason:label}.",
        rows=lines.height,
        file=", ".join(lines["source_file"].unique().cast(pl.String).sort()),
        count=top["count"][0],
        reason=top["reason"][0],
    )
