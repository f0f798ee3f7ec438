"""A stock list beside the orders: read once, and no copy of it stays on the disk."""

from streamlit.testing.v1 import AppTest


def page() -> None:
    from datetime import datetime

    import polars as pl
    import streamlit as st

    from core.dataset import Dataset
    from dashboard import state
    from dashboard.panels import stock_count

    rows = pl.DataFrame({"product_id": ["t1"], "product_name": ["Tea"], "on_hand": [None]})
    lines = pl.LazyFrame({"product_id": ["t1"], "ordered_at": [datetime(2026, 6, 1)]})
    dataset = state.dataset() or Dataset("shop", "shop", lines)
    stock_count._load(dataset, rows)
    st.session_state["folder"] = state.workspace()


def left(app: AppTest) -> list[str]:
    return [path.name for path in app.session_state["folder"].iterdir() if path.name != ".held"]


def test_a_list_that_is_refused_is_not_copied_again_at_every_click():
    app = AppTest.from_function(page).run()
    app.file_uploader[0].upload("orders.csv", b"what,ever\n1,2\n", "text/csv").run()
    assert "no stock list" in app.warning[0].value
    app.run()
    assert left(app) == []


def test_a_list_that_is_used_leaves_no_copy():
    app = AppTest.from_function(page).run()
    app.file_uploader[0].upload("stock.csv", b"product_id,on_hand\nt1,5\n", "text/csv").run()
    assert app.session_state["stock count"]["on_hand"].to_list() == [5.0]
    assert left(app) == []
