"""Recognised tables in, order lines out: typed, derived, one canonical order."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from core.errors import IntakeError
from core.intake import reasons, types
from core.intake.fields import MONEY
from core.intake.recognise import Recognised
from core.intake.sources.grain import REASON, spread
from core.intake.sources.source import Source
from core.schema import ALWAYS, ORDER_LINES

MASKED = r"\*{2,}"


@dataclass(frozen=True, eq=False)
class Part:
    """One file's lines, typed, before anything is set aside."""

    found: Recognised
    lines: pl.DataFrame
    date_format: str | None

    @property
    def source(self) -> Source:
        """The layout that the file was read by."""
        return self.found.source


@dataclass(frozen=True, eq=False)
class Partner:
    """What another file knows of the same orders or customers: one row per `on`."""

    on: str
    known: pl.DataFrame


def part(found: Recognised, reading: types.Reading, partners: Sequence[Partner] = ()) -> Part:
    """Bring one table to typed lines. `partners`: what other files know of these orders."""
    table, source = found.table, found.source
    try:
        raw = source.prepare(found.rows).collect()
    except pl.exceptions.PolarsError as error:
        raise IntakeError(
            "{file} has the columns of {format:label}, but its cells do not fit: export it again.",
            file=table.name,
            format=source.name,
        ) from error
    if not raw.height:
        raise IntakeError(
            "{file} has column names but no rows: export it again with the orders in it.",
            file=table.name,
        )
    columns = chosen(source, raw)
    _require(found, columns, partners)
    several = [_filled(source, columns, f) for f in sorted(source.filled_by & set(columns))]
    raw = raw.with_columns(several)
    names = {field: _name(source, columns, field) for field in columns}
    lines, date_format = types.typed(table.name, raw, names, found.headers, reading)
    if REASON in raw.columns:
        lines = lines.with_columns(raw[REASON])
    own = [name for name in found.headers if name in raw.columns]
    lines = lines.with_columns(_no_line(raw, own, columns))
    for partner in partners:
        lines = _joined(lines, partner)
    return Part(found, _derived(lines, source), date_format)


def _joined(lines: pl.DataFrame, partner: Partner) -> pl.DataFrame:
    """Add what the partner knows; what it knows better than an id of one order replaces it."""
    known = partner.known
    if partner.on not in lines.columns:
        return lines
    replaced = {"customer_id"} & set(known.columns) if partner.on == "order_customer_id" else set()
    shared = (set(known.columns) & set(lines.columns)) - {partner.on} - replaced
    lines = lines.drop(replaced & set(lines.columns))
    joined = lines.join(known.drop(shared), on=partner.on, how="left", maintain_order="left")
    if "refund" not in joined.columns or "refund" in lines.columns:
        return joined
    gross = pl.col("quantity").fill_null(0) * pl.col("unit_price").fill_null(0)
    back = spread(pl.col("refund").fill_null(0), gross, partner.on)
    off = pl.col("discount").fill_null(0).abs() if "discount" in joined.columns else pl.lit(0.0)
    return joined.with_columns(revenue=gross - off - back).drop("refund")


def chosen(source: Source, raw: pl.DataFrame) -> dict[str, list[str]]:
    """canonical field -> the columns of `raw` that carry it, best first."""
    there = set(raw.columns)
    found = {f: [c for c in columns if c in there] for f, columns in source.columns.items()}
    return {field: columns for field, columns in found.items() if columns}


def _name(source: Source, columns: dict[str, list[str]], field: str) -> str:
    """The column to read a field from."""
    return f"_{field}" if field in source.filled_by else columns[field][0]


def _filled(source: Source, columns: dict[str, list[str]], field: str) -> pl.Expr:
    """The first of a field's columns that holds something, row by row."""
    texts = [pl.col(column).cast(pl.String).str.strip_chars() for column in columns[field]]
    if len(texts) == 1:
        return pl.col(columns[field][0]).alias(_name(source, columns, field))
    real = [pl.when(~text.is_in(types.NOTHING)).then(text) for text in texts]
    return pl.coalesce(real).alias(_name(source, columns, field))


