"""Cohorts against worked values, an independent survival estimate, and planted differences."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from core.analyses import cohorts
from core.dataset import Dataset
from core.errors import MissingColumnsError, NotEnoughDataError

START = date(2025, 1, 1)


def dataset(rows, **columns) -> Dataset:
    """(customer, day after START, revenue) per order."""
    lines = pl.DataFrame(
        {
            "order_id": [f"o{number}" for number in range(len(rows))],
            "customer_id": [row[0] for row in rows],
            "ordered_at": [START + timedelta(days=row[1]) for row in rows],
            "quantity": [1.0 if row[2] >= 0 else -1.0 for row in rows],
            "revenue": [float(row[2]) for row in rows],
            **columns,
        },
        schema_overrides={"ordered_at": pl.Datetime("us")},
    )
    return Dataset("made", "made", lines.lazy())


def test_a_small_grid_by_hand():
    """a: orders on days 0, 5 and 70; b: 10 and 45 (returned in part on 50); c: only on day 95."""
    rows = [("a", 0, 10), ("a", 5, 20), ("a", 70, 30), ("b", 10, 40), ("b", 45, 50), ("b", 50, -5)]
    result = cohorts.run(dataset([*rows, ("c", 95, 60)]), cohorts.Config())
    # Last day 95: a has completed 3 windows, b 2 (86 days), c none.
    got = result.overall.select(
        "age", "customers", "active", "revenue_per_customer", "cumulative_revenue", "repeat_rate"
    )
    assert got.rows() == [
        (0, 2, 2, 35.0, 35.0, 0.5),
        (1, 2, 1, 22.5, 57.5, 1.0),
        (2, 1, 1, 30.0, 87.5, 1.0),
    ]
    assert result.sizes.rows() == [("2025-01", 2), ("2025-04", 1)]


def reference_curve(gaps, seen):
    """Kaplan-Meier, one customer after the other; gap: windows until the second order or None."""
    curve, kept = [], 1.0
    for age in range(max(seen)):
        risk = [g for g, s in zip(gaps, seen, strict=True) if s > age and (g is None or g >= age)]
        second = [g for g in risk if g == age]
        kept *= 1 - len(second) / len(risk) if risk else 1
        curve.append(1 - kept)
    return curve


def test_repeat_rate_is_kaplan_meier():
    rng = np.random.default_rng(0)
    rows, gaps, seen = [], [], []
    last = 400
    for number in range(300):
        first = int(rng.integers(0, 380))
        wait = int(rng.exponential(90)) + 1
        rows.append((f"c{number}", first, 10))
        complete = min(12, (last - first + 1) // 30)
        if first + wait <= last:
            rows.append((f"c{number}", first + wait, 10))
        gaps.append(wait // 30 if wait // 30 < complete else None)
        seen.append(complete)
    rows.append(("end", last, 10))
    result = cohorts.run(dataset(rows), cohorts.Config(by="first_order"))
    assert not result.opens_amid
    assert result.overall["repeat_rate"].to_list() == pytest.approx(reference_curve(gaps, seen))
    inside = result.overall.select(
        (pl.col("repeat_rate_low") <= pl.col("repeat_rate")).all(),
        (pl.col("repeat_rate") <= pl.col("repeat_rate_high")).all(),
    )
    assert inside.row(0) == (True, True)


def test_greenwood_interval_of_a_published_example():
    """Without censoring Greenwood's variance is the binomial one: S (1 - S) / n."""
    rows = [(f"c{n}", 0, 1) for n in range(100)] + [(f"c{n}", 10, 1) for n in range(40)]
    rows.append(("late", 65, 1))
    cell = cohorts.run(dataset(rows), cohorts.Config()).overall.row(0, named=True)
    kept, error = 0.6, (0.6 * 0.4 / 100) ** 0.5
    width = np.exp(1.959964 * error / (kept * abs(np.log(kept))))
    assert cell["repeat_rate"] == pytest.approx(0.4)
    assert cell["repeat_rate_low"] == pytest.approx(1 - kept ** (1 / width))
    assert cell["repeat_rate_high"] == pytest.approx(1 - kept**width)


def shop(rates, seed=0, size=150):
    """Customers of several countries, each with its own chance of a second order."""
    rng = np.random.default_rng(seed)
    rows, countries = [], []
    for country, rate in rates.items():
        for number in range(size):
            first = int(rng.integers(0, 300))
            days = [first, first + int(rng.integers(5, 60))] if rng.random() < rate else [first]
            rows += [(f"{country}{number}", day, 20) for day in days]
            countries += [country] * len(days)
    rows.append(("end", 420, 1))
    return dataset(rows, country=[*countries, "DE"])


