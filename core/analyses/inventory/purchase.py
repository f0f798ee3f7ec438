"""An order within a budget, and one that is worth what its supplier asks for.

Within a budget the packs that save most sales per money come first.

The order of a product is cut into whole packs (at most CHUNKS parts, the first of at least the
minimum order). With x in stock and on order, the part that lifts it to x + q is worth

    price x (E[(D - x)+] - E[(D - x - q)+])  per  unit cost x q

and parts are taken in falling order of that ratio while the money lasts. As the worth of a part
falls with every part before it, no part is taken without those before it.

Where the order to a supplier is worth less than the minimum, the packs that would be due next are
brought forward: those of the product whose stock, on order and ordered now, falls to its reorder
point first; never more than what is too much stock.
Source: Silver, Pyke & Thomas (2017), ch. 8 (marginal allocation).
"""

from dataclasses import dataclass
from heapq import heapify, heappop, heappush

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.analyses.inventory import quantiles

Floats = NDArray[np.float64]

CHUNKS = 12


@dataclass(frozen=True, eq=False)
class Terms:
    """What suppliers ask for, per product. pack: units; least: units of an order; price, cost: of a
    unit, nan where not known; supplier: its number, 0 if unknown; minimum: money of an order.
    """

    pack: Floats
    least: Floats
    price: Floats
    cost: Floats
    supplier: NDArray[np.intp]
    minimum: Floats

    def rounded(self, wanted: Floats) -> Floats:
        """At least the minimum order, in whole packs; nothing where nothing is wanted."""
        amount = np.maximum(wanted, self.least)
        return np.where(wanted > 0, np.ceil(amount / self.pack - 1e-9) * self.pack, 0.0)


def terms(products: pl.DataFrame) -> Terms:
    """The terms of `products` with their stock; where the price is not known, it is the cost."""
    pack, least, price, cost, minimum = (
        products[name].cast(pl.Float64).fill_null(np.nan).to_numpy()
        for name in ("pack_size", "minimum_order", "price", "unit_cost", "supplier_minimum")
    )
    return Terms(
        pack=np.where(np.isnan(pack) | (pack <= 0), 1.0, pack),
        least=np.nan_to_num(least),
        price=np.where(np.isnan(price), cost, price),
        cost=cost,
        supplier=products["supplier"].rank("dense").fill_null(0).to_numpy().astype(np.intp),
        minimum=np.nan_to_num(minimum),
    )


def parts(wanted: Floats, pack: Floats, least: Floats) -> Floats:
    """(CHUNKS, products) units of each part; together `wanted`, each but the last whole packs."""
    first = np.minimum(np.maximum(np.ceil(np.maximum(least, 1) / pack) * pack, pack), wanted)
    left = (wanted - first) / pack
    step = np.ceil(left / (CHUNKS - 1)) * pack
    sizes = [first]
    for _ in range(CHUNKS - 1):
        taken = np.sum(sizes, axis=0)
        sizes.append(np.minimum(step, wanted - taken))
    return np.array(sizes)


def within_budget(
    wanted: Floats, position: Floats, mean: Floats, dispersion: Floats, terms: Terms, budget: float
) -> Floats:
    """(products,) units to order so that what is spent is at most `budget`.

    wanted: the order without a limit. mean, dispersion: of demand over lead time and review. A
    product whose cost is not known cannot be weighed and is left out.
    """
    wanted, stock = np.nan_to_num(wanted), np.maximum(np.nan_to_num(position), 0)
    sizes = parts(wanted, terms.pack, terms.least)
    before = np.concatenate([np.zeros((1, len(wanted))), sizes.cumsum(axis=0)])
    short = np.array([quantiles.expected_excess(mean, dispersion, stock + x) for x in before])
    spent = sizes * terms.cost
    worth = (short[:-1] - short[1:]) * terms.price
    ratio = np.divide(worth, spent, out=np.full_like(worth, -1.0), where=spent > 0)
    ratio = np.minimum.accumulate(ratio, axis=0)
    part, product = np.unravel_index(
        np.lexsort(
            (
                np.tile(np.arange(len(wanted)), CHUNKS),
                np.repeat(np.arange(CHUNKS), len(wanted)),
                -ratio.ravel(),
            )
        ),
        ratio.shape,
    )
    possible = (spent[part, product] > 0) & (ratio[part, product] >= 0)
    return _taken(sizes[part, product], spent[part, product], product, possible, budget, wanted)


def _taken(
    size: Floats,
    spent: Floats,
    product: NDArray[np.intp],
    possible: NDArray[np.bool_],
    budget: float,
    wanted: Floats,
) -> Floats:
    """Take parts in order while the money lasts; a product stops at its first part left out."""
    out, stopped, left = np.zeros(len(wanted)), np.zeros(len(wanted), dtype=bool), budget
    for place in np.flatnonzero(possible):
        which = product[place]
        if stopped[which] or spent[place] > left:
            stopped[which] = True
            continue
        out[which] += size[place]
        left -= spent[place]
    return out


def topped_up(
    quantity: Floats, *, spare: Floats, room: Floats, per_day: Floats, terms: Terms
) -> Floats:
    """(products,) units to order so that each order is worth its supplier's minimum, if it can be.

    spare: units above the reorder point, the order included. room: units that may be ordered at
    most. per_day: units; 0 where nothing is to be ordered. What stays as it is: a product whose
    cost or stock is not known, a supplier of whom nothing is ordered, and one of whom something of
    unknown cost is, so that the order's worth is not known.
    """
    out = np.nan_to_num(quantity)
    worth = np.where(out > 0, out * terms.cost, 0.0)
    due = np.divide(spare, per_day, out=np.full_like(out, np.nan), where=per_day > 0)
    able = np.isfinite(due) & (terms.cost > 0)
    for number in np.unique(terms.supplier[(terms.supplier > 0) & (out > 0) & (terms.minimum > 0)]):
        own = terms.supplier == number
        left = float(terms.minimum[own].max() - worth[own].sum())
        queue = [(due[p], p) for p in np.flatnonzero(own & able)]
        heapify(queue)
        while left > 0 and queue:
            day, p = heappop(queue)
            pack = terms.pack[p]
            more = pack if out[p] else np.ceil(max(terms.least[p], 1) / pack) * pack
            if out[p] + more > room[p]:
                continue
            out[p] += more
            left -= more * terms.cost[p]
            heappush(queue, (day + more / per_day[p], p))
    return out
