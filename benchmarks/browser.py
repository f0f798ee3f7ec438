"""What a reader feels, measured in a real browser: run by hand, asserts nothing.

    python benchmarks/browser.py [FILE ...] [--clicks 12] [--sessions 20] [--only PART ...]

Without files the demo shop is measured. Prints one line per measurement: starting, clicking, pages
whose results are ready, a refit and its end, a crowd of sessions while one of them refits, and
a soak of page views. The machine's load stands beside it: on a busy machine figures say little.
The crowd are sessions without a screen (Streamlit's own protocol); one reader has a browser.
"""

import argparse
import os
import shutil
import socket
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import sync_playwright
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

ROOT = Path(__file__).parents[1]
PARTS = ("start", "clicks", "switch", "refit", "crowd", "soak")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-sync"]
SETTLED = """() => {
    const app = document.querySelector('[data-testid="stApp"]');
    return app && app.getAttribute('data-test-script-state') === 'notRunning'
        && !document.querySelector('[data-testid="stSpinner"]');
}"""
#: Set at every change of the page; the last change ends a redraw, the first spinner a wait.
WATCH = """() => {
    window.lastChange = performance.now();
    new MutationObserver(() => {
        window.lastChange = performance.now();
        if (!window.spun && document.querySelector('[data-testid="stSpinner"]'))
            window.spun = performance.now();
    }).observe(document.body, {
        subtree: true, childList: true, attributes: true, characterData: true
    });
}"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def share(pid: int) -> float:
    """MiB of one process, what it shares with others counted in part (PSS)."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return sum(int(row.split()[1]) for row in rollup.splitlines() if row.startswith("Pss:")) / 1024


