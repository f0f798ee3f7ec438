"""Whatever the bytes, the answer is a table or one of our own sentences, never another error."""

import io
import os
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import CoreError
from core.intake.load import Cleaning, Upload, inspect, load
from core.intake.sources import SOURCES
from core.intake.sources.source import Source

#: FUZZ_EXAMPLES=2000 makes ten thousand inputs of the five generators.
COUNT = int(os.environ.get("FUZZ_EXAMPLES", "40"))
HEADERS = sorted({name for source in SOURCES for name in source.known()})[::7]
CELLS = [
    "", "0", "1", "-1", "2.5", "1,5", "nan", "2024-03-05", "05/03/2024", "x", '"', '""', "=1",
    "5.8E+17", "Total", "\t9", "¥20", "\x00", "手冲壶", "{}", "[]", "1e400", "inf",
]  # fmt: skip


def survives(files, **options):
    """Loading and inspecting answer, or refuse in one sentence."""
    answers = [_sentence(ask, files, Cleaning(**options)) for ask in (inspect, load)]
    assert all(answer.endswith(".") for answer in answers)


def _sentence(ask, files, cleaning):
    try:
        ask(files, cleaning)
    except CoreError as refusal:
        return str(refusal)
    return "It can be read."


relaxed = settings(
    max_examples=COUNT, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
)


@relaxed
@given(st.binary(max_size=400))
def test_any_bytes(content):
    survives([Upload("f.csv", content)])


@relaxed
@given(
    st.sampled_from([b"PK\x03\x04", b"\x1f\x8b\x08", b"PAR1", b"ARROW1\0\0", b"\xff\xfe"]),
    st.binary(max_size=200),
)
def test_broken_packages(start, rest):
    survives([Upload("f.csv", start + rest)])


@relaxed
@given(
    st.lists(st.sampled_from(HEADERS), min_size=1, max_size=8),
    st.lists(st.lists(st.sampled_from(CELLS), min_size=1, max_size=9), max_size=12),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_any_table(header, rows, delimiter, end):
    text = end.join(delimiter.join(row) for row in [header, *rows])
    survives([Upload("f.csv", text.encode())])


@relaxed
@given(
    st.sampled_from([source for source in SOURCES if source.table == "lines"]),
    st.lists(st.lists(st.sampled_from(CELLS), min_size=3, max_size=12), min_size=1, max_size=12),
)
def test_every_layout_with_any_cells(source: Source, rows):
    header = sorted(source.known())
    lines = [",".join(f'"{c}"' for c in (row * 9)[: len(header)]) for row in rows]
    survives([Upload("f.csv", "\n".join([",".join(f'"{h}"' for h in header), *lines]).encode())])


@relaxed
@given(st.text(max_size=300), st.sampled_from(["utf-16", "gb18030", "utf-8", "utf-32"]))
def test_any_text(text, encoding):
    survives([Upload("f.csv", text.encode(encoding, errors="ignore"))])


def zipped(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


GOOD = b"Order ID,Date,SKU,Quantity,Price\n" + b"".join(
    b"%d,2024-03-05,A,1,2.5\n" % i for i in range(20)
)


def test_names_in_a_zip_are_labels_only(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    dataset = load([Upload("o.zip", zipped({"../../evil.csv": GOOD}))])
    assert dataset.reconciliation.files[0].name == "o.zip/evil.csv"
    assert list(tmp_path.iterdir()) == []


def test_a_deeply_nested_zip_is_refused():
    content = GOOD
    for depth in range(5):
        content = zipped({f"{depth}.zip": content})
    with pytest.raises(CoreError, match="packed several times"):
        load([Upload("o.zip", content)])


@pytest.mark.parametrize("content", [GOOD + b'"' * 99, GOOD + b"x" * 5_000_000, GOOD + b"\0" * 50])
def test_a_damaged_end_is_read_or_refused(content):
    survives([Upload("o.csv", content)])


def test_invalid_utf8_midway_is_read():
    content = GOOD.replace(b"9,2024", b"9\xff,2024", 1)
    assert load([Upload("o.csv", content)]).facts["lines"] == 20


def test_a_workbook_with_an_xml_bomb_is_refused():
    entities = "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 12))
    bomb = f'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a0 "lol">{entities}]><w>&a11;</w>'
    content = zipped({"xl/workbook.xml": bomb, "[Content_Types].xml": bomb})
    with pytest.raises(CoreError, match="cannot be read as an Excel workbook"):
        load([Upload("o.xlsx", content)])


def test_formulas_in_a_workbook_give_their_values(tmp_path):
    import xlsxwriter

    with xlsxwriter.Workbook(tmp_path / "o.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Order ID", "Date", "SKU", "Quantity", "Price"])
        for row in range(1, 20):
            sheet.write_row(row, 0, [row, "2024-03-05", "A", 1])
            sheet.write_formula(row, 4, "=1+1.5", value=2.5)
    lines = load([Upload("o.xlsx", tmp_path / "o.xlsx")]).lines.collect()
    assert lines["unit_price"].unique().to_list() == [2.5]
