"""The kept lines as one table: the canonical columns, one name per product, one order of rows."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from core.errors import IntakeError
from core.intake import cells
from core.intake.clean import Part
from core.intake.reasons import KEPT
from core.intake.sources.source import ROW
from core.schema import ALWAYS, ORDER_LINES

#: A name counts as used from this many lines on.
USED = 3
#: Columns that are brought in order at a time: as many as there are cores is enough.
TOGETHER = 4
#: Columns that have no say in the order of lines beside its keys.
UNORDERED = (
    "ordered_at", "order_id", "product_id", "product_name", "line_id", "source_file", "source_row",
)  # fmt: skip


def finished(
    held: dict[str, pl.Series],
    kept: pl.Series,
    spelled: pl.DataFrame | None,
    files: Sequence[str],
) -> pl.DataFrame:
    """The `kept` lines in the canonical order, repeated text still stored once per value.

    Takes each column out of `held` as it is made, so that a big shop is never twice in memory.
    """
    places = _places(held, kept)
    held["source_row"], held["source_file"] = held.pop(ROW), held.pop("part")
    made: dict[str, pl.Series] = {}
    wanted = [column for column in ORDER_LINES if column in held]
    for start in range(0, len(wanted), TOGETHER):
        names = wanted[start : start + TOGETHER]
        columns = pl.DataFrame([held.pop(name).alias(name) for name in names])
        for values in columns.rechunk().select(pl.all().gather(places)):
            if values.name in ALWAYS or values.null_count() < len(values):
                made[values.name] = values
    made["source_file"] = _named(made["source_file"], files)
    if spelled is not None and "product_name" in made:
        made["product_name"] = _one_name(made, spelled)
    if "line_id" not in made or made["line_id"].n_unique() < len(places):
        made["line_id"] = pl.int_range(1, len(places) + 1, dtype=pl.UInt32, eager=True)
    return pl.DataFrame(made)


def _named(parts: pl.Series, files: Sequence[str]) -> pl.Series:
    """The name of each line's file."""
    if len(files) == 1:
        return pl.repeat(files[0], len(parts), dtype=pl.Categorical(), eager=True)
    return pl.Series(files, dtype=pl.Categorical).gather(parts)


def canonical(lines: pl.DataFrame) -> pl.LazyFrame:
    """The lines in the canonical columns and types; text is spelled out where it is asked for."""
    return lines.lazy().select(
        pl.col(column).cast(column_of.dtype)
        for column, column_of in ORDER_LINES.items()
        if column in lines.columns
    )


def _places(held: dict[str, pl.Series], kept: pl.Series) -> pl.Series:
    """Where each kept line stands among all, in order of time, order and product.

    Lines equal in these go by the rest of their content: so the order of the rows in the file is
    forgotten, and only `source_row` remembers it.
    """
    names = [c for c in ("ordered_at", "order_id", "product_id") if c in held]
    keys = pl.DataFrame([held[name] for name in names]).rechunk()
    held.update(zip(names, keys, strict=True))  # the pieces of a column are let go of
    keys = keys.with_row_index("at")
    if not keys["ordered_at"].is_sorted(nulls_last=True):
        keys = keys.sort("ordered_at", nulls_last=True, maintain_order=True)
    place = _of_order(keys).cast(pl.UInt64)
    if "product_id" in held:
        place = place * 2**32 + _alphabetical(keys["product_id"]).fill_null(0)
    sorted_by = pl.Series(np.argsort(place.to_numpy(), kind="stable")).cast(pl.UInt32)
    ordered = pl.DataFrame([keys["at"].gather(sorted_by), place.gather(sorted_by).alias("place")])
    ordered = ordered.filter(kept.gather(ordered["at"]))
    again = ordered["place"] == ordered["place"].shift()
    tied = (again | again.shift(-1, fill_value=False)).arg_true()
    if not len(tied):
        return ordered["at"]
    ties = ordered[tied].with_columns(tie=_content(held, ordered["at"].gather(tied)))
    return ordered["at"].scatter(tied, ties.sort("place", "tie", maintain_order=True)["at"])


def _of_order(keys: pl.DataFrame) -> pl.Series:
    """The place of each line's order, by time and then by number; the lines stand by time.

    Looked at once per run of lines of one order. Only the moments whose orders do not stand by
    number, few in most exports, are sorted.
    """
    time, order = keys["ordered_at"], keys["order_id"]
    moment = time.ne_missing(time.shift())
    starts = moment | order.ne_missing(order.shift())
    at = starts.arg_true()
    runs = pl.DataFrame([order.gather(at), moment.gather(at).cum_sum().alias("moment")])
    runs = runs.with_row_index("place")
    same, before = pl.col("moment") == pl.col("moment").shift(), pl.col("order_id").shift()
    wrong = runs.filter(same & (pl.col("order_id") < before))["moment"]
    places = runs["place"]
    if len(wrong):
        mixed = runs.filter(pl.col("moment").is_in(wrong.unique().implode()))
        ordered = mixed.sort("moment", "order_id", maintain_order=True)
        again = ordered.select(same & pl.col("order_id").eq_missing(before)).to_series()
        place = mixed["place"].set(again, None).forward_fill()
        places = places.scatter(ordered["place"], place)
    return places.gather(starts.cum_sum() - 1)


