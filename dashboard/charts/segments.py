"""Charts of the customer segments, and their names on screen."""

import plotly.graph_objects as go
import polars as pl

from core.analyses.segments.advice import ADVICE
from dashboard import charts, i18n, state
from dashboard.i18n import t, term

#: Links of the Sankey: beyond these the picture is unreadable.
MOST_LINKS = 40
#: Customers that a group needs for a title to speak of it, in a shop that has such groups.
TITLED = 20


def titled(customers: pl.Expr) -> pl.Expr:
    """Which groups are large enough for a title: of a small shop those half as large as any."""
    return customers >= pl.min_horizontal(pl.lit(TITLED), customers.max() / 2)


def spoken(name: str | None) -> str:
    """A group or cluster in the reader's language: `orders_high+recency_days_low` is two terms."""
    if name is None:
        return "–"
    return (", " if state.language() == "en" else "、").join(map(term, name.split("+")))


def named(frame: pl.DataFrame, *columns: str) -> pl.DataFrame:
    """The frame with the codes of `columns` written out."""
    codes = {code for column in columns for code in frame[column].drop_nulls().unique().to_list()}
    said = {code: spoken(code) for code in sorted(codes)}
    return frame.with_columns(pl.col(*columns).replace(said))


def advised(segments: pl.DataFrame) -> pl.DataFrame:
    """The table of segments as it is read: names and advice in the reader's language."""
    said = {group: t(finding.text) for group, finding in ADVICE.items()}
    table = named(segments, "segment").with_columns(pl.col("advice").replace(said))
    shown = ["segment", "customers", "share_customers", "revenue", "share_revenue", "advice"]
    return table.select(*shown, pl.exclude(*shown, "scheme"))


def cut_points(cuts: pl.DataFrame) -> pl.DataFrame:
    """A row per measure, a column per cut point."""
    return cuts.pivot("cut", index="measure", values="value", maintain_order=True)


def shares(segments: pl.DataFrame) -> go.Figure:
    """Each group's share of the customers beside its share of the revenue."""
    lead = pl.col("share_revenue") - pl.col("share_customers")
    top = segments.sort(lead, descending=True, nulls_last=True).row(0, named=True)
    title = t(
        "{segment}: {customers:percent} of the customers, {revenue:percent} of the revenue",
        segment=spoken(top["segment"]),
        customers=top["share_customers"],
        revenue=top["share_revenue"],
    )
    if top["share_revenue"] is None:
        title = t("All customers together brought no revenue")
    long = named(segments, "segment").unpivot(
        ["share_customers", "share_revenue"],
        index="segment",
        variable_name="measure",
        value_name="share",
    )
    long = long.with_columns(pl.col("measure").replace({m: term(m) for m in long["measure"]}))
    figure = charts.bars(long, "segment", "share", title, group="measure")
    figure.layout.height = 90 + 44 * segments.height
    return figure


