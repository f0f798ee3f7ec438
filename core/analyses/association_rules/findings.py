"""What the rules mean, in sentences, and what they may be worth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from core.analyses.association_rules.bundles import DAYS, RECENT_DAYS
from core.finding import Action, Finding

if TYPE_CHECKING:
    from core.analyses.association_rules.result import Result

FEW_ORDERS, ACTIONS = 30, 3
PAGE = "association_rules"


def explain(result: Result) -> list[Finding]:
    """Facts first, then cautions."""
    pairs = result.rules.filter(pl.col("length") == 2)
    beyond = result.all_rules.filter("significant", pl.col("length") == 2)
    if beyond.is_empty():
        return [_none(result), *_cautions(result)]
    found = [_how_many(result, beyond)]
    if pairs.is_empty():
        found.append(_none_sure(result))
    steady = pairs.filter(~pl.col("season_only"))
    if not steady.is_empty():
        found.append(_strongest(steady))
    longer = result.rules.filter(pl.col("length") > 2)
    if not longer.is_empty():
        found.append(
            Finding(
                "Rules with three or more products that say more than their parts:"
                " {rules:integer}.",
                {"rules": len(longer)},
            )
        )
    return [*found, *_replication(result), *_cautions(result)]


def _none(result: Result) -> Finding:
    return Finding(
        "No products are bought together more often than chance explains: {pairs:integer} pairs"
        " were tested on {baskets:integer} orders. Rules need more orders, or stronger ties.",
        {"pairs": result.facts.pairs_tested, "baskets": result.facts.baskets},
        "caution",
    )


def _none_sure(result: Result) -> Finding:
    return Finding(
        "None of them reaches the lowest confidence that is asked for ({least:percent}): lower it"
        " to see them.",
        {"least": result.config.min_confidence},
        "caution",
    )


def _how_many(result: Result, pairs: pl.DataFrame) -> Finding:
    return Finding(
        "Product pairs bought together more often than chance explains: {found:integer} of"
        " {tested:integer} possible ones. At most about {fdr:percent} of those found are luck.",
        {
            "found": pairs["set"].n_unique(),
            "tested": result.facts.pairs_tested,
            "fdr": result.config.fdr,
        },
    )


def _strongest(pairs: pl.DataFrame) -> Finding:
    extra = pl.col("orders") - pl.col("orders_by_chance")
    top = pairs.sort(
        extra, "confidence", "antecedent", "consequent", descending=[True, True, False, False]
    ).row(0, named=True)
    return Finding(
        "Of the {antecedent_orders:integer} orders with {antecedent_names}, {confidence:percent}"
        " also hold {consequent_names}: {orders:integer} orders, where chance would give"
        " {orders_by_chance:number}.",
        top,
    )


def _replication(result: Result) -> list[Finding]:
    again = result.evidence.filter(pl.col("metric") == "replicated")
    values = {row["method"]: row["value"] for row in again.to_dicts()}
    if "significant_pairs" not in values:
        return []
    return [
        Finding(
            "Pairs found on the orders before {split:date} were tested again on the later ones:"
            " {ours:percent} hold again. As many pairs picked by highest lift: {lift:percent}; the"
            " most frequent ones: {frequent:percent}.",
            {
                "split": result.facts.split,
                "ours": values["significant_pairs"],
                "lift": values["highest_raw_lift"],
                "frequent": values["most_frequent_pairs"],
            },
        )
    ]


def _cautions(result: Result) -> list[Finding]:
    found = []
    if few := result.rules.filter(pl.col("orders") < FEW_ORDERS).height:
        found.append(
            Finding(
                "Rules that rest on fewer than {limit:integer} orders: {few:integer} of"
                " {all:integer}. Look at the interval before acting on one.",
                {"few": few, "all": len(result.rules), "limit": FEW_ORDERS},
                "caution",
            )
        )
    season = result.rules.filter("season_only")
    if not season.is_empty():
        top = season.sort("orders", "set", descending=[True, False]).row(0, named=True)
        found.append(
            Finding(
                "{a} and {b} sell in the same months, but are not bought together beyond that:"
                " marked, like every pair that only shares a season ({many:integer} in all).",
                {
                    "many": season["set"].n_unique(),
                    "a": top["antecedent_names"],
                    "b": top["consequent_names"],
                },
                "caution",
            )
        )
    return [*found, *_choices(result)]


def _choices(result: Result) -> list[Finding]:
    found = [
        Finding(
            "A combination had to occur in at least {count:integer} of {baskets:integer} orders"
            " ({share:percent}).",
            {
                "count": result.config.min_orders,
                "baskets": result.facts.baskets,
                "share": (result.config.min_orders or 0) / max(result.facts.baskets, 1),
            },
        )
    ]
    if result.facts.set_aside:
        found.append(
            Finding(
                "Orders with more than {cap:integer} different products were left out:"
                " {many:integer}. Wholesale lists say little about what belongs together.",
                {"many": result.facts.set_aside, "cap": result.config.max_basket},
                "caution",
            )
        )
    return found


def actions(result: Result) -> list[Action]:
    """The pairs whose prompt may bring most, of those that the assumed uplift raises by an order or
    more, and not above all orders; none where the export has no money."""
    uplift = result.config.assumed_uplift
    room, felt = pl.col("confidence") * (1 + uplift) <= 1, pl.col("extra_orders") >= 1
    worth = result.bundles.filter(pl.col("extra_revenue").is_not_null(), room, felt).head(ACTIONS)
    return [_action(row, uplift) for row in worth.to_dicts()]


def _action(row: dict[str, Any], uplift: float) -> Action:
    finding = Finding(
        "Show {consequent_names} to who buys {antecedent_names}: {confidence:percent} add it"
        " already ({orders:integer} orders). If the prompt raised that by a further"
        " {uplift:percent} of itself, which is an assumption and untested, it would bring about"
        " {extra_revenue:money} in {days:integer} days at the pace of the last {recent:integer}"
        " (from 0 to {extra_revenue_high:money}).",
        {**row, "uplift": uplift, "days": DAYS, "recent": RECENT_DAYS},
    )
    low, high = row["extra_revenue_low"], row["extra_revenue_high"]
    return Action(finding, PAGE, row["extra_revenue"], low, high, DAYS)
