"""A click in the segment builder, measured in a real browser: run by hand, asserts nothing.

    python benchmarks/segment_builder.py [FILE] [--clicks 30]

Without a file the demo shop is measured. Three conditions stand (days since the last order, bought
a product, not bought another); then every kind of click in turn. For each kind and for all: from
the click to the last change that can be seen, the server's CPU, and what it sent.
"""

import argparse
import os
import shutil
import time
from collections.abc import Callable
from itertools import cycle, islice

import browser
from playwright.sync_api import Page, sync_playwright
from reader import Server


def rest(page: Page, server: Server) -> None:
    """Wait until the server and its processes have done nothing for some seconds."""
    quiet, before = 0, 0.0
    while quiet < 3:
        page.wait_for_timeout(2000)
        used = server.cpu_with_fits()
        quiet, before = quiet + 1 if abs(used - before) < 0.2 else 0, used


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


def measure(page: Page, server: Server, count: int) -> None:
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
            browser.redraw(page, server, next(turns[kind]))
    found: dict[str, list[browser.Taken]] = {kind: [] for kind in kinds}
    sent: dict[str, int] = dict.fromkeys(kinds, 0)
    for kind in islice(cycle(one for one, steps in kinds.items() for _ in steps), count):
        before = sum(received)
        found[kind].append(browser.redraw(page, server, next(turns[kind])))
        sent[kind] += sum(received) - before
    rows = [(kind, found[kind], sent[kind]) for kind in kinds if found[kind]]
    every = [one for taken in found.values() for one in taken]
    for kind, taken, size in [*rows, ("all", every, sum(sent.values()))]:
        browser.said(kind, f"{browser.quantiles(taken)}, {size / len(taken) / 1024:.0f} KiB")


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
        server = Server(*(["--data", given.file] if given.file else ["--demo"]))
        try:
            begun = time.perf_counter()
            page.goto(f"{server.url}/segment_builder?lang=en")
            page.get_by_test_id("stMetric").first.wait_for()
            browser.said("page drawn, everything computed", f"{time.perf_counter() - begun:.1f} s")
            rest(page, server)  # other pages are computed ahead
            browser.said("load average", f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
            measure(page, server, given.clicks)
        finally:
            server.stop()


if __name__ == "__main__":
    main()