def grid(customers: pl.DataFrame, across: str, value: str) -> go.Figure:
    """Recency against `across`: a square per pair of scores, coloured by `value`, to click into."""
    measure = {"customers": pl.len(), "revenue": pl.col("revenue").sum()}[value]
    cells = customers.group_by("r_score", across).agg(
        measure.alias(value), pl.col("rfm_segment").mode().sort().first()
    )
    spent = customers.group_by("r_score", across).agg(pl.col("revenue").sum(), customers=pl.len())
    best = spent.sort("revenue", "r_score", across).row(-1, named=True)
    total = float(spent["revenue"].sum())
    title = t("All customers together brought no revenue")
    if total > 0:
        title = t(
            "Most revenue comes from {square}: {customers:integer} customers, {share:percent} of"
            " what all customers spent",
            square=f"R{best['r_score']} {across[0].upper()}{best[across]}",
            customers=best["customers"],
            share=best["revenue"] / total,
        )
    rows, columns = (int(customers[c].max()) for c in ("r_score", across))  # type: ignore[arg-type]
    size = max(20, min(64, 400 // max(rows, columns)))
    whole = {"dtick": 1, "showgrid": False, "zeroline": False}
    figure = charts.figure(
        title,
        height=140 + (size + 8) * rows,
        clickmode="event+select",
        xaxis=whole | {"title": {"text": term(across)}, "range": [0.4, columns + 0.6]},
        yaxis=whole | {"title": {"text": term("r_score")}, "range": [0.4, rows + 0.6]},
    )
    cells = cells.sort("r_score", across)
    spec = "money" if value == "revenue" else "integer"
    figure.add_scatter(
        x=cells[across].to_list(),
        y=cells["r_score"].to_list(),
        mode="markers+text",
        marker={
            "symbol": "square",
            "size": size,
            "color": cells[value].clip(0).log1p().to_list(),
            "colorscale": charts.PALE,
        },
        text=[i18n.value(v, "integer") for v in cells[value]],
        textfont={"size": 13 if size > 30 else 9, "color": charts.INK},
        hovertext=[
            f"R{row['r_score']} {across[0].upper()}{row[across]} · {spoken(row['rfm_segment'])}"
            f"<br>{charts.text(term(value))}: {charts.text(i18n.value(row[value], spec))}"
            for row in cells.iter_rows(named=True)
        ],
        hoverinfo="text",
    )
    return figure


def came_back(next_period: pl.DataFrame, days: int) -> go.Figure:
    """What share of each group ordered again in the period that followed, with intervals."""
    ordered = next_period.sort("came_back", "segment", descending=[True, False])
    spoken_of = ordered.filter(titled(pl.col("customers")))
    top, last = spoken_of.row(0, named=True), spoken_of.row(-1, named=True)
    title = t(
        "{best}: {high:percent} ordered again within {days:integer} days; {worst}: {low:percent}",
        best=spoken(top["segment"]),
        worst=spoken(last["segment"]),
        high=top["came_back"],
        low=last["came_back"],
        days=days,
    )
    return charts.bars(
        named(ordered, "segment"),
        "segment",
        "came_back",
        title,
        interval=("came_back_low", "came_back_high"),
        more=["customers", "next_spend"],
    )


def flows(moves: pl.DataFrame, value: str) -> go.Figure:
    """Who went where: the groups of the earlier day on the left, today's on the right."""
    drawn = moves.filter(pl.col(value) > 0).sort(value, descending=True).head(MOST_LINKS)
    lost = moves.filter(
        pl.col("from_segment").is_in(["champions", "loyal"]),
        ~pl.col("to_segment").is_in(["champions", "loyal"]),
    )
    title = t(
        "{customers:integer} champions and loyal customers of the earlier day have dropped out of"
        " these groups; they had spent {money:money} in the period before",
        customers=int(lost["customers"].sum()),
        money=float(lost["spend_before"].sum()),
    )
    left = drawn["from_segment"].unique(maintain_order=True).to_list()
    right = drawn["to_segment"].unique(maintain_order=True).to_list()
    place = {("from", name): n for n, name in enumerate(left)}
    place |= {("to", name): len(left) + n for n, name in enumerate(right)}
    figure = charts.figure(title, height=560)
    figure.add_sankey(
        node={
            "label": [charts.text(spoken(name)) for name in (*left, *right)],
            "color": [_colour(name) for name in (*left, *right)],
            "pad": 12,
            "thickness": 14,
        },
        link={
            "source": [place["from", name] for name in drawn["from_segment"]],
            "target": [place["to", name] for name in drawn["to_segment"]],
            "value": drawn[value].to_list(),
            "color": [charts.rgba(_colour(name), 0.35) for name in drawn["to_segment"]],
            "customdata": charts.hover(named(drawn, "from_segment", "to_segment"), drawn.columns),
            "hovertemplate": "%{customdata}<extra></extra>",
        },
    )
    return figure


def _colour(group: str) -> str:
    good = ("champions", "loyal", "active", "new")
    bad = ("at_risk", "previously_loyal", "almost_lost", "dormant")
    return charts.GOOD if group in good else charts.BAD if group in bad else charts.MUTED
