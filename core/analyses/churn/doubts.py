"""What the churn page says of its own doubts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from core.analyses.churn import level
from core.analyses.churn.proof import missed
from core.finding import Finding

if TYPE_CHECKING:
    from core.analyses.churn.result import Result

#: Whether what was observed of a calibration bin lies within chance; the share of bins that should.
WITHIN, ENOUGH = pl.col("observed").is_between("low", "high"), 0.9


def level_of(result: Result) -> list[Finding]:
    """How far the share of all who stay away may be off, and whether the season is known."""
    if result.small:
        return []
    churn = result.customers["churn_probability"].to_numpy()
    low, share, high = level.around(churn, result.drift)
    values = {"share": share, "low": low, "high": high, "horizon": result.horizon_days}
    if result.season_known:
        return [
            Finding(
                "{share:percent} of all customers are expected to stay away for {horizon:integer} "
                "days, and it may be {low:percent} to {high:percent}: the level moves from one "
                "period to the next. What the same season did a year ago is counted in by half.",
                values,
            )
        ]
    return [
        Finding(
            "{share:percent} of all customers are expected to stay away for {horizon:integer} "
            "days, and it may be {low:percent} to {high:percent}: the level moves with the season, "
            "and your history does not show the same season of a year before. Neither the "
            "probabilities nor the expected revenue know it.",
            values,
            kind="caution",
        )
    ]


def cautions(result: Result) -> list[Finding]:
    """What to doubt."""
    found = [*_unlearned(result), *_untested(result), *_uncalibrated(result), *_unequal(result)]
    if result.gone:
        found.append(
            Finding(
                "{gone:integer} customers silent for more than {window:integer} days are taken "
                "as gone and not scored.",
                {"gone": result.gone, "window": result.config.bought_within_days},
            )
        )
    return found


def _unlearned(result: Result) -> list[Finding]:
    """Where nothing was learned of single customers."""
    found = []
    if result.config.method == "base_rate":
        found.append(
            Finding(
                "No model tells this shop's customers apart on days held back: everyone gets "
                "the shop's average. Do not pick customers by this list.",
                kind="caution",
            )
        )
    if result.small:
        found.append(
            Finding(
                "With so few repeat customers, or so short a history, no model can be learned and "
                "checked: this is the recency rule, with the interval that so few customers leave "
                "open.",
                kind="caution",
            )
        )
    return found


def _untested(result: Result) -> list[Finding]:
    """Where the test looks less far ahead than the answer."""
    if result.tested_days >= result.horizon_days:
        return []
    return [
        Finding(
            "The history is too short to test {horizon:integer} days ahead: the test is "
            "{tested:integer} days ahead, and the MBG/NBD model carries it further.",
            {"horizon": result.horizon_days, "tested": result.tested_days},
            kind="caution",
        )
    ]


def _uncalibrated(result: Result) -> list[Finding]:
    """Where what was predicted and what came differ by more than chance in too many groups."""
    inside, bins = result.calibration.filter(WITHIN).height, result.calibration.height
    if inside >= ENOUGH * bins:
        return []
    return [
        Finding(
            "On days held back, what was predicted for {inside:integer} of {bins:integer} "
            "groups of customers was right within chance: whole periods differ by more. Trust "
            "who comes before whom; read the percentages as high, medium or low.",
            {"inside": inside, "bins": bins},
            kind="caution",
        )
    ]


def _unequal(result: Result) -> list[Finding]:
    """Groups of customers whose level is missed."""
    return [
        Finding(
            "Less reliable for one group, {group:label}: on days held back "
            "{observed:percent} of them stayed away, {predicted:percent} were predicted.",
            {
                "group": row["shopper_group"],
                "observed": row["observed"],
                "predicted": row["predicted"],
            },
            kind="caution",
        )
        for row in missed(result.by_group).head(3).iter_rows(named=True)
    ]
