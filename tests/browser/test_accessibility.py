"""What axe-core finds on every page of the demo shop, in every view: nothing serious."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from dashboard.navigation import MENU


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
        timeout=120_000,
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
    views = page.locator("[class*='-view'][class*='st-key-']").get_by_role("radio")
    for place in range(1, views.count()):
        views.nth(place).click()
        settled(page)
        assert violations(page) == []


def test_a_violation_would_be_seen(page, demo_server):
    page.goto(f"{demo_server[0]}/data?lang=en")
    settled(page)
    page.evaluate("document.querySelector('h1').innerHTML += '<img src=\"data:,\">'")
    assert any(found.startswith("image-alt") for found in violations(page))
