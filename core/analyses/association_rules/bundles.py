"""Bundle and cross-sell candidates: what a prompt might bring, and how to find out.

Nothing in past orders says what a prompt would change, so the change is assumed and said: of the
orders with A, the share that adds C rises by `assumed_uplift` of itself, to all of them at most:
u is the uplift or 1 / confidence - 1, whichever is less.

    extra orders per 28 days   u x (orders with A and C in the last `RECENT_DAYS` days) x 28 / days
    extra revenue              extra orders x mean revenue of C in an order that holds it
    interval                   from nothing to twice the uplift at the upper 95 % Poisson limit
    orders per group           two proportions p0 = confidence, p1 = p0 (1 + u), two-sided 5 %,
                               power 80 %: (z_a sqrt(2 p q) + z_b sqrt(p0 q0 + p1 q1))^2 / (p1-p0)^2

Source: Fleiss, Levin & Paik (2003), Statistical Methods for Rates and Proportions, section 4.1.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.measures.baskets import Baskets
from core.measures.itemsets import count_sets

Floats = NDArray[np.float64]
DAYS, RECENT_DAYS, CANDIDATES = 28, 91, 200
Z_TWO_SIDED_5, Z_POWER_80 = 1.959964, 0.841621


def candidates(
    rules: pl.DataFrame, baskets: Baskets, worth: pl.Series, uplift: float
) -> pl.DataFrame:
    """One row per pair, A the product whose buyers add C more surely, dearest first.

    antecedent, consequent, their names, orders, confidence, recent_orders (28 days),
    extra_orders, extra_revenue, extra_revenue_low, extra_revenue_high (null without a price),
    orders_to_test (per group; null where the share cannot rise), days_to_test (null, too, where
    nobody bought A lately). worth: median revenue of a line that holds it, per item code.
    """
    from scipy.special import gammaincinv

    pairs = rules.filter(pl.col("length") == 2, ~pl.col("season_only")).head(2 * CANDIDATES)
    sets = np.array(pairs["set"].to_list(), dtype=np.int64).reshape(-1, 2)
    first = max(int(baskets.days.min()), int(baskets.days.max()) - RECENT_DAYS + 1)
    days = int(baskets.days.max()) - first + 1
    recent = baskets.where(baskets.days >= first)
    together = count_sets(recent, sets).astype(np.float64)
    price = worth.gather(pairs["consequent_items"].list.first())
    per_month, confidence = DAYS / days, pairs["confidence"].to_numpy()
    with_a = recent.counts[pairs["antecedent_items"].list.first().to_numpy()]
    orders, room = orders_to_test(confidence, uplift), 1 / confidence - 1
    most = np.minimum(2 * uplift, room) * gammaincinv(together + 1, 0.975)
    frame = pairs.select(
        *("antecedent", "consequent", "antecedent_names", "consequent_names"),
        *("orders", "confidence"),
        recent_orders=pl.Series(together * per_month),
        extra_orders=pl.Series(np.minimum(uplift, room) * together * per_month),
        extra_revenue=pl.Series(np.minimum(uplift, room) * together * per_month) * price,
        extra_revenue_low=pl.lit(0.0),
        extra_revenue_high=pl.Series(most * per_month) * price,
        orders_to_test=pl.Series(orders, nan_to_null=True),
        days_to_test=pl.Series(
            np.ceil(2 * orders * days / np.where(with_a > 0, with_a, np.nan)), nan_to_null=True
        ),
        pair=pairs["set"].list.eval(pl.element().cast(pl.String)).list.join(" "),
    )
    surer = frame.sort("confidence", "antecedent", descending=[True, False])
    return (
        surer.unique("pair", keep="first", maintain_order=True)
        .drop("pair")
        .sort(
            *("extra_revenue", "antecedent", "consequent"),
            descending=[True, False, False],
            nulls_last=True,
        )
    )


def orders_to_test(share: Floats, uplift: float) -> Floats:
    """Orders per group that show `share` rising to share (1 + uplift), capped below 1; NaN where
    all but one in a thousand do so already."""
    raised = np.minimum(share * (1 + uplift), 0.999)
    middle = (share + raised) / 2
    spread = Z_TWO_SIDED_5 * np.sqrt(2 * middle * (1 - middle)) + Z_POWER_80 * np.sqrt(
        share * (1 - share) + raised * (1 - raised)
    )
    gap = np.maximum(np.abs(raised - share), 1e-6)
    size: Floats = np.where(share < raised, np.ceil((spread / gap) ** 2), np.nan)
    return size
