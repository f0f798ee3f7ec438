"""How many orders and how much revenue a customer brings within the horizon, and what is at risk.

With p = P(order within the horizon), H its days, n order days so far, m the mean order, M the
shop's mean order:

    rate            (order days) / (tenure + shop's usual gap), orders per day, shrunken
    orders          1 + g · rate · H, given at least one; g learned on the latest closed window
    order value     v = (n m + k M) / (n + k), k `PRIOR_ORDERS`: one large order alone says little
                    of the next; or what Gamma-Gamma says, in place of it
    if_active       l M (orders · v / M)^e, given at least one order. e: how much more the large
                    ones bring than was so far seen, or how much less, by Poisson regression on all
                    closed windows; l sets the level on the latest of them, times the root of how
                    that amount turned a year ago, where there is such a year
    expected_orders, expected_revenue       p · orders, p · if_active
    value_at_risk   churn probability x expected revenue: the part of what is expected that hangs on
                    customers who may stay away. It is largest for good customers on the fence;
                    who is all but gone has little left to lose.
    its interval    95 %, of that expectation: the log-odds move by their own uncertainty and the
                    level's (`uncertainty`), the order value by the order's spread s² / (n + k)

k was chosen, with e, by what lists of 50 were expected to bring and brought on demo shops of other
seeds, some with a year cut out of the middle, and on CDNOW. Source: shrunken order values beat
Gamma-Gamma in each of three CDNOW runs (Fader & Hardie 2013, "The Gamma-Gamma model of monetary
value", for the model they are compared with); Santos Silva & Tenreyro (2006), Review of Economics
and Statistics 88(4), for Poisson regression of amounts.
"""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.analyses.churn.design import logit, sigmoid
from core.analyses.churn.folds import Fold, year_before
from core.analyses.churn.history import Past
from core.measures.buy_till_you_die import GammaGamma, fit_gamma_gamma

Floats = NDArray[np.float64]
#: Orders of the shop's mean value that a customer's own are blended with.
PRIOR_ORDERS = 8
#: What the turn of one year says of the next, as an exponent.
SEASON = 0.5
#: Bounds of the level and of the exponent: beyond them it is one wholesale order, not the shop.
BOUNDS = (0.5, 2.0)
#: Share of the largest deviations that do not count for the order's spread.
TRIMMED = 0.02
DRAWS = 400
#: Customers whose draws are held at once.
BLOCK = 20_000


@dataclass(frozen=True)
class Worth:
    """Orders and revenue given at least one order.

    growth: g; gap_days: the shop's usual gap; mean_order: M; level: l; exponent: e. spread: s, of
    one order, as a share of its expected value.

    gamma_gamma: values the orders in place of the shrinkage, where it was asked for.
    """

    growth: float
    gap_days: float
    mean_order: float
    level: float = 1.0
    exponent: float = 1.0
    spread: float = 0.0
    gamma_gamma: GammaGamma | None = None

    def if_active(self, facts: pl.DataFrame) -> tuple[Floats, Floats]:
        """(orders, revenue) within the horizon, given at least one order."""
        orders = 1 + self.growth * _usual_orders(facts, self.gap_days)
        relative = orders * self.order_value(facts) / self.mean_order
        return orders, self.level * self.mean_order * relative**self.exponent

    def order_value(self, facts: pl.DataFrame) -> Floats:
        """What one further order is expected to bring."""
        mean = np.maximum(facts["average_order"].to_numpy(), 0.0)
        if self.gamma_gamma:
            return self.gamma_gamma.mean_value(facts["orders"].to_numpy(), mean)
        n = facts["order_days"].to_numpy()
        value: Floats = (n * mean + PRIOR_ORDERS * self.mean_order) / (n + PRIOR_ORDERS)
        return value

    def doubt(self, facts: pl.DataFrame) -> Floats:
        """Sd of the logarithm of the revenue given an order: how little its orders say of it."""
        n = facts["order_days"].to_numpy()
        doubt: Floats = self.exponent * self.spread / np.sqrt(n + PRIOR_ORDERS)
        return doubt


def worth(latest: pl.DataFrame, windows: pl.DataFrame, value_model: str = "shrinkage") -> Worth:
    """Learned from closed windows: exponent and spread from all, the rest from the latest."""
    active, ever = (part.filter(pl.col("returned") == 1) for part in (latest, windows))
    gap_days = _gap(latest)
    further = float((active["future_orders"].to_numpy() - 1).sum())
    plain = Worth(
        growth=further / max(float(_usual_orders(active, gap_days).sum()), 1e-9),
        gap_days=gap_days,
        mean_order=max(mean_order(latest), 1e-9),
        gamma_gamma=_gamma_gamma(latest) if value_model == "gamma_gamma" else None,
    )
    found = replace(plain, exponent=_exponent(plain, ever))
    brought, said = float(active["future_revenue"].sum()), float(found.if_active(active)[1].sum())
    level = float(np.clip(brought / said, *BOUNDS)) if said > 0 else 1.0
    found = replace(found, level=level)
    return replace(found, spread=_spread(found, ever))


