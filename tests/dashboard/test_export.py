"""Files a reader takes away."""

import io

import polars as pl
from streamlit.testing.v1 import AppTest

from dashboard import export

HOSTILE = pl.DataFrame({"product": ["=1+1", "+2", "-3", "@x", "tea"], "n": [-1, 2, 3, 4, 5]})


def test_a_csv_cell_is_never_a_formula():
    text = export.csv(HOSTILE).decode("utf-8-sig")
    assert text == "product,n\n'=1+1,-1\n'+2,2\n'-3,3\n'@x,4\ntea,5\n"


def test_a_header_is_never_a_formula():
    frame = pl.DataFrame({"=1+1": ["a"], "@x": [1], "'=1+1": ["'=b"], "tea": ["'c"]})
    written = export.csv(frame)
    assert written.decode("utf-8-sig").splitlines()[0] == "'=1+1,'@x,''=1+1,tea"
    assert export.read("list.csv", written).equals(frame.cast(pl.String))


def test_an_excel_cell_is_never_a_formula():
    book = io.BytesIO(export.excel(HOSTILE))
    import zipfile

    sheet = zipfile.ZipFile(book).read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet


def test_excel_reads_back():
    back = pl.read_excel(io.BytesIO(export.excel(HOSTILE)))
    assert back["n"].to_list() == HOSTILE["n"].to_list()


def test_parquet_keeps_lists():
    frame = pl.DataFrame({"items": [["a", "b"], ["c"]]})
    assert pl.read_parquet(io.BytesIO(export.parquet(frame))).equals(frame)


def test_csv_writes_lists_as_text():
    assert "a + b" in export.csv(pl.DataFrame({"items": [["a", "b"]]})).decode()


def script():
    import polars as pl
    import streamlit as st

    from dashboard import export, state

    frame = pl.DataFrame({"customer_id": ["17850", None, "17850", "1"], "n": [1, 2, 3, 4]})
    st.session_state["shown"] = export.masked(frame)["customer_id"].to_list()
    st.session_state["one"] = export.pseudonym("17850")
    st.session_state["file"] = export.write(frame, "CSV", state.secret()).decode()


def test_pseudonyms_are_stable_and_leave_no_key():
    app = AppTest.from_function(script)
    app.session_state["pseudonyms"] = True
    app.run()
    shown = app.session_state["shown"]
    assert shown[0] == shown[2] == app.session_state["one"]
    assert shown[1] is None
    assert shown[0] != shown[3]
    assert "17850" not in app.session_state["file"]


def test_without_the_switch_keys_stay():
    assert AppTest.from_function(script).run().session_state["shown"][0] == "17850"


def test_excel_has_no_word_for_infinity_and_still_opens():
    frame = pl.DataFrame({"n": [1.5, float("inf"), float("nan"), None]})
    assert pl.read_excel(io.BytesIO(export.excel(frame)))["n"].to_list()[0] in (1.5, "1.5")
