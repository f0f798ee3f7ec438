"""What the sales forecast says in words."""

from typing import TYPE_CHECKING, Any

import polars as pl

from core.analyses.sales_forecast.methods import FEWEST_WEEKS
from core.analyses.sales_forecast.rolling import FEWEST_STRETCHES
from core.finding import Finding

if TYPE_CHECKING:
    from core.analyses.sales_forecast.result import Result

#: A season below this is no news; a change since last year beyond this is doubtful without one.
NEWS, FAR = 1.15, 0.3
#: A share of the sales below this is written as nothing.
NOTHING = 0.0005
SEASONAL = ("seasonal_naive", "season_of_the_year", "season_and_holidays", "combination")


def ahead(result: "Result") -> list[Finding]:
    """What is coming, how far it reaches, against last year, and when the year is strongest."""
    said: dict[str, Any] = {**result.total, "weeks": len(result.forecast)}
    return [_coming(result, said), *_cut(result), *_last_year(result), *_season(result)]


def _coming(result: "Result", said: dict[str, Any]) -> Finding:
    money = result.config.measure == "revenue"
    if said["low"] is None:
        if money:
            return Finding(
                "In the next {weeks:integer} weeks the shop should sell for about {mean:money}; "
                "how sure that is cannot be said yet.",
                said,
            )
        return Finding(
            "In the next {weeks:integer} weeks the shop should sell about {mean:integer} units; "
            "how sure that is cannot be said yet.",
            said,
        )
    if money:
        return Finding(
            "In the next {weeks:integer} weeks the shop should sell for about {mean:money}, most "
            "likely between {low:money} and {high:money}.",
            said,
        )
    return Finding(
        "In the next {weeks:integer} weeks the shop should sell about {mean:integer} units, most "
        "likely between {low:integer} and {high:integer}.",
        said,
    )


def _cut(result: "Result") -> list[Finding]:
    if result.asked_days is None:
        return []
    return [
        Finding(
            "The forecast reaches {given:integer} days ahead, not the {asked:integer} asked for: "
            "at most a quarter of the sales history.",
            {"given": result.config.horizon_days, "asked": result.asked_days},
            "caution",
        )
    ]


def _last_year(result: "Result") -> list[Finding]:
    before = result.forecast["year_before"]
    if before.null_count() or not before.sum():
        return []
    change = float(result.forecast["mean"].sum()) / float(before.sum()) - 1
    if abs(change) > FAR and result.forecast["method"][0] not in SEASONAL:
        return [_no_season(result, float(before.sum()))]
    if change >= 0:
        return [
            Finding("That is {change:percent} more than in the same weeks of last year.",
                    {"change": change})
        ]  # fmt: skip
    return [
        Finding("That is {change:percent} less than in the same weeks of last year.",
                {"change": -change})
    ]  # fmt: skip


def _no_season(result: "Result", before: float) -> Finding:
    """A forecast that goes on from the last weeks, beside a very different last year."""
    if result.config.measure == "revenue":
        return Finding(
            "The method in use knows no season: the same weeks of last year brought "
            "{before:money}. After a peak, or before one, the sales may lie far outside the range.",
            {"before": before},
            "caution",
        )
    return Finding(
        "The method in use knows no season: the same weeks of last year brought {before:integer} "
        "units. After a peak, or before one, the sales may lie far outside the range.",
        {"before": before},
        "caution",
    )


def _season(result: "Result") -> list[Finding]:
    if result.season.is_empty():
        return [
            Finding(
                "With fewer than {need:integer} weeks of sales no season can be told: the weeks "
                "before Christmas or a big sale will be missed.",
                {"need": FEWEST_WEEKS},
                "caution",
            )
        ]
    best = result.season.sort("season_index", descending=True).row(0, named=True)
    if best["season_index"] < NEWS:
        return []
    return [
        Finding(
            "The year is strongest around {day:date}: {more:percent} above an average week.",
            {"day": best["period_start"], "more": best["season_index"] - 1},
        )
    ]


