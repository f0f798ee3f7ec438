"""A real browser against the built wheel, served from an empty folder."""

import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import time
import urllib.request
import venv
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

ROOT = Path(__file__).parents[2]
SCREENSHOTS = Path(__file__).parent / "screenshots"
expect.set_options(timeout=30_000)  # a busy machine is slow, not wrong
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def run(*command, **options):
    return subprocess.run(command, check=True, capture_output=True, text=True, **options)


@pytest.fixture(scope="session")
def installed(tmp_path_factory) -> Path:
    """The folder of scripts of an environment that holds the wheel, not the checkout.

    Its dependencies are those of the environment the tests run in, so nothing is downloaded.
    """
    if CHROMIUM is None:
        if os.environ.get("SHOPSCOPE_BROWSER") == "required":
            pytest.fail("Chromium is not installed.")
        pytest.skip("Chromium is not installed")
    folder = tmp_path_factory.mktemp("wheel")
    build = ["build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    run(sys.executable, "-m", *build)
    (wheel,) = folder.glob("*.whl")
    home = folder / "environment"
    venv.create(home, with_pip=True)
    scripts = home / ("Scripts" if os.name == "nt" else "bin")
    python = scripts / "python"
    run(python, "-m", "pip", "install", "-q", "--no-deps", "--no-index", str(wheel))
    (site,) = home.rglob("site-packages")
    (site / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"] + "\n", "utf-8")
    return scripts


@contextmanager
def serving(scripts: Path, folder: Path, *options: str):
    """The address of a server started from an empty folder by the installed command."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url, log = f"http://127.0.0.1:{port}", folder / "server.log"
    home = folder / "home"
    home.mkdir(exist_ok=True)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("STREAMLIT_")}
    command = [str(scripts / "shopscope"), "--no-browser", "--port", str(port), *options]
    with log.open("w") as output:
        process = subprocess.Popen(
            command,
            cwd=home,
            env=environment | {"HOME": str(home)},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            for _ in range(300):
                try:
                    urllib.request.urlopen(f"{url}/_stcore/health", timeout=1).close()
                    break
                except OSError:
                    assert process.poll() is None, log.read_text()
                    time.sleep(0.1)
            yield url, log
        finally:
            process.terminate()
            process.wait(20)


@pytest.fixture(scope="session")
def server(installed, tmp_path_factory):
    with serving(installed, tmp_path_factory.mktemp("served")) as started:
        yield started


@pytest.fixture(scope="session")
def demo_server(installed, tmp_path_factory):
    with serving(installed, tmp_path_factory.mktemp("demo"), "--demo") as started:
        yield started


@pytest.fixture(scope="module")
def chromium(installed):  # noqa: ARG001 - it says when there is no browser
    # Not for the session: Playwright's event loop must not run on under other tests.
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


#: When the page last asked the server, and last heard of it.
LISTEN = """
    window.asked = window.heard = 0;
    window.WebSocket = class extends window.WebSocket {
        constructor(...given) {
            super(...given);
            this.addEventListener("message", () => { window.heard = performance.now(); });
        }
        send(data) {
            window.asked = performance.now();
            super.send(data);
        }
    };
"""
#: The page is there, the server has answered (some questions it never does), every run has ended
#: and every element is drawn.
SETTLED = """() => {
    const app = document.querySelector('[data-testid="stApp"]'), now = performance.now();
    return app && document.querySelector('h1')
        && (window.heard > window.asked || now - window.asked > 5000)
        && now - Math.max(window.heard, window.asked) > 150
        && app.getAttribute('data-test-script-state') === 'notRunning'
        && !document.querySelector(
            '[data-testid="stSpinner"], [data-testid="stSkeleton"], [data-stale="true"]');
}"""


def settled(page):
    """Wait until what was clicked has been answered and drawn."""
    page.wait_for_timeout(200)  # a click takes a moment to become a question
    page.wait_for_function(SETTLED, timeout=300_000)


def fine(page, name=None):
    """The page shows no exception and made no complaint; a screenshot is kept under the name."""
    settled(page)
    if name:
        SCREENSHOTS.mkdir(exist_ok=True)
        page.screenshot(path=SCREENSHOTS / f"{name}.png")
    expect(page.get_by_test_id("stException")).to_have_count(0)
    assert page.complaints == []


def link(page, title):
    return page.get_by_test_id("stSidebarNav").get_by_role("link", name=title, exact=True)


def views(page):
    """The views of the open page, the first of which is shown."""
    return page.locator("[class*='-view'][class*='st-key-']").get_by_role("radio")


def reach(page, wanted) -> None:
    """Press Tab until the element has the focus, and see that it shows."""
    for _ in range(120):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            assert wanted.evaluate("element => getComputedStyle(element).outlineStyle") == "solid"
            return
    pytest.fail("Tab does not lead there")


def complaint(said) -> list[str]:
    """An error in the console."""
    return [] if said.type != "error" else [f"{said.text} {said.location}"]


@contextmanager
def visitor(chromium):
    """A page that remembers what its console complained of and where it tried to go."""
    context = chromium.new_context(
        viewport={"width": 1440, "height": 2200},
        accept_downloads=True,
        locale="en-GB",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.add_init_script(LISTEN)
    page.complaints = []
    page.on("console", lambda said: page.complaints.extend(complaint(said)))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on(
        "request",
        lambda asked: (
            None
            if asked.url.startswith(("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:"))
            else page.complaints.append(f"left the machine: {asked.url}")
        ),
    )
    page.set_default_timeout(120_000)
    yield page
    context.close()


@pytest.fixture
def page(chromium):
    with visitor(chromium) as opened:
        yield opened
