"""How good the data is: per column what it holds, and the rows that look wrong.

price_jump: a unit price `price_times` times above or below the median price of its product.
odd_quantity: a robust z of the quantity beyond `quantity_z`, see `core.intake.outliers`.
empty_month: a month between the first and the last order in which nothing was ordered.
renamed_product: a product number that took another name for good.
"""

from dataclasses import dataclass
from typing import Annotated

import polars as pl

from core.dataset import Dataset
from core.errors import NotEnoughDataError
from core.finding import Finding
from core.intake.outliers import robust_z, wholesale_from
from core.options import Options, Range

#: A product's usual price is known from this many lines on.
LINES = 5


@dataclass(frozen=True, kw_only=True)
class Config(Options):
    """From where on a price or a quantity is doubtful."""

    price_times: Annotated[float, Range(2, 100, 1)] = 10
    quantity_z: Annotated[float, Range(3, 20, 1)] = 8


@dataclass(frozen=True, eq=False)
class Quality:
    """columns: one row per column - column, type, missing, share_missing, distinct, least,
    greatest, outliers (values whose robust z is beyond `quantity_z`; null for text). rows: one per
    doubtful row - issue, source_file, source_row, column, found, usual_value (numbers of the
    column's unit; null for a month).
    """

    config: Config
    columns: pl.DataFrame
    rows: pl.DataFrame

    def explain(self) -> list[Finding]:
        """What to check, in plain words; one fact where there is nothing."""
        counts = dict(self.rows.group_by("issue").len().iter_rows())
        cautions = {
            "price_jump": Finding(
                "{count:integer} lines have a price {times:integer} times above or below what the "
                "product usually costs: check them for typing errors.",
                {"count": counts.get("price_jump"), "times": self.config.price_times},
                kind="caution",
            ),
            "odd_quantity": Finding(
                "{count:integer} lines have a quantity far from what is usual: they may be "
                "wholesale orders or typing errors.",
                {"count": counts.get("odd_quantity")},
                kind="caution",
            ),
            "empty_month": Finding(
                "{count:integer} months between the first and the last order have no orders: "
                "check that no export is missing.",
                {"count": counts.get("empty_month")},
                kind="caution",
            ),
            "renamed_product": Finding(
                "{count:integer} product numbers took another name for good: if they stand for "
                "other products since, the years before do not count for them.",
                {"count": counts.get("renamed_product")},
                kind="caution",
            ),
        }
        found = [finding for issue, finding in cautions.items() if issue in counts]
        return found or [Finding("No price, quantity or month looks out of place.")]


def run(dataset: Dataset, config: Config) -> Quality:
    """Look at every column and at every line."""
    dataset = dataset.until(config.as_of)
    if not dataset.facts["lines"]:
        raise NotEnoughDataError("There are no order lines to work on.")
    doubtful = [
        _prices(dataset, config),
        _quantities(dataset, config),
        _months(dataset),
        _renamed(dataset),
    ]
    rows = pl.concat([frame.select(ROWS.names()).cast(ROWS) for frame in doubtful])
    return Quality(
        config, _columns(dataset, config), rows.sort("issue", "source_file", "source_row")
    )


ROWS = pl.Schema(
    {
        "issue": pl.String(),
        "source_file": pl.String(),
        "source_row": pl.Int64(),
        "column": pl.String(),
        "found": pl.String(),
        "usual_value": pl.String(),
    }
)


def _columns(dataset: Dataset, config: Config) -> pl.DataFrame:
    names = sorted(dataset.columns - {"source_file", "source_row", "line_id"})
    schema = dataset.lines.collect_schema()
    numbers = [name for name in names if schema[name].is_numeric()]
    far = {name: robust_z(name).abs() > config.quantity_z for name in numbers}
    facts = dataset.lines.select(
        pl.len().alias("#"),
        *[pl.col(name).null_count().alias(f"{name}|missing") for name in names],
        *[pl.col(name).drop_nulls().n_unique().alias(f"{name}|distinct") for name in names],
        *[pl.col(name).min().cast(pl.String).alias(f"{name}|least") for name in names],
        *[pl.col(name).max().cast(pl.String).alias(f"{name}|greatest") for name in names],
        *[test.sum().alias(f"{name}|outliers") for name, test in far.items()],
    ).collect()
    total = facts["#"].item()
    return pl.DataFrame(
        {
            "column": names,
            "type": [_kind(schema[name]) for name in names],
            "missing": [facts[f"{name}|missing"].item() for name in names],
            "share_missing": [facts[f"{name}|missing"].item() / total for name in names],
            "distinct": [facts[f"{name}|distinct"].item() for name in names],
            "least": [facts[f"{name}|least"].item() for name in names],
            "greatest": [facts[f"{name}|greatest"].item() for name in names],
            "outliers": [facts[f"{n}|outliers"].item() if n in far else None for n in names],
        }
    )


def _kind(dtype: pl.DataType) -> str:
    if dtype.is_numeric():
        return "number_type"
    return "time_type" if dtype.is_temporal() else "text_type"


def _prices(dataset: Dataset, config: Config) -> pl.DataFrame:
    if not {"unit_price", "product_id"} <= dataset.columns:
        return ROWS.to_frame()
    price = pl.col("unit_price")
    usual, lines = price.median().over("product_id"), pl.len().over("product_id")
    ratio = price / pl.col("usual_value")
    return (
        dataset.lines.filter(price > 0)
        .with_columns(usual_value=usual, known=lines >= LINES)
        .filter(
            pl.col("known") & ((ratio >= config.price_times) | (ratio <= 1 / config.price_times))
        )
        .with_columns(issue=pl.lit("price_jump"), column=pl.lit("unit_price"), found=price)
        .collect()
    )


def _quantities(dataset: Dataset, config: Config) -> pl.DataFrame:
    units = pl.col("quantity").abs()
    quantities = dataset.lines.select("quantity").collect().to_series()
    return (
        dataset.lines.with_columns(usual_value=units.median())
        .filter(units > wholesale_from(quantities, config.quantity_z))
        .with_columns(issue=pl.lit("odd_quantity"), column=pl.lit("quantity"), found="quantity")
        .collect()
    )


def _months(dataset: Dataset) -> pl.DataFrame:
    month = pl.col("ordered_at").dt.truncate("1mo").dt.date()
    seen = dataset.lines.select(month.unique().sort()).collect().to_series()
    every = pl.DataFrame({"month": seen}).upsample("month", every="1mo")["month"]
    missing = every.filter(~every.is_in(seen.implode())).dt.strftime("%Y-%m")
    return pl.DataFrame(
        {"issue": "empty_month", "column": "ordered_at", "found": missing},
        schema_overrides={"found": pl.String},
    ).with_columns(
        source_file=pl.lit(None, pl.String),
        source_row=pl.lit(None, pl.Int64),
        usual_value=pl.lit(None, pl.String),
    )


def _renamed(dataset: Dataset) -> pl.DataFrame:
    books = dataset.reconciliation
    if books is None or books.renamed.is_empty():
        return ROWS.to_frame()
    return books.renamed.with_columns(
        issue=pl.lit("renamed_product"),
        column=pl.lit("product_name"),
        found=pl.col("product_name"),
        usual_value=pl.col("old_product_name"),
    )
