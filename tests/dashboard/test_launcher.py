"""`python -m dashboard`: this machine only, packaged settings, whatever folder it starts in."""

import json
import os
import socket
import tomllib

import pytest
from click.testing import CliRunner
from streamlit import config

import dashboard.__main__ as launcher

pytestmark = pytest.mark.usefixtures("own_environment")


@pytest.fixture
def started(monkeypatch):
    """Start without a server; what would have been served."""
    calls = []
    monkeypatch.setattr(launcher, "serve", lambda *args, **kw: calls.append((*args, kw)))
    monkeypatch.setenv(launcher.START, "")
    return calls


def test_every_packaged_setting_exists_in_streamlit():
    options = tomllib.loads(launcher.settings().read_text("utf-8"))
    known = set(config._config_options_template)
    assert {name for name, _ in launcher.flat(options)} <= known


def test_variable_names_follow_streamlit():
    different = [
        option.key
        for option in config._config_options_template.values()
        if option.env_var != launcher.variable(option.key)
    ]
    assert different == ["runner.cacheBackgroundRefreshTTLMultiplier"]


def test_telemetry_is_off_and_only_this_machine_is_bound(monkeypatch):
    for name in [name for name in os.environ if name.startswith("STREAMLIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(os, "environ", dict(os.environ))
    launcher.apply_settings()
    assert os.environ["STREAMLIT_BROWSER_GATHER_USAGE_STATS"] == "false"
    assert os.environ["STREAMLIT_SERVER_ADDRESS"] == "127.0.0.1"
    assert json.loads(os.environ["STREAMLIT_THEME_CHART_CATEGORICAL_COLORS"])


def test_forged_requests_are_refused_and_clicks_wait_for_no_garbage_collector(monkeypatch):
    for name in ("server.enableXsrfProtection", "server.enableCORS", "runner.postScriptGC"):
        monkeypatch.delenv(launcher.variable(name), raising=False)
    launcher.apply_settings()
    assert os.environ["STREAMLIT_SERVER_ENABLE_XSRF_PROTECTION"] == "true"
    assert os.environ["STREAMLIT_SERVER_ENABLE_CORS"] == "true"
    assert os.environ["STREAMLIT_RUNNER_POST_SCRIPT_GC"] == "false"


def test_files_and_demo_are_handed_to_the_app(started, tmp_path):
    files = [tmp_path / "a.csv", tmp_path / "b.csv"]
    for file in files:
        file.write_text("x")
    done = CliRunner().invoke(launcher.main, ["--data", *map(str, files), "--port", "8600"])
    assert done.exit_code == 0, done.output
    handed = json.loads(os.environ[launcher.START])
    assert handed == {"demo": False, "data": [str(file.resolve()) for file in files]}
    assert started == [("127.0.0.1", 8600, "overview", {"browser": True})]


def test_a_missing_file_is_one_sentence_and_status_2(started):
    done = CliRunner().invoke(launcher.main, ["--data", "nowhere.csv"])
    assert done.exit_code == 2
    assert "nowhere.csv" in done.output
    assert not started


def test_other_machines_are_let_in_only_when_told(started):
    refused = CliRunner().invoke(launcher.main, ["--address", "0.0.0.0"])
    assert refused.exit_code == 2
    assert not started
    CliRunner().invoke(launcher.main, ["--address", "0.0.0.0", "--allow-network", "--no-browser"])
    assert started == [("0.0.0.0", 8501, "data", {"browser": False})]


def test_a_port_that_is_taken_is_one_sentence():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = CliRunner().invoke(launcher.main, ["--port", port, "--no-browser"])
    assert done.exit_code == 1
    assert f"Port {port} of 127.0.0.1 is not free" in done.output
