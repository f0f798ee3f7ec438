"""Exports that overlap: which lines show an order as it was before a newer file was written."""

from collections.abc import Sequence
from datetime import datetime, time
from itertools import combinations

import polars as pl

from core.intake.clean import HASH, Part

#: What names a line of an order, however its other cells change from one export to the next.
NAMED_BY = ("order_id", "ordered_at", "customer_id", "product_id")


def outdated(parts: Sequence[Part]) -> list[pl.Series]:
    """Per part: whether a newer file of the same layout holds the line with other cells.

    The newer of two files is that whose last order is later. An order's number alone is no proof,
    shops count from one again: the customer or the time of day must agree too.
    """
    found = [pl.repeat(value=False, n=part.lines.height, eager=True) for part in parts]
    last = [part.lines["ordered_at"].max() for part in parts]
    ends = {i: end for i, end in enumerate(last) if isinstance(end, datetime)}
    for older, newer in combinations(sorted(ends, key=ends.__getitem__), 2):
        if parts[older].source.layout == parts[newer].source.layout:
            places = _changed(parts[older].lines, parts[newer].lines)
            found[older] = found[older].scatter(places, values=True)
    return [flags.alias("is_outdated") for flags in found]


def _changed(old: pl.DataFrame, new: pl.DataFrame) -> pl.Series:
    """The places of the lines of `old` that `new` holds with other cells."""
    by = [name for name in NAMED_BY if name in old.columns and name in new.columns]
    since = new["ordered_at"].min()
    if "order_id" not in by or old["ordered_at"].max() < since:  # type: ignore[operator]
        return pl.Series(dtype=pl.UInt32)
    proof = pl.col("ordered_at").dt.time() != time()
    if "customer_id" in by:
        proof |= pl.col("customer_id").is_not_null()
    both = old.lazy().with_row_index("at").filter(pl.col("ordered_at") >= since, proof)
    left = both.filter(~pl.col(HASH).is_in(new[HASH].implode())).select("at", *by)
    return left.join(new.lazy().select(by), on=by, how="semi", nulls_equal=True).collect()["at"]
