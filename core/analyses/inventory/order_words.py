"""What to order, in words: how much it costs, what a budget leaves out, what suppliers ask for."""

from typing import TYPE_CHECKING

import polars as pl

from core.finding import Finding

if TYPE_CHECKING:
    from core.analyses.inventory.result import Result


def order_findings(result: "Result") -> list[Finding]:
    """The order, its budget and its suppliers' minimums."""
    return [*_orders(result), *_within_budget(result), *_minimums(result)]


def _orders(result: "Result") -> list[Finding]:
    now, soon = (result.by_status(status) for status in ("order_now", "order_soon"))
    ordered = now.filter(pl.col("order_quantity") > 0)
    cost = float(result.inventory["order_value"].sum())
    values = {"now": len(now), "soon": len(soon)}
    if cost:
        return [
            Finding(
                "Order {now:integer} products now, for {cost:money} at cost; {soon:integer} more "
                "are due at the next review.",
                {**values, "now": len(ordered), "cost": cost},
            ),
            *_without_cost(ordered["unit_cost"].null_count()),
        ]
    return [
        Finding(
            "{now:integer} products must be ordered now, {soon:integer} more at the next review.",
            values,
        )
    ]


def _without_cost(count: int) -> list[Finding]:
    if not count:
        return []
    return [
        Finding(
            "What {count:integer} of the products to order cost is not known: that is not in the "
            "sum.",
            {"count": count},
            "caution",
        )
    ]


def _within_budget(result: "Result") -> list[Finding]:
    if result.config.order_budget is None:
        return []
    waiting = result.by_status("order_now").filter(pl.col("order_quantity") == 0)
    unknown = len(waiting) - int((waiting["unit_cost"] > 0).sum())
    kept = [
        Finding(
            "The order keeps within {budget:money}: {cut:integer} of the products wait, those "
            "whose order would save the fewest sales per money.",
            {
                "budget": result.config.order_budget,
                "cut": len(waiting) - unknown,
            },
        )
    ]
    if not unknown:
        return kept
    return [
        *kept,
        Finding(
            "{count:integer} products that must be ordered are not in the order: without their "
            "cost a budget cannot be kept.",
            {"count": unknown},
            "caution",
        ),
    ]


def _minimums(result: "Result") -> list[Finding]:
    """What was brought forward for suppliers' minimums, and who gets too little, or may."""
    ordered = result.inventory.filter(pl.col("order_quantity") > 0, pl.col("supplier_minimum") > 0)
    suppliers = (
        ordered.drop_nulls("supplier")
        .group_by("supplier")
        .agg(
            pl.col("order_value").sum(),
            pl.col("supplier_minimum").max(),
            known=pl.col("order_value").is_not_null().all(),
        )
    )
    below = pl.col("order_value") < pl.col("supplier_minimum")
    small, unsure = suppliers.filter("known", below), suppliers.filter(~pl.col("known"), below)
    early = ordered.filter(pl.col("status") != "order_now")
    found = [
        Finding(
            "{count:integer} products that are not due yet are ordered with the others, "
            "because their supplier asks for a larger order.",
            {"count": len(early)},
        ),
        Finding(
            "The order is below the minimum of {count:integer} suppliers: wait, order more, or "
            "ask them.",
            {"count": len(small)},
            "caution",
        ),
        Finding(
            "Whether the order reaches the minimum of {count:integer} suppliers is not known: "
            "what some products cost is missing.",
            {"count": len(unsure)},
            "caution",
        ),
    ]
    return [finding for finding in found if finding.values["count"]]
