"""Every page of the demo shop in every view, as one visitor walks, in both languages."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from dashboard.i18n import sentences
from dashboard.navigation import MENU
from tests.browser.conftest import fine, link, reach, settled, views, visitor

#: Pages that begin with a question to the reader, not with a chart.
CHARTLESS = ("data", "segment_builder", "saved", "help")


@pytest.fixture(scope="module", params=["en", "zh"])
def walk(request, chromium, demo_server):
    """A visitor of the demo shop and the language: loading the front end costs more than a page."""
    with visitor(chromium) as page:
        page.goto(f"{demo_server[0]}/?lang={request.param}")
        settled(page)
        yield page, request.param


#: What passes is not written out: that took longer than the rules.
ONLY = {"resultTypes": ["violations"], "preload": False}


def violations(page) -> list[str]:
    """What axe-core calls serious or critical: rule, selector and markup."""
    return [
        f"{rule['id']} {node['target']} {node['html'][:160]}"
        for rule in Axe().run(page, options=ONLY).response["violations"]
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize(("name", "title"), [(name, title) for name, title, _ in MENU])
def test_page_in_every_view(walk, demo_server, name, title):
    page, language = walk
    shown = title if language == "en" else sentences("zh")[title]
    page.complaints.clear()
    link(page, shown).click()
    expect(page.get_by_role("heading", level=1, name=shown, exact=True)).to_be_visible()
    fine(page, f"{name}-{language}")
    assert page.get_by_test_id("stPlotlyChart").count() or name in CHARTLESS
    assert violations(page) == []
    for place in range(1, views(page).count()):
        views(page).nth(place).click()
        fine(page, f"{name}-{language}-{place}")
        assert violations(page) == []
    if language == "en" and (opened := unfolded(page)):
        fine(page, f"{name}-{language}-unfolded")
        assert page.locator("details[open]").count() >= opened
        assert violations(page) == []
    assert "Traceback" not in demo_server[1].read_text()


def unfolded(page) -> int:
    """Open every fold of the page, what is in it included; how many there are."""
    closed = page.get_by_test_id("stMain").locator("details:not([open]) > summary")
    opened = page.get_by_test_id("stMain").locator("details[open]").count()
    while closed.count():
        assert opened < 20, "a fold does not open"
        closed.first.click()
        opened += 1
        settled(page)
    return opened


def test_a_violation_would_be_seen(walk):
    page, _ = walk
    page.evaluate("document.querySelector('h1').innerHTML += '<img src=\"data:,\">'")
    assert any(found.startswith("image-alt") for found in violations(page))


def test_keys_alone_open_a_page_a_view_a_fold_and_a_file(page, demo_server):
    page.goto(f"{demo_server[0]}/help?lang=en")
    settled(page)
    reach(page, page.get_by_role("link", name="Churn risk"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Churn risk")).to_be_visible()
    settled(page)
    reach(page, page.get_by_role("radio", name="Worth writing to"))
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    settled(page)
    expect(page.get_by_role("radio", name="Who is at risk")).to_be_checked()
    fold = page.get_by_test_id("stExpander").filter(has_text="Take this page away")
    reach(page, fold.locator("summary"))
    page.keyboard.press("Enter")
    settled(page)
    reach(page, fold.get_by_role("button", name="CSV").first)
    with page.expect_download() as taken:
        page.keyboard.press("Enter")
    assert taken.value.suggested_filename == "churn.csv"
