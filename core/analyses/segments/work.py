"""From order lines to segments: profile, scores, clusters, the backtest and the movement."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from core import evidence
from core.analyses.segments import backtest, clusters, movement, rfm
from core.analyses.segments.answer import Past, Result
from core.analyses.segments.described import Clustered, described
from core.analyses.segments.question import MOST_CLUSTERS, NEEDS, Config
from core.dataset import Dataset
from core.errors import BadOptionError, NotEnoughDataError
from core.measures import customers

#: Two orders or more, on average beyond this many times the usual one, are wholesale.
WHOLESALE = 10.0


def run(dataset: Dataset, config: Config) -> Result:
    """Score, group and cluster every customer who ordered up to `config.as_of`."""
    dataset.require(NEEDS.columns)
    dataset = dataset.until(config.as_of)
    as_of = dataset.day(config.as_of)
    days = config.compare_days or backtest.horizon(dataset.facts["days"])
    config = config.with_values(compare_days=days, features=_usable(config, dataset))
    now = snapshot(dataset.lines, as_of, config)
    past = _past(dataset, as_of - timedelta(days=days), config, now.cuts)
    clustered = _clustered(now.profile, past, config)
    return Result(
        config=config.with_values(clusters=_in_force(clustered.k), as_of=as_of),
        customers=clustered.placed(now.profile),
        cuts=now.cuts.frame() if now.cuts else rfm.Cuts((), (), ()).frame(),
        clustered=clustered,
        past=past,
        evidence=_evidence(past, clustered, config),
        notes=_notes(dataset),
    )


def _in_force(k: int | None) -> int | None:
    """How many clusters there are; None where no reader could ask for so many, or so few."""
    return k if k is not None and 2 <= k <= MOST_CLUSTERS else None


@dataclass(frozen=True, eq=False)
class Snapshot:
    """Customers as of a day: their profile with scores and group; the cut points behind them.

    counted: the profile as it is scored, with orders and revenue of the window alone.
    """

    profile: pl.DataFrame
    counted: pl.DataFrame
    cuts: rfm.Cuts | None


def snapshot(lines: pl.LazyFrame, as_of: date, config: Config) -> Snapshot:
    """Every customer's profile, scores and RFM group as of a day."""
    profile = customers.profile(lines, as_of).collect(engine="streaming")
    if profile.is_empty():
        raise NotEnoughDataError("No order names its customer: there is nobody to segment.")
    counted = _windowed(profile, lines, as_of, config.window_days)
    cuts = _cuts(lines, config)
    found = _scored(counted, cuts, config)
    joined = profile.join(found, on="customer_id", how="left", maintain_order="left")
    return Snapshot(joined.with_columns(wholesale=_wholesale()), counted, cuts)


def _cuts(lines: pl.LazyFrame, config: Config) -> rfm.Cuts | None:
    """The reader's cut points, or the bands of the shop; None where scores are equal shares."""
    match config.scheme:
        case "quantiles":
            return None
        case "custom":
            return _custom(config)
        case _:
            return rfm.bands(rfm.orders(lines).collect(engine="streaming"))


def _scored(counted: pl.DataFrame, cuts: rfm.Cuts | None, config: Config) -> pl.DataFrame:
    """customer_id, r_score, f_score, m_score, fm_score, rfm_segment."""
    if cuts is None:
        scores, best = rfm.quantiles(counted, config.bins), (config.bins,) * 3
    else:
        scores = rfm.scored(counted, cuts)
        best = (len(cuts.recency) + 1, len(cuts.frequency) + 1, len(cuts.monetary) + 1)
    return rfm.grouped(scores, best).select(
        "customer_id", "r_score", "f_score", "m_score", "fm_score", "rfm_segment"
    )


def _wholesale() -> pl.Expr:
    usual = pl.col("average_order").filter(pl.col("average_order") > 0).median()
    large = pl.col("average_order") > WHOLESALE * usual
    return (large & (pl.col("orders") > 1)).fill_null(value=False)


def _windowed(
    profile: pl.DataFrame, lines: pl.LazyFrame, as_of: date, days: int | None
) -> pl.DataFrame:
    """`profile` with orders and revenue of the last `days` only."""
    if days is None:
        return profile
    recent = lines.filter(pl.col("ordered_at").dt.date() > as_of - timedelta(days=days))
    part = rfm.measured(rfm.orders(recent).collect(), as_of)
    return (
        profile.drop("orders", "revenue")
        .join(part.drop("recency_days"), on="customer_id", how="left", maintain_order="left")
        .with_columns(pl.col("orders", "revenue").fill_null(0))
    )


def _custom(config: Config) -> rfm.Cuts:
    cuts = rfm.Cuts(config.recency_cuts, config.frequency_cuts, config.monetary_cuts)
    for name in ("recency", "frequency", "monetary"):
        found = getattr(cuts, name)
        if not found or len(found) > 9 or list(found) != sorted(set(found)):
            raise BadOptionError(
                "{option} needs one to nine cut points in ascending order, not {value:names}.",
                option=f"{name}_cuts",
                value=[str(cut) for cut in found] or ["–"],
            )
    return cuts


