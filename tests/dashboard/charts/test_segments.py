"""What the charts of customers and their segments say above themselves is what they show."""

from datetime import date, datetime, timedelta

import polars as pl
import pytest

from core.analyses import segments
from core.dataset import Dataset
from core.measures import customers
from dashboard import state
from dashboard.charts import customer as customer_charts
from dashboard.charts import profiles
from dashboard.charts import segments as charts

DAY = datetime(2025, 12, 31)


@pytest.fixture(scope="module", autouse=True)
def english():
    with state.speaking("en"):
        yield


def dataset(*rows) -> Dataset:
    """(customer, days before DAY, quantity, revenue) per order."""
    lines = pl.DataFrame(
        {
            "order_id": [f"o{number}" for number in range(len(rows))],
            "customer_id": [row[0] for row in rows],
            "ordered_at": [DAY - timedelta(days=row[1]) for row in rows],
            "quantity": [float(row[2]) for row in rows],
            "revenue": [float(row[3]) for row in rows],
        }
    )
    return Dataset("made", "made", lines.lazy())


def title(figure) -> str:
    return str(figure.layout.title.text)


RETURNED = (("a", 3, 1, 10), ("a", 2, -1, -300), ("b", 5, 1, 20), ("c", 200, 1, 40))


def test_no_share_is_told_of_a_revenue_that_is_not_positive():
    found = segments.run(dataset(*RETURNED), segments.Config())
    rfm = found.segments.filter(scheme="rfm")
    for drawn in (charts.shares(rfm), charts.grid(found.customers, "f_score", "revenue")):
        assert title(drawn) == "All customers together brought no revenue"
        assert drawn.data


def test_squares_of_customers_who_returned_more_than_they_bought_have_a_colour():
    found = segments.run(dataset(*RETURNED), segments.Config())
    colours = charts.grid(found.customers, "f_score", "revenue").data[0].marker.color
    assert all(colour >= 0 for colour in colours)


def test_one_group_alone_is_not_set_apart():
    found = segments.run(dataset(("a", 3, 1, 10), ("b", 3, 1, 12)), segments.Config())
    traits = found.traits("rfm_segment")
    said = profiles.labels(traits, {})
    assert len(said) == 1
    for drawn in (profiles.profiles(traits, said), profiles.parallel(traits, said)):
        assert title(drawn) == "There is one group only: nothing sets it apart"


def test_every_group_has_its_line_and_no_two_look_alike():
    groups = [*"abcdefghijkl"]
    traits = pl.DataFrame(
        {
            "cluster": [group for group in groups for _ in range(2)],
            "feature": ["orders", "revenue"] * len(groups),
            "difference": [float(n) for n in range(2 * len(groups))],
            "typical": 1.0,
            "typical_of_all": 1.0,
        }
    )
    drawn = profiles.parallel(traits, {group: f"group {group}" for group in groups})
    assert [trace.name for trace in drawn.data] == [f"group {group}" for group in groups]
    assert len({(trace.line.color, trace.line.dash) for trace in drawn.data}) == len(groups)
    assert "“group l” and “group a”" in title(drawn)


def test_the_customer_page_counts_orders_and_days_as_the_profile_does():
    """A free order is an order, a return is none."""
    data = dataset(("a", 100, 1, 10), ("a", 65, 1, 0), ("a", 30, 1, 10), ("a", 2, -1, -10))
    orders = customer_charts.orders_of(data.lines, "a")
    row = customers.profile(data.lines, DAY.date()).collect().row(0, named=True)
    drawn = customer_charts.timeline(orders, date(2025, 12, 31), row)
    assert "Orders: 3; days since the last: 30, usually between orders: 35" in title(drawn)
    assert len(drawn.data[0].x) == 4


def test_what_is_usual_is_the_median_as_on_the_page_of_churn():
    days = (100, 95, 90, 30)  # gaps of 5, 5 and 60
    data = dataset(*(("a", ago, 1, 10) for ago in days))
    orders = customer_charts.orders_of(data.lines, "a")
    row = customers.profile(data.lines, DAY.date()).collect().row(0, named=True)
    drawn = customer_charts.timeline(orders, date(2025, 12, 31), row)
    assert "usually between orders: 5" in title(drawn)


def test_titles_of_profiles_do_not_rest_on_a_handful_of_customers():
    """Two customers were what set the groups apart most."""
    sizes = {"champions": 40, "dormant": 30, "previously_loyal": 2}
    traits = pl.DataFrame(
        {
            "cluster": list(sizes),
            "feature": "orders",
            "difference": [1.0, -0.5, 3.0],
            "typical": 1.0,
            "typical_of_all": 1.0,
        }
    )
    people = pl.DataFrame(
        {
            "rfm_segment": [group for group, n in sizes.items() for _ in range(n)],
            "orders": [{"champions": 5, "dormant": 1, "previously_loyal": 9}[g]
                       for g, n in sizes.items() for _ in range(n)],
        }
    )  # fmt: skip
    said = profiles.labels(traits, {})
    large = profiles.large(people, "rfm_segment")
    assert "in “Champions”" in title(profiles.profiles(traits, said, large))
    assert "“Champions” and “Dormant”" in title(profiles.parallel(traits, said, large))
    assert "“Champions”" in title(profiles.spread(people, "rfm_segment", "orders", said))
