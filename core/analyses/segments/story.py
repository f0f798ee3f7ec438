"""The segments in plain words, and what to do about them this week."""

from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from core.analyses.segments import clusters
from core.analyses.segments.movement import FEW, next_period
from core.finding import ASSUMED_EFFECT, Action, Finding

if TYPE_CHECKING:
    from core.analyses.segments.answer import Result
    from core.analyses.segments.described import Clustered

BEST = ("champions", "loyal")
SLIPPING = ("at_risk", "previously_loyal")
FIRST_TIMERS = ("new", "promising")
WIN_BACK = Finding(
    "Write to {customers:integer} good customers who have gone quiet. Of {before:integer} such"
    " customers before, {share:percent} came back within {days:integer} days by themselves."
    " Assumed: a message brings {effect:percent} more than that; only a test with a group left"
    " alone can tell."
)
SECOND_ORDER = Finding(
    "Ask {customers:integer} recent buyers with few orders for the next one. Of {before:integer}"
    " such customers before, {share:percent} ordered again within {days:integer} days by"
    " themselves. Assumed: a message brings {effect:percent} more than that; only a test with a"
    " group left alone can tell."
)


def explain(result: "Result") -> list[Finding]:
    """Most important first, cautions marked."""
    found = [*_worth(result), *_slipping(result), *_trust(result), *_clusters(result)]
    return [*found, *_left_out(result)]


def _share(result: "Result", groups: tuple[str, ...]) -> dict[str, float | None]:
    table = result.segments.filter(pl.col("scheme") == "rfm", pl.col("segment").is_in(list(groups)))
    known = not table["share_revenue"].null_count()
    return {
        "customers": int(table["customers"].sum()),
        "share": float(table["share_customers"].sum()),
        "revenue": float(table["revenue"].sum()),
        "share_revenue": float(table["share_revenue"].sum()) if known else None,
    }


def _worth(result: "Result") -> list[Finding]:
    best = _share(result, BEST)
    everyone = result.customers.height
    if not best["customers"]:
        return [
            Finding(
                "None of the {everyone:integer} customers is a champion or loyal yet.",
                {"everyone": everyone},
            )
        ]
    if best["share_revenue"] is None:
        return [
            Finding(
                "{customers:integer} of {everyone:integer} customers ({share:percent}) are"
                " champions or loyal; all customers together brought no revenue.",
                best | {"everyone": everyone},
            )
        ]
    return [
        Finding(
            "{customers:integer} of {everyone:integer} customers ({share:percent}) are champions or"
            " loyal; they brought {share_revenue:percent} of the revenue.",
            best | {"everyone": everyone},
        )
    ]


def _slipping(result: "Result") -> list[Finding]:
    slipping = _share(result, SLIPPING)
    if not slipping["customers"]:
        return []
    return [
        Finding(
            "{customers:integer} good customers have gone quiet (groups {one:label} and"
            " {other:label}); so far they spent {revenue:money}.",
            slipping | dict(zip(("one", "other"), SLIPPING, strict=True)),
        )
    ]


def _trust(result: "Result") -> list[Finding]:
    scores = {row["method"]: row for row in result.evidence.iter_rows(named=True)}
    if not scores:
        return [
            Finding(
                "Too little happened in the last {days:integer} days to test whether the groups"
                " foretell spending; read them as a description.",
                {"days": result.config.compare_days},
                "caution",
            )
        ]
    groups, naive = scores["rfm_groups"], scores["revenue_deciles"]
    values = {
        "groups": groups["value"],
        "low": groups["low"],
        "high": groups["high"],
        "naive": naive["value"],
        "days": result.config.compare_days,
    }
    cells = scores["rfm_cells"]["value"]
    told = Finding(
        "Made {days:integer} days ago, the groups would have explained {groups:percent}"
        " ({low:percent} to {high:percent}) of the differences in spending since; deciles of past"
        " revenue explain {naive:percent}.",
        values,
    )
    if groups["low"] <= 0:
        return [
            Finding(
                "Made {days:integer} days ago, the groups would not have foretold spending clearly"
                " better than no groups at all: read them as a description.",
                values,
                "caution",
            )
        ]
    if groups["value"] < naive["value"]:
        return [
            told,
            Finding(
                "Past revenue alone foretells spending better than the groups do. Use the groups to"
                " decide what to say; to decide whom to spend on, sort by the R, F and M scores"
                " (they explain {cells:percent}) or by churn risk.",
                {"cells": cells},
                "caution",
            ),
        ]
    return [told]


