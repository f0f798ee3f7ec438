"""What the analysis of association rules answers with."""

from dataclasses import dataclass
from datetime import date

import polars as pl

from core.analyses.association_rules import findings
from core.analyses.association_rules.config import Config
from core.analyses.association_rules.network import Network, network
from core.finding import Action, Finding

CONTRACT = [
    *("antecedent", "consequent", "antecedent_names", "consequent_names", "orders", "support"),
    *("confidence", "lift", "leverage", "conviction", "p_value", "q_value"),
]
FURTHER = [
    *("adjusted_lift", "adjusted_lift_low", "adjusted_lift_high", "orders_by_chance"),
    *("confidence_low", "confidence_high", "antecedent_orders", "consequent_orders", "length"),
    *("season_only", "season_q_value", "replicated", "over_time", "earlier_orders", "later_orders"),
    *("earlier_confidence", "later_confidence", "later_p_value", "change_q_value"),
    *("zhang", "jaccard", "cosine", "kulczynski", "imbalance_ratio", "hyper_lift"),
]


@dataclass(frozen=True, eq=False)
class Facts:
    """baskets compared; those above the cap set aside; phi: lift that basket sizes alone create;
    pairs tested; split: first day of the later part of time, None with too little of it."""

    baskets: int
    set_aside: int
    phi: float
    pairs_tested: int
    split: date | None


@dataclass(frozen=True, eq=False)
class Result:
    """Rules, and what to do with them.

    rules: one row per rule that survives the test, surest first - CONTRACT and FURTHER columns.
    all_rules: one row per rule that was tested, the same columns, significant or not.
    products: one row per item - product_id, product_name, category, orders, support,
        revenue_per_order (null where the export has no money).
    category_pairs: one row per two categories - category, other_category, orders,
        orders_by_chance, adjusted_lift.
    substitutes: one row per two products that avoid each other (module substitutes).
    sequences: one row per product of a first order and what follows (module sequences).
    cross_shop: one row per combination of categories that customers buy (categories.cross_shop).
    itemsets: one row per frequent combination of two and more - products_together, product_ids,
        length, orders, support, closed (no larger one in as many orders), maximal (no larger one).
    bundles: one row per pair worth trying (core.analyses.association_rules.bundles).
    """

    config: Config
    evidence: pl.DataFrame
    facts: Facts
    rules: pl.DataFrame
    all_rules: pl.DataFrame
    products: pl.DataFrame
    category_pairs: pl.DataFrame
    substitutes: pl.DataFrame
    sequences: pl.DataFrame
    cross_shop: pl.DataFrame
    itemsets: pl.DataFrame
    bundles: pl.DataFrame

    def explain(self) -> list[Finding]:
        """Say what is bought together, how sure that is, and what to mind."""
        return findings.explain(self)

    def actions(self) -> list[Action]:
        """The three pairs whose prompt may bring most, with what is assumed."""
        return findings.actions(self)

    def files(self) -> dict[str, pl.DataFrame]:
        """rules: the contract's columns first."""
        return {"rules": self.rules.select(CONTRACT + FURTHER)}

    def also_bought(self, product_id: str, n: int = 10) -> pl.DataFrame:
        """What buyers of `product_id` add, likeliest first: pairs that survive, no season pairs."""
        return (
            self.rules.filter(
                pl.col("antecedent") == product_id, pl.col("length") == 2, ~pl.col("season_only")
            )
            .sort("confidence", "consequent", descending=[True, False])
            .head(n)
        )

    def placement(self) -> pl.DataFrame:
        """Pairs to put side by side, most orders beyond chance first; season pairs left out.

        The columns of `rules`, one row per pair, and extra_orders_together.
        """
        return (
            self.rules.filter(pl.col("length") == 2, ~pl.col("season_only"))
            .with_columns(extra_orders_together=pl.col("orders") - pl.col("orders_by_chance"))
            .sort("confidence", "antecedent", descending=[True, False])
            .unique("set", keep="first", maintain_order=True)
            .sort(
                *("extra_orders_together", "antecedent", "consequent"),
                descending=[True, False, False],
            )
        )

    def network(self) -> Network:
        """The pairs of `placement` as a network, placed for drawing."""
        return network(self.placement(), self.products)
