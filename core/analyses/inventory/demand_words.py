"""What kind of demand the shop has, and what was kept out of what is learned, in words."""

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from core.analyses.inventory import censoring, newcomers
from core.finding import Finding

if TYPE_CHECKING:
    from core.analyses.inventory.result import Result


def demand_findings(result: "Result") -> list[Finding]:
    """Slow movers, stock-outs, promotions, odd weeks, new products, prices."""
    slow = result.inventory.filter(pl.col("pattern").is_in(["intermittent", "lumpy"]))
    return [
        Finding(
            "{slow:integer} of {all:integer} products sell only now and then: for them a single "
            "figure means little, so the reorder point rests on the range of likely demand.",
            {"slow": len(slow), "all": len(result.demand.products)},
        ),
        *_kept_out(result),
        *_promotions(result),
        *_prices(result),
    ]


def _kept_out(result: "Result") -> list[Finding]:
    demand = result.demand
    age = demand.weeks - demand.start
    counts = {
        "out": int(demand.censored.any(axis=1).sum()),
        "odd": int(demand.odd.sum()),
        "new": int((age < newcomers.YOUNG).sum()),
    }
    found = {
        "out": Finding(
            "{count:integer} products were probably out of stock for some weeks: no forecast is "
            "judged by those weeks. Zeros that cannot be chance are not learned as a lack of "
            "demand until {held:integer} weeks in a row sold nothing.",
            {"count": counts["out"], "held": censoring.AFTER},
        ),
        "odd": Finding(
            "{count:integer} odd weeks, with over three times the best of the half-year before, "
            "count only up to that limit: a single big order is no trend.",
            {"count": counts["odd"]},
        ),
        "new": Finding(
            "{count:integer} products are new, on sale for fewer than {weeks:integer} weeks: their "
            "forecast leans on how others of their category began.",
            {"count": counts["new"], "weeks": newcomers.YOUNG},
        ),
    }
    return [found[name] for name, count in counts.items() if count]


def _promotions(result: "Result") -> list[Finding]:
    promotions = result.demand.promotions
    if promotions is None or not np.isfinite(promotions.shop[0]):
        return []
    lift, low, high = promotions.shop
    if not np.isfinite(low):
        return [
            Finding(
                "One product was on promotion at times, and then sold {lift:ratio} times as much; "
                "those weeks are not learned as usual demand.",
                {"lift": lift},
            )
        ]
    return [
        Finding(
            "{products:integer} products were on promotion at times, and then sold {lift:ratio} "
            "times as much (95% interval {low:ratio} to {high:ratio}); those weeks are not learned "
            "as usual demand.",
            {
                "products": int(promotions.on.any(axis=1).sum()),
                "lift": lift,
                "low": low,
                "high": high,
            },
        )
    ]


def _prices(result: "Result") -> list[Finding]:
    if (found := result.demand.elasticity) is None:
        return []
    slope, error, changes = found
    return [
        Finding(
            "After {changes:integer} lasting price changes, a price 10% higher went with "
            "{fall:percent} less demand (95% interval {low:percent} to {high:percent}).",
            {
                "changes": changes,
                "fall": 1 - 1.1**slope,
                "low": 1 - 1.1 ** (slope + 2 * error),
                "high": 1 - 1.1 ** (slope - 2 * error),
            },
        )
    ]
