"""Whole files in, whole datasets out: nothing lost, nothing invented."""

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from core.errors import IntakeError
from core.intake import reasons
from core.intake.load import Cleaning, Upload, inspect, load

UCI = Path(__file__).parents[4] / "shared" / "data" / "online_retail.csv.gz"
HEADER = "Order ID,Date,Customer,SKU,Product,Quantity,Price"


def csv(*rows, header=HEADER, name="orders.csv"):
    return Upload(name, "\n".join([header, *rows, ""]).encode())


def sample(count=60):
    return [
        f"{1000 + i // 2},2024-03-{1 + i % 28:02d},c{i % 7}@x.org,SKU{i % 5},Thing {i % 5},"
        f"{1 + i % 3},{2.5 + i % 4}"
        for i in range(count)
    ]


def reconciles(dataset):
    books = dataset.reconciliation
    read = {file.name: file.rows_read for file in books.files if file.table == "lines"}
    counted = dict(books.reasons.group_by("file").agg(pl.col("rows").sum()).iter_rows())
    assert counted == read
    kept = books.reasons.filter(reason=reasons.KEPT)
    assert kept["rows"].sum() == dataset.facts["lines"]
    if "revenue" in dataset.columns:
        revenue = dataset.lines.select(pl.col("revenue").sum()).collect().item()
        assert kept["money"].sum() == pytest.approx(revenue, abs=0.005)
    aside = books.reasons.filter(pl.col("reason") != reasons.KEPT)
    assert aside["rows"].sum() == books.set_aside.height
    assert aside["money"].sum() == pytest.approx(books.set_aside["money"].sum(), abs=0.005)


@pytest.fixture(scope="module")
def uci():
    if not UCI.exists():
        pytest.skip("the UCI file is not beside this checkout")
    return load([Upload(UCI.name, UCI)])


class TestUciOnlineRetail:
    """Counts of the file's own description; money to the cent."""

    def test_every_row_is_accounted_for(self, uci):
        reconciles(uci)
        assert uci.reconciliation.reasons["rows"].sum() == 541_909

    def test_money_of_all_lines_is_kept_plus_set_aside(self, uci):
        assert uci.reconciliation.reasons["money"].sum() == pytest.approx(9_747_747.93, abs=0.005)

    def test_cancellation_lines(self, uci):
        assert uci.reconciliation.reasons["returns"].sum() == 9_288

    def test_exact_repeats(self, uci):
        repeats = uci.reconciliation.reasons.filter(reason="repeat")
        assert repeats["rows"].item() == 5_268

    def test_customers_before_anything_is_set_aside(self, uci):
        assert uci.reconciliation.before["customers"] == 4_372

    def test_ids_are_text_without_the_float_tail(self, uci):
        ids = uci.lines.select("customer_id").collect().to_series().drop_nulls()
        assert ids.str.contains(r"^\d{5}$").all()

    def test_service_codes_are_set_aside_and_products_are_not(self, uci):
        kept = set(uci.lines.select("product_id").unique().collect().to_series())
        assert not kept & {"POST", "DOT", "M", "m", "D", "S", "BANK CHARGES", "AMAZONFEE", "B"}
        assert {"85123A", "DCGSSGIRL", "PADS"} <= kept

    def test_keeping_repeats_moves_them_and_nothing_else(self, uci):
        kept = load([Upload(UCI.name, UCI)], Cleaning(keep_repeats=True))
        books = kept.reconciliation
        assert "repeat" not in books.reasons["reason"].to_list()
        assert books.reasons["money"].sum() == pytest.approx(9_747_747.93, abs=0.005)
        noted = books.kept_with_note.filter(note="repeats_kept")["rows"].item()
        assert noted > 5_000
        assert kept.fingerprint != uci.fingerprint


def test_a_shuffled_file_gives_the_same_lines():
    rows = sample()
    shuffled = pl.Series(rows).sample(fraction=1, shuffle=True, seed=3).to_list()
    one, other = load([csv(*rows)]), load([csv(*shuffled)])
    assert_frame_equal(
        one.lines.collect().drop("source_row"), other.lines.collect().drop("source_row")
    )


def test_a_folder_holds_the_lines_as_parquet(tmp_path):
    kept, there = load([csv(*sample())]), load([csv(*sample())], folder=tmp_path)
    assert [path.suffix for path in tmp_path.iterdir()] == [".parquet"]
    assert_frame_equal(kept.lines.collect(), there.lines.collect())
    assert kept.fingerprint == there.fingerprint


def test_source_rows_count_the_header():
    first = load([csv(*sample())]).lines.collect().filter(source_row=2)
    assert first.select("order_id", "product_id", "quantity").row(0) == ("1000", "SKU0", 1.0)


def test_columns_that_carry_nothing_are_absent():
    rows = ["1,2024-03-05,,A,,2,3", "2,2024-03-06,,B,,1,4"]
    assert {"customer_id", "product_name", "category"}.isdisjoint(load([csv(*rows)]).columns)


def test_the_most_frequent_spelling_names_the_product():
    rows = [
        f"{i},2024-03-05,a,A,{name},1,3" for i, name in enumerate(["Mug", "mug ", "Mug", "MUG"])
    ]
    names = load([csv(*rows)]).lines.collect()["product_name"]
    assert names.unique().to_list() == ["Mug"]


