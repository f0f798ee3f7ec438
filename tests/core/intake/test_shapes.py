"""Files of odd shape: workbooks, blank order cells, tables that hold more than their name says."""

import datetime as dt
import io

import polars as pl
import pytest
import xlsxwriter

from core.errors import IntakeError
from core.intake import excel, profile
from core.intake.addresses import addresses
from core.intake.counts import stock_count
from core.intake.load import Cleaning, Upload, load

HEADER = "Order ID,Date,Customer,SKU,Product,Quantity,Price"
ORDERS = Upload("orders.csv", b"order_id,ordered_at,product_id,quantity\nZ,2026-01-01,Z,1\n")


def csv(*rows, header=HEADER):
    return Upload("orders.csv", "\n".join([header, *rows, ""]).encode())


def workbook(fill):
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        fill(book, book.add_worksheet())
    return Upload("orders.xlsx", out.getvalue())


def merged(_book, sheet):
    """Two orders of two lines, their cells merged; a guest; a total at the end."""
    sheet.write_row(0, 0, [*HEADER.split(","), "Status"])
    for row, (order, day, who, status) in enumerate(
        [("1001", "2024-03-01", "ada", "paid"), ("1002", "2024-03-02", "", "cancelled")]
    ):
        for column, text in ((0, order), (1, day), (2, who), (7, status)):
            sheet.merge_range(1 + 2 * row, column, 2 + 2 * row, column, text)
        sheet.write_row(1 + 2 * row, 3, ["A", "Mug", 1, 5])
        sheet.write_row(2 + 2 * row, 3, ["B", "Tea", 2, 7])
    sheet.write_row(5, 0, ["1003", "2024-03-03", "", "A", "Mug", 1, 5, "paid"])
    sheet.write_row(6, 3, ["B", "Tea", 2, 7])
    sheet.write_row(7, 3, ["Total", "Total", 9, 53])


def test_merged_order_cells_belong_to_all_lines_of_the_order():
    dataset = load([workbook(merged)])
    lines = dataset.lines.collect().select("order_id", "customer_id", "product_id", "revenue")
    assert lines.rows() == [
        ("1001", "ada", "A", 5.0), ("1001", "ada", "B", 14.0), ("1003", None, "A", 5.0),
        ("1003", None, "B", 14.0),
    ]  # fmt: skip
    aside = dataset.reconciliation.set_aside["reason"].to_list()
    assert sorted(aside) == ["cancelled", "cancelled", "undatable"]
    assert dataset.reconciliation.reasons["rows"].sum() == 7


def test_order_cells_but_the_number_may_be_blank_on_later_lines():
    """As Squarespace writes them; the totals are the order's."""
    header = "Order ID,Email,Financial Status,Total,Created at,Lineitem quantity,Lineitem name," \
             "Lineitem price"  # fmt: skip
    rows = ["1,a@x.org,PAID,37.00,2026-03-01 10:00:00,1,Mug,10.00", "1,a@x.org,,,,2,Tea,10.00",
            "2,b@x.org,PENDING,37.00,2026-03-02 10:00:00,1,Mug,10.00", "2,b@x.org,,,,2,Tea,10.00",
            "3,,PAID,15.00,2026-03-03 10:00:00,1,Mug,10.00"]  # fmt: skip
    dataset = load([csv(*rows, header=header)])
    lines = dataset.lines.collect().select("order_id", "customer_id", "product_name", "revenue")
    assert lines.rows() == [
        ("1", "a@x.org", "Mug", 10.0), ("1", "a@x.org", "Tea", 20.0), ("3", None, "Mug", 10.0),
    ]  # fmt: skip
    assert dataset.reconciliation.set_aside["reason"].to_list() == ["unpaid", "unpaid"]


@pytest.mark.parametrize("person", ["Bill-to Name", "Billing name", "Full name", "收货人姓名"])
def test_people_are_no_products(person):
    rows = [f"{i},2024-03-05,Ada Invented {i},{10 + i}.00" for i in range(30)]
    dataset = load([csv(*rows, header=f"Order ID,Date,{person},Total")])
    assert {"product_id", "product_name"}.isdisjoint(dataset.columns)
    assert dataset.facts["orders"] == 30


