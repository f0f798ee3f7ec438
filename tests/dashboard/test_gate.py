"""The door: nobody sees a page before the password, and a login is for the addresses named."""

import asyncio
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from streamlit.testing.v1 import AppTest

import dashboard.__main__ as launcher
from dashboard import gate
from dashboard.front import Door

APP = Path(__file__).parents[2] / "dashboard" / "app.py"


pytestmark = pytest.mark.usefixtures("own_environment")


@pytest.fixture
def started(monkeypatch):
    """Start without a server; what would have been served."""
    calls = []
    monkeypatch.setattr(launcher, "serve", lambda *args, **_: calls.append(args))
    for name in (launcher.START, launcher.PASSWORD, launcher.EMAILS):
        monkeypatch.setenv(name, "")
    return calls


def run(*words, **more):
    return CliRunner().invoke(launcher.main, ["--address", "0.0.0.0", *words], **more)


def test_other_machines_need_a_password(started, monkeypatch):
    assert run().exit_code == 2
    assert "10 characters" in run("--password", input="short\nshort\n").output
    assert not started
    assert run("--password", input="correct horse\ncorrect horse\n").exit_code == 0
    assert gate.matches("correct horse", launcher.os.environ[gate.PASSWORD])
    monkeypatch.setenv("SHOPSCOPE_PASSWORD", "battery staple")
    assert run().exit_code == 0
    assert gate.matches("battery staple", launcher.os.environ[gate.PASSWORD])
    assert "SHOPSCOPE_PASSWORD" not in launcher.os.environ
    assert len(started) == 2


def test_a_login_needs_somebody_who_vouches(started, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert "[auth]" in run("--allow-email", "ada@example.com").output
    assert not started


def test_the_hash_tells_nothing_twice():
    one, two = gate.hashed("correct horse"), gate.hashed("correct horse")
    assert one != two
    assert "correct" not in one


def test_a_wrong_guess_costs_time():
    expected, before = gate.hashed("correct horse"), time.monotonic()
    assert not gate.matches("wrong horse", expected)
    assert time.monotonic() - before >= gate.PAUSE


def test_no_page_before_the_password(monkeypatch):
    monkeypatch.setenv(gate.PASSWORD, gate.hashed("correct horse"))
    page = AppTest.from_file(str(APP), default_timeout=60).run()
    assert [title.value for title in page.title] == ["Shopscope"]
    page.text_input[0].set_value("wrong horse")
    page.button[0].click().run()
    assert [warning.value for warning in page.warning] == ["This is not the password."]
    assert not page.sidebar
    page.text_input[0].set_value("correct horse")
    page.button[0].click().run()
    assert [title.value for title in page.title] == ["Data"]


@pytest.mark.parametrize(
    ("user", "seen"),
    [
        ({}, ["Shopscope"]),
        ({"email": "Ada@Example.com"}, ["Data"]),
        ({"email": "eve@example.com"}, ["Shopscope"]),
        ({"email": "ada@example.com", "email_verified": False}, ["Shopscope"]),
    ],
)
def test_a_login_is_for_the_addresses_named(user, seen, monkeypatch):
    monkeypatch.setenv(gate.EMAILS, "ada@example.com")
    page = AppTest.from_file(str(APP), default_timeout=60)
    page.user = user and user | {"is_logged_in": True}
    assert [title.value for title in page.run().title] == seen


def test_who_sets_both_doors_gets_both(monkeypatch):
    monkeypatch.setenv(gate.EMAILS, "ada@example.com")
    monkeypatch.setenv(gate.PASSWORD, gate.hashed("correct horse"))
    stranger = AppTest.from_file(str(APP), default_timeout=60).run()
    assert [button.label for button in stranger.button] == ["Log in"]
    page = AppTest.from_file(str(APP), default_timeout=60)
    page.user = {"email": "ada@example.com", "is_logged_in": True}
    page.run()
    assert not page.sidebar
    page.text_input[0].set_value("correct horse")
    page.button[0].click().run()
    assert [title.value for title in page.title] == ["Data"]


def uploaded(session):
    """Whether an upload for this session comes through."""
    arrived = []

    async def application(scope, _receive, _send):
        arrived.append(scope["path"])

    async def refused(message):
        assert message.get("status", 403) == 403

    scope = {"type": "http", "method": "PUT", "path": f"/_stcore/upload_file/{session}/1"}
    asyncio.run(Door(application)(scope, None, refused))
    return bool(arrived)


def test_no_upload_before_the_password(monkeypatch):
    monkeypatch.setattr(gate, "_IN", set())
    monkeypatch.delenv(gate.PASSWORD, raising=False)
    monkeypatch.delenv(gate.EMAILS, raising=False)
    assert uploaded("a")
    monkeypatch.setenv(gate.PASSWORD, gate.hashed("correct horse"))
    page = AppTest.from_function(entered, default_timeout=60).run()
    (session,) = page.session_state["session"]
    assert not uploaded(session)
    page.text_input[0].set_value("correct horse")
    page.button[0].click().run()
    assert uploaded(session)
    assert not uploaded("another")


def entered():
    import streamlit as st
    from streamlit.runtime.scriptrunner import get_script_run_ctx

    from dashboard import gate

    st.session_state["session"] = [get_script_run_ctx().session_id]
    gate.guard()


def test_no_address_is_not_an_address_that_was_named(monkeypatch):
    """`--allow-email "$NOBODY"`: whoever logs in without an address stays outside."""
    monkeypatch.setenv(gate.EMAILS, "")
    page = AppTest.from_file(str(APP), default_timeout=60)
    page.user = {"is_logged_in": True}
    assert [title.value for title in page.run().title] == ["Shopscope"]
