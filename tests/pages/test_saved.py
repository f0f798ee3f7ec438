"""The page of saved work, and what it does on the other pages."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.intake import profile
from dashboard import saved_work
from dashboard.saved_work import Memory, Shop

APP = Path(__file__).parents[2] / "dashboard" / "app.py"
CHURN = "core.analyses.churn.options."


@pytest.fixture(autouse=True)
def _own_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("SHOPSCOPE_DEBUG", "1")


def open_page(name, **state):
    page = AppTest.from_file(str(APP), default_timeout=120)
    for key, value in state.items():
        page.session_state[key] = value
    page.run()
    return page.switch_page(f"../pages/{name}.py").run()


def button(page, label):
    return next(button for button in page.button if button.label == label)


def text(page, label):
    return next(box for box in page.text_input if box.label == label)


def test_nothing_is_kept_until_the_reader_says_so(tmp_path):
    page = open_page("saved")
    assert isinstance(page.session_state["work"], Memory)
    assert not (tmp_path / "data").exists()


def test_a_session_moves_into_a_shop_and_back_out():
    memory = Memory()
    memory.put("segment", "VIP", {"match": "all"})
    page = open_page("saved", work=memory)
    text(page, "Name of the shop").set_value("Tea & Co")
    text(page, "Passphrase (optional)").set_value("tea time")
    button(page, "Save my work from now on").click().run()
    assert isinstance(page.session_state["work"], Shop)
    assert page.dataframe[0].value["entry"].to_list() == ["VIP"]
    button(page, "Close this shop").click().run()
    assert isinstance(page.session_state["work"], Memory)

    later = open_page("saved")
    text(later, "Passphrase").set_value("coffee time")
    button(later, "Open").click().run()
    assert "not the passphrase" in later.warning[0].value
    text(later, "Passphrase").set_value("tea time")
    button(later, "Open").click().run()
    assert later.session_state["work"].kept("segment")["VIP"].value == {"match": "all"}
    button(later, "Yes, delete it").click().run()
    assert saved_work.shops() == {}
    assert not later.exception


def test_options_and_notes_come_back(small):
    shop = saved_work.create("Tea")
    page = open_page("churn", work=shop, dataset=small)
    page.selectbox(key=f"{CHURN}value_model").set_value("gamma_gamma").run()
    page.text_area(key="note.churn").set_value("Ask Anna").run()
    assert shop.kept("options")[CHURN].value == {"value_model": "gamma_gamma"}

    later = open_page("churn", work=Shop(shop.path), dataset=small)
    assert later.selectbox(key=f"{CHURN}value_model").value == "gamma_gamma"
    assert later.text_area(key="note.churn").value == "Ask Anna"
    later.text_area(key="note.churn").set_value("").run()
    assert shop.kept("note") == {}


def test_an_option_that_is_no_longer_allowed_stays_as_it_comes(small):
    shop = saved_work.create("Tea")
    shop.put("options", CHURN, {"method": "tarot", "gone": 1, "horizon_days": 60})
    page = open_page("churn", work=shop, dataset=small)
    assert page.selectbox(key=f"{CHURN}method").value == "auto"
    assert not page.toggle(key=f"{CHURN}horizon_days.auto").value


def test_a_page_that_was_open_before_leaves_a_newer_note_alone(small):
    """Two windows on one shop: looking at a page writes nothing."""
    shop = saved_work.create("Tea")
    shop.put("note", "saved", "old")
    first = open_page("saved", work=shop, dataset=small)
    assert first.text_area(key="note.saved").value == "old"
    Shop(shop.path).put("note", "saved", "new")
    first.run()
    assert shop.kept("note")["saved"].value == "new"


def test_the_options_of_one_shop_are_not_those_of_the_next(small):
    tea, coffee = saved_work.create("Tea"), saved_work.create("Coffee")
    tea.put("options", CHURN, {"value_model": "gamma_gamma", "horizon_days": 60})
    coffee.put("options", CHURN, {"bought_within_days": 365})
    page = open_page("churn", work=tea, dataset=small)
    assert page.selectbox(key=f"{CHURN}value_model").value == "gamma_gamma"
    page.session_state["work"] = coffee
    page.run()
    assert page.selectbox(key=f"{CHURN}value_model").value != "gamma_gamma"
    assert page.toggle(key=f"{CHURN}horizon_days.auto").value
    assert coffee.kept("options")[CHURN].value == {"bought_within_days": 365}


def test_everything_can_be_deleted_even_where_it_cannot_be_read():
    folder, profiles = saved_work.folder(), profile.folder()
    for path in (folder / "damaged.shop", profiles / "damaged.toml"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"not what it was")
    page = open_page("saved")
    button(page, "Yes, delete it").click().run()
    assert [*folder.iterdir(), *profiles.iterdir()] == []
