"""The overview in words: what happened, who and what it came from, what to be careful with."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import polars as pl

from core.finding import Finding

if TYPE_CHECKING:
    from core.analyses.overview import Result

#: A change smaller than this is called none.
SAME = 0.02
#: Shares from which a return rate, one customer or the guests are worth a word.
RETURNS, LARGEST, GUESTS = 0.03, 0.10, 0.30
#: Days back from the last one in which an unusual day is still news.
NEWS_DAYS = 90


def findings(result: Result) -> list[Finding]:
    """Facts first, cautions last."""
    said = [finding for part in PARTS for finding in part(result)]
    return sorted(said, key=lambda finding: finding.kind == "caution")


def _headline(result: Result) -> Iterator[Finding]:
    metric = "revenue" if result.money else "orders"
    row, days = result.figure(metric), result.config.period_days
    value, change = row["value"], row["change"]
    if result.money:
        yield Finding(
            "Revenue of the last {days:integer} days: {value:money}, from {orders:integer} orders.",
            {"days": days, "value": value, "orders": result.figure("orders")["value"]},
        )
    else:
        yield Finding(
            "Orders in the last {days:integer} days: {value:integer}.",
            {"days": days, "value": value},
        )
    if change is not None:
        yield from _change(change, row)
        yield from _drivers(result, change)
    if row["change_year"] is not None:
        yield _year(row["change_year"])


def _change(change: float, row: dict[str, Any]) -> Iterator[Finding]:
    size = {"change": abs(change)}
    if abs(change) < SAME:
        yield Finding("That is as much as in the period before.")
        return
    if change > 0:
        yield Finding("That is {change:percent} more than in the period before.", size)
    else:
        yield Finding("That is {change:percent} less than in the period before.", size)
    low, high = row["usual_low"], row["usual_high"]
    if low is None or high is None:
        return
    usual = {"low": low, "high": high}
    if low <= change <= high:
        yield Finding(
            "Such a change is nothing out of the ordinary: from one period to the next, "
            "{low:percent} to {high:percent} is usual in this shop.",
            usual,
        )
    else:
        yield Finding(
            "Such a change is out of the ordinary: from one period to the next, "
            "{low:percent} to {high:percent} is usual in this shop.",
            usual,
        )


def _drivers(result: Result, change: float) -> Iterator[Finding]:
    """Splits the change of revenue in two: orders at the old average, and the average itself."""
    orders, average = result.figure("orders"), result.figure("average_order")
    if not result.money or abs(change) < SAME or None in (average["before"], average["value"]):
        return
    more = (orders["value"] - orders["before"]) * average["before"]
    larger = (average["value"] - average["before"]) * orders["value"]
    parts = {"orders": abs(more), "average": abs(larger)}
    if orders["value"] == orders["before"]:
        yield _as_many(parts, larger)
    elif math.isclose(average["value"], average["before"]):
        yield _as_large(parts, more)
    elif more >= 0 and larger >= 0:
        yield Finding("More orders brought {orders:money}, larger orders {average:money}.", parts)
    elif more >= 0:
        yield Finding(
            "More orders brought {orders:money}, smaller orders cost {average:money}.", parts
        )
    elif larger >= 0:
        yield Finding(
            "Fewer orders cost {orders:money}, larger orders brought {average:money}.", parts
        )
    else:
        yield Finding("Fewer orders cost {orders:money}, smaller orders {average:money}.", parts)


def _as_many(parts: dict[str, float], larger: float) -> Finding:
    if larger > 0:
        return Finding("As many orders as before; larger ones brought {average:money}.", parts)
    return Finding("As many orders as before; smaller ones cost {average:money}.", parts)


def _as_large(parts: dict[str, float], more: float) -> Finding:
    if more > 0:
        return Finding("Orders as large as before; more of them brought {orders:money}.", parts)
    return Finding("Orders as large as before; fewer of them cost {orders:money}.", parts)


def _year(change: float) -> Finding:
    size = {"change": abs(change)}
    if abs(change) < SAME:
        return Finding("Against the same weeks last year it is level.")
    if change > 0:
        return Finding("Against the same weeks last year it is {change:percent} more.", size)
    return Finding("Against the same weeks last year it is {change:percent} less.", size)


def _customers(result: Result) -> Iterator[Finding]:
    row = result.figure("period_repeat_rate")
    if not row or row["value"] is None:
        return
    yield Finding(
        "{repeat:percent} of the {customers:integer} customers of the period had ordered before "
        "or ordered twice; {new:integer} are new.",
        {
            "repeat": row["value"],
            "customers": result.figure("customers")["value"],
            "new": result.figure("new_customers")["value"],
        },
    )


def _products(result: Result) -> Iterator[Finding]:
    counts = dict(result.products.group_by("abc").len().iter_rows())
    if result.products.height < 5 or not counts.get("A"):
        return
    share = result.products.filter(pl.col("abc") == "A")["share_year"].sum()
    yield Finding(
        "{a:integer} of {all:integer} products bring {share:percent} of the year's revenue.",
        {"a": counts["A"], "all": result.products.height, "share": share},
    )


def _returns(result: Result) -> Iterator[Finding]:
    back, sold = result.figure("returned").get("value"), result.figure("sales").get("value")
    if back and sold and back / sold >= RETURNS:
        yield Finding(
            "Returns of the period: {returns:money}, {share:percent} of what was sold.",
            {"returns": back, "share": back / sold},
        )


def _unusual_days(result: Result) -> Iterator[Finding]:
    odd = result.daily.tail(NEWS_DAYS).drop_nulls("unusual").sort("day", descending=True)
    for row in odd.head(2).iter_rows(named=True):
        values = {"day": row["day"], "orders": row["orders"], "expected": row["expected"]}
        if row["unusual"] == "busy":
            yield Finding(
                "{day:date} was unusually busy: {orders:integer} orders instead of about "
                "{expected:integer}.",
                values,
            )
        else:
            yield Finding(
                "{day:date} was unusually quiet: {orders:integer} orders instead of about "
                "{expected:integer}.",
                values,
            )


def _cautions(result: Result) -> Iterator[Finding]:
    known = set(result.periods["span"])
    if "before" not in known:
        yield Finding(
            "The data reach back {days:integer} days: too short to compare two periods of "
            "{period:integer} days.",
            {"days": result.daily.height, "period": result.config.period_days},
            "caution",
        )
    elif "year_before" not in known:
        yield Finding(
            "The data do not reach back to the same weeks last year, so a season cannot be told "
            "from growth.",
            kind="caution",
        )
    if result.cut_off:
        yield Finding(
            "The last day looks unfinished: its last order is from {time}. The period ends a "
            "little too low.",
            {"time": result.cut_off},
            "caution",
        )


def _who(result: Result) -> Iterator[Finding]:
    if result.largest_customer is not None and result.largest_customer >= LARGEST:
        yield Finding(
            "One customer makes {share:percent} of the year's sales: averages follow that "
            "customer, and so does the risk.",
            {"share": result.largest_customer},
            "caution",
        )
    recent = result.daily.tail(result.config.period_days or 1).select(
        pl.col("guest_orders", "orders").sum()
    )
    guests, orders = recent.row(0)
    if result.figure("customers") and orders and guests / orders >= GUESTS:
        yield Finding(
            "{share:percent} of the orders carry no customer: who comes back is told from the "
            "rest alone.",
            {"share": guests / orders},
            "caution",
        )


PARTS: tuple[Callable[[Result], Iterator[Finding]], ...] = (
    _headline,
    _customers,
    _products,
    _returns,
    _unusual_days,
    _cautions,
    _who,
)
