"""From order lines to recommendations: history, tournament, the winner's lists, their reasons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from core.analyses.recommendations import catalogue, conversion, launch, newcomers, products, tuning
from core.analyses.recommendations.choice import ahead, choose, lead
from core.analyses.recommendations.config import NEEDS, Config
from core.analyses.recommendations.events import CONTEXTS, Events, events
from core.analyses.recommendations.groups import by_group, evidence
from core.analyses.recommendations.history import History, history
from core.analyses.recommendations.listing import everybody
from core.analyses.recommendations.models import AFFORDABLE, BASELINES, HEAVY, METHODS, fit
from core.analyses.recommendations.result import Result
from core.analyses.recommendations.steering import Steering, wheel
from core.analyses.recommendations.tournament import TASKS, Outcome, Split, play, splits
from core.dataset import Dataset
from core.errors import NotEnoughDataError

#: Of the products in next baskets, the share bought before from which repeats are the task.
REPEAT_SHARE = 0.15
HALF_LIFE_DAYS, WINDOW_DAYS = 30, 28


def run(dataset: Dataset, config: Config) -> Result:
    """Recommend to every customer what the method that does best on held-back time recommends."""
    dataset.require(NEEDS.columns)
    dataset = dataset.until(config.as_of)
    bought = events(dataset)
    if bought.customers.is_empty() or bought.products.is_empty():
        raise NotEnoughDataError(
            "Recommendations need orders of known customers; the data has {have} customers.",
            have=bought.customers.height,
        )
    day = dataset.day(config.as_of)
    config = _days(config, (bought.last_day - bought.first_day).days + 1)
    now = history(bought, day, float(config.half_life_days or HALF_LIFE_DAYS))
    if now.purchases.is_empty():
        raise NotEnoughDataError(
            "Recommendations need at least {need} customer who bought something and kept it; "
            "the data has {have}.",
            need=1,
            have=0,
        )
    result = _result(dataset, bought, now, config)
    bought.cuts.clear()  # what only the lessons of a model needed is not kept with the result
    return result


def _days(config: Config, span: int) -> Config:
    """`config` with the window and the half-life filled in: a quarter of the past at most."""
    window = config.test_days or int(np.clip(span // 4, 7, WINDOW_DAYS))
    return config.with_values(
        test_days=window, half_life_days=config.half_life_days or HALF_LIFE_DAYS
    )


def _result(dataset: Dataset, bought: Events, now: History, config: Config) -> Result:
    window, k, seed = int(config.test_days or 0), config.list_length, config.seed
    contest = _contest(bought, now, config)
    past, auto = contest.past, config.method == "auto"
    latest = past[0] if past else None
    config = _decided(config, contest)
    decisive = [one for one in contest.outcomes if one.task == config.task]
    registered = _registered(dataset, bought, now.day)
    cold = _newcomers(registered, now, latest, config)
    launched = launch.tested(_past(bought, now, config, launch.WINDOWS))
    offered = launch.chosen(launched, seed)
    chance = conversion.measured(past[:1], config.method, config.task, seed) if latest else None
    model = fit(config.method, now, seed, _settings(now, config))
    products_now = catalogue.listed(dataset, bought, now, window)
    return Result(
        config=config,
        evidence=evidence(contest.outcomes, k, config.task, config.method, seed),
        recommendations=everybody(model, wheel(Steering(), now, products_now), cold, config),
        similar=products.similar(now, k),
        together=products.together(now, k),
        tournament=by_group(contest.outcomes, cold, (offered, launched), k, contest.chosen, seed),
        conversion=chance.frame() if chance else pl.DataFrame(),
        products=products_now,
        lead=lead(decisive, k, config.method, seed) if decisive else None,
        ahead=ahead(decisive, k, config.method, seed) if decisive and auto else None,
        repeat_share=contest.repeat_share,
        tested=len(np.unique(decisive[0].customer)) if decisive else 0,
        left_out=contest.left_out,
        chance=chance,
        model=model,
        history=now,
        latest=latest.only(config.method, config.task, seed) if latest else None,
        settings=tuning.table(latest.settings if latest else {}),
        tuning_gain=contest.gained,
        registered=tuple(registered["customer_id"]),
        newcomers=cold,
        launch_method=offered,
        fresh=catalogue.fresh(dataset, bought, now, window),
    )


@dataclass(frozen=True, eq=False)
class _Contest:
    """The tournament. past: its splits, tuned if asked for. chosen: task -> method.

    gained: what tuning brought. left_out: methods too heavy.
    """

    past: list[Split]
    outcomes: list[Outcome]
    chosen: Mapping[str, str]
    gained: pl.DataFrame
    left_out: tuple[str, ...]

    @property
    def repeat_share(self) -> float | None:
        """Of the products in next baskets, the share bought before; None if unmeasured."""
        return float(np.mean([one.repeat_share for one in self.past])) if self.past else None


def _contest(bought: Events, now: History, config: Config) -> _Contest:
    """Every method on the days held back, and the one that is taken for each task."""
    k, seed = config.list_length, config.seed
    usual = past = _past(bought, now, config, config.splits)
    methods, left_out = _methods(config, now)
    gained = pl.DataFrame()
    if config.tuned:
        past = [tuning.tuned(one, methods, k, seed) for one in usual]
    outcomes = play(past, methods, TASKS, k, seed)
    if config.tuned:
        gained = tuning.gain(usual, outcomes, past, k, seed)
    chosen = {task: _chosen(config, outcomes, task) for task in TASKS}
    return _Contest(past, outcomes, chosen, gained, left_out)


def _past(bought: Events, now: History, config: Config, windows: int) -> list[Split]:
    """The last `windows` splits of the past, the latest first."""
    days, half_life = int(config.test_days or 0), float(config.half_life_days or 0)
    return splits(bought, now.day, days, windows, half_life)


def _settings(now: History, config: Config) -> Mapping[str, Any] | None:
    """What tuning sets the model to that makes today's lists."""
    if not config.tuned:
        return None
    days, one = int(config.test_days or 0), (config.method,)
    found = tuning.settings(now, days, one, config.list_length, config.seed)
    return found.get((config.method, config.task))


