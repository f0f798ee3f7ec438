"""What is done with cells that hold nothing: one rule per field, the default never invents sales.

A line without date, product, quantity or price is set aside; a line without customer, category or
the like stays and is shown as unknown. Another rule is the reader's choice, and counted as filled.
"""

from collections.abc import Mapping

import polars as pl

from core.errors import IntakeError
from core.intake.derive import revenue

DROP, KEEP, MEAN, MEDIAN, FREQUENT, CONSTANT = (
    "drop", "keep", "mean", "median", "most_frequent", "constant",
)  # fmt: skip
AMOUNT = (DROP, MEAN, MEDIAN, FREQUENT, CONSTANT)
OPTIONAL_AMOUNT = (KEEP, DROP, MEAN, MEDIAN, FREQUENT, CONSTANT)
TEXT = (KEEP, DROP, FREQUENT, CONSTANT)
#: field -> the rules it allows, the default first. A date is never invented, nor who bought.
RULES: Mapping[str, tuple[str, ...]] = {
    "ordered_at": (DROP,),
    "product_id": (DROP, CONSTANT),
    "quantity": AMOUNT,
    "unit_price": AMOUNT,
    "customer_id": (KEEP, DROP),
    "product_name": (KEEP, DROP, CONSTANT),
    "category": TEXT,
    "discount": OPTIONAL_AMOUNT,
    "unit_cost": OPTIONAL_AMOUNT,
    "channel": TEXT,
    "country": TEXT,
    "coupon": TEXT,
    "status": TEXT,
}
#: What is typical of a product, not of the shop.
OF_PRODUCT = ("unit_price", "unit_cost")


def rules(pairs: tuple[str, ...]) -> dict[str, tuple[str, str]]:
    """field -> (rule, the constant), from "FIELD=RULE" and "FIELD=constant:VALUE"."""
    chosen = {}
    for pair in pairs:
        field, _, rule = pair.partition("=")
        rule, _, value = rule.partition(":")
        allowed = RULES.get(field, ())
        number = field in ("quantity", "unit_price", "discount", "unit_cost")
        if rule not in allowed or (rule == CONSTANT and not (_number(value) if number else value)):
            raise IntakeError(
                "{pair} is no rule for missing values: write FIELD=RULE, with one of {allowed}.",
                pair=pair,
                allowed=", ".join(allowed or RULES),
            )
        chosen[field] = (rule, value)
    return chosen


def _number(text: str) -> bool:
    try:
        return 0 <= float(text) < float("inf")
    except ValueError:
        return False


def settled(lines: pl.DataFrame, chosen: Mapping[str, tuple[str, str]]) -> pl.DataFrame:
    """The lines, filled as chosen; `is_filled` and `is_missing` tell which were and cannot stay."""
    there = {field: rule for field, rule in chosen.items() if field in lines.columns}
    dropped = [pl.col(field).is_null() for field, (rule, _) in there.items() if rule == DROP]
    if dropped:
        lines = lines.with_columns(is_missing=pl.any_horizontal(dropped))
    filled = {
        field: _filled(field, rule, value, lines)
        for field, (rule, value) in there.items()
        if rule not in (DROP, KEEP)
    }
    if not filled:
        return lines
    changed = [pl.col(f).is_null() & value.is_not_null() for f, value in filled.items()]
    lines = lines.with_columns(**filled, is_filled=pl.any_horizontal(changed))
    if {"unit_price", "quantity"} <= set(lines.columns):
        lines = lines.with_columns(revenue=revenue(set(lines.columns)))
    return lines


def _filled(field: str, rule: str, value: str, lines: pl.DataFrame) -> pl.Expr:
    column, dtype = pl.col(field), lines.schema[field]
    if rule == CONSTANT:
        return column.fill_null(pl.lit(float(value) if dtype.is_numeric() else value, dtype))
    if rule == FREQUENT:
        counts = lines[field].drop_nulls().cast(pl.String).value_counts()
        usual = counts.sort("count", field, descending=[True, False])[field].head(1)
        return column.fill_null(pl.lit(usual.item() if len(usual) else None).cast(dtype))
    typical = column.mean() if rule == MEAN else column.median()
    of_product = field in OF_PRODUCT and "product_id" in lines.columns
    return column.fill_null(typical.over("product_id") if of_product else typical)


def counted(lines: pl.DataFrame, chosen: Mapping[str, tuple[str, str]]) -> pl.DataFrame:
    """One row per field that lacks a value somewhere: field, missing (lines), rule."""
    there = [field for field in RULES if field in lines.columns]
    nulls = {field: lines[field].null_count() for field in there}
    rows = [
        (field, count, chosen.get(field, (RULES[field][0], ""))[0])
        for field, count in nulls.items()
        if count
    ]
    schema = {"field": pl.String, "missing": pl.Int64, "rule": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")
