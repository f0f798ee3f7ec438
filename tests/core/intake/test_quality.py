"""The report names the rows that were made wrong, and no others."""

import pytest

from core.intake import quality
from core.intake.load import Upload, load

HEADER = "Order ID,Date,Customer,SKU,Quantity,Price\n"


def dataset(*extra, months=(1, 2, 3, 4)):
    rows = [
        f"{m}{i},2024-{m:02d}-{1 + i:02d},c{i % 7},SKU{i % 5},{1 + i % 3},{2.5 + i % 5}"
        for m in months
        for i in range(25)
    ]
    return load([Upload("orders.csv", (HEADER + "\n".join([*rows, *extra, ""])).encode())])


def test_clean_data_has_nothing_to_report():
    found = quality.run(dataset(), quality.Config())
    assert found.rows.is_empty()
    assert [str(finding) for finding in found.explain()] == [
        "No price, quantity or month looks out of place."
    ]


@pytest.mark.parametrize(
    ("row", "issue", "found", "usual_value"),
    [
        ("x,2024-04-30,a,SKU0,1,250", "price_jump", "250.0", "2.5"),
        ("x,2024-04-30,a,SKU0,1,0.025", "price_jump", "0.025", "2.5"),
        ("x,2024-04-30,a,SKU0,50000,2.5", "odd_quantity", "50000.0", "2.0"),
    ],
)
def test_a_planted_row_is_found(row, issue, found, usual_value):
    rows = quality.run(dataset(row), quality.Config()).rows
    assert rows.select("issue", "source_row", "found", "usual_value").rows() == [
        (issue, 102, found, usual_value)
    ]


@pytest.mark.parametrize("factor", [100, 0.01])
def test_a_lasting_price_change_is_one_finding(factor):
    later = [f"y{i},2024-05-{1 + i:02d},c,SKU0,1,{2.5 * factor}" for i in range(25)]
    found = quality.run(dataset(*later), quality.Config())
    assert "price_jump" not in found.rows["issue"]
    change = found.price_changes.drop("changed_at", "source_file").rows()
    assert change == [("SKU0", 2.5, 2.5 * factor, 25, 102)]
    (said,) = found.explain()
    assert "since 2024-05-01, in 25 lines" in str(said)


def test_few_prices_at_the_end_stay_jumps():
    few = [f"y{i},2024-05-{1 + i:02d},c,SKU0,1,250" for i in range(4)]
    found = quality.run(dataset(*few), quality.Config())
    assert found.rows["source_row"].to_list() == [102, 103, 104, 105]
    assert found.price_changes.is_empty()


def test_a_month_without_orders_is_found():
    rows = quality.run(dataset(months=(1, 2, 4)), quality.Config()).rows
    assert rows.select("issue", "found").rows() == [("empty_month", "2024-03")]


def test_columns_are_described():
    columns = quality.run(dataset("x,2024-04-30,,SKU9,1,2.5"), quality.Config()).columns
    customers = columns.filter(column="customer_id").to_dicts()[0]
    assert customers["missing"] == 1
    assert customers["distinct"] == 7
    assert customers["type"] == "text_type"
    assert columns.filter(column="unit_price")["greatest"].item() == "6.5"


@pytest.mark.parametrize("odd", ["1984-01-01", "2052-04-30"])
def test_a_mistyped_year_is_named_and_the_years_between_are_no_gap(odd):
    found = quality.run(dataset(f"x,{odd},a,SKU0,1,2.5"), quality.Config())
    rows = found.rows.select("issue", "source_row", "found").rows()
    assert rows == [("odd_date", 102, odd)]


def test_a_shops_own_earlier_years_are_no_mistyped_dates():
    early = [f"e{i},2015-01-{1 + i:02d},c,SKU0,1,2.5" for i in range(20)]
    issues = quality.run(dataset(*early), quality.Config()).rows["issue"].unique().to_list()
    assert issues == ["empty_month"]