def looking_back(result: "Result") -> list[Finding]:
    """Last month's forecast against what happened."""
    said = dict(result.past)
    sold, mean = said["sold"], said["mean"]
    if not sold or mean is None:
        return []
    values = {"off": abs(mean / sold - 1)}
    found = (
        Finding("Made four weeks ago, the forecast of the last four weeks would have been "
                "{off:percent} too high.", values)
        if mean >= sold
        else Finding("Made four weeks ago, the forecast of the last four weeks would have been "
                     "{off:percent} too low.", values)
    )  # fmt: skip
    low, high = said["low"], said["high"]
    if low is None or high is None or low <= sold <= high:
        return [found]
    outside = Finding("What was sold then lay outside the range it gave.", kind="caution")
    return [found, outside]


def trust(result: "Result") -> list[Finding]:
    """How the forecast did on held-back weeks."""
    if result.stretches < FEWEST_STRETCHES:
        return [
            Finding(
                "The history is too short to test the forecast on held-back weeks: take it as a "
                "first guess.",
                kind="caution",
            )
        ]
    if result.evidence.is_empty():
        return []
    found = [_compared(result) if result.gain else _rival_never_wrong(result)]
    covered = result.evidence.filter(pl.col("chosen"), pl.col("metric") == "coverage_80")
    if covered.height:
        found.append(
            Finding(
                "There the weekly sales fell inside the 80% range in {covered:percent} of weeks.",
                {"covered": covered["value"].item()},
            )
        )
    return found


def _rival_never_wrong(result: "Result") -> Finding:
    """Sales that a simple rule foretells without an error: nothing can err less."""
    own = result.evidence.filter(pl.col("chosen"), pl.col("metric") == "wape_of_sales")
    wrong = float(own["value"].item())
    said = {"wrong": wrong, "stretches": result.stretches, "weeks": len(result.forecast)}
    if wrong < NOTHING:
        return Finding(
            "On {stretches:integer} held-back stretches of {weeks:integer} weeks it was never "
            "wrong, and neither was the best of the simple rules: sales repeated exactly.",
            said,
        )
    return Finding(
        "On {stretches:integer} held-back stretches of {weeks:integer} weeks the best of the "
        "simple rules was never wrong, and this forecast by {wrong:percent} of the sales.",
        said,
        "caution",
    )


def _compared(result: "Result") -> Finding:
    said = {**result.gain, "stretches": result.stretches, "weeks": len(result.forecast)}
    low = result.gain["low"]
    if low is not None and float(low) > 0:
        return Finding(
            "On {stretches:integer} held-back stretches of {weeks:integer} weeks it erred "
            "{value:percent} less than “{rival:label}” (95% interval {low:percent} to "
            "{high:percent}).",
            said,
        )
    if not result.gain["value"]:
        return Finding(
            "On held-back weeks it was the same as the simple rule “{rival:label}”, the best of "
            "the simple ones.",
            said,
        )
    if low is None:
        return _too_few(float(result.gain["value"]), said)
    return Finding(
        "On {stretches:integer} held-back stretches of {weeks:integer} weeks it was not reliably "
        "better than “{rival:label}” (difference {value:percent}, 95% interval {low:percent} to "
        "{high:percent}).",
        said,
        "caution",
    )


def _too_few(lead: float, said: dict[str, Any]) -> Finding:
    """On two or three stretches a lead may well be chance."""
    if lead > 0:
        return Finding(
            "On {stretches:integer} held-back stretches of {weeks:integer} weeks it erred "
            "{value:percent} less than “{rival:label}”: too few stretches to rule out chance.",
            said,
            "caution",
        )
    return Finding(
        "On {stretches:integer} held-back stretches of {weeks:integer} weeks it erred "
        "{more:percent} more than “{rival:label}”: too few stretches to rule out chance.",
        said | {"more": -lead},
        "caution",
    )
