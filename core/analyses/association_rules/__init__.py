"""Which products are bought together more often than chance explains, and what to do about it.

Itemsets are mined exactly (core.measures.itemsets), turned into rules with the field's measures
(`rules`), tested against a null that keeps item frequencies and basket sizes (`nulls`, `testing`),
checked for season and on a later period (`periods`), and priced (`bundles`).

Source: Agrawal, Imielinski & Swami (1993), SIGMOD 22(2); the tests' sources stand in their modules.
"""

from core.analyses.association_rules.config import NEEDS, Config
from core.analyses.association_rules.result import Result
from core.analyses.association_rules.run import run

__all__ = ["NEEDS", "Config", "Result", "run"]
