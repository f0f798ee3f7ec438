"""E-mail addresses of customers, from a list loaded for one purpose and not kept.

Which columns hold the customer's key and the address is told by what stands in them.
"""

from collections.abc import Iterator
from contextlib import suppress

import polars as pl

from core.errors import IntakeError
from core.intake import cells
from core.intake.derive import one_case
from core.intake.inspection import recognised
from core.intake.read import Table
from core.intake.request import DEFAULT, Upload
from core.intake.sources.source import ROW
from core.measures.customer_lists import ADDRESS


def addresses(upload: Upload, customers: pl.Series) -> pl.DataFrame:
    """customer_id, address: those of `customers` that the file names, each once.

    IntakeError where it has no column of addresses, or none of their keys.
    """
    found = [_addresses(one.table, customers) for one in recognised([upload], DEFAULT)]
    table = pl.concat(found).unique("customer_id", keep="last").sort("customer_id")
    if table.is_empty():
        raise IntakeError(
            "{file} does not name these customers: it needs a column with the keys that your orders"
            " have and one with e-mail addresses.",
            file=upload.name,
        )
    return table


def _addresses(table: Table, customers: pl.Series) -> pl.DataFrame:
    texts = dict(_texts(table))
    if not texts:
        return pl.DataFrame(schema={"customer_id": pl.String, "address": pl.String})
    key = max(texts, key=lambda name: int(one_case(texts[name]).is_in(customers.implode()).sum()))
    mail = max(texts, key=lambda name: int(texts[name].str.contains(ADDRESS).sum() or 0))
    keys = one_case(texts[key])
    return pl.DataFrame({"customer_id": keys, "address": texts[mail]}).filter(
        pl.col("customer_id").is_in(customers.implode()), pl.col("address").str.contains(ADDRESS)
    )


def _texts(table: Table) -> Iterator[tuple[str, pl.Series]]:
    """Each column as keys are read; without those that a spreadsheet rounded, as telephones."""
    raw = table.collected(table.rows)
    for name in table.keys:
        column = cells.Column(table.name, "customer_id", name, raw[name], raw[ROW])
        with suppress(IntakeError):
            yield name, cells.identity(column)
