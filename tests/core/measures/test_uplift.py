"""What a mailing added: published intervals, a planted effect, no effect."""

from datetime import date, datetime

import numpy as np
import polars as pl
import pytest

from core.measures import uplift


def test_newcombe_1998_table_ii_method_10():
    """56/70 against 48/80: 0.2000, interval 0.0524 to 0.3339."""
    assert uplift.newcombe(56, 70, 48, 80) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)


def test_newcombe_1998_with_nothing_sold():
    """0/10 against 0/10: 0, interval -0.2775 to 0.2775."""
    assert uplift.newcombe(0, 10, 0, 10) == pytest.approx((0, -0.2775, 0.2775), abs=5e-5)


def shop(conversion, seed=0, customers=4000):
    """Who is on the list, and the orders of those who bought: chance by group."""
    mailed = uplift.with_hold_out(
        pl.DataFrame({"customer_id": [f"c{n:05}" for n in range(customers)]}), 0.3, seed
    )
    rng = np.random.default_rng(seed)
    chance = np.where(mailed["message_group"] == "message", *conversion)
    bought = mailed.filter(pl.Series(rng.random(customers) < chance))
    lines = bought.select("customer_id").with_columns(
        ordered_at=pl.lit(datetime(2024, 3, 5)),
        product_id=pl.lit("p"),
        quantity=pl.lit(1.0),
        revenue=pl.lit(20.0),
    )
    return lines.lazy(), mailed


def test_a_planted_effect_is_found():
    lines, mailed = shop((0.10, 0.05))
    effect = uplift.measured(lines, mailed, date(2024, 3, 1), 14, "p")
    assert effect.held_out == 1200
    assert effect.added_conversion_low < 0.05 < effect.added_conversion_high
    assert effect.added_conversion_low > 0
    assert effect.added_revenue_low < 20 * 0.05 < effect.added_revenue_high


def test_intervals_cover_no_effect_nine_times_in_ten():
    covered = 0
    for seed in range(40):
        effect = uplift.measured(*shop((0.05, 0.05), seed, 1000), date(2024, 3, 1), 14)
        covered += effect.added_conversion_low <= 0 <= effect.added_conversion_high
    assert covered >= 36


def test_other_days_and_products_do_not_count():
    lines, mailed = shop((0.1, 0.1))
    for sent, product in (
        (date(2024, 3, 6), "p"),
        (date(2024, 2, 1), "p"),
        (date(2024, 3, 1), "q"),
    ):
        effect = uplift.measured(lines, mailed, sent, 14, product)
        assert (effect.conversion_message, effect.conversion_hold_out) == (0, 0)


def test_the_hold_out_is_random_repeatable_and_blind_to_order():
    listed = pl.DataFrame({"customer_id": [f"c{n}" for n in range(200)], "rank": range(200)})
    one = uplift.with_hold_out(listed, 0.1, 3)
    other = uplift.with_hold_out(listed.reverse(), 0.1, 3)
    assert one["customer_id"].to_list() == listed["customer_id"].to_list()
    assert one.sort("rank").equals(other.sort("rank"))
    assert (one["message_group"] == "hold_out").sum() == 20


def test_without_a_hold_out_there_is_no_effect_to_tell():
    lines, mailed = shop((0.1, 0.1))
    everyone = mailed.with_columns(message_group=pl.lit("message"))
    assert uplift.measured(lines, everyone, date(2024, 3, 1), 14) is None


def test_customers_of_both_groups_tell_nothing():
    lines, mailed = shop((0.1, 0.1))
    both = mailed.filter(message_group="hold_out").head(300)
    twice = pl.concat([mailed, mailed, both.with_columns(message_group=pl.lit("message"))])
    effect = uplift.measured(lines, twice, date(2024, 3, 1), 14)
    assert (effect.messaged, effect.held_out) == (2800, 900)
