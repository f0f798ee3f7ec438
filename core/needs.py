"""What an analysis asks of the data: columns it must have, amounts below which to doubt it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Needs:
    """`columns` must be there; `optional` ones (and `tables`) are used where they are.

    `at_least` maps a fact of the dataset (orders, customers, products, days) to a count.
    """

    columns: frozenset[str]
    optional: frozenset[str] = frozenset()
    tables: frozenset[str] = frozenset()
    at_least: Mapping[str, int] = field(default_factory=dict)

    def unmet(self, facts: Mapping[str, int]) -> dict[str, tuple[int, int]]:
        """fact -> (count there, count wanted) for each fact below its minimum."""
        return {
            fact: (facts.get(fact, 0), wanted)
            for fact, wanted in self.at_least.items()
            if facts.get(fact, 0) < wanted
        }
