"""Every layout of the list: recognised, mapped to the exact canonical rows, reconciled."""

import importlib.util
import json
from pathlib import Path

import polars as pl
import pytest

from core.errors import IntakeError
from core.intake.load import Upload, inspect, load

_spec = importlib.util.spec_from_file_location("layouts", Path(__file__).with_name("layouts.py"))
layouts = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(layouts)
CASES, LAYOUTS = layouts.CASES, layouts.LAYOUTS

SHARED = Path(__file__).parents[4] / "shared" / "formats" / "export_headers.json"
ORDERS = Upload("orders.csv", b"order_id,ordered_at,product_id,quantity\nZ,2026-01-01,Z,1\n")


def upload(layout):
    return Upload(f"{layout}.csv", layouts.write(layout, CASES[layout]))


def lines(dataset):
    """(order, when, customer, product, quantity, revenue) of every line, in order."""
    frame = dataset.lines.collect()
    columns = ["order_id", "ordered_at", "customer_id", "product_id", "quantity", "revenue"]
    made = [c if c in frame.columns else pl.lit(None).alias(c) for c in columns]
    rows = frame.select(made).with_columns(pl.col("ordered_at").dt.strftime("%Y-%m-%d %H:%M"))
    return sorted(rows.rows(), key=str)


def test_all_49_layouts_are_here():
    assert set(CASES) == set(LAYOUTS)
    assert len(CASES) == 49


def test_the_columns_are_those_of_the_list():
    if not SHARED.exists():
        pytest.skip("the list is not beside this checkout")
    listed = json.loads(SHARED.read_text("utf-8"))["formats"]
    made_up = {"ga4_ui_csv"}
    assert {f["id"]: f["columns"] for f in listed if f["id"] not in made_up} == {
        name: layout["columns"] for name, layout in LAYOUTS.items() if name not in made_up
    }


@pytest.mark.parametrize("layout", CASES)
def test_recognised(layout):
    case = CASES[layout]
    (seen,) = inspect([upload(layout)])
    assert seen.file.format == case.format
    assert seen.file.confidence >= 0.9
    assert seen.file.encoding in (case.encoding, "utf-8", "cp1252")


@pytest.mark.parametrize("layout", CASES)
def test_recognised_when_headers_are_shuffled_shouted_and_fewer(layout):
    """Reordered, upper case, trailing blanks, full width brackets, one column more."""
    case, columns = CASES[layout], LAYOUTS[layout]["columns"]
    used = {name for row in case.rows for name in row} | set(columns[:2])
    fewer = sorted(name for name in columns if name in used)
    shouted = [f" {n.upper().replace('(', '（').replace(')', '）')} " for n in [*fewer, "My own"]]
    delimiter = LAYOUTS[layout]["delimiter"]
    quoted = delimiter.join(f'"{name}"' for name in shouted)
    row = delimiter.join("x" for _ in shouted)
    (seen,) = inspect([Upload("f.csv", f"{quoted}\n{row}\n".encode())])
    assert seen.file.format == case.format


@pytest.mark.parametrize("layout", [name for name, case in CASES.items() if case.lines])
def test_exact_lines_and_reconciled(layout):
    case = CASES[layout]
    dataset = load([upload(layout), *map(upload, case.with_files)])
    assert lines(dataset) == sorted(case.lines, key=str)
    books = dataset.reconciliation
    assert sorted(books.set_aside["reason"].to_list()) == sorted(case.aside)
    read = sum(file.rows_read for file in books.files if file.table == "lines")
    assert read == len(case.lines) + len(case.aside) == books.reasons["rows"].sum()
    revenue = sum(line[-1] or 0 for line in case.lines)
    kept = books.reasons.filter(reason="kept")
    assert kept["money"].sum() == pytest.approx(revenue, abs=0.005)


@pytest.mark.parametrize("layout", [name for name, case in CASES.items() if case.frame])
def test_exact_table(layout):
    case = CASES[layout]
    dataset = load([ORDERS, upload(layout), *map(upload, case.with_files)])
    frame = dataset.tables[case.table]
    if "day" in frame.columns:
        frame = frame.with_columns(pl.col("day").cast(pl.String))
    assert frame.to_dicts() == case.frame


@pytest.mark.parametrize("layout", [name for name, case in CASES.items() if case.says])
def test_what_it_cannot_carry_is_said(layout):
    with pytest.raises(IntakeError, match=CASES[layout].says):
        load([upload(layout), *map(upload, CASES[layout].with_files)])


def test_olists_seven_files_are_one_shop():
    names = [name for name in CASES if name.startswith("olist")]
    dataset = load([upload(name) for name in names])
    assert lines(dataset) == CASES["olist_order_items"].lines
    assert dataset.lines.collect()["category"].unique().to_list() == ["perfumery"]
    assert dataset.tables["products"]["category"].to_list() == ["perfumery"]
    assert dataset.tables["reviews"].select("product_id", "rating").rows() == [("p1", 5.0)]


def test_shopify_products_bring_cost_and_category_to_the_orders():
    dataset = load([upload("shopify_orders"), upload("shopify_products")])
    assert "stock" in dataset.tables
    products = b"product_id,category,unit_cost\nMUG,Cups,4.2\n"
    dataset = load([upload("shopify_orders"), Upload("products.csv", products)])
    mug = dataset.lines.filter(product_id="MUG").collect()
    assert mug.select("category", "unit_cost").rows() == [("Cups", 4.2)]


def test_etsy_orders_bring_refunds_to_the_items():
    orders = layouts.Case(
        [{"Sale Date": "9/3/2026", "Order ID": "3001", "Buyer User ID": "ada_makes",
          "Number of Items": "3", "Order Value": "39", "Order Total": "39.00",
          "Adjusted Order Total": "29.00"}], "etsy_orders",
    )  # fmt: skip
    files = [upload("etsy_order_items"), Upload("o.csv", layouts.write("etsy_orders", orders))]
    dataset = load(files)
    assert dataset.lines.select(pl.col("revenue").sum()).collect().item() == pytest.approx(29.0)


@pytest.mark.parametrize("layout", ["shopify_payouts", "olist_order_payments", "shopify_customers"])
def test_without_orders_the_shop_is_asked_for_them(layout):
    with pytest.raises(IntakeError, match="No order lines were found"):
        load([upload(layout)])


def test_every_layout_has_its_own_name_and_a_field_that_exists():
    from core.intake.fields import NAMES
    from core.intake.sources import SOURCES
    from core.schema import ORDER_LINES, TABLES

    names = [source.name for source in SOURCES]
    assert len(names) == len(set(names))
    fields = {*ORDER_LINES, *NAMES, "refund", "order_customer_id", "category_name"}
    fields |= {column for table in TABLES.values() for column in table}
    assert {field for source in SOURCES for field in source.columns} <= fields
