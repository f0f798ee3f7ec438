"""What the inventory forecast says in words: findings, and actions with the money at stake."""

from typing import TYPE_CHECKING

import polars as pl

from core.analyses.inventory import seasonal
from core.finding import Action, Finding

if TYPE_CHECKING:
    from core.analyses.inventory.result import Result

#: Products that a finding names.
NAMED = 3
NO_STOCK = Finding(
    "No stock count came with the data, so this says at what stock to order, not yet what to order "
    "now. Type or load your count below to get orders, stock-out dates and dead stock.",
    kind="caution",
)


def no_stock_findings(result: "Result") -> list[Finding]:
    """What can be said without a stock count."""
    wanted = result.inventory.filter(pl.col("reorder_point") > 0, pl.col("demand_per_day") > 0)
    if wanted.is_empty():
        return [NO_STOCK]
    first = wanted.sort("abc", "demand_per_day", "product_id", descending=[False, True, False]).row(
        0, named=True
    )
    return [
        Finding(
            "Order {name} when fewer than {units:integer} are left, which last about "
            "{days:integer} days; the table has this figure for {count:integer} products.",
            {
                "name": first["product_name"],
                "units": first["reorder_point"],
                "days": first["reorder_point"] / first["demand_per_day"],
                "count": len(wanted),
            },
        ),
        NO_STOCK,
    ]


def season_findings(result: "Result") -> list[Finding]:
    """Whether the history is long enough to know the season."""
    if result.demand.weeks >= seasonal.FEWEST_WEEKS:
        return []
    return [
        Finding(
            "With fewer than {need:integer} weeks of sales no season is known: after a peak these "
            "figures are too high, before one too low.",
            {"need": seasonal.FEWEST_WEEKS},
            "caution",
        )
    ]


def stock_findings(result: "Result") -> list[Finding]:
    """What to order, what it costs, what lies idle."""
    found = [*_orders(result), *_within_budget(result), *_minimums(result), *_idle(result)]
    if unknown := result.inventory["on_hand"].null_count():
        found.append(
            Finding(
                "{count:integer} products are not in the stock count.",
                {"count": unknown},
                "caution",
            )
        )
    outlook = result.outlook
    if odd := sum(int(part["odd_terms"].sum()) for part in (outlook.products, outlook.unsold)):
        found.append(
            Finding(
                "{count:integer} products have a lead time or a cost in the stock list that cannot "
                "be; it counts as unknown.",
                {"count": odd},
                "caution",
            )
        )
    return found


def _orders(result: "Result") -> list[Finding]:
    now, soon = (result.by_status(status) for status in ("order_now", "order_soon"))
    cost = float(result.inventory["order_value"].sum())
    values = {"now": len(now), "soon": len(soon), "cost": cost}
    if values["cost"]:
        return [
            Finding(
                "Order {now:integer} products now, for {cost:money} at cost; {soon:integer} more "
                "are due at the next review.",
                values,
            )
        ]
    return [
        Finding(
            "{now:integer} products must be ordered now, {soon:integer} more at the next review.",
            values,
        )
    ]


