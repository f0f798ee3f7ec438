"""What follows from a line's own cells: quantity, product, order, money, and what it is not."""

from collections.abc import Collection, Sequence
from functools import reduce
from operator import or_

import polars as pl

from core.intake import cells, reasons
from core.intake.fields import MONEY
from core.intake.sources.source import Source

MASKED = "**"
#: What databases write as the time of what did not happen.
NEVER = r"^(?:0+$|000[01]-|1970-01-01)"


def derived(lines: pl.DataFrame, source: Source) -> pl.DataFrame:
    """Fill what follows from other columns: quantity, order, price and revenue."""
    there = set(lines.columns)
    if "quantity" not in there:
        lines = lines.with_columns(quantity=pl.lit(1.0))
    if "customer_id" in there and lines["customer_id"].str.contains_any(["@", MASKED]).any():
        lines = _customers(lines)
    lines = _order_ids(_money(lines))
    constants = {"currency": source.currency, "channel": source.channel}
    absent = {
        name: pl.lit(value) for name, value in constants.items() if value and name not in there
    }
    return lines.with_columns(
        **absent, **({"is_spread": pl.lit(value=True)} if source.spreads else {})
    )


def _customers(lines: pl.DataFrame) -> pl.DataFrame:
    """Addresses in one case; no customer where the key is masked."""
    masked = pl.col("customer_id").str.contains(MASKED, literal=True).fill_null(value=False)
    lines = lines.with_columns(one_case(lines["customer_id"]), masked.alias("is_masked"))
    if not lines["is_masked"].any():
        return lines.drop("is_masked")
    return lines.with_columns(customer_id=pl.when(~pl.col("is_masked")).then("customer_id"))


def one_case(keys: pl.Series) -> pl.Series:
    """Customers' keys, e-mail addresses in small letters: "Ada@x.org" is "ada@x.org"."""
    mail = keys.str.contains("@", literal=True)
    if not mail.any():
        return keys
    return keys.zip_with(~mail.fill_null(value=False), keys.str.to_lowercase())


def judged(lines: pl.DataFrame, source: Source) -> pl.DataFrame:
    """The lines of a whole file with their products, and what they are not: postage, cancelled.

    A flag that no line raises is left out.
    """
    lines = _products(lines)
    if "currency" in lines.columns:
        lines = lines.with_columns(_upper(lines["currency"]))
    flags = {**_services(lines, source), **_statuses(lines)}
    if "cancelled_at" in lines.columns:
        before = flags.get("is_cancelled", pl.lit(value=False))
        when = pl.col("cancelled_at")
        flags["is_cancelled"] = before | (when.is_not_null() & ~when.str.contains(NEVER))
    lines = lines.with_columns(**flags)
    return _as_returns(lines) if "revenue" in lines.columns else lines


def _products(lines: pl.DataFrame) -> pl.DataFrame:
    """A product without a code is known by its name."""
    there = {"product_id", "product_name"} & set(lines.columns)
    if not there:
        return lines
    if "product_id" in there and not lines["product_id"].null_count():
        return lines
    code = pl.coalesce(pl.col(sorted(there)).cast(pl.String))
    return lines.with_columns(product_id=code)


def _upper(codes: pl.Series) -> pl.Series:
    distinct = cells.distinct(codes).cast(pl.String).drop_nulls()
    if (distinct == distinct.str.to_uppercase()).all():
        return codes
    return codes.cast(pl.String).str.to_uppercase()


def _order_ids(lines: pl.DataFrame) -> pl.DataFrame:
    """Orders without a number: what one customer bought on one day; a guest, at one moment."""
    there = set(lines.columns)
    if "order_id" in there and not lines["order_id"].null_count():
        return lines
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
        lines = lines.with_columns(lines["discount"].abs())
    made: dict[str, pl.Expr] = {}
    if "unit_price" in there:
        made["revenue"] = revenue(there)
    elif "revenue" in there:
        made["unit_price"] = _rounded(pl.col("revenue") / pl.col("quantity"))
    read = [column for column in MONEY if column in there and column not in made]
    return lines.with_columns(_rounded(pl.col(read)), **made)


def _rounded(money: pl.Expr) -> pl.Expr:
    """To four decimals, and never to -0."""
    return money.round(4) + 0.0


def revenue(there: Collection[str]) -> pl.Expr:
    """What the file says a line brought in, else price times quantity less the discount."""
    quantity, sign = pl.col("quantity"), pl.col("quantity").sign()
    off = pl.col("discount").fill_null(0) * sign if "discount" in there else pl.lit(0.0)
    known = [pl.col("revenue")] if "revenue" in there else []
    return _rounded(pl.coalesce(*known, quantity * pl.col("unit_price") - off))


def _as_returns(lines: pl.DataFrame) -> pl.DataFrame:
    """A product line that gives money back takes units back, and one that takes units back gives
    money back: whichever the file leaves positive, both are negative.
    """
    money, units = pl.col("revenue"), pl.col("quantity")
    back, given = (money < 0) & (units > 0), (money > 0) & (units < 0)
    if "is_service" in lines.columns:
        back, given = back & ~pl.col("is_service"), given & ~pl.col("is_service")
    if lines.select(given.any()).item():
        price = pl.when(given).then(pl.col("unit_price").abs()).otherwise("unit_price")
        lines = lines.with_columns(
            revenue=pl.when(given).then(-money).otherwise(money), unit_price=price
        )
    return lines.with_columns(
        quantity=pl.when(back).then(-pl.col("quantity")).otherwise("quantity"),
        unit_price=pl.when(back).then(pl.col("unit_price").abs()).otherwise("unit_price"),
    )


def _services(lines: pl.DataFrame, source: Source) -> dict[str, pl.Expr]:
    """Postage, fees, samples: looked up once per product, not once per line."""
    of_code = [reasons.SERVICE_NAMES, *([source.service] if source.service else [])]
    tests = [
        _among(lines[name], patterns)
        for name, patterns in (("product_id", of_code), ("product_name", of_code[:1]))
        if name in lines.columns
    ]
    found = [test for test in tests if test is not None]
    return {"is_service": pl.any_horizontal(found)} if found else {}


def _statuses(lines: pl.DataFrame) -> dict[str, pl.Expr]:
    """Cancelled, unpaid, refunded: looked up once per status."""
    if "status" not in lines.columns:
        return {}
    found = {name: _among(lines["status"], [pattern]) for name, pattern in reasons.STATUSES.items()}
    flags = {name: flag for name, flag in found.items() if flag is not None}
    back = _among(lines["status"], [reasons.RETURNED])
    if back is not None and not lines.select((back & _is_negative(lines)).any()).item():
        flags["is_refunded"] = flags.get("is_refunded", pl.lit(value=False)) | back
    return flags


def _is_negative(lines: pl.DataFrame) -> pl.Expr:
    """Whether a line gives units or money back."""
    given = [c for c in ("quantity", "revenue") if c in lines.columns]
    return pl.any_horizontal([(pl.col(c) < 0).fill_null(value=False) for c in given])


def _among(values: pl.Series, patterns: Sequence[str]) -> pl.Expr | None:
    """Whether a column's text matches one of the patterns, if any does; each is looked at once."""
    distinct = cells.distinct(values).drop_nulls()
    fitting = [distinct.cast(pl.String).str.contains(pattern) for pattern in patterns]
    found = distinct.filter(reduce(or_, fitting)).to_physical()
    if found.is_empty():
        return None
    return pl.col(values.name).to_physical().is_in(found.implode()).fill_null(value=False)
