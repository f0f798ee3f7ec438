"""What is far from usual: the robust z on a logarithmic scale.

z = 0.6745 (x - median) / MAD of x = sign(v) log(1 + |v|).
Source: Iglewicz & Hoaglin (1993), How to Detect and Handle Outliers.
"""

import math

import polars as pl

#: Below this the spread is taken as this: most shops sell one piece at a time.
SPREAD = 0.35
#: The robust z from which a quantity is no household's.
WHOLESALE = 8.0


def robust_z(column: str) -> pl.Expr:
    """The robust z of each value of a column."""
    size = pl.col(column).sign() * pl.col(column).abs().log1p()
    middle = size.median()
    spread = (size - middle).abs().median()
    return 0.6745 * (size - middle) / pl.max_horizontal(spread, pl.lit(SPREAD))


def wholesale_from(quantities: pl.Series, z: float = WHOLESALE) -> float:
    """The units in one line, sold or returned, beyond which the robust z exceeds `z`.

    Counted over the different quantities, of which there are few.
    """
    units = pl.col("units")
    counted = (
        quantities.drop_nulls().abs().alias("units").to_frame().lazy().group_by("units").len()
        .select(size=units.log1p(), lines="len")
    )  # fmt: skip
    middle = _median(counted)
    away = counted.with_columns(size=(pl.col("size") - middle).abs())
    return math.expm1(middle + z * max(_median(away), SPREAD) / 0.6745)


def _median(counted: pl.LazyFrame) -> float:
    """The (lower) median size, each weighted by its lines."""
    below = pl.col("lines").cum_sum() * 2 >= pl.col("lines").sum()
    found = counted.sort("size").filter(below).head(1).collect()["size"]
    return float(found[0]) if len(found) else 0.0
