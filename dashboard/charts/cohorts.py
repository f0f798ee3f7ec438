"""Charts of cohorts: curves with intervals, and the grid with counts in every cell."""

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go
import polars as pl

from dashboard import charts, i18n
from dashboard.i18n import t, term, term_format

#: Curves that can still be told apart.
MOST_CURVES = 5
#: Rows of the grid: the latest cohorts; the table has them all.
MOST_ROWS = 24
#: Measures of what happened within a window; the others tell of all that happened until its end.
WINDOWED = ("retention", "revenue_per_customer")
#: The grid's title speaks of the third window.
SPOKEN = 3
#: Windows whose figures still fit into their cells; the colour of a cell on too few customers.
MOST_WRITTEN, FEW = 14, "#b9c1c9"


def labelled(frame: pl.DataFrame) -> pl.DataFrame:
    """The cells with `all_customers`, `other` and `none` in the reader's language."""
    names = set(frame["cohort"])
    codes = ("all_customers", "other", "none")
    # A shop may call a category "Other" itself: two of one label would be drawn as one.
    said = {code: term(code) for code in codes if term(code) not in names}
    return frame.with_columns(pl.col("cohort").replace(said))


def curve(overall: pl.DataFrame, measure: str, days: int) -> go.Figure:
    """One measure of all customers along their windows, with its interval."""
    seen = overall.filter("enough").with_columns(days=(pl.col("age") + 1) * days)
    values = _told(seen.row(-1, named=True), measure, days)
    title = t("{measure:label} after {days:integer} days: {value}", **values)
    if measure in WINDOWED:
        title = t("{measure:label}, days {start:integer} to {days:integer}: {value}", **values)
    low, high = bounds(measure)
    return charts.lines(seen, "days", measure, title, low=low, high=high)


def _told(row: Mapping[str, Any], measure: str, days: int) -> dict[str, Any]:
    """What the titles say of one window: its days since the first order, figure and customers."""
    return {
        "measure": measure,
        "start": row["age"] * days + 1,
        "days": (row["age"] + 1) * days,
        "value": i18n.value(row[measure], term_format(measure)),
        "customers": row["customers"],
    }


def bounds(measure: str) -> tuple[str | None, str | None]:
    """The columns of the interval of `measure`, if it has one."""
    if measure == "revenue_per_customer":
        return None, None
    return f"{measure}_low", f"{measure}_high"


def compared(cells: pl.DataFrame, sizes: pl.DataFrame, measure: str, days: int) -> go.Figure:
    """The largest cohorts side by side, with intervals."""
    largest = sizes.sort("customers", "cohort", descending=[True, False])["cohort"]
    enough = set(cells.filter("enough")["cohort"])
    kept = [cohort for cohort in largest if cohort in enough][:MOST_CURVES]
    seen = cells.filter(pl.col("cohort").is_in(kept), "enough").with_columns(
        days=(pl.col("age") + 1) * days
    )
    low, high = bounds(measure)
    title = t("{measure:label} of the largest cohorts", measure=measure)
    return charts.lines(labelled(seen), "days", measure, title, group="cohort", low=low, high=high)


def grid(cells: pl.DataFrame, overall: pl.DataFrame, measure: str, days: int) -> go.Figure:
    """Cohorts by windows, each cell with its count; those on fewer than 20 customers are grey.

    The title gives the same of all customers, at a window that most cohorts have reached.
    """
    values = _told(overall.head(SPOKEN).row(-1, named=True), measure, days)
    title = t(
        "{measure:label} after {days:integer} days, all cohorts together: {value} "
        "({customers:integer} customers)",
        **values,
    )
    if measure in WINDOWED:
        title = t(
            "{measure:label}, days {start:integer} to {days:integer}, all cohorts together: {value}"
            " ({customers:integer} customers)",
            **values,
        )
    cohorts = cells["cohort"].unique(maintain_order=True).to_list()[-MOST_ROWS:]
    names = _names(labelled(pl.DataFrame({"cohort": cohorts}))["cohort"].to_list())
    ages = sorted(cells["age"].unique().to_list())
    figure = charts.figure(
        title,
        height=150 + 38 * len(cohorts),
        xaxis={"title": {"text": term("age")}, "dtick": 1, "showgrid": False, "zeroline": False},
        yaxis={"type": "category", "autorange": "reversed", "showgrid": False},
    )
    for enough in (True, False):
        part = cells.filter(pl.col("enough") == enough)
        found = {(row["cohort"], row["age"]): row for row in part.iter_rows(named=True)}
        rows = [[found.get((cohort, age)) for age in ages] for cohort in cohorts]
        figure.add_heatmap(
            x=ages,
            y=names,
            z=[[(r[measure] if enough else 0.0) if r else None for r in row] for row in rows],
            colorscale=charts.PALE if enough else [[0, FEW], [1, FEW]],
            textfont={"color": charts.INK},
            texttemplate="%{text}" if len(ages) <= MOST_WRITTEN else None,
            **_written(rows, measure),
        )
    return figure


def _names(cohorts: list[str]) -> list[charts.Escaped]:
    """The cohorts' names, cut where that leaves them apart."""
    cut = [charts.text(name, 30) for name in cohorts]
    return cut if len(set(cut)) == len(cut) else [charts.text(name, 200) for name in cohorts]


def _written(rows: list[list[dict[str, Any] | None]], measure: str) -> dict[str, Any]:
    """The cells' figures and counts, on them and on hovering."""
    spec = term_format(measure) or "number"
    figures = [[i18n.value(r[measure], spec) if r else "" for r in row] for row in rows]
    counts = [[i18n.value(r["customers"], "integer") if r else "" for r in row] for row in rows]

    def each(template: str) -> list[list[str]]:
        return [
            [template.format(*cell) if cell[0] else "" for cell in zip(*row, strict=True)]
            for row in zip(figures, counts, strict=True)
        ]

    names = [charts.text(term(name)) for name in ("age", measure, "customers")]
    return {
        # Plotly fits the type to the longest line, mark-up counted.
        "text": each("{}<br>{}"),
        "customdata": each(f"{names[1]}: {{}}<br>{names[2]}: {{}}"),
        "hovertemplate": f"%{{y}} · {names[0]} %{{x}}<br>%{{customdata}}<extra></extra>",
        "hoverongaps": False,
        "xgap": 2,
        "ygap": 2,
        "showscale": False,
    }