def test_a_planted_difference_is_called_out():
    result = cohorts.run(shop({"DE": 0.3, "FR": 0.3, "IT": 0.7}), cohorts.Config(by="country"))
    said = [str(finding) for finding in result.explain()]
    assert any("“IT” stands out" in sentence for sentence in said)


def test_chance_is_rarely_called_out():
    """Equal countries: at 5 %, of 20 shops about one is called out; 4 or more would be wrong."""
    called = 0
    for seed in range(20):
        same = dict.fromkeys(["DE", "FR", "IT", "ES", "PL"], 0.4)
        result = cohorts.run(shop(same, seed=seed, size=80), cohorts.Config(by="country"))
        called += any("stands out" in str(finding) for finding in result.explain())
    assert called <= 3


def monthly(*shares, wait=40, size=200):
    """A cohort of `size` customers a month, whose share given orders again after `wait` days."""
    rows = []
    for month, share in enumerate(shares):
        for number in range(size):
            first = 31 * month + number % 20
            rows.append((f"{month}-{number}", first, 5))
            if number < share * size:
                rows.append((f"{month}-{number}", first + wait, 5))
    return dataset([*rows, ("end", 400, 1)])


def said(result):
    return [str(finding) for finding in result.explain()]


def test_a_shop_of_one_time_buyers_is_told_so():
    told = said(cohorts.run(monthly(0, 0, 0), cohorts.Config()))
    assert "0 order again within" in told[0]
    assert any("No cohort's repeat rate within 90 days differs" in sentence for sentence in told)
    assert not any("those who come back" in sentence for sentence in told)


def test_a_shop_where_all_come_back_is_told_so():
    told = said(cohorts.run(monthly(1, 1, 1), cohorts.Config()))
    assert any("No cohort's repeat rate within 90 days differs" in sentence for sentence in told)


def test_what_a_customer_has_brought_is_told_with_its_interval():
    result = cohorts.run(monthly(0.2, 0.5, 0.2), cohorts.Config())
    values = result.explain()[0].values
    row = result.overall.filter("enough").row(-1, named=True)
    ends = row["cumulative_revenue_low"], row["cumulative_revenue_high"]
    assert ends == (values["cumulative_revenue_low"], values["cumulative_revenue_high"])
    assert "{cumulative_revenue_low:money} to {cumulative_revenue_high:money}" in (
        result.explain()[0].text
    )


def test_one_whale_does_not_let_customers_have_brought_less_than_nothing():
    rows = [(f"c{n}", n, 5) for n in range(25)] + [("c0", 20, 9000), ("end", 200, 1)]
    overall = cohorts.run(dataset(rows), cohorts.Config()).overall
    assert overall["cumulative_revenue_low"].min() == 0


def test_cohorts_of_old_customers_are_excepted_where_none_is_said_to_differ():
    """The first month of a file holds old customers, who come back far more often."""
    crowd = [(f"old{n}", n % 20, 5) for n in range(900)]
    crowd += [(f"old{n}", n % 20 + 40, 5) for n in range(900)]
    rows = [
        (f"{month}-{n}", 31 * month + n % 20 + later, 5)
        for month in range(1, 6)
        for n in range(200)
        for later in ([0, 40] if n % 2 else [0])
    ]
    result = cohorts.run(dataset([*crowd, *rows, ("end", 400, 1)]), cohorts.Config())
    assert result.opens_amid
    assert any("Apart from the cohorts that hold old customers" in told for told in said(result))


@pytest.mark.parametrize(("odd", "rest", "share"), [(0, 0.5, "0.0%"), (1, 0.5, "100%")])
def test_a_cohort_of_none_or_all_can_stand_out(odd, rest, share):
    result = cohorts.run(monthly(rest, odd, rest, rest), cohorts.Config())
    assert any(f"“2025-02” stands out: {share}" in sentence for sentence in said(result))


@pytest.mark.parametrize("rate", [0, 1])
def test_a_rate_of_none_or_all_is_as_unsure_as_its_number_of_customers(rate):
    cell = cohorts.run(monthly(rate), cohorts.Config()).cells.row(2, named=True)
    assert cell["repeat_rate"] == rate
    # Wilson (1927): z^2 / (n + z^2) beyond the share itself.
    width = 1.959964**2 / (200 + 1.959964**2)
    low, high = sorted((rate, abs(rate - width)))
    assert (cell["repeat_rate_low"], cell["repeat_rate_high"]) == pytest.approx((low, high))


def test_small_cohorts_without_repeats_by_chance_are_rarely_called_out():
    """Equal countries where one customer in 15 comes back: many have none who did."""
    called = 0
    for seed in range(20):
        same = dict.fromkeys(["DE", "FR", "IT", "ES", "PL"], 1 / 15)
        result = cohorts.run(shop(same, seed=seed, size=40), cohorts.Config(by="country"))
        called += any("stands out" in sentence for sentence in said(result))
    assert called <= 3


