"""Files that belong together: what an order, customer or product file knows of the lines."""

from collections.abc import Mapping

import polars as pl

from core.intake import cells, types
from core.intake.clean import chosen, prepared
from core.intake.recognise import Recognised
from core.intake.sources.source import ROW
from core.schema import ALWAYS

#: Columns of the products table that lines may lack.
ENRICHED = ("product_name", "category", "unit_cost")


def known(found: Recognised, reading: types.Reading) -> pl.DataFrame:
    """What a partner file knows, typed; rows without its key are left out."""
    source = found.source
    raw = prepared(found, found.table.collected(found.rows))
    names = {field: columns[0] for field, columns in chosen(source, raw).items()}
    for field in sorted(source.filled_by & set(names)):
        texts = [pl.col(c).str.strip_chars() for c in chosen(source, raw)[field]]
        real = [pl.when(~text.is_in(cells.NOTHING)).then(text) for text in texts]
        raw = raw.with_columns(pl.coalesce(real).alias(f"_{field}"))
        names[field] = f"_{field}"
    typed, _ = types.typed(found.table.name, raw, names, found.headers, reading)
    partial = {"product_id", "product_name", "quantity", "revenue", "unit_price"}
    return typed.drop(ROW, *(partial & set(typed.columns))).filter(
        pl.col(source.join_on).is_not_null()
    )


def enriched(lines: pl.DataFrame, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """The lines with what the products table knows and they do not."""
    products = tables.get("products")
    if products is None or "product_id" not in lines.columns:
        return lines
    there = set(lines.columns)
    wanted = [c for c in ENRICHED if c in products.columns and _lacks(lines, c, there)]
    if not wanted:
        return lines
    known = products.select(pl.col("product_id").cast(lines.schema["product_id"]), *wanted)
    joined = lines.drop(set(wanted) & there).join(
        known, on="product_id", how="left", maintain_order="left"
    )
    return joined.select(c for c in joined.columns if not _lacks(joined, c, {c}) or c in ALWAYS)


def _lacks(lines: pl.DataFrame, column: str, there: set[str]) -> bool:
    return column not in there or lines[column].null_count() == lines.height


def reviewed(lines: pl.DataFrame, tables: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Reviews of an order are reviews of its product, where the order held only one."""
    reviews = tables.get("reviews")
    if reviews is None or "product_id" in reviews.columns or "product_id" not in lines.columns:
        return dict(tables)
    single = (
        lines.group_by("order_id")
        .agg(pl.col("product_id").unique())
        .filter(pl.col("product_id").list.len() == 1)
        .with_columns(pl.col("product_id").list.first().cast(pl.String))
    )
    joined = reviews.join(single, on="order_id", how="left", maintain_order="left")
    return {**tables, "reviews": joined}
