"""The customer profile: one row per customer, of what the order lines say up to a day.

    recency_days    as-of minus the day of the last order (RFM's R, never a model's t_x)
    tenure_days     as-of minus the day of the first order
    orders          orders that sold something; order_days: distinct days among them
    revenue, units  sums over all lines, returns taken off
    average_order   revenue / orders
    gaps            days between consecutive order days: days_between_orders (mean),
                    median_gap_days, sd_gap_days; regularity = mean / (mean + sd), 0.5 when
                    orders fall at random (Poisson), 1 when they come like clockwork
    products, categories   distinct ones bought; top_category_share: the largest category's part
    discount_share  discount / (sales + discount); return_share: units returned / units sold
    price_level     sales / units sold: the average price paid for one unit
    spending_trend  (b - a) / (b + a), b: sales of the last `TREND_DAYS` days, a: of the as many
                    before; null for customers younger than both

Every value is a function of the customer's own lines, in any row order, so that equal customers
get equal values and the profile is partitionable by customer_id. Ties (two first products, two
usual weekdays) go to the smallest value. Guests (no customer_id) and customers who only returned
have no row. A column is there only if the lines carry what it is made of.

Source: Platzer & Reutterer (2016), Marketing Science 35(5), on regularity as a predictor.
"""

from collections.abc import Iterator, Sequence
from datetime import date

import polars as pl
import polars.selectors as cs

KEY = "customer_id"
TREND_DAYS = 90
WEEKDAYS, HOURS = range(1, 8), range(24)
#: Sums are rounded to this many digits, so that they do not depend on the order of the rows.
DIGITS = 6


def profile(lines: pl.LazyFrame, as_of: date) -> pl.LazyFrame:
    """One row per customer who ordered by the end of day `as_of`, sorted by customer_id."""
    seen = lines.filter(
        pl.col(KEY).is_not_null(), pl.col("ordered_at") < pl.lit(as_of).dt.offset_by("1d")
    )
    columns = frozenset(lines.collect_schema().names())
    sold = seen.filter(pl.col("quantity") > 0)
    orders = sold.group_by(KEY, "order_id").agg(pl.col("ordered_at").min())
    table = _rhythm(orders, as_of)
    for part in (_gaps(orders), _habits(orders), *_parts(seen, sold, columns, as_of)):
        table = table.join(part, on=KEY, how="left")
    return table.with_columns(*_ratios(columns)).sort(KEY)


def _rhythm(orders: pl.LazyFrame, as_of: date) -> pl.LazyFrame:
    """first_order, last_order, recency_days, tenure_days, orders."""
    day = pl.col("ordered_at").dt.date()
    return (
        orders.group_by(KEY)
        .agg(first_order=day.min(), last_order=day.max(), orders=pl.len())
        .with_columns(
            recency_days=(pl.lit(as_of) - pl.col("last_order")).dt.total_days(),
            tenure_days=(pl.lit(as_of) - pl.col("first_order")).dt.total_days(),
            orders=pl.col("orders").cast(pl.Int64),
        )
    )


def _gaps(orders: pl.LazyFrame) -> pl.LazyFrame:
    """order_days and the gaps between them: mean, median, sd, regularity."""
    days = orders.select(KEY, day=pl.col("ordered_at").dt.date()).unique().sort(KEY, "day")
    same = pl.col(KEY) == pl.col(KEY).shift(1)
    gap = pl.when(same).then((pl.col("day") - pl.col("day").shift(1)).dt.total_days())
    mean, sd = pl.col("days_between_orders"), pl.col("sd_gap_days")
    n, total, squares = pl.col("gaps"), pl.col("total"), pl.col("squares")
    # Whole numbers up to the last step: no rounding that depends on how the rows were split.
    variance = (n * squares - total**2) / (n * (n - 1))
    return (
        days.with_columns(gap=gap)
        .group_by(KEY)
        .agg(
            order_days=pl.len().cast(pl.Int64),
            median_gap_days=pl.col("gap").median(),
            gaps=pl.col("gap").count().cast(pl.Int64),
            total=pl.col("gap").sum(),
            squares=(pl.col("gap") ** 2).sum(),
        )
        .with_columns(
            days_between_orders=pl.when(n > 0).then(total / n),
            sd_gap_days=pl.when(n > 1).then(variance.sqrt()),
        )
        .with_columns(regularity=mean / (mean + sd))
        .drop("gaps", "total", "squares")
    )


def _habits(orders: pl.LazyFrame) -> pl.LazyFrame:
    """usual_weekday (1 Monday), weekend_share, usual_hour (null where orders carry no time)."""
    at = pl.col("ordered_at")
    timed = at.dt.time() != pl.time(0, 0, 0)
    when = orders.with_columns(weekday=at.dt.weekday(), hour=pl.when(timed).then(at.dt.hour()))
    # A count per value beats a second group-by for the most frequent one four times.
    return (
        when.group_by(KEY)
        .agg(
            *_counts("weekday", WEEKDAYS),
            *_counts("hour", HOURS),
            weekend_share=(pl.col("weekday") >= 6).mean(),
        )
        .select(
            KEY,
            "weekend_share",
            usual_weekday=_usual("weekday", WEEKDAYS),
            usual_hour=_usual("hour", HOURS),
        )
    )


