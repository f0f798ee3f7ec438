"""Ordering by forecast, in money: the replay of the past year on real orders and on demo shops.

    python benchmarks/inventory_replay.py LINES.parquet      the last year under three ways to order
    python benchmarks/inventory_replay.py                    the same on demo shops, and the optimum

The optimum of the demo shop: whoever knows the generator, though not its dice, knows the spread of
each week's demand over SEEDS other shops of the same plan; scaled to what the product sold in the
replayed year, its quantiles over lead time and review are the best reorder points there are.
"""

import sys

import numpy as np
import polars as pl

from core.analyses import inventory
from core.analyses.inventory import demand, replay, simulation, stock
from core.dataset import Dataset
from sample_data import plan
from sample_data.generate import shop as make_shop

SEEDS, SHOPS = 40, (0, 1, 2)


def replayed(path: str) -> None:
    """The frontier of every policy on one shop."""
    data = Dataset("benchmark", "benchmark", pl.scan_parquet(path))
    show(inventory.simulate(data, inventory.Config()).frontier)


def show(frontier: pl.DataFrame) -> None:
    """Print a frontier, and what the forecast saves against each rival at its own fill rate."""
    with pl.Config(tbl_rows=-1, tbl_cols=-1, tbl_hide_dataframe_shape=True):
        print(frontier.select("policy", "setting", "fill_rate", "stock_value", "cost", "chosen"))
    for rival in frontier["policy"].unique().sort():
        if rival != simulation.FORECAST:
            print(f"{rival}: stock saved at equal fill {simulation.compare(frontier, rival)}")


def truth() -> None:
    """Three demo shops of other seeds than the plan's own: all policies beside the optimum."""
    config = inventory.Config()
    others = [weeks_of(seed)[0] for seed in range(100, 100 + SEEDS)]
    for seed in SHOPS:
        _, known, data = weeks_of(seed)
        shop = replay.shop(known, stock.join(known.products, data, config), config)
        found = inventory.simulate(data, config).frontier
        best = replay.replay(shop, optimum(shop, known, others, config), simulation.LEVELS, config)
        best = best.with_columns(
            policy=pl.lit("optimum"),
            setting=pl.Series(simulation.LEVELS),
            chosen=pl.Series(simulation.LEVELS) == config.service_level,
        )
        print(f"\nseed {seed}")
        show(pl.concat([found, best.select(found.columns)]))


def weeks_of(seed: int):
    """(product -> weekly units, the demand, the dataset) of one demo shop."""
    made = make_shop("medium", seed=seed)
    data = Dataset("demo", str(seed), made.lines.lazy(), {"stock": made.stock})
    known = demand.weekly(data, plan.LAST_DAY)
    return dict(zip(known.products["product_id"], known.units, strict=True)), known, data


def optimum(shop, known, others, config):
    """The rule of one who knows the generator."""
    ids, weeks = known.products["product_id"], known.weeks - shop.first
    nothing = np.zeros(weeks)
    drawn = np.array([[units.get(p, nothing)[-weeks:] for p in ids] for units in others])
    usual = drawn.sum(axis=2).mean(axis=0)
    sold = known.units[:, shop.first :].sum(axis=1)
    drawn = drawn * (sold / np.maximum(usual, 1e-9))[None, :, None]
    padded = np.concatenate([drawn, np.repeat(drawn[:, :, -1:], 12, axis=2)], axis=2)
    total = np.concatenate([np.zeros((*drawn.shape[:2], 1)), padded.cumsum(axis=2)], axis=2)
    every = np.arange(len(ids))
    cycle = round(config.order_cycle_days / 7)

    def rule(week: int):
        now = week - shop.first
        span = total[:, every, now + shop.span] - total[:, :, now]
        ahead = (total[:, :, now + cycle] - total[:, :, now]).mean(axis=0)
        points = np.quantile(span, simulation.LEVELS, axis=0, method="higher")
        points = np.where(span.mean(axis=0) > 0, points, 0.0)
        return points, np.ceil(points + ahead)

    return rule


if __name__ == "__main__":
    replayed(sys.argv[1]) if sys.argv[1:] else truth()
