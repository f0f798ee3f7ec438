"""Orders and days: the two tables that the rest of the overview is made from."""

from datetime import date

import polars as pl

from core.measures.orders import sales

#: Columns the overview can use -> what stands in for one that the export lacks.
ABSENT = {
    "customer_id": pl.String,
    "product_id": pl.String,
    "revenue": pl.Float64,
}
DAY = pl.col("ordered_at").dt.date().alias("day")
#: Whether an order carries a time: midnight to the second stands for none.
TIMED = pl.col("ordered_at").dt.time() != pl.time(0, 0, 0)
#: Weeks before and after a day whose same weekday says what to expect of it.
WEEKS = 6
#: Weeks that must lie before a day for it to be judged.
FORMER = 4


def complete(lines: pl.LazyFrame) -> pl.LazyFrame:
    """The lines with every column of `ABSENT`; an absent one holds nulls."""
    present = set(lines.collect_schema().names())
    missing = [
        pl.lit(None, dtype=dtype).alias(name)
        for name, dtype in ABSENT.items()
        if name not in present
    ]
    return lines.with_columns(DAY, *missing)


def orders(lines: pl.LazyFrame) -> pl.LazyFrame:
    """One row per order: order_id, customer_id, ordered_at, day, sales, units, first_day, kind.

    sales: before returns. first_day: of the customer's first order. kind: new, returning, guest.
    Partitionable by customer_id.
    """
    per_order = (
        sales(lines)
        .group_by("order_id")
        .agg(
            pl.col("customer_id").drop_nulls().first(),
            pl.col("ordered_at").min(),
            pl.col("revenue").sum().alias("sales"),
            pl.col("quantity").sum().alias("units"),
        )
        .with_columns(DAY)
    )
    first = per_order.group_by("customer_id").agg(pl.col("day").min().alias("first_day"))
    kind = (
        pl.when(pl.col("customer_id").is_null())
        .then(pl.lit("guest"))
        .when(pl.col("day") == pl.col("first_day"))
        .then(pl.lit("new"))
        .otherwise(pl.lit("returning"))
    )
    return per_order.join(first, on="customer_id", how="left").with_columns(kind=kind)


def daily(orders: pl.LazyFrame, lines: pl.LazyFrame, as_of: date) -> pl.DataFrame:
    """One row per calendar day from the first order to `as_of`; see Result.daily."""
    is_kind = {kind: pl.col("kind") == kind for kind in ("new", "returning", "guest")}
    sold = orders.group_by("day").agg(
        pl.len().cast(pl.Int64).alias("orders"),
        pl.col("sales", "units").sum(),
        *(cond.sum().cast(pl.Int64).alias(f"{kind}_orders") for kind, cond in is_kind.items()),
        *(pl.col("sales").filter(c).sum().alias(f"{kind}_sales") for kind, c in is_kind.items()),
    )
    back = (
        lines.filter(pl.col("quantity") <= 0).group_by("day").agg(returned=-pl.col("revenue").sum())
    )
    bounds = lines.select(pl.col("day").min()).collect().item()
    calendar = pl.LazyFrame({"day": pl.date_range(bounds, as_of, eager=True)})
    numbers = pl.col(
        "sales",
        "returned",
        "orders",
        "units",
        *(f"{kind}_{what}" for what in ("orders", "sales") for kind in is_kind),
    ).fill_null(0)
    return (
        calendar.join(sold, on="day", how="left")
        .join(back, on="day", how="left")
        .select("day", numbers)
        .with_columns(pl.col(pl.Float64).round(6) + 0.0)
        .select("day", (pl.col("sales") - pl.col("returned")).alias("revenue"), pl.exclude("day"))
        .sort("day")
        .collect()
    )


def with_expected(
    daily: pl.DataFrame, unusual: float, unfinished: date | None = None
) -> pl.DataFrame:
    """`daily` plus expected (orders) and unusual (busy, quiet or null).

    unfinished: a day that is not over, which is not judged.
    """
    neighbours = [
        pl.col("orders").shift(week * 7) for week in range(-WEEKS, WEEKS + 1) if week != 0
    ]
    expected = pl.concat_list(neighbours).list.drop_nulls()
    # A shop's first weeks have only later, busier ones to be compared with.
    known = (expected.list.len() >= WEEKS) & pl.col("orders").shift(7 * FORMER).is_not_null()
    table = daily.with_columns(expected=pl.when(known).then(expected.list.median()))
    residual = ((pl.col("orders") + 1) / (pl.col("expected") + 1)).log()
    spread = 1.4826 * (residual - residual.median()).abs().median()
    gap = (pl.col("orders") - pl.col("expected")).abs()
    beyond_chance = gap > unusual * (pl.col("expected") + 1).sqrt()
    odd = beyond_chance & (residual.abs() > unusual * spread)
    odd &= pl.lit(unfinished is None) | (pl.col("day") != pl.lit(unfinished))
    return table.with_columns(
        unusual=pl.when(odd & (residual > 0)).then(pl.lit("busy")).when(odd).then(pl.lit("quiet"))
    )


def cut_off(orders: pl.LazyFrame, as_of: date) -> str | None:
    """Time of the last order ("14:20") if the last day ends hours before days usually do."""
    hour, minute = pl.col("ordered_at").dt.hour(), pl.col("ordered_at").dt.minute()
    time = hour.cast(pl.Int64) * 60 + minute
    ends = (
        orders.filter(TIMED)
        .group_by("day")
        .agg(end=time.max(), orders=pl.len())
        .filter(pl.col("day") > pl.lit(as_of).dt.offset_by("-8w"))
        .sort("day")
        .collect()
    )
    before = ends.filter(pl.col("day") < as_of)
    last = ends.filter(pl.col("day") == as_of)
    if before.height < 14 or last.is_empty():
        return None
    early, end = before["end"].quantile(0.05), int(last["end"].item())
    return f"{end // 60}:{end % 60:02}" if early is not None and end < early - 60 else None
