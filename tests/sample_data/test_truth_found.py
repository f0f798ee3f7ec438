"""Each analysis finds what sample_data/plan.py planted, and does not find what is not there.

The shop is written, read through intake and analysed at the default options, as a user would.
"""

import importlib
from datetime import timedelta
from functools import cache

import polars as pl
import pytest

from core.dataset import Dataset
from sample_data import plan
from sample_data.generate import shop


def analysis(name):
    return importlib.import_module(f"core.analyses.{name}")


@cache
def truth() -> plan.Truth:
    return shop("medium").truth


@pytest.fixture(scope="module")
def found(answered):
    """Name of an analysis -> its answer about the medium shop."""
    return lambda name: answered(analysis(name), "medium")


@cache
def null_answer(name: str, **off: bool):
    made = shop("medium", **off)
    lines = made.lines.lazy()
    data = Dataset("null", f"null{sorted(off)}", lines, tables={"stock": made.stock})
    module = analysis(name)
    return module.run(data, module.Config())


def pair_rules(rules: pl.DataFrame, first: str, second: str) -> pl.DataFrame:
    either = [
        (pl.col("antecedent") == a) & (pl.col("consequent") == b)
        for a, b in ((first, second), (second, first))
    ]
    return rules.filter(either[0] | either[1])


class TestIntake:
    def test_keeps_every_line_that_counts_and_its_money(self, medium):
        made = shop("medium").lines
        lines = medium.lines.collect()
        assert lines.height == made.height
        assert lines["revenue"].sum() == pytest.approx(made["revenue"].sum(), rel=1e-6)
        assert lines["customer_id"].n_unique() == made["customer_id"].n_unique()

    def test_reads_the_chinese_shop_as_the_same_shop(self, medium, tmp_path):
        from core.intake.load import Upload, load
        from sample_data.generate import write

        chinese = load([Upload(p.name, p) for p in write("medium-zh", tmp_path / "m.csv")])
        assert chinese.facts == medium.facts
        assert set(chinese.columns) == set(medium.columns)
        assert chinese.currency == "CNY"
        assert chinese.tables["stock"].height == medium.tables["stock"].height


class TestRules:
    @pytest.mark.parametrize("pair", plan.PAIRS, ids=lambda pair: f"{pair.first}-{pair.second}")
    def test_companions_are_found_with_their_probability(self, found, pair):
        rules = pair_rules(found("association_rules").rules, pair.first, pair.second)
        rule = rules.filter(pl.col("antecedent") == pair.first)
        assert rule.height == 1
        assert rule["confidence"].item() == pytest.approx(pair.probability, abs=0.12)
        assert not rule["season_only"].item()

    def test_the_bundle_is_found_whole(self, found):
        rules = found("association_rules").rules
        for first, second in zip(plan.BUNDLE, plan.BUNDLE[1:] + plan.BUNDLE[:1], strict=True):
            assert pair_rules(rules, first, second).height >= 1

    @pytest.mark.parametrize(("first", "second"), plan.SEASON_PAIRS)
    def test_what_shares_only_a_season_is_no_companion(self, found, first, second):
        rules = pair_rules(found("association_rules").rules, first, second)
        assert rules.filter(~pl.col("season_only")).is_empty()

    def test_a_shop_of_strangers_has_next_to_no_rules(self):
        result = null_answer("association_rules", affinities=False, seasons=False)
        assert result.all_rules.height > 100
        assert result.rules.height <= 2

    def test_seasons_alone_make_no_companions(self):
        rules = null_answer("association_rules", affinities=False).rules
        assert rules.filter(~pl.col("season_only"), pl.col("length") == 2).height <= 4


class TestRecommendations:
    def test_lists_beat_popularity_on_held_back_time(self, found):
        scores = found("recommendations").evidence.filter(pl.col("metric") == "recall_at_k")
        chosen = scores.filter("chosen").row(0, named=True)
        popular = scores.filter(pl.col("method") == "popularity").row(0, named=True)
        assert chosen["low"] > popular["high"]

    def test_favourites_stand_in_the_lists_of_loyal_customers(self, found, medium):
        orders = medium.lines.group_by("customer_id").agg(pl.col("order_id").n_unique()).collect()
        loyal = truth().customers.join(orders, on="customer_id").filter(pl.col("order_id") >= 10)
        lists = (
            found("recommendations")
            .recommendations.filter(pl.col("rank") <= 5)
            .group_by("customer_id")
            .agg(pl.col("product_id"))
        )
        hits = loyal.join(lists, on="customer_id").select(
            pl.any_horizontal(
                pl.col("product_id").list.contains(pl.col(f"favourite_{n}")) for n in (1, 2)
            )
        )
        assert hits.height > 200
        assert hits.to_series().mean() > 0.8

    @pytest.mark.parametrize("pair", plan.PAIRS[:5], ids=lambda pair: pair.first)
    def test_companions_are_bought_together(self, found, pair):
        together = found("recommendations").together.filter(pl.col("product_id") == pair.first)
        assert pair.second in together.filter(pl.col("rank") <= 3)["together_product_id"].to_list()