@pytest.mark.parametrize(
    ("wait", "sentence"),
    [
        (10, "100% of those who come back do so within the first 30 days"),
        (40, "Half of those who come back have done so after 30 to 60 days"),
        (75, "Half of those who come back have done so after 60 to 90 days"),
    ],
)
def test_when_to_ask_for_the_second_order(wait, sentence):
    told = said(cohorts.run(monthly(0.5, 0.5, 0.5, wait=wait), cohorts.Config()))
    assert [t for t in told if "those who come back" in t] == [t for t in told if sentence in t]
    assert any(sentence in t for t in told)


def test_coming_back_that_is_still_under_way_has_no_half():
    config = cohorts.Config(windows=3)
    told = said(cohorts.run(monthly(0.5, 0.5, 0.5, wait=75), config))
    assert not any("those who come back" in sentence for sentence in told)


def test_a_file_that_begins_amid_business_says_so(medium):
    """The demo shop opens on its first day; cut in the middle, its old customers look new."""
    whole = cohorts.run(medium, cohorts.Config())
    assert not whole.opens_amid
    middle = START.replace(year=medium.last_day.year - 1)
    late = Dataset("cut", "cut", medium.lines.filter(pl.col("ordered_at").dt.date() >= middle))
    cut = cohorts.run(late, cohorts.Config())
    assert cut.opens_amid
    naive = cut.cells.filter(pl.col("cohort") == cut.cells["cohort"].min(), pl.col("age") == 2)
    truth = whole.overall.filter(pl.col("age") == 2)["repeat_rate"][0]
    fresh = cut.overall.filter(pl.col("age") == 2)["repeat_rate"][0]
    assert abs(fresh - truth) < abs(naive["repeat_rate"][0] - truth)


def test_small_cells_are_marked_and_carry_no_finding():
    rows = [(f"c{n}", 3 * n, 10) for n in range(15)] + [("end", 200, 1)]
    result = cohorts.run(dataset(rows), cohorts.Config())
    assert not result.cells["enough"].any()
    assert [f.kind for f in result.explain()] == ["caution"]


@pytest.mark.parametrize("by", ["product", "category", "country", "channel", "coupon"])
def test_every_kind_of_cohort_keeps_everyone(medium, by):
    result = cohorts.run(medium, cohorts.Config(by=by))
    assert result.sizes["customers"].sum() >= result.overall["customers"][0]
    assert result.sizes.height <= 10
    per_age = result.cells.group_by("age").agg(pl.col("customers").sum()).sort("age")
    assert per_age["customers"].to_list() == result.overall["customers"].to_list()


def test_a_missing_column_is_named():
    with pytest.raises(MissingColumnsError, match="coupon"):
        cohorts.run(dataset([("a", 0, 1), ("a", 40, 1)]), cohorts.Config(by="coupon"))


def test_only_guests_is_refused_in_words():
    with pytest.raises(NotEnoughDataError, match="no cohorts"):
        cohorts.run(dataset([(None, n, 1) for n in range(40)]), cohorts.Config())


def test_old_customers_of_a_file_that_opens_late_in_a_month_are_not_next_months_news():
    """From 25 January on: the old ones order again until late in February, and look new there."""
    rng = np.random.default_rng(0)
    rows = []
    for number in range(400):
        first = 24 + int(rng.integers(0, 30))
        rows += [(f"old{number}", first + 25 * k, 10) for k in range(8)]
    for number in range(600):
        first = 24 + int(rng.integers(0, 300))
        rows.append((f"new{number}", first, 10))
        if rng.random() < 0.2:
            rows.append((f"new{number}", first + 20, 10))
    result = cohorts.run(dataset(rows), cohorts.Config())
    assert result.opens_amid
    assert result.cells["cohort"].unique().sort().head(2).to_list() == ["2025-01", "2025-02"]
    assert not any("2025-02" in sentence for sentence in said(result))


def test_the_revenue_of_one_customer_has_no_range():
    """One customer says nothing about the next: the interval was of no width."""
    rows = [("a", 0, 10), ("a", 40, 20), ("b", 40, 5), ("c", 41, 5), ("late", 100, 1)]
    cells = cohorts.run(dataset(rows), cohorts.Config()).cells
    ends = cells.select("customers", "cumulative_revenue_low", "cumulative_revenue_high")
    assert ends.filter(pl.col("customers") == 1).row(0)[1:] == (None, None)
    assert ends.filter(pl.col("customers") > 1).null_count().row(0) == (0, 0, 0)