def _require(found: Recognised, columns: dict[str, list[str]], partners: Sequence[Partner]) -> None:
    """A date, and an order number or a customer: without them nothing can be asked."""
    file, there = found.table.name, set(columns)
    there |= {column for partner in partners for column in partner.known.columns}
    named = ", ".join(found.table.columns[:12])
    if "ordered_at" not in there and found.source.joins and not partners:
        raise IntakeError(
            "{file} holds what was ordered but not when and by whom: load the shop's order file "
            "together with it.",
            file=file,
        )
    if "ordered_at" not in there:
        raise IntakeError(
            "{file} has no column of order dates (its columns: {columns}): choose it by hand, or "
            "export again with the dates.",
            file=file,
            columns=named,
        )
    if not {"order_id", "customer_id"} & there:
        raise IntakeError(
            "{file} has neither order numbers nor customers (its columns: {columns}): choose one "
            "of them by hand, or export again with it.",
            file=file,
            columns=named,
        )


def _no_line(raw: pl.DataFrame, own: list[str], columns: dict[str, list[str]]) -> pl.Series:
    """Totals and footers among the rows: hardly a cell of the file's `own` filled, and no date."""
    text = raw[own[0]].cast(pl.String)
    few = raw.select(pl.sum_horizontal(pl.col(own).is_not_null().cast(pl.Int32)) <= 2).to_series()
    blank = raw[columns["ordered_at"][0]].is_null() if "ordered_at" in columns else few
    total = text.str.contains(reasons.TOTALS).fill_null(value=False)
    return ((total & blank) | (few & blank & (len(own) > 4))).alias("is_no_line")


def _derived(lines: pl.DataFrame, source: Source) -> pl.DataFrame:
    """Fill what follows from other columns: quantity, product, order, price and revenue."""
    there = set(lines.columns)
    if "quantity" not in there:
        lines = lines.with_columns(quantity=pl.lit(1.0))
    lines = _products(lines)
    if "customer_id" in there:
        masked = pl.col("customer_id").str.contains(MASKED).fill_null(value=False)
        lines = lines.with_columns(
            customer_id=pl.when(~masked).then("customer_id"), is_masked=masked
        )
    if "cancelled_at" in there:
        lines = lines.with_columns(is_cancelled=pl.col("cancelled_at").is_not_null())
    lines = _order_ids(_money(lines))
    constants = {"currency": source.currency, "channel": source.channel}
    absent = {
        name: pl.lit(value) for name, value in constants.items() if value and name not in there
    }
    lines = lines.with_columns(**absent, is_spread=pl.lit(source.spreads))
    lines = _services(lines, source)
    return _as_returns(lines) if "revenue" in lines.columns else lines


def _products(lines: pl.DataFrame) -> pl.DataFrame:
    """A product without a code is known by its name."""
    there = {"product_id", "product_name"} & set(lines.columns)
    if not there:
        return lines
    code = pl.coalesce(sorted(there))
    return lines.with_columns(product_id=code)


def _order_ids(lines: pl.DataFrame) -> pl.DataFrame:
    """Orders without a number: what one customer bought on one day; a guest, at one moment."""
    there = set(lines.columns)
    day = pl.col("ordered_at").dt.strftime("%Y-%m-%d")
    moment = pl.col("ordered_at").dt.strftime("%Y-%m-%d %H:%M:%S")
    derived = pl.lit("guest ") + moment
    if "customer_id" in there:
        derived = pl.coalesce(pl.col("customer_id") + " " + day, derived)
    known = [pl.col("order_id")] if "order_id" in there else []
    return lines.with_columns(order_id=pl.coalesce(*known, derived))


