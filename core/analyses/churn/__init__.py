"""Churn: which customers will not order within the horizon, why, and what hangs on it.

In a shop nobody cancels. Churn here is "no order within `horizon_days` after `as_of`" - never
"P(alive)", which is right for a third of CDNOW's customers where the majority class is right for
71 %. At risk is who bought at least once within `bought_within_days`; an order sold
something.

Facts of each customer as of several past days (`history`) are labelled with what came in the
horizon after them. Models (`models`) learn on the earlier days, their level is set on a later one,
and they are tested on the latest ones (`folds`, `evaluation`), beside the base rate and the recency
rule. `auto` takes the simplest that nothing beats by more than chance. `reasons` says why, `value`
what hangs on it, `small` what is said of a shop too small for a model.

Source: Wübben & von Wangenheim (2008), Journal of Marketing 72(3); Fader, Hardie & Lee (2005),
Marketing Science 24(2), for the CDNOW data these choices were checked on.
"""

from core.analyses.churn.options import NEEDS, Config, Method
from core.analyses.churn.result import Result
from core.analyses.churn.run import run

__all__ = ["NEEDS", "Config", "Method", "Result", "run"]
