"""The books of an import: repeats, rows and money by reason, what was set aside, notes."""

import re
from collections.abc import Sequence

import polars as pl

from core.errors import CoreError, IntakeError
from core.intake import reasons as why
from core.intake.clean import Part
from core.intake.sources.source import ROW

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
    hashes = [_hash(part, parts).with_columns(part=pl.lit(i)) for i, part in enumerate(parts)]
    every = pl.concat(hashes).with_columns(
        is_repeat=~pl.struct("layout", "hash", "nth").is_first_distinct()
    )
    return [
        part.lines.select(ROW).join(
            every.filter(part=index).select(ROW, "is_repeat"),
            on=ROW, how="left", maintain_order="left",
        )["is_repeat"]
        for index, part in enumerate(parts)
    ]  # fmt: skip


def _hash(part: Part, parts: Sequence[Part]) -> pl.DataFrame:
    """One row per row of the file: its hash, and which of the equal ones it is."""
    alike = [p for p in parts if p.source.name == part.source.name]
    common = sorted(set.intersection(*(set(p.found.table.keys) for p in alike)))
    nth = pl.int_range(pl.len()).over("hash") if part.source.repeats_are_lines else pl.lit(0)
    return (
        part.found.table.rows.select(pl.col(ROW).cast(pl.Int64), hash=pl.struct(common).hash())
        .with_columns(nth=nth.cast(pl.Int64), layout=pl.lit(part.source.name))
        .collect()
    )


def money(lines: pl.DataFrame) -> pl.Expr:
    """The money of a row, null counted as nothing."""
    return pl.col("revenue").fill_null(0.0) if "revenue" in lines.columns else pl.lit(0.0)


def is_return(lines: pl.DataFrame) -> pl.Expr:
    """Units that came back: negative quantity that carries money."""
    return (pl.col("quantity") < 0).fill_null(value=False) & (money(lines) != 0)


def reasons(lines: pl.DataFrame) -> pl.DataFrame:
    """One row per file and reason, `kept` first: rows, money, and how many are returns."""
    order = {reason: place for place, reason in enumerate((why.KEPT, *why.REASONS))}
    return (
        lines.group_by("part", pl.col("source_file").alias("file"), "reason")
        .agg(
            rows=pl.len().cast(pl.Int64),
            money=money(lines).sum().round(4),
            returns=is_return(lines).sum().cast(pl.Int64),
        )
        .sort("part", pl.col("reason").replace_strict(order, return_dtype=pl.Int64))
        .drop("part")
    )


def set_aside(lines: pl.DataFrame, parts: Sequence[Part]) -> pl.DataFrame:
    """The rows set aside, as the files wrote them, personal data blanked."""
    aside = lines.filter(pl.col("reason") != why.KEPT).select(
        "part", ROW, "reason", money=money(lines)
    )
    frames = [
        _rows(part, aside.filter(part=index).drop("part")) for index, part in enumerate(parts)
    ]
    return pl.concat(frames, how="diagonal_relaxed")


def _rows(part: Part, aside: pl.DataFrame) -> pl.DataFrame:
    table = part.found.table
    keys = part.source.columns.get("customer_id", ())
    keyed = {name for name in table.keys if part.found.renamed.get(name, name) in keys[:1]}
    taken = {"file", "row", "reason", "money"}
    shown = []
    for name, header in zip(table.keys, table.columns, strict=False):
        personal = PERSONAL.search(name) and name not in keyed
        column = pl.lit(None, pl.String) if personal else pl.col(name).cast(pl.String)
        shown.append(column.alias(f"{header} (file)" if header in taken else header))
    raw = table.rows.select(pl.col(ROW).cast(pl.Int64), *shown).collect()
    return (
        aside.join(raw, on=ROW, how="left", maintain_order="left")
        .rename({ROW: "row"})
        .select(
            pl.lit(table.name).alias("file"),
            "row",
            "reason",
            "money",
            pl.exclude("row", "reason", "money"),
        )
    )


def notes(lines: pl.DataFrame) -> pl.DataFrame:
    """Rows that are kept but worth knowing, per file and note: rows and money."""
    there = frozenset(lines.columns)
    tests = {"returns": is_return(lines), "repeats_kept": pl.col("is_repeat")}
    if "status" in there:
        tests["unpaid_kept"] = why.unpaid(there)
    if "customer_id" in there:
        tests["guests"] = pl.col("customer_id").is_null()
    if "is_masked" in there:
        tests["masked_customers"] = pl.col("is_masked")
    if "is_spread" in there:
        tests["spread"] = pl.col("is_spread")
    kept = lines.filter(pl.col("reason") == why.KEPT)
    counted = [
        kept.lazy()
        .filter(test.fill_null(value=False))
        .group_by("part", file="source_file")
        .agg(note=pl.lit(note), rows=pl.len().cast(pl.Int64), money=money(lines).sum().round(4))
        for note, test in tests.items()
    ]
    return pl.concat(counted).sort("part", "note").drop("part").collect()


def before(lines: pl.DataFrame) -> dict[str, int]:
    """Orders, customers and products in the files, before anything was set aside."""
    columns = {"orders": "order_id", "customers": "customer_id", "products": "product_id"}
    return {"rows": lines.height} | {
        fact: lines[column].drop_nulls().n_unique()
        for fact, column in columns.items()
        if column in lines.columns
    }


def nothing_kept(lines: pl.DataFrame) -> CoreError:
    """Why there is nothing to analyse: the reason that most rows were set aside for."""
    top = lines["reason"].value_counts().sort("count", "reason", descending=[True, False])
    return IntakeError(
        "None of the {rows:integer} rows of {file} is a sale that can be analysed; most of them "
        "({count:integer}) were set aside: {reason:label}.",
        rows=lines.height,
        file=", ".join(lines["source_file"].unique().sort()),
        count=top["count"][0],
        reason=top["reason"][0],
    )
