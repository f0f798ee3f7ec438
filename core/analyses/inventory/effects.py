"""Known effects: promotions, price changes and odd weeks, kept out of what is learned as usual.

All of them but the elasticity, which no forecast uses, say of a week what was known in that week:
nothing later changes it, so that past forecasts do not know how long a promotion lasted.

    promotion     three quarters of a week's lines paid at most 90 % of what a quarter of them paid
                  at most before (median of 13 weeks), until 95 % and more again, for at most 8
                  weeks: a price that stays longer is the new one
    lift          units in promotions / units of as many usual weeks (mean of the 8 before), up to
                  the week; a product's own is drawn to the shop's by 20 units
    price change  a new price, at least 3 % off the old one, both kept for 8 weeks
    elasticity    slope of the log change of units (against products whose price stood) on the log
                  change of price, weighted by counts; said only where 5 changes put it beyond two
                  standard errors
    odd week      over three times the best of the 26 weeks before, after 8 weeks on sale with 4
                  sales, and nothing like it in the same weeks a year before: damped to that limit

Source: van Heerde, Leeflang & Wittink (2000), J. of Marketing Research 37(3) (baseline and lift);
Tellis (1988), ibid. 25(4) (elasticity).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.measures.forecast_error import bootstrap_ratios

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Starts = NDArray[np.intp]

REFERENCE, CHEAP, RESTORED, LONGEST = 13, 0.9, 0.95, 8
USUAL, DRAWN = 8, 20.0
CHANGED, KEPT, FEWEST_CHANGES, ALIKE = 0.03, 8, 5, 0.01
ODD, BEFORE, FEWEST_WEEKS, FEWEST_SALES, YEAR, AROUND = 3.0, 26, 8, 4, 52, 2


@dataclass(frozen=True, eq=False)
class Promotions:
    """on: (products, weeks). lift: (products, weeks) times the usual units, as known in that week.
    shop: the shop's lift over all weeks, with its 95 % interval over products, which is nan where
    only one had any; all nan without promotions.
    """

    on: Flags
    lift: Floats
    shop: tuple[float, float, float]


def steady(price: Floats) -> Floats:
    """`price` with weeks without a sale at the last price known; the first one before that."""
    weeks = np.arange(price.shape[1])
    known = np.isfinite(price)
    last = np.maximum.accumulate(np.where(known, weeks, -1), axis=1)
    first = np.where(known.any(axis=1), known.argmax(axis=1), 0)[:, None]
    return np.asarray(np.take_along_axis(price, np.where(last < 0, first, last), axis=1))


def relative(price: Floats) -> Floats:
    """(products, weeks) price by its mean over the 13 weeks before, less 1; 0 where not known."""
    whole = np.nan_to_num(steady(price))
    total = np.concatenate([np.zeros((len(whole), 1)), whole.cumsum(axis=1)], axis=1)
    week = np.arange(1, whole.shape[1] + 1)
    begin = np.maximum(week - REFERENCE, 0)
    mean = (total[:, week] - total[:, begin]) / (week - begin)
    ratio = np.divide(whole, mean, out=np.ones_like(whole), where=mean > 0)
    return np.asarray((ratio - 1).round(9))


def promoted(price: Floats, least: Floats) -> Flags:
    """(products, weeks): was the product on promotion?

    price, least: (products, weeks) what three quarters, and one, of the lines paid at most; nan
    unknown.
    """
    whole, floor = steady(price), steady(least)
    on = np.zeros(price.shape, dtype=bool)
    with np.errstate(invalid="ignore"):
        rows = np.flatnonzero(whole.min(axis=1) <= CHEAP * floor.max(axis=1))
    for row in rows:
        on[row] = _runs(whole[row], floor[row])
    return on


def _runs(price: Floats, floor: Floats) -> Flags:
    """One product's promotion weeks."""
    on = np.zeros(len(price), dtype=bool)
    week = FEWEST_WEEKS
    while week < len(price):
        usual = np.median(floor[max(week - REFERENCE, 0) : week])
        if price[week] > CHEAP * usual:
            week += 1
            continue
        later = np.flatnonzero(price[week : week + LONGEST] >= RESTORED * usual)
        end = week + (int(later[0]) if len(later) else LONGEST)
        on[week:end] = True
        week = end
    return on


