"""Money as shops write it: each shape by itself, and what a whole file makes of it."""

import polars as pl
import pytest

from core.intake import money
from core.intake.load import Upload, load

HEADER = "Order ID,Date,Customer,SKU,Product,Quantity,Price"


def csv(*rows, header=HEADER):
    return Upload("orders.csv", "\n".join([header, *rows, ""]).encode())


def prices(*written):
    rows = [f'{i},2024-03-{5 + i:02d},a,A{i},Mug,1,"{text}"' for i, text in enumerate(written)]
    lines = load([csv(*rows)]).lines.collect()
    return lines.sort("order_id").select("quantity", "unit_price", "revenue").rows()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12,-", 12.0), ("12.-", 12.0), ("12.00-", -12.0), ("12.00- EUR", -12.0),
        ("$(12.00)", -12.0), ("$ (1,200.00)", -1200.0), ("（50.00）", -50.0), ("－5", -5.0),
        ("１２．５０", 12.5), ("￥１，２３４．５０", 1234.5), ("1.2万", 12_000.0), ("3亿元", 3e8),
        ("$.50", 0.5), ("Rs.500", 500.0), ("Rp 1.250.000", 1_250_000.0), ("12.00 (2 pcs)", 12.0),
        ("5-pack", 5.0), ("10%", None), ("１０％", None), ("", None),
    ],
)  # fmt: skip
def test_a_value_by_itself(text, value):
    found = pl.DataFrame({"x": [text]}).select(money.parse(pl.col("x"), None)).item()
    assert found == value


def test_swiss_and_german_whole_prices_are_sales():
    assert prices("12.-", "1.250,-", "7,-") == [
        (1.0, 12.0, 12.0), (1.0, 1250.0, 1250.0), (1.0, 7.0, 7.0),
    ]  # fmt: skip


def test_an_accounting_format_gives_money_back():
    assert prices("$20.00", "$(12.00)") == [(1.0, 20.0, 20.0), (-1.0, 12.0, -12.0)]


def test_points_group_thousands_where_one_value_has_two():
    assert prices("Rp85.000", "Rp1.250.000") == [
        (1.0, 85_000.0, 85_000.0), (1.0, 1_250_000.0, 1_250_000.0),
    ]  # fmt: skip


def test_cents_without_a_zero_before_them_stay_cents():
    assert prices(".50", "1,234.50") == [(1.0, 0.5, 0.5), (1.0, 1234.5, 1234.5)]


@pytest.mark.parametrize(
    ("header", "written"), [("Discount", "10%"), ("Discount", "10 %"), ("Discount (%)", "10")]
)
def test_a_discount_in_percent_is_no_money(header, written):
    rows = [f"{i},2024-03-05,a,A{i},Mug,1,5.00,{written}" for i in range(9)]
    lines = load([csv(*rows, header=f"{HEADER},{header}")]).lines.collect()
    assert lines.select("quantity", "revenue").unique().rows() == [(1.0, 5.0)]


@pytest.mark.parametrize(
    ("header", "row"),
    [
        (f"{HEADER},Total", "9,2024-03-09,a,A,Mug,-1,5.00,5.00"),
        (f"{HEADER},Total", "9,2024-03-09,a,A,Mug,-1,-5.00,-5.00"),
        (HEADER, "9,2024-03-09,a,A,Mug,-1,-5.00"),
        (HEADER, "9,2024-03-09,a,A,Mug,1,-5.00"),
        (HEADER, "9,2024-03-09,a,A,Mug,-1,5.00"),
    ],
)
def test_a_return_is_negative_however_the_till_signs_it(header, row):
    sold = [f"{i},2024-03-05,a,A,Mug,1,5.00{',5.00' * header.count('Total')}" for i in range(8)]
    lines = load([csv(*sold, row, header=header)]).lines.filter(order_id="9").collect()
    assert lines.select("quantity", "revenue").rows() == [(-1.0, -5.0)]


ORDERS = [
    "1,2024-03-05,a,A,Mug,2,10.00,{0}", "1,2024-03-05,a,B,Tea,1,5.00,{1}",
    "2,2024-03-06,b,A,Mug,1,10.00,{2}", "3,2024-03-07,c,A,Mug,1,10.00,{3}",
    "3,2024-03-07,c,C,Pot,1,30.00,{4}",
]  # fmt: skip


@pytest.mark.parametrize("header", ["Order Total", "Total", "Amount"])
@pytest.mark.parametrize(
    "totals", [("29", "29", "14", "44", "44"), ("29", "", "14", "44", "")]
)  # fmt: skip
def test_an_orders_total_is_not_counted_once_per_line(header, totals):
    """With postage in it: on every line, or on the first one only."""
    rows = [row.format(*totals) for row in ORDERS]
    dataset = load([csv(*rows, header=f"{HEADER},{header}")])
    assert dataset.lines.select(pl.col("revenue").sum()).collect().item() == 75.0
    assert "revenue" not in dataset.reconciliation.files[0].mapping


@pytest.mark.parametrize("totals", [("20", "5", "10", "10", "30"), ("18", "5", "9", "9", "27")])
def test_a_lines_total_is_its_revenue(totals):
    rows = [row.format(*totals) for row in ORDERS]
    dataset = load([csv(*rows, header=f"{HEADER},Total")])
    revenue = dataset.lines.select(pl.col("revenue").sum()).collect().item()
    assert revenue == sum(map(float, totals))
    assert dataset.reconciliation.files[0].mapping["revenue"] == "Total"
