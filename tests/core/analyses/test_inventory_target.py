"""What the shop promises: cycle service, fill rate, or the cost of being out."""

import numpy as np
import pytest
from scipy.stats import nbinom

from core.analyses.inventory import quantiles, target
from core.analyses.inventory.config import Config

MEAN, DISPERSION = np.array([3.0, 12.0, 60.0, 200.0]), np.array([2.0, 0.5, 0.1, 0.02])


def stake(order=40.0, year=520.0, price=10.0, cost=6.0, **options):
    four = [np.full(4, value) for value in (order, year, price, cost)]
    return target.stake(*four, Config(**options))


def test_a_cycle_service_is_the_level_itself():
    assert target.levels(Config(), 0.9, MEAN, DISPERSION, stake()).tolist() == [0.9] * 4


@pytest.mark.parametrize("share", [0.9, 0.95, 0.99])
def test_a_fill_rate_leaves_out_just_the_share_of_an_order_that_it_may(share):
    """Lost sales: with Q units served per cycle, Q (1 - f) / f may be lost."""
    config = Config(service_measure="fill_rate")
    level = target.levels(config, share, MEAN, DISPERSION, stake(order=40.0))
    point = quantiles.negative_binomial(level, MEAN, DISPERSION)
    units = np.arange(20_000)[:, None]
    chance = nbinom.pmf(units, 1 / DISPERSION, 1 / (1 + DISPERSION * MEAN))
    lost, less = ((chance * np.maximum(units - at, 0)).sum(axis=0) for at in (point, point - 1))
    allowed = 40 * (1 - share) / share
    inside = (level < target.HIGHEST) & (point > 0)
    assert inside.sum() >= 3
    assert (lost[inside] <= allowed * 1.1).all()
    assert (less[inside] >= allowed * 0.9).all()


def test_the_cost_of_being_out_is_weighed_against_keeping_one_more():
    """Newsvendor with lost sales: 4 lost 13 times a year against 0.25 x 6 for a year."""
    config = Config(service_measure="cost_of_being_out", holding_rate=0.25)
    found = target.levels(config, 1.0, MEAN, DISPERSION, stake(order=40.0, year=520.0))
    assert found == pytest.approx(np.full(4, 4 * 13 / (4 * 13 + 1.5)))
    dear = stake(order=40.0, year=520.0, out_of_stock_cost=2.0)
    assert dear.out.tolist() == [20.0] * 4
    assert (target.levels(config, 1.0, MEAN, DISPERSION, dear) > found).all()


def test_the_newsvendor_level_is_the_cheapest_one():
    """Expected cost of a cycle at the level found, and one unit less and more."""
    config = Config(service_measure="cost_of_being_out", holding_rate=0.25)
    at = stake(order=40.0, year=520.0)
    point = quantiles.negative_binomial(
        target.levels(config, 1.0, MEAN, DISPERSION, at), MEAN, DISPERSION
    )

    def cost(stock):
        lost = quantiles.expected_excess(MEAN, DISPERSION, stock)
        kept = stock - MEAN + lost
        return at.out * lost * at.year / at.order + at.holding * kept

    assert (cost(point) <= cost(point + 1) + 1e-9).all()
    assert (cost(point) <= cost(point - 1) * 1.002).all()


def test_an_unknown_cost_or_price_counts_as_the_usual_margin():
    nothing, known = np.array([np.nan, np.nan]), np.array([10.0, np.nan])
    at = target.stake(np.ones(2), np.ones(2), known, nothing, Config(holding_rate=0.2))
    assert at.out.tolist() == [5.0, 0.5]
    assert at.holding == pytest.approx([1.0, 0.1])
