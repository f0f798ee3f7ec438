"""What the panels of the recommendations page say about what they show."""

from dataclasses import asdict
from datetime import date

import polars as pl

from core.analyses.recommendations import Campaign, Result
from core.analyses.recommendations.launch import LISTED
from core.analyses.recommendations.steering import ALL, Steering
from core.finding import Finding
from core.measures.uplift import Effect
from dashboard.i18n import listed


def expectation(campaign: Campaign) -> list[Finding]:
    """What a mailing to these customers can expect, and what it cannot tell."""
    return [
        Finding(
            "Of {customers:integer} customers with such a product in the same place of their "
            "lists, {expected:number} bought it on average within {days:integer} days (95% "
            "interval of the average {low:number} to {high:number}); of as many picked at random "
            "about {untargeted:number} buy this one. A single mailing may do much better or worse.",
            vars(campaign) | {"customers": campaign.customers.height},
        ),
        Finding(
            "They would buy that much without being written to: what the mailing itself adds shows "
            "only against a group that was left out.",
            {},
            "caution",
        ),
    ]


def grounds(result: Result, customer: str, product: str, parts: pl.DataFrame) -> list[Finding]:
    """What a recommendation rests on. parts: `Result.contributions` of it."""
    found = []
    if parts.is_empty():
        found.append(
            Finding(
                "Nothing else that this customer bought speaks for it: the reason above is all."
            )
        )
    elif parts["contribution"].null_count():
        found.append(
            Finding(
                "“{method:label}” gives no sum to take apart: these are the customer's purchases "
                "that it sees as most like the product.",
                {"method": result.config.method},
            )
        )
    else:
        if result.config.method == "hybrid":
            found.append(
                Finding(
                    "“{method:label}” also weighs timing and popularity, and is no sum. Its part "
                    "from similar products is taken apart here.",
                    {"method": result.config.method},
                )
            )
        found.append(_adds_most(parts))
    if counted := result.alike(customer, product):
        found.append(
            Finding(
                "Of the {all:integer} customers who buy most alike, {buyers:integer} bought it.",
                {"buyers": counted[0], "all": counted[1]},
            )
        )
    return found


def _adds_most(parts: pl.DataFrame) -> Finding:
    """The purchase that adds most to a recommendation; itself, where it was bought before."""
    most = parts.sort("contribution", descending=True, maintain_order=True)
    values = most.row(0, named=True) | {"n": parts.height, "sum": parts["contribution"].sum()}
    if values["because_share"] is None:
        return Finding(
            "{n:integer} bought products add up to {sum:ratio}. That it was bought before adds "
            "most: {contribution_share:percent} of it.",
            values,
        )
    return Finding(
        "{n:integer} bought products add up to {sum:ratio}. “{because_product_name}” adds "
        "most: {contribution_share:percent} of it, and {because_share:percent} of its "
        "buyers also bought this.",
        values,
    )


def completion_verdict(tested: pl.DataFrame, k: int) -> list[Finding]:
    """How often completing a basket finds what was left out of it."""
    if tested.is_empty():
        return [Finding("No order was held back to test this on.", {}, "caution")]
    found, simple = (
        tested.row(by_predicate=pl.col("method") == name, named=True)
        for name in ("item_knn", "popularity")
    )
    return [
        Finding(
            "One product was left out of each of {orders:integer} later orders: it was among the "
            "{k:integer} shown in {value:percent} of them ({low:percent} to {high:percent}); among "
            "the {k:integer} bestsellers in {simple:percent}.",
            found | {"k": k, "value": found["hit_rate"], "simple": simple["hit_rate"]},
        )
    ]


def cold_start(result: Result) -> list[Finding]:
    """What customers and products without a past get, and how that did."""
    said = []
    row = _scores(result, "no_order", "hit_rate")
    if row is not None and row["baseline"]:
        said.append(
            Finding(
                "Customers without a purchase get the bestsellers: {value:percent} of those who "
                "were new in the test bought one of them in their first order ({low:percent} to "
                "{high:percent}); no other list did surely better.",
                row,
            )
        )
    elif row is not None:
        said.append(
            Finding(
                "Customers without a purchase get the list “{method:label}”: {value:percent} of "
                "those who were new in the test bought one of its products in their first order "
                "({low:percent} to {high:percent}); with the bestsellers {simple:percent}.",
                row,
            )
        )
    if (row := _scores(result, "first_basket", "hit_rate")) is not None:
        said.append(
            Finding(
                "Once one product is in a new customer's basket, what goes with it found another "
                "of the same order for {value:percent} ({low:percent} to {high:percent}); the "
                "bestsellers for {simple:percent}.",
                row,
            )
        )
    return said


