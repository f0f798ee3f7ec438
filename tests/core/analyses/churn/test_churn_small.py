"""What is said of a small shop, and what is missing for less."""

from datetime import date, timedelta

import polars as pl
import pytest

from core.analyses import churn
from core.analyses.churn.small import rule
from core.errors import NotEnoughDataError

START = date(2025, 1, 1)


def test_a_small_shop_gets_the_rule_with_a_beta_interval(shop):
    found = churn.run(shop(customers=60, seed=2), churn.Config())
    assert found.small
    assert found.config.method == "recency_rule"
    table = found.customers
    assert (table["probability_low"] < table["churn_probability"]).all()
    assert (table["churn_probability"] < table["probability_high"]).all()
    assert any("few repeat customers" in str(finding) for finding in found.explain())


def test_a_beta_interval_is_the_quantiles_of_the_posterior():
    from scipy.stats import beta

    labelled = pl.DataFrame(
        {"recency_days": [1] * 10 + [90] * 10, "returned": [1.0] * 8 + [0.0] * 11 + [1.0]}
    )
    found = rule(labelled)
    low, high = found.interval(labelled)
    assert found.predict(labelled)[[0, -1]] == pytest.approx([9 / 12, 2 / 12])
    assert (low[0], high[0]) == pytest.approx(tuple(beta.ppf([0.025, 0.975], 9, 3)))


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (lambda shop: shop(customers=5), "customers could be watched"),
        (lambda shop: shop(days=12), "orders span"),
        (lambda shop: shop().until(START + timedelta(days=20)), "orders span"),
    ],
)
def test_too_little_says_what_is_missing(data, match, shop):
    with pytest.raises(NotEnoughDataError, match=match):
        churn.run(data(shop), churn.Config(horizon_days=60))