def _methods(config: Config, now: History) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(methods that compete, methods left out as too heavy); the baselines always compete."""
    if config.method != "auto":
        wanted = {*BASELINES, config.method}
        return tuple(method for method in METHODS if method in wanted), ()
    wanted = set(METHODS if config.thorough else AFFORDABLE)
    heavy = {m for m, most in HEAVY.items() if now.purchases.height > most}
    compete = tuple(m for m in METHODS if m in wanted and (config.thorough or m not in heavy))
    return compete, tuple(m for m in METHODS if m in wanted and m not in compete)


def _decided(config: Config, contest: _Contest) -> Config:
    """`config` with the task and the method that auto takes."""
    share = contest.repeat_share
    repeats = share is None or share >= REPEAT_SHARE
    auto = "next_basket" if repeats else "new_products"
    task = auto if config.task == "auto" else config.task
    return config.with_values(task=task, method=contest.chosen[task])


def _chosen(config: Config, outcomes: Sequence[Outcome], task: str) -> str:
    same = [one for one in outcomes if one.task == task]
    if config.method != "auto":
        return config.method
    if not same:
        return "own_history" if task == "next_basket" else "popularity"
    return choose(same, config.list_length, config.seed)


def _registered(dataset: Dataset, bought: Events, day: date) -> pl.DataFrame:
    """Every customer by `day`, those of the customers table included, and their CONTEXTS."""
    known = bought.customers.select("customer_id")
    if (table := dataset.tables.get("customers")) is not None:
        if "created_at" in table.columns:
            born = pl.col("created_at")
            table = table.filter(born.is_null() | (born.dt.date() <= day))
        told = ["customer_id", *(c for c in CONTEXTS if c in table.columns)]
        known = pl.concat([known, table.select(told).drop_nulls("customer_id")], how="diagonal")
    return known.unique("customer_id", keep="last", maintain_order=True).sort("customer_id")


def _newcomers(
    registered: pl.DataFrame, now: History, latest: Split | None, config: Config
) -> newcomers.Newcomers:
    """How customers without a purchase are served, as the last split says."""
    bought = now.customers["customer_id"].implode()
    people = registered.filter(~pl.col("customer_id").is_in(bought))
    if latest is None:
        return newcomers.Newcomers(newcomers.METHODS[0], people)
    method, *outcomes = newcomers.tested(latest, config.list_length, config.seed, people.columns)
    return newcomers.Newcomers(method, people, *outcomes)