def _money(lines: pl.DataFrame) -> pl.DataFrame:
    """Revenue from price, quantity and discount, or the price from the revenue."""
    there = set(lines.columns)
    if "discount" in there:
        lines = lines.with_columns(pl.col("discount").abs())
    quantity, sign = pl.col("quantity"), pl.col("quantity").sign()
    if "unit_price" in there:
        gross = quantity * pl.col("unit_price")
        off = pl.col("discount").fill_null(0) * sign if "discount" in there else pl.lit(0.0)
        known = [pl.col("revenue")] if "revenue" in there else []
        lines = lines.with_columns(revenue=pl.coalesce(*known, gross - off))
    elif "revenue" in there:
        lines = lines.with_columns(unit_price=pl.col("revenue") / quantity)
    money = [column for column in MONEY if column in lines.columns]
    return lines.with_columns(pl.col(money).round(4) + 0.0)


def _as_returns(lines: pl.DataFrame) -> pl.DataFrame:
    """A product line that gives money back takes units back: its quantity is negative too."""
    back = (pl.col("revenue") < 0) & (pl.col("quantity") > 0)
    if "is_service" in lines.columns:
        back &= pl.col("is_service").is_null()
    return lines.with_columns(
        quantity=pl.when(back).then(-pl.col("quantity")).otherwise("quantity"),
        unit_price=pl.when(back).then(pl.col("unit_price").abs()).otherwise("unit_price"),
    )


def _services(lines: pl.DataFrame, source: Source) -> pl.DataFrame:
    """Postage, fees, samples: found once per product, not once per line."""
    names = [c for c in ("product_id", "product_name") if c in lines.columns]
    if not names:
        return lines
    products = lines.select(names).unique()
    tests = [pl.col(name).str.contains(reasons.SERVICE_NAMES) for name in names]
    if source.service:
        tests.append(pl.col("product_id").str.contains(source.service))
    services = products.filter(pl.any_horizontal(tests)).with_columns(is_service=True)
    return lines.join(services, on=names, how="left", nulls_equal=True, maintain_order="left")


def finished(lines: pl.DataFrame) -> pl.DataFrame:
    """The kept lines in the canonical columns and the canonical order."""
    named = _named(lines)
    columns = [
        column
        for column in ORDER_LINES
        if column in named.columns
        and (column in ALWAYS or named[column].null_count() < named.height)
    ]
    content = [c for c in columns if c not in ("source_file", "source_row")]
    keys = [c for c in ("ordered_at", "order_id", "product_id") if c in columns]
    ordered = (
        named.select(pl.col(column).cast(ORDER_LINES[column].dtype) for column in columns)
        .with_columns(_tie=pl.struct(content).hash())
        .sort(*keys, "_tie", nulls_last=True, maintain_order=True)
        .drop("_tie")
    )
    if "line_id" not in columns or ordered["line_id"].n_unique() < ordered.height:
        number = pl.int_range(1, pl.len() + 1).cast(pl.String)
        ordered = ordered.with_columns(line_id=number)
    return ordered.select(column for column in ORDER_LINES if column in ordered.columns)


def _named(lines: pl.DataFrame) -> pl.DataFrame:
    """One name per product: its most frequent spelling, then the first by alphabet."""
    if "product_name" not in lines.columns:
        return lines
    spelled = (
        lines.lazy()
        .filter(pl.col("product_name").is_not_null())
        .group_by("product_id", "product_name")
        .len()
        .sort("len", "product_name", descending=[True, False])
        .group_by("product_id", maintain_order=True)
        .first()
        .select("product_id", "product_name")
        .collect()
    )
    return lines.drop("product_name").join(
        spelled, on="product_id", how="left", maintain_order="left"
    )


def main_currency(parts: Sequence[Part], wanted: str | None) -> str | None:
    """The currency to analyse: the one wanted, else that of most lines."""
    seen = [p.lines["currency"].drop_nulls() for p in parts if "currency" in p.lines.columns]
    codes = pl.concat(seen).str.to_uppercase() if seen else pl.Series([], dtype=pl.String)
    if wanted and codes.len() and wanted.upper() not in set(codes.unique()):
        raise IntakeError(
            "No line is in {wanted}; the files hold {found}.",
            wanted=wanted,
            found=", ".join(sorted(codes.unique())),
        )
    if wanted or not codes.len():
        return wanted.upper() if wanted else None
    counts = codes.value_counts().sort("count", "currency", descending=[True, False])
    return str(counts["currency"][0])