def _usable(config: Config, dataset: Dataset) -> tuple[str, ...]:
    """The chosen features that this export can give, each once, in the order of the choices."""
    needs = {
        "products": "product_id",
        "discount_share": "discount",
        "categories": "category",
        "top_category_share": "category",
    }
    usable = tuple(
        feature
        for feature in dict.fromkeys(config.features)
        if needs.get(feature, "order_id") in dataset.columns
    )
    if not usable:
        raise BadOptionError("Choose at least one feature that the data has, to cluster by.")
    return usable


def _past(dataset: Dataset, earlier: date, config: Config, cuts: rfm.Cuts | None) -> Past | None:
    """The customers of an earlier day, grouped then and by today's cut points; None: too few."""
    assert config.compare_days is not None
    lines = dataset.lines.filter(pl.col("ordered_at").dt.date() <= earlier)
    known = lines.select((pl.col("quantity") > 0) & pl.col("customer_id").is_not_null())
    if not known.collect().to_series().any():
        return None
    then = snapshot(lines, earlier, config)
    same_cuts = _scored(then.counted, cuts, config) if cuts else then.profile
    sales = movement.sales(dataset.lines, earlier, config.compare_days)
    spend = then.profile.select("customer_id").join(
        sales, on="customer_id", how="left", maintain_order="left"
    )
    return Past(
        day=earlier,
        profile=then.profile,
        spend=spend["spend_since"].fill_null(0.0).to_numpy().astype(np.float64),
        buyers=int(spend["came_back"].fill_null(value=False).sum()),
        by_todays_cuts=same_cuts.select("customer_id", "rfm_segment"),
        sales=sales,
    )


def _clustered(profile: pl.DataFrame, past: Past | None, config: Config) -> Clustered:
    features, method, seed = config.features, config.cluster_method, config.seed
    retail = profile.filter(~pl.col("wholesale"))
    differing = clusters.distinct(retail, features)
    ks = [k for k in clusters.KS if k < differing]
    if retail.height < clusters.MIN_CUSTOMERS or not ks:
        return Clustered.none(differing)
    if method == "hdbscan":
        ks = [clusters.fit(retail, features, 0, seed, method).partition.clusters]
    elif config.clusters is not None:
        ks = sorted({*ks, min(config.clusters, differing)})
    explained = _explained(past, config, ks) if past and past.tells else {}
    found = clusters.choices(retail, features, ks, explained, seed, method)
    k, _ = clusters.choose(found)
    if config.clusters is not None and method != "hdbscan":
        k = min(config.clusters, differing)
    return described(profile, clusters.fit(retail, features, k, seed, method), found)


def _explained(past: Past, config: Config, ks: list[int]) -> dict[int, float]:
    """k -> next spend explained by k clusters found before it."""
    values = backtest.capped(past.spend)
    retail = past.profile.filter(~pl.col("wholesale"))
    usable = [k for k in ks if k < clusters.distinct(retail, config.features)]
    found = clusters.fits(retail, config.features, usable, config.seed, config.cluster_method)
    return {
        k: backtest.explained(values, pl.Series(fitted.assign(past.profile)))
        for k, fitted in zip(usable, found, strict=True)
    }


def _evidence(past: Past | None, clustered: Clustered, config: Config) -> pl.DataFrame:
    """Next spend explained by each scheme, made before it; empty where too little is held back."""
    if past is None or not past.tells:
        return evidence.table([])
    values, then = backtest.capped(past.spend), past.profile
    deciles = ((then["revenue"].rank("min") - 1) / then.height * 10).floor()
    segmentations: dict[str, pl.Series | None] = {
        "rfm_groups": then["rfm_segment"],
        "rfm_cells": then.select(pl.concat_str("r_score", "f_score", "m_score"))["r_score"],
        "revenue_deciles": deciles,
        "one_group": None,
    }
    if clustered.k is not None:
        retail = then.filter(~pl.col("wholesale"))
        k = min(clustered.k, clusters.distinct(retail, config.features))
        if k > 1:
            fitted = clusters.fit(retail, config.features, k, config.seed, config.cluster_method)
            segmentations["cluster_groups"] = pl.Series(fitted.assign(then))
    return evidence.table(
        backtest.score(
            method,
            values,
            segment,
            baseline=method in ("revenue_deciles", "one_group"),
            chosen=method == "rfm_groups",
        )
        for method, segment in segmentations.items()
    )


def _notes(dataset: Dataset) -> dict[str, float]:
    """What cannot be segmented: guests' orders and revenue, people on the list without an order."""
    guest = pl.col("customer_id").is_null()
    row = (
        dataset.lines.select(
            guest_orders=pl.col("order_id").filter(guest & (pl.col("quantity") > 0)).n_unique(),
            guest_revenue=pl.col("revenue").filter(guest).sum().round(6),
            revenue=pl.col("revenue").sum().round(6),
        )
        .collect()
        .row(0, named=True)
    )
    prospects = 0
    if "customers" in dataset.tables:
        known = dataset.lines.select("customer_id").unique().collect()
        listed = dataset.tables["customers"].select("customer_id").drop_nulls().unique()
        prospects = listed.join(known, on="customer_id", how="anti").height
    return row | {"prospects": prospects}
