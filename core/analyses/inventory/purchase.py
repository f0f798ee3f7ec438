"""An order within a budget: the packs that save most sales per money come first.

The order of a product is cut into whole packs (at most CHUNKS parts, the first of at least the
minimum order). With x in stock and on order, the part that lifts it to x + q is worth

    price x (E[(D - x)+] - E[(D - x - q)+])  per  unit cost x q

and parts are taken in falling order of that ratio while the money lasts. As the worth of a part
falls with every part before it, no part is taken without those before it.
Source: Silver, Pyke & Thomas (2017), ch. 8 (marginal allocation).
"""

import numpy as np
from numpy.typing import NDArray

from core.analyses.inventory import quantiles

Floats = NDArray[np.float64]

CHUNKS = 12


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
    wanted: Floats,
    position: Floats,
    mean: Floats,
    dispersion: Floats,
    *,
    pack: Floats,
    least: Floats,
    price: Floats,
    cost: Floats,
    budget: float,
) -> Floats:
    """(products,) units to order so that what is spent is at most `budget`.

    wanted: the order without a limit. mean, dispersion: of demand over lead time and review.
    price, cost: of one unit; a product whose cost is not known cannot be weighed and is left out.
    """
    sizes = parts(wanted, pack, least)
    before = np.concatenate([np.zeros((1, len(wanted))), sizes.cumsum(axis=0)])
    short = np.array(
        [quantiles.expected_excess(mean, dispersion, np.maximum(position, 0) + x) for x in before]
    )
    spent = sizes * cost
    worth = (short[:-1] - short[1:]) * price
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
