"""The demo shop, made to order or as files.

shop("medium").orders, .stock, .truth     see README.md beside this file
write("medium", Path("orders.csv"))       what `shopscope sample medium --out orders.csv` writes
"""

import gzip
import io
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from sample_data.make import Language, Shop, shop
from sample_data.plan import Size
from sample_data.words import HEADERS_ZH, STOCK_HEADERS_ZH

__all__ = ["SHOPS", "Shop", "names", "orders_path", "shop", "stock_path", "write"]

HERE = Path(__file__).parent
#: Name of a demo shop -> its size and language. All are made with seed 0.
SHOPS: Mapping[str, tuple[Size, Language]] = {
    "small": ("small", "en"),
    "medium": ("medium", "en"),
    "small-zh": ("small", "zh"),
    "medium-zh": ("medium", "zh"),
}


def names() -> tuple[str, ...]:
    """The demo shops that can be written here."""
    from sample_data import completejourney

    return (*SHOPS, "completejourney") if completejourney.installed() else tuple(SHOPS)


def orders_path(name: str) -> Path:
    """The shipped order export of one of `SHOPS`."""
    return HERE / f"{name}.csv.gz"


def stock_path(name: str) -> Path:
    """The shipped stock list of one of `SHOPS`."""
    return HERE / f"{name}_stock.csv"


def write(name: str, out: Path) -> list[Path]:
    """Write the orders of demo shop `name` to `out` and its stock list beside it.

    Returns the files written. `out` ending in .gz is compressed.
    """
    if name == "completejourney":
        from sample_data import completejourney

        return completejourney.write(out)
    if name not in SHOPS:
        raise KeyError(name)
    size, language = SHOPS[name]
    made = shop(size, language=language)
    stem = out.name.removesuffix(".gz").removesuffix(".csv")
    beside = out.with_name(f"{stem}_stock.csv")
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(_packed(orders_csv(made), out))
    beside.write_bytes(stock_csv(made))
    return [out, beside]


def orders_csv(made: Shop) -> bytes:
    """The order export as CSV, with the headers of the shop's language."""
    return _csv(made.orders, HEADERS_ZH if made.language == "zh" else {})


def stock_csv(made: Shop) -> bytes:
    """The stock list as CSV, with the headers of the shop's language."""
    return _csv(made.stock, STOCK_HEADERS_ZH if made.language == "zh" else {})


def _csv(frame: pl.DataFrame, headers: Mapping[str, str]) -> bytes:
    buffer = io.BytesIO()
    frame.rename(headers).write_csv(buffer, datetime_format="%Y-%m-%d %H:%M:%S", float_precision=2)
    return buffer.getvalue()


def _packed(content: bytes, out: Path) -> bytes:
    return gzip.compress(content, 9, mtime=0) if out.suffix == ".gz" else content


if __name__ == "__main__":
    for shipped in SHOPS:
        write(shipped, orders_path(shipped))
