"""What the inventory forecast says in words: findings, and actions with the money at stake."""

from math import isfinite
from typing import TYPE_CHECKING

import polars as pl

from core.analyses.inventory import order_words, seasonal
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
    found = [*order_words.order_findings(result), *_idle(result)]
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
        "names": most["product_name"].head(NAMED).to_list(),
    }
    if values["value"]:
        return [
            Finding(
                "{count:integer} products of the stock count never sold in these orders; "
                "{value:money} lies in them, most of it in: {names:names}. Check that they are not "
                "new, nor under another code in the orders.",
                values,
                "caution",
            )
        ]
    return [
        Finding(
            "{count:integer} products of the stock count never sold in these orders, among them: "
            "{names:names}. Check that they are not new, nor under another code in the orders.",
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
    return [
        Finding(
            "On {cutoffs:integer} held-back stretches of {weeks:integer} weeks the demand fell "
            "inside the 80% range in {covered:percent} of cases.",
            {"cutoffs": result.cutoffs, "weeks": result.test_weeks, "covered": covered.item()},
        ),
        _against_baselines(result),
    ]


def _against_baselines(result: "Result") -> Finding:
    """How its ranges did beside the better baseline's."""
    if "pinball" not in result.gain:
        return Finding(
            "A single product could be tested: too little to tell the forecast from seasonal "
            "naive and the moving average.",
            {},
            "caution",
        )
    gain, low, high = result.gain["pinball"]
    values = {"gain": gain, "low": low, "high": high}
    if not isfinite(gain):
        return Finding(
            "There the better of seasonal naive and moving average was never wrong: nothing "
            "can do better."
        )
    if low > 0:
        return Finding(
            "Its ranges were {gain:percent} better there than the better of seasonal naive and "
            "moving average (95% interval {low:percent} to {high:percent}).",
            values,
        )
    return Finding(
        "There it was not reliably better than the better of seasonal naive and moving "
        "average (difference {gain:percent}, 95% interval {low:percent} to "
        "{high:percent}).",
        values,
        "caution",
    )


def order_now(result: "Result") -> Action | None:
    """Ordering today: the sales that waiting one review would lose.

    Its bounds take all products at the 10 % or all at the 90 % quantile of demand together.
    """
    now = result.by_status("order_now").filter(pl.col("order_quantity") > 0)
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
    """Freeing dead stock: at best what it cost, at worst nothing, and nobody knows: the middle."""
    dead = result.by_status("dead")
    value = float(dead["stock_value"].sum())
    if value <= 0:
        return None
    finding = Finding(
        "Sell off {count:integer} products that do not sell: at best you get back the "
        "{cost:money} they cost, at worst nothing.",
        {"count": len(dead), "cost": value},
    )
    return Action(finding, "inventory", value / 2, 0.0, value, result.config.dead_after_days)