def valued(past: Past, fold: Fold, value_model: str) -> Worth:
    """`worth` of the windows known on the test day, turned to the season of the test."""
    windows = past.labelled_all((fold.calibrate, *fold.learn))
    learned = worth(past.labelled(fold.calibrate), windows, value_model)
    days = year_before(past.first, fold)
    if days is None:
        return learned
    before, after = (_per_active(past.labelled(day)) for day in days)
    turn = float(np.clip(after / before, *BOUNDS)) if before > 0 < after else 1.0
    return replace(learned, level=learned.level * turn**SEASON)


def _per_active(labelled: pl.DataFrame) -> float:
    active = labelled.filter(pl.col("returned") == 1)
    return float(active["future_revenue"].sum()) / max(1, active.height)


def _exponent(plain: Worth, active: pl.DataFrame) -> float:
    """e of E[revenue] ~ said^e; 1 where all are said the same, or nothing was brought."""
    from sklearn.linear_model import PoissonRegressor

    said = plain.if_active(active)[1]
    brought = np.maximum(active["future_revenue"].to_numpy(), 0.0)
    if active.is_empty() or not brought.any() or np.ptp(said) < 1e-9:
        return 1.0
    x = np.log(said / plain.mean_order)[:, None]
    # Of brought / said, so that the slight penalty draws the exponent to 1.
    model = PoissonRegressor(alpha=0.01, solver="newton-cholesky", max_iter=300)
    model.fit(x - x.mean(), brought / said, sample_weight=said / plain.mean_order)
    return float(np.clip(1 + model.coef_[0], *BOUNDS))


def _spread(found: Worth, active: pl.DataFrame) -> float:
    """s: of one order's value, from how far the mean orders that came lay from what was said."""
    if active.is_empty():
        return 0.0
    orders, revenue = found.if_active(active)
    came = active["future_orders"].to_numpy()
    off = (active["future_revenue"].to_numpy() / came) / (revenue / orders) - 1
    known = active["order_days"].to_numpy() + PRIOR_ORDERS
    each = off**2 / (1 / known + 1 / came)
    return float(np.sqrt(each[each <= np.quantile(each, 1 - TRIMMED)].mean()))


def _gamma_gamma(facts: pl.DataFrame) -> GammaGamma | None:
    """Fitted to all orders so far; None where it cannot be."""
    n, mean = facts["orders"].to_numpy().astype(np.float64), facts["average_order"].to_numpy()
    return fit_gamma_gamma(n, mean)


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


def at_risk(churn: Floats, revenue: Floats) -> Floats:
    """Churn probability x expected revenue; revenue: given at least one order."""
    value: Floats = churn * (1 - churn) * revenue
    return value


def at_risk_between(
    churn: Floats, revenue: Floats, odds_sd: Floats, doubt: Floats, seed: int
) -> tuple[Floats, Floats]:
    """(low, high) of each `at_risk`: log-odds and log-revenue normal with these sds.

    The same draws for every customer, so that equal customers get equal intervals.
    """
    z = np.random.default_rng(seed).normal(size=(2, DRAWS))
    value, ends = at_risk(churn, revenue), []
    for start in range(0, len(churn), BLOCK):
        p, r, a, b = (x[start : start + BLOCK, None] for x in (churn, revenue, odds_sd, doubt))
        drawn = at_risk(sigmoid(logit(p) + a * z[0]), r * np.exp(b * z[1] - b**2 / 2))
        ends.append(np.quantile(drawn, [0.025, 0.975], axis=1))
    low, high = np.concatenate(ends, axis=1)
    return np.minimum(low, value), np.maximum(high, value)


def lost(churn: Floats, revenue: Floats, drift: float, seed: int) -> tuple[float, float]:
    """95 % interval of the revenue lost: who leaves is drawn, and the level as it drifted before.

    churn, revenue: (n,) probabilities and expected revenue. drift: sd of the level, in logits.
    """
    rng = np.random.default_rng(seed)
    totals = []
    for shift in rng.normal(0, drift, DRAWS):
        p = sigmoid(logit(churn) + shift)
        spread = np.sqrt((revenue**2 * p * (1 - p)).sum())
        totals.append(rng.normal((revenue * p).sum(), spread))
    low, high = np.quantile(totals, [0.025, 0.975])
    return max(0.0, float(low)), min(float(revenue.sum()), float(high))
