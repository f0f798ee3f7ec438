"""How many orders and how much revenue a customer brings within the horizon, and what is at risk.

With p = P(order within the horizon), H its days, n order days so far, m the mean order:

    rate            (order days) / (tenure + shop's usual gap), orders per day, shrunken
    if_active       1 + g · rate · H orders, given at least one; g learned on the latest window
    order value     l (n m + k M) / (n + k), M the shop's mean order; k, of `PRIOR_ORDERS`, said the
                    orders of the latest window best: the larger it is, the less one large order
                    says of the next, and the mean of an order day or two counts up to a quantile
                    of the shop's; l sets the level: what the latest window's customers
                    brought, over what this says they would, times the root of how that amount
                    turned a year ago, where there is such a year; or what Gamma-Gamma says, in
                    place of the shrinkage
    expected_orders, expected_revenue       p · if_active, times the order value
    value_at_risk   churn probability x expected revenue: the part of what is expected that hangs on
                    customers who may stay away. It is largest for good customers on the fence;
                    who is all but gone has little left to lose.

Source: shrunken order values beat Gamma-Gamma in each of three CDNOW runs (Fader & Hardie 2013,
"The Gamma-Gamma model of monetary value", for the model they are compared with).
"""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.analyses.churn.folds import Fold, year_before
from core.analyses.churn.history import Past
from core.measures.buy_till_you_die import GammaGamma, fit_gamma_gamma

Floats = NDArray[np.float64]
#: Prior orders, of the shop's mean value, that a customer's own are blended with: tried in turn.
PRIOR_ORDERS = (2, 1, 3, 4, 6, 8, 12)
#: The few largest orders do not choose among them.
LARGEST = 0.99
#: With fewer order days than `KNOWN`, the mean order counts up to this quantile of all means.
KNOWN, BELIEVED = 3, 0.95
#: What the turn of one year says of the next, as an exponent.
SEASON = 0.5
#: Bounds of the level: beyond them it is one wholesale order, not the shop.
LEVELS = (0.5, 2.0)
DRAWS = 400


@dataclass(frozen=True)
class Worth:
    """Orders and revenue given at least one order.

    growth: g; gap_days: the shop's usual gap; mean_order: M; prior_orders: k; level: l. most: what
        the mean order of a newcomer counts for at most.

    gamma_gamma: values the orders in place of the shrinkage, where it was asked for.
    """

    growth: float
    gap_days: float
    mean_order: float
    most: float = np.inf
    prior_orders: float = PRIOR_ORDERS[0]
    level: float = 1.0
    gamma_gamma: GammaGamma | None = None

    def if_active(self, facts: pl.DataFrame) -> tuple[Floats, Floats]:
        """(orders, revenue) within the horizon, given at least one order."""
        orders = 1 + self.growth * _usual_orders(facts, self.gap_days)
        return orders, self.level * orders * self.order_value(facts)

    def order_value(self, facts: pl.DataFrame) -> Floats:
        """What one further order is expected to bring."""
        mean = facts["average_order"].to_numpy()
        if self.gamma_gamma:
            return self.gamma_gamma.mean_value(facts["orders"].to_numpy(), np.maximum(mean, 0.0))
        n = facts["order_days"].to_numpy()
        return _shrunk(n, _believed(n, mean, self.most), self.mean_order, self.prior_orders)


def worth(labelled: pl.DataFrame, value_model: str = "shrinkage") -> Worth:
    """Learned from a closed window: its orders beyond the first, its mean order, its level."""
    active = labelled.filter(pl.col("returned") == 1)
    further = float((active["future_orders"].to_numpy() - 1).sum())
    gap_days = _gap(labelled)
    usual = float(_usual_orders(active, gap_days).sum())
    gamma = _gamma_gamma(labelled) if value_model == "gamma_gamma" else None
    middle = mean_order(labelled)
    most = float(labelled["average_order"].quantile(BELIEVED, "linear") or 0.0)
    first = Worth(
        growth=further / max(usual, 1e-9),
        gap_days=gap_days,
        mean_order=middle,
        most=most,
        prior_orders=_prior_orders(active, middle, most),
        gamma_gamma=gamma,
    )
    brought, said = float(active["future_revenue"].sum()), float(first.if_active(active)[1].sum())
    level = float(np.clip(brought / said, *LEVELS)) if said > 0 else 1.0
    return replace(first, level=level)


