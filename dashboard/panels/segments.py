"""Views of the segments page: what sets groups apart, and clusters with their tree."""

from functools import partial

import polars as pl
import streamlit as st

from core.analyses.segments import Result
from core.analyses.segments.clusters import kinds, picks
from core.analyses.segments.described import DESCRIBED
from dashboard import state, ui
from dashboard.cache import derived
from dashboard.charts import profiles as charts
from dashboard.charts.segments import advised, grid, named
from dashboard.i18n import listed, t, term

#: The most clusters a tree is cut into by hand.
MOST_CUT = 12


def picked(result: Result, across: str, value: str) -> pl.Expr | None:
    """The map of scores; the customers of the squares that the reader clicked, or None."""
    drawn = grid(result.customers, across, value)
    points = ui.chart(drawn, f"grid.{across}", select=True)
    st.caption(t("Click a square to see its customers; the top right is the best."))
    if not points:
        return None
    return pl.any_horizontal(
        [(pl.col("r_score") == point["y"]) & (pl.col(across) == point["x"]) for point in points]
    )


def profile_view(result: Result) -> None:
    """What sets each group apart from the average customer."""
    offered = {"rfm_segment": t("Groups")}
    if result.clustered.k:
        offered["cluster"] = t("Clusters")
    draw(result, ui.choice(t("Profile of"), offered, "segments.profiled"))


def draw(result: Result, column: str) -> None:
    """Personas and heat map of the groups in `column`; lines and spread in a fold."""
    traits = derived(result.traits, column)
    said = charts.labels(traits, result.clustered.names if column == "cluster" else {})
    large = charts.large(result.customers, column)
    groups = traits.rows_by_key("cluster", named=True)
    personas = pl.DataFrame(
        {
            "segment": list(said.values()),
            "persona": [charts.persona(groups[group]) for group in said],
        }
    )
    ui.table(personas, f"personas_{column}", download=False)
    ui.chart(charts.profiles(traits, said, large), f"profiles.{column}")
    more = partial(lines_and_spread, result, column, traits, said)
    ui.fold(t("The groups as lines, and how widely one figure spreads"), more, "segments.lines")


def lines_and_spread(
    result: Result, column: str, traits: pl.DataFrame, said: dict[object, str]
) -> None:
    """Parallel coordinates of the groups in `column`, and the spread of one figure in each."""
    large = charts.large(result.customers, column)
    ui.chart(charts.parallel(traits, said, large), f"parallel.{column}")
    present = [name for name in DESCRIBED if name in traits["feature"].to_list()]
    feature = st.selectbox(
        t("Spread of"), present, format_func=term, key=f"segments.spread.{column}"
    )
    ui.chart(charts.spread(result.customers, column, feature or present[0], said), "spread")


def cluster_view(result: Result) -> None:
    """Groups that the data suggests by itself."""
    if result.clustered.k is None:
        st.info(t("There are too few different customers to cluster."))
        return
    if result.clustered.heights:
        result = _cut(result)
    found = result.clustered
    summary = result.segments.filter(pl.col("scheme") == "cluster")
    ui.table(advised(summary), "clusters")
    made = kinds(result.config.features)
    parts = [term(kind) + t(": ") + listed(map(term, of)) for kind, of in made.items() if of]
    st.caption(ui.plain(t("What the clusters are made of") + t(": ") + t("; ").join(parts), 600))
    st.caption(t("How many clusters: stability first, then how much next spend they explain"))
    told = [c for c in found.choices.columns if not found.choices[c].is_null().all()]
    ui.table(found.choices.select(told), "choices", download=False)
    if found.choices.height > 1:
        alone = picks(found.choices)
        st.caption(
            t(
                "Other yardsticks alone would take: silhouette {silhouette:integer}, gap statistic"
                " {gap:integer}, BIC {bic:integer}.",
                **alone,
            )
        )
    if found.heights:
        people = result.best_first().select("customer_id", "cluster_name", "orders", "revenue")
        ui.table(named(people, "cluster_name"), "cut_customers")


def _cut(result: Result) -> Result:
    """Ward's tree and the height at which it is cut, by slider or click; the result of that cut."""
    heights = result.clustered.heights[: MOST_CUT + 1]
    now = min(result.clustered.k or 2, len(heights))
    # Just above the last height shown, so that every position gives at least two clusters.
    low, high = heights[-1] * 1.001, max(heights[0] * 0.999, heights[-1] * 1.002)
    key = f"segments.height.{now}.{low:.6g}.{high:.6g}"  # another tree begins at its own height
    start = (heights[now - 2] + heights[min(now - 1, len(heights) - 1)]) / 2
    if (asked := _clicked()) is not None or state.remembered(key) is None:
        state.remember(key, min(max(start if asked is None else asked, low), high))
    height = st.slider(t("Cut the tree at this height"), low, high, key=key, format="%.1f")
    k = max(2, 1 + sum(merger > height for merger in heights))
    if k != result.clustered.k:
        result = result.cut(k)
    ui.chart(charts.dendrogram(result.clustered.tree, height, k), "tree", select=True)
    if not result.clustered.stable:
        st.caption(
            t(
                "This cut is not known to be stable when customers are redrawn: a picture, not a"
                " list."
            )
        )
    return result


def _clicked() -> float | None:
    """Just below the merger that the reader has clicked since the last run: it is cut apart."""
    points = (state.remembered("tree") or {}).get("selection", {}).get("points", [])
    if points == state.remembered("tree.clicked", []):
        return None
    state.remember("tree.clicked", points)
    return float(points[0]["y"]) * 0.999 if points else None
