"""The level that is carried to the next window, and how sure a probability is."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from core.analyses.churn import folds, level, uncertainty
from core.analyses.churn.history import Past

START = date(2025, 1, 1)


class Windows(Past):
    """A past whose windows are given: day -> share that ordered, of customers said to be 0.3."""

    def labelled(self, day):
        share = self.seen[day]
        returned = (np.arange(10_000) < share * 10_000).astype(float)
        return pl.DataFrame({"returned": returned, "said": np.full(10_000, 0.3)})


def level_after(first, **shares):
    """What becomes of 0.3, given the share that ordered on each of the days named."""
    days = {"calibrate": START, "before": START - folds.YEAR,
            "after": START + timedelta(days=60) - folds.YEAR}  # fmt: skip
    seen = {days[name]: share for name, share in shares.items()}
    past = Windows(pl.DataFrame(), first, START, 60, 730, seen)
    one = folds.Fold(START + timedelta(days=60), START, (START - timedelta(days=60),))
    said = level.recalibrated(lambda facts: facts["said"].to_numpy(), past, one)
    return float(said(past.labelled(START))[0])


def odds(p):
    return np.log(p / (1 - p))


def test_the_level_of_the_latest_window_is_carried_to_the_next():
    assert level_after(START - timedelta(days=200), calibrate=0.15) == pytest.approx(0.15, abs=2e-3)


def test_where_the_year_before_is_known_half_of_its_turn_is_added():
    found = level_after(START - timedelta(days=800), calibrate=0.3, before=0.3, after=0.4)
    assert odds(found) == pytest.approx(odds(0.3) + 0.5 * (odds(0.4) - odds(0.3)), abs=0.01)


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("churn_probability", "probability_low", "probability_high"),
        ("value_at_risk", "value_at_risk_low", "value_at_risk_high"),
    ],
)
def test_every_customer_has_intervals_and_the_files_carry_them(result, name, low, high):
    table = result.customers
    assert table.select(pl.col(name).is_between(low, high).all()).item()
    assert table.filter(pl.col(low) < pl.col(high)).height > 0.9 * table.height
    assert {low, high} <= set(result.files()["churn"].columns)


def test_fewer_customers_and_a_moving_level_widen_the_intervals(past):
    labelled = past.labelled(START + timedelta(days=250))
    some = labelled.filter(pl.col("customer_id").str.ends_with("7"))
    many, few = (
        uncertainty.spread("logistic_regression", rows, labelled, 0) for rows in (labelled, some)
    )
    assert np.median(few) > 1.5 * np.median(many)
    p = np.array([0.5])
    calm, moving = (uncertainty.interval(p, np.zeros(1), drift) for drift in (0.1, 0.4))
    assert moving[0][0] < calm[0][0] < 0.5 < calm[1][0] < moving[1][0]


def test_the_drift_is_what_the_test_days_missed_drawn_to_what_shops_usually_miss():
    right = level.drift(np.full(3, 0.4), np.full(3, 0.4))
    wrong = level.drift(np.full(3, 0.4), np.full(3, 0.6))
    assert right == pytest.approx(level.DRIFT * np.sqrt(2 / 5))
    off = 3 * (odds(0.6) - odds(0.4)) ** 2
    assert wrong == pytest.approx(np.sqrt((off + 2 * level.DRIFT**2) / 5))
