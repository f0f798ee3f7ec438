"""From order lines to recommendations: history, tournament, the winner's lists, their reasons."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import numpy as np
import polars as pl

from core.analyses.recommendations import conversion, products, reasons
from core.analyses.recommendations.config import NEEDS, Config
from core.analyses.recommendations.history import Events, History, Rows, events, history
from core.analyses.recommendations.models import AFFORDABLE, BASELINES, HEAVY, METHODS, Model, fit
from core.analyses.recommendations.result import Result, newcomers
from core.analyses.recommendations.tournament import (
    TASKS,
    Outcome,
    admitted,
    choose,
    play,
    scored,
    splits,
)
from core.dataset import Dataset
from core.errors import NotEnoughDataError
from core.evidence import table
from core.measures.ranking import top

#: Of the products in next baskets, the share bought before from which repeats are the task.
REPEAT_SHARE = 0.15
HALF_LIFE_DAYS, WINDOW_DAYS = 30, 28
#: Recommendations made at a time.
BLOCK_ROWS = 20_000


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
    return _result(dataset, bought, now, config)


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
    outcomes = play(past, methods, TASKS, k, config.seed)
    share = float(np.mean([one.repeat_share for one in past])) if past else None
    chosen = {task: _chosen(config, outcomes, task) for task in TASKS}
    config = _decided(config, chosen, share)
    tournament = _tournament(outcomes, k, chosen, config.seed)
    decisive = [one for one in outcomes if one.task == config.task]
    chance = (
        conversion.measured(bought, past[:1], config.method, config.task, config.seed)
        if past
        else None
    )
    model = fit(config.method, now, config.seed)
    return Result(
        config=config,
        evidence=scored(decisive, k, config.method, config.seed) if decisive else table([]),
        recommendations=_everybody(dataset, bought, now, model, config),
        similar=products.similar(now, k),
        together=products.together(now, k),
        tournament=tournament,
        conversion=chance.frame() if chance else pl.DataFrame(),
        products=_products(dataset, bought, now, window),
        repeat_share=share,
        tested=len(decisive[0].relevant) if decisive else 0,
        left_out=left_out,
        chance=chance,
        model=model,
        history=now,
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


def _tournament(
    outcomes: Sequence[Outcome], k: int, chosen: Mapping[str, str], seed: int
) -> pl.DataFrame:
    """Every measure of every method in both tasks - task, group, then as evidence."""
    frames = [
        scored([one for one in outcomes if one.task == task], k, chosen[task], seed).select(
            pl.lit(task).alias("task"), pl.lit("all").alias("group"), pl.all()
        )
        for task in TASKS
    ]
    return pl.concat(frames)


def _everybody(
    dataset: Dataset, bought: Events, now: History, model: Model, config: Config
) -> pl.DataFrame:
    """The recommendations of every customer, those without a purchase last in the same shape."""
    step = max(1, BLOCK_ROWS // config.list_length)
    frames = []
    for start in range(0, now.shape[0], step):
        rows = np.arange(start, min(start + step, now.shape[0]), dtype=np.int64)
        frames.append(_block(now, model, rows, config))
    known = set(now.customers["customer_id"])
    others = [c for c in _registered(dataset, bought, now.day) if c not in known]
    frames.append(newcomers(now, pl.Series(others, dtype=pl.String), config.list_length))
    return pl.concat(frames).sort("customer_id", "rank")


def _registered(dataset: Dataset, bought: Events, day: date) -> list[str]:
    """Every customer by `day`, those of the customers table included."""
    ids = set(bought.customers["customer_id"])
    if (registered := dataset.tables.get("customers")) is not None:
        if "created_at" in registered.columns:
            born = pl.col("created_at")
            registered = registered.filter(born.is_null() | (born.dt.date() <= day))
        ids |= set(registered["customer_id"].drop_nulls())
    return sorted(ids)


def _block(now: History, model: Model, rows: Rows, config: Config) -> pl.DataFrame:
    """The recommendations of some customers, with their reasons."""
    scores = admitted(model.scores(rows), now, rows, config.task)
    best = top(scores, config.list_length)
    value = np.take_along_axis(scores, np.maximum(best, 0), axis=1)
    row, rank = np.nonzero(best >= 0)
    listed = pl.DataFrame(
        {
            "u": rows[row].astype(np.uint32),
            "i": best[row, rank].astype(np.uint32),
            "rank": (rank + 1).astype(np.uint32),
            "score": value[row, rank].astype(np.float64),
        }
    )
    return _named(reasons.explained(listed, config.method, model, now), now, config.method)


def _named(listed: pl.DataFrame, now: History, method: str) -> pl.DataFrame:
    """Ids, names and days in place of numbers and ages."""
    names = now.products.select("i", "product_id", "product_name")
    spoke = now.products.select(
        j="i", because_product_id="product_id", because_product_name="product_name"
    )
    age = pl.coalesce("own_age", "because_age").cast(pl.Int64)
    return (
        listed.join(now.customers.select("u", "customer_id"), on="u")
        .join(names, on="i")
        .join(spoke, on="j", how="left")
        .select(
            "customer_id",
            "rank",
            "product_id",
            "product_name",
            pl.col("score").round(5),
            pl.lit(method).alias("method"),
            "bought_before",
            "reason_code",
            "because_product_id",
            "because_product_name",
            because_day=pl.lit(now.day) - pl.duration(days=age),
            because_share=pl.col("because_share"),
            because_orders=pl.col("own_orders").cast(pl.Float64),
        )
        .with_columns(pl.col("because_day").cast(pl.Date))
        .sort("customer_id", "rank")
    )


def _products(dataset: Dataset, bought: Events, now: History, window: int) -> pl.DataFrame:
    """Columns of `Result.products`."""
    since = now.day - timedelta(days=window)
    buyers = (
        bought.rows.filter(pl.col("day") > since, pl.col("units") > 0)
        .group_by("product")
        .agg(buyers=pl.col("customer").drop_nulls().n_unique())
    )
    listed = now.products.join(buyers, on="product", how="left", maintain_order="left")
    return listed.join(_value(dataset), on="product_id", how="left", maintain_order="left").select(
        "product_id", "product_name", "orders", pl.col("buyers").fill_null(0), "value"
    )


def _value(dataset: Dataset) -> pl.DataFrame:
    """product_id, value: margin (revenue, where no cost is known) per order that held it."""
    if "revenue" not in dataset.columns:
        return pl.DataFrame(schema={"product_id": pl.String, "value": pl.Float64})
    money = pl.col("revenue")
    if "unit_cost" in dataset.columns:
        money = money - pl.col("unit_cost").fill_null(0) * pl.col("quantity")
    return (
        dataset.lines.filter(pl.col("quantity") > 0, pl.col("product_id").is_not_null())
        .group_by("product_id")
        .agg(value=(money.sum() / pl.col("order_id").n_unique()).round(4))
        .collect()
    )
