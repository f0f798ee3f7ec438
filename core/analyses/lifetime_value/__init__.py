"""Lifetime value: what each customer will still bring, and how far such forecasts were right.

Orders come at each customer's own rate until the customer stops, unseen (`core.measures.
buy_till_you_die`: MBG/NBD, BG/NBD, Pareto/NBD); an order's value is the customer's own mean drawn
towards the shop's, or Gamma-Gamma (`valuing.py`). With `auto` the model of highest likelihood is
taken (all three have four parameters) and the order value of the lower error on held-back time.
Every model is shown beside two naive rules on held-back time (`backtest.py`). A model that fails
there gives way to what customers of the same kind did before (`fallback.py`), and the result says
so.

A customer's range is what that one customer may really do (80 %), not the error of a mean. The
total's interval joins the spread of models fitted again to resampled customers (without a model:
that of what customers did) with how far the total was off on held-back time, whichever side.

Source: see the modules named above; Wuebben & v. Wangenheim (2008), Journal of Marketing 72(3), on
how hard simple rules are to beat.
"""

from core.analyses.lifetime_value.answer import Result
from core.analyses.lifetime_value.options import NEEDS, Config
from core.analyses.lifetime_value.work import run

__all__ = ["NEEDS", "Config", "Result", "run"]
