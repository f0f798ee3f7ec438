"""What the data can and cannot carry: the NEEDS of each analysis against what is there."""

from collections.abc import Mapping

import polars as pl

from core.analyses import MODULES, load
from core.dataset import Dataset

#: One row per analysis and thing to say about it.
SCHEMA: Mapping[str, pl.DataType] = {
    "analysis": pl.String(),
    "readiness": pl.String(),
    "missing": pl.List(pl.String),
    "fact": pl.String(),
    "have": pl.Int64(),
    "wanted": pl.Int64(),
}


def readiness(dataset: Dataset) -> pl.DataFrame:
    """One row per analysis and shortage, in the order of MODULES.

    analysis; readiness: "missing" (columns it cannot do without, in `missing`), "little" (`fact`:
    `have` is below the `wanted` count), "partly" (optional columns or tables in `missing` would
    make it better) or "ready".
    """
    rows = [row for name in MODULES for row in _rows(name, dataset)]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _rows(name: str, dataset: Dataset) -> list[tuple[object, ...]]:
    needs = load(name).NEEDS
    if missing := sorted(needs.columns - dataset.columns):
        return [(name, "missing", missing, None, None, None)]
    short: list[tuple[object, ...]] = [
        (name, "little", [], fact, have, wanted)
        for fact, (have, wanted) in needs.unmet(dataset.facts).items()
    ]
    known = dataset.columns.union(*(table.columns for table in dataset.tables.values()))
    absent = sorted(needs.tables - set(dataset.tables)) + sorted(needs.optional - known)
    if absent:
        return [*short, (name, "partly", absent, None, None, None)]
    return short or [(name, "ready", [], None, None, None)]
