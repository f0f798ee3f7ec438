"""What recommendations answer with."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from core.analyses.recommendations import products, reasons
from core.analyses.recommendations.campaign import CAMPAIGN, Campaign, campaign, promising
from core.analyses.recommendations.choice import led
from core.analyses.recommendations.completion import completions, tested
from core.analyses.recommendations.config import Config
from core.analyses.recommendations.contributions import alike, contributions
from core.analyses.recommendations.conversion import Conversion, Likely, likely, recency
from core.analyses.recommendations.history import History
from core.analyses.recommendations.launch import customers
from core.analyses.recommendations.listing import everybody, mail_merge, newcomers
from core.analyses.recommendations.models import BASELINES, Model
from core.analyses.recommendations.newcomers import Newcomers
from core.analyses.recommendations.steering import Steering, cost, wheel
from core.analyses.recommendations.tournament import DECIDES, Split
from core.finding import Action, Finding

CONTRACT = (
    "customer_id", "rank", "product_id", "product_name", "score", "method", "bought_before",
)  # fmt: skip
#: Customers that evidence should rest on.
FEW_CUSTOMERS = 50


@dataclass(frozen=True, eq=False)
class Result:
    """The lists, how well such lists did on held-back time, and what was bought with what.

    recommendations: one row per customer and rank - customer_id, rank, product_id, product_name,
        score (the method's own scale), method, bought_before, reason_code, because_product_id,
        because_product_name, because_day, because_share, because_orders.
    similar: one row per product and rank - product_id, rank, similar_product_id, score (cosine).
    together: the same for orders - product_id, rank, together_product_id, orders, confidence, lift.
    tournament: evidence of both tasks and of each customer group - task, group, then as evidence.
    conversion: chance that a recommendation is bought - recency_group, rank_from, rank_to, rate,
        low, high.
    products: one row per product, most popular first - product_id, product_name, orders,
        buyers (in the last window), price (per unit), margin (share of revenue, null where no cost
        is known), value (margin per order that holds it, revenue where no cost is known), category
        and on_hand where known.
    lead: of the chosen method over the better baseline, see `choice.lead`. ahead: of the best
        method over the one that auto took, null if that is the best.
    repeat_share: of the products in next baskets, the share bought before; null if unmeasured.
    tested: customers that the evidence rests on. left_out: methods too heavy for this many lines.
    latest: the last split, for steering. registered: every customer known.
    newcomers: how those without a purchase are served.
    launch_method: how customers are picked for one of `fresh`, see `launch`.
    fresh: products that never sold, or first in the last window and in few orders - product_id,
        product_name, orders and, where known, ATTRIBUTES of `events` and price.
    settings: what tuning changed for the test of the last split - task, method, hyperparameter,
        value. tuning_gain: what that brought, see `tuning.gain`; empty if not tuned.
    """

    config: Config
    evidence: pl.DataFrame
    recommendations: pl.DataFrame
    similar: pl.DataFrame
    together: pl.DataFrame
    tournament: pl.DataFrame
    conversion: pl.DataFrame
    products: pl.DataFrame
    lead: dict[str, Any] | None
    ahead: dict[str, Any] | None
    repeat_share: float | None
    tested: int
    left_out: tuple[str, ...]
    chance: Conversion | None
    model: Model
    history: History
    latest: Split | None
    registered: tuple[str, ...]
    newcomers: Newcomers
    launch_method: str
    fresh: pl.DataFrame
    settings: pl.DataFrame
    tuning_gain: pl.DataFrame

    def regulars(self, n: int) -> list[str]:
        """The `n` customers with the most orders, those without any last."""
        orders = self.history.baskets.group_by("u").agg(orders=pl.col("order").n_unique())
        known = self.history.customers.join(orders, on="u").sort(
            "orders", "customer_id", descending=[True, False]
        )
        others = pl.Series("customer_id", self.registered, dtype=pl.String)
        return (
            pl.concat([known["customer_id"], others]).unique(maintain_order=True).head(n).to_list()
        )

    def for_customer(self, customer_id: str, n: int = 10) -> pl.DataFrame:
        """The first `n` recommendations of a customer; popularity for one who is not known; none
        where no new product is left for who has bought them all."""
        own = self.recommendations.filter(pl.col("customer_id") == customer_id)
        if own.is_empty() and customer_id not in self.history.customers["customer_id"]:
            free = wheel(Steering(), self.history, self.products)
            alone = replace(self.newcomers, people=pl.DataFrame({"customer_id": [customer_id]}))
            own = newcomers(free, alone, self.config.list_length)
        return own.sort("rank").head(n)

    def likely(self, customer_id: str, n: int = 10) -> Likely | None:
        """The chances that the first `n` are bought; None where nobody alike was tested."""
        row = self.history.customers.filter(pl.col("customer_id") == customer_id)
        if row.is_empty() or self.chance is None:
            return None
        group = recency(self.history, self.chance.days)[int(row["u"][0])]
        found = likely(self.chance, self.for_customer(customer_id, n), int(group))
        return None if found.products.is_empty() else found

    def contributions(self, customer_id: str, product_id: str) -> pl.DataFrame:
        """What each purchase adds to one recommendation: see `contributions.contributions`."""
        at = self._cell(customer_id, product_id)
        return contributions(self.model, self.history, *at) if at else pl.DataFrame()

    def alike(self, customer_id: str, product_id: str) -> tuple[int, int] | None:
        """(buyers of the product, all) of the customers most alike; None: none are compared."""
        at = self._cell(customer_id, product_id)
        return alike(self.model, self.history, *at) if at else None

    def _cell(self, customer_id: str, product_id: str) -> tuple[int, int] | None:
        row = self.history.customers["customer_id"].index_of(customer_id)
        column = self.history.products["product_id"].index_of(product_id)
        return None if row is None or column is None else (row, column)

    def for_product(self, product_id: str, n: int = 10) -> pl.DataFrame:
        """The first `n` products that the same customers buy - rank, similar_product_id, score."""
        rows = self.similar.filter(pl.col("product_id") == product_id)
        return rows.drop("product_id").sort("rank").head(n)

    def substitutes(self, product_id: str, n: int = 5) -> pl.DataFrame:
        """Products that could stand in for one: see `products.substitutes`."""
        return products.substitutes(self.history, product_id, n)

    def campaign(self, product_id: str, n: int = CAMPAIGN) -> Campaign | None:
        """The `n` customers in whose own lists the product stands highest; None if untested."""
        column = self.products["product_id"].index_of(product_id)
        if column is None or self.chance is None:
            return None
        buyers = float(self.products["buyers"][int(column)])
        task = self.config.task
        return campaign(self.model, self.history, self.chance, int(column), buyers, n, task)

    def launch(self, product_id: str, n: int = CAMPAIGN) -> pl.DataFrame:
        """The `n` customers to offer a new product to: see `launch.customers`."""
        described = self.fresh.filter(pl.col("product_id") == product_id)
        if described.is_empty():
            return pl.DataFrame()
        return customers(self.history, described, n, self.launch_method)

    def complete(self, basket: Sequence[str], n: int | None = None) -> pl.DataFrame:
        """The products that go best with a basket of product ids: see `completion.completions`."""
        return completions(self.history, basket, n or self.config.list_length)

    def completion_test(self) -> pl.DataFrame:
        """How often completing a basket finds what was left out of it, on held-back orders."""
        if self.latest is None:
            return pl.DataFrame()
        return tested(self.latest, self.config.list_length, self.config.seed)

    def steered(self, steering: Steering) -> tuple[pl.DataFrame, pl.DataFrame]:
        """(recommendations under `steering`; its cost on the days held back, empty if untested)."""
        free = wheel(steering, self.history, self.products)
        lists = everybody(self.model, free, self.newcomers, self.config)
        if self.latest is None:
            return lists, pl.DataFrame()
        method, task, k = self.config.method, self.config.task, self.config.list_length
        return lists, cost(self.latest, steering, self.products, method, task, k, self.config.seed)

    def explain(self) -> list[Finding]:
        """What was chosen and how well it does; what to doubt."""
        return [*self._tested(), *self._cautions()]

    def _tested(self) -> list[Finding]:
        found = []
        chosen = self.evidence.filter(pl.col("metric") == "hit_rate", pl.col("chosen"))
        if chosen.height:
            found.append(
                Finding(
                    "Tested on {customers:integer} customers who came back: with the method "
                    "“{method:label}”, {value:percent} of them bought at least one of the "
                    "{k:integer} products recommended (95% interval {low:percent} to "
                    "{high:percent}).",
                    chosen.row(0, named=True)
                    | {"k": self.config.list_length, "customers": self.tested},
                )
            )
        if self.lead is not None:
            found.append(led(self.lead))
        if self.ahead is not None:
            found.append(
                Finding(
                    "“{method:label}” came out ahead of it, but not surely better (difference "
                    "{difference:percent} of the purchases, 95% interval {low:percent} to "
                    "{high:percent}): of methods that cannot be told apart the simplest is used.",
                    self.ahead,
                )
            )
        if self.repeat_share is not None:
            found.append(
                Finding(
                    "Of the products in a next order, {share:percent} had been bought before by "
                    "the same customer. The lists are made for the task “{task:label}”.",
                    {"share": self.repeat_share, "task": self.config.task},
                )
            )
        return found

    def _cautions(self) -> list[Finding]:
        found = []
        if self.evidence.is_empty() and self.latest is not None:
            found.append(
                Finding(
                    "Nobody who came back in the last {days:integer} days bought a product that "
                    "was new to them, so nothing could be tested. Read the lists as a first idea, "
                    "not as a result.",
                    {"days": self.config.test_days},
                    "caution",
                )
            )
        elif self.evidence.is_empty():
            found.append(
                Finding(
                    "Nobody ordered again in the last {days:integer} days, so nothing could be "
                    "tested. Read the lists as a first idea, not as a result.",
                    {"days": self.config.test_days},
                    "caution",
                )
            )
        elif self.tested < FEW_CUSTOMERS:
            found.append(
                Finding(
                    "The test rests on only {customers:integer} customers: the methods can hardly "
                    "be told apart.",
                    {"customers": self.tested},
                    "caution",
                )
            )
        rivals = set(self.evidence["method"]) - set(BASELINES)  # none where it was asked for
        if rivals and self.config.method == "popularity":
            found.append(
                Finding(
                    "No personal list did surely better here than the shop's bestsellers.",
                    {},
                    "caution",
                )
            )
        found += [
            Finding("“{method:label}” was left out: too heavy for this many orders.", {"method": m})
            for m in self.left_out
        ]
        return found

    def actions(self) -> list[Action]:
        """The product whose mailing to its likeliest customers promises the most money."""
        if self.chance is None or self.products["value"].null_count() == self.products.height:
            return []
        best = promising(self.recommendations, self.products, self.history, self.chance)
        listed = self.campaign(best["product_id"]) if best else None
        if best is None or listed is None or not listed.beats_chance:
            return []
        gain, low, high = (
            max(bought - listed.untargeted, 0.0) * best["value"]
            for bought in (listed.expected, listed.low, listed.high)
        )
        finding = Finding(
            "Offer {product_name} to the {customers:integer} customers most likely to buy it: "
            "about {expected:number} of them buy it within {days:integer} days, against "
            "{untargeted:number} of as many picked at random.",
            {
                "product_name": best["product_name"],
                "customers": listed.customers.height,
                "expected": listed.expected,
                "days": listed.days,
                "untargeted": listed.untargeted,
            },
        )
        return [Action(finding, "recommendations", gain, low, high, listed.days)]

    def files(self) -> dict[str, pl.DataFrame]:
        """The files of the contract, `because` as an English sentence; then what else is of use."""
        lists = self.recommendations.with_columns(reasons.sentence())
        rest = [c for c in self.recommendations.columns if c not in CONTRACT]
        return {
            "recommendations": lists.select(*CONTRACT, "because", *rest),
            "mail_merge": mail_merge(lists),
            "similar_products": self.similar,
            "bought_together": self.together,
            "tournament": self.tournament,
        }

    def decisive(self, methods: Sequence[str] = ()) -> pl.DataFrame:
        """The measure that decides, per task and method, over all customers."""
        rows = self.tournament.filter(pl.col("metric") == DECIDES, pl.col("group") == "all")
        return rows.filter(pl.col("method").is_in(list(methods))) if methods else rows
