"""From order lines to recommendations: history, tournament, the winner's lists, their reasons."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import numpy as np
import polars as pl

from core.analyses.recommendations import conversion, launch, newcomers, products, tuning
from core.analyses.recommendations.choice import ahead, choose, lead
from core.analyses.recommendations.config import NEEDS, Config
from core.analyses.recommendations.events import ATTRIBUTES, CONTEXTS, Events, events
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
#: What the content of a product is made of.
DESCRIBED = ("product_id", "product_name", *ATTRIBUTES, "price")


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
    window, k = int(config.test_days or 0), config.list_length
    past = splits(bought, now.day, window, config.splits, float(config.half_life_days or 0))
    methods, left_out = _methods(config, now)
    tuned = [tuning.tuned(one, methods, k, config.seed) for one in past] if config.tuned else past
    outcomes = play(tuned, methods, TASKS, k, config.seed)
    gained = tuning.gain(past, outcomes, tuned, k, config.seed) if config.tuned else pl.DataFrame()
    past = tuned
    share = float(np.mean([one.repeat_share for one in past])) if past else None
    chosen = {task: _chosen(config, outcomes, task) for task in TASKS}
    auto = config.method == "auto"
    config = _decided(config, chosen, share)
    registered = _registered(dataset, bought, now.day)
    cold = _newcomers(registered, now, past, config)
    recent = splits(bought, now.day, window, launch.WINDOWS, float(config.half_life_days or 0))
    launched = launch.tested(recent)
    offered = launch.chosen(launched, config.seed)
    tournament = by_group(outcomes, cold, (offered, launched), k, chosen, config.seed)
    decisive = [one for one in outcomes if one.task == config.task]
    chance = (
        conversion.measured(past[:1], config.method, config.task, config.seed) if past else None
    )
    settings = (
        tuning.settings(now, window, (config.method,), k, config.seed) if config.tuned else {}
    )
    model = fit(config.method, now, config.seed, settings.get((config.method, config.task)))
    listed = _products(dataset, bought, now, window)
    steer = wheel(Steering(), now, listed)
    return Result(
        config=config,
        evidence=evidence(outcomes, k, config.task, config.method, config.seed),
        recommendations=everybody(model, steer, cold, config),
        similar=products.similar(now, k),
        together=products.together(now, k),
        tournament=tournament,
        conversion=chance.frame() if chance else pl.DataFrame(),
        products=listed,
        lead=lead(decisive, k, config.method, config.seed) if decisive else None,
        ahead=ahead(decisive, k, config.method, config.seed) if decisive and auto else None,
        repeat_share=share,
        tested=len(decisive[0].relevant) if decisive else 0,
        left_out=left_out,
        chance=chance,
        model=model,
        history=now,
        latest=past[0].only(config.method, config.task, config.seed) if past else None,
        settings=tuning.table(past[0].settings if past else {}),
        tuning_gain=gained,
        registered=tuple(registered["customer_id"]),
        newcomers=cold,
        launch_method=offered,
        fresh=_fresh(dataset, bought, now, window),
    )


def _methods(config: Config, now: History) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(methods that compete, methods left out as too heavy); the baselines always compete."""
    if config.method != "auto":
        wanted = {*BASELINES, config.method}
        return tuple(method for method in METHODS if method in wanted), ()
    wanted = set(METHODS if config.thorough else AFFORDABLE)
    heavy = {m for m, most in HEAVY.items() if now.purchases.height > most}
    compete = tuple(m for m in METHODS if m in wanted and (config.thorough or m not in heavy))
    return compete, tuple(m for m in METHODS if m in wanted and m not in compete)


def _decided(config: Config, chosen: Mapping[str, str], share: float | None) -> Config:
    """`config` with the task and the method that auto takes."""
    repeats = share is None or share >= REPEAT_SHARE
    auto = "next_basket" if repeats else "new_products"
    task = auto if config.task == "auto" else config.task
    return config.with_values(task=task, method=chosen[task])


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
    registered: pl.DataFrame, now: History, past: Sequence[Split], config: Config
) -> newcomers.Newcomers:
    """How customers without a purchase are served, as the last split says."""
    bought = now.customers["customer_id"].implode()
    people = registered.filter(~pl.col("customer_id").is_in(bought))
    if not past:
        return newcomers.Newcomers(newcomers.METHODS[0], people)
    method, *outcomes = newcomers.tested(past[0], config.list_length, config.seed)
    return newcomers.Newcomers(method, people, *outcomes)


def _fresh(dataset: Dataset, bought: Events, now: History, window: int) -> pl.DataFrame:
    """Columns of `Result.fresh`."""
    since = now.day - timedelta(days=window)
    sold = bought.rows.filter(pl.col("day") <= now.day, pl.col("units") > 0).group_by("product")
    first = sold.agg(first=pl.col("day").min()).filter(pl.col("first") > since)
    lately = now.products.join(first, on="product", how="semi", maintain_order="left")
    told = [c for c in DESCRIBED if c in lately.columns]
    frames = [lately.filter(pl.col("orders") <= launch.FEW_ORDERS).select(*told, "orders")]
    table = dataset.tables.get("products")
    if table is not None and "product_name" in table.columns:
        table = table.rename({"unit_price": "price"}, strict=False)
        never = table.filter(~pl.col("product_id").is_in(now.products["product_id"].implode()))
        never = never.select(c for c in DESCRIBED if c in never.columns)
        never = never.drop_nulls(["product_id", "product_name"])
        never = never.unique("product_id", keep="last")
        frames.append(never.with_columns(orders=pl.lit(0, pl.UInt32)))
    return pl.concat(frames, how="diagonal").sort("product_id")


def _products(dataset: Dataset, bought: Events, now: History, window: int) -> pl.DataFrame:
    """Columns of `Result.products`."""
    since = now.day - timedelta(days=window)
    buyers = (
        bought.rows.filter(pl.col("day") > since, pl.col("units") > 0)
        .group_by("product")
        .agg(buyers=pl.col("customer").drop_nulls().n_unique())
    )
    listed = now.products.join(buyers, on="product", how="left", maintain_order="left").join(
        _money(dataset), on="product_id", how="left", maintain_order="left"
    )
    if (stock := dataset.tables.get("stock")) is not None and "on_hand" in stock.columns:
        held = stock.group_by("product_id").agg(pl.col("on_hand").sum())
        listed = listed.join(held, on="product_id", how="left", maintain_order="left")
    known = [c for c in ("category", "on_hand") if c in listed.columns]
    names = ["product_id", "product_name", "orders", "buyers", "price", "value", *known]
    return listed.with_columns(pl.col("buyers").fill_null(0)).select(names)


def _money(dataset: Dataset) -> pl.DataFrame:
    """product_id, price (per unit), value (margin per order that held it; revenue without cost)."""
    if "revenue" not in dataset.columns:
        missing = {"product_id": pl.String, "price": pl.Float64, "value": pl.Float64}
        return pl.DataFrame(schema=missing)
    revenue, units = pl.col("revenue"), pl.col("quantity")
    cost = pl.col("unit_cost").fill_null(0) if "unit_cost" in dataset.columns else pl.lit(0.0)
    return (
        dataset.lines.filter(pl.col("quantity") > 0, pl.col("product_id").is_not_null())
        .group_by("product_id")
        .agg(
            price=(revenue.sum().round(6) / units.sum()).round(4),
            value=((revenue - cost * units).sum().round(6) / pl.col("order_id").n_unique()).round(
                4
            ),
        )
        .collect()
    )
