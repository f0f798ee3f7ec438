"""Orders and baskets out of order lines: what several analyses start from."""

import polars as pl


def sales(lines: pl.LazyFrame) -> pl.LazyFrame:
    """The lines that sell something: returns (negative quantity) left out."""
    return lines.filter(pl.col("quantity") > 0)


def orders(lines: pl.LazyFrame) -> pl.LazyFrame:
    """One row per order that sold something.

    order_id, customer_id, ordered_at, units, products (distinct), revenue (without returns).
    Only the columns that `lines` carries. A return is not an order; it is netted where revenue is
    summed over `lines` themselves. Partitionable by order_id.
    """
    present = set(lines.collect_schema().names())
    columns = {
        "customer_id": pl.col("customer_id").drop_nulls().first(),
        "ordered_at": pl.col("ordered_at").min(),
        "units": pl.col("quantity").sum(),
        "products": pl.col("product_id").n_unique(),
        "revenue": pl.col("revenue").sum().round(6),
    }
    needs = {"units": "quantity", "products": "product_id"}
    aggregated = {name: expr for name, expr in columns.items() if needs.get(name, name) in present}
    return sales(lines).group_by("order_id").agg(**aggregated)
