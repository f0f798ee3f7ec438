"""A stock count by itself: known layouts, unknown ones by the names of their columns, bad ones."""

import polars as pl
import pytest

from core.dataset import Dataset
from core.errors import IntakeError
from core.intake.counts import stock_count
from core.intake.load import Upload, load


def read(tmp_path, text):
    path = tmp_path / "stock.csv"
    path.write_text(text, encoding="utf-8")
    return stock_count(Upload("stock.csv", path))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("product_id,on_hand\nA1,5\nA1,7\nB2,\n", [("A1", 12.0), ("B2", None)]),
        ("SKU;Name;Qty in stock;Cost\nA1;Cup;5;1,20\nB2;Pot;0;2,50\n", [("A1", 5.0), ("B2", 0.0)]),
        ("商品编码,商品名称,库存,供应商\nA1,杯子,5,甲\n", [("A1", 5.0)]),
        ("Item,Counted\nBlue cup,3\n", [("Blue cup", 3.0)]),
    ],
)
def test_counts_are_found_by_layout_or_by_name(tmp_path, text, expected):
    found = read(tmp_path, text).sort("product_id")
    assert found.select("product_id", "on_hand").rows() == expected


def test_costs_and_suppliers_come_along(tmp_path):
    found = read(
        tmp_path, "SKU;Qty in stock;Cost;Vendor;Lead time;MOQ;MOV\nA1;5;1,20;Acme;21;6;250\n"
    )
    assert found.row(0, named=True) == {
        "product_id": "A1",
        "on_hand": 5.0,
        "lead_time_days": 21.0,
        "unit_cost": 1.2,
        "supplier": "Acme",
        "minimum_order": 6.0,
        "supplier_minimum": 250.0,
    }


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "sku,name\nA1,Cup\n", ""])
def test_what_is_no_stock_list_says_so(tmp_path, text):
    with pytest.raises(IntakeError):
        read(tmp_path, text)


def test_a_new_count_is_laid_over_the_old_one():
    old = pl.DataFrame(
        {"product_id": ["A", "B"], "on_hand": [1.0, 2.0], "supplier": ["x", "y"], "unit_cost": 3.0}
    )
    dataset = Dataset("d", "f", pl.LazyFrame({"product_id": ["A"]}), {"stock": old})
    new = pl.DataFrame({"product_id": ["B", "C"], "on_hand": [9.0, 4.0], "supplier": [None, "z"]})
    counted = dataset.with_stock(new)
    assert counted.tables["stock"].select("product_id", "on_hand", "supplier").rows() == [
        ("A", 1.0, "x"),
        ("B", 9.0, "y"),
        ("C", 4.0, "z"),
    ]
    assert counted.tables["stock"]["unit_cost"].to_list() == [3.0, 3.0, None]
    assert counted.fingerprint != dataset.fingerprint
    assert dataset.with_stock(new).fingerprint == counted.fingerprint


ORDERS = b"order,date,sku,qty,price\n1,2024-01-05,A1,1,5\n2,2024-01-06,B2,2,6\n"


@pytest.mark.parametrize(
    "text",
    ["SKU,Product,On hand,On order\nA1,Cup,5,0\nB2,Pot,7,0\n", "商品编码,库存\nA1,5\nB2,7\n"],
)
def test_a_stock_list_of_ones_own_goes_beside_the_orders(text):
    files = [Upload("orders.csv", ORDERS), Upload("stock.csv", text.encode())]
    dataset = load(files)
    assert dataset.facts["lines"] == 2
    assert dataset.tables["stock"].select("product_id", "on_hand").rows() == [("A1", 5), ("B2", 7)]


@pytest.mark.parametrize(
    "text", ["SKU,Product,Quantity,Revenue\nA1,Cup,5,25\n", "SKU,Order,Stock\nA1,9,5\n"]
)
def test_what_may_be_units_sold_is_no_stock_list(text):
    with pytest.raises(IntakeError):
        load([Upload("orders.csv", ORDERS), Upload("list.csv", text.encode())])