def test_an_orders_total_on_its_first_line_is_not_that_lines_revenue():
    rows = [
        "1,2024-03-05,a,A,Mug,2,10.00,29.00",
        ",,,B,Tea,1,5.00,",
        "2,2024-03-06,b,B,Tea,1,5.00,9.00",
    ]
    dataset = load([csv(*rows, header=f"{HEADER},Total")])
    assert dataset.lines.select(pl.col("revenue").sum()).collect().item() == 30.0


def test_a_few_rows_without_order_and_date_stay_set_aside():
    rows = [f"{i},2024-03-{1 + i % 28:02d},a,A,Mug,{1 + i},2" for i in range(40)]
    dataset = load([csv(*rows, ",,,A,Mug,1,2")])
    assert dataset.reconciliation.set_aside["reason"].to_list() == ["undatable"]


def test_workbooks_are_read_where_memory_cannot_be_limited(monkeypatch):
    """Windows has no module `resource`."""
    monkeypatch.setattr(
        excel, "READER", "import sys\nsys.modules['resource'] = None" + excel.READER
    )
    assert load([workbook(merged)]).facts["lines"] == 4


def test_order_lines_with_category_and_cost_are_no_product_list():
    header = "invoice no,order date,customer,product_id,category,quantity,unit price,unit_cost"
    rows = [f"{i},2024-03-05,c{i % 3},P{i % 4},Cups,2,5.00,2.00" for i in range(9)]
    dataset = load([csv(*rows, header=header)])
    assert dataset.lines.select(pl.col("revenue").sum()).collect().item() == 90.0
    assert dataset.lines.collect()["unit_cost"].unique().to_list() == [2.0]


def test_orders_are_no_stock_count():
    rows = [f"{i},2024-03-05,a,A{i},Mug,2,5" for i in range(9)]
    shopify = (
        b"Name,Created at,Lineitem name,Lineitem price,Lineitem quantity\n#1,2026-05-14,Mug,5,2\n"
    )
    for upload in (csv(*rows), Upload("orders.csv", shopify)):
        with pytest.raises(IntakeError, match="no stock list"):
            stock_count(upload)


def test_a_stock_count_without_products_is_refused():
    with pytest.raises(IntakeError, match="no stock list"):
        stock_count(Upload("stock.csv", b"qty,cost\n5,1.20\n6,1.30\n"))


def test_addresses_in_capitals_are_those_of_the_customer():
    known = pl.Series(["ada@example.org"])
    found = addresses(Upload("list.csv", b"E-mail,Name\nAda@Example.org,Ada\n"), known)
    assert found.rows() == [("ada@example.org", "Ada@Example.org")]


@pytest.mark.parametrize(
    "text",
    ["columns = ['a']\nread = 3", "columns = ['a']\nread = ['x']", f"columns = [{'9' * 5000}]",
     "columns = ['a']\n[read]\nmapping = 'Bon=order_id'", "columns = ['a']\n[read]\nmissing = [3]"],
)  # fmt: skip
def test_a_profile_of_another_make_is_refused_and_passed_over(text, tmp_path):
    with pytest.raises(IntakeError, match="not a profile"):
        profile.parsed(text, "p.toml")
    (tmp_path / "p.toml").write_text(text)
    assert profile.kept(tmp_path) == {}


@pytest.mark.parametrize("written", ["4", " 4 ", "1_0", "４"])
def test_a_constant_that_is_a_number_fills(written):
    rows = [f"{i},2024-03-05,a,A{i},Mug,1,5" for i in range(9)] + ["x,2024-03-05,a,B,Mug,,5"]
    dataset = load([csv(*rows)], Cleaning(missing=(f"quantity=constant:{written}",)))
    assert dataset.lines.filter(order_id="x").collect()["quantity"].item() == float(written)


META = "Reporting starts,Reporting ends,Campaign name,Amount spent (USD),Impressions,Link clicks\n"
GOOGLE = "Campaign,Campaign state,Clicks,Impr.,Cost\n"


def campaigns(text):
    table = load([ORDERS, Upload("ads.csv", text.encode())]).tables["campaigns"]
    return table.select("campaign", "cost").rows()


