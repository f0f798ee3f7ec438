"""What a reader feels, measured in a real browser: run by hand, asserts nothing.

    python benchmarks/browser.py [FILE ...] [--empty] [--clicks 3] [--only PART ...]

Without files the demo shop is measured. Beside a time stands the processor time that the server
spent on it, which a busy machine changes little, and at both ends the machine's load. The crowd
and the soak are readers without a screen; one reader has a browser.
"""

import argparse
import os
import re
import shutil
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import chain

from playwright.sync_api import Locator, Page, sync_playwright
from reader import PAGES, Reader, Server

PARTS = ("stage", "switch", "clicks", "refit", "crowd", "soak")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-sync"]
SETTLED = """() => {
    const app = document.querySelector('[data-testid="stApp"]');
    return app && app.getAttribute('data-test-script-state') === 'notRunning'
        && !document.querySelector('[data-testid="stSpinner"], [data-stale="true"]');
}"""
#: Nothing has changed for longer than any answer takes: a quick run never shows that it runs.
QUIETENED = f"""() => performance.now() - Math.max(window.lastChange, window.clicked) > 500
    && ({SETTLED})()"""
#: Set at every change of the page that can be seen; the last one ends a redraw, the first spinner a
#: wait. A table is drawn on a <canvas>; the list within it, for screen readers, follows later and
#: is not counted. A click begins when the page is told of it, not when the driver looks for it.
WATCH = """() => {
    window.lastChange = window.clicked = performance.now();
    const began = () => { window.clicked = performance.now(); window.spun = 0; };
    document.addEventListener('pointerdown', began, true);
    document.addEventListener('keydown', began, true);
    const seen = change => change.target.tagName === 'CANVAS'
        ? change.type === 'attributes'
        : !(change.target.closest ? change.target : change.target.parentElement)?.closest('canvas');
    new MutationObserver(changes => {
        if (!changes.some(seen)) return;
        window.lastChange = performance.now();
        if (!window.spun && document.querySelector('[data-testid="stSpinner"]'))
            window.spun = performance.now();
    }).observe(document.body, {
        subtree: true, childList: true, attributes: true, characterData: true
    });
}"""
#: A page with a fit that takes a while, and the place of a slow method among its methods.
HEAVY, SLOW = "Churn risk", 6

Taken = tuple[float, float]


def said(what: str, figure: str) -> None:
    print(f"{what:<38}{figure}", flush=True)


def settled(page: Page) -> None:
    page.wait_for_function(SETTLED)


def redraw(page: Page, server: Server, click: Callable[[], None]) -> Taken:
    """Milliseconds from the click to the last change of the page; of the server's processor."""
    spent = server.cpu()
    click()
    page.wait_for_function(QUIETENED)
    passed = page.evaluate("window.lastChange - window.clicked")
    return float(passed), 1000 * (server.cpu() - spent)


def quantiles(taken: list[Taken]) -> str:
    spent = statistics.mean(cpu for _, cpu in taken)
    return f"{spread([passed for passed, _ in taken])}, server CPU {spent:.0f} ms"


def spread(taken: list[float]) -> str:
    ranked = sorted(taken)
    worst = ranked[min(len(ranked) - 1, int(len(ranked) * 0.95))]
    return f"p50 {statistics.median(ranked):.0f} ms, p95 {worst:.0f} ms (n={len(ranked)})"


def links(page: Page) -> Locator:
    return page.get_by_test_id("stSidebarNavLink")


def names(page: Page) -> list[str]:
    return [link.inner_text().split("\n")[-1] for link in links(page).all()]


def opened(page: Page, number: int) -> None:
    links(page).nth(number).click()
    page.wait_for_timeout(200)
    settled(page)


def choices(page: Page) -> Locator:
    """What the open page offers to click without computing anew: views and options not chosen."""
    offered = page.get_by_test_id("stMain").get_by_role("radio", checked=False)
    return offered.filter(visible=True)


def start(page: Page, server: Server, begun: float, *, data: bool) -> None:
    """Seconds from starting the command to what the reader sees first."""

    def passed() -> str:
        return f"{time.perf_counter() - begun:.2f} s"

    said("server listens", passed())
    page.goto(server.url)
    page.get_by_role("heading", level=1).first.wait_for()
    said("first page drawn", f"{passed()}; {server.memory()}")
    if data:
        page.get_by_test_id("stMetric").first.wait_for()
        said("first figures", passed())
        page.locator(".js-plotly-plot").first.wait_for()
        said("first chart", passed())
    settled(page)
    said("first page complete", f"{passed()}; {server.memory()}")
    page.evaluate(WATCH)