def test_a_line_without_a_name_takes_that_of_its_product():
    rows = ["1,2024-03-05,a,A,Mug,1,3", "2,2024-03-06,a,A,,1,3"]
    names = load([csv(*rows)]).lines.collect()["product_name"]
    assert names.to_list() == ["Mug", "Mug"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("2,yesterday,a,B,Mug,1,3", "undatable"),
        ("2,1970-01-01,a,B,Mug,1,3", "undatable"),
        ("2,2205-03-01,a,B,Mug,1,3", "undatable"),
        ("2,2024-03-06,a,,,1,3", "no_product"),
        ("2,2024-03-06,a,P,Postage,1,3", "service"),
        ("2,2024-03-06,a,P,运费,1,3", "service"),
        ("2,2024-03-06,a,B,Mug,0,3", "no_quantity"),
        ("2,2024-03-06,a,B,Mug,1,0", "no_price"),
        ("2,2024-03-06,a,B,Mug,-1,0", "stock_write_off"),
        ("1000,2024-03-01,c0@x.org,SKU0,Thing 0,1,2.5", "repeat"),
        ("Total,,,,,60,300", "not_a_line"),
    ],
)
def test_each_reason_is_told_apart(row, reason):
    dataset = load([csv(*sample(), row)])
    reconciles(dataset)
    aside = dataset.reconciliation.set_aside
    assert aside.select("row", "reason").rows() == [(62, reason)]
    assert aside["Order ID"].item() == row.split(",")[0]


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("cancelled", "cancelled"), ("Canceled", "cancelled"), ("voided", "cancelled"),
        ("交易关闭", "cancelled"), ("pending", "unpaid"), ("wc-on-hold", "unpaid"),
        ("等待买家付款", "unpaid"), ("refunded", "refunded"), ("paid", None), ("交易成功", None),
        ("partially_refunded", None), ("completed", None),
    ],
)  # fmt: skip
def test_status_says_what_counts_as_a_sale(status, reason):
    rows = [f"{row},paid" for row in sample()] + [f"9,2024-03-05,a,B,Mug,1,3,{status}"]
    dataset = load([csv(*rows, header=f"{HEADER},Status")])
    found = dataset.reconciliation.set_aside["reason"].to_list()
    assert found == ([reason] if reason else [])


def test_unpaid_orders_can_be_counted_in():
    rows = [f"{row},paid" for row in sample()] + ["9,2024-03-05,a,B,Mug,1,3,pending"]
    given_ = csv(*rows, header=f"{HEADER},Status")
    dataset = load([given_], Cleaning(include_unpaid=True))
    assert dataset.facts["lines"] == 61
    assert dataset.reconciliation.kept_with_note.row(0)[1:] == ("unpaid_kept", 1, 3.0)


def test_one_currency_is_analysed_at_a_time():
    rows = [f"{row},EUR" for row in sample()] + ["9,2024-03-05,a,B,Mug,1,3,USD"]
    dataset = load([csv(*rows, header=f"{HEADER},Currency")])
    assert dataset.currency == "EUR"
    assert dataset.reconciliation.set_aside["reason"].to_list() == ["other_currency"]
    other = load([csv(*rows, header=f"{HEADER},Currency")], Cleaning(currency="usd"))
    assert (other.currency, other.facts["lines"]) == ("USD", 1)


def test_personal_data_is_neither_kept_nor_shown():
    header = f"{HEADER},Shipping Name,Shipping Phone,Shipping Street"
    rows = [f"{row},Ada Invented,+44 1,1 Some Street" for row in [*sample(), "9,?,a,B,Mug,1,3"]]
    dataset = load([csv(*rows, header=header)])
    text = dataset.lines.collect().write_csv() + dataset.reconciliation.set_aside.write_csv()
    assert "Ada" not in text
    assert "Street" not in dataset.columns
    assert "1 Some" not in text


def test_a_mapping_by_hand_overrules():
    header = HEADER.replace("Customer", "Foo")
    dataset = load([csv(*sample(), header=header)], Cleaning(mapping=("Foo=customer_id",)))
    assert dataset.facts["customers"] == 7
    without = load([csv(*sample())], Cleaning(mapping=("=customer_id",)))
    assert "customer_id" not in without.columns


def test_a_mapping_to_no_field_is_refused():
    with pytest.raises(IntakeError, match="no mapping"):
        load([csv(*sample())], Cleaning(mapping=("Foo=colour",)))


def test_inspection_shows_columns_examples_and_alternatives():
    (seen,) = inspect([csv(*sample())])
    chosen = {choice.field: choice for choice in seen.fields}
    assert seen.file.delimiter == ","
    assert seen.file.rows_read == 60
    assert seen.sample.columns == HEADER.split(",")
    assert chosen["unit_price"].column == "Price"
    assert chosen["unit_price"].examples == ("2.5", "3.5", "4.5")
    assert chosen["unit_price"].confidence > 0.9
    assert "Quantity" in chosen["unit_price"].alternatives
    assert chosen["coupon"].column is None


cell = st.sampled_from(
    ["", "0", "1", "-2", "2.50", "1,5", "2024-03-05", "x", "Total", "C1", "paid"]
)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(*[cell] * 7), min_size=1, max_size=30))
def test_rows_and_money_always_add_up(rows):
    extra = [",".join(f'"{value}"' if "," in value else value for value in row) for row in rows]
    reconciles(load([csv(*sample(60), *extra)]))