def test_analytics_items_without_a_quantity_are_one():
    header = "event_date,event_timestamp,event_name,user_pseudo_id,ecommerce,items"
    items = (
        '"[{""item_id"":""MUG"",""price"":10},{""item_id"":""TEA"",""price"":4,""quantity"":2}]"'
    )
    order = '"{""transaction_id"":""T1""}"'
    row = f"20260301,1772395200000000,purchase,ps.1,{order},{items}"
    lines = load([csv(row, header=header)]).lines.collect()
    assert lines.select("product_id", "quantity", "revenue").rows() == [
        ("MUG", 1.0, 10.0), ("TEA", 2.0, 8.0),
    ]  # fmt: skip


def test_meta_summary_rows_are_no_campaign():
    rows = "2026-08-01,2026-08-31,,30,9,3\n2026-08-01,2026-08-31,Mugs,10,4,1\n" \
           "2026-08-01,2026-08-31,Tea,20,5,2\n"  # fmt: skip
    assert campaigns(META + rows) == [("Mugs", 10.0), ("Tea", 20.0)]


def test_google_campaigns_may_begin_with_total():
    rows = "Total body tea,Enabled,1,9,10\nMugs,Enabled,1,9,20\n --,Total: Campaigns,2,18,30\n" \
           "Total: All campaigns,,2,18,30\nGesamt: Konto,,2,18,30\n"  # fmt: skip
    assert campaigns(GOOGLE + rows) == [("Total body tea", 10.0), ("Mugs", 20.0)]


def test_dates_of_a_workbook_are_dates():
    def fill(book, sheet):
        day = book.add_format({"num_format": "m/d/yy"})
        sheet.write_row(0, 0, HEADER.split(","))
        for row in range(1, 4):
            sheet.write_row(row, 0, [1000 + row, None, "a", "A", "Mug", 2, -3 if row > 2 else 4.5])
            sheet.write_datetime(row, 1, dt.datetime(2024, 3, row, 14, 30), day)

    lines = load([workbook(fill)]).lines.collect()
    assert [at.isoformat() for at in lines["ordered_at"]] == [
        f"2024-03-0{day}T14:30:00" for day in (1, 2, 3)
    ]
    assert lines["revenue"].to_list() == [9.0, 9.0, -6.0]
    assert lines["order_id"].to_list() == ["1001", "1002", "1003"]


@pytest.mark.parametrize("digits", ["30000000000{:04d}000", "1834567890{:05d}0000"])
def test_long_ids_that_all_end_in_zeros_were_rounded(digits):
    rows = [f"{digits.format(i)},2024-03-05,a,A{i},Mug,1,2" for i in range(20)]
    with pytest.raises(IntakeError, match="rounded"):
        load([csv(*rows)])


@pytest.mark.parametrize(
    "digits", ["2024030512{:04d}0000", "30000000000{:07d}", "3000000000{:04d}000", "9{:03d}000"]
)
def test_ids_that_only_look_rounded_are_read(digits):
    rows = [f"{digits.format(i)},2024-03-05,a,A{i},Mug,1,2" for i in range(20)]
    assert load([csv(*rows)]).facts["orders"] == 20


def test_a_tab_separated_file_may_quote_every_cell():
    rows = [HEADER, *(f"{i},2024-03-05,a,A{i},Mug,1,2" for i in range(9))]
    text = "\n".join("\t".join(f'"{cell}"' for cell in row.split(",")) for row in rows)
    assert load([Upload("o.csv", text.encode())]).facts["lines"] == 9


def test_the_answer_on_date_order_is_taken_for_campaigns_too():
    ads = "Reporting starts,Reporting ends,Campaign name,Amount spent (USD),Impressions\n"
    ads += "04/08/2026,04/08/2026,Mugs,10,4\n05/08/2026,05/08/2026,Mugs,10,4\n"
    files = [ORDERS, Upload("ads.csv", ads.encode())]
    days = load(files, Cleaning(date_order="dmy")).tables["campaigns"]["day"]
    assert [day.isoformat() for day in days] == ["2026-08-04", "2026-08-05"]
