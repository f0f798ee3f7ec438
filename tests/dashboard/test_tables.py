"""What a screen reader calls a table, in the language of the page."""

import ast
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import i18n

ROOT = Path(__file__).parents[2]
SCRIPTS = [*(ROOT / "pages").glob("*.py"), *(ROOT / "dashboard").rglob("*.py")]


def script():
    import polars as pl

    from dashboard.tables import table

    table(pl.DataFrame({"quantity": [1.0]}), "order_lines", download=False)


@pytest.mark.parametrize(("language", "said"), [("en", "Order lines"), ("zh", "订单明细")])
def test_a_table_is_called_by_its_name_in_the_language_of_the_page(language, said):
    app = AppTest.from_function(script)
    app.session_state["language"] = language
    assert app.run().dataframe[0].proto.alt == said


def names(script: Path) -> set[str]:
    """The tables that a script draws under a name of its own."""
    drawn = [
        call.args[1].value
        for call in ast.walk(ast.parse(script.read_text("utf-8")))
        if isinstance(call, ast.Call)
        and ast.unparse(call.func).rpartition(".")[2] in ("table", "facts_table")
        and len(call.args) > 1
        and isinstance(call.args[1], ast.Constant)
    ]
    return {name for name in drawn if isinstance(name, str)}


def test_every_table_has_a_name_in_every_language():
    drawn = set().union(*map(names, SCRIPTS))
    assert "order_lines" in drawn
    assert sorted(drawn - set(i18n.terms())) == []