def _alphabetical(values: pl.Series) -> pl.Series:
    """The place of each value in the alphabet."""
    different = cells.distinct(values).drop_nulls()
    codes, place = different.to_physical(), different.cast(pl.String).rank("dense")
    table = np.zeros(len(codes) and int(codes.max()) + 1, np.uint64)  # type: ignore[arg-type]
    table[codes.to_numpy()] = place.to_numpy()
    return pl.Series(table).gather(values.to_physical())


def _content(held: Mapping[str, pl.Series], places: pl.Series) -> pl.Series:
    """A hash of what some lines hold beside time, order and product."""
    rest = [c for c in ORDER_LINES if c in held and c not in UNORDERED]
    if not rest:
        return pl.zeros(len(places), dtype=pl.UInt64, eager=True)
    values = pl.DataFrame([held[column].gather(places) for column in rest])
    return values.select(pl.struct(pl.col(rest).cast(pl.String)).hash()).to_series()


def spellings(lines: pl.DataFrame) -> pl.DataFrame | None:
    """One row per product and name among the kept lines: how many, first and last time, where."""
    if not {"product_id", "product_name"} <= set(lines.columns):
        return None
    return (
        lines.lazy()
        .filter(pl.col("reason") == KEPT, pl.col("product_name").is_not_null())
        .group_by("product_id", "product_name")
        .agg(
            pl.len(),
            first=pl.col("ordered_at").min(),
            last=pl.col("ordered_at").max(),
            place=(pl.col("part").cast(pl.UInt64) * 2**32 + pl.col(ROW)).min(),
        )
        .with_columns(part=pl.col("place") // 2**32, source_row=pl.col("place") % 2**32)
        .drop("place")
        .collect(engine="streaming")
    )


def _names(spelled: pl.DataFrame) -> pl.DataFrame:
    """One name per product: its most frequent spelling, then the first by alphabet."""
    ordered = spelled.sort("len", "product_name", descending=[True, False])
    return ordered.unique("product_id", keep="first").select("product_id", "product_name")


def renamed(spelled: pl.DataFrame | None, files: Sequence[str]) -> pl.DataFrame:
    """One row per product that took another name for good, see `core.reconciliation`.

    A name of other letters that was first used after the last use of the one before it.
    """
    if spelled is None:
        return pl.DataFrame()
    letters = pl.col("product_name").str.to_lowercase().str.replace_all(r"[^\p{L}\p{N}]", "")
    before = pl.all().exclude("product_id").shift().over("product_id", order_by="first")
    found = (
        spelled.with_columns(pl.col(pl.Categorical).cast(pl.String))
        .filter(pl.col("len") >= USED)
        .with_columns(letters=letters)
        .with_columns(before.name.prefix("old_"))
        .filter(pl.col("old_last") < pl.col("first"), pl.col("old_letters") != pl.col("letters"))
        .sort("product_id", "first")
    )
    file = pl.Series("source_file", files).gather(found["part"])
    return found.select("product_id", "old_product_name", "product_name", file, "source_row")


def _one_name(made: Mapping[str, pl.Series], spelled: pl.DataFrame) -> pl.Series:
    """The product names of the lines, each product under its one name."""
    names = _names(spelled)
    if len(names) == len(spelled) and not made["product_name"].null_count():
        return made["product_name"]
    products = made["product_id"].to_frame()
    return products.join(names, on="product_id", how="left", maintain_order="left")["product_name"]


def main_currency(parts: Sequence[Part], wanted: str | None) -> str | None:
    """The currency to analyse: the one wanted, else that of most lines."""
    seen = [
        p.lines["currency"].drop_nulls().value_counts().with_columns(pl.col("currency").cast(str))
        for p in parts
        if "currency" in p.lines.columns
    ]
    counts = pl.concat(seen).group_by("currency").agg(pl.col("count").sum()) if seen else None
    codes = [] if counts is None else counts["currency"].to_list()
    if wanted and codes and wanted.upper() not in codes:
        raise IntakeError(
            "No line is in {wanted}; the files hold {found:names}.",
            wanted=wanted,
            found=sorted(codes),
        )
    if wanted or counts is None or not codes:
        return wanted.upper() if wanted else None
    return str(counts.sort("count", "currency", descending=[True, False])["currency"][0])
