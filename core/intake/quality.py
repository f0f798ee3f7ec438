"""How good the data is: per column what it holds, and the rows that look wrong.

price_jump: a unit price `price_times` times above or below the median price of its product. Where
all lines before or after some day are so, the price changed for good: one change, no jumps.
odd_quantity: a robust z of the quantity beyond `quantity_z`, see `core.intake.outliers`.
odd_date: one of the few dates years away from all others, see `core.intake.odd_dates`.
empty_month: a month between the first and the last other order in which nothing was ordered.
renamed_product: a product number that took another name for good.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import polars as pl

from core.dataset import Dataset
from core.errors import NotEnoughDataError
from core.finding import Finding
from core.intake.odd_dates import apart
from core.intake.outliers import robust_z, wholesale_from
from core.options import Options, Range

#: A product's usual price is known from this many lines on.
LINES = 5
#: Lasting price changes that are said one by one; the table holds them all.
SAID = 3


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
    column's unit; null for a month). price_changes: one row per product whose price changed for
    good - product_id, changed_at, old_price, new_price, lines (at the new price), source_file,
    source_row (of the first of them).
    """

    config: Config
    columns: pl.DataFrame
    rows: pl.DataFrame
    price_changes: pl.DataFrame

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
            "odd_date": Finding(
                "{count:integer} lines are dated years before or after all others: correct these "
                "dates in the file, or every page counts the years between.",
                {"count": counts.get("odd_date")},
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
        found += [_changed(change) for change in self.price_changes.head(SAID).to_dicts()]
        return found or [Finding("No price, quantity or month looks out of place.")]


def run(dataset: Dataset, config: Config) -> Quality:
    """Look at every column and at every line."""
    dataset = dataset.until(config.as_of)
    if not dataset.facts["lines"]:
        raise NotEnoughDataError("There are no order lines to work on.")
    jumps, changes = _prices(dataset, config)
    usual, odd = apart(dataset.lines)
    doubtful = [
        jumps,
        _quantities(dataset, config),
        _dates(odd),
        _months(usual),
        _renamed(dataset),
    ]
    rows = pl.concat([frame.select(ROWS.names()).cast(ROWS) for frame in doubtful])
    rows = rows.sort("issue", "source_file", "source_row")
    return Quality(config, _columns(dataset, config), rows, changes)


def _changed(change: Mapping[str, Any]) -> Finding:
    return Finding(
        "{product} costs {new_price:ratio} instead of {old_price:ratio} since {changed_at:date}, "
        "in {lines:integer} lines: check that it is still the same product, unit and currency.",
        {"product": change["product_id"], **change},
        kind="caution",
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

#: Where a change begins.
WHERE = ("ordered_at", "source_file", "source_row")
CHANGES = pl.Schema(
    {
        "product_id": pl.String(),
        "changed_at": pl.Datetime("us"),
        "old_price": pl.Float64(),
        "new_price": pl.Float64(),
        "lines": pl.Int64(),
        "source_file": pl.String(),
        "source_row": pl.Int64(),
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


def _prices(dataset: Dataset, config: Config) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(single prices out of line, prices that changed for good)."""
    if not {"unit_price", "product_id"} <= dataset.columns:
        return ROWS.to_frame(), CHANGES.to_frame()
    price, times = pl.col("unit_price"), config.price_times
    ratio = price / price.median().over("product_id")
    odd = ((ratio >= times) | (ratio <= 1 / times)) & (pl.len().over("product_id") >= LINES)
    time, usual = pl.col("ordered_at"), ~pl.col("odd")
    lines = (
        dataset.lines.filter(price > 0)
        .with_columns(odd=odd)
        .filter(pl.col("odd").any().over("product_id"))
        .with_columns(
            first=time.filter(usual).min().over("product_id"),
            last=time.filter(usual).max().over("product_id"),
            usual_value=price.filter(usual).median().over("product_id"),
        )
        .with_columns(
            side=pl.when(time > pl.col("last")).then(1).when(time < pl.col("first")).then(-1)
        )
        .with_columns(level=price.median().over("product_id", "side"))
        .with_columns(lasting=_lasting(times))
        .collect()
    )
    jumps = lines.filter("odd", ~pl.col("lasting")).with_columns(
        issue=pl.lit("price_jump"), column=pl.lit("unit_price"), found="unit_price"
    )
    return jumps, _changes(lines)


def _lasting(times: float) -> pl.Expr:
    """Whether a line stands among enough others of one price, before or after all usual ones."""
    alike = (pl.col("unit_price").max() < times * pl.col("unit_price").min()) & (pl.len() >= LINES)
    return pl.col("side").is_not_null() & alike.over("product_id", "side")


def _changes(lines: pl.DataFrame) -> pl.DataFrame:
    """One row per product and lasting change: the new price is that of the later lines."""
    later = pl.col("side") == 1
    changed = lines.filter("lasting").group_by("product_id", "side", "level", "usual_value").len()
    old, new = pl.col("usual_value"), pl.col("level")
    first = lines.sort("ordered_at", "source_file", "source_row")
    starts = first.filter("lasting", later).unique(["product_id"], keep="first")
    usual = first.filter(~pl.col("odd")).unique(["product_id"], keep="first")
    at = pl.concat([starts.with_columns(side=pl.lit(1)), usual.with_columns(side=pl.lit(-1))])
    counts = lines.filter(~pl.col("odd")).group_by("product_id").agg(usual=pl.len())
    return (
        changed.join(at.select("product_id", "side", *WHERE), on=["product_id", "side"])
        .join(counts, on="product_id")
        .select(
            "product_id",
            changed_at="ordered_at",
            old_price=pl.when(later).then(old).otherwise(new),
            new_price=pl.when(later).then(new).otherwise(old),
            lines=pl.when(later).then("len").otherwise("usual"),
            source_file="source_file",
            source_row="source_row",
        )
        .cast(CHANGES)
        .sort("lines", "product_id", "changed_at", descending=[True, False, False])
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


def _dates(odd: pl.LazyFrame) -> pl.DataFrame:
    return odd.select(
        "source_file",
        "source_row",
        issue=pl.lit("odd_date"),
        column=pl.lit("ordered_at"),
        found=pl.col("ordered_at").dt.strftime("%Y-%m-%d"),
        usual_value=pl.lit(None, pl.String),
    ).collect()


def _months(lines: pl.LazyFrame) -> pl.DataFrame:
    month = pl.col("ordered_at").dt.truncate("1mo").dt.date()
    seen = lines.select(month.unique().sort()).collect().to_series()
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