def _clusters(result: "Result") -> list[Finding]:
    clustered = result.clustered
    if clustered.k is None:
        return [
            Finding(
                "Clusters need at least 50 customers who differ; there are {customers:integer}.",
                {"customers": clustered.too_few},
                "caution",
            )
        ]
    if not clustered.stable or clustered.k == 1:
        return [_unproven(clustered)]
    chosen = clustered.tested.row(0, named=True) | {"clusters": clustered.k}
    return [
        *_on_micro_clusters(clustered),
        Finding(
            "Customers fall into {clusters:integer} stable clusters (agreement {stability:ratio} of"
            " 1 when the data is redrawn).",
            chosen,
        ),
    ]


def _unproven(clustered: "Clustered") -> Finding:
    """What these clusters lack: to come out alike, to be more than chance, or to be as many."""
    if clustered.k == 1:
        return Finding(
            "This method finds no groups among the customers: all are in one cluster.",
            kind="caution",
        )
    row = {"stability": 0.0} | next(clustered.tested.iter_rows(named=True), {})
    if row["stability"] >= clusters.STABLE:
        return Finding(
            "Clusters come out alike when the data is redrawn (agreement {stability:ratio} of 1),"
            " but customers lie no closer together in them than if each behaviour went its own"
            " way. Use them as a picture, not as lists.",
            row,
            "caution",
        )
    stable, found = clusters.choose(clustered.choices)
    if found:
        return Finding(
            "{clusters:integer} clusters are not stable: they come out differently when the data"
            " changes a little, {stable:integer} clusters do not. Use them as a picture, not as"
            " lists.",
            {"clusters": clustered.k, "stable": stable},
            "caution",
        )
    return Finding(
        "There are no stable segments beyond the RFM groups: clusters come out differently"
        " when the data changes a little. Use them as a picture, not as lists.",
        kind="caution",
    )


def _on_micro_clusters(clustered: "Clustered") -> list[Finding]:
    if clustered.micro is None:
        return []
    return [
        Finding(
            "Ward's tree over so many customers would not fit into memory: it is grown on"
            " {micro:integer} small groups of alike customers, each counted by its size.",
            {"micro": clustered.micro},
        )
    ]


def _left_out(result: "Result") -> list[Finding]:
    notes, found = result.notes, []
    if notes["guest_orders"] and notes["revenue"] > 0:
        share = notes["guest_revenue"] / notes["revenue"]
        found.append(
            Finding(
                "{guest_orders:integer} orders ({share:percent} of the revenue) name no customer"
                " and are in no group.",
                notes | {"share": share},
                "caution" if share >= 0.1 else "fact",
            )
        )
    big = result.customers.filter(pl.col("wholesale"))
    if not big.is_empty():
        total = float(result.customers["revenue"].sum())
        values = {
            "customers": big.height,
            "share": float(big["revenue"].sum()) / total if total > 0 else 0.0,
        }
        found.append(
            Finding(
                "Wholesale-sized orders, over ten times the usual, come from {customers:integer} of"
                " the customers ({share:percent} of the revenue). They are marked and do not steer"
                " the clusters.",
                values,
            )
        )
    return found


def actions(result: "Result") -> list[Action]:
    """What a message may add to what such customers brought by themselves before."""
    return [*_action(result, SLIPPING, WIN_BACK), *_action(result, FIRST_TIMERS, SECOND_ORDER)]


def _action(result: "Result", groups: tuple[str, ...], told: Finding) -> list[Action]:
    """One action, if enough such customers were seen before to tell what they bring."""
    now = result.customers.filter(pl.col("rfm_segment").is_in(list(groups))).height
    past = result.past
    if past is None or result.config.compare_days is None or not now:
        return []
    before = past.by_todays_cuts.filter(pl.col("rfm_segment").is_in(list(groups)))
    if before.height < FEW:
        return []
    pooled = before.with_columns(rfm_segment=pl.lit("pooled"))
    seen = next_period(pooled, past.sales, result.config.seed).row(0, named=True)
    value, low, high = (
        ASSUMED_EFFECT * now * seen[f"next_spend{end}"] for end in ("", "_low", "_high")
    )
    if value <= 0:
        return []
    values = {
        "customers": now,
        "before": seen["customers"],
        "share": seen["came_back"],
        "days": result.config.compare_days,
        "effect": ASSUMED_EFFECT,
    }
    return [
        Action(
            replace(told, values=values), "segments", value, low, high, result.config.compare_days
        )
    ]
