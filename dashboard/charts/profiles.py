"""Charts of what sets groups of customers apart: heat map, parallel coordinates, spread, tree."""

from collections.abc import Collection, Sequence
from typing import Any

import plotly.graph_objects as go
import polars as pl

from dashboard import charts, i18n
from dashboard.charts.segments import spoken, titled
from dashboard.i18n import t, term, term_format

#: Both ends pale enough for figures.
DIVERGING = [[0.0, "#f0a066"], [0.5, "#f5f5f5"], [1.0, charts.PALE[-1]]]
#: How the lines are drawn, one way after the colours are used up.
DASHES = ("solid", "dash", "dot")
#: Differences a persona names, and how large one must be (standard deviations).
NAMED, NOTABLE = 3, 0.4
#: Where the box and the whiskers of a spread end.
ENDS = {"lowerfence": 0.05, "q1": 0.25, "median": 0.5, "q3": 0.75, "upperfence": 0.95}


def labels(traits: pl.DataFrame, names: dict[int, str]) -> dict[object, str]:
    """What each value of `cluster` in `traits` is called: a number with its name, or a group."""
    found = traits["cluster"].unique(maintain_order=True).to_list()
    return {c: f"{c} · {spoken(names[c])}" if c in names else spoken(str(c)) for c in found}


def large(customers: pl.DataFrame, column: str) -> list[object]:
    """The groups in `column` of enough customers for a title to speak of them."""
    return customers.group_by(column).len().filter(titled(pl.col("len")))[column].to_list()


def _titled(traits: pl.DataFrame, of: Collection[object] | None) -> pl.DataFrame:
    """The traits of the groups that a title may speak of; of all, where these are not two."""
    found = traits if of is None else traits.filter(pl.col("cluster").is_in(list(of)))
    return found if found["cluster"].n_unique() > 1 else traits


def profiles(
    traits: pl.DataFrame, said: dict[object, str], of: Collection[object] | None = None
) -> go.Figure:
    """How far each group lies from the average customer, feature by feature; of: see `_titled`."""
    features = sorted(traits["feature"].unique().to_list())
    cells = {(row["cluster"], row["feature"]): row for row in traits.iter_rows(named=True)}
    furthest = _titled(traits, of).sort(pl.col("difference").abs(), descending=True)
    first = furthest.row(0, named=True)
    title = t(
        "What sets the groups apart most: {feature:label}, in “{group}”",
        feature=first["feature"],
        group=said[first["cluster"]],
    )
    title = title if len(said) > 1 else _alone()
    rows = [[cells.get((group, feature)) for feature in features] for group in said]
    across, down = {"tickangle": charts.LEANING}, {"autorange": "reversed"}
    figure = charts.figure(title, height=190 + 46 * len(said), xaxis=across, yaxis=down)
    figure.add_heatmap(
        x=[charts.text(term(feature)) for feature in features],
        y=[charts.text(name, 60) for name in said.values()],
        z=[[cell and cell["difference"] for cell in row] for row in rows],
        zmid=0,
        zmin=-1.5,
        zmax=1.5,
        colorscale=DIVERGING,
        text=[[_signed(cell["difference"]) if cell else "" for cell in row] for row in rows],
        customdata=[[_typical(cell) if cell else "" for cell in row] for row in rows],
        texttemplate="%{text}",
        textfont={"color": charts.INK},
        xgap=2,
        ygap=2,
        colorbar=charts.scale("difference"),
        hovertemplate="%{y}<br>%{x}: %{customdata} (%{text})<extra></extra>",
    )
    return figure


def _alone() -> str:
    return t("There is one group only: nothing sets it apart")


def _signed(difference: float) -> str:
    return f"{round(difference, 1) + 0.0:+.1f}"  # never -0.0


def _typical(cell: dict[str, object]) -> str:
    """`12.4 (all: 3.1)`."""
    spec = term_format(str(cell["feature"])) or "number"
    spec = "number" if spec == "integer" else spec
    return charts.text(
        t(
            "{typical} (all: {all})",
            typical=i18n.value(cell["typical"], spec),
            all=i18n.value(cell["typical_of_all"], spec),
        )
    )


def persona(traits: Sequence[dict[str, Any]]) -> str:
    """One line on a group: its largest differences from the average customer, with their sizes."""
    notable = [row for row in traits if abs(row["difference"]) >= NOTABLE]
    notable.sort(key=lambda row: (-round(abs(row["difference"]), 9), row["feature"]))
    parts = [
        t(
            "{name}: {typical}, {difference}",
            name=term(_code(row)),
            typical=_typical(row),
            difference=_signed(row["difference"]),
        )
        for row in notable[:NAMED]
    ]
    return t("; ").join(parts) or term("average")