def stage(page: Page, server: Server, begun: float) -> None:
    """A presentation from a cold start: begun as soon as it is offered, turned without a pause."""
    page.goto(server.url)
    page.get_by_role("button", name="Present").click()
    shown = page.get_by_test_id("stMain")
    while True:
        shown.locator("h2, h3").first.wait_for()
        settled(page)
        at = shown.get_by_text(re.compile(r"^\d+ / \d+$")).inner_text()
        said(f"stage: slide {at}", f"{time.perf_counter() - begun:.1f} s after the start")
        if len(set(at.split(" / "))) == 1:
            break
        page.keyboard.press("ArrowRight")
        shown.get_by_text(at, exact=True).wait_for(state="detached")
    page.evaluate(WATCH)
    back = [redraw(page, server, lambda: page.keyboard.press("ArrowLeft")) for _ in range(6)]
    said("stage: turned back, all computed", quantiles(back))
    page.keyboard.press("Escape")
    settled(page)


def switch(page: Page, server: Server, count: int) -> None:
    """Every page once, so that its result is there; then from one to the next."""
    titles = names(page)
    for number, title in enumerate(titles):
        begun = time.perf_counter()
        opened(page, number)
        said(f"first visit: {title}", f"{time.perf_counter() - begun:.1f} s")
    every: dict[str, list[Taken]] = {title: [] for title in titles}
    for _ in range(count):
        for number, title in enumerate(titles):
            every[title].append(redraw(page, server, links(page).nth(number).click))
    for title, taken in every.items():
        said(f"switch to: {title}", quantiles(taken))
    said("page switch, results ready", quantiles([*chain(*every.values())]))


def clicks(page: Page, server: Server, count: int) -> None:
    """Views and options of every page, clicked through `count` times; nothing computes anew."""
    views: list[Taken] = []
    options: list[Taken] = []
    for number, title in enumerate(names(page)):
        opened(page, number)
        walk(page, server)  # once, so that every script of a chart is loaded
        turns = [walk(page, server) for _ in range(count)]
        opening, setting = (list(chain(*taken)) for taken in zip(*turns, strict=True))
        for kind, taken in (("a view", opening), ("an option", setting)):
            if taken:
                said(f"{title}: {kind}", quantiles(taken))
        views += opening
        options += setting
    said("click on a view, all pages", quantiles(views))
    said("click on an option, all pages", quantiles(options))


def walk(page: Page, server: Server) -> tuple[list[Taken], list[Taken]]:
    """The views of the open page; in each its options: choices and switches."""
    views: list[Taken] = []
    options: list[Taken] = []

    def press(target: Locator, taken: list[Taken]) -> None:
        taken.append(redraw(page, server, target.click))

    shown = page.get_by_test_id("stMain")
    offered = shown.get_by_role("radiogroup", name="View").get_by_role("radio")
    for place in range(max(1, offered.count())):
        if offered.count() and not offered.nth(place).is_checked():
            press(offered.nth(place), views)
        for group in shown.get_by_role("radiogroup").all():
            for radio in group.get_by_role("radio").all():
                if group.get_attribute("aria-label") != "View" and not radio.is_checked():
                    press(radio, options)
        can_be_set = page.get_by_role("switch", disabled=False)
        for switch in shown.locator("label").filter(has=can_be_set).all():
            press(switch, options)
            press(switch, options)
    return views, options


def change_method(page: Page, place: int = SLOW) -> None:
    page.get_by_test_id("stSidebar").get_by_role("combobox").first.click()
    options = page.get_by_role("option")
    options.nth(place % options.count()).click()


