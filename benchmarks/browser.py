"""What a reader feels, measured in a real browser: run by hand, asserts nothing.

    python benchmarks/browser.py [FILE ...] [--sessions 20] [--clicks 20]
    python benchmarks/browser.py FILE --builder [--clicks 30]      the segment builder alone

Without files the demo shop is measured. Prints one table: seconds from starting the command to the
first heading and the first chart, a page switch whose result is ready, a click on a display
option, a click that refits, and what sessions cost in memory. The machine's load stands beside
it: on a busy machine the figures say little.
"""

import argparse
import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from functools import partial
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-sync"]
SETTLED = """() => {
    const app = document.querySelector('[data-testid="stApp"]');
    return app && app.getAttribute('data-test-script-state') === 'notRunning'
        && !document.querySelector('[data-testid="stSpinner"]');
}"""
#: Set by `watch` at every change of the page; the last change ends a redraw.
WATCH = """() => {
    window.lastChange = performance.now();
    new MutationObserver(() => { window.lastChange = performance.now(); })
        .observe(document.body, {
            subtree: true, childList: true, attributes: true, characterData: true
        });
}"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def memory(process: subprocess.Popen[bytes]) -> float:
    """Resident MiB of the server."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def started(arguments: list[str]) -> tuple[subprocess.Popen[bytes], str]:
    port = free_port()
    command = [sys.executable, "-m", "dashboard", "--no-browser", "--port", str(port), *arguments]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}"
    while True:
        try:
            urllib.request.urlopen(url, timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return process, url


def settled(page, timeout=600_000):
    page.wait_for_function(SETTLED, timeout=timeout)


def redraw(page, click) -> float:
    """Milliseconds from the click to the last change of the page that it caused."""
    page.evaluate("window.clicked = performance.now()")
    click()
    page.wait_for_timeout(60)
    settled(page)
    page.wait_for_timeout(400)
    return float(page.evaluate("window.lastChange - window.clicked"))


def quantiles(values: list[float]) -> str:
    ranked = sorted(values)
    worst = ranked[min(len(ranked) - 1, int(len(ranked) * 0.95))]
    return f"p50 {statistics.median(ranked):.0f} ms, p95 {worst:.0f} ms (n={len(ranked)})"


def links(page):
    return page.get_by_test_id("stSidebarNavLink")


def visit_all(page) -> list[float]:
    """Seconds that each page takes at its first visit."""
    taken = []
    for number in range(links(page).count()):
        begun = time.perf_counter()
        links(page).nth(number).click()
        page.wait_for_timeout(200)
        settled(page)
        taken.append(time.perf_counter() - begun)
    return taken


def switches(page, clicks: int) -> list[float]:
    count = links(page).count()
    return [redraw(page, links(page).nth(number % count).click) for number in range(1, clicks + 1)]


def display_clicks(page, clicks: int) -> list[float]:
    """The overview's choice of day, week or month: it redraws, it never computes."""
    links(page).nth(1).click()
    page.wait_for_timeout(300)
    settled(page)
    buttons = page.get_by_role("radio").filter(visible=True)
    choices = [buttons.nth(n) for n in range(buttons.count())][-3:]
    return [redraw(page, choices[number % 3].click) for number in range(clicks)]


def cold_start(page, url, begun: float) -> None:
    """Print the seconds from starting the command to what the reader sees first."""
    page.set_default_timeout(600_000)
    page.goto(url)
    page.get_by_role("heading", level=1).first.wait_for()
    print(f"first heading           {time.perf_counter() - begun:.2f} s")
    page.locator(".js-plotly-plot").first.wait_for()
    print(f"first chart             {time.perf_counter() - begun:.2f} s")
    settled(page)
    print(f"first page complete     {time.perf_counter() - begun:.2f} s")


def one_reader(page, clicks: int) -> None:
    page.evaluate(WATCH)
    firsts = visit_all(page)
    print(f"first visit of each page {', '.join(f'{s:.1f}' for s in firsts)} s")
    print(f"page switch, ready      {quantiles(switches(page, clicks))}")
    print(f"display option          {quantiles(display_clicks(page, clicks))}")


def builder(page, url: str, clicks: int) -> None:
    """The segment builder: all or any, and another number; each redraws counts and list."""
    page.set_default_timeout(600_000)
    page.goto(f"{url}/segment_builder")
    page.get_by_role("button", name="Add a condition").click()
    settled(page)
    low = page.get_by_label("At least").first
    sides = [page.get_by_role("radio", name=name) for name in ("any condition", "all conditions")]

    def typed(value: int) -> None:
        low.fill(str(value))
        low.press("Enter")

    typed(20)
    settled(page)
    page.evaluate(WATCH)
    print(f"customers               {page.get_by_test_id('stMetricValue').first.inner_text()}")
    any_all = [redraw(page, sides[number % 2].click) for number in range(clicks)]
    print(f"all / any               {quantiles(any_all)}")
    numbers = [redraw(page, partial(typed, 30 + number)) for number in range(clicks)]
    print(f"another number          {quantiles(numbers)}")


def many_readers(browser, page, url, process, given) -> None:
    alone = memory(process)
    crowd = [browser.new_page() for _ in range(given.sessions - 1)]
    for other in crowd:
        other.set_default_timeout(600_000)
        other.goto(url)
    for other in crowd:
        other.get_by_role("heading", level=1).first.wait_for()
        settled(other)
    each = (memory(process) - alone) / max(1, len(crowd))
    print(f"{given.sessions} sessions             {memory(process):.0f} MiB, {each:.1f} each more")
    print(f"display option, crowd   {quantiles(display_clicks(page, given.clicks))}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*")
    parser.add_argument("--sessions", type=int, default=20)
    parser.add_argument("--clicks", type=int, default=20)
    parser.add_argument("--builder", action="store_true")
    given = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        page = browser.new_page(viewport={"width": 1440, "height": 1800})
        begun = time.perf_counter()
        process, url = started(["--data", *given.files] if given.files else ["--demo"])
        try:
            health = time.perf_counter() - begun
            print(f"server answers          {health:.2f} s, {memory(process):.0f} MiB")
            if given.builder:
                builder(page, url, given.clicks)
            else:
                cold_start(page, url, begun)
                one_reader(page, given.clicks)
                many_readers(browser, page, url, process, given)
            browser.close()
        finally:
            process.terminate()
            process.wait(30)
    print(f"load average {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