def _code(row: dict[str, object]) -> str:
    return f"{row['feature']}_{'high' if float(str(row['difference'])) > 0 else 'low'}"


def parallel(
    traits: pl.DataFrame, said: dict[object, str], of: Collection[object] | None = None
) -> go.Figure:
    """A line per group over one upright axis per feature, in standard deviations."""
    order = (
        _titled(traits, of)
        .group_by("feature")
        .agg(width=pl.col("difference").max() - pl.col("difference").min())
        .sort(pl.col("width").round(9), "feature", descending=[True, False])["feature"]
    )
    widest = _titled(traits, of).filter(pl.col("feature") == order[0]).sort("difference")
    title = t(
        "“{high}” and “{low}” lie furthest apart in {feature:label}; a line that stays near 0 is an"
        " average group",
        high=said[widest["cluster"][-1]],
        low=said[widest["cluster"][0]],
        feature=order[0],
    )
    title = title if len(said) > 1 else _alone()
    across = {"showgrid": True, "type": "category"}
    figure = charts.figure(title, height=440, xaxis=across, yaxis=charts.axis("difference"))
    groups = traits.rows_by_key("cluster", named=True)
    for number, (group, name) in enumerate(said.items()):
        dash = DASHES[number // len(charts.PALETTE) % len(DASHES)]
        rows = {row["feature"]: row for row in groups[group]}
        kept = [feature for feature in order if feature in rows]
        figure.add_scatter(
            x=[charts.text(term(feature)) for feature in kept],
            y=[rows[feature]["difference"] for feature in kept],
            mode="lines+markers",
            name=charts.text(name, 60),
            line={
                "color": charts.PALETTE[number % len(charts.PALETTE)],
                "dash": dash,
                "width": 2.5,
            },
            customdata=[_typical(rows[feature]) for feature in kept],
            hovertemplate="%{fullData.name}<br>%{x}: %{customdata}<extra></extra>",
        )
    return figure


def spread(
    customers: pl.DataFrame, column: str, feature: str, said: dict[object, str]
) -> go.Figure:
    """How one behaviour is distributed in each group: box 25-75 %, whiskers 5-95 %."""
    value = pl.col(feature).cast(pl.Float64)
    found = {
        row[column]: row
        for row in customers.drop_nulls([column, feature])
        .group_by(column)
        .agg(**{name: value.quantile(share) for name, share in ENDS.items()})
        .iter_rows(named=True)
    }
    shown = {group: name for group, name in said.items() if group in found}
    spec = term_format(feature) or "number"
    enough = set(large(customers, column)) & set(shown)
    top = max(enough or shown, key=lambda group: (found[group]["median"], str(group)))
    title = t(
        "{feature:label}: half of “{group}” lie between {low} and {high}",
        feature=feature,
        group=shown[top],
        low=i18n.value(found[top]["q1"], spec),
        high=i18n.value(found[top]["q3"], spec),
    )
    figure = charts.figure(
        title,
        height=120 + 44 * len(shown),
        showlegend=False,
        xaxis=charts.axis(feature),
        yaxis={"type": "category", "autorange": "reversed"},
    )
    for number, (group, name) in enumerate(shown.items()):
        figure.add_box(
            y=[charts.text(name, 60)],
            orientation="h",
            **{end: [found[group][end]] for end in ENDS},
            marker_color=charts.PALETTE[number % len(charts.PALETTE)],
        )
    return figure


def dendrogram(tree: list[tuple[list[float], list[float]]], height: float, k: int) -> go.Figure:
    """Ward's tree; the dotted line cuts it into the k clusters shown."""
    title = t("The tree of customers; the dotted line cuts it into {clusters:integer}", clusters=k)
    figure = charts.figure(
        title,
        height=340,
        xaxis={"visible": False},
        yaxis={"title": {"text": term("merger_height")}, "showgrid": False},
    )
    # One trace: a gap (None) between two brackets.
    figure.add_scatter(
        x=[x for xs, _ in tree for x in (*xs, None)],
        y=[y for _, ys in tree for y in (*ys, None)],
        mode="lines",
        line={"color": charts.ACCENT, "width": 1.5},
        hoverinfo="skip",
        showlegend=False,
    )
    figure.add_scatter(
        x=[(xs[1] + xs[2]) / 2 for xs, _ in tree],
        y=[ys[1] for _, ys in tree],
        mode="markers",
        marker={"color": charts.ACCENT, "size": 9},
        hovertemplate=f"{charts.text(t('Click to cut below this merger'))}<extra></extra>",
        showlegend=False,
    )
    figure.add_hline(y=height, line={"dash": "dot", "color": charts.BAD})
    return figure