def _within_budget(result: "Result") -> list[Finding]:
    if result.config.order_budget is None:
        return []
    now = result.by_status("order_now")
    return [
        Finding(
            "The order keeps within {budget:money}: {cut:integer} of the products wait, those "
            "whose order would save the fewest sales per money.",
            {
                "budget": result.config.order_budget,
                "cut": int((now["order_quantity"] == 0).sum()),
            },
        )
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


def _idle(result: "Result") -> list[Finding]:
    """Dead stock and overstock, each with the money in it where costs are known."""
    dead, over = (result.by_status(status) for status in ("dead", "overstock"))
    days = result.config.overstock_days
    lying, too_much = (float(rows["excess_value"].sum()) for rows in (dead, over))
    found = []
    if len(dead) and lying:
        found.append(
            Finding(
                "{dead:integer} products do not sell; {value:money} lies dead in them.",
                {"dead": len(dead), "value": lying},
            )
        )
    elif len(dead):
        found.append(Finding("{dead:integer} products do not sell.", {"dead": len(dead)}))
    found += _never_sold(dead.filter(pl.col("last_sale").is_null()))
    if len(over) and too_much:
        found.append(
            Finding(
                "{over:integer} products would last longer than {days:integer} days: "
                "{value:money} more than those days take is tied up in them.",
                {"over": len(over), "days": days, "value": too_much},
            )
        )
    elif len(over):
        found.append(
            Finding(
                "{over:integer} products would last longer than {days:integer} days.",
                {"over": len(over), "days": days},
            )
        )
    if result.inventory["stock_value"].is_null().all():
        found.append(
            Finding(
                "Add what a unit costs to the stock count to see the money in it.", {}, "caution"
            )
        )
    return found


def _never_sold(rows: pl.DataFrame) -> list[Finding]:
    """Those of the dead stock that no order names: dead, new, or under another code."""
    if rows.is_empty():
        return []
    most = rows.sort(
        "stock_value", "on_hand", "product_id", descending=[True, True, False], nulls_last=True
    )
    values = {
        "count": len(rows),
        "value": float(rows["stock_value"].sum()),
        "names": ", ".join(most["product_name"].head(NAMED)),
    }
    if values["value"]:
        return [
            Finding(
                "{count:integer} products of the stock count never sold in these orders; "
                "{value:money} lies in them, most of it in: {names}. Check that they are not new, "
                "nor under another code in the orders.",
                values,
                "caution",
            )
        ]
    return [
        Finding(
            "{count:integer} products of the stock count never sold in these orders, among them: "
            "{names}. Check that they are not new, nor under another code in the orders.",
            values,
            "caution",
        )
    ]


def trust_findings(result: "Result") -> list[Finding]:
    """How the forecast did on held-back weeks."""
    if result.evidence.is_empty():
        return [
            Finding(
                "The history of {weeks:integer} weeks is too short to test a forecast over "
                "{ahead:integer} weeks: take the figures as a first guess.",
                {"weeks": result.demand.weeks, "ahead": result.test_weeks},
                "caution",
            )
        ]
    covered = result.evidence.filter(pl.col("chosen"), pl.col("metric") == "coverage_80")["value"]
    found = [
        Finding(
            "On {cutoffs:integer} held-back stretches of {weeks:integer} weeks the demand fell "
            "inside the 80% range in {covered:percent} of cases.",
            {"cutoffs": result.cutoffs, "weeks": result.test_weeks, "covered": covered.item()},
        )
    ]
    gain, low, high = result.gain["pinball"]
    values = {"gain": gain, "low": low, "high": high}
    if low > 0:
        found.append(
            Finding(
                "Its ranges were {gain:percent} better there than the better of seasonal naive and "
                "moving average (95% interval {low:percent} to {high:percent}).",
                values,
            )
        )
    else:
        found.append(
            Finding(
                "There it was not reliably better than the better of seasonal naive and moving "
                "average (difference {gain:percent}, 95% interval {low:percent} to "
                "{high:percent}).",
                values,
                "caution",
            )
        )
    return found


def order_now(result: "Result") -> Action | None:
    """Ordering today: the sales that waiting one review would lose.

    Its bounds take all products at the 10 % or all at the 90 % quantile of demand together.
    """
    now = result.by_status("order_now")
    value, low, high = (
        float(now[name].sum()) for name in ("lost_sales", "lost_sales_low", "lost_sales_high")
    )
    if value <= 0:
        return None
    finding = Finding(
        "Order {count:integer} products now: waiting until the next review would lose sales.",
        {"count": len(now)},
    )
    return Action(finding, "inventory", value, low, high, result.config.review_days)


def sell_off(result: "Result") -> Action | None:
    """Freeing dead stock: at best what it cost, at worst nothing."""
    dead = result.by_status("dead")
    value = float(dead["stock_value"].sum())
    if value <= 0:
        return None
    finding = Finding(
        "Sell off {count:integer} products that do not sell, to get back what they cost.",
        {"count": len(dead)},
    )
    return Action(finding, "inventory", value, 0.0, value, result.config.dead_after_days)
