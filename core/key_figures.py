"""The few figures by which a report is held against the one before it.

Totals of the shop, its last four weeks, and how many customers or products each answer puts where.
"""

import json
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from core.analyses import Result
from core.dataset import Dataset
from core.errors import IntakeError

SCHEMA = {"analysis": pl.String, "figure": pl.String, "group": pl.String, "value": pl.Float64}
KEYS = ["analysis", "figure", "group"]
RECENT_DAYS = 28
#: analysis -> (file, code that is counted, what is counted).
COUNTED = {
    "churn": ("churn", "risk", "customers"),
    "inventory": ("inventory", "status", "products"),
}


def of(dataset: Dataset, results: Mapping[str, Result], as_of: date | None = None) -> pl.DataFrame:
    """analysis, figure, group, value; group is null for a total. The last weeks end on `as_of`."""
    since = dataset.day(as_of) - timedelta(days=RECENT_DAYS)
    frames = [_shop(dataset, None), _shop(dataset, since)]
    for name, result in results.items():
        files = result.files()
        if name == "segments":
            groups = files["segments"].filter(pl.col("scheme") == "rfm")
            frames.append(_rows(name, "customers", groups["segment"], groups["customers"]))
        if name == "rules":
            frames.append(_rows(name, "rules", [None], [files["rules"].height]))
        if name == "churn":
            at_risk = files["churn"]["value_at_risk"].sum()
            frames.append(_rows(name, "value_at_risk", [None], [round(at_risk, 2)]))
        if name in COUNTED:
            file, code, counted = COUNTED[name]
            counts = files[file].drop_nulls(code).group_by(code).len().sort(code)
            frames.append(_rows(name, counted, counts[code], counts["len"]))
    return pl.concat(frames)


def _rows(analysis: str, figure: str, groups: Any, values: Any) -> pl.DataFrame:  # noqa: ANN401
    columns = {"group": groups, "value": values}
    named = pl.DataFrame(columns, strict=False).with_columns(
        pl.col("group").cast(pl.String),
        pl.col("value").cast(pl.Float64),
        analysis=pl.lit(analysis),
        figure=pl.lit(figure),
    )
    return named.select(SCHEMA.keys())


def _shop(dataset: Dataset, since: date | None) -> pl.DataFrame:
    lines = dataset.lines
    if since is not None:
        lines = lines.filter(pl.col("ordered_at").dt.date() > since)
    counted = {"orders": "order_id", "customers": "customer_id"}
    carried = {name: column for name, column in counted.items() if column in dataset.columns}
    asked = {name: pl.col(column).drop_nulls().n_unique() for name, column in carried.items()}
    if "revenue" in dataset.columns:
        asked["revenue"] = pl.col("revenue").sum().round(2)
    found = lines.select(**asked).collect().row(0, named=True)
    group = None if since is None else "last_28_days"
    rows = [("shop", name, group, float(value or 0)) for name, value in found.items()]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def compared(before: pl.DataFrame, now: pl.DataFrame) -> pl.DataFrame:
    """KEYS, earlier, now, change (share; null where there was nothing): `now`'s order.

    A group that only one of them counts something in stands at 0 in the other; those that `now`
    counts nothing in come last. What was not asked for now is left out.
    """
    asked = before.join(now, on=["analysis", "figure"], how="semi")
    gone = asked.join(now, on=KEYS, how="anti", nulls_equal=True).with_columns(value=0.0)
    new = now.join(before, on=["analysis", "figure"], how="semi")
    new = new.join(before, on=KEYS, how="anti", nulls_equal=True).with_columns(value=0.0)
    before = pl.concat([before, new])
    joined = pl.concat([now, gone]).rename({"value": "now"}).join(
        before.rename({"value": "earlier"}), on=KEYS, how="left", nulls_equal=True,
        maintain_order="left",
    )  # fmt: skip
    earlier = pl.col("earlier")
    change = pl.when(earlier != 0).then(pl.col("now") / earlier - 1)
    return joined.select(*KEYS, "earlier", "now", change=change)


def read(path: Path) -> tuple[date, pl.DataFrame]:
    """(last day, figures) of an earlier run: its summary.json, or the folder that holds it."""
    path = path / "summary.json" if path.is_dir() else path
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        rows = [[row[key] for key in SCHEMA] for row in said["figures"]]
        day = date.fromisoformat(said["shop"]["last_order"][:10])
        return day, pl.DataFrame(rows, schema=SCHEMA, orient="row")
    except (OSError, ValueError, KeyError, TypeError, pl.exceptions.PolarsError) as error:
        raise IntakeError(
            "{file} is not the summary.json of an earlier run.", file=str(path)
        ) from error
