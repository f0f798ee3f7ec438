"""Which products each customer is likely to buy next, and how well that works in this shop.

Every model scores products for a customer from the shop's past orders; a tournament on held-back
time (recall@k, full ranking) says which one to trust, and `auto` takes the simplest that nothing
beats. Formulas and sources stand with each model in `models/`, the protocol in `tournament`,
the measures in `core.measures.ranking`.

next_basket    what the customer will order next, repeats included
new_products   what the customer will buy that they have never bought

Source: Ferrari Dacrema et al. (2021), ACM TOIS 39(2); Li et al. (2023), ACM TOIS 41(4).
"""

from core.analyses.recommendations.campaign import Campaign
from core.analyses.recommendations.config import NEEDS, Config
from core.analyses.recommendations.engine import run
from core.analyses.recommendations.result import Result

__all__ = ["NEEDS", "Campaign", "Config", "Result", "run"]