class TestChurn:
    def test_who_has_left_is_told_from_who_is_still_here(self, found):
        people = found("churn").customers.join(truth().customers, on="customer_id")
        people = people.filter(~pl.col("refills"), pl.col("orders") >= 3)
        ranks = people["churn_probability"].rank()
        gone = ~people["alive"]
        n_gone, n_here = gone.sum(), (~gone).sum()
        auc = (ranks.filter(gone).sum() - n_gone * (n_gone + 1) / 2) / (n_gone * n_here)
        assert auc > 0.75

    def test_it_beats_the_rule_of_recency(self, found):
        evidence = found("churn").evidence
        for metric in ("brier", "log_loss"):
            scores = evidence.filter(pl.col("metric") == metric)
            chosen = scores.filter("chosen")["value"].item()
            assert chosen < scores.filter("baseline")["value"].min()


class TestSegments:
    def test_the_wholesale_customer_is_marked_and_alone(self, found):
        customers = found("segments").customers
        marked = customers.filter("wholesale")["customer_id"].to_list()
        assert plan.WHOLESALE in marked
        assert len(marked) <= 5

    def test_those_who_have_left_are_in_the_quiet_groups(self, found):
        people = found("segments").customers.join(truth().customers, on="customer_id")
        share = dict(people.group_by("rfm_segment").agg(pl.col("alive").mean()).iter_rows())
        assert share["champions"] > 0.85
        assert max(share["at_risk"], share["previously_loyal"]) < 0.4


class TestInventory:
    @pytest.mark.parametrize(
        ("status", "products"),
        [("order_now", plan.ORDER_NOW), ("overstock", plan.OVERSTOCK), ("dead", plan.DEAD)],
    )
    def test_planted_status(self, found, status, products):
        said = dict(found("inventory").inventory.select("product_id", "status").iter_rows())
        assert {said[product] for product in products} == {status}

    def test_nothing_that_sells_is_called_dead(self, found):
        said = found("inventory").inventory.filter(pl.col("status") == "dead")
        christmas = {product for pair in plan.SEASON_PAIRS for product in pair}
        assert set(said["product_id"]) <= {*plan.DEAD, *plan.SLOW, *christmas}

    def test_christmas_goods_are_neither_dead_nor_ordered_in_june(self, found):
        said = dict(found("inventory").inventory.select("product_id", "status").iter_rows())
        assert {said["GFT-01"], said["GFT-02"]} == {"ok"}

    def test_slow_movers_are_seen_as_intermittent(self, found):
        patterns = dict(found("inventory").inventory.select("product_id", "pattern").iter_rows())
        assert {patterns[product] for product in plan.SLOW} <= {"intermittent", "lumpy"}

    def test_the_stock_out_does_not_teach_that_nobody_wants_it(self, found):
        """Demand of the product that was out for four weeks, near the rate since."""
        row = found("inventory").inventory.filter(
            pl.col("product_id") == plan.STOCK_OUT.products[0]
        )
        lines = shop("medium").lines.filter(
            pl.col("product_id") == plan.STOCK_OUT.products[0], pl.col("quantity").is_between(1, 5)
        )
        since = pl.col("ordered_at").dt.date() > plan.STOCK_OUT.end
        usual = lines.filter(since)["quantity"].sum() / (plan.LAST_DAY - plan.STOCK_OUT.end).days
        assert row["demand_per_day"].item() == pytest.approx(usual, rel=0.25)


class TestOverview:
    def test_planted_odd_days_are_unusual_and_hardly_any_other(self, found):
        daily = found("overview").daily
        settled = daily.filter(pl.col("day") > plan.FIRST_DAY["large"] + timedelta(days=56))
        odd = dict(settled.drop_nulls("unusual").select("day", "unusual").iter_rows())
        planted = {day: "busy" if f > 1 else "quiet" for day, f in plan.ODD_DAYS.items()}
        assert planted.items() <= odd.items()
        assert len(odd) <= len(planted) + 3

    def test_december_is_the_best_month(self, found):
        daily = found("overview").daily
        months = daily.group_by(pl.col("day").dt.truncate("1mo")).agg(pl.col("revenue").sum())
        assert months.sort("revenue")["day"].last().month == 12

    def test_the_categories_and_the_wholesale_outlier(self, found):
        result = found("overview")
        assert set(result.shares["dimension"]) == {"channel", "country", "category"}
        assert result.products.filter(pl.col("product_id").is_in(plan.DEAD))["revenue"].sum() == 0


class TestLifetimeValue:
    def test_bg_nbd_recovers_the_planted_rates_and_drop_out(self):
        """Of the customers who order at random, in a shop without seasons."""
        made = shop("medium", seasons=False, wholesale=False)
        refillers = made.truth.customers.filter("refills")["customer_id"].implode()
        lines = made.lines.filter(~pl.col("customer_id").is_in(refillers)).lazy()
        module = analysis("lifetime_value")
        result = module.run(Dataset("bg", "bg", lines), module.Config(model="bg_nbd"))
        fitted = dict(result.parameters.select("parameter", "value").iter_rows())
        assert fitted["r"] == pytest.approx(plan.SHAPE, rel=0.15)
        assert fitted["alpha"] == pytest.approx(plan.SCALE, rel=0.2)
        left, planted = plan.LEAVE_A / (plan.LEAVE_A + plan.LEAVE_B), fitted["a"] + fitted["b"]
        assert fitted["a"] / planted == pytest.approx(left, rel=0.15)

    def test_who_has_left_is_told_from_who_is_still_here(self, found):
        people = found("lifetime_value").customers.join(truth().customers, on="customer_id")
        people = people.filter(~pl.col("refills"), pl.col("orders") >= 3)
        assert people.filter("alive")["p_alive"].mean() > 0.6
        assert people.filter(~pl.col("alive"))["p_alive"].mean() < 0.25