def memory(process: subprocess.Popen[bytes]) -> str:
    """MiB of the server, and of the processes of its fits."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    for thread in Path(f"/proc/{process.pid}/task").iterdir():
        children += (thread / "children").read_text().split()
    fits = sum(share(int(child)) for child in set(children))
    return f"server {share(process.pid):.0f} MiB, fits {fits:.0f} MiB"


def started(arguments: list[str]) -> tuple[subprocess.Popen[bytes], str]:
    port = free_port()
    command = [sys.executable, "-m", "dashboard", "--no-browser", "--port", str(port), *arguments]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}"
    while True:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except OSError:
            time.sleep(0.02)
        else:
            return process, url


class Session:
    """A reader without a screen."""

    def __init__(self, url: str) -> None:
        address = url.replace("http", "ws", 1) + "/_stcore/stream"
        self.socket = connect(address, subprotocols=["streamlit"], max_size=None)

    def view(self, page: str, seconds: float = 600) -> float:
        """Seconds until the page is complete."""
        asked = BackMsg()
        asked.rerun_script.page_name = page
        begun = time.perf_counter()
        self.socket.send(asked.SerializeToString())
        while True:
            said = ForwardMsg()
            said.ParseFromString(self.socket.recv(timeout=seconds))
            if said.WhichOneof("type") == "script_finished":
                return time.perf_counter() - begun


def settled(page, timeout=600_000):
    page.wait_for_function(SETTLED, timeout=timeout)


def redraw(page, click) -> float:
    """Milliseconds from the click to the last change of the page that it caused."""
    page.evaluate("window.clicked = performance.now()")
    click()
    page.wait_for_timeout(60)
    settled(page)
    page.wait_for_timeout(300)
    return float(page.evaluate("window.lastChange - window.clicked"))


def quantiles(values: list[float]) -> str:
    ranked = sorted(values)
    worst = ranked[min(len(ranked) - 1, int(len(ranked) * 0.95))]
    return f"p50 {statistics.median(ranked):.0f} ms, p95 {worst:.0f} ms (n={len(ranked)})"


def said(what: str, figure: str) -> None:
    print(f"{what:<34}{figure}", flush=True)


def links(page):
    return page.get_by_test_id("stSidebarNavLink")


def names(page) -> list[str]:
    return [link.inner_text().split("\n")[-1] for link in links(page).all()]


def opened(page, number: int) -> None:
    links(page).nth(number).click()
    page.wait_for_timeout(200)
    settled(page)


def start(page, url, process, begun: float, *, data: bool) -> None:
    """Seconds from starting the command to what the reader sees first."""

    def passed() -> str:
        return f"{time.perf_counter() - begun:.2f} s"

    said("server listens", passed())
    page.goto(url)
    page.get_by_role("heading", level=1).first.wait_for()
    said("first page drawn", f"{passed()}; {memory(process)}")
    if data:
        page.get_by_test_id("stMetric").first.wait_for()
        said("first figures", passed())
        page.locator(".js-plotly-plot").first.wait_for()
        said("first chart", passed())
    settled(page)
    said("first page complete", f"{passed()}; {memory(process)}")


def clicks(page, count: int) -> None:
    """Every page: what is ready is clicked through, option by option; nothing computes."""
    every = []
    for number, name in enumerate(names(page)):
        opened(page, number)
        choices = page.get_by_test_id("stMain").get_by_role("radio").filter(visible=True)
        if choices.count() < 2:
            continue
        for place in range(choices.count()):  # once, so that every script of a chart is loaded
            redraw(page, choices.nth(place % choices.count()).click)
        taken = [
            redraw(page, choices.nth(turn % choices.count()).click) for turn in range(1, count + 1)
        ]
        every += taken
        said(f"click: {name}", quantiles(taken))
    said("click: all pages", quantiles(every))


def switch(page, count: int) -> None:
    total = links(page).count()
    for number in range(total):
        begun = time.perf_counter()
        opened(page, number)
        said(f"first visit: {names(page)[number]}", f"{time.perf_counter() - begun:.1f} s")
    taken = [redraw(page, links(page).nth(turn % total).click) for turn in range(count)]
    said("page switch, results ready", quantiles(taken))


def refit(page, title: str = "Churn risk") -> None:
    """Another method: until progress shows, until Stop has ended it."""
    opened(page, names(page).index(title))
    page.get_by_test_id("stSidebar").get_by_role("combobox").first.click()
    page.evaluate("window.spun = 0")
    options = page.get_by_role("option")
    page.evaluate("window.clicked = performance.now()")
    options.nth(min(6, options.count() - 1)).click()
    page.wait_for_function("() => window.spun > 0")
    said("refit: progress shows", f"{page.evaluate('window.spun - window.clicked'):.0f} ms")
    said("refit: it says", page.get_by_test_id("stSpinner").first.inner_text().split("\n")[0])
    page.get_by_test_id("stMain").get_by_role("button", name="Stop").click()
    begun = time.perf_counter()
    page.get_by_text("Stopped.").wait_for()
    said("refit: stopped after", f"{1000 * (time.perf_counter() - begun):.0f} ms")


def crowd(page, url, process, given) -> None:
    opened(page, names(page).index("Overview"))
    choices = page.get_by_test_id("stMain").get_by_role("radio").filter(visible=True)

    def latency() -> str:
        turns = range(given.clicks)
        return quantiles([redraw(page, choices.nth(turn % 3).click) for turn in turns])

    said("click, alone", f"{latency()}; {memory(process)}")
    before = share(process.pid)
    others = [Session(url) for _ in range(given.sessions - 1)]
    pages = ["overview", "segments", "churn", "inventory", "association_rules"]
    taken = []

    def visit(number: int) -> None:
        taken.append(1000 * others[number].view(pages[number % len(pages)]))

    threads = [threading.Thread(target=visit, args=[n]) for n in range(len(others))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    said(f"{given.sessions} sessions open a page at once", quantiles(taken))
    each = (share(process.pid) - before) / len(others)
    said(f"{given.sessions} sessions", f"{memory(process)}; {each:.1f} MiB for each")
    said("click, crowd at rest", latency())
    busy = page.context.new_page()
    busy.set_default_timeout(600_000)
    busy.goto(f"{url}/churn?lang=en")
    settled(busy)
    busy.get_by_test_id("stSidebar").get_by_role("combobox").first.click()
    options = busy.get_by_role("option")
    options.nth(min(6, options.count() - 1)).click()
    busy.get_by_test_id("stSpinner").first.wait_for()
    said("click while another session refits", latency())
    still = busy.get_by_test_id("stSpinner").count() > 0
    said("the refit was still running", "yes" if still else "no: the figure above is too good")
    busy.close()
    for other in others:
        other.socket.close()


def soak(url, process, views: int) -> None:
    """Page views of one reader after the other: memory must not grow with them."""
    pages = [file.stem for file in sorted((ROOT / "pages").glob("*.py"))]
    for turn in range(views):
        if turn % 20 == 0:
            reader = Session(url)
        reader.view(pages[turn % len(pages)])
        if turn % 20 == 19:
            reader.socket.close()
        if turn + 1 in (views // 5, 2 * views // 5, 3 * views // 5, 4 * views // 5, views):
            said(f"soak: after {turn + 1} views", memory(process))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*")
    parser.add_argument("--clicks", type=int, default=12)
    parser.add_argument("--sessions", type=int, default=20)
    parser.add_argument("--views", type=int, default=500)
    parser.add_argument("--empty", action="store_true", help="Start without data; start only.")
    parser.add_argument("--only", nargs="*", choices=PARTS, default=PARTS)
    given = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    said("load average", f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        page = browser.new_page(viewport={"width": 1440, "height": 1400}, locale="en-GB")
        page.set_default_timeout(600_000)
        page.goto("about:blank")
        begun = time.perf_counter()
        data = [] if given.empty else ["--data", *given.files] if given.files else ["--demo"]
        process, url = started(data)
        try:
            start(page, url, process, begun, data=bool(data))
            page.evaluate(WATCH)
            if "switch" in given.only and data:
                switch(page, given.clicks)
            if "clicks" in given.only and data:
                clicks(page, given.clicks)
            if "refit" in given.only and data:
                refit(page)
            if "crowd" in given.only and data:
                crowd(page, url, process, given)
            if "soak" in given.only and data:
                soak(url, process, given.views)
            browser.close()
        finally:
            process.terminate()
            process.wait(30)
    said("load average", f"{os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