def refit(page: Page, count: int) -> None:
    """Another method: until progress shows, what it says, until Stop has ended it."""
    opened(page, names(page).index(HEAVY))
    shown: list[float] = []
    ended: list[float] = []
    for turn in range(4 * count):
        change_method(page, SLOW + turn % 2)
        page.wait_for_function("() => window.spun > 0")
        shown.append(page.evaluate("window.spun - window.clicked"))
        says = page.get_by_test_id("stSpinner").first.inner_text().split("\n")[0]
        page.get_by_test_id("stMain").get_by_role("button", name="Stop").click()
        page.get_by_text("Stopped.").wait_for()
        ended.append(page.evaluate("performance.now() - window.clicked"))
        settled(page)
    said("refit: it says", says)
    said("refit: progress shows", spread(shown))
    said("refit: stopped after", spread(ended))


def crowd(page: Page, server: Server, given: argparse.Namespace) -> None:
    """Sessions that open every page at once; one reader's clicks beside them and beside a fit."""
    browser = page.context.browser
    assert browser is not None
    opened(page, names(page).index("Overview"))

    def latency(before: Callable[[], None] = lambda: None) -> str:
        taken = []
        for n in range(4 * given.clicks):
            before()
            taken.append(redraw(page, server, choices(page).nth(n % 3).click))
        return quantiles(taken)

    said("click, alone", f"{latency()}; {server.memory()}")
    before, spent = server.share(), server.cpu()
    others = [Reader(server) for _ in range(given.sessions - 1)]

    def walk(number: int) -> list[Taken]:
        """Everybody begins on another page."""
        order = [PAGES[(number + step) % len(PAGES)] for step in range(len(PAGES))]
        return [(others[number].view(name), 0.0) for name in order]

    with ThreadPoolExecutor(len(others)) as pool:
        taken = [*chain(*pool.map(walk, range(len(others))))]
    said(f"{given.sessions} sessions, every page at once", quantiles(taken))
    said("server CPU for each view", f"{1000 * (server.cpu() - spent) / len(taken):.0f} ms")
    said(
        "pages that showed an error",
        str({name for other in others for name in other.failed} or "none"),
    )
    each = (server.share() - before) / len(others)
    said(f"{given.sessions} sessions", f"{server.memory()}; {each:.1f} MiB for each")
    said("click, crowd at rest", latency())
    busy = browser.new_page(locale="en-GB")
    busy.set_default_timeout(900_000)
    busy.goto(f"{server.url}/churn?lang=en")
    settled(busy)
    places = iter(range(SLOW, 2 * SLOW))

    def refitting() -> None:
        """The other session computes: by another method, once the last one is done."""
        while busy.get_by_test_id("stSpinner").count() == 0:
            change_method(busy, next(places))
            busy.wait_for_timeout(500)

    said("click while another session refits", latency(refitting))
    busy.close()
    for other in others:
        other.leave()


def soak(server: Server, views: int) -> None:
    """Page views of one reader after the other: memory must not grow with them."""
    for turn in range(views):
        if turn % 20 == 0:
            reader = Reader(server)
        reader.view(PAGES[turn % len(PAGES)])
        if turn % 20 == 19:
            reader.leave()
        if (turn + 1) % max(1, views // 5) == 0:
            said(f"soak: after {turn + 1} views", server.memory())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*")
    parser.add_argument("--clicks", type=int, default=3)
    parser.add_argument("--sessions", type=int, default=20)
    parser.add_argument("--views", type=int, default=500)
    parser.add_argument("--empty", action="store_true", help="Start without data; start only.")
    parser.add_argument("--only", nargs="*", choices=PARTS, default=PARTS[1:])
    given = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    said("load average", f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        page = browser.new_page(viewport={"width": 1440, "height": 1400}, locale="en-GB")
        page.set_default_timeout(900_000)
        page.goto("about:blank")
        begun = time.perf_counter()
        data = [] if given.empty else ["--data", *given.files] if given.files else ["--demo"]
        server = Server(*data)
        parts: dict[str, Callable[[], None]] = {
            "switch": lambda: switch(page, server, given.clicks),
            "clicks": lambda: clicks(page, server, given.clicks),
            "refit": lambda: refit(page, given.clicks),
            "crowd": lambda: crowd(page, server, given),
            "soak": lambda: soak(server, given.views),
        }
        try:
            if "stage" in given.only and data:
                stage(page, server, begun)
            else:
                start(page, server, begun, data=bool(data))
            for name in PARTS[1:]:
                if name in given.only and data:
                    parts[name]()
            browser.close()
        finally:
            server.stop()
    said("load average", f"{os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
