"""Segments: which customers are alike, what they are worth and what to do about each kind.

Two schemes side by side: RFM groups (`rfm.py`: recency, frequency and money in readable bands) and
clusters (`clusters.py`: k-means on scaled log behaviour). Both are judged by the spend of a period
that they did not see (`backtest.py`), beside revenue deciles and one group for all.

Guests (orders without a customer) cannot be segmented; they are counted and said. Customers whose
orders, two or more, are on average over ten times the usual one are marked `wholesale`: they keep
their RFM group, but do not steer the clusters.

Source: see the modules named above.
"""

from core.analyses.segments.answer import Result
from core.analyses.segments.question import NEEDS, Config
from core.analyses.segments.work import run

__all__ = ["NEEDS", "Config", "Result", "run"]
