"""What no order can be read from is refused in one sentence, in bounded time and memory."""

import gzip
import io
import time
import tracemalloc
import zipfile

import pytest

from core.errors import AmbiguousDatesError, IntakeError
from core.intake.load import Cleaning, Upload, load

HEADER = "Order ID,Date,Customer,SKU,Product,Quantity,Price\n"
ROWS = "".join(
    f"{1000 + i},2024-03-{1 + i % 28:02d},c{i % 7}@x.org,SKU{i % 5},Thing {i % 5},1,{2.5 + i % 4}\n"
    for i in range(60)
)
GOOD = (HEADER + ROWS).encode()
UNCLEAR = "Order ID,Date,Customer,SKU,Quantity,Price\n" + "".join(
    f"{i},0{1 + i % 9}/0{1 + i % 7}/2024,c{i},S,1,2\n" for i in range(1, 30)
)


def zipped(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def bomb(gigabytes):
    out = io.BytesIO()
    with (
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("orders.csv", "w", force_zip64=True) as member,
    ):
        block = b"0" * (1 << 22)
        for _ in range(int(gigabytes * 256)):
            member.write(block)
    return out.getvalue()


REFUSED = {
    "empty": (b"", "is empty"),
    "blank": (b" \r\n\r\n", "is empty"),
    "header only": (HEADER.encode(), "no rows"),
    "image": (b"\x89PNG\r\n\x1a\n" + bytes(800), "PNG image"),
    "web page": (b"<!DOCTYPE html><html><body>orders</body></html>", "web page"),
    "json": (b'[{"order": 1}]', "JSON"),
    "binary": (bytes(range(256)) * 40, "binary file"),
    "no dates": (b"Order ID,SKU,Quantity\n1,A,2\n2,B,3\n", "no column of order dates"),
    "no ids": (b"Date,SKU,Quantity\n2024-01-01,A,2\n2024-01-02,B,3\n", "neither order numbers"),
    "no date in the date column": (
        b"Order ID,Date,SKU\n1,soon,A\n2,later,B\n",
        "no column of order dates",
    ),
    "scientific ids": (GOOD.replace(b"1030,", b"5.8E+17,"), "row 32, column Order ID: 5.8E\\+17"),
    "cut gzip": (gzip.compress(GOOD * 50)[:400], "damaged or was cut off"),
    "gzip bomb": (gzip.compress(bytes(200_000_000)), "unpacks to more than"),
    "nested gzip": (gzip.compress(gzip.compress(gzip.compress(GOOD))), "several times"),
    "zip of nothing": (b"PK\x05\x06" + bytes(18), "is empty"),
    "broken zip": (zipped({"a.csv": GOOD})[:200], "damaged or was cut off"),
    "broken parquet": (b"PAR1" + bytes(100), "damaged or was cut off"),
    "5,000 columns": ((",".join(f"c{i}" for i in range(5000)) + "\n1\n").encode(), "5,000 columns"),
}


@pytest.mark.parametrize(("content", "words"), REFUSED.values(), ids=REFUSED)
def test_refused_in_one_sentence(content, words):
    with pytest.raises(IntakeError, match=words) as refusal:
        load([Upload("orders.csv", content)])
    sentence = str(refusal.value)
    assert "orders.csv" in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence


def test_day_and_month_are_asked_for():
    with pytest.raises(AmbiguousDatesError, match="row 8, column Date: 08/01/2024"):
        load([Upload("orders.csv", UNCLEAR.encode())])


@pytest.mark.parametrize(("order", "month", "day"), [("dmy", 1, 8), ("mdy", 8, 1)])
def test_and_the_answer_is_taken(order, month, day):
    dataset = load([Upload("orders.csv", UNCLEAR.encode())], Cleaning(date_order=order))
    at = dataset.lines.collect().filter(order_id="7")["ordered_at"].item()
    assert (at.year, at.month, at.day) == (2024, month, day)
    assert dataset.facts["lines"] == 29


def test_a_zip_bomb_costs_neither_time_nor_memory():
    content = bomb(1)
    tracemalloc.start()
    started = time.process_time()
    with pytest.raises(IntakeError, match="unpacks to more than"):
        load([Upload("orders.zip", content)])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert time.process_time() - started < 2
    assert peak < 64 << 20


def test_a_line_without_end_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "orders.csv"
    path.write_bytes(GOOD + b"x" * (66 << 20))
    with pytest.raises(IntakeError, match="not a table"):
        load([Upload("orders.csv", path)])


def test_a_workbook_renamed_csv_is_simply_read(tmp_path):
    import xlsxwriter

    with xlsxwriter.Workbook(tmp_path / "orders.csv") as book:
        sheet = book.add_worksheet()
        for index, line in enumerate((HEADER + ROWS).splitlines()):
            sheet.write_row(index, 0, line.split(","))
    dataset = load([Upload("orders.csv", tmp_path / "orders.csv")])
    assert dataset.facts["lines"] == 60
    assert dataset.reconciliation.files[0].encoding == "xlsx"


@pytest.mark.parametrize(
    ("name", "content"),
    {
        "one.csv": HEADER + "1,2024-03-05,a@x.org,S1,Thing,1,2.5\n",
        "wide.csv": "".join(
            line + "," + ",".join(f"{prefix}{i}" for i in range(193)) + "\n"
            for prefix, line in zip(["x", *["v"] * 60], (HEADER + ROWS).splitlines(), strict=True)
        ),
        "cell.csv": HEADER + '7,2024-03-05,a@x.org,S1,"' + "x" * 1_000_000 + '",1,2.5\n' + ROWS,
        "lines.csv": HEADER + '7,2024-03-05,a@x.org,S1,"' + "x,\n" * 333_333 + '",1,2.5\n' + ROWS,
    }.items(),
)
def test_odd_but_readable(name, content):
    dataset = load([Upload(name, content.encode())])
    assert dataset.facts["lines"] == content.count("@")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encodings_and_delimiters(encoding, delimiter):
    text = (HEADER + ROWS).replace("Thing", "手冲咖啡壶").replace(",", delimiter)
    dataset = load([Upload("orders.csv", text.encode(encoding))])
    file = dataset.reconciliation.files[0]
    assert (file.encoding, file.delimiter) == (encoding, delimiter)
    assert "手冲咖啡壶 1" in dataset.lines.collect()["product_name"].to_list()


def test_files_in_a_zip_are_read_together():
    half = HEADER + "".join(line + "\n" for line in ROWS.splitlines()[30:])
    content = zipped({"2024/jan.csv": GOOD, "2024/feb.csv": half, "__MACOSX/._jan.csv": b"\0"})
    dataset = load([Upload("orders.zip", content)])
    assert dataset.facts["lines"] == 60
    assert dataset.reconciliation.reasons.filter(reason="repeat")["rows"].item() == 30


def test_what_else_lies_in_a_zip_is_passed_over():
    content = zipped({"orders.csv": GOOD, "invoice.PDF": b"%PDF-1.7", "readme.html": b"<html>"})
    assert load([Upload("orders.zip", content)]).facts["lines"] == 60
    with pytest.raises(IntakeError, match="PDF document"):
        load([Upload("orders.zip", zipped({"invoice.pdf": b"%PDF-1.7"}))])


def test_files_of_one_name_in_a_zip_are_told_apart():
    half = HEADER + "".join(line + "\n" for line in ROWS.splitlines()[30:])
    content = zipped({"2023/orders.csv": half, "2024/orders.csv": GOOD})
    books = load([Upload("o.zip", content)]).reconciliation
    assert [file.name for file in books.files] == ["o.zip/orders.csv", "o.zip/orders.csv (2)"]
    assert books.reasons.filter(reason="repeat")["file"].to_list() == ["o.zip/orders.csv (2)"]


def test_a_workbook_of_two_years_and_a_note_is_one_shop(tmp_path):
    """Two sheets of one layout overlap; a third one holds prose."""
    import xlsxwriter

    lines = (HEADER + ROWS).splitlines()
    with xlsxwriter.Workbook(tmp_path / "orders.xlsx") as book:
        for name, chosen in {"2023": lines[1:41], "2024": lines[21:]}.items():
            sheet = book.add_worksheet(name)
            for index, line in enumerate([lines[0], *chosen]):
                sheet.write_row(index, 0, line.split(","))
        book.add_worksheet("Notes").write(0, 0, "Exported by Ada on Monday")
        book.add_worksheet("Empty")
    dataset = load([Upload("orders.xlsx", tmp_path / "orders.xlsx")])
    files = [file.name for file in dataset.reconciliation.files]
    assert files == ["orders.xlsx/2023", "orders.xlsx/2024"]
    assert dataset.facts["lines"] == 60
    assert dataset.reconciliation.reasons.filter(reason="repeat")["rows"].item() == 20


def test_one_damaged_cell_does_not_change_the_encoding_of_the_others():
    text = (HEADER + ROWS).replace("Thing", "手冲咖啡壶").encode()
    dataset = load([Upload("orders.csv", text + b"8,2024-03-05,a@x.org,S1,\xe6\x89,1,2.5\n")])
    assert dataset.reconciliation.files[0].encoding == "utf-8"
    assert "手冲咖啡壶 1" in dataset.lines.collect()["product_name"].to_list()
    assert dataset.facts["lines"] == 61


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_lines_that_end_by_a_carriage_return_alone(encoding):
    text = (HEADER + ROWS).replace("Thing", "壶").replace("\n", "\r")
    dataset = load([Upload("mac.csv", text.encode(encoding))])
    assert (dataset.facts["lines"], dataset.reconciliation.files[0].rows_read) == (60, 60)


def test_a_text_file_is_read_from_disk_as_from_memory(tmp_path):
    path = tmp_path / "orders.csv"
    for content in (GOOD, GOOD.decode().replace("Thing", "壶").encode("gb18030")):
        path.write_bytes(content)
        there, here = load([Upload("o.csv", path)]), load([Upload("o.csv", content)])
        assert there.lines.collect().equals(here.lines.collect())
        assert there.fingerprint == here.fingerprint


def test_a_file_too_large_for_memory_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "huge.csv"
    with path.open("wb") as file:
        file.truncate(9 << 30)  # sparse: takes no room on disk
    with pytest.raises(IntakeError, match=r"9,216 MB; at most 8,192 MB"):
        load([Upload("huge.csv", path)])


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(IntakeError, match="cannot be opened"):
        load([Upload("gone.csv", tmp_path / "gone.csv")])
