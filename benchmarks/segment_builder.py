"""A click in the segment builder, measured in a real browser: run by hand, asserts nothing.

    python -m benchmarks.segment_builder [FILE] [--clicks 30]

Without a file the demo shop is measured. Three conditions stand (days since the last order, bought
a product, not bought another); then every kind of click in turn. For each kind and for all: from
the click to the last change of the page, the server's CPU, and what it sent.
"""

import argparse
import os
import shutil
import time
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from benchmarks import browser

TICK = os.sysconf("SC_CLK_TCK")


def cpu(pid: int) -> float:
    """Milliseconds of CPU that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return 1000 * (int(fields[11]) + int(fields[12])) / TICK


def rest(page: Page, pid: int) -> None:
    """Wait until the server and its processes have done nothing for some seconds."""
    quiet, before = 0, 0.0
    while quiet < 3:
        page.wait_for_timeout(2000)
        children = [c for f in Path(f"/proc/{pid}/task").glob("*/children") for c in f.open()]
        used = cpu(pid) + sum(cpu(int(child)) for line in children for child in line.split())
        quiet, before = quiet + 1 if abs(used - before) < 60 else 0, used


def choose(page: Page, box: int, option: int) -> None:
    """Take an option of the page's n-th select box."""
    page.get_by_test_id("stMain").get_by_role("combobox").nth(box).click()
    page.get_by_role("option").nth(option).click()
    page.wait_for_timeout(100)
    browser.settled(page)


def prepare(page: Page) -> None:
    """Three conditions: a number, a product bought, another not bought."""
    for _ in range(2):
        page.get_by_role("button", name="Add a condition").click()
        page.wait_for_timeout(100)
        browser.settled(page)
    field = page.get_by_label("At least").first
    field.fill("30")
    field.press("Enter")
    choose(page, 2, 3)
    choose(page, 3, 5)
    choose(page, 4, 4)
    choose(page, 5, 6)


def clicks(page: Page) -> dict[str, tuple[Callable[[], None], ...]]:
    """Kind -> clicks of that kind, done in turn."""

    def press(role: str, name: str) -> Callable[[], None]:
        return lambda: page.get_by_role(role, name=name).first.click()

    return {
        "all or any": (press("radio", "any condition"), press("radio", "all conditions")),
        "another number": (lambda: page.get_by_test_id("stNumberInputStepUp").first.click(),),
        "conditions": (
            press("button", "Add a condition"),
            press("button", "Remove the last"),
        ),
        "view: compare": (press("radio", "Compare"), press("radio", "Customers")),
        "view: overlap": (press("radio", "Overlap"), press("radio", "Customers")),
        "view: take away": (press("radio", "Take away"), press("radio", "Customers")),
    }


def measure(page: Page, pid: int, count: int) -> None:
    received = []
    page.on("websocket", lambda s: s.on("framereceived", lambda f: received.append(len(f))))
    page.reload()
    page.get_by_test_id("stMetric").first.wait_for()
    browser.settled(page)
    prepare(page)
    page.evaluate(browser.WATCH)
    kinds = clicks(page)
    turns = {kind: cycle(steps) for kind, steps in kinds.items()}
    for kind, steps in kinds.items():  # once, so that every script of the page is loaded
        for _ in steps * 2:
            browser.redraw(page, next(turns[kind]))
    found: dict[str, list[float]] = {kind: [] for kind in kinds}
    used: dict[str, float] = dict.fromkeys(kinds, 0.0)
    sent: dict[str, int] = dict.fromkeys(kinds, 0)
    for kind in islice(cycle(one for one, steps in kinds.items() for _ in steps), count):
        before, bytes_before = cpu(pid), sum(received)
        found[kind].append(browser.redraw(page, next(turns[kind])))
        used[kind] += cpu(pid) - before
        sent[kind] += sum(received) - bytes_before
    rows = [(k, found[k], used[k], sent[k]) for k in kinds if found[k]]
    every = [ms for taken in found.values() for ms in taken]
    for kind, taken, ms, size in [*rows, ("all", every, sum(used.values()), sum(sent.values()))]:
        n = len(taken)
        told = f"{browser.quantiles(taken)}; server {ms / n:.0f} ms CPU, {size / n / 1024:.0f} KiB"
        browser.said(kind, told)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?")
    parser.add_argument("--clicks", type=int, default=30)
    given = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        page = playwright.chromium.launch(executable_path=chromium, args=browser.QUIET).new_page(
            viewport={"width": 1440, "height": 1400}, locale="en-GB"
        )
        page.set_default_timeout(600_000)
        process, url = browser.started(["--data", given.file] if given.file else ["--demo"])
        try:
            begun = time.perf_counter()
            page.goto(f"{url}/segment_builder?lang=en")
            page.get_by_test_id("stMetric").first.wait_for()
            browser.said("page drawn, everything computed", f"{time.perf_counter() - begun:.1f} s")
            rest(page, process.pid)  # other pages are computed ahead
            browser.said("load average", f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
            measure(page, process.pid, given.clicks)
        finally:
            process.terminate()
            process.wait(30)


if __name__ == "__main__":
    main()