def valued(past: Past, fold: Fold, value_model: str) -> Worth:
    """`worth` of the window that sets the level, turned to the season of the test."""
    learned = worth(past.labelled(fold.calibrate), value_model)
    days = year_before(past.first, fold)
    if days is None:
        return learned
    before, after = (_per_active(past.labelled(day)) for day in days)
    turn = float(np.clip(after / before, *LEVELS)) if before > 0 < after else 1.0
    return replace(learned, level=learned.level * turn**SEASON)


def _per_active(labelled: pl.DataFrame) -> float:
    active = labelled.filter(pl.col("returned") == 1)
    return float(active["future_revenue"].sum()) / max(1, active.height)


def _prior_orders(active: pl.DataFrame, middle: float, most: float) -> float:
    """The one of `PRIOR_ORDERS` with the least squared error on the mean order that followed."""
    if active.is_empty():
        return PRIOR_ORDERS[0]
    n = active["order_days"].to_numpy()
    mean = _believed(n, active["average_order"].to_numpy(), most)
    came = (active["future_revenue"] / active["future_orders"]).to_numpy()
    came = np.minimum(came, np.quantile(came, LARGEST))

    def missed(prior: float) -> float:
        value = _shrunk(n, mean, middle, prior)
        level = came.sum() / max(value.sum(), 1e-9)
        return float(((came - level * value) ** 2).sum())

    return min(PRIOR_ORDERS, key=missed)


def _believed(n: Floats, mean: Floats, most: float) -> Floats:
    believed: Floats = np.where(n < KNOWN, np.minimum(mean, most), mean)
    return believed


def _shrunk(n: Floats, mean: Floats, middle: float, prior: float) -> Floats:
    value: Floats = (n * mean + prior * middle) / (n + prior)
    return np.clip(value, 0.0, None)


def _gamma_gamma(facts: pl.DataFrame) -> GammaGamma | None:
    """Fitted to all orders so far; None where its mean does not exist (q of at most 1)."""
    n, mean = facts["orders"].to_numpy().astype(np.float64), facts["average_order"].to_numpy()
    if (mean > 0).sum() < 2:
        return None
    fitted = fit_gamma_gamma(n, mean)
    return fitted if fitted.q > 1 else None


def mean_order(facts: pl.DataFrame) -> float:
    """Revenue per order over all customers."""
    revenue, orders = (facts[name].to_numpy().sum() for name in ("revenue", "orders"))
    return float(revenue / max(1, orders))


def past_rate(facts: pl.DataFrame) -> tuple[Floats, Floats]:
    """The naive forecast: orders and revenue go on as they did on average since the first order."""
    days = np.maximum(facts["tenure_days"].to_numpy(), 1)
    share = facts["horizon_days"].to_numpy() / np.maximum(days, facts["horizon_days"].to_numpy())
    return facts["orders"].to_numpy() * share, facts["revenue"].to_numpy() * share


def _gap(facts: pl.DataFrame) -> float:
    """Days from one order day to the next, over all customers; 30 where nobody came again."""
    repeats = float((facts["order_days"] - 1).sum())
    between = float((facts["tenure_days"] - facts["recency_days"]).sum())
    return between / repeats if repeats else 30.0


def _usual_orders(facts: pl.DataFrame, gap_days: float) -> Floats:
    """Rate x horizon; the rate drawn to one order per usual gap, so that a first burst of orders is
    not taken for a habit."""
    days = facts["tenure_days"].to_numpy() + gap_days
    per_day = facts["order_days"].to_numpy() / np.maximum(days, 1.0)
    usual: Floats = per_day * facts["horizon_days"].to_numpy()
    return usual


def lost(churn: Floats, revenue: Floats, drift: float, seed: int) -> tuple[float, float]:
    """95 % interval of the revenue lost: who leaves is drawn, and the level as it drifted before.

    churn, revenue: (n,) probabilities and expected revenue. drift: sd of the level, in logits.
    """
    rng = np.random.default_rng(seed)
    odds = np.log(np.clip(churn, 1e-6, 1 - 1e-6) / np.clip(1 - churn, 1e-6, 1))
    totals = []
    for shift in rng.normal(0, drift, DRAWS):
        p = 1 / (1 + np.exp(-(odds + shift)))
        spread = np.sqrt((revenue**2 * p * (1 - p)).sum())
        totals.append(rng.normal((revenue * p).sum(), spread))
    low, high = np.quantile(totals, [0.025, 0.975])
    return max(0.0, float(low)), min(float(revenue.sum()), float(high))
