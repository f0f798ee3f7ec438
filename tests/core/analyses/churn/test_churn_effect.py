"""What a message did, measured on the hold-out group."""

from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from core.analyses.churn.effect import effect
from core.errors import IntakeError, NotEnoughDataError

DAY = date(2026, 3, 1)


def listed(n=400, held=40) -> pl.DataFrame:
    return pl.DataFrame({"customer_id": [f"c{i:03d}" for i in range(n)]}).with_columns(
        message_group=pl.when(pl.int_range(n) < held)
        .then(pl.lit("hold_out"))
        .otherwise(pl.lit("message")),
        listed_on=pl.lit(DAY),
        horizon_days=30,
    )


def orders(chance) -> pl.LazyFrame:
    """One order of 20 ten days after the list, with `chance(i)` for customer i; one much later."""
    rng = np.random.default_rng(1)
    bought = [i for i in range(400) if rng.random() < chance(i)]
    rows = [(f"c{i:03d}", DAY + timedelta(days=10), 20.0) for i in bought]
    rows += [(f"c{i:03d}", DAY + timedelta(days=45), 500.0) for i in range(400)]
    return pl.LazyFrame(
        {
            "customer_id": [row[0] for row in rows],
            "ordered_at": [datetime.combine(row[1], datetime.min.time()) for row in rows],
            "quantity": 1.0,
            "revenue": [row[2] for row in rows],
        },
        schema_overrides={"ordered_at": pl.Datetime("us")},
    )


def test_a_planted_effect_lies_in_the_interval():
    found = effect(listed(held=150), orders(lambda i: 0.2 if i < 150 else 0.5))
    value, low, high = found.orders
    assert low <= 0.3 <= high
    assert low > 0
    assert found.revenue[0] == pytest.approx(20 * value)
    assert found.days == 30


def test_orders_after_the_horizon_do_not_count():
    found = effect(listed(), orders(lambda _: 0.0))
    assert found.groups["share_ordered"].to_list() == [0.0, 0.0]
    value, low, high = found.orders
    assert low < value == 0 < high, "no order in either group is no proof of no effect"
    assert found.revenue == (0.0, 0.0, 0.0)


def test_no_effect_is_within_chance_nineteen_times_of_twenty():
    rng, outside = np.random.default_rng(5), 0
    for _ in range(60):
        draw = rng.random(400) < 0.3
        found = effect(listed(held=100), orders(lambda i, draw=draw: float(draw[i])))
        outside += not found.orders[1] <= 0 <= found.orders[2]
    assert outside <= 8


def test_a_list_as_csv_reads_the_same():
    data = orders(lambda _: 0.3)
    text = pl.read_csv(listed().write_csv().encode(), infer_schema=False)
    assert effect(text, data).orders == effect(listed(), data).orders


def test_what_is_wrong_is_said():
    data = orders(lambda _: 0.3)
    with pytest.raises(IntakeError, match="message_group"):
        effect(listed().drop("message_group"), data)
    with pytest.raises(IntakeError, match="at least two"):
        effect(listed(held=1), data)
    for wrong in (None, 0, 10**9, "soon"):
        days = pl.when(pl.int_range(pl.len()) > 0).then(30).otherwise(pl.lit(wrong))
        with pytest.raises(IntakeError, match="every row of horizon_days"):
            effect(listed().with_columns(horizon_days=days), data)
    two = pl.concat([listed(), listed().with_columns(listed_on=DAY - timedelta(days=9))])
    with pytest.raises(IntakeError, match="several lists"):
        effect(two, data)
    stranger = listed().with_columns(pl.format("C-{}", "customer_id").alias("customer_id"))
    with pytest.raises(IntakeError, match="None of the 400 customers"):
        effect(stranger, data)
    late = listed().with_columns(listed_on=pl.lit(date(2027, 1, 1)))
    with pytest.raises(NotEnoughDataError, match="end before"):
        effect(late, data)


def test_a_list_that_names_customers_twice_is_no_surer_for_it():
    data = orders(lambda i: 0.2 if i < 150 else 0.5)
    once = effect(listed(held=150), data)
    twice = effect(pl.concat([listed(held=150)] * 3), data)
    assert twice.groups.equals(once.groups)
    assert (twice.orders, twice.revenue) == (once.orders, once.revenue)


def test_customers_of_both_groups_tell_nothing():
    """Who got the message and was held out, as the list has it, belongs to neither."""
    data = orders(lambda i: 0.2 if i < 150 else 0.5)
    again = listed(held=150).head(20).with_columns(message_group=pl.lit("message"))
    found = effect(pl.concat([listed(held=150), again]), data)
    assert dict(found.groups.select("message_group", "customers").iter_rows()) == {
        "message": 250,
        "hold_out": 130,
    }
