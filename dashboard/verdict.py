"""The evidence panel: what was chosen against the best simple rule, in plain sentences."""

from collections.abc import Mapping
from typing import Any

import polars as pl
import streamlit as st

from dashboard import i18n
from dashboard.i18n import safe, t
from dashboard.tables import table


def verdict(scores: pl.DataFrame) -> None:
    """What was chosen against the best baseline, in a sentence, then every score."""
    for metric in scores["metric"].unique(maintain_order=True):
        if line := _verdict(scores.filter(pl.col("metric") == metric), metric):
            st.markdown(f"- {line}")
    columns = [column for column in scores.columns if not scores[column].is_null().all()]
    table(scores.select(columns), "evidence", download=False)


def _verdict(scores: pl.DataFrame, metric: str) -> str | None:
    chosen = scores.filter("chosen").head(1)
    lower = i18n.better(metric) == "lower"
    rivals = scores.filter(pl.col("baseline") & ~pl.col("chosen"))
    rivals = rivals.sort("value", descending=not lower, nulls_last=True).head(1)
    if chosen.is_empty():
        return None
    ours = chosen.row(0, named=True)
    said = {"metric": metric, "method": ours["method"], "value": _score(ours["value"])}
    if rivals.is_empty() or i18n.better(metric) is None:
        return safe("{metric:label}: {value} with {method:label}.", **said)
    best = rivals.row(0, named=True)
    said |= {"rival": best["method"], "score": _score(best["value"])}
    return _comparison(said, _standing(ours, best, lower=lower))


def _standing(ours: Mapping[str, Any], best: Mapping[str, Any], *, lower: bool) -> str:
    ahead = (best["value"] - ours["value"]) if lower else (ours["value"] - best["value"])
    bounds = [ours["low"], ours["high"], best["low"], best["high"]]
    if ahead <= 0:
        return "behind"
    if ours["lead_low"] is not None:
        return "sure" if ours["lead_low"] * ours["lead_high"] > 0 else "chance"
    if None in bounds:
        return "unsure"
    overlap = bounds[0] <= bounds[3] and bounds[2] <= bounds[1]
    return "close" if overlap else "ahead"


def _comparison(said: Mapping[str, object], standing: str) -> str:
    """Side by side, not "beats": a method's name may be a plural, and overlap is no verdict."""
    both = safe(
        "{metric:label}: {value} with {method:label}; {score} with the simple rule "
        "“{rival:label}”.",
        **said,
    )
    verdicts = {
        "ahead": t("The two intervals do not overlap."),
        "close": t("The two intervals overlap."),
        "behind": t("The simple rule is not beaten."),
        "sure": t("Compared case by case, the difference is more than chance."),
        "chance": t("Compared case by case, the difference may be chance."),
        "unsure": "",
    }
    return i18n.joined(filter(None, (both, verdicts[standing])))


def _score(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