def _counts(what: str, values: range) -> Iterator[pl.Expr]:
    return ((pl.col(what) == value).sum().alias(f"{what}_{value}") for value in values)


def _usual(what: str, values: range) -> pl.Expr:
    """The most frequent of `values`, the smallest of several; null if none occurs."""
    most = pl.max_horizontal([pl.col(f"{what}_{value}") for value in values])
    first = [
        pl.when(pl.col(f"{what}_{value}") == most).then(pl.lit(value, pl.Int64)) for value in values
    ]
    return pl.when(most > 0).then(pl.coalesce(first))


def _parts(
    seen: pl.LazyFrame, sold: pl.LazyFrame, columns: frozenset[str], as_of: date
) -> Iterator[pl.LazyFrame]:
    """The tables that only some exports can give."""
    yield _sums(seen, columns, as_of)
    if "category" in columns:
        yield _categories(sold, "revenue" if "revenue" in columns else "quantity")
    if firsts := [c for c in ("product_id", "channel", "country", "coupon") if c in columns]:
        yield _firsts(sold, firsts)


def _sums(seen: pl.LazyFrame, columns: frozenset[str], as_of: date) -> pl.LazyFrame:
    """Sums over a customer's lines, and the distinct products bought."""
    quantity, is_sale = pl.col("quantity"), pl.col("quantity") > 0
    sums: dict[str, pl.Expr] = {
        "units": quantity.sum(),
        "units_sold": quantity.filter(is_sale).sum(),
        "units_returned": quantity.filter(quantity < 0).abs().sum(),
    }
    if "revenue" in columns:
        revenue = pl.col("revenue")
        age = (pl.lit(as_of) - pl.col("ordered_at").dt.date()).dt.total_days()
        recent = is_sale & (age < TREND_DAYS)
        earlier = is_sale & age.is_between(TREND_DAYS, 2 * TREND_DAYS, closed="left")
        sums |= {
            "revenue": revenue.sum(),
            "sales": revenue.filter(is_sale).sum(),
            "recent_sales": revenue.filter(recent).sum(),
            "earlier_sales": revenue.filter(earlier).sum(),
        }
    if "discount" in columns:
        sums["discount"] = pl.col("discount").filter(is_sale).sum()
    if "product_id" in columns:
        product = pl.col("product_id").filter(is_sale)
        sums["products"] = product.drop_nulls().n_unique().cast(pl.Int64)
    return seen.group_by(KEY).agg(**sums).with_columns(cs.float().round(DIGITS))


def _ratios(columns: frozenset[str]) -> Iterator[pl.Expr]:
    """The shares and levels that follow from the sums; null where the divisor is not positive."""
    yield _over("units_returned", pl.col("units_sold")).alias("return_share")
    if "revenue" not in columns:
        return
    recent, earlier = pl.col("recent_sales"), pl.col("earlier_sales")
    trend = (recent - earlier) / (recent + earlier)
    old_enough = pl.col("tenure_days") >= 2 * TREND_DAYS
    yield (pl.col("revenue") / pl.col("orders")).alias("average_order")
    yield _over("sales", pl.col("units_sold")).alias("price_level")
    yield (pl.when(old_enough & (recent + earlier > 0)).then(trend).alias("spending_trend"))
    if "discount" in columns:
        yield _over("discount", pl.col("sales") + pl.col("discount")).alias("discount_share")


def _over(part: str, whole: pl.Expr) -> pl.Expr:
    return pl.when(whole > 0).then(pl.col(part) / whole)


def _categories(sold: pl.LazyFrame, weight: str) -> pl.LazyFrame:
    """categories, top_category and top_category_share (of sales; of units without revenue)."""
    amount, largest = pl.col("amount"), pl.col("amount").max()
    total = amount.sum().round(DIGITS)
    per_category = (
        sold.drop_nulls("category")
        .group_by(KEY, "category")
        .agg(amount=pl.col(weight).sum().round(DIGITS))
    )
    return per_category.group_by(KEY).agg(
        categories=pl.len().cast(pl.Int64),
        top_category=pl.col("category").filter(amount == largest).min(),
        top_category_share=pl.when(total > 0).then(largest / total),
    )


def _firsts(sold: pl.LazyFrame, columns: Sequence[str]) -> pl.LazyFrame:
    """first_product, first_channel ...: what the first order carried.

    The first product is the one bought in the largest quantity.
    """
    start = sold.group_by(KEY).agg(start=pl.col("ordered_at").min())
    first = sold.join(start, on=KEY).filter(pl.col("ordered_at") == pl.col("start"))
    found = {f"first_{c}": pl.col(c).drop_nulls().min() for c in columns if c != "product_id"}
    table = first.group_by(KEY).agg(**found)
    if "product_id" not in columns:
        return table
    per_product = (
        first.drop_nulls("product_id")
        .group_by(KEY, "product_id")
        .agg(units=pl.col("quantity").sum())
    )
    main = pl.col("product_id").filter(pl.col("units") == pl.col("units").max()).min()
    return table.join(per_product.group_by(KEY).agg(first_product=main), on=KEY, how="left")