def promotions(units: Floats, price: Floats, least: Floats) -> Promotions:
    """Promotions and how much more sold in them."""
    on = promoted(price, least)
    usual = _usual(units, on)
    sold, expected = (np.where(on, part, 0.0).cumsum(axis=1) for part in (units, usual))
    if expected[:, -1].sum() <= 0 or sold[:, -1].sum() <= 0:
        return Promotions(on, np.ones_like(units), (np.nan, np.nan, np.nan))
    known, with_one = expected.sum(axis=0), on.any(axis=1)
    shop = np.divide(sold.sum(axis=0), known, out=np.ones_like(known), where=known > 0)
    lift = (sold + DRAWN * shop) / (expected + DRAWN)
    total = bootstrap_ratios(sold[None, with_one, -1], expected[None, with_one, -1])
    every, low, high = (float(part[0]) for part in total)
    if with_one.sum() == 1:
        low = high = np.nan
    return Promotions(on, np.maximum(lift, 1.0), (every, low, high))


def _usual(units: Floats, on: Flags) -> Floats:
    """(products, weeks) mean of the last 8 weeks off promotion before each week."""
    out = np.zeros_like(units)
    for row in np.flatnonzero(on.any(axis=1)):
        off = np.flatnonzero(~on[row])
        for week in np.flatnonzero(on[row]):
            before = off[off < week][-USUAL:]
            out[row, week] = units[row, before].mean() if len(before) else 0.0
    return out


def elasticity(units: Floats, price: Floats, on: Flags) -> tuple[float, float, int]:
    """(elasticity, its standard error, number of price changes); nan with too few."""
    changes = price_changes(price)
    if len(changes) < FEWEST_CHANGES:
        return np.nan, np.nan, len(changes)
    rows, weeks = changes.T
    span = np.arange(KEPT)
    after = units[rows[:, None], weeks[:, None] + span].sum(axis=1) + 0.5
    before = units[rows[:, None], weeks[:, None] - 1 - span].sum(axis=1) + 0.5
    quiet: Flags = np.logical_not(on.any(axis=1))
    quiet[rows] = False
    shop = units[quiet if quiet.sum() >= FEWEST_CHANGES else slice(None)].sum(axis=0)
    growth = np.log(shop[weeks[:, None] + span].sum(axis=1) + 0.5) - np.log(
        shop[weeks[:, None] - 1 - span].sum(axis=1) + 0.5
    )
    whole = steady(price)
    x = np.log(whole[rows, weeks] / whole[rows, weeks - 1])
    y = np.log(after) - np.log(before) - growth
    weight = 1 / (1 / after + 1 / before)
    moment = (weight * x**2).sum()
    slope = (weight * x * y).sum() / moment
    meat = ((weight * x * (y - slope * x)) ** 2).sum()
    return float(slope), float(np.sqrt(meat) / moment), len(changes)


def price_changes(price: Floats) -> NDArray[np.intp]:
    """(changes, 2): product and first week of each new price that replaced another for good."""
    if price.shape[1] < 2 * KEPT:
        return np.empty((0, 2), dtype=np.intp)
    whole, first = steady(price), np.isfinite(price).argmax(axis=1)
    found = []
    for week in range(KEPT, price.shape[1] - KEPT + 1):
        before, after = whole[:, week - KEPT : week], whole[:, week : week + KEPT]
        with np.errstate(invalid="ignore", divide="ignore"):
            moved = np.abs(after[:, 0] / before[:, -1] - 1) >= CHANGED
            flat = (np.ptp(before, axis=1) <= ALIKE * before[:, -1]) & (
                np.ptp(after, axis=1) <= ALIKE * after[:, 0]
            )
        known = first <= week - KEPT
        found += [(row, week) for row in np.flatnonzero(moved & flat & known)]
    return np.array(found, dtype=np.intp).reshape(-1, 2)


def odd_weeks(units: Floats, start: Starts) -> tuple[Floats, Flags]:
    """(`units` with odd weeks damped, which they were)."""
    weeks = units.shape[1]
    padded = np.concatenate([np.zeros((len(units), BEFORE)), units], axis=1)[:, :-1]
    windows = np.lib.stride_tricks.sliding_window_view(padded, BEFORE, axis=1)
    limit = ODD * windows.max(axis=2)
    sales = (windows > 0).sum(axis=2)
    last_year = np.pad(units, ((0, 0), (YEAR + AROUND, AROUND)))
    alike = np.lib.stride_tricks.sliding_window_view(last_year, 2 * AROUND + 1, axis=1)
    known = np.arange(weeks) - start[:, None] >= FEWEST_WEEKS
    repeated = alike[:, :weeks].max(axis=2) > limit / ODD
    odd = known & (sales >= FEWEST_SALES) & (units > limit) & ~repeated
    return np.where(odd, limit, units), odd
