"""Charts of cohorts: curves with intervals, and the grid with counts in every cell."""

import plotly.graph_objects as go
import polars as pl

from dashboard import charts, i18n
from dashboard.i18n import t, term, term_format

#: Curves that can still be told apart.
MOST_CURVES = 5
#: Rows of the grid: the latest cohorts; the table has them all.
MOST_ROWS = 24


def labelled(frame: pl.DataFrame) -> pl.DataFrame:
    """The cells with `all_customers`, `other` and `none` in the reader's language."""
    said = {code: term(code) for code in ("all_customers", "other", "none")}
    return frame.with_columns(pl.col("cohort").replace(said))


def curve(overall: pl.DataFrame, measure: str, days: int) -> go.Figure:
    """One measure of all customers along their windows, with its interval."""
    seen = overall.filter("enough").with_columns(days=(pl.col("age") + 1) * days)
    title = t(
        "{measure:label} after {days:integer} days: {value}",
        measure=measure,
        days=int(seen["days"][-1]),
        value=i18n.value(seen[measure][-1], term_format(measure)),
    )
    low, high = bounds(measure)
    return charts.lines(seen, "days", measure, title, low=low, high=high)


def bounds(measure: str) -> tuple[str | None, str | None]:
    """The columns of the interval of `measure`, if it has one."""
    if measure == "revenue_per_customer":
        return None, None
    return f"{measure}_low", f"{measure}_high"


def compared(cells: pl.DataFrame, sizes: pl.DataFrame, measure: str, days: int) -> go.Figure:
    """The largest cohorts side by side, with intervals."""
    largest = sizes.sort("customers", "cohort", descending=[True, False])["cohort"]
    kept = [c for c in largest if c in cells.filter("enough")["cohort"]][:MOST_CURVES]
    seen = cells.filter(pl.col("cohort").is_in(kept), "enough").with_columns(
        days=(pl.col("age") + 1) * days
    )
    low, high = bounds(measure)
    title = t("{measure:label} of the largest cohorts", measure=measure)
    return charts.lines(labelled(seen), "days", measure, title, group="cohort", low=low, high=high)


def grid(cells: pl.DataFrame, measure: str, title: str) -> go.Figure:
    """Cohorts by windows; cells on fewer than 20 customers are grey."""
    cohorts = cells["cohort"].unique(maintain_order=True).to_list()[-MOST_ROWS:]
    ages = sorted(cells["age"].unique().to_list())
    found = {(row["cohort"], row["age"]): row for row in cells.iter_rows(named=True)}
    rows = [[found.get((cohort, age)) for age in ages] for cohort in cohorts]
    spec = term_format(measure) or "number"
    figure = charts.figure(title, height=150 + 26 * len(cohorts), plot_bgcolor="#e3e6ea")
    figure.add_heatmap(
        x=ages,
        y=[charts.text(term(c) if c in ("other", "none") else c, 30) for c in cohorts],
        z=[[r[measure] if r and r["enough"] else None for r in row] for row in rows],
        text=[[i18n.value(r[measure], spec) if r else "" for r in row] for row in rows],
        customdata=[
            [i18n.value(r["customers"], "integer") if r else "" for r in row] for row in rows
        ],
        texttemplate="%{text}" if len(ages) <= 14 else None,
        textfont={"size": 11},
        colorscale=charts.SEQUENTIAL,
        hovertemplate=f"%{{y}} · {charts.text(term('age'))} %{{x}}<br>"
        f"{charts.text(term(measure))}: %{{text}}<br>"
        f"{charts.text(term('customers'))}: %{{customdata}}<extra></extra>",
        xgap=2,
        ygap=2,
        showscale=False,
    )
    return figure.update_layout(
        xaxis={"title": {"text": term("age")}, "dtick": 1, "showgrid": False},
        yaxis={"type": "category", "autorange": "reversed", "automargin": True, "showgrid": False},
    )
