"""What axe-core finds on every page of the demo shop, in English in every view: nothing serious."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from dashboard.navigation import MENU

#: One worker builds the wheel and starts the servers.
pytestmark = pytest.mark.xdist_group("browser")


def settled(page):
    """Wait until the page is there and the script has finished."""
    page.wait_for_timeout(250)  # a click takes a moment to reach the server
    page.wait_for_function(
        """() => {
            const app = document.querySelector('[data-testid="stApp"]');
            return app && document.querySelector('h1')
                && app.getAttribute('data-test-script-state') === 'notRunning'
                && !document.querySelector('[data-testid="stSpinner"], [data-stale="true"]');
        }""",
        timeout=300_000,
    )


def violations(page) -> list[str]:
    """rule, selector and markup of what is serious or critical."""
    return [
        f"{rule['id']} {node['target']} {node['html'][:160]}"
        for rule in Axe().run(page).response["violations"]
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", [name for name, _, _ in MENU])
def test_page_has_no_serious_violation(page, demo_server, name, language):
    page.goto(f"{demo_server[0]}/{name}?lang={language}")
    settled(page)
    assert violations(page) == []
    if language == "zh":  # its views are those of English in other words
        return
    views = page.locator("[class*='-view'][class*='st-key-']").get_by_role("radio")
    for place in range(1, views.count()):
        views.nth(place).click()
        settled(page)
        assert violations(page) == []


def reach(page, wanted) -> None:
    """Press Tab until the element has the focus, and see that it shows."""
    for _ in range(120):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            assert wanted.evaluate("element => getComputedStyle(element).outlineStyle") == "solid"
            return
    pytest.fail("Tab does not lead there")


def test_keys_alone_open_a_page_a_view_and_a_file(page, demo_server):
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
    reach(page, page.get_by_test_id("stDownloadButton").get_by_role("button", name="CSV").first)
    with page.expect_download() as taken:
        page.keyboard.press("Enter")
    assert taken.value.suggested_filename == "churn_list.csv"


def test_a_violation_would_be_seen(page, demo_server):
    page.goto(f"{demo_server[0]}/data?lang=en")
    settled(page)
    page.evaluate("document.querySelector('h1').innerHTML += '<img src=\"data:,\">'")
    assert any(found.startswith("image-alt") for found in violations(page))