def tuning_gain(result: Result) -> list[Finding]:
    """What other settings brought to the method that is used, on the days held back."""
    mine = result.tuning_gain.filter(task=result.config.task, method=result.config.method)
    if mine.is_empty():
        return [
            Finding(
                "No other settings of “{method:label}” were surely better on the days before the "
                "test: it keeps its usual ones.",
                {"method": result.config.method},
            )
        ]
    row = mine.row(0, named=True)
    return [
        Finding(
            "“{method:label}” was given other settings. On the days held back its lists found "
            "{tuned_settings:percent} of what was bought, with the usual ones "
            "{usual_settings:percent} (difference {difference:percent}, 95% interval {low:percent} "
            "to {high:percent}).",
            row,
            "caution" if row["low"] <= 0 else "fact",
        )
    ]


def launched(result: Result) -> list[Finding]:
    """How a list for a new product did in the test."""
    row = _scores(result, "new_product", "precision_at_k")
    if row is None:
        return [
            Finding("No new product was launched in the test, so this is untested.", {}, "caution")
        ]
    return [
        Finding(
            "A new product. Picked like this (“{method:label}”), {value:percent} of the "
            "{n:integer} customers first on the list bought it in the test, over all products "
            "that were new then ({low:percent} to {high:percent}); of the {n:integer} most active "
            "customers {simple:percent}.",
            row | {"n": LISTED},
        )
    ]


def _scores(result: Result, group: str, metric: str) -> dict[str, object] | None:
    """The chosen method's score in one group, with the baseline's as `simple`."""
    rows = result.tournament.filter(pl.col("group") == group, pl.col("metric") == metric)
    if rows.is_empty():
        return None
    simple = rows.row(by_predicate=pl.col("baseline"), named=True)["value"]
    return rows.row(by_predicate=pl.col("chosen"), named=True) | {"simple": simple}


def effect_found(effect: Effect | None) -> list[Finding]:
    """What a mailing added, or that it cannot be told."""
    if effect is None:
        return [
            Finding(
                "Nobody on this list was left out, so what the mailing added cannot be told.",
                {},
                "caution",
            )
        ]
    said = asdict(effect)
    if effect.added_conversion_low > 0:
        verdict = Finding("The mailing worked: the difference is more than chance.")
    elif effect.added_conversion_high < 0:
        verdict = Finding(
            "The mailing did harm: the difference is more than chance.", {}, "caution"
        )
    else:
        verdict = Finding("The difference may be chance.", {}, "caution")
    found = [
        Finding(
            "Of {messaged:integer} customers who were written to, {conversion_message:percent} "
            "bought; of {held_out:integer} left out, {conversion_hold_out:percent}. Added: "
            "{added_conversion:percent} (95% interval {added_conversion_low:percent} to "
            "{added_conversion_high:percent}).",
            said,
        ),
        verdict,
    ]
    if effect.added_revenue is not None:
        found.append(
            Finding(
                "Added revenue per customer: {added_revenue:money} (95% interval "
                "{added_revenue_low:money} to {added_revenue_high:money}).",
                said,
            )
        )
    return found


def nobody_known(listed: int) -> list[Finding]:
    """That the list and the orders have no customer in common."""
    return [
        Finding(
            "None of the {listed:integer} customers on this list is in the orders: it may be from "
            "another shop, or it was downloaded with the names hidden.",
            {"listed": listed},
            "caution",
        )
    ]


def too_early(sent: date, days: int, last: date) -> list[Finding]:
    """That the data end before the days that count are over."""
    there = max((last - sent).days + 1, 0)
    if there >= days:
        return []
    return [
        Finding(
            "The data end on {last:date}: of the {days:integer} days that count {there:integer} "
            "are there.",
            {"last": last, "days": days, "there": there},
            "caution",
        )
    ]


def price_of(cost: pl.DataFrame) -> list[Finding]:
    """What the owner's rules cost in hits and bring in money."""
    rows = {row["metric"]: row for row in cost.filter(own_rule=ALL).iter_rows(named=True)}
    names = ("without_rules", "with_rules", "difference", "low", "high")
    hits, money = {name: 100 * rows["hits"][name] for name in names}, rows["hit_value"]
    found = [
        Finding(
            "Per 100 customers of the test, who all came back, {without_rules:number} recommended "
            "products were bought without your rules, {with_rules:number} with them (change "
            "{difference:number}, 95% interval {low:number} to {high:number}).",
            hits,
        )
    ]
    if money["without_rules"]:
        found.append(
            Finding(
                "Money from hits per customer: {without_rules:money} without your rules, "
                "{with_rules:money} with them (change {difference:money}, 95% interval "
                "{low:money} to {high:money}).",
                money,
            )
        )
    return found


def not_found(products: pl.DataFrame, wanted: Steering) -> list[Finding]:
    """The codes and categories to leave out that no product has."""
    asked = {"product_id": wanted.exclude_products, "category": wanted.exclude_categories}
    names = [
        name for column, some in asked.items() for name in some if name not in products[column]
    ]
    if not names:
        return []
    return [
        Finding(
            "No product or category is called {names}: that rule leaves nothing out.",
            {"names": listed(names)},
            "caution",
        )
    ]
